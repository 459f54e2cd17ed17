# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange with the server: the only file that knows ``requests``. Private to the collection.

It sends through the adapter of ``requests`` and not through a session, which would follow redirects, keep cookies (they would win
over the session header), read ``.netrc`` and take other certificates from REQUESTS_CA_BUNDLE. Proxy variables are honoured.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import os
import re
import socket
import ssl
import tempfile
import traceback
import typing as t
import warnings

from .._errors import EmError, ProtocolError, SettingsError
from .certificates import Certificate, look, trusting
from .connection_errors import Trouble, explain

try:
    import requests
    import requests.adapters
    import requests.certs
    import requests.utils
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

if t.TYPE_CHECKING:
    from .settings import ConnectionSettings

MAX_ANSWER_BYTES = 2 * 1024**3
_CHUNK = 256 * 1024
_CONNECTIONS = 16
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Request:
    """``target`` is path and query, already encoded; ``headers`` may hold secrets and stay out of ``repr``."""

    method: str
    target: str
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclasses.dataclass
class Response:
    """``headers`` have lower-case names; ``chunks`` is the body, decompressed, to be read once."""

    status: int
    headers: t.Mapping[str, str]
    chunks: t.Iterable[bytes]

    def read(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Transport(t.Protocol):
    """What the client needs of the network; tests put the simulator behind it."""

    def send(self, request: Request) -> Response:
        """Raises ConnectionFailed, TlsFailed, TimedOut, ProtocolError; reading the body may raise them too."""

    def close(self) -> None:
        """Gives back connections and temporary files."""


class RequestsTransport:
    """HTTP over kept-alive connections that threads share; nothing else is kept between requests."""

    def __init__(self, settings: ConnectionSettings, *, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._settings = settings
        self._max_bytes = max_bytes
        self._cleanup = contextlib.ExitStack()
        self._verify = self._trusted_certificates()
        self._adapter = _adapter(self._trust())
        self._cleanup.callback(self._adapter.close)
        self._proxies = requests.utils.get_environ_proxies(settings.base_url)

    def _trust(self) -> dict[str, t.Any]:
        settings = self._settings
        if not settings.encrypted:
            return {}
        if settings.ca_fingerprint:
            return {"assert_fingerprint": settings.ca_fingerprint}
        return {"ssl_context": trusting(self._verify)} if settings.own_authority and self._verify else {}

    def _trusted_certificates(self) -> str | t.Literal[False]:
        settings = self._settings
        # With a fingerprint urllib3 compares the certificate itself, before anything is sent.
        if not settings.encrypted or not settings.validate_certs or settings.ca_fingerprint:
            # The client gives a warning of its own; that of the library would be repeated for every request.
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
            return False
        if settings.ca_cert:
            return self._bundle(settings.ca_cert.encode(), "ca_cert")
        if settings.ca_path:
            return self._bundle(_read_certificates(settings.ca_path), "ca_path")
        # A path and not True: only then do the environment's CA bundle variables have no say.
        return str(requests.certs.where())  # type: ignore[attr-defined]

    def _bundle(self, pem: bytes, option: str) -> str:
        certificates = _PEM.findall(pem)
        try:
            if not certificates:
                raise ValueError("no certificate")
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
                cadata=b"\n".join(certificates).decode("ascii")
            )
        except (ssl.SSLError, ValueError) as error:
            raise SettingsError(
                f"{option} holds no certificate in PEM form", hint="give -----BEGIN CERTIFICATE----- blocks"
            ) from error
        handle, name = tempfile.mkstemp(prefix="veeam_em_ca_", suffix=".pem")
        self._cleanup.callback(os.unlink, name)
        with os.fdopen(handle, "wb") as bundle:
            bundle.write(b"\n".join(certificates) + b"\n")
        return name

    def send(self, request: Request) -> Response:
        message = requests.Request(
            request.method,
            self._settings.base_url + request.target,
            headers={"Accept-Encoding": "gzip, deflate", **request.headers},
            data=b"" if request.method == "POST" else None,
        )
        try:
            answer = self._adapter.send(
                message.prepare(),
                stream=True,
                timeout=self._settings.timeout,
                verify=self._verify,
                proxies=self._proxies,
            )
        except (requests.RequestException, OSError) as error:
            raise self._explain(error, request) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, self._chunks(answer, request))

    def _chunks(self, answer: requests.Response, request: Request) -> t.Iterator[bytes]:
        seen = 0
        try:
            for chunk in answer.iter_content(_CHUNK):
                seen += len(chunk)
                if seen > self._max_bytes:
                    raise ProtocolError(
                        f"the answer is larger than {self._max_bytes} bytes",
                        hint="narrow the time window or the filters",
                    )
                yield chunk
            self._check_length(answer, request)
        except EmError as error:
            error.method, error.path = request.method, request.path
            raise
        except (requests.RequestException, OSError) as error:
            raise self._explain(error, request) from error
        finally:
            answer.close()

    def _check_length(self, answer: requests.Response, request: Request) -> None:
        # Old urllib3 takes a short body for a whole one.
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and request.method != "HEAD" and answer.raw.tell() < int(announced):
            raise explain(self._settings, Trouble.CUT, "", self._look)

    def close(self) -> None:
        self._cleanup.close()

    def _explain(self, error: BaseException, request: Request) -> EmError:
        explained = explain(self._settings, *self._what_happened(error), self._look)
        explained.method, explained.path = request.method, request.path
        return explained

    def _what_happened(self, error: BaseException) -> tuple[Trouble, str]:
        """The kind of trouble and, of TLS, the library's word for it."""
        causes = list(_causes(error))

        def among(*kinds: type[BaseException]) -> bool:
            return any(isinstance(cause, kinds) for cause in causes)

        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return Trouble.CERTIFICATE, f"{cause.verify_code} {cause.verify_message}"
        if among(requests.exceptions.ProxyError):
            return Trouble.PROXY, ""
        for cause in causes:
            if isinstance(cause, ssl.SSLError):
                if not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
                    return Trouble.TLS, str(cause.reason or "")
                return (Trouble.TLS, "EOF") if _while_shaking_hands(cause) else (Trouble.BROKEN, "")
        # The comparison is urllib3's own, so its error is none of ssl.
        if self._settings.ca_fingerprint and among(requests.exceptions.SSLError):
            return Trouble.FINGERPRINT, ""
        if among(socket.gaierror):
            return Trouble.NAME, ""
        if among(requests.Timeout, TimeoutError):
            return Trouble.TIME, ""
        if among(ConnectionRefusedError):
            return Trouble.REFUSED, ""
        if among(requests.exceptions.ContentDecodingError):
            return Trouble.COMPRESSION, ""
        if among(requests.exceptions.ChunkedEncodingError, http.client.IncompleteRead):
            return Trouble.CUT, ""
        # Our own host and protocol were checked, so it is not about them.
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
            return Trouble.PROXY_ADDRESS, ""
        return Trouble.BROKEN, ""

    def _look(self) -> Certificate | None:
        return self.look()[1]

    def look(self) -> tuple[str | None, Certificate | None]:
        """The proxy on the way, and the certificate that is presented at its end, which is not trusted for that."""
        settings = self._settings
        proxy = requests.utils.select_proxy(settings.base_url, self._proxies)
        if proxy and "://" not in proxy:
            proxy = f"http://{proxy}"
        return proxy, look(settings.host.strip("[]"), settings.port, min(settings.timeout, 10), proxy)


def _adapter(trust: dict[str, t.Any]) -> requests.adapters.HTTPAdapter:
    """``trust`` goes to urllib3, for connections of our own and through proxies alike."""

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: t.Any) -> None:
            super().init_poolmanager(connections, maxsize, block, **options, **trust)

        def proxy_manager_for(self, proxy: str, **options: t.Any) -> t.Any:
            return super().proxy_manager_for(proxy, **options, **trust)

        def close(self) -> None:
            # The library leaves open connections to the garbage collector, which an exception in between can put off for long.
            for manager in (self.poolmanager, *self.proxy_manager.values()):
                for key in list(manager.pools.keys()):
                    manager.pools[key].close()
            super().close()

    return Adapter(max_retries=0, pool_connections=1, pool_maxsize=_CONNECTIONS)


def _causes(error: BaseException | None) -> t.Iterator[BaseException]:
    """The exception, what it was raised from, and what the libraries put into its arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]


def _while_shaking_hands(error: BaseException) -> bool:
    """A kept connection that the other side ends raises the same exception when the next request is written."""
    return any(frame.f_code.co_name == "do_handshake" for frame, _line in traceback.walk_tb(error.__traceback__))


def _read_certificates(path: str) -> bytes:
    """All certificates of a PEM file, or of every file in a folder."""
    try:
        names = [path]
        if os.path.isdir(path):
            names = [
                name
                for name in (os.path.join(path, entry) for entry in sorted(os.listdir(path)))
                if os.path.isfile(name)
            ]
        parts = []
        for name in names:
            with open(name, "rb") as handle:
                parts.append(handle.read())
    except OSError as error:
        raise SettingsError(
            f"ca_path {path} can't be read: {error.strerror}", hint="give a PEM file or a folder of them"
        ) from error
    return b"\n".join(parts)
