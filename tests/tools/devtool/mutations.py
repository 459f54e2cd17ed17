# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes of every kind that the tests must notice: what is changed, and which step says so in which words."""

from __future__ import annotations

import typing as t


class Mutation(t.NamedTuple):
    name: str
    file: str
    old: str
    """It stands in the file exactly once."""
    new: str
    step: str
    """The step of ``test`` that catches it."""
    says: str
    """Part of what the step's log must say, so that nothing else made it red."""
    only: tuple[str, ...] = ()
    """The part of the step that is enough to run, as arguments of ``dev.py pytest``."""
    released: bool = False
    """Whether it is about what happens after a release."""


_UTILS = "plugins/module_utils"
_RESULTS = ("tests/contract/test_results.py", "-n", "2", "-k", "backup_server_info")
_VERIFY = ("tests/unit/plugins/module_utils/_verify/test_verify.py",)
_CASES = ("tests/client/test_cases.py",)
_SITES = ("tests/client/test_properties.py",)
_PROPERTIES = ("tests/unit/plugins/module_utils/_protection/test_properties.py",)

MUTATIONS = [
    Mutation(
        "a wrong return key", f"{_UTILS}/_info/resource.py",
        '"count": len(records),', '"number": len(records),',
        "contract", "has undocumented keys", _RESULTS,
    ),
    Mutation(
        "a generated text that was changed by hand", "plugins/modules/summary_info.py",
        "Number of HTTP requests made", "How many HTTP requests were made",
        "generated", "+++ plugins/modules/summary_info.py by dev.py generate",
    ),
    Mutation(
        "the oldest task of each machine for the newest", f"{_UTILS}/_info/answers.py",
        "other is None or _age(other) < _age(record)", "other is None or _age(other) > _age(record)",
        "client", "test_of_each_machine_whatever_it_is_called", ("tests/client/test_answers.py", "-k", "TestLatest"),
    ),
    Mutation(
        "a failure that counts as answered by what came before it", f"{_UTILS}/_info/answers.py",
        'one["creation_time"] > answered', 'one["creation_time"] > answered and not answered',
        "client", "test_a_success_between_two_failures", ("tests/client/test_answers.py", "-k", "TestUnresolved"),
    ),
    Mutation(
        "no word about a name that nothing has", f"{_UTILS}/_info/names.py",
        "found.unknown = [name for name in names if name not in found.spelt]", "found.unknown = []",
        "client", "test_what_nothing_has_is_said_with_the_nearest", ("tests/client/test_answers.py", "-k", "TestNames"),
    ),
    Mutation(
        "a machine of another name that counts as missing", f"{_UTILS}/_inventory/machine_list.py",
        "        elif found.older:\n", "        elif found.gone and found.older:\n",
        "client", "test_compared_both_ways", ("tests/client/test_machine_list.py",),
    ),
    Mutation(
        "an undocumented option", "plugins/modules/summary_info.py",
        "run_info(gather_summary, {", 'run_info(gather_summary, {"colour": {"type": "str"}, ',
        "contract", "colour", ("tests/contract/test_documentation.py",),
    ),
    Mutation(
        "another default than the documented one", "plugins/doc_fragments/_connection.py",
        "default: 60", "default: 90",
        "contract", "option timeout", ("tests/contract/test_documentation.py",),
    ),
    Mutation(
        "an option without effect", f"{_UTILS}/_info/options.py",
        '"is_retry": "IsRetry", ', "",
        "contract", "test_option_of_a_module[backup_session_info-is_retry]",
        ("tests/contract/test_options.py", "-k", "is_retry"),
    ),
    Mutation(
        "a connection option without effect", f"{_UTILS}/_client/transport.py",
        "timeout=self._settings.timeout,", "timeout=60,",
        "contract", "test_option_of_the_connection_and_its_variable[timeout-backup_session_info]",
        ("tests/contract/test_options.py", "-k", "timeout"),
    ),
    Mutation(
        "a setting that the gate does not hand on", "plugins/plugin_utils/_gate/settings.py",
        'ASKED = tuple(name for name in POLICY_SPEC if name not in ("machines", "waivers"))',
        'ASKED = tuple(name for name in POLICY_SPEC if name not in ("machines", "waivers", "max_rows"))',
        "contract", "max_rows", ("tests/contract/test_role_arguments.py", "-k", "one_run"),
    ),
    Mutation(
        "a host that nobody asked about goes on", "plugins/plugin_utils/_gate/decision.py",
        "        elif not settings.hosts[name].is_controller:", "        elif False:",
        "unit", "nobody_asked", ("tests/unit/plugins/plugin_utils/_gate",),
    ),
    Mutation(
        "a leaked logon session", f"{_UTILS}/_client/logon_session.py",
        "for logon in self._opened:\n            request", "for logon in self._opened[1:]:\n            request",
        "contract", "logon sessions open", _RESULTS,
    ),
    Mutation(
        "a logon session that is left open by an integration target", f"{_UTILS}/_client/logon_session.py",
        "for logon in self._opened:\n            request", "for logon in self._opened[1:]:\n            request",
        "integration", "open sessions: [{",
    ),
    Mutation(
        "no_log missing on the password", f"{_UTILS}/_module.py",
        '"password": _option("password", type="str", no_log=True)', '"password": _option("password", type="str")',
        "contract", "the module shows a secret", _RESULTS,
    ),
    Mutation(
        "a module missing from the README", "README.md",
        "| module | `summary_info` | the five summary reports |\n", "",
        "contract", "test_readme_lists_the_content", ("tests/contract/test_readme.py",),
    ),
    Mutation(
        "a module missing from the action group", "meta/runtime.yml",
        "    - summary_info\n", "",
        "contract", "test_action_group_is_complete", ("tests/contract/test_documentation.py",),
    ),
    Mutation(
        "a file without its licence", "tests/contract/__init__.py",
        "# SPDX-License-Identifier: GPL-3.0-or-later", "# Contracts",
        "contract", "test_every_file_names_its_licence", ("tests/contract/test_files.py",),
    ),
    Mutation(
        "TLS not verified by default", f"{_UTILS}/_module.py",
        '_option("validate_certs", type="bool", default=True)', '_option("validate_certs", type="bool", default=False)',
        "contract", "option validate_certs", ("tests/contract/test_documentation.py",),
    ),
    Mutation(
        "TLS not verified by the client when nothing is said",
        f"{_UTILS}/_client/settings.py",
        "validate_certs: bool = True",
        "validate_certs: bool = False",
        "client",
        "test_environment_and_files_of_others_have_no_say",
        ("tests/client/test_connection.py",),
    ),
    Mutation(
        "a certificate that is not verified", f"{_UTILS}/_client/transport.py",
        "verify=self._verify,", "verify=False,",
        "client", "test_environment_and_files_of_others_have_no_say", ("tests/client/test_connection.py",),
    ),
    Mutation(
        "an unescaped name in a filter", f"{_UTILS}/_client/filters.py",
        """value.replace('"', '""')""", "value",
        "unit", "test_values_are_quoted", ("tests/unit/plugins/module_utils/_client/test_filters.py",),
    ),
    Mutation(
        "a password in an error message", f"{_UTILS}/_client/decoding.py",
        'secret, "********"', "secret, secret",
        "unit", "test_what_the_server_quotes_is_redacted_and_cut", ("tests/unit/plugins/module_utils/_client/test_client.py",),
    ),
    Mutation(
        "a page dropped in paging", f"{_UTILS}/_client/paging.py",
        "cursor.next_request(where))\n        yield new\n", "cursor.next_request(where))\n",
        "unit", "_client/test_paging.py", ("tests/unit/plugins/module_utils/_client/test_paging.py",),
    ),
    Mutation(
        "a limit of age that is off by one", f"{_UTILS}/_protection/verdict.py",
        "attempt.data_time < machine.oldest", "attempt.data_time <= machine.oldest",
        "unit", "_protection/test_verdict.py", ("tests/unit/plugins/module_utils/_protection/test_verdict.py",),
    ),
    Mutation(
        "a waiver that outlives its end", f"{_UTILS}/_protection/waiving.py",
        "waiver.until > moment", "waiver.until >= moment",
        "unit", "_protection/test_verdict.py", ("tests/unit/plugins/module_utils/_protection/test_verdict.py",),
    ),
    Mutation(
        "a running backup that counts after a good one", f"{_UTILS}/_protection/verdict.py",
        "    if running:\n        kinds", "    if running and not is_good:\n        kinds",
        "unit", "_protection/test_verdict.py", ("tests/unit/plugins/module_utils/_protection/test_verdict.py",),
    ),
    Mutation(
        "a layer violation", f"{_UTILS}/_client/filters.py",
        "from .._errors import", "from .client import EnterpriseManagerClient  # noqa: F401\nfrom .._errors import",
        "unit", "test_architecture.py", ("tests/unit/test_architecture.py",),
    ),
    Mutation(
        "a module that works on the newest core only", f"{_UTILS}/_module.py",
        "from ansible.module_utils.errors",
        "from ansible.module_utils.datatag import native_type_name  # noqa: F401\nfrom ansible.module_utils.errors",
        "smoke-2.16", "ansible.module_utils.datatag",
        ("--core", "2.16", "tests/commands/test_info_modules.py", "-m", "smoke"),
    ),
    Mutation(
        "a file missing from the tarball", "galaxy.yml",
        "  - CONTRIBUTING.md\n", "  - CONTRIBUTING.md\n  - plugins/filter\n",
        "tarball-contents", "plugins/filter/evidence.py is missing from the tarball",
    ),
    Mutation(
        "paper without the rows that a screen leaves out", "plugins/plugin_utils/_evidence/template/report.css",
        "@media screen and (scripting: enabled) {", "@media (scripting: enabled) {",
        "browser", "test_paper_has_everything_whatever_filter_is_set",
    ),
    Mutation(
        "a development file in the tarball", "galaxy.yml",
        "  - CONTRIBUTING.md\n", "",
        "tarball-contents", "CONTRIBUTING.md must not be in the tarball",
    ),
    Mutation(
        "a release made by hand", "changelogs/changelog.yaml",
        "\nreleases:\n", "\nreleases:\n  99.0.0:\n    release_date: '2026-01-01'\n",
        "changelog", "99.0.0 is released, and changelogs/released.sha256 is not there",
    ),
    Mutation(
        "a missing changelog fragment", "plugins/modules/summary_info.py",
        "    names = list(REPORTS)\n", "    names = sorted(REPORTS)\n",
        "changelog", "plugins/modules/summary_info.py is changed, and there is no fragment", released=True,
    ),
    Mutation(
        "every type of job counts", f"{_UTILS}/_protection/verdict.py",
        "counted = [attempt for attempt in facts.attempts if attempt.job_type in machine.job_types]", "counted = list(facts.attempts)",
        "unit", "test_properties_of_snapshots", _PROPERTIES,
    ),
    Mutation(
        "repositories that can't be read make no difference", f"{_UTILS}/_protection/facts.py",
        "repositories_known=self._snapshot.repositories_known,", "repositories_known=True,",
        "unit", "test_properties_of_snapshots", _PROPERTIES,
    ),
    Mutation(
        "a machine that is not shown is taken for there", f"{_UTILS}/_protection/facts.py",
        "is_missing=machine.is_missing,", "is_missing=False,",
        "unit", "test_a_machine_that_its_hypervisor_does_not_show", _VERIFY,
    ),
    Mutation(
        "a job session that is lost is not missed", f"{_UTILS}/_protection/verdict.py",
        "elif not is_good and _unreadable_attempt(machine, facts, last_attempt):", "elif facts.truncated:",
        "unit", "type of the job unreadable", ("tests/unit/plugins/module_utils/_protection/test_verdict.py",),
    ),
    Mutation(
        "work on the machine is not looked for", f"{_UTILS}/_protection/facts.py",
        "running = [self.attempt(task, []) for task in tasks if task.running]", "running = [self.attempt(task, []) for task in tasks[:0]]",
        "unit", "test_a_running_task", _VERIFY,
    ),
    Mutation(
        "twins are one machine", f"{_UTILS}/_protection/combine.py",
        "if len(verdicts) > 1 and verdicts != {codes.OK, codes.RUNNING}:", "if len(verdicts) > 9:",
        "client", "test_02_twins", ("tests/client/test_cases.py", "-k", "02"),
    ),
    Mutation(
        "rows that another question brought count", f"{_UTILS}/_protection/resolve.py",
        "if name in one.whole or name in asked]", "if True]",
        "unit", "test_names_that_nobody_asked_for", ("tests/unit/plugins/module_utils/_protection/test_resolve.py",),
    ),
    Mutation(
        "rows from before an entry's own reach count", f"{_UTILS}/_protection/combine.py",
        "near = whole.of(whole.snapshot.within(floor))", "near = whole",
        "client", "with history", _SITES,
    ),
    Mutation(
        "what no task tells of counts where a good backup is", f"{_UTILS}/_protection/combine.py",
        "recent = near.of(near.snapshot.since(oldest))", "recent = near",
        "unit", "test_points_that_no_task_tells_of", _VERIFY,
    ),
    Mutation(
        "ages by the clock of the process", f"{_UTILS}/_protection/verdict.py",
        "if attempt.data_time < machine.oldest:", "if attempt.data_time < dt.datetime(2026, 1, 4, 18, tzinfo=dt.timezone.utc):",
        "client", "at another time", _SITES,
    ),
    Mutation(
        "an account that sees less is believed", f"{_UTILS}/_protection/verdict.py",
        "if facts.nothing_seen and not facts.is_visible:", "if False:",
        "client", "reason: not_visible", _SITES,
    ),
    Mutation(
        "an older session is the one that counts", f"{_UTILS}/_protection/verdict.py",
        "last_good = max(usable, key=_freshness, default=None)", "last_good = min(usable, key=_freshness, default=None)",
        "unit", "test_properties_of_snapshots", _PROPERTIES,
    ),
    Mutation(
        "a copy counts as a name of today", f"{_UTILS}/_protection/registry.py",
        "COPY if is_copy(session) else TASK, called", "TASK, called",
        "unit", "test_the_name_in_a_copy", _VERIFY,
    ),
    Mutation(
        "names of older rows are not read in newer ones", f"{_UTILS}/_verify/named.py",
        "here = Span(span.since) if unread.names or unread.refs else span", "here = span",
        "unit", "test_a_name_that_only_older_rows_tell", _VERIFY,
    ),
    Mutation(
        "a backup of an unknown machine settles a name", f"{_UTILS}/_protection/combine.py",
        "            one.machine.key[0] != NAME_ONLY\n            and one", "            one",
        "client", "test_a_backup_without_reference_is_not_settled", _CASES,
    ),
    Mutation(
        "rows that another entry brought count for a bare id", f"{_UTILS}/_protection/resolve.py",
        "if machine.is_vm and machine.key in surely_there:", "if machine.is_vm:",
        "client", "test_a_bare_id_that_no_hypervisor_has_any_more", _CASES,
    ),
    Mutation(
        "a failure that may be another machine's renames a machine", f"{_UTILS}/_protection/registry.py",
        "return row.names if len(homes) == 1 else machine.own_spellings(row.names)", "return row.names",
        "client", "test_what_may_be_another_machine_s_failure", _CASES,
    ),
    Mutation(
        "names of a machine are asked for as they are only", f"{_UTILS}/_verify/plan.py",
        "names |= in_any_case(name for times in machine.names.values() for name in times)",
        "names |= {name for times in machine.names.values() for name in times}",
        "client", "test_a_failure_without_reference_counts", _CASES,
    ),
    Mutation(
        "an inventory that looks at no old point for the ids of roots", f"{_UTILS}/_verify/reader.py",
        "                self._sample_roots()\n                self.points_left", "                self.points_left",
        "client", "test_an_old_point_tells", ("tests/client/test_inventory_hosts.py",),
    ),
    Mutation(
        "an expression that puts hosts among those with a good backup", "plugins/plugin_utils/_inventory/staging.py",
        "if host not in kept), None)", "if host not in kept and one != group), None)",
        "commands", "test_a_mistake_leaves_no_host", ("tests/commands/test_inventory_files.py", "-k", "mistake"),
    ),
    Mutation(
        "an address that leads to the controller", "plugins/plugin_utils/_inventory/expressions.py",
        "if variable not in ADDRESSES or is_reachable(str(value)):", 'if variable != "ansible_host" or is_reachable(str(value)):',
        "commands", "test_expressions_lead_no_connection", ("tests/commands/test_inventory_files.py", "-k", "controller"),
    ),
    Mutation(
        "a hang-up during the handshake that ends everything", f"{_UTILS}/_client/connection_errors.py",
        "            transient=True,\n        )\n    return TlsFailed(", "        )\n    return TlsFailed(",
        "client", "test_a_handshake_that_the_other_side_ends", ("tests/client/test_tls.py",),
    ),
    Mutation(
        "a connection that is left to the garbage collector", f"{_UTILS}/_client/transport.py",
        "                    manager.pools[key].close()", "                    manager.pools[key]",
        "client", "test_a_handshake_that_the_other_side_ends", ("tests/client/test_tls.py",),
    ),
]  # fmt: skip
