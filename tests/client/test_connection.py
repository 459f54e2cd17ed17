# SPDX-License-Identifier: GPL-3.0-or-later
"""How the client reaches a server: trust, proxies, credentials, and that nothing outside its options has a say."""

from __future__ import annotations

import pathlib
import shutil
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.settings import ConnectionSettings
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.transport import Request, RequestsTransport
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import ProtocolError

from . import servers
from .conftest import asked, connected
from .estates import written


def test_a_private_authority_as_file_folder_and_text(simulator: t.Any, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "authorities"
    folder.mkdir()
    shutil.copy(simulator.ca_path, folder / "em.pem")
    (folder / "readme.txt").write_text("nothing to see")
    text = pathlib.Path(simulator.ca_path).read_text()
    for trust in ({}, {"ca_path": str(folder)}, {"ca_path": None, "ca_cert": f"one\n{text}\n{text}"}):
        with connected(simulator, **trust) as run:
            assert run.client.query("backup_server").records
        assert run.warnings == []


def test_without_checks_only_when_asked_for(simulator: t.Any, recwarn: pytest.WarningsRecorder) -> None:
    with connected(simulator, ca_path=None, validate_certs=False) as run:
        assert run.client.query("backup_server").records
    assert len(run.warnings) == 1
    assert not any("Unverified HTTPS" in str(each.message) for each in recwarn)


def test_environment_and_files_of_others_have_no_say(
    simulator: t.Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    (tmp_path / ".netrc").write_text(f"machine {simulator.host} login evil password evil\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for bundle in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(bundle, "/no/such/bundle.pem")
    with connected(simulator) as run:
        assert run.client.query("backup_server").records
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", simulator.ca_path)
    with pytest.raises(Exception, match="unknown authority"), connected(simulator, ca_path=None) as run:
        run.client.query("backup_server")


def test_requests_carry_only_what_they_are_given() -> None:
    with servers.answering(302, b"{}") as (port, seen):
        settings = ConnectionSettings(host="127.0.0.1", port=port, protocol="http", username="u", password="p")
        transport = RequestsTransport(settings)
        for method in ("POST", "GET", "GET"):
            assert transport.send(Request(method, "/api/", {"X-Given": "1", "User-Agent": "x"})).read() == b"{}"
        transport.close()
    posted, *got = [{name: value for name, value in headers.items() if name != "Host"} for _m, _p, headers in seen]
    assert got == [{"X-Given": "1", "User-Agent": "x", "Accept-Encoding": "gzip, deflate"}] * 2
    assert posted == {**got[0], "Content-Length": "0"}


def test_a_proxy_is_used_and_sees_no_secret(simulator: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with servers.proxy() as (address, targets):
        monkeypatch.setenv("HTTPS_PROXY", address)
        with connected(simulator) as run:
            assert run.client.query("backup_server").records
        assert set(targets) == {f"{simulator.host}:{simulator.port}"}
        monkeypatch.setenv("NO_PROXY", simulator.host)
        targets.clear()
        with connected(simulator) as run:
            run.client.query("backup_server")
        assert targets == []


@pytest.mark.simulator(profile="v95u4", http=True)
def test_old_servers_on_plain_http(simulator: t.Any) -> None:
    for data_format in ("auto", "xml"):
        with connected(simulator, data_format=data_format) as run:
            assert run.client.query("backup_task_session", limit=5).records
        assert len(run.warnings) == 1
        assert "unencrypted" in run.warnings[0]


def make_deaf(client: t.Any) -> None:
    """Its server answers XML whatever is asked for: the transport asks as if nothing had been said."""
    send = client._transport.send

    def deaf(request: t.Any) -> t.Any:
        request.headers.pop("Accept", None)
        response = send(request)
        assert response.status in (201, 204) or response.media_type == "application/xml"
        return response

    client._transport.send = deaf


def test_a_server_that_answers_xml_when_asked_for_json(simulator: t.Any) -> None:
    """9.5 before Update 4 knows no JSON."""
    with connected(simulator) as run:
        expected = run.client.query("backup_task_session", limit=20).records
    with connected(simulator, data_format="auto") as run:
        make_deaf(run.client)
        assert run.client.query("backup_task_session", limit=20).records == expected
    with connected(simulator, data_format="json") as run:
        make_deaf(run.client)
        with pytest.raises(ProtocolError, match="the answer is XML, but data_format is json"):
            run.client.query("backup_task_session", limit=20)


@pytest.mark.parametrize(
    ("username", "password"), [("EXAMPLE\\svc-ansible", "mD7#unlikely"), ("jörg@example.test", 'Zür"ich: 東京 🔑')]
)
def test_names_of_domains_and_passwords_in_any_script(
    simulators: t.Any, tmp_path: pathlib.Path, username: str, password: str
) -> None:
    account = {"username": username, "password": password, "role": "Portal User"}
    em = simulators.get(
        estate=written(tmp_path, {"accounts": [account], "backup_servers": [{"name": "vbr.example.test"}]})
    )
    with connected(em, username=username, password=password) as run:
        assert run.client.query("backup_server").records


def test_the_token_never_goes_to_another_host(simulator: t.Any) -> None:
    simulator.add_fault({"kind": "redirect", "path": "/api/backupServers"})
    with pytest.raises(Exception, match="redirects to another address"), connected(simulator) as run:
        run.client.list("backup_server")
    # Links name the server by another name than ours, and are never followed.
    with connected(simulator) as run:
        for record in run.client.query("backup_server").records:
            assert record["href"].startswith("/api/")


def test_compressed_answers_and_byte_order_marks(simulator: t.Any) -> None:
    with connected(simulator) as run:
        expected = run.client.query("backup_server").records
    for kind in ("gzip", "bom"):
        simulator.add_fault({"kind": kind, "path": "/api/query"})
        with connected(simulator) as run:
            assert run.client.query("backup_server").records == expected
    assert len(asked(simulator)) == 3


def test_an_answer_that_is_too_large_is_cut_off(simulator: t.Any) -> None:
    simulator.add_fault({"kind": "oversized", "path": "/api/backupServers"})
    with (
        pytest.raises(ProtocolError, match="larger than 1000000 bytes"),
        connected(simulator, max_bytes=1_000_000) as run,
    ):
        run.client.list("backup_server")
