# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against a scripted server: logon, logoff, retries, re-logon, errors."""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.filters import FilterSet
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.settings import ConnectionSettings
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import (
    AccessDenied,
    AuthenticationFailed,
    ConnectionFailed,
    EmError,
    NotEnterpriseManager,
    ProtocolError,
    RequestRejected,
    ServerBusy,
    ServerFailed,
    SessionExpired,
    SettingsError,
    TimedOut,
    WrongEdition,
)

from ..scripted import SESSION_ID, TOKEN, Call, ScriptedTransport, logoff, logon

PASSWORD = "s3cret-Pässword"
SERVERS = Call("GET", "/api/backupServers", 200, {"BackupServers": []})


class Run:
    """A client on a script, with everything it said."""

    def __init__(self, *calls: Call, **options: t.Any) -> None:
        self.transport = ScriptedTransport(*calls)
        self.warnings: list[str] = []
        self.secrets: list[str] = []
        self.pauses: list[float] = []
        settings = ConnectionSettings.from_options(
            {"host": "em.example.test", "username": "svc", "password": PASSWORD, **options}
        )
        self.client = EnterpriseManagerClient(
            settings,
            transport=self.transport,
            sleep=self.pauses.append,
            monotonic=lambda: sum(self.pauses),
            on_warning=self.warnings.append,
            on_secret=self.secrets.append,
        )

    @contextlib.contextmanager
    def __call__(self) -> t.Iterator[EnterpriseManagerClient]:
        try:
            with self.client as client:
                yield client
        finally:
            self.transport.assert_done()


def test_nothing_is_sent_when_nothing_is_asked() -> None:
    run = Run()
    with run():
        pass
    assert run.client.request_count == 0


def test_logs_on_once_and_off_once() -> None:
    run = Run(logon(), SERVERS, SERVERS, logoff())
    with run() as client:
        assert client.list("backup_server").records == []
        client.list("backup_server")
    assert run.client.request_count == 4
    assert run.transport.sent[0].headers["Authorization"].startswith("Basic ")
    for request in run.transport.sent[1:]:
        assert request.headers["X-RestSvcSessionId"] == TOKEN
        assert "Authorization" not in request.headers
    assert TOKEN in run.secrets
    assert run.warnings == []


def test_password_is_sent_as_utf8() -> None:
    import base64

    run = Run(logon(), SERVERS, logoff(), username="DOMAIN\\jörg")
    with run() as client:
        client.list("backup_server")
    sent = run.transport.sent[0].headers["Authorization"].split()[1]
    assert base64.b64decode(sent).decode() == f"DOMAIN\\jörg:{PASSWORD}"


def test_session_id_comes_from_the_location_when_the_body_has_none() -> None:
    where = f"https://other.example.test:9398/api/logonSessions/{SESSION_ID}"
    run = Run(logon(body=b"", headers={"x-restsvcsessionid": TOKEN, "location": where}), SERVERS, logoff())
    with run() as client:
        client.list("backup_server")


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, {"Message": "Incorrect user name or password."}, AuthenticationFailed, "credentials of svc"),
        (403, {"Message": "Access denied"}, AccessDenied, "Portal User"),
        (400, {"Message": "Unknown version"}, RequestRejected, "api_version"),
        (404, b"<html>nothing</html>", NotEnterpriseManager, "9398"),
        (200, b"<html>hello</html>", NotEnterpriseManager, "not Enterprise Manager"),
        (500, {"Message": "Boom"}, ServerFailed, "Boom"),
    ],
)
def test_a_refused_logon_is_explained_and_never_repeated(
    status: int, body: t.Any, error: type[EmError], words: str
) -> None:
    run = Run(logon(status=status, body=body, headers={}))
    with pytest.raises(error) as caught, run() as client:
        client.list("backup_server")
    assert words in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert run.client.request_count == 1
    assert caught.value.to_result()["status"] == status


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (403, {"Message": "Access denied"}, AccessDenied, "Portal Administrator"),
        (400, {"message": "Bad field"}, RequestRejected, "Bad field"),
        (500, b"<Error Message='Null reference' StatusCode='500'/>", ServerFailed, "Null reference"),
        (403, {"Message": "License does not cover the REST API"}, WrongEdition, "licence"),
    ],
)
def test_a_refused_read_is_explained_and_the_session_closed(
    status: int, body: t.Any, error: type[EmError], words: str
) -> None:
    run = Run(logon(), Call("GET", "/api/jobs", status, body), logoff())
    with pytest.raises(error) as caught, run() as client:
        client.list("job")
    assert words in str(caught.value)
    assert caught.value.to_result()["path"] == "/api/jobs"


def test_what_the_server_quotes_is_redacted_and_cut() -> None:
    message = f"bad header {TOKEN} of {PASSWORD}\n" + "x" * 1000
    run = Run(logon(), Call("GET", "/api/jobs", 400, {"Message": message}), logoff())
    with pytest.raises(RequestRejected) as caught, run() as client:
        client.list("job")
    assert TOKEN not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_an_expired_session_is_renewed_once_and_both_are_closed() -> None:
    expired = Call("GET", "/api/backupServers", 401)
    run = Run(logon(), expired, logon(), SERVERS, logoff(status=401), logoff())
    with run() as client:
        client.list("backup_server")
    assert run.warnings == []


def test_a_session_that_is_refused_at_once_is_an_error() -> None:
    expired = Call("GET", "/api/backupServers", 401)
    run = Run(logon(), expired, logon(), expired, logoff(), logoff())
    with pytest.raises(SessionExpired), run() as client:
        client.list("backup_server")


@pytest.mark.parametrize("trouble", [429, 502, 503, 504, ConnectionFailed("reset")])
def test_reads_are_repeated_when_the_server_is_busy(trouble: t.Any) -> None:
    busy = (
        Call("GET", "/api/backupServers", body=trouble)
        if isinstance(trouble, Exception)
        else Call("GET", "/api/backupServers", trouble, headers={"retry-after": "7"})
    )
    run = Run(logon(), busy, busy, SERVERS, logoff())
    with run() as client:
        client.list("backup_server")
    assert run.pauses == ([0.5, 1.0] if isinstance(trouble, Exception) else [7.0, 7.0])
    assert run.client.request_count == 5


def test_retries_end() -> None:
    busy = Call("GET", "/api/backupServers", 503)
    run = Run(logon(), busy, busy, logoff(), retries=1)
    with pytest.raises(ServerBusy, match="busy"), run() as client:
        client.list("backup_server")


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        # The server's clock counts, here two years ahead of any of ours.
        ({"date": "Fri, 24 Nov 2028 10:00:00 GMT", "retry-after": "Fri, 24 Nov 2028 10:00:09 GMT"}, 9.0),
        ({"date": "Fri, 24 Nov 2028 10:00:00 GMT", "retry-after": "Fri, 24 Nov 2028 09:00:00 GMT"}, 0.5),
        ({"retry-after": "Fri, 24 Nov 2028 10:00:09 GMT"}, 0.5),
        ({"date": "Fri, 24 Nov 2028 10:00:00 GMT", "retry-after": "Fri, 24 Nov 2028 10:00:09 -0000"}, 0.5),
        ({"date": "Fri, 24 Nov 2028 10:00:00 GMT", "retry-after": "soon"}, 0.5),
        ({"date": "Fri, 24 Nov 2028 10:00:00 GMT", "retry-after": "²"}, 0.5),
    ],
)
def test_a_pause_may_be_given_as_a_time(headers: dict[str, str], pause: float) -> None:
    run = Run(logon(), Call("GET", "/api/backupServers", 503, headers=headers), SERVERS, logoff())
    with run() as client:
        client.list("backup_server")
    assert run.pauses == [pause]


def test_a_long_retry_after_is_not_waited_for() -> None:
    run = Run(logon(), Call("GET", "/api/backupServers", 503, headers={"retry-after": "3600"}), logoff())
    with pytest.raises(ServerBusy), run() as client:
        client.list("backup_server")
    assert run.pauses == []


@pytest.mark.parametrize("error", [ConnectionFailed("no such name", transient=False), TimedOut("slow")])
def test_what_would_not_get_better_is_not_repeated(error: EmError) -> None:
    run = Run(logon(body=error))
    with pytest.raises(type(error)), run() as client:
        client.list("backup_server")
    assert run.pauses == []


def test_redirects_are_refused() -> None:
    moved = Call("GET", "/api/backupServers", 302, headers={"location": "https://evil.example.test/"})
    run = Run(logon(), moved, logoff())
    with pytest.raises(ProtocolError, match="redirects"), run() as client:
        client.list("backup_server")


@pytest.mark.parametrize(
    ("asked", "body", "found"),
    [
        ("json", b"<BackupServers/>", "XML"),
        ("json", b"\xef\xbb\xbf <BackupServers/>", "XML"),
        ("xml", b'{"a": []}', "JSON"),
    ],
)
def test_an_answer_in_another_format_than_the_one_asked_for_is_refused(asked: str, body: bytes, found: str) -> None:
    run = Run(logon(), Call("GET", "/api/backupServers", body=body), logoff(), data_format=asked)
    with pytest.raises(ProtocolError, match=f"is {found}, but data_format is {asked}.*auto"), run() as client:
        client.list("backup_server")


def test_references_of_several_requests_are_not_cut_at_a_limit() -> None:
    names = tuple(f"machine-{number:04}-{'x' * 40}" for number in range(200))
    run = Run()
    with pytest.raises(SettingsError, match="limit"), run() as client:
        client.query(
            "backup_task_session", FilterSet(lists=(("VmDisplayName", names),)), representation="reference", limit=5
        )


@pytest.mark.parametrize("answers", [[logoff(status=500)], [logoff(body=ConnectionFailed("gone"))] * 2])
def test_a_failed_logoff_is_a_warning(answers: list[Call]) -> None:
    run = Run(logon(), SERVERS, *answers)
    with run() as client:
        client.list("backup_server")
    assert len(run.warnings) == 1
    assert "session" in run.warnings[0]


@pytest.mark.parametrize(
    ("options", "words"), [({"protocol": "http"}, "unencrypted"), ({"validate_certs": False}, "validate_certs")]
)
def test_unsafe_connections_warn(options: dict[str, t.Any], words: str) -> None:
    run = Run(**options)
    with run():
        pass
    assert len(run.warnings) == 1
    assert words in run.warnings[0]


def test_an_unknown_uid_is_none() -> None:
    guid = "66666666-aaaa-4bbb-8ccc-000000000001"
    missing = Call("GET", f"/api/backupTaskSessions/{guid}", 404, {"Message": "Not found"}, query={"format": "Entity"})
    run = Run(logon(), missing, logoff())
    with run() as client:
        assert client.detail("backup_task_session", guid) is None


GUID = "66666666-aaaa-4bbb-8ccc-000000000001"
OTHER = f"urn:veeam:BackupTaskSession:{GUID[:-1]}2"


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (200, {}, ProtocolError, "not the object that was asked for"),
        (200, {"UID": OTHER, "Name": "srv02"}, ProtocolError, "not the object that was asked for"),
        (200, b'<Error Message="Busy" StatusCode="500"/>', ProtocolError, "not the object that was asked for"),
        (404, b"<html><h1>404</h1></html>", NotEnterpriseManager, "proxy"),
        (404, b"", NotEnterpriseManager, "proxy"),
    ],
)
def test_only_the_object_that_was_asked_for_is_one(status: int, body: t.Any, error: type[EmError], words: str) -> None:
    run = Run(logon(), Call("GET", f"/api/backupTaskSessions/{GUID}", status, body), logoff())
    with pytest.raises(error, match=words), run() as client:
        client.detail("backup_task_session", GUID)


def test_a_query_service_that_is_not_there() -> None:
    run = Run(logon(), Call("GET", "/api/query", 404, {"Message": "Not found"}), logoff())
    with pytest.raises(RequestRejected, match=r"query service .*any proxy"), run() as client:
        client.query("backup_server")


def test_the_case_of_a_uid_does_not_matter() -> None:
    body = {"UID": f"urn:veeam:BackupTaskSession:{GUID.upper()}"}
    run = Run(logon(), Call("GET", f"/api/backupTaskSessions/{GUID}", 200, body), logoff())
    with run() as client:
        assert client.detail("backup_task_session", GUID)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'<Error Message="Busy" StatusCode="500"/>', "is an error"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><!-- x --> <Error Message="Busy"></Error>', "is an error"),
        (
            b'<BackupServers><BackupServer UID="urn:veeam:BackupServer:1" Name="a"/></BackupServers>',
            "BackupServer in the place",
        ),
        ({"BackupServers": [{"UID": "urn:veeam:BackupServer:1", "Name": "a"}]}, "BackupServer in the place"),
    ],
)
def test_a_collection_of_something_else_is_refused(body: t.Any, words: str) -> None:
    run = Run(logon(), Call("GET", "/api/backupTaskSessions", 200, body), logoff())
    with pytest.raises(ProtocolError, match=words), run() as client:
        client.list("backup_task_session")


SPACED = "Pa  ss\tword-that-is-long"


@pytest.mark.parametrize("quoted", [SPACED, " ".join(SPACED.split()), "x" * 290 + SPACED, "svc:" + SPACED])
def test_what_the_server_quotes_of_the_password_is_not_shown(quoted: str) -> None:
    run = Run(logon(status=401, body={"Message": f"Bad: {quoted}"}, headers={}), password=SPACED.replace("\t", "  "))
    with pytest.raises(AuthenticationFailed) as caught, run() as client:
        client.list("backup_server")
    shown = f"{caught.value} {caught.value.to_result()}"
    assert "Pa" not in shown
    assert "word" not in shown.replace("password", "")


@pytest.mark.parametrize("body", [b"", b"garbage", b"<a", b'{"a":', b"[]", {"something": "else"}])
def test_answers_that_are_no_query_result_are_refused(body: t.Any) -> None:
    run = Run(logon(), Call("GET", "/api/query", 200, body), logoff())
    with pytest.raises(ProtocolError), run() as client:
        client.query("backup_task_session")
