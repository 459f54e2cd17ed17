# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust for people: a certificate is verified or pinned, and each way in which it does not hold has its own sentence and advice."""

from __future__ import annotations

import base64
import datetime as dt
import gc
import hashlib
import os
import pathlib
import shutil
import ssl
import subprocess
import time
import typing as t

import pytest
import requests
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.certificates import (
    look,
    read_fingerprint,
    shown,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.settings import ConnectionSettings
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import ConnectionFailed, EmError, TlsFailed

from . import servers
from .conftest import connected
from .test_bad_input import sentence

NOW = dt.datetime.now(dt.timezone.utc)
DAY = dt.timedelta(days=1)


class Pair(t.NamedTuple):
    """What a server sends, and its key."""

    chain: bytes
    key: bytes

    @property
    def fingerprint(self) -> str:
        first = self.chain.decode().partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def self_signed(*names: str, begin: dt.datetime = NOW - DAY, end: dt.datetime = NOW + DAY) -> Pair:
    """As Enterprise Manager installs it: signed with its own key, often for a name that nobody uses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Veeam Backup Enterprise Manager")])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), begin, end)
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return Pair(
        made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, *kinds),
    )


def issued(authority: trustme.CA, *names: str, whole: bool = True, **dates: t.Any) -> Pair:
    leaf = authority.issue_cert(*(names or ("127.0.0.1",)), **dates)
    blobs = leaf.cert_chain_pems if whole else leaf.cert_chain_pems[:1]
    return Pair(b"".join(blob.bytes() for blob in blobs), leaf.private_key_pem.bytes())


def failure(pair: Pair, folder: pathlib.Path, kind: type[EmError] = TlsFailed, **options: t.Any) -> str:
    """What is said of a server with this certificate; it gets no request."""
    with servers.encrypted(pair.chain, pair.key, folder) as (port, seen):
        text = fails(kind, port, **options)
    assert seen == []
    return text


def fails(kind: type[EmError], port: int, **options: t.Any) -> str:
    given = {"host": "127.0.0.1", "port": port, "username": "svc", "password": "s3cret-word", "retries": 0, **options}
    with pytest.raises(kind) as caught, EnterpriseManagerClient(ConnectionSettings.from_options(given)) as client:
        client.query("backup_server")
    return sentence(caught.value)


def reaches(pair: Pair, folder: pathlib.Path, **options: t.Any) -> None:
    """The certificate is accepted: the server gets the logon, which it does not know."""
    with servers.encrypted(pair.chain, pair.key, folder) as (port, seen):
        assert "is not Enterprise Manager" in fails(EmError, port, **options)
    assert seen == ["/api/sessionMngr/?v=latest"]


def test_self_signed(tmp_path: pathlib.Path) -> None:
    pair = self_signed("em01.example.test")
    text = failure(pair, tmp_path)
    assert "is self-signed, as Enterprise Manager installs it" in text
    assert shown(pair.fingerprint) in text
    assert "set ca_fingerprint" in text


def test_another_name(tmp_path: pathlib.Path) -> None:
    authority = trustme.CA()
    pair = issued(authority, "em01.example.test", "em-alias")
    text = failure(pair, tmp_path, ca_cert=authority.cert_pem.bytes().decode())
    assert "names 'em01.example.test', 'em-alias' and not '127.0.0.1'" in text
    assert "set host to a name in the certificate" in text
    bare = self_signed()
    text = failure(bare, tmp_path, ca_cert=bare.chain.decode())
    assert "names no host (its subject is 'CN=Veeam Backup Enterprise Manager')" in text


@pytest.mark.parametrize("root_given", [True, False])
def test_expired_and_not_yet_valid(tmp_path: pathlib.Path, root_given: bool) -> None:
    authority = trustme.CA()
    given: dict[str, t.Any] = {"ca_cert": authority.cert_pem.bytes().decode()} if root_given else {}
    old = issued(authority, not_before=NOW - 9 * DAY, not_after=NOW - 2 * DAY)
    future = issued(authority, not_before=NOW + 2 * DAY, not_after=NOW + 9 * DAY)
    texts = [failure(pair, tmp_path, **given) for pair in (old, future)]
    if root_given:
        assert f"expired on {(NOW - 2 * DAY):%Y-%m-%dT%H:%M:%SZ}; renew it" in texts[0]
        assert f"is not valid before {(NOW + 2 * DAY):%Y-%m-%dT%H:%M:%SZ}; check the clock" in texts[1]
    else:
        assert all("an unknown authority" in text for text in texts)


def test_an_unknown_authority(tmp_path: pathlib.Path) -> None:
    above = trustme.CA(organization_name="Example Trust")
    below = above.create_child_ca()
    text = failure(issued(below), tmp_path)
    assert "O=Example Trust" not in text
    assert "an unknown authority: it is not among the public authorities" in text
    text = failure(issued(below), tmp_path, ca_cert=trustme.CA().cert_pem.bytes().decode())
    assert "it is not among what ca_path or ca_cert gives" in text


def test_an_incomplete_chain(tmp_path: pathlib.Path) -> None:
    above = trustme.CA(organization_name="Example Trust")
    below = above.create_child_ca()
    incomplete = issued(below, whole=False)
    text = failure(incomplete, tmp_path, ca_cert=above.cert_pem.bytes().decode())
    assert "neither sent by the server (incomplete chain) nor in ca_cert" in text
    assert "let the server send its whole chain" in text
    # The advice works, in both ways.
    reaches(incomplete, tmp_path, ca_cert=below.cert_pem.bytes().decode())
    reaches(issued(below), tmp_path, ca_cert=above.cert_pem.bytes().decode())


@pytest.mark.parametrize("kind", ["self-signed", "issued"])
def test_the_certificate_itself_can_be_trusted(tmp_path: pathlib.Path, kind: str) -> None:
    pair = self_signed("127.0.0.1") if kind == "self-signed" else issued(trustme.CA(), whole=False)
    path = tmp_path / "em.pem"
    path.write_bytes(pair.chain)
    if kind == "issued":
        reaches(pair, tmp_path, ca_path=str(path))
    else:
        # A DNS name that looks like an address is no address.
        assert "names '127.0.0.1' and not '127.0.0.1'" in failure(pair, tmp_path, ca_path=str(path))


@pytest.mark.parametrize("dates", [{}, {"end": NOW - DAY / 2}], ids=["valid", "expired"])
def test_a_fingerprint_pins_whatever_the_names_and_dates(tmp_path: pathlib.Path, dates: dict[str, t.Any]) -> None:
    pair = self_signed("other.example.test", **dates)
    reaches(pair, tmp_path, ca_fingerprint=shown(pair.fingerprint))


def test_a_wrong_fingerprint_is_refused_with_both(tmp_path: pathlib.Path) -> None:
    pair, wrong = self_signed("127.0.0.1"), "ab" * 32
    text = failure(pair, tmp_path, ca_fingerprint=wrong)
    assert shown(pair.fingerprint) in text
    assert shown(wrong) in text
    # A certificate that is trusted otherwise is no better.
    authority = trustme.CA()
    good = issued(authority)
    with pytest.MonkeyPatch.context() as patch:
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        patch.setattr("requests.certs.where", lambda: str(tmp_path / "ca.pem"))
        reaches(good, tmp_path)
        assert shown(good.fingerprint) in failure(good, tmp_path, ca_fingerprint=wrong)


@pytest.mark.parametrize("right", [True, False])
def test_a_fingerprint_holds_through_a_proxy(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, right: bool
) -> None:
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    pair = self_signed("other.example.test")
    with servers.proxy() as (address, targets):
        monkeypatch.setenv("HTTPS_PROXY", address)
        if right:
            reaches(pair, tmp_path, ca_fingerprint=pair.fingerprint)
        else:
            assert shown(pair.fingerprint) in failure(pair, tmp_path, ca_fingerprint="ab" * 32)
    assert targets


def test_a_whole_session_with_a_fingerprint(simulator: t.Any, recwarn: pytest.WarningsRecorder) -> None:
    simulator.add_fault({"kind": "certificate_other_name"})
    seen = look(simulator.host, simulator.port, 5)
    assert seen is not None
    assert seen.names == ("other.example.test",)
    with connected(simulator, ca_path=None, ca_fingerprint=shown(seen.fingerprint)) as run:
        assert run.client.query("backup_server").records
    assert run.warnings == []
    assert not any("Unverified HTTPS" in str(each.message) for each in recwarn)


DIGEST = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        DIGEST,
        DIGEST.upper(),
        shown(DIGEST),
        shown(DIGEST).lower(),
        shown(DIGEST).replace(":", " "),
        shown(DIGEST).replace(":", "-"),
        f"sha256 Fingerprint={shown(DIGEST)}",
        f"SHA256 Fingerprint={shown(DIGEST)}\n",
        f"sha-256: {DIGEST}",
        f"SHA256:{base64.b64encode(bytes.fromhex(DIGEST)).decode().rstrip('=')}",
        f"sha256/{base64.b64encode(bytes.fromhex(DIGEST)).decode()}",
        base64.b64encode(bytes.fromhex(DIGEST)).decode(),
        f"\u200e{DIGEST}",
    ],
)
def test_a_fingerprint_in_any_usual_notation(text: str) -> None:
    assert read_fingerprint(text) == DIGEST


@pytest.mark.parametrize("text", ["", "x", DIGEST[:-1], DIGEST + "a", "ab" * 20, DIGEST[:-1] + "g", "sha1:" + DIGEST])
def test_what_is_no_fingerprint(text: str) -> None:
    assert read_fingerprint(text) is None


def test_an_old_version_of_tls(tmp_path: pathlib.Path) -> None:
    pair = self_signed("127.0.0.1")
    with servers.encrypted(pair.chain, pair.key, tmp_path, old=True) as (port, _seen):
        text = fails(TlsFailed, port)
    assert "no version of TLS in common" in text
    assert "TLS 1.2" in text


def test_a_port_that_hangs_up() -> None:
    with servers.closing() as port:
        assert "during the TLS handshake" in fails(TlsFailed, port)
        assert "closed the connection without an answer in http" in fails(ConnectionFailed, port, protocol="http")


@pytest.fixture
def without_collector() -> t.Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("times", [1, 3])
def test_a_handshake_that_the_other_side_ends_is_begun_again(
    simulator: t.Any, times: int, without_collector: None
) -> None:
    """The connection that holds at last is closed with the client, not when the garbage of the failed ones is collected."""
    with servers.hanging_up(simulator.port, times) as (port, open_ones):
        with connected(simulator, port=port) as run:
            assert run.client.query("backup_server").records
            assert len(open_ones) == 1
        assert run.pauses == [0.5, 1.0, 2.0][:times]
        end = time.monotonic() + 10
        while open_ones and time.monotonic() < end:
            time.sleep(0.01)
        assert not open_ones


def test_handshakes_that_always_end_are_told_of_as_such(simulator: t.Any) -> None:
    with (
        servers.hanging_up(simulator.port, 99) as (port, _open),
        pytest.raises(TlsFailed, match="during the TLS handshake"),
        connected(simulator, port=port, retries=2) as run,
    ):
        run.client.query("backup_server")
    assert run.pauses == [0.5, 1.0]


def test_a_kept_connection_that_ended_is_no_failed_handshake(simulator: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What OpenSSL says when a request is written to it; the other side must end it just then, which no test can time."""
    error = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
    with connected(simulator) as run:
        everything = run.client.query("backup_server").records
        send, ended = requests.adapters.HTTPAdapter.send, iter([error])

        def once(*given: t.Any, **options: t.Any) -> requests.Response:
            for end in ended:
                raise requests.exceptions.SSLError(end)
            return send(*given, **options)

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", once)
        assert run.client.query("backup_server").records == everything
        assert run.pauses == [0.5]
        ended = iter([error] * 4)
        with pytest.raises(ConnectionFailed, match="broke off"):
            run.client.query("backup_server")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
def test_the_openssl_step_of_the_guide(simulator: t.Any, tmp_path: pathlib.Path) -> None:
    """Taken from the guide as it stands there, but for host and port."""
    guide = pathlib.Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "guide_connection.rst"
    lines = [line.strip()[2:] for line in guide.read_text().splitlines() if line.strip().startswith("$ openssl")]
    assert len(lines) == 2
    place = f"{simulator.host}:{simulator.port}"
    results = [
        subprocess.run(
            line.replace("em01.example.test:9398", place).replace("em01.example.test", simulator.host),
            shell=True, cwd=tmp_path, env={**os.environ}, capture_output=True, text=True, check=True,
        ).stdout
        for line in lines
    ]  # fmt: skip
    with connected(simulator, ca_path=str(tmp_path / "em01.pem")) as run:
        assert run.client.query("backup_server").records
    with connected(simulator, ca_path=None, ca_fingerprint=results[1]) as run:
        assert run.client.query("backup_server").records


def test_nobody_and_no_tls_have_no_certificate() -> None:
    assert look("127.0.0.1", servers.closed_port(), 1) is None
    with servers.answering(200, b"hello") as (port, _seen):
        assert look("127.0.0.1", port, 1) is None
