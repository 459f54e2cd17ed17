# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong at the connection: one sentence that says what to do, and nothing left open on the server."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.filters import FilterSet, raw
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.settings import ConnectionSettings
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import (
    AccessDenied,
    AuthenticationFailed,
    ConnectionFailed,
    EmError,
    NotEnterpriseManager,
    ProtocolError,
    RequestRejected,
    ServerFailed,
    SettingsError,
    TimedOut,
    TlsFailed,
    WrongEdition,
)
from support.connection import options as connection

from . import servers
from .conftest import connected


def sentence(error: EmError) -> str:
    text = str(error)
    assert text.endswith(".")
    assert "\n" not in text
    assert error.hint
    return text


def fails(kind: type[EmError], options: dict[str, t.Any]) -> str:
    """The sentence that a client with these options fails with; it never tries again where that can't help."""
    settings = ConnectionSettings.from_options({"username": "svc", "password": "s3cret-word", **options})
    pauses: list[float] = []
    client = EnterpriseManagerClient(settings, sleep=pauses.append)
    with pytest.raises(kind) as caught, client:
        client.query("backup_server")
    assert "s3cret-word" not in str(caught.value)
    return sentence(caught.value)


def local(port: int, **options: t.Any) -> dict[str, t.Any]:
    return {"host": "127.0.0.1", "port": port, "protocol": "http", "retries": 0, **options}


def test_a_wrong_password(simulator: t.Any) -> None:
    with pytest.raises(AuthenticationFailed) as caught, connected(simulator, password="not-it") as run:
        run.client.query("backup_server")
    assert "check username" in sentence(caught.value)
    assert len(simulator.requests()) == 1
    assert simulator.open_sessions() == []


def test_an_account_without_a_role(simulator: t.Any) -> None:
    account = next(each for each in simulator.accounts if each["role"] == "none")
    with (
        pytest.raises(AccessDenied) as caught,
        connected(simulator, username=account["username"], password=account["password"]) as run,
    ):
        run.client.query("backup_server")
    assert "Portal User" in sentence(caught.value)


def test_a_role_that_is_not_enough_for_jobs(simulator: t.Any) -> None:
    account = next(each for each in simulator.accounts if each["role"] == "Portal User")
    with (
        pytest.raises(AccessDenied) as caught,
        connected(simulator, username=account["username"], password=account["password"]) as run,
    ):
        run.client.query("job")
    assert "Portal Administrator" in sentence(caught.value)
    assert simulator.open_sessions() == []


def test_an_unknown_host() -> None:
    assert "check host" in fails(ConnectionFailed, {"host": "no-such-host.invalid"})


def test_a_closed_port() -> None:
    text = fails(ConnectionFailed, local(servers.closed_port()))
    assert "nothing listens on 127.0.0.1 port" in text
    assert "9398" in text


def test_https_to_a_port_that_speaks_http() -> None:
    with servers.answering(200, b"hello") as (port, _seen):
        assert "does not speak TLS" in fails(TlsFailed, local(port, protocol="https"))


def test_http_to_a_port_that_speaks_https(simulator: t.Any) -> None:
    text = fails(ConnectionFailed, {"host": simulator.host, "port": simulator.port, "protocol": "http", "retries": 0})
    assert "speaks https and not http; set protocol to https" in text


@pytest.mark.parametrize("status", [200, 404, 503])
def test_a_web_page_is_not_enterprise_manager(status: int) -> None:
    with servers.answering(status, b"<html><body>Welcome</body></html>") as (port, seen):
        text = fails(NotEnterpriseManager if status < 500 else EmError, local(port))
    assert "9398" in text or "try again later" in text
    assert len(seen) == 1


@pytest.mark.parametrize("status", [400, 401, 404])
def test_the_api_of_a_backup_server_is_told_apart(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with servers.answering(status, servers.VEEAM_BACKUP_API, "application/json") as (port, _seen):
        # The port can't be taken on every machine, so the settings alone say 9419.
        monkeypatch.setattr(ConnectionSettings, "base_url", f"http://127.0.0.1:{port}")
        text = fails(NotEnterpriseManager, local(9419))
    assert "port 9419 is the backup server's own API" in text


def test_the_api_of_a_backup_server_on_another_port() -> None:
    with servers.answering(404, servers.VEEAM_BACKUP_API, "application/json") as (port, _seen):
        assert "9419" in fails(NotEnterpriseManager, local(port))


def test_a_server_that_never_answers() -> None:
    with servers.silent() as port:
        assert "gave no answer within 1 seconds" in fails(TimedOut, local(port, timeout=1))


def test_a_proxy_that_refuses(simulator: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with servers.proxy(refuse=True) as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert "HTTPS_PROXY" in fails(
            ConnectionFailed, {**connection(simulator), "password": "s3cret-word", "retries": 0}
        )
    assert asked


def test_an_unknown_filter_field(simulator: t.Any) -> None:
    with pytest.raises(RequestRejected) as caught, connected(simulator) as run:
        run.client.query("backup_task_session", FilterSet(raw('Colour=="red"')))
    text = sentence(caught.value)
    assert "Colour" in text
    assert "VmDisplayName" in text
    assert simulator.open_sessions() == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"host": "https://em01.example.test"}, "leave out https://"),
        ({"host": "em01.example.test:9398"}, "port and protocol have options of their own"),
        ({"host": "10.0.0.5:9398"}, "port and protocol have options of their own"),
        ({"host": "cafe:9398"}, "port and protocol have options of their own"),
        ({"host": "[::1"}, "not a bare host name"),
        ({"host": "::1%]@127.0.0.1#"}, "not a bare host name"),
        ({"host": "fe80::1%eth 0"}, "not a bare host name"),
        ({"host": "em01..example.test"}, "not a bare host name"),
        ({"host": f"{'x' * 64}.example.test"}, "not a bare host name"),
        ({"host": "em01.example.test" + ".x" * 120}, "not a bare host name"),
        ({"port": 0}, "from 1 to 65535"),
        ({"page_size": 0}, "page_size .* from 1 to 10000"),
        ({"page_size": 10001}, "page_size .* from 1 to 10000"),
        ({"timeout": 0}, "timeout"),
        ({"retries": -1}, "retries"),
        ({"parallel_requests": 9}, "from 1 to 8"),
        ({"api_version": "2"}, "v1_4"),
        ({"data_format": "yaml"}, "auto, json, xml"),
        ({"username": "a:b"}, "colon"),
        ({"username": ""}, "VEEAM_EM_USERNAME"),
        ({"password": "x\n"}, "line break"),
        ({"ca_path": "/a", "ca_cert": "b"}, "set together"),
        ({"ca_fingerprint": "ab" * 32, "ca_path": "/a"}, "ca_path and ca_fingerprint are set together"),
        ({"ca_fingerprint": "ab" * 32, "ca_cert": "b"}, "ca_cert and ca_fingerprint are set together"),
        ({"ca_fingerprint": "ab" * 32, "validate_certs": False}, "validate_certs is false"),
        ({"ca_fingerprint": "ab" * 32, "protocol": "http"}, "protocol is http"),
        ({"ca_fingerprint": "ab" * 20}, "SHA-1"),
        ({"ca_fingerprint": "AB:CD"}, "64 hex digits"),
        ({"host": " em01.example.test"}, "begins or ends with a blank"),
        ({"host": "em01.example.test\u200b"}, "begins or ends with a blank"),
        ({"username": "svc\u00a0"}, "begins or ends with a blank"),
        ({"host": "", "username": None}, "host and username are not set; set VEEAM_EM_HOST and VEEAM_EM_USERNAME"),
        ({"ca_path": "/no/such/file"}, "can't be read"),
        ({"ca_cert": "hello"}, "BEGIN CERTIFICATE"),
        ({"ca_cert": "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----"}, "no certificate"),
    ],
)  # fmt: skip
def test_options_that_cannot_work_are_refused_before_any_request(options: dict[str, t.Any], words: str) -> None:
    good = {"host": "em01.example.test", "username": "svc", "password": "s3cret-word"}
    with pytest.raises(SettingsError, match=words) as caught:
        EnterpriseManagerClient(ConnectionSettings.from_options({**good, **options}))
    sentence(caught.value)


@pytest.mark.parametrize(
    "host", ["em01", "em_01.example.test.", "10.0.0.5", "::1", "[fe80::1%eth0]", "x" * 63 + ".test"]
)
def test_hosts_that_can_work(host: str) -> None:
    settings = ConnectionSettings.from_options({"host": host, "username": "svc", "password": "s3cret-word"})
    assert settings.base_url.startswith(f"https://{host}" if ":" not in host else "https://[")


@pytest.mark.parametrize(
    "proxy", ["http://svc:s3cret-word@[bad", "socks5://svc:s3cret-word@127.0.0.1:1080", "http://:0:0"]
)
def test_a_proxy_that_cannot_be_one(simulator: t.Any, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(EmError, match="HTTPS_PROXY") as caught, connected(simulator, retries=0) as run:
        run.client.query("backup_server")
    assert "s3cret-word" not in sentence(caught.value)


@pytest.mark.parametrize("location", ["https://[bad/", "http://\udcff", "", "//"])
def test_a_redirect_to_nowhere_is_refused_like_any_other(simulator: t.Any, location: str) -> None:
    simulator.add_fault({"kind": "redirect", "path": "/api/query", "location": location})
    with pytest.raises(ProtocolError, match="redirects"), connected(simulator) as run:
        run.client.query("backup_server")


def test_answers_that_make_no_sense_are_protocol_errors(simulator: t.Any) -> None:
    for fault in (
        {"kind": "html"},
        {"kind": "truncated", "count": None},
        {"kind": "redirect"},
    ):
        simulator.reset()
        simulator.add_fault({"path": "/api/query", **fault})
        with pytest.raises((ProtocolError, ConnectionFailed)) as caught, connected(simulator, page_size=20) as run:
            run.client.query("backup_task_session")
        sentence(caught.value)
        assert simulator.open_sessions() == []


def error_body(message: str) -> bytes:
    return json.dumps({"Message": message, "StatusCode": 0}).encode()


@pytest.mark.parametrize(
    ("status", "message", "kind", "words"),
    [
        (500, "Object reference not set.", ServerFailed, "failed on the logon (HTTP 500)"),
        (500, None, ServerFailed, "check that the Enterprise Manager service and its database are up"),
        (407, None, ConnectionFailed, "the proxy wants credentials (HTTP 407); give them as http://USER:PASSWORD@HOST:PORT"),
        (403, "The license does not include the REST API.", WrongEdition, "check the edition and the end of the licence"),
        (402, "License expired", WrongEdition, "check the edition and the end of the licence"),
        (403, "Access denied", AccessDenied, "give it at least the role Portal User"),
        (418, "no", RequestRejected, "failed on the logon (HTTP 418)"),
    ],
)  # fmt: skip
def test_a_logon_that_fails_says_nothing_of_filters(
    status: int, message: str | None, kind: type[EmError], words: str
) -> None:
    body = b"<html>no</html>" if message is None else error_body(message)
    with servers.answering(status, body, "application/json" if message else "text/html") as (port, _seen):
        text = fails(kind, local(port))
    assert words in text
    assert "filter" not in text


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ({"status": 500}, ServerFailed, "check the log of the Enterprise Manager service"),
        ({"status": 403, "message": "Your license does not allow this."}, WrongEdition, "licence"),
        ({"status": 500, "message": "License expired"}, WrongEdition, "licence"),
        ({"status": 403, "message": "Access denied"}, AccessDenied, "Portal User"),
        ({"status": 405}, RequestRejected, "check that this version of Enterprise Manager knows it"),
        ({"status": 407}, ConnectionFailed, "the proxy wants credentials"),
    ],
)
def test_a_request_without_a_filter_is_not_blamed_on_one(
    simulator: t.Any, fault: dict[str, t.Any], kind: type[EmError], words: str
) -> None:
    simulator.add_fault({"kind": "error", "path": "/api/backupServers", "count": None, "message": "no", **fault})
    with pytest.raises(kind) as caught, connected(simulator, retries=0) as run:
        run.client.list("backup_server")
    assert words in sentence(caught.value)
    assert "filter" not in str(caught.value)


def test_a_machine_called_license_is_no_licence(simulator: t.Any) -> None:
    simulator.add_fault({"kind": "error", "status": 400, "path": "/api/query", "message": 'bad value "license01"'})
    with pytest.raises(RequestRejected) as caught, connected(simulator) as run:
        run.client.query("backup_task_session", FilterSet(raw('VmDisplayName=="license01"')))
    assert "its operators == != >= <= > <" in sentence(caught.value)


@pytest.mark.parametrize("text", ["Name = x", "Name=x", 'Result==Failed;Name="a==b"'])
def test_a_single_equals_sign_is_no_operator(text: str) -> None:
    with pytest.raises(SettingsError, match="a single = stands where an operator belongs; compare with one of == !="):
        raw(text)
    assert raw('Name=="a = b";TotalSize>=1').text


def test_an_answer_that_ends_in_the_middle(simulator: t.Any) -> None:
    simulator.add_fault({"kind": "truncated", "count": None, "path": "/api/query"})
    with pytest.raises(ConnectionFailed, match="incomplete answer") as caught, connected(simulator, retries=0) as run:
        run.client.query("backup_task_session")
    assert "protocol and port" not in sentence(caught.value)


def test_a_refused_password_with_a_blank_is_asked_about(simulator: t.Any) -> None:
    with (
        pytest.raises(AuthenticationFailed, match="begins or ends with a blank"),
        connected(simulator, password="secret-word ") as run,
    ):
        run.client.query("backup_server")
