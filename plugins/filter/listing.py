# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter ``backup_ops.veeam_em.listing``: the list of any info module for people and for spreadsheets."""

from __future__ import annotations

DOCUMENTATION = r"""
name: listing
short_description: Table, CSV, HTML or Markdown from the list of any info module
version_added: 0.1.0
author:
  - backup_ops.veeam_em contributors (@backup-ops)
description:
  - Turns what an info module of this collection returned, or any list of dictionaries, into a table for people or for a spreadsheet.
  - Rows keep their order. An answer that was cut by C(limit) says so.
  - Text from the server can't become markup, a spreadsheet formula, a terminal colour or a template.
positional: format
options:
  _input:
    description: Result of an info module, as registered, or its list.
    type: raw
    required: true
  format:
    description:
      - V(table) is aligned text for a terminal, V(csv) opens in spreadsheets, V(markdown) is for tickets and chat.
      - V(html) is one file without any reference to the network, readable in light and dark, printable, sortable and filterable.
    type: str
    choices: [table, csv, html, markdown]
    required: true
  columns:
    description:
      - Keys to show, in this order. A key inside a dictionary is written with a dot.
      - The default is every flat value that some row has, without the identifiers that only programs need.
    type: list
    elements: str
  title:
    description: Heading. The default is what the module calls its list. CSV has none.
    type: str
seealso:
  - plugin: backup_ops.veeam_em.evidence
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read what failed last night
  backup_ops.veeam_em.backup_task_session_info:
    result: [Failed]
    created_after: 16h
  delegate_to: localhost
  register: failures

- name: Show it
  ansible.builtin.debug:
    msg: "{{ (failures | backup_ops.veeam_em.listing('table', columns=['vm_display_name', 'job_name', 'reason'])).splitlines() }}"

- name: Give it to a spreadsheet
  ansible.builtin.copy:
    content: "{{ failures | backup_ops.veeam_em.listing('csv') }}"
    dest: /srv/reports/failures.csv
    mode: "0640"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The list as text.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ..plugin_utils._evidence.inputs import EvidenceError
from ..plugin_utils._evidence.listing import (
    Listing,
    listing_csv,
    listing_html,
    listing_markdown,
    listing_table,
    read_listing,
)
from ..plugin_utils._trust import never_template

_FORMATS: dict[str, t.Callable[[Listing, t.Optional[str]], str]] = {
    "table": listing_table,
    "csv": listing_csv,
    "html": listing_html,
    "markdown": listing_markdown,
}


def listing(given: t.Any, format: str, *, columns: t.Sequence[str] | None = None, title: str | None = None) -> t.Any:
    """The list in one format; AnsibleFilterError says in one sentence what is wrong with the input."""
    if format not in _FORMATS:
        raise AnsibleFilterError(f"listing: there is no format {format!r}; choose from {', '.join(_FORMATS)}")
    if isinstance(columns, str):
        columns = [column.strip() for column in columns.split(",") if column.strip()]
    try:
        text = _FORMATS[format](read_listing(given, columns), title)
    except EvidenceError as error:
        raise AnsibleFilterError(f"listing: {error}") from error
    return never_template(text)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"listing": listing}
