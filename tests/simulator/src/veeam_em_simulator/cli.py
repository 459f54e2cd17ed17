# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `veeam-em-simulator`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from veeam_em_simulator import __version__
from veeam_em_simulator.clock import Clock
from veeam_em_simulator.estate.document import EstateError
from veeam_em_simulator.estate.loading import check_estate, library, schema_text
from veeam_em_simulator.profiles import PROFILES
from veeam_em_simulator.server import Server
from veeam_em_simulator.web.faults import KINDS, FaultError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="veeam-em-simulator",
        description="A stand-in for the REST API of Veeam Backup Enterprise Manager. Runs until it is interrupted.",
        epilog="The guide (estate files, control API, faults) is the README of this project.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0, the default, takes a free one")
    parser.add_argument("--profile", choices=tuple(PROFILES), default="v13", help="product version (%(default)s)")
    parser.add_argument("--estate", default="demo", help="name of a ready estate, or a YAML file (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything that is made up (%(default)s)")
    parser.add_argument("--http", action="store_true", help="plain HTTP; with the profile v95u4 the server then knows XML only")
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="JSON written when the server answers, removed at the end")
    parser.add_argument("--now", metavar="TIME", help="start the clock at this time (2026-01-05T06:00:00Z) rather than now")
    parser.add_argument("--ticking", action="store_true", help="jobs run on their schedules")
    parser.add_argument("--href-base", metavar="URL", help="scheme, host and port of links in answers (those of the request)")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="JSON", help='a fault from the start on, such as \'{"kind": "unavailable", "count": 2}\''
    )
    parser.add_argument("--list-estates", action="store_true", help="print the ready estates and stop")
    parser.add_argument("--list-faults", action="store_true", help="print the fault kinds with their keys and stop")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of estate files and stop")
    parser.add_argument(
        "--check", nargs="?", const="", metavar="FILE", help="read this estate (that of --estate), report its mistakes, and stop; the exit code is 0 or 2"
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list_estates:
        for name, description in library().items():
            print(f"{name:20} {description}")
        return 0
    if options.list_faults:
        for kind, keys in KINDS.items():
            print(f"{kind:24} {json.dumps(keys)}")
        return 0
    if options.schema:
        print(schema_text(), end="")
        return 0
    if options.check is not None:
        return _check(options.check or options.estate, options.seed)
    try:
        server = Server(
            host=options.host,
            port=options.port,
            profile=options.profile,
            estate=options.estate,
            seed=options.seed,
            http=options.http,
            now=options.now,
            ticking=options.ticking,
            href_base=options.href_base,
            faults=tuple(_fault(text) for text in options.fault),
        )
    except (EstateError, FaultError, ValueError) as error:
        print(f"veeam-em-simulator: {error}", file=sys.stderr)
        return 2
    return _serve(server, options.ready_file)


def _check(estate: str, seed: int) -> int:
    mistakes = check_estate(estate, seed, Clock().now())
    for mistake in mistakes:
        print(f"veeam-em-simulator: {mistake}", file=sys.stderr)
    if not mistakes:
        print(f"{estate}: no mistake found")
    return 2 if mistakes else 0


def _fault(text: str) -> dict[str, Any]:
    try:
        fault = json.loads(text)
    except ValueError as error:
        raise FaultError(f"--fault takes a JSON object, not '{text}': {error}") from error
    if not isinstance(fault, dict):
        raise FaultError(f"--fault takes a JSON object, not '{text}'")
    return fault


def _serve(server: Server, ready_file: Path | None) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        server.start()
    except OSError as error:
        print(f"veeam-em-simulator: cannot listen on {server.host} port {server.port}: {error.strerror or error}", file=sys.stderr)
        return 3
    facts = _facts(server)
    if ready_file is not None:
        _write_whole(ready_file, json.dumps(facts, indent=2) + "\n")
    print(f"Enterprise Manager simulator, profile {server.enterprise.profile.name}, at {server.url}/api/")
    print(f"  CA certificate  {server.ca_path or '(plain HTTP)'}")
    for account in facts["accounts"]:
        print(f"  account         {account['username']} / {account['password']} ({account['role']})")
    print(f"  control API     {server.url}/_control/  X-Admin-Token: {server.admin_token}", flush=True)
    stop.wait()
    server.stop()
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)
    return 0


def _facts(server: Server) -> dict[str, Any]:
    accounts = [{"username": a.username, "password": a.password, "role": a.role} for a in server.enterprise.estate.accounts]
    return {
        "url": server.url,
        "host": server.host,
        "port": server.port,
        "protocol": server.protocol,
        "ca_path": server.ca_path,
        "username": accounts[0]["username"],
        "password": accounts[0]["password"],
        "admin_token": server.admin_token,
        "pid": os.getpid(),
        "profile": server.enterprise.profile.name,
        "accounts": accounts,
    }


def _write_whole(path: Path, text: str) -> None:
    """So that whoever waits for the file never reads half of it; for the owner's eyes only, it holds passwords."""
    part = path.with_name(path.name + ".part")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(path)
