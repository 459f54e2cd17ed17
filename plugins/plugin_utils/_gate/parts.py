# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdicts of all hosts as one text, from which a template cuts each host's part. Pure. Private to the collection.

A registered structure would be templated through and through for every host on ansible-core before 2.19; a text is not, and finding
a part of it takes less than a millisecond for thousands of hosts. The marks are no ASCII, which JSON is here, so they occur in no
name; and they are no control characters, because templates in variables can't hold a backslash.
"""

from __future__ import annotations

import json
import typing as t

HOST, VERDICT = "\N{SYMBOL FOR RECORD SEPARATOR}", "\N{SYMBOL FOR UNIT SEPARATOR}"


def to_parts(hosts: t.Mapping[str, t.Any]) -> str:
    """Each host's name and verdict, a mark before either, and one at the end."""
    return (
        "".join(
            f"{HOST}{json.dumps(name)}{VERDICT}{json.dumps(verdict, sort_keys=True)}" for name, verdict in hosts.items()
        )
        + HOST
    )


def part_of(text: t.Any, name: str) -> dict[str, t.Any] | None:
    """The verdict of one host; None when it is not there."""
    _before, found, after = str(text or "").partition(f"{HOST}{json.dumps(name)}{VERDICT}")
    if not found:
        return None
    verdict: dict[str, t.Any] = json.loads(after.partition(HOST)[0])
    return verdict
