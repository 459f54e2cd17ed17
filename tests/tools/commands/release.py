# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the fragments into the CHANGELOG of the version in galaxy.yml: 'dev.py release [DATE]'; then commit and tag."""

from __future__ import annotations

import datetime as dt

from devtool import artifact, environments, process, releases
from devtool.paths import IN_TREE, LOGS, ROOT, TREE, link_tree


def main(arguments: list[str]) -> int:
    version = artifact.version()
    date = arguments[0] if arguments else dt.datetime.now(dt.UTC).date().isoformat()
    tools = environments.ensure("tools")
    log = process.Log(LOGS / "release.log")
    link_tree()
    code = log.run(
        tools.bin / "antsibull-changelog",
        *("release", "--version", version, "--date", date, "--update-existing", "--reload-plugins", "-v"),
        cwd=IN_TREE,
        env={"ANSIBLE_COLLECTIONS_PATH": str(TREE), "PATH": f"{tools.bin}:/usr/local/bin:/usr/bin:/bin"},
    )
    if code:
        raise process.ToolError(log.tail(20))
    head = "# SPDX-License-Identifier: GPL-3.0-or-later\n"
    data = ROOT / "changelogs" / "changelog.yaml"
    data.write_text(head + data.read_text().removeprefix(head))
    releases.write_record()
    print(f"{version} of {date}: CHANGELOG.md, changelogs/")
    return 0
