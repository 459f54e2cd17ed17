#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import mimetypes
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.instance import SPEC, ask


def main() -> None:
    attachment = {"path": {"type": "str", "required": True}, "name": {"type": "str"}, "type": {"type": "str"}}
    spec = {
        "instance": SPEC,
        "table_name": {"type": "str", "required": True},
        "table_sys_id": {"type": "str", "required": True},
        "attachments": {"type": "list", "elements": "dict", "options": attachment},
    }
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    records = []
    for each in module.params["attachments"]:
        path = Path(each["path"])
        kind = each["type"] or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        query = {name: module.params[name] for name in ("table_name", "table_sys_id")}
        query["file_name"] = each["name"] or path.name
        records.append(ask(module.params["instance"], "POST", "attachment/file", query, path.read_bytes(), kind))
    module.exit_json(changed=True, records=records)


if __name__ == "__main__":
    main()
