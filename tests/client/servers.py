# SPDX-License-Identifier: GPL-3.0-or-later
"""Small servers that are not Enterprise Manager: a web page, another API, a proxy, one that is silent."""

from __future__ import annotations

import contextlib
import http.server
import json
import pathlib
import socket
import socketserver
import ssl
import threading
import typing as t


@contextlib.contextmanager
def answering(status: int, body: bytes, content_type: str = "text/html") -> t.Iterator[tuple[int, list[t.Any]]]:
    """A plain HTTP server with one answer to everything; gives its port and the requests that it gets."""
    seen: list[t.Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            seen.append((self.command, self.path, dict(self.headers)))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Set-Cookie", "kept=yes; Path=/")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: t.Any) -> None:
            """Nothing in the output of the tests."""

    with _running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield server.server_address[1], seen


@contextlib.contextmanager
def _running(server: socketserver.TCPServer) -> t.Iterator[t.Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


VEEAM_BACKUP_API = json.dumps({"errorCode": "NotFound", "message": "The requested resource was not found."}).encode()


@contextlib.contextmanager
def proxy(refuse: bool = False) -> t.Iterator[tuple[str, list[str]]]:
    """A proxy for HTTPS; gives its address and the targets that it was asked to connect to."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(self.path)
            if refuse:
                self.send_error(403)
                return
            host, port = self.path.rsplit(":", 1)
            with socket.create_connection((host.strip("[]"), int(port))) as upstream:
                self.send_response(200)
                self.end_headers()
                self.wfile.flush()
                _join(self.connection, upstream)

        def log_message(self, format: str, *args: t.Any) -> None:
            """Nothing in the output of the tests."""

    with _running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked


def _join(client: socket.socket, upstream: socket.socket) -> None:
    back = threading.Thread(target=_pump, args=(upstream, client), daemon=True)
    back.start()
    _pump(client, upstream)
    back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def silent() -> t.Iterator[int]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.contextmanager
def encrypted(
    chain: bytes, key: bytes, folder: pathlib.Path, *, old: bool = False
) -> t.Iterator[tuple[int, list[str]]]:
    """An HTTPS server with this certificate and what it sends with it; gives its port and the paths that it was asked for."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            seen.append(self.path)
            self.send_error(404)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: t.Any) -> None:
            """Nothing in the output of the tests."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if old:
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")
    for name, content in (("chain.pem", chain), ("key.pem", key)):
        (folder / name).write_bytes(content)
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")

    class Server(http.server.ThreadingHTTPServer):
        def get_request(self) -> t.Any:
            # The handshake belongs into the thread of the connection, and one that fails is what is being tested.
            sock, address = super().get_request()
            return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, request: t.Any, client_address: t.Any) -> None:
            """Handshakes that the client ends."""

    with _running(Server(("127.0.0.1", 0), Handler)) as server:
        yield server.server_address[1], seen


@contextlib.contextmanager
def closing() -> t.Iterator[int]:
    """A server that ends every connection at once."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)

    with _running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as server:
        yield server.server_address[1]


@contextlib.contextmanager
def hanging_up(port: int, times: int) -> t.Iterator[tuple[int, set[t.Any]]]:
    """A way to a local port that ends its first connections in the middle of the TLS handshake, as an overloaded balancer does.

    Gives its port, and the connections that are open.
    """
    left, open_ones = iter(range(times)), set()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if next(left, None) is not None:
                self.request.recv(65536)
                return
            with socket.create_connection(("127.0.0.1", port)) as upstream:
                open_ones.add(upstream)
                _join(self.request, upstream)
                open_ones.discard(upstream)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with _running(Server(("127.0.0.1", 0), Handler)) as server:
        yield server.server_address[1], open_ones
