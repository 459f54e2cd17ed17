# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every info module promises. Private to the collection."""

from __future__ import annotations


class ModuleDocFragment:
    INFO_MODULE = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - This module does not change anything.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: N/A
    details:
      - This module does not change anything.
"""

    ACTIONGROUP_EM = r"""
attributes:
  action_group:
    description: Use C(group/backup_ops.veeam_em.em) in C(module_defaults) to set the connection options of all modules at once.
    support: full
    membership:
      - backup_ops.veeam_em.em
"""
