# SPDX-License-Identifier: GPL-3.0-or-later
"""Small servers that take evidence: a mail server, a chat, Jira and ServiceNow."""

from __future__ import annotations

import base64
import contextlib
import email
import email.message
import email.policy
import socketserver
import threading
import typing as t

from aiohttp import web


class Mails:
    """A mail server with an account; keeps what it was sent."""

    def __init__(self) -> None:
        self.accounts: list[str] = []
        self.messages: list[email.message.EmailMessage] = []

    @contextlib.contextmanager
    def serve(self) -> t.Iterator[int]:
        """Its port."""
        mails = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                self.say("220 mail.example.test")
                while line := self.rfile.readline().decode().strip():
                    verb = line.split()[0].upper()
                    if verb == "EHLO":
                        self.say("250-mail.example.test")
                        self.say("250 AUTH PLAIN")
                    elif verb == "AUTH":
                        mails.accounts.append(base64.b64decode(line.split()[2]).decode().replace("\0", " ").strip())
                        self.say("235 welcome")
                    elif verb == "DATA":
                        self.say("354 go on")
                        lines = list(iter(self.rfile.readline, b".\r\n"))
                        parsed = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                        mails.messages.append(parsed)
                        self.say("250 taken")
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 fine")

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield server.server_address[1]
            finally:
                server.shutdown()


class Web:
    """Chat, Jira, ServiceNow and a git server on one port; keeps what each was sent."""

    def __init__(self, change: str) -> None:
        self.change = change
        self.refuse = 0
        """What webhooks are answered, instead of being taken."""
        self.cards: list[dict[str, t.Any]] = []
        self.attached: dict[str, dict[str, str]] = {"jira": {}, "servicenow": {}}
        """System -> name of the file -> its text."""
        self.comments: list[str] = []
        self.authorizations: dict[str, set[str]] = {}

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._remember])
        application.router.add_post("/hooks/{secret}", self._card)
        application.router.add_post("/rest/api/2/issue/{issue}/attachments", self._jira_file)
        application.router.add_post("/rest/api/2/issue/{issue}/comment", self._jira_comment)
        application.router.add_get("/api/now/table/change_request", self._find_change)
        application.router.add_post("/api/now/attachment/file", self._servicenow_file)
        application.router.add_get("/evidence.git/info/refs", self._git)
        return application

    @web.middleware
    async def _remember(
        self, request: web.Request, handler: t.Callable[[web.Request], t.Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        system = request.path.split("/")[1]
        self.authorizations.setdefault(system, set()).add(request.headers.get("Authorization", ""))
        return await handler(request)

    async def _card(self, request: web.Request) -> web.StreamResponse:
        self.cards.append(await request.json())
        return web.Response(status=self.refuse or 200)

    async def _jira_file(self, request: web.Request) -> web.StreamResponse:
        async for part in await request.multipart():
            self.attached["jira"][part.filename] = await part.text()  # type: ignore[union-attr, index]
        return web.json_response([{"id": "1"}])

    async def _jira_comment(self, request: web.Request) -> web.StreamResponse:
        self.comments.append((await request.json())["body"])
        return web.json_response({"id": "2"}, status=201)

    async def _find_change(self, request: web.Request) -> web.StreamResponse:
        found = request.query["sysparm_query"] == f"number={self.change}"
        return web.json_response({"result": [{"sys_id": "0a1b", "number": self.change}] if found else []})

    async def _servicenow_file(self, request: web.Request) -> web.StreamResponse:
        assert (request.query["table_name"], request.query["table_sys_id"]) == ("change_request", "0a1b")
        self.attached["servicenow"][request.query["file_name"]] = await request.text()
        return web.json_response({"result": {"sys_id": "0c2d"}}, status=201)

    async def _git(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(status=403)
