# SPDX-License-Identifier: GPL-3.0-or-later
"""A YAML document that remembers where each part of it stands, so that errors can name file, line and path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """YAML without surprises: times stay text (`22:00` is no base-60 number, `on` is no boolean)."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[-1] not in ("timestamp", "int", "bool")]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}
yaml.add_implicit_resolver(  # type: ignore[no-untyped-call]
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z"), list("-+0123456789"), Loader=_Loader
)
yaml.add_implicit_resolver(  # type: ignore[no-untyped-call]
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), list("tf"), Loader=_Loader
)


class EstateError(ValueError):
    """A mistake in an estate; the text names the file, the line and the path in the document."""


@dataclass
class Document:
    """The data of a file and the line of every part of it."""

    source: str
    data: Any
    lines: dict[Path, int] = field(default_factory=dict)
    """Empty for data that were never a text."""

    def error(self, path: Sequence[str | int], message: str) -> EstateError:
        where = tuple(path)
        if not self.lines:
            return EstateError(f"{self.source}, {spell(path)}: {message}")
        line = self.lines.get(where)
        while line is None and where:
            where = where[:-1]
            line = self.lines.get(where)
        return EstateError(f"{self.source}, line {line or 1}, {spell(path)}: {message}")


def spell(path: Sequence[str | int]) -> str:
    """`jobs[0].schedule.every`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "the document"


def parse(text: str, source: str) -> Document:
    """The document in `text`; EstateError when it is no YAML or says a key twice."""
    loader = _Loader(text)
    document = Document(source, None)
    try:
        node = loader.get_single_node()
        if node is not None:
            document.data = _construct(loader, node, (), document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise EstateError(f"{source}, line {line}: not valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise EstateError(f"{source}: not valid YAML: {error}") from error
    finally:
        loader.dispose()
    return document


def _construct(loader: Any, node: Node, path: Path, document: Document) -> Any:
    document.lines[path] = node.start_mark.line + 1
    if isinstance(node, MappingNode):
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            here = (*path, str(key))
            document.lines[here] = key_node.start_mark.line + 1
            if key in found:
                raise document.error(here, f"the key '{key}' is there twice")
            found[key] = _construct(loader, value_node, here, document)
            document.lines[here] = key_node.start_mark.line + 1
        return found
    if isinstance(node, SequenceNode):
        return [_construct(loader, item, (*path, number), document) for number, item in enumerate(node.value)]
    assert isinstance(node, ScalarNode)
    return loader.construct_object(node)
