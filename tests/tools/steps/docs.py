# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts for people: YAML style, playbook style, documentation, changelog, shell."""

from __future__ import annotations

import functools
import re

from devtool import artifact, collections, counts, environments, releases
from devtool.paths import BUILD, IN_TREE, ROOT, TREE, link_tree
from devtool.process import Log
from devtool.running import Step


def yamllint(log: Log) -> counts.Counts:
    """Every YAML file on its own is a check."""
    files = [path for path in artifact.files() if path.suffix in (".yml", ".yaml")]
    tool = environments.ensure("tools").bin / "yamllint"
    code = log.run(tool, "--strict", *files)
    return counts.Counts(failed=1) if code else counts.Counts(passed=len(files))


def ansible_lint(log: Log) -> counts.Counts:
    tools = environments.ensure("tools")
    link_tree()
    env = {
        "ANSIBLE_COLLECTIONS_PATH": collections.path(TREE),
        "PATH": f"{tools.bin}:/usr/local/bin:/usr/bin:/bin",
        "ANSIBLE_HOME": str(BUILD / "home" / "lint"),
        "XDG_CACHE_HOME": str(BUILD / "cache"),
    }
    code, text = log.output(tools.bin / "ansible-lint", "--offline", "--profile", "production", "--strict", env=env)
    result = counts.of_exit_code(code)
    passed = "Passed" in text and "production" in text
    return result if code or passed else counts.Counts(failed=1, notes=("the production profile was not applied",))


def antsibull_docs(log: Log) -> counts.Counts:
    tool = environments.ensure("tools").bin / "antsibull-docs"
    link_tree()
    arguments = [
        "lint-collection-docs",
        "--plugin-docs",
        "--validate-collection-refs=self",
        "--disallow-unknown-collection-refs",
    ]
    path = f"{tool.parent}:/usr/local/bin:/usr/bin:/bin"
    env = {"ANSIBLE_COLLECTIONS_PATH": str(TREE), "PATH": path}
    return counts.of_exit_code(log.run(tool, *arguments, ".", cwd=IN_TREE, env=env))


def changelog(log: Log) -> counts.Counts:
    """Fragments and changelog are well-formed, and the CHANGELOG is what they say."""
    tools = environments.ensure("tools")
    link_tree()
    tool = tools.bin / "antsibull-changelog"
    env = {"ANSIBLE_COLLECTIONS_PATH": str(TREE), "PATH": f"{tools.bin}:/usr/local/bin:/usr/bin:/bin"}
    codes = [log.run(tool, "lint", cwd=IN_TREE, env=env)]
    if (ROOT / "changelogs" / "changelog.yaml").exists():
        codes.append(log.run(tool, "lint-changelog-yaml", "changelogs/changelog.yaml", cwd=IN_TREE, env=env))
    return functools.reduce(counts.Counts.plus, map(counts.of_exit_code, codes), _told(log))


def _told(log: Log) -> counts.Counts:
    """Whatever differs from the last release is told in a fragment; plugins, roles and playbooks by their names."""
    unrecorded = releases.unrecorded()
    if unrecorded is not None:
        log.write(
            f"{unrecorded} is released, and changelogs/released.sha256 is not there or of an earlier release, so nobody knows "
            "what has changed since: make a release with dev.py release"
        )
        return counts.Counts(failed=1)
    changed = releases.changed()
    if changed is None:
        return counts.Counts(notes=("nothing is released yet, so no fragment is asked for",))
    fragments = [path.read_text(encoding="utf-8") for path in (ROOT / "changelogs" / "fragments").glob("*.y*ml")]
    text = "\n".join(fragments)
    untold = {
        f"{path} is {how}" + (f", and no fragment names {name}" if fragments and name else ", and there is no fragment")
        for path, how in changed.items()
        for name in [releases.name_of(path)]
        # A new plugin is listed by itself.
        if not fragments or (name and how != "added" and not re.search(rf"\b{re.escape(name)}\b", text))
    }
    for line in sorted(untold):
        log.write(f"{line}: write changelogs/fragments/SOMETHING.yml")
    return counts.Counts(passed=not untold, failed=len(untold))


def shellcheck(log: Log) -> counts.Counts:
    shells = (b"#!/bin/sh", b"#!/usr/bin/env bash", b"#!/bin/bash", b"#!/usr/bin/env sh")
    scripts = [path for path in artifact.files() if (ROOT / path).read_bytes().startswith(shells)]
    code = log.run(environments.ensure("tools").bin / "shellcheck", *scripts)
    return counts.Counts(failed=1) if code else counts.Counts(passed=len(scripts))


STEPS = [
    Step("yamllint", yamllint),
    Step("shellcheck", shellcheck),
    Step("ansible-lint", ansible_lint),
    Step("antsibull-docs", antsibull_docs),
    Step("changelog", changelog),
]
