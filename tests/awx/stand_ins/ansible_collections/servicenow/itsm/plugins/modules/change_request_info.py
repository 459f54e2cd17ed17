#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.instance import SPEC, ask


def main() -> None:
    spec = {"instance": SPEC, "sys_id": {"type": "str"}, "number": {"type": "str"}}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    query = {"sysparm_query": f"number={module.params['number']}"}
    module.exit_json(changed=False, records=ask(module.params["instance"], "GET", "table/change_request", query))


if __name__ == "__main__":
    main()
