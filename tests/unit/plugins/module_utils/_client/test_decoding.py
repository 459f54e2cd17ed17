# SPDX-License-Identifier: GPL-3.0-or-later
"""The decoder: every form of an answer gives the same rows, and whatever the bytes are, only documented errors come out."""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client import decoding
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import (
    ConnectionFailed,
    EmError,
    NotEnterpriseManager,
    ProtocolError,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.build import RecordOptions, build
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.nodes import rows_of, wrapped_rows
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.resources import RESOURCES

from .. import wire

TASKS = RESOURCES["backup_task_session"]
FORMS = {
    "v12": wire.json_list("BackupTaskSessions", [wire.task(n) for n in range(3)]),
    "v13": wire.json_list("BackupTaskSessions", [wire.task(n) for n in range(3)], v13=True),
    "xml": wire.xml_list("BackupTaskSessions", "BackupTaskSession", [wire.task(n) for n in range(3)]),
}


def streamed(body: bytes, size: int = 7) -> list[t.Any]:
    rows: list[t.Any] = []
    decoding.stream((body[start : start + size] for start in range(0, len(body), size)), rows.append)
    return rows


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 7, 1023, 10**6])
def test_rows_arrive_one_by_one_as_they_would_in_one_piece(form: str, size: int) -> None:
    # Blanks between elements are no part of a row.
    whole = [wire.without(row, "#text") for row in rows_of(decoding.decode(FORMS[form]))]
    assert len(whole) == 3
    assert streamed(FORMS[form], size) == whole
    assert streamed(b"\xef\xbb\xbf" + FORMS[form], size) == whole


def test_the_first_rows_are_there_before_the_answer_ends() -> None:
    rows: list[t.Any] = []

    def chunks() -> t.Iterator[bytes]:
        body = wire.json_list("Refs", [{"Name": "x" * 2000}, {"Name": "y"}])
        yield body[:2030]
        assert len(rows) == 1
        yield body[2030:]

    decoding.stream(chunks(), rows.append)
    assert len(rows) == 2


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"Refs": null}', b'{"Refs": []}', b' {"Links": [{"Rel": "Up"}], "Refs": []}', b"<EntityReferences />"],
)
def test_an_empty_collection_has_no_rows(body: bytes) -> None:
    assert streamed(body) == []


def test_an_error_of_the_connection_passes_through() -> None:
    def broken() -> t.Iterator[bytes]:
        yield FORMS["xml"][:1200]
        raise ConnectionFailed("gone")

    with pytest.raises(ConnectionFailed):
        decoding.stream(broken(), lambda row: None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "neither XML nor JSON"),
        (b"hello", "neither XML nor JSON"),
        (b"[1]", "neither XML nor JSON"),
        (b'{"Refs": [{"a": NaN}]}', "not valid JSON"),
        (b'{"Refs": [{"a": 1e999}]}', "not valid JSON"),
        (b'{"Refs": [{"a": 1}', "not valid JSON"),
        (b'{"Refs": [{"a": "\xff"}]}', "not valid JSON"),
        (b'{"Refs": []} tail', "not valid JSON"),
        (b'{"Refs": [' + b"[" * 100000, "JSON"),
        (b'{"Refs": [1]}', "row"),
        (b'{"Refs": [[]]}', "row"),
        (b'{"Refs": [[{"Name": "a"}, {"Name": "b"}]]}', "row"),
        (b'{"Jobs": {"a": 1}, "Count": 3}', "not a collection"),
        (b"<Jobs><Job>text</Job></Jobs>", "row"),
        (b"<a><b></a>", "not valid XML"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type"),
        (b"<?xml version='1.0'?><!-- x --><!DOCTYPE a><a/>", "document type"),
        (b"<a>&unknown;</a>", "not valid XML"),
        (b'<?xml version="1.0" encoding="foo-8"?><a/>', "not valid XML"),
        # A pattern that attempts every way to cut these into pieces would never end.
        (b"<?xml version='1.0'?>" + b"\n" * 900 + b"<Error/>", "is an error"),
        (b"<?a?><!-- b --> " * 50 + b"<Error />", "is an error"),
        (b"<?a?><!-- b --> " * 50 + b"<!DOCTYPE a><a/>", "document type"),
    ],
)
def test_what_is_no_collection_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        streamed(body)


@pytest.mark.parametrize("body", [b"<html><body>Login</body></html>", b"<!DOCTYPE html><html/>", b"\n <HTML>"])
def test_web_pages_are_told_apart(body: bytes) -> None:
    for read in (decoding.decode, streamed):
        with pytest.raises(NotEnterpriseManager, match="web page"):
            read(body)


def test_half_a_character_can_be_written_out_again() -> None:
    body = b'{"Refs": [{"Name": "a\\ud800b", "ok": "\\ud83d\\ude00"}]}'
    for rows in (streamed(body), rows_of(decoding.decode(body))):
        assert rows == [{"Name": "a\ufffdb", "ok": "\U0001f600"}]
        json.dumps(rows, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"Message": "Bad\\n field"}', "Bad field"),
        (b'{"message": "Bad"}', "Bad"),
        (b"<Error Message='Null' StatusCode='500'/>", "Null"),
        (b"<html>x</html>", None),
        (b'{"Message": ""}', None),
        (b"", None),
    ],
)
def test_the_message_of_an_error(body: bytes, message: str | None) -> None:
    assert decoding.error_message(body) == message


def consume(body: bytes) -> None:
    """Everything that is done with an answer."""
    document = decoding.decode(body)
    for row in [*wrapped_rows(document), *rows_of(document), document]:
        json.dumps(build(TASKS, row, RecordOptions(True, True))).encode()


def survives(body: bytes) -> None:
    for read in (consume, streamed, decoding.error_message):
        with contextlib.suppress(EmError):
            read(body)


SLOW = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=8) | st.sampled_from([*wire.task(), "#text", "@Type", "Time", "Days", "Links"]), inner
        )
    ),
    max_leaves=20,
)


@given(
    st.binary(max_size=300)
    | st.builds(lambda start, rest: start + rest, st.sampled_from([b"{", b"<", b'{"a":[']), st.binary())
)
def test_any_bytes_give_rows_or_a_documented_error(body: bytes) -> None:
    survives(body)


@SLOW
@given(st.lists(JUNK, max_size=3))
def test_any_rows_give_records_or_a_documented_error(rows: list[t.Any]) -> None:
    survives(json.dumps({"Refs": rows}).encode())


@SLOW
@given(st.dictionaries(st.sampled_from([*wire.task(), "Future", "Schedule"]), JUNK, max_size=3), st.booleans())
def test_any_values_give_records_or_a_documented_error(changes: dict[str, t.Any], v13: bool) -> None:
    survives(wire.json_list("BackupTaskSessions", [{**wire.task(), **changes}], v13=v13))


@settings(SLOW, max_examples=3 * settings.default.max_examples)
@given(st.sampled_from(list(FORMS)), st.data())
def test_damaged_answers_give_records_or_a_documented_error(form: str, data: st.DataObject) -> None:
    body = bytearray(FORMS[form])
    for _change in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body) - 1))
        length = data.draw(st.integers(0, 30))
        body[start : start + length] = data.draw(
            st.binary(max_size=10) | st.sampled_from([b"<", b">", b'"', b"{", b"]", b"null", b"\\ud800"])
        )
    survives(bytes(body))


@SLOW
@given(st.lists(st.dictionaries(st.text(max_size=5), JUNK, max_size=3), max_size=5), st.integers(1, 50))
def test_streamed_json_is_what_json_says(rows: list[t.Any], size: int) -> None:
    body = json.dumps({"Links": [], "Rows": rows, "Type": None}, allow_nan=True)
    if "NaN" in body or "Infinity" in body:
        return
    assert streamed(body.encode(), size) == rows_of(decoding.decode(body.encode()))
