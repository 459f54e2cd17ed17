# SPDX-License-Identifier: GPL-3.0-or-later
"""Small servers that are not Enterprise Manager: a web page, another API, a proxy, one that is silent."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
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
def _running(server: http.server.ThreadingHTTPServer) -> t.Iterator[http.server.ThreadingHTTPServer]:
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
                back = threading.Thread(target=_pump, args=(upstream, self.connection), daemon=True)
                back.start()
                _pump(self.connection, upstream)
                back.join()

        def log_message(self, format: str, *args: t.Any) -> None:
            """Nothing in the output of the tests."""

    with _running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked


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
