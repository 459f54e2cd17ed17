# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds, checks and reads an estate: one of the library by name, or a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from veeam_em_simulator.estate.document import Document, EstateError, parse
from veeam_em_simulator.estate.generator import generate
from veeam_em_simulator.estate.model import Estate
from veeam_em_simulator.estate.reader import Reader

_PACKAGE = resources.files("veeam_em_simulator.estate")


def library() -> dict[str, str]:
    """The ready estates: name to description."""
    names = sorted(entry.name[:-4] for entry in (_PACKAGE / "library").iterdir() if entry.name.endswith(".yml"))
    return {name: (_find(name).data or {}).get("description", "") for name in names}


def schema_text() -> str:
    """The JSON Schema of estate files."""
    return (_PACKAGE / "estate.schema.json").read_text(encoding="utf-8")


EstateSource = str | Mapping[str, Any]
"""A name of the library, a file, or the document itself."""


def load_estate(source: EstateSource, seed: int, now: int) -> Estate:
    """The estate of that name in the library, in that file or of these data; EstateError says what is wrong and where."""
    document = _document(source)
    for mistake in _mistakes(document):
        raise mistake
    return _read(document, seed, now)


def check_estate(source: EstateSource, seed: int, now: int) -> list[EstateError]:
    """All mistakes against the schema, in the order of lines; without any the first one of sense, such as an unknown name."""
    try:
        document = _document(source)
        found = _mistakes(document)
        if not found:
            _read(document, seed, now)
    except EstateError as error:
        return [error]
    return found


def _read(document: Document, seed: int, now: int) -> Estate:
    if document.data and "generate" in document.data:
        document.data = generate(document.data, seed)
    return Reader(document, seed, now).read()


def _document(source: EstateSource) -> Document:
    return _find(source) if isinstance(source, str) else Document("the estate", source)


def _find(name_or_file: str) -> Document:
    ready = _PACKAGE / "library" / f"{name_or_file}.yml"
    if "/" not in name_or_file and ready.is_file():
        return parse(ready.read_text(encoding="utf-8"), f"{name_or_file}.yml")
    path = Path(name_or_file)
    if path.suffix not in (".yml", ".yaml"):
        names = ", ".join(sorted(entry.name[:-4] for entry in (_PACKAGE / "library").iterdir() if entry.name.endswith(".yml")))
        raise EstateError(f"there is no estate '{name_or_file}': name a .yml file or one of {names}")
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise EstateError(f"the estate {path} cannot be read: {error}") from error


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text()))


def _mistakes(document: Document) -> list[EstateError]:
    if document.data is None:
        return []
    errors = _validator().iter_errors(document.data)
    in_order = sorted(errors, key=lambda error: document.lines.get(tuple(error.absolute_path), 0))
    return [document.error(_path(found), _message(found)) for found in map(_deepest, in_order)]


def _deepest(error: ValidationError) -> ValidationError:
    """For "none of these forms" the reason of the form that came closest."""
    return best_match([error]) or error if error.context else error


def _known(error: ValidationError) -> list[str]:
    schema: Any = error.schema
    return sorted(schema.get("properties", ()))


def _path(error: ValidationError) -> list[str | int]:
    path = list(error.absolute_path)
    if error.validator == "additionalProperties":
        given: Any = error.instance
        known = _known(error)
        return [*path, next(str(key) for key in given if key not in known)]
    return path


def _message(error: ValidationError) -> str:
    instance: Any = error.instance
    expected: Any = error.validator_value
    schema: Any = error.schema
    if error.validator == "additionalProperties":
        known = _known(error)
        unknown = [str(key) for key in instance if key not in known]
        return f"unknown key '{unknown[0]}'; known are {', '.join(known)}"
    if error.validator == "required":
        missing = [key for key in expected if key not in instance]
        return f"the key '{missing[0]}' is missing"
    if error.validator == "enum":
        return f"'{instance}' is none of {', '.join(str(value) for value in expected)}"
    if error.validator == "pattern" and "description" in schema:
        return f"'{instance}' is not of the form: {schema['description']}"
    if error.validator == "minProperties" and isinstance(instance, dict):
        return f"a key is missing beside {', '.join(instance) or 'none'}; known are {', '.join(_known(error))}"
    if error.validator == "type":
        return f"'{instance}' should be of type {expected}"
    if error.validator == "oneOf" and all("required" in option for option in expected):
        keys = " or ".join("'" + option["required"][0] + "'" for option in expected)
        return f"exactly one of the keys {keys} must be there"
    if error.validator == "oneOf" and "description" in schema:
        return f"'{instance}' is not of the form: {schema['description']}"
    return error.message
