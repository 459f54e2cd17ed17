# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What summary_info does: the summary reports. Private to the collection."""

from __future__ import annotations

from .._client.client import EnterpriseManagerClient
from .._records.reports import REPORTS, read_report
from .options import refuse_empty
from .resource import Answer, Params


def gather_summary(client: EnterpriseManagerClient, params: Params) -> Answer:
    """The summary reports that were asked for, each under its own name."""
    refuse_empty({"reports": params["reports"]})
    return {name: read_report(name, client.document(REPORTS[name].path)) for name in dict.fromkeys(params["reports"])}
