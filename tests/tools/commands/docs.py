# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML site of guides and plugin documentation, in .build/docs/."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path

from devtool import environments, process
from devtool.paths import BUILD, LOGS, NAME, NAMESPACE, ROOT, TREE, link_tree

SITE = BUILD / "docs"
_ANSIBLE = "https://docs.ansible.com/projects/ansible/devel/"
_OF_ANSIBLE = {
    "action_plugins": ("std:label", "plugins/action.html#action-plugins"),
    "common_return_values": ("std:label", "reference_appendices/common_return_values.html#common-return-values"),
    "ansible_configuration_settings": ("std:label", "reference_appendices/config.html#ansible-configuration-settings"),
    **{
        name: ("std:envvar", f"reference_appendices/config.html#envvar-{name}")
        for name in (
            "ANSIBLE_CACHE_PLUGIN",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION",
            "ANSIBLE_CACHE_PLUGIN_PREFIX",
            "ANSIBLE_CACHE_PLUGIN_TIMEOUT",
        )
    },
}
"""What our pages refer to in Ansible's own: known here, so that the site is built without network, and a reference that
nobody knows is still an error."""


def _know_ansible(site: Path) -> None:
    """An inventory for Sphinx with just these, in place of those that it would fetch."""
    lines = [f"{name} {kind} 1 {target} {name}\n" for name, (kind, target) in _OF_ANSIBLE.items()]
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: devel\n# The remainder of this file is compressed using zlib.\n"
    (site / "ansible.inv").write_bytes(head.encode() + zlib.compress("".join(lines).encode()))
    settings = f"\nintersphinx_mapping = {{'ansible': ({_ANSIBLE!r}, {str(site / 'ansible.inv')!r})}}\n"
    with (site / "conf.py").open("a", encoding="utf-8") as file:
        file.write(settings)


def main(arguments: list[str]) -> int:
    tools = environments.ensure("tools")
    log = process.Log(LOGS / "docs.log")
    link_tree()
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir(parents=True)
    env = {"ANSIBLE_COLLECTIONS_PATH": str(TREE), "PATH": f"{tools.bin}:/usr/local/bin:/usr/bin:/bin"}
    start = ("sphinx-init", "--use-current", "--sphinx-theme", "alabaster", "--dest-dir", SITE, f"{NAMESPACE}.{NAME}")
    if log.run(tools.bin / "antsibull-docs", *start, env=env):
        raise process.ToolError(f"the site can't be begun:\n{log.tail(25)}")
    _know_ansible(SITE)
    if log.run(SITE / "build.sh", cwd=SITE, env=env):
        raise process.ToolError(f"the site can't be built:\n{log.tail(25)}")
    index = SITE / "build" / "html" / "index.html"
    if not index.is_file():
        raise process.ToolError(f"there is no {index.relative_to(ROOT)}, see {log.path.relative_to(ROOT)}")
    print(index.relative_to(ROOT))
    return 0
