# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor: what each check finds when something is wrong, what it costs, and that a support bundle gives nothing away."""

from __future__ import annotations

import datetime as dt
import importlib
import itertools
import json
import pathlib
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.certificates import shown
from support import connection
from support import modules as frame

from . import servers
from .estates import written
from .test_tls import Pair, self_signed

Result = t.Dict[str, t.Any]
MOST_REQUESTS = 60


def examined(em: t.Any, **options: t.Any) -> Result:
    return frame.run("doctor", options, em)


def checks(result: Result, name: str) -> list[Result]:
    return [check for check in result["checks"] if check["check"] == name]


def only(result: Result, name: str) -> Result:
    (found,) = checks(result, name)
    return found


def answer(result: Result, number: int) -> str:
    (found,) = [each["answer"] for each in result["questions"] if each["number"] == number]
    return str(found)


@pytest.mark.parametrize("profile", ["v95u4", "v12", "v13"])
@pytest.mark.parametrize("data_format", ["json", "xml"])
def test_a_healthy_server(simulators: t.Any, profile: str, data_format: str) -> None:
    em = simulators.get(profile=profile)
    result = examined(em, data_format=data_format)
    assert not result["failed"], result
    assert result["ok"]
    assert result["request_count"] == len(em.requests()) <= MOST_REQUESTS
    assert [request["method"] for request in em.requests()].count("POST") == 1
    assert {request["method"] for request in em.requests()} == {"POST", "GET", "DELETE"}
    assert result["summary"]["failed"] == 0
    assert only(result, "filter_case")["details"]["exact"] is (profile == "v13")
    if data_format == "json":
        assert answer(result, 1) == ("camelCase" if profile == "v13" else "PascalCase")
    assert answer(result, 9) == ("yes" if profile == "v13" else "no")
    shown_checks = [line.split()[1] for line in result["checklist"]]
    assert shown_checks == [check["check"] for check in result["checks"]]
    assert sum(check["details"].get("machines", 0) for check in checks(result, "lookup")) > 20
    if profile == "v95u4":
        assert only(result, "data_age")["status"] == "warning"


def test_the_certificate_is_described(simulator: t.Any) -> None:
    details = only(examined(simulator), "tls")["details"]
    assert "em01.example.test" in details["names"]
    assert details["fingerprint"].count(":") == 31
    assert not details["self_signed"]
    pinned = examined(simulator, ca_path="", ca_fingerprint=details["fingerprint"])
    assert pinned["ok"]
    unchecked = examined(simulator, ca_path="", validate_certs=False)
    assert only(unchecked, "tls")["status"] == "warning"
    assert "set ca_fingerprint" in only(unchecked, "tls")["advice"]


def refused(pair: Pair, folder: t.Any, **options: t.Any) -> Result:
    with servers.encrypted(pair.chain, pair.key, folder) as (port, seen):
        result = frame.run(
            "doctor",
            {"host": "127.0.0.1", "port": port, "username": "svc", "password": "s3cret-word", "retries": 0, **options},
        )
    assert seen == []
    assert result["failed"]
    assert result["error"]["kind"] == "tls_failed"
    return result


def test_a_self_signed_certificate_of_another_name(tmp_path: t.Any) -> None:
    """The newcomer's case: what is shown is all that is needed for the next attempt."""
    pair = self_signed("em01.example.test")
    result = refused(pair, tmp_path)
    check = only(result, "tls")
    assert (check["status"], result["checks"][0]["check"]) == ("failed", "tls")
    assert "is self-signed" in check["message"]
    assert check["details"]["fingerprint"] == shown(pair.fingerprint)
    assert check["details"]["names"] == ["em01.example.test"]
    assert result["checklist"][0].startswith("FAILED   tls")
    assert not checks(result, "logon")


def test_a_certificate_that_ends_soon(simulator: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import trustme

    certificates = simulator._server._certificates
    end = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=9)
    soon = certificates._authority.issue_cert("127.0.0.1", not_after=end)
    assert isinstance(soon, trustme.LeafCert)
    monkeypatch.setattr(certificates, "_presented", certificates._context(soon))
    check = only(examined(simulator), "tls")
    assert check["status"] == "warning"
    assert "renew the certificate" in check["advice"]


def test_nobody_there() -> None:
    options = {"port": servers.closed_port(), "username": "svc", "password": "s3cret-word"}
    result = frame.run("doctor", {"host": "127.0.0.1", **options})
    assert result["failed"]
    assert result["error"]["kind"] == "connection_failed"
    assert only(result, "port")["status"] == "failed"
    result = frame.run("doctor", {"host": "no-such-host.invalid", **options})
    assert [check["check"] for check in result["checks"]] == ["name"]
    assert "can't be resolved" in result["msg"]


def test_a_proxy_is_named_without_its_password(simulator: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with servers.proxy() as (address, _targets):
        monkeypatch.setenv("HTTPS_PROXY", address.replace("://", "://svc:pr0xy-word@"))
        result = examined(simulator)
    assert only(result, "proxy")["details"] == {"proxy": address.partition("://")[2]}
    assert only(result, "tls")["details"]["fingerprint"]
    assert "pr0xy-word" not in json.dumps(result)


def test_a_wrong_password(simulator: t.Any) -> None:
    result = examined(simulator, password="not-the-password")
    assert result["error"]["kind"] == "authentication_failed"
    assert only(result, "logon")["status"] == "failed"
    assert only(result, "tls")["status"] == "ok"


def test_a_role_that_is_not_enough(simulator: t.Any) -> None:
    by_role = {account["role"]: account for account in simulator.accounts}

    def as_role(role: str) -> Result:
        return examined(simulator, username=by_role[role]["username"], password=by_role[role]["password"])

    user = as_role("Portal User")
    check = only(user, "rights")
    assert user["ok"]
    assert check["status"] == "warning"
    assert "job_info" in check["message"]
    assert "unprotected machines from hidden ones" in check["message"]
    assert "Portal Administrator" in check["advice"]
    assert check["details"]["Job"] == "access_denied"
    assert check["details"]["BackupTaskSession"] == "ok"
    operator = as_role("VM Restore Operator")
    assert operator["failed"]
    assert operator["error"]["kind"] == "access_denied"
    assert any("no verdicts" in check["message"] for check in checks(operator, "rights"))


@pytest.mark.parametrize(("last", "status"), [("-4m", "ok"), ("-2h", "warning"), ("-9h", "failed")])
def test_data_that_is_old(simulators: t.Any, tmp_path: t.Any, last: str, status: str) -> None:
    settings = {"collection_interval": "manual", "last_collection": last}
    estate = written(tmp_path, {"settings": settings, "backup_servers": [{"name": "vbr.example.test"}]})
    check = only(examined(simulators.get(estate=estate)), "data_age")
    assert check["status"] == status
    assert bool(check["advice"]) is (status != "ok")


def test_an_empty_site(simulators: t.Any) -> None:
    result = examined(simulators.get(estate="empty"))
    skipped = {check["check"] for check in result["checks"] if check["status"] == "skipped"}
    assert {"paging", "filter_case", "filter_reference"} <= skipped


@pytest.mark.parametrize(
    ("fault", "check", "words"),
    [
        ({"kind": "error", "status": 500, "path": "/api/lookup"}, "lookup", "does not answer lookups"),
        ({"kind": "error", "status": 500, "path": "/api/systemSessions"}, "data_age", "the log of collections can't be read"),
        ({"kind": "error", "status": 500, "path": "/api/reports/*"}, "rights", "which is for summary_info"),
    ],
)  # fmt: skip
def test_a_resource_that_breaks_concerns_only_its_check(
    simulator: t.Any, fault: t.Mapping[str, t.Any], check: str, words: str
) -> None:
    simulator.add_fault({**fault, "count": None})
    result = examined(simulator)
    assert result["ok"], result["checklist"]
    assert any(words in each["message"] and each["status"] == "warning" for each in checks(result, check))


def test_pages_that_repeat_themselves(simulator: t.Any) -> None:
    plain = examined(simulator)
    paged = [request for request in simulator.requests() if "page=2" in request["query"]]
    assert only(plain, "paging")["status"] == "ok"
    assert len(paged) == 1
    before = simulator.requests().index(paged[0])
    asked = [request for request in simulator.requests()[:before] if request["path"] == "/api/query"]
    simulator.reset()
    simulator.add_fault({"kind": "repeated_page", "path": "/api/query", "after": len(asked)})
    result = examined(simulator)
    assert result["failed"]
    assert "a row came twice" in only(result, "paging")["message"]


def test_a_connection_that_breaks_ends_it_with_what_was_found(simulator: t.Any) -> None:
    simulator.add_fault({"kind": "reset", "path": "/api/lookup", "count": None})
    result = examined(simulator, retries=0)
    assert result["failed"]
    assert result["error"]["kind"] == "connection_failed"
    assert only(result, "data_age")["status"] == "ok"


# What no bundle may have: everything that people of the site chose, and what identifies it.
ORDINARY = {"null", "true", "false", "all", "007", '""'}


def leaves(value: t.Any, keys: bool = False) -> t.Iterator[str]:
    """All text in a bundle; keys, too, or without them: what the product calls its elements is nobody's secret."""
    if isinstance(value, dict):
        for key, item in value.items():
            if keys:
                yield key
            yield from leaves(item, keys)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, keys)
    elif isinstance(value, str):
        yield value


def chosen(em: t.Any) -> set[str]:
    """Names, hosts, accounts, secrets and references of an estate, and the parts of names that alone would give them away."""
    estate = em._server.enterprise.estate
    text: set[str] = set()

    def collect(value: t.Any, depth: int = 0) -> None:
        if isinstance(value, str):
            text.add(value)
        elif isinstance(value, (list, tuple, set, frozenset)):
            for item in value:
                collect(item, depth)
        elif isinstance(value, dict):
            for item in value.values():
                collect(item, depth)
        elif hasattr(value, "__dataclass_fields__") and depth < 6:
            for field in (
                "name",
                "display_name",
                "ref",
                "description",
                "unique_id",
                "id",
                "username",
                "password",
                "ip",
            ):
                if hasattr(value, field):
                    collect(getattr(value, field), depth + 1)

    for field in estate.__dataclass_fields__:
        collect(getattr(estate, field))
    named = {each["username"] for each in em.accounts} | {each["password"] for each in em.accounts}
    return {each for each in {*text, *named, em.host, str(em.port), "example.test"} - {""} if each is not None}


@pytest.mark.parametrize(
    ("estate", "profile", "data_format"),
    [
        *itertools.product(["hostile-names"], ["v95u4", "v12", "v13"], ["json", "xml"]),
        *itertools.product(["demo", "agents-and-nas"], ["v13"], ["json", "xml"]),
        *itertools.product(["same-names"], ["v12"], ["json", "xml"]),
    ],
)
def test_a_bundle_has_nothing_of_the_site(simulators: t.Any, estate: str, profile: str, data_format: str) -> None:
    em = simulators.get(estate=estate, profile=profile)
    bundle = examined(em, bundle=True, data_format=data_format)["bundle"]
    connection.remember_tokens(em)
    secrets = chosen(em)
    assert len(secrets) > 10
    shown_texts = {text.replace("em.example.test", "") for text in leaves(bundle)}
    exposed = {text for text in leaves(bundle, keys=True) if text in secrets - ORDINARY}
    long = {secret for secret in secrets if len(secret) >= 5 and secret not in ORDINARY}
    exposed |= {secret for secret in long if any(secret in text for text in shown_texts)}
    assert exposed == set()
    sessions = {request["session_id"] for request in em.requests()} - {None, ""}
    assert not any(session in text for session in sessions for text in shown_texts)
    assert len(bundle["answers"]) > 25
    assert len(json.dumps(bundle, indent=1)) < 80_000
    assert all(each["decoded"] or each["method"] == "DELETE" for each in bundle["answers"])


def test_a_bundle_keeps_the_shapes(simulators: t.Any) -> None:
    em = simulators.get(profile="v13")
    bundle = examined(em, bundle=True)["bundle"]
    tasks = next(
        each
        for each in bundle["answers"]
        if "type=BackupTaskSession" in each["target"] and "pageSize=100" in each["target"]
    )
    row = tasks["body"]["entities"]["backupTaskSessions"]["backupTaskSessions"][0]
    assert row["type"] == "BackupTaskSession"
    assert row["state"] in ("Completed", "InProgress", "Pending")
    assert row["uid"].startswith("urn:veeam:BackupTaskSession:00000000-0000-4000-8000-")
    assert row["vmUid"] is None or row["vmUid"].startswith("urn:")
    assert row["creationTimeUTC"].startswith("20")
    assert len(row["creationTimeUTC"]) > len("2000-01-01T00:00:00Z")
    assert row["links"][0]["href"].startswith("https://em.example.test/api/")
    # One thing has one stand-in wherever it occurs.
    assert row["href"].partition("?")[0].endswith(row["uid"].rpartition(":")[2])


@pytest.mark.parametrize("profile", ["v95u4", "v12", "v13"])
@pytest.mark.parametrize("data_format", ["json", "xml"])
def test_the_simulators_tests_can_read_a_bundle(
    simulators: t.Any, monkeypatch: pytest.MonkeyPatch, profile: str, data_format: str
) -> None:
    """A bundle of the simulator shows no difference to what the simulator is held to; one that was changed does."""
    monkeypatch.syspath_prepend(str(pathlib.Path(__file__).resolve().parents[1] / "simulator" / "tests"))
    differences = importlib.import_module("conformance.bundles").differences
    bundle = examined(simulators.get(profile=profile), bundle=True, data_format=data_format)["bundle"]
    assert differences(bundle) == []
    rows = next(each for each in bundle["answers"] if "type=BackupTaskSession&format=Entities" in each["target"])
    changed = json.dumps(rows).replace('"State"', '"Condition"').replace('"state"', '"condition"')
    assert "ondition" in differences({**bundle, "answers": [json.loads(changed)]})[0]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 403, "message": "Access denied"}, "access_denied"),
        ({"status": 500, "message": "Database is away"}, "server_failed"),
        ({"status": 400, "message": "Unknown version"}, "request_rejected"),
        ({"status": 402, "message": "License expired"}, "wrong_edition"),
    ],
)
def test_a_logon_that_fails_is_tried_once(simulator: t.Any, fault: t.Mapping[str, t.Any], kind: str) -> None:
    simulator.add_fault({"kind": "error", "path": "/api/sessionMngr", "count": None, **fault})
    result = examined(simulator)
    assert result["failed"]
    assert result["error"]["kind"] == kind
    assert only(result, "logon")["status"] == "failed"
    assert len(simulator.requests()) == 1


def test_an_account_without_a_role(simulator: t.Any) -> None:
    account = next(each for each in simulator.accounts if each["role"] == "none")
    result = examined(simulator, username=account["username"], password=account["password"])
    assert "has no role" in only(result, "logon")["message"]
    assert len(simulator.requests()) == 1


def test_old_data_fails_with_a_kind_of_its_own(simulators: t.Any, tmp_path: t.Any) -> None:
    settings = {"collection_interval": "manual", "last_collection": "-9h"}
    estate = written(tmp_path, {"settings": settings, "backup_servers": [{"name": "vbr.example.test"}]})
    result = examined(simulators.get(estate=estate))
    assert result["error"]["kind"] == "check_failed"
    assert result["msg"] == f"{result['checks'][0]['message']}; {result['error']['hint']}."
