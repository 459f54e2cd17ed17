# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: enterprise_manager
short_description: Backup servers and the machines they protect, from Veeam Backup Enterprise Manager
version_added: 0.1.0
author:
  - backup_ops.veeam_em contributors (@backup-ops)
description:
  - Makes hosts from the backup servers that Enterprise Manager knows, from the virtual machines that their jobs back up, and from the
    computers with an agent.
  - The name of the inventory file must end in C(enterprise_manager.yml), C(enterprise_manager.yaml), C(veeam_em.yml) or C(veeam_em.yaml).
  - Virtual machines are those that a job worked on since O(since). Those that no job touches are only in this inventory when O(include) has
    V(not_backed_up).
  - One machine is one host, however many backup servers and Enterprise Managers know it. A virtual machine, a computer with an agent and a
    backup server of one name are one host when there is only one of each.
  - Either everything is read and worked out, or no host is made.
  - The account needs the Enterprise Manager role Portal User, for all facts about agents Portal Administrator.
  - All options except expressions and those of the cache may be templates or vaulted. Unknown options are refused.
extends_documentation_fragment:
  - backup_ops.veeam_em._connection
  - backup_ops.veeam_em._connection.plugin
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - Tells that the file is for this plugin.
    type: str
    required: true
    choices: [backup_ops.veeam_em.enterprise_manager]
  include:
    description:
      - Kinds of hosts.
      - V(backup_servers) are the backup servers, in the group C(veeam_em_backup_servers).
      - V(vms) are virtual machines, in the group C(veeam_em_vms).
      - V(agents) are computers with an agent, in the group C(veeam_em_agents). An account that may not read the discovered computers
        gets those that have backups, and a warning about what is missing.
      - V(not_backed_up) are virtual machines that their hypervisors know and that no job worked on since O(since), in the group
        C(veeam_em_not_backed_up). With O(protection), C(veeam_em_unprotected) is complete with them.
    type: list
    elements: str
    choices: [backup_servers, vms, agents, not_backed_up]
    default: [backup_servers, vms]
  since:
    description:
      - How far to look back for backups of machines, as an age such as V(7d), a date or an ISO 8601 time.
      - Enterprise Manager itself keeps 13 weeks, unless it was set up otherwise.
    type: str
    default: 30d
  hostnames:
    description:
      - What hosts are called, in order of preference. The first entry that gives a text wins; if none does, it is the machine's name.
      - An entry is the name of a host variable that is a text, or a template that uses host variables and gives a text.
      - A host name is also a pattern, a path below C(host_vars) and an argument of ssh. In a name with anything but letters, digits, dots,
        dashes and underscores, all else becomes an underscore, and a digest of the real name follows. The same goes for names of groups, for
        those that could be the controller, such as C(localhost) or C(127.1), and for very long ones. A warning says so.
      - The variable C(veeam_em_name) always has the real name.
    type: list
    elements: str
    default: [name]
  filters:
    description:
      - Conditions that leave hosts out. Each entry is a dictionary with one key, C(include) or C(exclude), and an expression over the host
        variables, C(true) or C(false).
      - The first entry whose condition is true decides. A host that no condition is true for stays. End the list with C(exclude) set to
        C(true) to keep only what was included.
      - They are applied after the cache, so that changing them needs no fresh data.
      - A condition that can't be worked out for a host is not true for it, or an error if O(strict) is V(true).
    type: list
    elements: dict
    default: []
  hostvars_prefix:
    description:
      - What the names of the host variables begin with. The names of groups do not change with it.
    type: str
    default: veeam_em_
  group_prefix:
    description:
      - What the names of the groups of kinds and verdicts begin with, such as C(veeam_em_vms).
    type: str
    default: veeam_em_
  duplicates:
    description:
      - What to do when several machines have one name.
      - V(newest) gives the name to the machine that is still there when the hypervisors no longer have the others, such as one that was
        registered anew. The others, and all machines when several are there, get a suffix that does not change from run to run, from
        the id at the hypervisor or the kind. A warning tells the names of machines that are all there.
      - V(suffix) gives each of them a suffix.
      - V(warn) takes the first one, and a warning names the others.
      - V(fail) fails the inventory.
    type: str
    choices: [newest, suffix, warn, fail]
    default: newest
  servers:
    description:
      - Several Enterprise Managers, each with the connection options it has of its own, at least O(host). All others are taken from the file,
        the environment and the defaults.
      - A machine that several of them know is one host. If it is running or unknown at one of them, that is its verdict, else the best.
    type: list
    elements: dict
  on_server_down:
    description:
      - What to do when one of O(servers) does not answer.
      - V(fail) fails the inventory.
      - V(warn) makes hosts of the others, with a warning. Every verdict is C(unknown) then, and nothing is written to the cache.
    type: str
    choices: [fail, warn]
    default: fail
  protection:
    description:
      - If it is there, be it as V({}), each machine gets its verdict as the variables C(veeam_em_verdict) and
        C(veeam_em_inventory_protection) and goes into one of the groups C(veeam_em_ok), C(veeam_em_stale), C(veeam_em_failed),
        C(veeam_em_unprotected), C(veeam_em_running), C(veeam_em_waived) and C(veeam_em_unknown).
      - A verdict that comes from the cache is worked out again for now, with the data of then; C(veeam_em_gathered_at) and
        C(veeam_em_data_as_of) tell. Before maintenance, decide with M(backup_ops.veeam_em.protection_info), which always asks.
    type: dict
    suboptions:
      # GENERATED (dev.py generate): policy_options inventory
      max_age:
        description:
          - How old the data of a good backup may be at O(protection.needed_at), such as V(24h) or V(1d12h).
        type: str
        default: 24h
      needed_at:
        description:
          - >-
            The moment at which the age counts. V(now), a time from now such as V(+12h), a date (00:00 UTC on that day), or an ISO 8601 time
            with its zone.
          - Set to the start of tomorrow's maintenance, it shows today which backups will be too old by then.
          - Backups with data from after this moment are not good, so that a past moment can be checked too.
        type: str
        default: now
      accept_warning:
        description:
          - Whether a backup that ended with a warning can be good.
        type: bool
        default: true
      job_types:
        description:
          - Only sessions of these types count. Any word is taken, because servers know types that nobody has documented.
          - >-
            Known are V(Backup), V(AgentBackup), V(AgentManagement), V(NasBackup), V(BackupCopy), V(ImmediateBackupCopy),
            V(ImmediateBackupCopyWorker), V(Replica) and V(StorageSnapshot), the last one for snapshots on a storage array, told by the kind
            of repository.
          - >-
            It also tells which kind of machine is meant. Without types for agents a name never means a computer with an agent, and the
            other way round.
        type: list
        elements: str
        default: [Backup, AgentBackup, AgentManagement]
      require_restore_point:
        description:
          - Whether a backup is good only while its restore point exists in Enterprise Manager.
          - With V(false) a backup whose restore point was deleted counts as good.
        type: bool
        default: true
      name_match:
        description:
          - How names are compared, in this order. The first way that finds something decides.
          - >-
            V(ignore_case) compares without regard to case. V(short_name) also without regard to the domain, if only one of the two names
            has a domain.
        type: list
        elements: str
        choices: [exact, ignore_case, short_name]
        default: [exact, ignore_case, short_name]
      domains:
        description:
          - What counts as a domain when names are compared without it. When set, only these are cut off; an empty list cuts off nothing.
          - >-
            By default a domain has two or more labels of which the last one has a letter in it, or is one of C(local), C(lan),
            C(localdomain), C(internal), C(intra), C(corp) and C(home).
        type: list
        elements: str
      max_data_age:
        description:
          - >-
            How old the data in Enterprise Manager may be, such as V(1h). Enterprise Manager collects it from the backup servers, by default
            every 15 minutes. Older data makes the verdict of every machine V(unknown).
          - >-
            The age is that of the last complete collection. After one with warnings, or where the account or the version can't tell it,
            something recent must have been seen at each backup server of the machine, else the verdict is V(unknown) with reason
            V(data_age_unknown).
          - >-
            With V(auto) the limit is four hours, and blocks only if no collection, complete or with warnings, ended within it. What can't
            be told is a note.
          - If it is left out, the age of the data is only reported, with a warning if it is more than two hours.
        type: str
      waivers:
        description:
          - Accepted risks, each approved by someone. A machine is V(waived) only when every reason of its verdict has a waiver.
          - >-
            Waivers never cover V(unknown), nor V(running) except for V(restore_running). Waivers without effect are reported in
            RV(backup_ops.veeam_em.protection_info#module:unused_waivers).
        type: list
        elements: dict
        default: []
        suboptions:
          machine:
            description: The machine, written as in O(backup_ops.veeam_em.protection_info#module:machines).
            type: str
            required: true
          reason_code:
            description: The reason that is waived.
            type: str
            required: true
            choices:
              - last_attempt_failed
              - age_over_limit
              - warning_not_accepted
              - restore_point_missing
              - point_without_task
              - no_backup_found
              - only_copy_found
              - only_snapshot_found
              - type_not_counted
              - restore_running
          until:
            description:
              - When the waiver ends, in ISO 8601. A bare date means 00:00 UTC on that day; a time of day needs its zone.
              - It must be later than both the present and the moment of O(protection.needed_at).
            type: str
            required: true
          note:
            description: Why, and who decided it. It is shown with the verdict.
            type: str
      lookback:
        description:
          - How far back a trace is searched of machines without a good backup. It tells V(stale) from V(unprotected).
          - >-
            A longer O(protection.max_age) of a machine makes that machine be looked at further back, and no other; a longer
            O(protection.history) is for the picture only.
        type: str
        default: 30d
      history:
        description:
          - >-
            With an age such as V(7d) each machine carries its attempts of this time in
            RV(backup_ops.veeam_em.protection_info#module:machines[].history).
        type: str
      full_visibility:
        description:
          - >-
            Set it to V(true) if the account is known to see every machine without being Portal Administrator. A machine without a trace is
            then V(unprotected).
        type: bool
        default: false
      ask_hypervisors:
        description:
          - >-
            Whether to ask every hypervisor which virtual machines it has now, one request for each connection of a backup server. It asks
            what Enterprise Manager calls its lookup service.
          - With V(auto) a hypervisor that does not answer is a note, and all rows of O(protection.lookback) are read instead.
          - With V(always) it makes the module fail. With V(never) none is asked.
          - Only the hypervisors know namesakes that were never backed up, what a machine is called now, and which machines are gone.
        type: str
        choices: [auto, always, never]
        default: auto
      max_rows:
        description:
          - Read at most this many rows from Enterprise Manager. When that is not enough, the machines concerned are V(unknown).
        type: int
        default: 1000000
      # END GENERATED
notes:
  - Text that comes from the server is never a template. Since ansible-core 2.19, C(ansible-inventory --list) shows text that could be one as a
    dictionary with the key C(__ansible_unsafe); plays see the plain text.
  - 'Every host has the variables (with O(hostvars_prefix) in front) C(kind) (V(vm), V(agent) or V(backup_server)), C(kinds) (all that the machine
    is), C(name), C(uid), C(identity) (a text that stays the same for a machine whichever backup servers and accounts see it; besides,
    C(veeam_em_identity) has it whatever the prefix is), C(backup_server_names), C(enterprise_managers), C(data_as_of) (when Enterprise Manager
    collected what this is made from) and C(gathered_at) (when it was read from Enterprise Manager).'
  - 'Machines have C(job_names), C(running), C(last_attempt) (the newest attempt that has ended, with any result) and C(last_success) (the newest
    that ended with Success or Warning). Both are null or have the keys C(creation_time), C(end_time), C(result), C(reason), C(job_name),
    C(job_type), C(backup_server_name), C(task_session_uid) and C(vm_restore_point_uid). Copies of backups do not count there.'
  - 'Virtual machines have C(vm_uid), C(vm_uids) (one per backup server), C(vm_ref) (the id at the hypervisor, such as V(vm-1042)), C(platform),
    C(hierarchy_root_name), C(hierarchy_root_type), C(hierarchy_unique_id) (the instance UUID of a vCenter Server, in lower case) and
    C(join_key) (both ids as one text that can be a host name, to join with other inventories).'
  - Agents have C(hierarchy_obj_ref), C(ip_address), C(os_version), C(agent_version), C(agent_status), C(host_status) and
    C(protection_groups). The platform in their C(hierarchy_obj_ref) is not reliable, C(os_version) is.
  - Backup servers have C(version), C(port) and C(description).
  - C(ansible_host) is set for agents whose address is known and for backup servers, unless the address is the loopback, link-local or has a
    zone. Enterprise Manager knows no addresses of virtual machines. What O(compose) gives for C(ansible_host) is left out, with a warning,
    where it is no name or address of another machine.
  - O(groups) and O(keyed_groups) put no host into a group of the plugin's own where it does not belong, and O(compose) does not replace the
    verdict, its report, C(gathered_at) and C(veeam_em_identity); the inventory fails instead.
seealso:
  - module: backup_ops.veeam_em.protection_info
  - module: backup_ops.veeam_em.backup_task_session_info
"""

EXAMPLES = r"""
# fmt: code
# veeam_em.yml: the connection comes from VEEAM_EM_HOST, VEEAM_EM_USERNAME and VEEAM_EM_PASSWORD
---
plugin: backup_ops.veeam_em.enterprise_manager

# Groups per backup server and per platform, with a password from a file and a cache for an hour
---
plugin: backup_ops.veeam_em.enterprise_manager
host: em01.example.test
username: EXAMPLE\svc-ansible
password: "{{ lookup('ansible.builtin.file', '/etc/ansible/em_password') }}"
ca_path: /etc/ssl/certs/example-ca.pem
keyed_groups:
  - key: veeam_em_backup_server_names
    prefix: veeam_em_server
  - key: veeam_em_platform
    prefix: veeam_em_platform
    parent_group: veeam_em_platforms
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible/veeam_em
cache_timeout: 3600

# Only machines of two jobs, but none of the laboratory; names in lower case with a domain
---
plugin: backup_ops.veeam_em.enterprise_manager
include: [vms, agents]
since: 7d
filters:
  - exclude: veeam_em_name is match('lab-')
  - include: veeam_em_job_names | intersect(['Daily VMs', 'SQL (prod)']) | length > 0
  - exclude: true
hostnames:
  - "{{ veeam_em_name | lower }}.example.test"
compose:
  ansible_user: "'svc-patch' if veeam_em_kind == 'vm' else 'Administrator'"

# With verdicts: a play on the group veeam_em_ok reaches machines with a good backup of the last 12 hours
---
plugin: backup_ops.veeam_em.enterprise_manager
include: [vms]
protection:
  max_age: 12h
  accept_warning: false
  max_data_age: 1h
groups:
  never_patch: veeam_em_verdict != 'ok'
  nearly_too_old: veeam_em_inventory_protection.last_good is not none and veeam_em_inventory_protection.last_good.age_seconds > 36000

# Machines of one name on two hypervisors stop the inventory; a misspelt expression does so, too
---
plugin: backup_ops.veeam_em.enterprise_manager
duplicates: fail
strict: true
compose:
  moid: veeam_em_vm_ref

# Two Enterprise Managers with one account: a machine that both know is one host
---
plugin: backup_ops.veeam_em.enterprise_manager
servers:
  - host: em01.example.test
  - host: em02.example.test
    ca_path: /etc/ssl/certs/branch-office-ca.pem
on_server_down: warn
protection: {}
"""

import os
import typing as t

from ansible.config.manager import ensure_type
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.host import Host
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.vars import combine_vars

from ..module_utils._errors import EmError, sentence
from ..module_utils._inventory.gather import KINDS
from ..module_utils._inventory.hosts import HIDDEN
from ..module_utils._protection.codes import VERDICTS
from ..plugin_utils._collector import without_collector
from ..plugin_utils._inventory.clash import DECISIVE, IDENTITY, REPORT, VERDICT, Clash, find_clash, sentences
from ..plugin_utils._inventory.duplicates import NamedHost, changed_names, resolve_duplicates
from ..plugin_utils._inventory.expressions import Expressions, check_constructed, one_line, text_of
from ..plugin_utils._inventory.filters import HostFilter
from ..plugin_utils._inventory.names import Record, safe_name, variables_of
from ..plugin_utils._inventory.options import (
    InventoryConfig,
    empty_variables,
    names_this_plugin,
    prepare,
    read_config,
    require_libraries,
)
from ..plugin_utils._inventory.sources import Cache, ask, hosts_of, utc_now
from ..plugin_utils._inventory.staging import Staging
from ..plugin_utils._trust import composed_variable, host_variable

_FILE_NAMES = tuple(f"{stem}.{end}" for stem in ("enterprise_manager", "veeam_em") for end in ("yml", "yaml"))
_MOST_ROUNDS = 5


class InventoryFailed(AnsibleParserError):
    """Shown in one line. Newer cores would tell the same sentence again, with the place in the file that it does not have."""

    _formatted_source_context = None


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Hosts from Enterprise Manager."""

    NAME = "backup_ops.veeam_em.enterprise_manager"
    inventory: t.Any
    _cached = False

    def verify_file(self, path: str) -> bool:
        if not super().verify_file(path):
            return False
        if not path.endswith(_FILE_NAMES) and names_this_plugin(path, self.NAME):
            # Else Ansible would only say that the source could not be verified.
            raise AnsibleParserError(
                f"The inventory file {os.path.basename(path)} has a name that this plugin does not take; rename it so that it ends in "
                f"{', '.join(_FILE_NAMES[:-1])} or {_FILE_NAMES[-1]}."
            )
        return path.endswith(_FILE_NAMES)

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """Templates are filled in before Ansible looks at the types of the options."""
        if direct:
            self.templar.available_variables = var_options or {}
            direct = prepare(self.templar, direct, self.option_definitions, os.environ)
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        self._options.update(dict.fromkeys(empty_variables(direct or {}, os.environ)))
        # Ansible would load the cache now, and end the run when it can't.
        self._cached = bool(direct) and bool(self.get_option("cache"))
        self._options["cache"] = False

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        with without_collector():
            try:
                require_libraries()
                self._read_config_data(path)
                config = self._config()
                staging, clashes = self._staged(config, self._hosts(config, path, cache))
            except (EmError, AnsibleError) as error:
                raise InventoryFailed(sentence(one_line(error))) from None
            # Nothing can fail any more.
            staging.apply(inventory)
            for clash in clashes:
                clash.correct(inventory)
            self._warn(sentences(clashes))

    def _config(self) -> InventoryConfig:
        decisive = {IDENTITY, *(f"{self.get_option('hostvars_prefix')}{name}" for name in DECISIVE)}
        check_constructed(
            self.get_option("compose"), self.get_option("groups"), self.get_option("keyed_groups"), decisive
        )
        types = {name: one.get("type", "str") for name, one in self.option_definitions.items()}
        return read_config(self.get_option, ensure_type, types, utc_now())

    def _warn(self, texts: t.Iterable[str]) -> None:
        for text in texts:
            self.display.warning(text)

    def _hosts(self, config: InventoryConfig, path: str, may_read: bool) -> list[Record]:
        """From the cache if it has what is asked for, else from Enterprise Manager."""
        cache, answers = None, None
        down: list[str] = []
        if self._cached:
            cache = Cache(self._store, f"{self.get_cache_key(path)}_{config.stamp[:16]}", self.display.warning)
            answers = cache.read(config.stamp, config.wanted.now) if may_read else None
        if answers is None:
            answers, down = ask(config, self.display.warning)
            if cache is not None and not down:
                cache.write(config.stamp, answers)
        self._warn(text for answer in answers for text in answer["warnings"])
        return hosts_of(answers, down, config.wanted)

    def _store(self) -> t.Any:
        self.load_cache_plugin()
        return self._cache

    def _staged(self, config: InventoryConfig, records: list[Record]) -> tuple[Staging, list[Clash]]:
        """Everything worked out, with names that no group has."""
        expressions = Expressions(self.get_option("strict"))
        chosen = self._chosen(config, records, expressions)
        reserved = set(self.inventory.groups)
        for _round in range(_MOST_ROUNDS):
            hosts, warnings = self._named(config, chosen, reserved)
            clashes = self._clashes(config, hosts)
            staging = self._constructed(config, hosts, expressions)
            if not staging.disputed:
                staging.check_kept()
                self._warn([*warnings, *expressions.never_worked(), *expressions.led_nowhere()])
                return staging, clashes
            reserved |= set(staging.groups)
        raise AnsibleParserError(
            "groups are called like hosts, whatever the hosts are called; give keyed_groups a prefix"
        )

    def _chosen(
        self, config: InventoryConfig, records: list[Record], expressions: Expressions
    ) -> list[tuple[str, Record, dict[str, t.Any]]]:
        """The machines that the filters leave, with the names they would have and their variables."""
        host_filter = HostFilter(config.filters, self._compose, expressions)
        found = []
        for record in records:
            shown = {key: value for key, value in record.items() if key not in HIDDEN}
            variables = host_variable({**variables_of(shown, config.prefix), IDENTITY: record["identity"]})
            if host_filter.keeps(record["name"] or record["identity"], variables):
                found.append((self._wished(config, record, variables, expressions), record, variables))
        if records and not found:
            self._warn([f"filters leave out all {len(records)} hosts"])
        return found

    def _wished(
        self, config: InventoryConfig, record: Record, variables: dict[str, t.Any], expressions: Expressions
    ) -> str:
        name = record["name"] or ""
        for position, entry in enumerate(config.hostnames):
            if entry.isidentifier():
                worked, value = True, variables.get(entry)
            else:
                self.templar.available_variables = variables
                worked, value = expressions.attempt(f"hostnames[{position}]", name, text_of, self.templar, entry)
            if worked and value not in (None, ""):
                return str(value)
        return str(name)

    def _named(
        self, config: InventoryConfig, chosen: list[tuple[str, Record, dict[str, t.Any]]], reserved: set[str]
    ) -> tuple[list[NamedHost], list[str]]:
        named = [NamedHost(safe_name(wished, record, reserved), record, dict(own)) for wished, record, own in chosen]
        texts = changed_names([(wished, host) for (wished, *_rest), host in zip(chosen, named)], config.prefix)
        hosts, more = resolve_duplicates(named, self.get_option("duplicates"))
        return hosts, [*texts, *more]

    def _clashes(self, config: InventoryConfig, hosts: list[NamedHost]) -> list[Clash]:
        """What earlier files know of hosts of these names; the hosts get the verdicts of both together."""
        found = []
        verdict, report = f"{config.prefix}{VERDICT}", f"{config.prefix}{REPORT}"
        for host in hosts:
            own = host.variables
            clash = find_clash(self.inventory, host.name, own[IDENTITY], own.get(verdict), own.get(report))
            if clash is not None:
                found.append(clash)
                if config.wanted.protection is not None and clash.verdict is not None:
                    own[verdict], own[report] = host_variable(clash.verdict), clash.report
        return found

    def _constructed(self, config: InventoryConfig, hosts: list[NamedHost], expressions: Expressions) -> Staging:
        staging = Staging(self.inventory)
        verdict = f"{config.prefix}{VERDICT}"
        groups = [f"{config.group_prefix}{kind}" for kind in KINDS if kind in config.wanted.include]
        if config.wanted.protection is not None:
            groups += [f"{config.group_prefix}{each}" for each in VERDICTS]
        for group in groups:
            staging.add_group(group)
        for host in hosts:
            staging.hosts[host.name] = dict(host.variables)
            for group in host.record["groups"]:
                staging.add_child(f"{config.group_prefix}{group}", host.name)
            if host.variables.get(verdict):
                staging.add_child(f"{config.group_prefix}{host.variables[verdict]}", host.name)
        staging.keep(f"{config.group_prefix}{each}" for each in (*KINDS, *VERDICTS))
        inventory, self.inventory = self.inventory, staging
        try:
            for host in hosts:
                self._add_constructed(inventory, staging, host, expressions)
        finally:
            self.inventory = inventory
        return staging

    def _add_constructed(self, inventory: t.Any, staging: Staging, host: NamedHost, expressions: Expressions) -> None:
        """As Ansible's own plugins do it, but one expression at a time, and with what failed told."""
        name = host.name
        for variable, expression in (self.get_option("compose") or {}).items():
            worked, value = expressions.attempt(f"compose.{variable}", name, self._compose, expression, host.variables)
            if worked and expressions.leads_to(variable, name, value):
                staging.set_variable(name, variable, composed_variable(value))
        groups, keyed_groups = self.get_option("groups") or {}, self.get_option("keyed_groups") or []
        if not groups and not keyed_groups:
            return
        earlier = inventory.hosts.get(name)
        variables = combine_vars(earlier.vars if earlier else {}, staging.hosts[name])
        variables.update(Host(name, gen_uuid=False).get_magic_vars(), group_names=staging.groups_of(name))
        for group, condition in groups.items():
            given = {group: condition}, variables, name, True, False
            expressions.attempt(f"groups.{group}", name, self._add_host_to_composed_groups, *given)
        for position, entry in enumerate(keyed_groups):
            given_key = [entry], variables, name, True, False
            expressions.attempt(f"keyed_groups[{position}]", name, self._add_host_to_keyed_groups, *given_key)
