# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about a verdict, for guides and reports; what to do about a reason stands with the reason. Private to the collection."""

from __future__ import annotations

from .codes import FAILED, OK, RUNNING, STALE, UNKNOWN, UNPROTECTED, WAIVED

VERDICT_ADVICE = {
    UNKNOWN: "Do what the message says, then ask again.",
    RUNNING: "Wait until the work has ended, then ask again.",
    WAIVED: "Nothing until the waiver ends. It stands in the evidence.",
    FAILED: "Solve what the server reports, then start the job again.",
    STALE: "Run the job, or move the maintenance to a time after its next run.",
    UNPROTECTED: "Put the machine into a backup job.",
    OK: "Nothing.",
}
