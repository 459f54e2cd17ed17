# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the next node of a workflow gets. Pure. Private to the collection."""

from __future__ import annotations

import typing as t

from .._evidence.document import Document


def artifacts(
    document: Document, went: t.Sequence[str], excluded: t.Sequence[str], files: t.Sequence[str], report: str | None
) -> dict[str, t.Any]:
    """The data of ``set_stats``. ``report`` is the report itself, for whom the files are out of reach.

    ``went`` and ``excluded`` are hosts by their names in the inventory, those of earlier batches among them; the other names are those of
    machines, which can be others, and even those of other hosts.
    """
    decision = document["decision"]
    return {
        "veeam_gate_ok": decision["ok"],
        "veeam_gate_summary": decision["summary"],
        "veeam_gate_counts": decision["counts"],
        "veeam_gate_hosts": decision["hosts"],
        "veeam_gate_go_hosts": list(went),
        "veeam_gate_excluded": list(excluded),
        "veeam_gate_evidence": list(files),
        "veeam_gate_change_number": document["change_number"] or "",
        **({"veeam_gate_report": report} if report is not None else {}),
    }
