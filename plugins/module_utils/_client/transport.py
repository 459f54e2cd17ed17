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
import os
import re
import socket
import ssl
import tempfile
import traceback
import typing as t
import warnings

from .._errors import ConnectionFailed, EmError, ProtocolError, SettingsError, TimedOut, TlsFailed
from .settings import BACKUP_SERVER_PORT

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
        self._adapter = requests.adapters.HTTPAdapter(max_retries=0, pool_connections=1, pool_maxsize=_CONNECTIONS)
        self._cleanup.callback(self._adapter.close)
        self._proxies = requests.utils.get_environ_proxies(settings.base_url)

    def _trusted_certificates(self) -> str | bool:
        settings = self._settings
        if not settings.encrypted or not settings.validate_certs:
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
                        method=request.method,
                        path=request.path,
                    )
                yield chunk
            self._check_length(answer, request)
        except (requests.RequestException, OSError) as error:
            raise self._explain(error, request) from error
        finally:
            answer.close()

    @staticmethod
    def _check_length(answer: requests.Response, request: Request) -> None:
        # Old urllib3 takes a short body for a whole one.
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and request.method != "HEAD" and answer.raw.tell() < int(announced):
            raise ConnectionFailed("the answer was cut off", method=request.method, path=request.path)

    def close(self) -> None:
        self._cleanup.close()

    def _explain(self, error: BaseException, request: Request) -> EmError:
        settings = self._settings
        where: dict[str, t.Any] = {"method": request.method, "path": request.path}
        causes = list(_causes(error))
        server = f"{settings.host} port {settings.port}"
        wrong_port = (
            f"; port {settings.port} is the backup server's own API" if settings.port == BACKUP_SERVER_PORT else ""
        )
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return TlsFailed(
                    f"the certificate of {server} is not trusted: {cause.verify_message}",
                    hint="give the authority that issued it with ca_path or ca_cert, and use the name that stands in the certificate"
                    + wrong_port,
                    **where,
                )
        if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
            return ConnectionFailed(
                f"the proxy did not connect to {server}", hint="check HTTPS_PROXY and NO_PROXY", **where
            )
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return TlsFailed(
                f"{server} does not speak TLS",
                hint="the REST API of Enterprise Manager is on port 9398 (https); old servers offer protocol http on port 9399",
                **where,
            )
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return ConnectionFailed(
                f"the name {settings.host} can't be resolved", hint="check host", transient=False, **where
            )
        if any(isinstance(cause, (requests.Timeout, TimeoutError)) for cause in causes):
            return TimedOut(
                f"{server} gave no answer within {settings.timeout:g} seconds",
                hint="raise timeout, or narrow the time window",
                **where,
            )
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return ConnectionFailed(
                f"nothing listens on {server}",
                hint="check host and port (9398 by default) and any firewall between",
                **where,
            )
        if any(isinstance(cause, requests.exceptions.ContentDecodingError) for cause in causes):
            return ProtocolError(f"the answer of {server} can't be decompressed", **where)
        # Our own host and protocol were checked, so it is not about them.
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
            return SettingsError(
                "the proxy that the environment names can't be used",
                hint="check HTTPS_PROXY and HTTP_PROXY: http://HOST:PORT; SOCKS proxies are not supported",
            )
        return ConnectionFailed(
            f"the connection to {server} broke",
            hint="check that protocol and port fit together: https on 9398, http on 9399 for old servers",
            **where,
        )


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
