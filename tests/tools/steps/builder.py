# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment: what ansible-builder makes of the collection's metadata and of the example."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from devtool import artifact, environments
from devtool.checks import Faults, differs, judge
from devtool.counts import Counts
from devtool.paths import NAME, NAMESPACE, ROOT, fresh_folder
from devtool.process import Log
from devtool.running import Step

DEFINITION = ROOT / "docs" / "awx" / "project" / "execution-environment.yml"
_PACKAGES = {"requests", "xmltodict"}


def builder(log: Log) -> Counts:
    """What ansible-builder finds in the installed tarball, and the context that it makes of the example."""
    environment = environments.ensure("tools")
    collections = artifact.install(environment, artifact.tarball(environment, log), log)
    tool = environment.bin / "ansible-builder"
    code, text = log.output(tool, "introspect", "--sanitize", collections)
    faults = {
        "introspect: the packages": [*differs("exit code", code, 0), *differs("packages", _python(text), _PACKAGES)]
    }
    faults["introspect: no system package"] = [] if "system: []" in text else ["system packages are asked for"]
    context = fresh_folder("builder") / "context"
    code = log.run(tool, "create", "-f", DEFINITION, "-c", context, "--output-filename", "Containerfile")
    faults["create: the example is valid"] = differs("exit code", code, 0)
    return judge(faults if code else {**faults, **_context(environment, collections, context, log)}, log)


def _python(text: str) -> set[str]:
    """Names of the packages in introspect's answer."""
    return set(
        re.findall(r"^- '?([A-Za-z0-9_.-]+)", text.partition("python:")[2].partition("system:")[0], re.MULTILINE)
    )


def _context(environment: environments.Environment, collections: Path, context: Path, log: Log) -> Faults:
    """Plays the build's stage that collects requirements: with the context's own script, as its Containerfile calls it."""
    recipe = (context / "Containerfile").read_text(encoding="utf-8")
    wanted = (context / "_build" / "requirements.yml").read_text(encoding="utf-8")
    names = set(re.findall(r"^\s*- (?:name: )?(\S+)$", wanted, re.MULTILINE))
    call = re.search(r"^RUN \$PYCMD /output/scripts/introspect.py (introspect .*)$", recipe, re.MULTILINE)
    written = {kind: context.parent / f"{kind}.txt" for kind in ("pip", "bindep")}
    # Where the image has the collections that requirements.yml asks for.
    source = collections if f"{NAMESPACE}.{NAME}" in names else fresh_folder("builder/no-collections")
    options = [part for part in shlex.split(call.group(1)) if not part.startswith("--write-")] if call else []
    writes = [f"--write-{kind}={path}" for kind, path in written.items()]
    script = context / "_build" / "scripts" / "introspect.py"
    code = log.run(environment.python, script, *options, *writes, source, cwd=context / "_build")
    texts = {kind: path.read_text(encoding="utf-8") if path.exists() else "" for kind, path in written.items()}
    packages = {line.split("#")[0].strip() for line in texts["pip"].splitlines()} - {""}
    installs = re.search(r'^ARG ANSIBLE_INSTALL_REFS="(.*)"$', recipe, re.MULTILINE)
    base = {re.split(r"[<>=]", part)[0] for part in shlex.split(installs.group(1))} if installs else set()
    return {
        "create: the collection is installed": [
            *differs("collections", names, {f"{NAMESPACE}.{NAME}"}),
            *(
                []
                if "ansible-galaxy collection install" in recipe
                else ["the Containerfile does not install collections"]
            ),
        ],
        "create: the packages are installed": [
            *differs("exit code", code, 0),
            *differs("packages", {re.split(r"[<>=!~ ]", line)[0] for line in packages}, _PACKAGES),
            *([] if "RUN /output/scripts/assemble" in recipe else ["the Containerfile does not assemble them"]),
        ],
        "create: no system package": differs("bindep", texts["bindep"].strip(), ""),
        "create: ansible-core and ansible-runner": differs("base", base, {"ansible-core", "ansible-runner"}),
    }


STEPS = [Step("builder", builder)]
