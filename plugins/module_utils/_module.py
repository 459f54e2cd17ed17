# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of every module: the connection options, the client, and the one way out. Private to the collection."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.errors import AnsibleFallbackNotFound

from ._client.client import EnterpriseManagerClient
from ._client.decoding import XMLTODICT_MISSING
from ._client.settings import DATA_FORMATS, PROTOCOLS, ConnectionSettings
from ._client.transport import REQUESTS_IMPORT_ERROR, RequestsTransport, Transport
from ._errors import EmError

try:
    from ansible.module_utils.secrets import register_secret  # type: ignore[import-not-found]
except ImportError:  # before ansible-core 2.22
    register_secret = None

Connect = t.Callable[[ConnectionSettings], Transport]
Gather = t.Callable[[EnterpriseManagerClient, t.Dict[str, t.Any]], t.Dict[str, t.Any]]


def filled_variable(name: str) -> str:
    """The environment variable; an empty one counts as unset, because job templates set variables that nobody filled in."""
    value = os.environ.get(name)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _option(name: str, **spec: t.Any) -> dict[str, t.Any]:
    return {**spec, "fallback": (filled_variable, [f"VEEAM_EM_{name.upper()}"])}


CONNECTION_SPEC: dict[str, dict[str, t.Any]] = {
    "host": _option("host", type="str", aliases=["hostname"]),
    "port": _option("port", type="int", default=9398),
    "protocol": _option("protocol", type="str", choices=list(PROTOCOLS), default="https"),
    "username": _option("username", type="str", aliases=["user"]),
    "password": _option("password", type="str", no_log=True),
    "validate_certs": _option("validate_certs", type="bool", default=True),
    "ca_path": _option("ca_path", type="path"),
    "ca_cert": _option("ca_cert", type="str"),
    "ca_fingerprint": _option("ca_fingerprint", type="str"),
    "timeout": _option("timeout", type="int", default=60),
    "retries": _option("retries", type="int", default=3),
    "api_version": _option("api_version", type="str", default="latest"),
    "data_format": _option("data_format", type="str", choices=list(DATA_FORMATS), default="auto"),
    "page_size": _option("page_size", type="int", default=500),
    "parallel_requests": _option("parallel_requests", type="int", default=4),
}
"""The options of the ``_connection`` documentation fragment. What is missing is said by ``ConnectionSettings``, with the variables."""


def run_info(
    gather: Gather, argument_spec: dict[str, t.Any], *, connect: Connect = RequestsTransport, **rules: t.Any
) -> None:
    """Runs an info module: ``gather`` turns the client and the options into the result.

    ``warnings`` in it are shown; a ``failure`` in it makes the module fail, with all the rest of the result beside it.
    """
    module = AnsibleModule(
        argument_spec={**CONNECTION_SPEC, **argument_spec},
        supports_check_mode=True,
        **rules,
    )
    if REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    if XMLTODICT_MISSING:
        module.fail_json(msg=missing_required_lib("xmltodict"))
    result, error = _asked(module, gather, connect)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    # Outside of any "except": newer cores would add the whole chain of causes to the message.
    if error is not None:
        module.fail_json(**{**result, "msg": str(error), "error": error.to_result()})
    module.exit_json(changed=False, **result)


def _asked(module: AnsibleModule, gather: Gather, connect: Connect) -> tuple[dict[str, t.Any], EmError | None]:
    """The result, or what went wrong."""
    try:
        settings = ConnectionSettings.from_options(module.params)
        on_secret = register_secret or module.no_log_values.add
        transport = connect(settings)
        with EnterpriseManagerClient(
            settings, transport=transport, on_warning=module.warn, on_secret=on_secret
        ) as client:
            result = gather(client, module.params)
    except EmError as error:
        return {}, error
    failure: EmError | None = result.pop("failure", None)
    return {**result, "request_count": client.request_count}, failure
