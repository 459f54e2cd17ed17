# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the inventory plugin: templates filled in, checked before any request. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
import typing as t

from ansible.errors import AnsibleError
from ansible.vars.reserved import get_reserved_names

from ...module_utils._client.decoding import XMLTODICT_MISSING
from ...module_utils._client.settings import ConnectionSettings
from ...module_utils._client.transport import REQUESTS_IMPORT_ERROR
from ...module_utils._errors import SettingsError, advice
from ...module_utils._inventory.gather import VARIABLES, InventoryRequest
from ...module_utils._inventory.hosts import NO_TEXT
from .._trust import render
from .filters import Filter, read_filters

# Expressions, templates of their own, and what Ansible reads itself.
_NOT_TEMPLATED = frozenset({
    "plugin", "compose", "groups", "keyed_groups", "hostnames", "filters", "strict", "leading_separator", "use_extra_vars",
    "cache", "cache_plugin", "cache_timeout", "cache_connection", "cache_prefix",
})  # fmt: skip
_STRUCTURED = (
    "include",
    "protection",
    "protection.job_types",
    "protection.name_match",
    "protection.waivers",
    "servers",
)
# Whoever writes these without a value wants something; what, only they know.
_NEVER_EMPTY = {"protection": "write its options below it, or {} for the defaults", "servers": "list them below it"}
_CONNECTION = tuple(field.name for field in dataclasses.fields(ConnectionSettings))
_REQUIRED = ("host", "username", "password")
_CACHE_SCHEMA = 2
_HEAD = 100_000
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TEMPLATE = re.compile(r"\{[{%]")


def names_this_plugin(path: str, plugin: str) -> bool:
    """Whether a YAML file is meant for the plugin, whatever it is called."""
    if not path.endswith((".yml", ".yaml")):
        return False
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_HEAD)
    except (OSError, UnicodeDecodeError):
        return False
    return re.search(rf"^plugin:\s*[\"']?{re.escape(plugin)}\b", text, re.MULTILINE) is not None


def require_libraries() -> None:
    """Raises SettingsError when a Python package is missing where Ansible itself runs."""
    for library, missing in (("requests", REQUESTS_IMPORT_ERROR is not None), ("xmltodict", XMLTODICT_MISSING)):
        if missing:
            raise SettingsError(
                f"the Python package {library} is missing", hint="install it for the Python that runs Ansible"
            )


def prepare(
    templar: t.Any,
    config: t.Mapping[str, t.Any],
    definitions: t.Mapping[str, t.Any],
    environment: t.Mapping[str, str],
) -> dict[str, t.Any]:
    """The inventory file's options as Ansible can check their types: templates filled in, dates as text. Raises SettingsError."""
    aliases = {alias: name for name, one in definitions.items() for alias in one.get("aliases", ())}
    found: dict[str, t.Any] = {}
    for given, value in config.items():
        option = aliases.get(given, given)
        if option not in definitions:
            raise SettingsError(
                f"the inventory file has the unknown option {given!r}", hint=advice(str(given), sorted(definitions))
            )
        if option in _NEVER_EMPTY and (value is None or value == []):
            raise SettingsError(f"{option} is empty", hint=_NEVER_EMPTY[option])
        found[option] = value if option in _NOT_TEMPLATED else _filled(templar, option, value)
        choices = definitions[option].get("choices")
        if choices and found[option] is not None:
            _check_choices(option, found[option], choices)
    if found.get("servers") is not None and found.get("host") is not None:
        raise SettingsError("host and servers are both set", hint="list that host below servers, too")
    for name in _REQUIRED:
        # Ansible's own words for a missing option name neither the variable nor the file.
        if found.get(name) is None and not environment.get(_variable(name)):
            found[name] = ""
    for name in empty_variables(found, environment):
        if definitions[name].get("default") is not None:
            found[name] = definitions[name]["default"]
    return found


def _check_choices(option: str, value: t.Any, choices: t.Sequence[str]) -> None:
    """Ansible's own words for a wrong one name no choices."""
    words = value if isinstance(value, list) else str(value).split(",")
    for word in [str(word).strip() for word in words]:
        if word not in choices:
            raise SettingsError(f"{option} has the value {word!r}", hint=advice(word, choices))


def empty_variables(config: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> list[str]:
    """Options whose variable is empty, of which Ansible makes the current folder or an error of type; it counts as unset."""
    optional = (name for name in _CONNECTION if name not in _REQUIRED)
    return [name for name in optional if config.get(name) is None and environment.get(_variable(name)) == ""]


def _variable(option: str) -> str:
    return f"VEEAM_EM_{option.upper()}"


def _filled(templar: t.Any, option: str, value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _filled(templar, f"{option}.{key}", item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(templar, option, item) for item in value]
    if isinstance(value, dt.date):
        # What YAML takes for a date is text for all options, which have their own rules on times.
        return value.isoformat()
    if not isinstance(value, str):
        return value
    try:
        return render(templar, value, is_text=option not in _STRUCTURED)
    except AnsibleError as error:
        # The text of the error may hold the template, which is no secret, but never its value.
        text = " ".join(str(error).split())
        raise SettingsError(f"the template of {option} can't be filled in: {text}") from None


@dataclasses.dataclass(frozen=True)
class InventoryConfig:
    """Everything that the inventory file asks for."""

    servers: tuple[ConnectionSettings, ...]
    wanted: InventoryRequest
    filters: list[Filter]
    hostnames: list[str]
    prefix: str
    group_prefix: str
    skip_down: bool

    @property
    def stamp(self) -> str:
        """What cached data must have been read for: servers, accounts and query, as a digest. Names no secret."""
        asked = [_CACHE_SCHEMA, [[one.base_url, one.username] for one in self.servers], self.wanted.text]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def read_config(
    get: t.Callable[[str], t.Any],
    convert: t.Callable[[t.Any, str], t.Any],
    types: t.Mapping[str, str],
    now: dt.datetime,
) -> InventoryConfig:
    """The options, as ``get`` hands them over by name. Raises SettingsError."""
    prefix = _prefix("hostvars_prefix", get("hostvars_prefix"))
    reserved = sorted(name for name in VARIABLES if f"{prefix}{name}" in get_reserved_names())
    if prefix.startswith("ansible") or reserved:
        what = f"{prefix}{reserved[0]}" if reserved else f"variables that begin with {prefix}"
        raise SettingsError(
            f"hostvars_prefix has the value {prefix!r}, but Ansible keeps {what} for itself", hint="use another prefix"
        )
    common = {name: get(name) for name in _CONNECTION}
    entries = get("servers")
    return InventoryConfig(
        servers=_servers(entries, common, convert, types) if entries else (ConnectionSettings.from_options(common),),
        wanted=InventoryRequest.read(get("include"), get("since"), get("protection"), now),
        filters=read_filters(get("filters")),
        hostnames=_hostnames(get("hostnames"), prefix),
        prefix=prefix,
        group_prefix=_prefix("group_prefix", get("group_prefix")),
        skip_down=get("on_server_down") == "warn",
    )


def _prefix(option: str, value: t.Any) -> str:
    prefix = str(value)
    if prefix and not _IDENTIFIER.fullmatch(prefix):
        raise SettingsError(
            f"{option} has the value {prefix!r}", hint="use letters, digits and underscores, not beginning with a digit"
        )
    return prefix


def _servers(
    entries: t.Any, common: dict[str, t.Any], convert: t.Callable[[t.Any, str], t.Any], types: t.Mapping[str, str]
) -> tuple[ConnectionSettings, ...]:
    """Each of the servers with what it has of its own, and the options of the file for the rest."""
    found: dict[str, ConnectionSettings] = {}
    for position, entry in enumerate(entries):
        where = f"servers[{position}]"
        if not isinstance(entry, dict):
            raise SettingsError(
                f"{where} is not a dictionary", hint="write host and the other connection options below it"
            )
        own: dict[str, t.Any] = {}
        for given, value in entry.items():
            name = {"hostname": "host", "user": "username"}.get(given, given)
            if name not in _CONNECTION:
                raise SettingsError(f"{where} has the unknown option {given!r}", hint=advice(str(given), _CONNECTION))
            try:
                own[name] = None if value is None else convert(value, types[name])
            except (AnsibleError, ValueError, TypeError):
                raise SettingsError(f"{where}.{name} is no {types[name]}") from None
        if not own.get("host"):
            raise SettingsError(f"{where} has no host", hint="each server needs its own")
        others = {**common, "ca_path": None, "ca_cert": None} if own.get("ca_path") or own.get("ca_cert") else common
        try:
            settings = ConnectionSettings.from_options({**others, **{k: v for k, v in own.items() if v is not None}})
        except SettingsError as error:
            raise SettingsError(f"{where}: {error.message}", hint=error.hint) from None
        if settings.base_url in found:
            raise SettingsError(f"{where} is {settings.base_url} for the second time", hint="name each server once")
        found[settings.base_url] = settings
    return tuple(found.values())


def _hostnames(entries: t.Any, prefix: str) -> list[str]:
    """Templates, and variables by the name they have as host variables."""
    found = []
    for position, entry in enumerate(entries or ["name"]):
        if not isinstance(entry, str) or not (_TEMPLATE.search(entry) or _IDENTIFIER.fullmatch(entry)):
            raise SettingsError(
                f"hostnames[{position}] has the value {entry!r}, which is neither a variable nor a template",
                hint="write the name of a host variable, or a template such as '{{ veeam_em_name | lower }}'",
            )
        if not _TEMPLATE.search(entry):
            bare = entry[len(prefix) :] if prefix and entry.startswith(prefix) else entry
            if bare not in VARIABLES:
                raise SettingsError(
                    f"hostnames[{position}] names the unknown variable {entry!r}", hint=advice(bare, sorted(VARIABLES))
                )
            if bare in NO_TEXT:
                raise SettingsError(
                    f"hostnames[{position}] names {entry!r}, which is no text",
                    hint=f"write a template that makes one of it, such as '{{{{ {prefix}job_names | first }}}}'",
                )
            entry = f"{prefix}{bare}"
        found.append(entry)
    return found
