# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML site of guides and plugin documentation, in .build/docs/."""

from __future__ import annotations

import shutil

from devtool import environments, process
from devtool.paths import BUILD, LOGS, NAME, NAMESPACE, ROOT, TREE, link_tree

SITE = BUILD / "docs"


def main(arguments: list[str]) -> int:
    tools = environments.ensure("tools")
    log = process.Log(LOGS / "docs.log")
    link_tree()
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir(parents=True)
    env = {"ANSIBLE_COLLECTIONS_PATH": str(TREE), "PATH": f"{tools.bin}:/usr/local/bin:/usr/bin:/bin"}
    start = ("sphinx-init", "--use-current", "--sphinx-theme", "alabaster", "--dest-dir", SITE, f"{NAMESPACE}.{NAME}")
    if log.run(tools.bin / "antsibull-docs", *start, env=env) or log.run(SITE / "build.sh", cwd=SITE, env=env):
        raise process.ToolError(f"the site can't be built:\n{log.tail(25)}")
    index = SITE / "build" / "html" / "index.html"
    if not index.is_file():
        raise process.ToolError(f"there is no {index.relative_to(ROOT)}, see {log.path.relative_to(ROOT)}")
    print(index.relative_to(ROOT))
    return 0
