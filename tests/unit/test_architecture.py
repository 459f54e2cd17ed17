# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers: who may import what, which names are private, how long files may be."""

from __future__ import annotations

import ast
import functools
import re
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
COLLECTION = "ansible_collections.backup_ops.veeam_em.plugins"
# Each package and what it may import from, besides itself and the ground. The folder of a file is its layer.
GROUND = frozenset({"module_utils._errors", "module_utils._times"})
PACKAGES = {
    "module_utils._records": set(),
    "module_utils._client": {"module_utils._records"},
    "module_utils._protection": {"module_utils._records"},
    # What names and machines are is one matter, for lists of rows as for verdicts.
    "module_utils._info": {"module_utils._records", "module_utils._client", "module_utils._protection"},
    "module_utils._info.doctor": {"module_utils._records", "module_utils._client"},
    "module_utils._verify": {"module_utils._records", "module_utils._client", "module_utils._protection"},
    "module_utils._inventory": {
        "module_utils._records", "module_utils._client", "module_utils._protection", "module_utils._verify",
    },
}  # fmt: skip
# What faces leave to the packages in between: how the server is spoken to.
WIRE = {"module_utils._client.transport", "module_utils._client.decoding", "module_utils._client.json_stream"}
PURE = ("module_utils._records", "module_utils._protection")
FACES = ("modules", "inventory", "filter", "action")
CONTROLLER = ("inventory", "filter", "action", "plugin_utils")
# The only files that may import these; everything else goes through them.
OWNERS = {
    "requests": {"module_utils._client.transport"},
    "xmltodict": {"module_utils._client.decoding"},
    "ansible.module_utils.basic": {"module_utils._module"},
}
LINES = {
    "module_utils": 300,
    "plugin_utils": 300,
    "filter": 300,
    "action": 300,
    "modules": 660,  # mostly documentation, much of it generated
    "inventory": 600,  # the same
    "doc_fragments": 450,
}
UNTOUCHED_BY_NETWORK = {"http", "requests", "socket", "ssl", "urllib"}
GATE_DECIDES = (
    "values",
    "settings",
    "given",
    "question",
    "decision",
    "parts",
    "table",
    "artifacts",
    "play_state",
    "ask",
)
FILES = sorted(path for path in PLUGINS.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts)


def package(name: str) -> str:
    """``module_utils._client`` for ``module_utils._client.paging``; a file on top is a package of its own, as is a folder that has a row."""
    inner = ".".join(name.split(".")[:3])
    return inner if inner in PACKAGES else ".".join(name.split(".")[:2])


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """Full names of what a file imports; those of the collection as in LAYERS. What only a type checker sees counts too."""
    found = set()
    package = [*COLLECTION.split("."), *path.relative_to(PLUGINS).parent.parts]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            found |= {".".join([*base, alias.name]) for alias in node.names}
    return frozenset(_ours(name) for name in found)


def _ours(name: str) -> str:
    if not name.startswith(COLLECTION + "."):
        return name
    parts = name[len(COLLECTION) + 1 :].split(".")
    while len(parts) > 1 and not PLUGINS.joinpath(*parts).with_suffix(".py").exists():
        parts.pop()
    return ".".join(parts)


def collection_imports(path: Path) -> set[str]:
    return {name for name in imports(path) if PLUGINS.joinpath(*name.split(".")).with_suffix(".py").exists()}


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 25
    assert any(collection_imports(path) for path in FILES)


def test_every_package_has_its_place() -> None:
    found = {package(name_of(path)) for path in FILES if name_of(path).startswith("module_utils.")}
    assert found == {*PACKAGES, *GROUND, "module_utils._module"}
    assert len([path for path in (PLUGINS / "module_utils").iterdir() if path.name != "__pycache__"]) == 9


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_only_from_the_layers_below(path: Path) -> None:
    name = name_of(path)
    used = collection_imports(path)
    if package(name) in PACKAGES:
        allowed = PACKAGES[package(name)] | {package(name)}
        assert {package(each) for each in used - GROUND} <= allowed
    elif name in GROUND:
        assert used <= GROUND
    elif name == "module_utils._module":
        assert all(each.startswith("module_utils.") for each in used)
    elif name.startswith("plugin_utils."):
        assert all(each.startswith(("module_utils.", "plugin_utils.")) for each in used)
    else:
        assert not {each for each in used if each.partition(".")[0] in FACES}
        # A controller's plugin has to say itself that a library is missing.
        assert not used & WIRE


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_third_party_imports_have_one_owner(path: Path) -> None:
    name = name_of(path)
    for library, owners in OWNERS.items():
        used = {each for each in imports(path) if each == library or each.startswith(f"{library}.")}
        assert not used or name in owners, f"only {owners} may import {library}"
    foreign = {each.partition(".")[0] for each in imports(path) - collection_imports(path)}
    allowed = {"requests", "xmltodict", "__future__", "ansible_collections"} | set(sys.stdlib_module_names)
    if package(name) not in {*PACKAGES, *GROUND}:
        allowed |= {"ansible"} | ({"jinja2", "markupsafe", "yaml"} if not name.startswith("module") else set())
    assert foreign <= allowed


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_side_by_side(path: Path) -> None:
    """Modules run elsewhere than the controller's plugins, so neither may need the other's code."""
    folder = name_of(path).partition(".")[0]
    if folder in ("modules", "module_utils"):
        assert not {
            name for name in imports(path) if name.startswith(("plugin_utils", "ansible.plugins", "ansible.parsing"))
        }
    if folder in CONTROLLER:
        assert "module_utils._module" not in imports(path)


@pytest.mark.parametrize("path", [path for path in FILES if name_of(path).startswith(PURE)], ids=name_of)
def test_pure_packages_reach_no_network(path: Path) -> None:
    used = {name for name in imports(path) if name.partition(".")[0] in UNTOUCHED_BY_NETWORK}
    assert used <= {
        f"urllib.parse.{name}" for name in ("quote", "quote_plus", "urlencode", "urlsplit", "unquote", "parse_qsl")
    }


@pytest.mark.parametrize(
    "path", [path for path in FILES if name_of(path).startswith("module_utils._protection")], ids=name_of
)
def test_decisions_are_pure(path: Path) -> None:
    """No input or output, no clock, no randomness, no threads: what a verdict depends on is passed in."""
    used = {name.partition(".")[0] for name in imports(path) - collection_imports(path)}
    assert not used & {
        "io",
        "os",
        "pathlib",
        "random",
        "secrets",
        "socket",
        "subprocess",
        "sys",
        "threading",
        "time",
        "uuid",
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert not called.endswith((".now", ".utcnow", ".today", ".time")), called
            assert called not in ("open", "print"), called


@pytest.mark.parametrize("name", GATE_DECIDES)
def test_what_the_gate_decides_needs_no_ansible(name: str) -> None:
    """Settings, question, decision and what is shown are pure: variables and answers come in as plain values."""
    path = PLUGINS / "plugin_utils" / "_gate" / f"{name}.py"
    used = {each.partition(".")[0] for each in imports(path) - collection_imports(path)}
    assert not used & {"ansible", "os", "subprocess", "socket", "threading", "time"}
    ours = {each.rpartition(".")[2] for each in collection_imports(path) if each.startswith("plugin_utils._gate.")}
    assert ours <= {*GATE_DECIDES, "reports"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_size(path: Path) -> None:
    folder = name_of(path).partition(".")[0]
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LINES[folder], f"{lines} lines; {LINES[folder]} is the most here: split it by what it knows"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_private_names(path: Path) -> None:
    folder, own = name_of(path).split(".")[:2]
    if folder in ("module_utils", "plugin_utils", "doc_fragments"):
        assert own.startswith("_"), "what users may not import has a leading underscore"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_catch_all(path: Path) -> None:
    """Only what is passed on unchanged may be caught whole."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            last = node.body[-1]
            passed_on = isinstance(last, ast.Raise) and last.exc is None
            catch_all = re.search(r"\b(everything|Exception|BaseException)\b", caught)
            assert passed_on or not catch_all, f"line {node.lineno} catches {caught}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_future_annotations(path: Path) -> None:
    assert "__future__.annotations" in imports(path) or not tree(path).body


def test_no_import_circles() -> None:
    graph = {name_of(path): collection_imports(path) - {name_of(path)} for path in FILES}
    while graph:
        leaves = {name for name, wanted in graph.items() if not wanted & graph.keys()}
        assert leaves, f"these import each other: {sorted(graph)}"
        graph = {name: wanted for name, wanted in graph.items() if name not in leaves}
