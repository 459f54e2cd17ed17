# SPDX-License-Identifier: GPL-3.0-or-later
"""One measured program, in a process of its own: ``python -m bench.child PROGRAM FORMAT PARALLEL``; prints JSON.

``loop`` is what one writes without the collection: ``requests``, page after page, decoded with ``json`` or ``xmltodict``. ``client`` is
what the module does, ``collection`` the same through the plain collection, ``latest`` what it does for the newest task of each machine.
``memory`` and ``memory-collection`` count bytes instead of time.
"""

from __future__ import annotations

import json
import os
import sys
import time
import tracemalloc
import typing as t

import requests
import xmltodict

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.settings import ConnectionSettings
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.answers import gather_sessions

PAGE_SIZE = 500
Result = t.Dict[str, t.Any]


def loop(data_format: str) -> Result:
    env = {
        name: os.environ[f"VEEAM_EM_{name}"] for name in ("PROTOCOL", "HOST", "PORT", "CA_PATH", "USERNAME", "PASSWORD")
    }
    base = f"{env['PROTOCOL']}://{env['HOST']}:{env['PORT']}/api"
    rows: list[t.Any] = []
    pages: list[float] = []
    with requests.Session() as session:
        session.verify = env["CA_PATH"]
        session.headers["Accept"] = f"application/{data_format}"
        logon = session.post(f"{base}/sessionMngr/?v=latest", auth=(env["USERNAME"], env["PASSWORD"]))
        session.headers["X-RestSvcSessionId"] = logon.headers["X-RestSvcSessionId"]
        page, last = 1, 1
        while page <= last:
            began = time.monotonic()
            answer = session.get(
                f"{base}/query?type=BackupTaskSession&format=Entities&sortAsc=CreationTime&pageSize={PAGE_SIZE}&page={page}"
            )
            answer.raise_for_status()
            pages.append(time.monotonic() - began)
            if data_format == "json":
                document = json.loads(answer.content)
                rows += document["entities"]["backupTaskSessions"]["backupTaskSessions"]
                last = document["pagingInfo"]["pagesCount"]
            else:
                result = xmltodict.parse(answer.content)["QueryResult"]
                rows += result["Entities"]["BackupTaskSessions"]["BackupTaskSession"]
                last = int(result["PagingInfo"]["@PagesCount"])
            page += 1
        session.delete(f"{base}/logonSessions/{logon.headers['Location'].rsplit('/', 1)[1]}")
    return {"rows": len(rows), "requests": len(pages) + 2, "median_page": sorted(pages)[len(pages) // 2]}


def client(data_format: str, parallel: int, endpoint: str = "query", latest: str | None = None) -> tuple[Result, t.Any]:
    options = {name[9:].lower(): value for name, value in os.environ.items() if name.startswith("VEEAM_EM_")}
    settings = ConnectionSettings.from_options(
        {
            **options,
            "port": int(options["port"]),
            "data_format": data_format,
            "page_size": PAGE_SIZE,
            "parallel_requests": parallel,
        }
    )
    with EnterpriseManagerClient(settings) as connection:
        given = dict.fromkeys(("uid", "representation", "result", "state", "running"))
        params = {**given, "endpoint": endpoint, "latest": latest, "unresolved": False}
        answer = gather_sessions("backup_task_session", connection, params)
    return {"rows": answer["count"], "requests": connection.request_count}, answer


def memory(data_format: str, endpoint: str) -> Result:
    # What is made once, whatever the size of the answer, is no part of it.
    json.dumps({})
    tracemalloc.start()
    result, answer = client(data_format, 1, endpoint)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {**result, "peak": peak, "json": len(json.dumps(answer))}


def main(program: str, data_format: str, parallel: str) -> None:
    began = time.monotonic()
    if program == "loop":
        result = loop(data_format)
    elif program.startswith("memory"):
        result = memory(data_format, "list" if program.endswith("collection") else "query")
    elif program == "latest":
        result, _answer = client(data_format, int(parallel), latest="machine")
    else:
        result, _answer = client(data_format, int(parallel), "list" if program == "collection" else "query")
    print(json.dumps({**result, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main(*sys.argv[1:])
