# SPDX-License-Identifier: GPL-3.0-or-later
"""One record for each machine, and the comparison with a list of names."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.machine_list import (
    INCLUDE,
    gather_machine_list,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.names import NAME_MATCHES

from .test_answers import PROFILES, SITE, VC1, Answer, Asker, job

DEFAULTS: Answer = {
    "names": None, "name_match": list(NAME_MATCHES), "domains": None, "include": list(INCLUDE), "since": "30d", "protection": None,
}  # fmt: skip


def site() -> Answer:
    estate = copy.deepcopy(SITE)
    estate["machines"] += [
        {"name": "never01", "on": VC1},
        {"name": "gone01", "on": VC1, "life": [{"at": "-2d", "deleted": True}]},
    ]
    estate["jobs"].append(job("Gone", "gone01"))
    estate["computers"].append({"name": "lap02", "protection_group": "Laptops"})
    estate["jobs"].append({
        "name": "Copy", "backup_server": estate["backup_servers"][0]["name"], "type": "BackupCopy", "machines": ["web01"],
        "schedule": {"every": "24h", "last": "-3h"}, "history": "3d",
    })  # fmt: skip
    return estate


@pytest.fixture(params=PROFILES)
def ask(request: pytest.FixtureRequest) -> Asker:
    return Asker(request.param, site())


def machines(ask: Asker, **params: t.Any) -> Answer:
    return ask(gather_machine_list, **{**DEFAULTS, **params})


def named(answer: Answer) -> dict[str, Answer]:
    return {record["name"]: record for record in answer["machines"]}


def test_one_record_for_each(ask: Asker) -> None:
    answer = machines(ask)
    assert [record["name"] for record in answer["machines"]] == [
        "app01", "both01", "gone01", "lap01", "lap02", "never01", "new-name", "twin01", "twin01", "web01", "web02",
    ]  # fmt: skip
    assert len({record["identity"] for record in answer["machines"]}) == answer["count"] == 11
    found = named(answer)
    assert found["both01"]["job_names"] == ["Both, first", "Both, second"]
    assert [record["name"] for record in answer["machines"] if record["job_count"] > 1] == ["both01"]
    assert found["web01"]["job_names"] == ["Web"]
    assert found["web01"]["copy_job_names"] == ["Copy"]
    assert found["new-name"]["older_names"] == ["old-name"]
    assert found["lap01"]["job_names"] == ["Laptops"]
    assert found["app01"]["running"]
    assert found["gone01"]["gone"]
    assert [name for name, record in found.items() if record["newest_restore_point"] is None] == ["lap02", "never01"]
    assert found["web02"]["last_attempt"]["reason"] == "Disk full"
    assert found["web02"]["last_success"]["creation_time"] < found["web02"]["last_attempt"]["creation_time"]
    assert answer["counts"]["kind"] == {"vm": 9, "agent": 2}
    assert "verdict" not in answer["counts"]


def test_compared_both_ways(ask: Asker) -> None:
    names = ["web01", "WEB02", "app01.corp.example", "twin01", "old-name", "gone01", "lap02", "nowhere01"]
    answer = machines(ask, names=names)
    assert answer["in_em_only"] == ["both01", "lap01", "never01"]
    assert answer["not_in_em"] == ["nowhere01"]
    assert answer["renamed"] == {"old-name": ["new-name"]}
    assert list(answer["ambiguous"]) == ["twin01"]
    assert len(answer["ambiguous"]["twin01"]) == 2
    assert answer["gone"] == ["gone01"]
    assert answer["matched_names"] == {"names": {"WEB02": ["web02"], "app01.corp.example": ["app01"]}}
    assert [record["name"] for record in answer["machines"]] == [
        "app01", "gone01", "lap02", "new-name", "twin01", "twin01", "web01", "web02",
    ]  # fmt: skip


def test_names_are_compared_as_asked(ask: Asker) -> None:
    assert machines(ask, names=["WEB02"], name_match=["exact"])["not_in_em"] == ["WEB02"]
    assert machines(ask, names=["web01.site"], domains=["site"])["not_in_em"] == []
    assert machines(ask, names=["web01.site"])["not_in_em"] == ["web01.site"]


def test_verdicts_on_request(ask: Asker) -> None:
    answer = machines(ask, protection=True)
    found = named(answer)
    assert (found["web01"]["verdict"], found["app01"]["verdict"], found["never01"]["verdict"]) == (
        "ok",
        "running",
        "unprotected",
    )
    assert found["web02"]["protection"]["reasons"]
    assert sum(answer["counts"]["verdict"].values()) == answer["count"]
    assert named(machines(ask, protection={"max_age": "1m"}))["web01"]["verdict"] != "ok"
    assert "verdict" not in named(machines(ask, protection="false"))["web01"]


def test_what_is_included(ask: Asker) -> None:
    assert list(named(machines(ask, include=["agents"]))) == ["lap01", "lap02"]
    assert list(named(machines(ask, include=["not_backed_up"]))) == ["never01"]
    recent = named(machines(ask, since="30h", include=["vms"]))
    assert recent["web01"]["older_names"] == []
    assert "web02" in recent


def test_mistakes_are_found_before_any_request() -> None:
    ask = Asker("v13", site())
    for params, text in (
        ({"names": []}, "empty"), ({"since": "soon"}, "since"), ({"protection": {"max_agee": "1d"}}, "max_agee"),
        ({"protection": "perhaps"}, "dictionary"), ({"names": ["web01"], "domains": [""]}, "domains"),
    ):  # fmt: skip
        with pytest.raises(SettingsError, match=text):
            machines(ask, **params)
    assert ask.em.requests() == []


def test_an_account_that_may_not_see_everything_is_told() -> None:
    ask = Asker("v13", site())
    user = next(one for one in ask.em.accounts if one["role"] == "Portal User")
    ask.connection = {"username": user["username"], "password": user["password"]}
    assert any("may not see everything" in text for text in machines(ask, names=["nowhere01"])["warnings"])
