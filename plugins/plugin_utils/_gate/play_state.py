# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the play stands: which hosts are at work, lost, ended, still to come or done. Pure. Private to the collection."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class PlayState:
    """Hosts by name, in the order of the play."""

    batch: tuple[str, ...]
    """Those of the current batch that are at work."""
    lost: tuple[str, ...] = ()
    """Those of the current batch that failed or could not be reached."""
    to_come: tuple[str, ...] = ()
    """Those of later batches."""
    done: tuple[str, ...] = ()
    """Those of earlier batches."""
    ended: tuple[str, ...] = ()
    """Those of the current batch that were ended."""
    strayed: tuple[str, ...] = ()
    """Those at work that the play's pattern no longer names, because groups have changed: Ansible hands them no result of the gate."""

    @property
    def in_question(self) -> tuple[str, ...]:
        """The hosts that a call asks about when nothing else is said."""
        return (*self.batch, *self.lost, *self.to_come)
