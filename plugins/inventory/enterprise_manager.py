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
  - Virtual machines are those that a job worked on since O(since). One that no job has ever touched is not in this inventory. To find such
    machines, check the names of another inventory with M(backup_ops.veeam_em.protection_info).
  - A machine that several backup servers back up through one vCenter Server is one host.
  - The account needs the Enterprise Manager role Portal User, for all facts about agents Portal Administrator.
  - The connection options, O(include), O(since), O(protection), O(hostvars_prefix) and O(duplicates) may be templates or vaulted.
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
    type: list
    elements: str
    choices: [backup_servers, vms, agents]
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
      - An entry is the name of a host variable, or a template that uses host variables.
      - A name that Ansible could take for something else is changed. A leading dash becomes an underscore, and a name of the loopback or of
        a group gets a suffix. Before ansible-core 2.19, an opening brace becomes an underscore.
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
  duplicates:
    description:
      - What to do when several machines have one name.
      - V(suffix) gives each of them a suffix that does not change from run to run, from its id at the hypervisor or its kind. If this was not
        asked for, a warning tells the names.
      - V(warn) takes the first one, and a warning tells which others are left out.
      - V(fail) makes no inventory.
    type: str
    choices: [fail, warn, suffix]
    default: suffix
  protection:
    description:
      - If it is there, be it as V({}), each machine gets its verdict as the variables C(veeam_em_verdict) and C(veeam_em_protection) and goes
        into one of the groups C(veeam_em_ok), C(veeam_em_stale), C(veeam_em_failed), C(veeam_em_unprotected), C(veeam_em_running),
        C(veeam_em_waived) and C(veeam_em_unknown).
      - A verdict that comes from the cache is as old as the cache; C(veeam_em_gathered_at) and C(veeam_em_data_as_of) tell. Before
        maintenance, decide with M(backup_ops.veeam_em.protection_info), which always asks.
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
          - The moment at which the age counts. V(now), a time from now such as V(+12h), or an ISO 8601 time (without a zone it is UTC).
          - With the begin of a maintenance tomorrow it tells today which backups will be too old by then.
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
          - Types of jobs whose backups count. Copies count only when they are named here.
          - Replication never counts.
        type: list
        elements: str
        choices: [Backup, BackupCopy, ImmediateBackupCopy, ImmediateBackupCopyWorker, AgentBackup, AgentManagement, NasBackup]
        default: [Backup, AgentBackup, AgentManagement]
      require_restore_point:
        description:
          - Whether a backup is good only while its restore point exists in Enterprise Manager.
          - With V(false) a backup whose restore point was deleted counts as good.
        type: bool
        default: true
      name_match:
        description:
          - How names are compared, in this order. The first way that finds something decides, and two machines found by it are ambiguous.
          - >-
            V(ignore_case) compares without regard to case. V(short_name) also without regard to the domain, if only one of the two names
            has a domain.
          - It only matters for machines without a reference of their hypervisor, as for computers with an agent.
        type: list
        elements: str
        choices: [exact, ignore_case, short_name]
        default: [exact, ignore_case, short_name]
      max_data_age:
        description:
          - >-
            How old the data in Enterprise Manager may be, such as V(1h). Enterprise Manager collects it from the backup servers, by default
            every 15 minutes. Older data makes the verdict of every machine V(unknown).
          - >-
            The age is that of the last collection without a warning. Where the account or the version can't tell it, something recent must
            have been seen at each backup server of the machine, else the verdict is V(unknown) with reason V(data_age_unknown).
          - If it is left out, the age of the data is only reported, with a warning if it is more than two hours.
        type: str
      waivers:
        description:
          - Reasons for which somebody takes the responsibility. A machine is V(waived) only when every reason of its verdict has a waiver.
          - >-
            Waivers never cover V(unknown) or V(running). Waivers without effect are reported in
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
            choices: [age_over_limit, last_attempt_failed, warning_not_accepted, restore_point_missing, no_backup_found, only_copy_found]
          until:
            description:
              - When the waiver ends, in ISO 8601. A date ends with its first moment in UTC.
              - It must be later than both the present and the moment of O(protection.needed_at).
            type: str
            required: true
          note:
            description: Why, and who decided it. It is shown with the verdict.
            type: str
      lookback:
        description:
          - How far back a trace is searched of machines without a good backup. It tells V(stale) from V(unprotected).
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
          - Also read from every hypervisor which virtual machines it has now, one request for each connection of a backup server.
          - With it a second machine of a name is noticed even if it was never backed up, and a machine that was never backed up is known.
          - It asks what Enterprise Manager calls its lookup service. A hypervisor that can't be asked makes the module fail.
          - >-
            A virtual machine that two connections show, such as those to SCVMM and to its cluster, is then V(unknown) unless
            O(backup_ops.veeam_em.protection_info#module:machines) has its C(vm_uid).
        type: bool
        default: false
      max_rows:
        description:
          - Read at most this many rows from Enterprise Manager. When that is not enough, the machines concerned are V(unknown).
        type: int
        default: 1000000
      # END GENERATED
notes:
  - Text that comes from the server is never a template. Since ansible-core 2.19, C(ansible-inventory --list) shows each such text as a
    dictionary with the key C(__ansible_unsafe); plays see the plain text.
  - 'Every host has the variables (with O(hostvars_prefix) in front) C(kind) (V(backup_server), V(vm) or V(agent)), C(name), C(uid), C(identity)
    (a text that stays the same for a machine whichever backup servers work on it), C(backup_server_names), C(data_as_of) (when Enterprise
    Manager collected what this is made from) and C(gathered_at) (when it was read from Enterprise Manager).'
  - 'Machines have C(job_names), C(running), C(last_attempt) (the newest attempt that has ended, with any result) and C(last_success) (the newest
    that ended with Success or Warning). Both are null or have the keys C(creation_time), C(end_time), C(result), C(reason), C(job_name),
    C(job_type), C(backup_server_name), C(task_session_uid) and C(vm_restore_point_uid). Copies of backups do not count there.'
  - 'Virtual machines have C(vm_uid), C(vm_uids) (one per backup server), C(vm_ref) (the id at the hypervisor, such as V(vm-1042)), C(platform),
    C(hierarchy_root_name), C(hierarchy_root_type) and C(hierarchy_unique_id) (the instance UUID of a vCenter Server). With C(vm_ref) and
    C(hierarchy_unique_id) they can be joined with the hosts of other inventories.'
  - Agents have C(hierarchy_obj_ref), C(ip_address), C(os_version), C(agent_version), C(agent_status), C(host_status) and
    C(protection_groups). The platform in their C(hierarchy_obj_ref) is not reliable, C(os_version) is.
  - Backup servers have C(version), C(port) and C(description).
  - C(ansible_host) is set for agents whose address is known and for backup servers. Enterprise Manager knows no addresses of virtual machines.
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
  nearly_too_old: veeam_em_protection.last_good is not none and veeam_em_protection.last_good.age_seconds > 36000

# Machines of one name on two hypervisors stop the inventory; a misspelt expression does so, too
---
plugin: backup_ops.veeam_em.enterprise_manager
duplicates: fail
strict: true
compose:
  # join with the hosts of a VMware inventory by the id of the machine
  moid: veeam_em_vm_ref
"""

import datetime as dt
import json
import os
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._client.client import EnterpriseManagerClient
from ..module_utils._errors import EmError
from ..module_utils._inventory.gather import KINDS, gather_machines
from ..module_utils._protection.codes import VERDICTS
from ..module_utils._times import UTC
from ..plugin_utils._inventory.filters import HostFilter
from ..plugin_utils._inventory.names import (
    NamedHost,
    duplicate_names,
    resolve_duplicates,
    usable_name,
    variables_of,
)
from ..plugin_utils._inventory.options import (
    InventoryConfig,
    fill_in,
    read_config,
    require_libraries,
    where_variables_are_empty,
)
from ..plugin_utils._trust import inert_name, never_template, render

_FILE_NAMES = tuple(f"{stem}.{end}" for stem in ("enterprise_manager", "veeam_em") for end in ("yml", "yaml"))
_GROUPS = {kind: f"veeam_em_{kind}" for kind in KINDS}


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Hosts from Enterprise Manager."""

    NAME = "backup_ops.veeam_em.enterprise_manager"
    inventory: t.Any
    # get_option_and_origin knows nothing of the inventory file before ansible-core 2.18.
    _duplicates_chosen = False
    _unset: frozenset[str] = frozenset()

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(_FILE_NAMES)

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """Templates are filled in before Ansible looks at the types of the options."""
        if direct:
            self._duplicates_chosen = "duplicates" in direct
            self.templar.available_variables = var_options or {}
            defaults = where_variables_are_empty(direct, os.environ)
            self._unset = frozenset(name for name, default in defaults.items() if default is None)
            direct = {**fill_in(self.templar, direct), **defaults}
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        try:
            require_libraries()
            self._read_config_data(path)
            request = read_config(self._given, dt.datetime.now(UTC))
            found = self._found(request, self.get_cache_key(path), cache)
            for text in found["warnings"]:
                self.display.warning(text)
            self._populate(request, found["hosts"])
        except EmError as error:
            raise AnsibleParserError(str(error)) from error

    def _given(self, name: str) -> t.Any:
        """An option; Ansible would make the current folder of an empty variable for a path."""
        return None if name in self._unset else self.get_option(name)

    def _found(self, request: InventoryConfig, key: str, may_read: bool) -> dict[str, t.Any]:
        """From the cache if it has what is asked for, else from Enterprise Manager."""
        cached = self.get_option("cache")
        entry = self._cache.get(key) if cached and may_read else None
        if isinstance(entry, dict) and entry.get("stamp") == request.stamp:
            return t.cast("dict[str, t.Any]", entry["found"])
        with EnterpriseManagerClient(request.settings, on_warning=self.display.warning) as client:
            # Through JSON, so that hosts from the cache and fresh ones are the same and carry nothing of the inventory file.
            found: dict[str, t.Any] = json.loads(json.dumps(gather_machines(client, request.wanted)))
        if cached:
            # Only fresh data is written: otherwise every run would make old data look new.
            self._cache[key] = {"stamp": request.stamp, "found": found}
        return found

    def _populate(self, request: InventoryConfig, records: list[dict[str, t.Any]]) -> None:
        groups = [_GROUPS[kind] for kind in request.wanted.include]
        if request.wanted.protection is not None:
            groups += [f"veeam_em_{verdict}" for verdict in VERDICTS]
        for group in groups:
            self.inventory.add_group(group)
        hosts = self._settled(self._chosen(request, records))
        for host in hosts:
            self.inventory.add_host(host.name)
            self.inventory.add_child(_GROUPS[f"{host.record['kind']}s"], host.name)
            if host.record.get("verdict"):
                self.inventory.add_child(f"veeam_em_{host.record['verdict']}", host.name)
            for key, value in host.variables.items():
                self.inventory.set_variable(host.name, key, value)
        # All hosts first: a group that is called like a host would take the variables meant for the host.
        strict = self.get_option("strict")
        for host in hosts:
            self._set_composite_vars(self.get_option("compose"), host.variables, host.name, strict=strict)
        for host in hosts:
            self._add_host_to_composed_groups(self.get_option("groups"), host.variables, host.name, strict=strict)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), host.variables, host.name, strict=strict)

    def _chosen(self, request: InventoryConfig, records: list[dict[str, t.Any]]) -> list[NamedHost]:
        """The hosts that the filters leave, with the names they are to have."""
        reserved = {*self.inventory.groups, *map(self._sanitize_group_name, self.get_option("groups") or {})}
        host_filter = HostFilter(request.filters, self._compose, self.get_option("strict"))
        hosts = []
        for record in records:
            variables = never_template(variables_of(record, request.prefix))
            if host_filter.keeps(record["name"] or record["identity"], variables):
                name = usable_name(self._name(request, record, variables), record, reserved)
                hosts.append(NamedHost(inert_name(name), record, variables))
        for text in host_filter.never_worked():
            self.display.warning(text)
        return hosts

    def _name(self, request: InventoryConfig, record: dict[str, t.Any], variables: dict[str, t.Any]) -> str:
        for entry in request.hostnames:
            try:
                self.templar.available_variables = variables
                value = variables.get(entry) if entry.isidentifier() else render(self.templar, entry)
            except AnsibleError as error:
                if self.get_option("strict"):
                    raise AnsibleParserError(f"The hostnames entry {entry!r} can't be filled in: {error}") from error
                continue
            if value not in (None, ""):
                return str(value)
        return str(record["name"] or record["identity"])

    def _settled(self, hosts: list[NamedHost]) -> list[NamedHost]:
        mode = self.get_option("duplicates")
        if mode == "suffix" and not self._duplicates_chosen:
            for text in duplicate_names(hosts):
                self.display.warning(f"{text}; each of them gets a suffix, set duplicates to say what you want")
        settled, warnings = resolve_duplicates(hosts, mode)
        for text in warnings:
            self.display.warning(text)
        return settled
