# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter ``backup_ops.veeam_em.evidence``: one result of protection_info as a report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: evidence
short_description: Evidence for a change ticket from a result of protection_info
version_added: 0.1.0
author:
  - backup_ops.veeam_em contributors (@backup-ops)
description:
  - Turns one result of M(backup_ops.veeam_em.protection_info) into a report for people or for machines.
  - It decides GO or NO-GO and fails closed. No machine, a verdict that is not in O(allowed_verdicts) or a result that contradicts itself is a NO-GO.
  - All formats show the same decision, and machines that are not ready come first.
  - Text from the server can't become markup, a spreadsheet formula, a terminal colour or a template.
positional: format
options:
  _input:
    description: Result of M(backup_ops.veeam_em.protection_info), as registered.
    type: dict
    required: true
  format:
    description:
      - V(table) is aligned text for a terminal.
      - V(json) is the contract for other programs, and V(data) the same as a structure for use in playbooks.
      - V(html) is one file without any reference to the network, readable in light and dark and on a phone, sortable and filterable, with a picture
        of the last days when the result has a history. On paper it is whole, whatever filter is set.
      - V(mail) is HTML for the body of a mail, with inline styles and tables only and less than 100 kB, V(mail_text) its plain-text part, and
        V(mail_subject) its subject. Machines that are not ready come with cause, job, backup server and next step; the others are counted.
      - V(csv) has all facts and opens in spreadsheets, V(junit) one test case per machine for pipelines, V(markdown) a table for tickets and chat.
    type: str
    choices: [table, json, data, html, mail, mail_text, mail_subject, csv, junit, markdown]
    required: true
  change_number:
    description: Number of the change ticket. It is shown in every format.
    type: str
  em_host:
    description: Name of the Enterprise Manager server that was asked. The default is the one that the result names, if it names one.
    type: str
  policy:
    description: The policy that led to the verdicts, shown as it is.
    type: dict
  provenance:
    description:
      - Who asked, and with what. It is shown at the end of the report, whatever keys it has. Values whose key tells of a secret are not shown.
      - The footer has C(user), C(controller_host), C(ansible_version), and of C(awx) the keys C(job_id), C(job_template) and C(launched_by).
        C(collection_version) is that of this collection unless it is given.
    type: dict
  earlier:
    description:
      - Evidence of an earlier check of the same machines, as V(json) or V(data) made it.
      - The report then says of each machine that is not ready whether that is new, or since when it is known, and which machines are ready again.
    type: raw
  jobs:
    description:
      - What M(backup_ops.veeam_em.job_info) returned, or its list. The report then says when the job of a machine that is not ready runs next,
        and whether that comes before it is needed.
      - It is not needed for a result that was asked for with O(backup_ops.veeam_em.protection_info#module:next_runs).
    type: raw
  allowed_verdicts:
    description: Verdicts that let a machine pass.
    type: list
    elements: str
    choices: [ok, waived, running, failed, stale, unprotected, unknown]
    default: [ok, waived]
  allow_empty:
    description: Whether a result without any machine is a GO.
    type: bool
    default: false
  generated_at:
    description:
      - Moment of the report, as ISO 8601 in UTC such as V(2026-01-05T20:00:00Z).
      - The default is the moment of the question, which the result names, so that all reports on one result carry the same time; else it is now.
    type: str
seealso:
  - plugin: backup_ops.veeam_em.protection_info
    plugin_type: module
"""

EXAMPLES = r"""
- name: Ask for the verdicts
  backup_ops.veeam_em.protection_info:
    machines: [web01, db01]
    history: 7d
  delegate_to: localhost
  register: answer

- name: Attach a report to the change
  ansible.builtin.copy:
    content: "{{ answer | backup_ops.veeam_em.evidence('html', change_number='CHG0012345') }}"
    dest: /srv/evidence/CHG0012345.html
    mode: "0640"
  delegate_to: localhost

- name: Read when the jobs run next
  backup_ops.veeam_em.job_info:
  delegate_to: localhost
  register: jobs

- name: Send it to those who are on call
  community.general.mail:
    host: mail.example.test
    to: on-call@example.test
    subject: "{{ answer | backup_ops.veeam_em.evidence('mail_subject') }}"
    subtype: html
    body: "{{ answer | backup_ops.veeam_em.evidence('mail', jobs=jobs, earlier=lookup('ansible.builtin.file', '/srv/evidence/yesterday.json')) }}"
  delegate_to: localhost
  when: not answer.ok

- name: Stop unless every machine is ready, and say why
  ansible.builtin.assert:
    that: evidence.decision.ok
    fail_msg: "{{ evidence.decision.message }}"
  vars:
    evidence: "{{ answer | backup_ops.veeam_em.evidence('data') }}"
"""

RETURN = r"""
_value:
  description:
    - The report as text. With V(data) the structure of the JSON format.
    - Its keys are C(schema), C(schema_version), C(change_number), C(generated_at), C(em_host), C(policy), C(provenance), C(decision), C(changes),
      C(jobs) and C(result).
    - C(decision) holds C(ok), C(summary) (one line), C(message) (one sentence that names machines and reasons), C(counts) (verdict to number, and
      C(total)), C(hosts) (verdict to names), C(not_ok) (names), C(remarks) (names of those that are ok, but worth a look) and
      C(allowed_verdicts).
    - C(changes) compares with O(earlier), else it is null. It holds C(compared_with) (the moment), C(change_number), C(new) (names that were ready
      then), C(not_ready_since) (name to moment) and C(solved) (names that were not ready then).
  type: raw
"""

import datetime as dt
import typing as t

from ansible.errors import AnsibleFilterError

from ..plugin_utils._evidence.document import (
    GOOD_VERDICTS,
    Document,
    build_document,
)
from ..plugin_utils._evidence.formats import (
    to_csv,
    to_json,
    to_markdown,
    to_table,
)
from ..plugin_utils._evidence.html import to_html
from ..plugin_utils._evidence.inputs import EvidenceError
from ..plugin_utils._evidence.junit import to_junit
from ..plugin_utils._evidence.mail import subject_of, to_mail, to_mail_text
from ..plugin_utils._evidence.text import parsed_moment
from ..plugin_utils._trust import never_template

_FORMATS: dict[str, t.Callable[[Document], t.Any]] = {
    "table": to_table,
    "json": to_json,
    "data": lambda document: document,
    "html": to_html,
    "mail": to_mail,
    "mail_text": to_mail_text,
    "mail_subject": subject_of,
    "csv": to_csv,
    "junit": to_junit,
    "markdown": to_markdown,
}


def evidence(
    result: t.Any,
    format: str,
    *,
    change_number: str | None = None,
    em_host: str | None = None,
    policy: dict[str, t.Any] | None = None,
    provenance: dict[str, t.Any] | None = None,
    earlier: t.Any = None,
    jobs: t.Any = None,
    allowed_verdicts: t.Sequence[str] = GOOD_VERDICTS,
    allow_empty: bool = False,
    generated_at: str | None = None,
) -> t.Any:
    """The report in one format; AnsibleFilterError says in one sentence what is wrong with the input."""
    if format not in _FORMATS:
        raise AnsibleFilterError(f"evidence: there is no format {format!r}; choose from {', '.join(_FORMATS)}")
    if generated_at and parsed_moment(generated_at) is None:
        raise AnsibleFilterError(
            f"evidence: generated_at has the value {generated_at!r}; write a time such as 2026-01-05T20:00:00Z"
        )
    try:
        document = build_document(
            result,
            generated_at=generated_at,
            now=dt.datetime.now(dt.timezone.utc),
            change_number=change_number,
            em_host=em_host,
            policy=policy,
            provenance=provenance,
            earlier=earlier,
            jobs=jobs,
            allowed_verdicts=allowed_verdicts,
            allow_empty=allow_empty,
        )
    except EvidenceError as error:
        raise AnsibleFilterError(f"evidence: {error}") from error
    return never_template(_FORMATS[format](document))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"evidence": evidence}
