# SPDX-License-Identifier: GPL-3.0-or-later
"""The same estate gives equal records from every version, in every format, on every way of reading."""

from __future__ import annotations

import contextlib
import functools
import json
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._records.resources import RESOURCES
from veeam_em_simulator.testing import Simulator

from .conftest import connected

PROFILES = ("v95u4", "v12", "v13")
NAMES = [name for name, resource in RESOURCES.items() if resource.query_type and name != "object_in_job"]
# What older servers do not send, and what differs by version and not by estate.
NEW_ELEMENTS = {"vm_uid", "vm_ref", "platform", "wcf_port", "vbr_certificate_thumbprint"}
BY_VERSION = {
    "backup_server": {"version", "port"},
    "restore_point": {"name"},
    "job": {"job_info"},
    "replica_session": {"task_sessions_href"},
    "replica_task_session": {"href"},
}


@pytest.fixture(scope="module")
def sites() -> t.Iterator[dict[str, t.Any]]:
    """One estate at one moment on a server of each version, which knows itself by another name than ours."""
    with contextlib.ExitStack() as running:
        yield {
            profile: running.enter_context(
                Simulator(profile=profile, now="2026-01-06T06:00:00Z", href_base="https://em01.example.test:9398")
            )
            for profile in PROFILES
        }


def reading(em: t.Any, name: str, data_format: str) -> list[dict[str, t.Any]]:
    with connected(em, data_format=data_format) as run:
        found: list[dict[str, t.Any]] = run.client.query(name).records
    return found


@pytest.mark.parametrize("name", NAMES)
def test_formats(sites: dict[str, t.Any], name: str) -> None:
    for profile, em in sites.items():
        read = functools.partial(reading, em, name)
        from_xml, from_json = read("xml"), read("json")
        for one, other in zip(from_xml, from_json):
            differing = {key for key in one | other if one.get(key) != other.get(key)}
            assert differing == set(), (profile, one, other)
        assert len(from_xml) == len(from_json)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("data_format", ["json", "xml"])
def test_versions(sites: dict[str, t.Any], name: str, data_format: str) -> None:
    newest = {record["uid"]: record for record in reading(sites["v13"], name, data_format)}
    for profile in PROFILES[:-1]:
        older = {record["uid"]: record for record in reading(sites[profile], name, data_format)}
        # Servers before version 10 have no NAS jobs.
        unknown = [record for uid, record in newest.items() if uid not in older]
        assert all(profile == "v95u4" and "nas01" in json.dumps(record) for record in unknown)
        for uid, other in older.items():
            one = newest[uid]
            differing = {key for key in one | other if one.get(key) != other.get(key)}
            missing = {key for key in NEW_ELEMENTS if other.get(key) is None} if profile == "v95u4" else set()
            allowed = BY_VERSION.get(name, set()) | missing
            if str(one.get("job_type")).startswith("ImmediateBackupCopy"):
                allowed |= {"job_type", "progress"}
            assert differing <= allowed, (profile, one, other)


@pytest.mark.parametrize(
    "name", ["backup_session", "backup_task_session", "vm_restore_point", "repository", "backup_server", "job"]
)
def test_detail_collection_and_query_agree(simulator: t.Any, name: str) -> None:
    with connected(simulator) as run:
        record = run.client.query(name).records[-1]
        assert run.client.detail(name, record["id"]) == record
        assert record in run.client.list(name).records
        reference = run.client.detail(name, record["id"], representation="reference")
        assert reference is not None
        assert [reference[key] for key in ("uid", "name", "href")] == [record[key] for key in ("uid", "name", "href")]
        assert run.client.detail(name, "00000000-0000-4000-8000-000000000000") is None


def test_references_of_sessions(simulator: t.Any) -> None:
    with connected(simulator, page_size=50) as run:
        whole = {record["uid"]: record for record in run.client.query("backup_task_session").records}
        references = run.client.query("backup_task_session", representation="reference").records
        listed = run.client.list("backup_task_session", representation="reference").records
    assert {record["uid"] for record in references} == set(whole)
    assert {record["uid"] for record in listed} <= set(whole)
    for record in references:
        for key in ("name", "backup_server_name", "job_session_name", "job_name", "href"):
            assert record[key] == whole[record["uid"]][key]
        assert record["running"] is None
