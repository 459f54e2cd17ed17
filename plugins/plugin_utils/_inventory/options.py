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

from ...module_utils._client.decoding import XMLTODICT_MISSING
from ...module_utils._client.settings import ConnectionSettings
from ...module_utils._client.transport import REQUESTS_IMPORT_ERROR
from ...module_utils._errors import SettingsError
from ...module_utils._inventory.gather import VARIABLES, InventoryRequest
from .._trust import render
from .filters import Filter, read_filters

# Expressions, templates of their own, and what Ansible reads itself.
_NOT_TEMPLATED = frozenset({
    "plugin", "compose", "groups", "keyed_groups", "hostnames", "filters", "strict", "leading_separator", "use_extra_vars",
    "cache", "cache_plugin", "cache_timeout", "cache_connection", "cache_prefix",
})  # fmt: skip
_STRUCTURED = ("include", "protection", "protection.job_types", "protection.name_match", "protection.waivers")
_CACHE_SCHEMA = 1
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


def where_variables_are_empty(config: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Defaults for the options that are not in the inventory file and whose variable is empty: as if it were not set."""
    return {
        field.name: field.default
        for field in dataclasses.fields(ConnectionSettings)
        if field.default is not dataclasses.MISSING
        and environment.get(f"VEEAM_EM_{field.name.upper()}") == ""
        and config.get(field.name) is None
    }


def fill_in(templar: t.Any, config: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The inventory file's options with their templates filled in. Raises SettingsError."""
    return {name: value if name in _NOT_TEMPLATED else _filled(templar, name, value) for name, value in config.items()}


def _filled(templar: t.Any, option: str, value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _filled(templar, f"{option}.{key}", item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(templar, option, item) for item in value]
    if not isinstance(value, str):
        return value
    try:
        return render(templar, value, is_text=option not in _STRUCTURED)
    except AnsibleError as error:
        # The text of the error may hold the template, which is no secret, but never its value.
        raise SettingsError(f"the template of {option} can't be filled in: {error}") from error


@dataclasses.dataclass(frozen=True)
class InventoryConfig:
    """Everything that the inventory file asks for."""

    settings: ConnectionSettings
    wanted: InventoryRequest
    filters: list[Filter]
    hostnames: list[str]
    prefix: str

    @property
    def stamp(self) -> str:
        """What cached data must have been read for: server, account and query, as a digest. Names no secret."""
        asked = [_CACHE_SCHEMA, self.settings.base_url, self.settings.username, self.wanted.text]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def read_config(get: t.Callable[[str], t.Any], now: dt.datetime) -> InventoryConfig:
    """The options, as ``get`` hands them over by name. Raises SettingsError."""
    settings = ConnectionSettings.from_options(
        {field.name: get(field.name) for field in dataclasses.fields(ConnectionSettings)}
    )
    prefix = str(get("hostvars_prefix"))
    if prefix and not _IDENTIFIER.fullmatch(prefix):
        raise SettingsError(
            f"hostvars_prefix has the value {prefix!r}",
            hint="use letters, digits and underscores, not beginning with a digit",
        )
    return InventoryConfig(
        settings=settings,
        wanted=InventoryRequest.read(get("include"), get("since"), get("protection"), now),
        filters=read_filters(get("filters")),
        hostnames=_hostnames(get("hostnames"), prefix),
        prefix=prefix,
    )


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
                    f"hostnames[{position}] names the unknown variable {entry!r}",
                    hint=f"use one of {', '.join(VARIABLES)}",
                )
            entry = f"{prefix}{bare}"
        found.append(entry)
    return found
