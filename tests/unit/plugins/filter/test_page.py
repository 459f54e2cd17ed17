# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML report: what is on it, and that nothing else gets on it. How it behaves is in tests/browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import typing as t

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.filter.evidence import evidence
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._evidence import html
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._evidence.words import next_step, reason_title

from .pages import Page
from .results import EVERY_VERDICT, HOSTILE, attempt, good, hostile, machine, result

FAILED = reason_title("last_attempt_failed")
_EMPTY = {"schema": "backup_ops.veeam_em/evidence", "decision": {"not_ok": []}, "result": {"machines": []}}


def page_of(given: dict[str, t.Any], **options: t.Any) -> Page:
    return Page(evidence(given, "html", **options))


def test_no_server_text_becomes_markup() -> None:
    harmless = hostile()
    for number, each in enumerate(harmless["machines"]):
        each.update(name=f"m{number}", message="m", reasons=["r"], matched_by="exact")
        for key in ("last_good", "last_attempt"):
            each[key] = {**each[key], "job_name": "j", "backup_server_name": "s", "reason": "r", "result": "Failed"}
        each["history"] = [attempt("Failed"), attempt("Other", "2026-01-04T20:02:31Z")]
    harmless["unused_waivers"] = [{"machine": "m", "reason_code": "r", "why": "w"} for _each in HOSTILE]
    expected = page_of(harmless, change_number="CHG", policy={"max_age": "24h"})
    for text in HOSTILE:
        named = {text: text, "list": [{text: text}], "awx": {"job_id": text, "job_template": text, "launched_by": text}}
        page = page_of(hostile(), change_number=text, em_host=text, policy=named, provenance={**named, "user": text})
        extra = {
            ("bdi", ("class",)),
            ("small", ()),
            ("li", ("class",)),
            ("li", ()),
            ("button", ("class", "data-rest", "type")),
        }
        assert page.shape() - expected.shape() - extra == set(), (
            "an element or attribute that the template does not make"
        )
        for tag in ("script", "style", "table", "tr", "html", "body", "b", "meta"):
            assert page.count(tag) == expected.count(tag), tag
    seen = "".join(page.text)
    assert "<script>alert(1)</script>" in seen
    assert "{{ lookup('pipe', 'id') }}" in seen
    assert "49" not in seen.replace(evidence_digest(seen), "")


def evidence_digest(seen: str) -> str:
    found = re.search(r"run: ([0-9a-f]{64})", seen)
    assert found is not None
    return found[1]


def test_it_asks_nobody_and_runs_only_its_own_script() -> None:
    text = evidence(hostile(), "html")
    page = Page(text)
    attributes = [(name, value) for _tag, each in page.elements for name, value in each.items()]
    assert not [name for name, _value in attributes if name.startswith("on") or name in ("src", "style", "action")]
    assert {value[0] for name, value in attributes if name == "href" and value} == {"#"}
    assert page.count("script") == page.count("style") == 1
    assert "url(" not in text
    policy = (
        next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy") or ""
    )
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    for tag in ("style", "script"):
        content = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert content is not None
        assert f"{tag}-src '{_sha256(content[1])}'" in policy


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_go_and_no_go_with_reasons_policy_and_times() -> None:
    options = {
        "change_number": "CHG0042",
        "policy": {"max_age": "36h", "accept_warning": False, "job_types": ["Backup"]},
    }
    page = page_of(EVERY_VERDICT, **options)
    assert (
        "NO-GO 5 of 8 machines are not ready. Not ready: 1 failed, 1 stale, 1 unprotected, 1 unknown, 1 running 3 ready: 2 ok, 1 waived"
        in page.seen
    )
    for text in (
        "CHG0042", "em01.example.test", "2026-01-06 05:50 UTC", "2026-01-06 05:45 UTC", "(5m old)", "Max age 36h", "Accept warning no",
        "The last attempt failed. The last attempt said: No space: 5 < 6", "would be stale",
    ):  # fmt: skip
        assert text in page.seen
    rows = [each["data-v"] for each in page.all("tr") if "data-v" in each]
    assert rows == ["failed", "stale", "unprotected", "unknown", "running", "waived", "ok", "ok"]
    assert {each.get("scope") for each in page.all("th")} == {"col", "row"}
    go = page_of(result(machine("a"))).seen
    assert "NO-GO" not in go.partition("How to read")[0]
    assert "GO The machine is ready. 1 ready: 1 ok" in go


def test_a_decision_that_was_overruled_is_told_with_its_own_words() -> None:
    """As the gate does when nobody could be asked."""
    document = evidence(result(machine("a", "unknown"), machine("b")), "data")
    document["decision"].update(ok=False, summary="NO-GO: Enterprise Manager gave no answer: refused; try again")
    seen = Page(html.to_html(document)).seen
    assert "NO-GO Enterprise Manager gave no answer: refused; try again. Not ready: 1 unknown 1 ready: 1 ok" in seen


def test_what_the_message_tells_already_is_not_told_again() -> None:
    told = machine(
        "a", "failed", message="It failed: No space; no backup.", last_attempt=attempt("Failed", reason="No space.")
    )
    assert "The last attempt said" not in evidence(result(told), "html")


def test_waivers_without_effect() -> None:
    given = result(machine("a"), unused_waivers=[{"machine": "b", "reason_code": "age_over_limit", "why": "not_asked"}])
    assert "b , age_over_limit: not asked" in page_of(given).seen
    assert "Waivers without effect" not in evidence(result(machine("a")), "html")


# --- what is to do ---


def failed(name: str, said: str, **more: t.Any) -> dict[str, t.Any]:
    last = good(result="Failed", reason=said)
    return machine(
        name, "failed", reasons=["last_attempt_failed"], message=f"{name} failed.", last_attempt=last, **more
    )


def cards(given: dict[str, t.Any], **options: t.Any) -> list[str]:
    text = evidence(given, "html", **options)
    part = text.partition('<ol class="cards">')[2].partition("</ol>")[0]
    return [Page(card).seen.partition("> ")[2] for card in part.split('<li class="card')[1:]]


def test_machines_with_one_cause_stand_together() -> None:
    found = cards(
        result(
            failed("web01", "Task 4711 of web01 failed: no space"),
            failed("web02", "Task 4712 of web02 failed: no space"),
            failed("web03", "Access denied"),
            machine("ok01"),
        )
    )
    assert len(found) == 2
    assert found[0].startswith(f"✕ failed {FAILED} 2 machines web01 web01 failed. The last attempt said: Task 4711")
    assert "web02" in found[0]
    assert f"Job Daily VMs vbr01.example.test Next step {next_step(['last_attempt_failed'])}" in found[0]
    assert found[1].startswith(f"✕ failed {FAILED} web03 ")
    assert "What to do" not in page_of(result(machine("a"))).seen


def test_many_machines_of_one_cause_are_all_named() -> None:
    machines = [
        machine(f"m{number:02}", "stale", reasons=["age_over_limit"], message="Too old.") for number in range(30)
    ]
    (card,) = cards(result(*machines))
    assert all(f"m{number:02}" in card for number in range(30))
    assert card.count("Too old.") == 1
    assert "and 22 more" in card


def test_a_code_and_a_verdict_that_nobody_knows_are_shown_as_they_are() -> None:
    given = result(
        machine("a", "exploded", reasons=["fuse_blown"], message="Bang."), notes={"x": 1}, lookups=[{"root": "r"}]
    )
    page = page_of(given)
    assert "? exploded Fuse blown a Bang." in page.seen
    assert "root: r" in page.seen, "keys of a newer module are shown too"


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (
            {"next_run": "2026-01-06T08:00:00Z", "schedule_enabled": True},
            "Next run 2026-01-06 08:00 UTC, 12h before it is needed",
        ),
        (
            {"next_run": "2026-01-06T21:00:00Z", "schedule_enabled": True},
            "Next run 2026-01-06 21:00 UTC, too late: 1h after it is needed",
        ),
        ({"next_run": "2026-01-06T08:00:00Z", "schedule_enabled": False}, "Next run none, its schedule is off"),
        (
            {"next_run": "2026-01-06T20:00:00Z", "schedule_enabled": True},
            "Next run 2026-01-06 20:00 UTC, too late: the moment it is needed",
        ),
        ({"next_run": None, "schedule_enabled": True}, "Next run none is scheduled"),
        ({"next_run": "2026-01-06T08:00:00Z", "name": "Another"}, ""),
        ({"next_run": "2026-01-06T08:00:00Z", "backup_server_name": "vbr09.example.test"}, ""),
    ],
)
def test_next_run_and_whether_it_helps(job: dict[str, t.Any], says: str) -> None:
    row = {"name": "Daily VMs", "backup_server_name": "vbr01.example.test", **job}
    given = result(machine("a", "stale", reasons=["age_over_limit"], needed_at="2026-01-06T20:00:00Z"))
    for jobs in ([row], {"jobs": [row], "count": 1}):
        (card,) = cards(given, jobs=jobs)
        assert says in card
        assert ("Next run" in card) is bool(says)


def test_next_run_when_it_is_needed_now() -> None:
    row = {
        "name": "daily vms",
        "backup_server_name": "vbr01.example.test",
        "next_run": "2026-01-06T20:00:00Z",
        "schedule_enabled": True,
    }
    (card,) = cards(result(machine("a", "stale", reasons=["age_over_limit"])), jobs=[row])
    assert "Next run 2026-01-06 20:00 UTC, too late: it is needed now" in card


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (
            {"next_run": "2026-01-06T08:00:00Z", "runs_before_needed_at": True},
            "2026-01-06 08:00 UTC, 12h before it is needed",
        ),
        (
            {"next_run": "2026-01-06T21:00:00Z", "runs_before_needed_at": False},
            "2026-01-06 21:00 UTC, too late: 1h after",
        ),
        ({"next_run": None, "runs_before_needed_at": False}, "none is scheduled"),
        ({"next_run": None, "runs_before_needed_at": None}, ""),
    ],
)
def test_next_run_that_the_result_itself_tells(found: dict[str, t.Any], says: str) -> None:
    given = result(machine("a", "stale", reasons=["age_over_limit"], needed_at="2026-01-06T20:00:00Z", **found))
    for job in ([], [{"name": "Another", "backup_server_name": None}]):
        (card,) = cards(given, jobs=job)
        assert f"Next run {says}" in card if says else "Next run" not in card
        assert (f"Next run: {says}" in evidence(given, "mail_text", jobs=job)) is bool(says)
    given_jobs = [{"name": "Daily VMs", "next_run": "2026-01-06T10:00:00Z", "schedule_enabled": True}]
    (card,) = cards(given, jobs=given_jobs)
    assert "Next run 2026-01-06 10:00 UTC, 10h before it is needed" in card, "jobs that were given come first"
    row = evidence(given, "csv").splitlines()[1]
    told = {True: "yes", False: "no", None: ""}[found["runs_before_needed_at"]]
    assert row.rstrip().endswith(f'"{found["next_run"] or ""}","{told}"')


def test_what_could_not_be_found_out_is_seen() -> None:
    given = result(machine("a"), notes=["When jobs run next is not known: <b>no</b>."])
    assert "What this report could not find out When jobs run next is not known: <b>no</b>." in page_of(given).seen
    assert "What this report could not find out:\n  * When jobs run next" in evidence(given, "mail_text")
    assert "&lt;b&gt;no" in evidence(given, "mail")
    for form in ("html", "mail", "mail_text"):
        assert "could not find out" not in evidence(result(machine("a"), notes=[]), form)


def test_new_since_and_not_ready_since() -> None:
    def at(day: str, *bad: str, earlier: t.Any = None) -> t.Any:
        machines = [
            machine(name, "stale" if name in bad else "ok", reasons=["age_over_limit"] if name in bad else [])
            for name in "abcd"
        ]
        return evidence(result(*machines, checked_at=f"2026-01-{day}T05:50:00Z"), "data", earlier=earlier)

    first = at("04", "a", "d")
    second = at("05", "a", "d", earlier=first)
    given = result(*(machine(name, "stale" if name in "abx" else "ok") for name in "abcdx"))
    for earlier in (second, json.dumps(second), "\ufeff" + json.dumps(second)):
        found = evidence(given, "data", earlier=earlier)
        assert found["changes"] == {
            "compared_with": "2026-01-05T05:50:00Z", "change_number": None, "new": ["b"],
            "not_ready_since": {"a": "2026-01-04T05:50:00Z"}, "solved": ["d"],
        }  # fmt: skip
    seen = page_of(given, earlier=second).seen
    assert "a not ready since 2026-01-04 05:50 UTC at least" in seen
    assert "b new since 2026-01-05 05:50 UTC" in seen
    assert "x was not asked about on 2026-01-05 05:50 UTC" in seen
    assert "Ready again not ready at the earlier check d" in seen
    assert "since" not in page_of(given).seen.partition("All machines")[0]


def test_ok_with_remarks_is_seen_and_counted() -> None:
    given = result(
        machine("a", reasons=["last_attempt_failed"]),
        machine("b", last_good=good(result="Warning")),
        machine(
            "c",
            notes=[
                "The health check found corruption.",
                {"code": "health_check_odd"},
                {"message": "Look."},
                {"odd": 1},
            ],
        ),
        machine("d"),
    )
    document = evidence(given, "data")
    assert document["decision"]["remarks"] == ["a", "b", "c"]
    assert document["decision"]["summary"] == "GO: all 4 machines are ready: 4 ok (3 with remarks)"
    seen = page_of(given).seen
    assert f"Ready, but worth a look 3 machines {FAILED} : a" in seen
    for text in (
        "The last good backup ended with a warning : b",
        "The health check found corruption : c",
        "Health check odd : c",
        "Look : c",
    ):
        assert text in seen
    assert "with remarks 3" in seen
    one = evidence(result(machine("a", reasons=["last_attempt_failed"]), machine("b")), "data")["decision"]["summary"]
    assert one == "GO: all 2 machines are ready: 2 ok (1 with a remark)"


# --- rows ---


def test_rows_have_addresses_that_differ() -> None:
    names = ["db02", "db 02", "db_02", "db\u00a002", "röntgen-süd", "100%"]
    page = page_of(result(*(machine(name) for name in names)))
    ids = [each["id"] for each in page.all("tr") if "data-v" in each]
    assert len(set(ids)) == len(names)
    assert {"db02", "db_02", "röntgen-süd", "100%"} <= set(ids)
    assert not [value for value in ids if value is None or re.search(r"\s", value)]
    assert "#100%25" in [each["href"] for each in page.all("a")]


def test_large_reports_begin_with_what_needs_a_look() -> None:
    def off(good_ones: int, bad: int) -> list[str]:
        machines = [machine(f"g{number}") for number in range(good_ones)] + [
            machine(f"b{number}", "stale") for number in range(bad)
        ]
        return [
            each["data-v"] or ""
            for each in page_of(result(*machines, machine("r", reasons=["last_attempt_failed"]))).all("tr")
            if each.get("class") == "off"
        ]

    assert off(50, 2) == []
    assert off(100, 3) == ["ok"] * 100
    assert off(10, html.ROWS_AT_ONCE + 7) == ["stale"] * 7 + ["ok"] * 11


def test_the_name_that_was_found_is_shown_where_it_differs() -> None:
    seen = page_of(result(machine("web01.example.test", matched_name="WEB01"), machine("b", matched_name="b"))).seen
    assert "found as WEB01" in seen
    assert seen.count("found as") == 1


# --- the picture ---


def pictures(given: dict[str, t.Any], **options: t.Any) -> list[str]:
    return re.findall(r'<td class="pic">(.*?)</td>', evidence(given, "html", **options), re.DOTALL)


def test_picture_has_one_mark_per_attempt_and_says_it_in_words() -> None:
    attempts = [
        attempt(None, "2026-01-06T05:40:00Z"),
        attempt("Success", "2026-01-05T20:32:31Z"),
        attempt("Failed", "2026-01-05T20:02:31Z"),
        attempt("Warning", "2026-01-04T20:02:31Z"),
        attempt("None", "2026-01-03T20:02:31Z"),
        attempt("Success", "2026-01-05T23:00:00Z", job_type="BackupCopy"),
    ]
    first, second = pictures(result(machine("a", history=attempts), machine("b", history=[], last_good=None)))
    for shape in ("ok", "warn", "bad", "run", "other", "copy"):
        (path,) = re.findall(f'<path class="m-{shape}" d="([^"]*)"', first)
        assert path.count("M") == 1
    places = {
        shape: re.findall(rf'class="m-{shape}" d="M([\d.]+) ([\d.]+)', first)[0] for shape in ("ok", "bad", "copy")
    }
    assert places["ok"][1] < places["bad"][1], "the retry stands above its failure"
    assert float(places["copy"][1]) > float(places["bad"][1]), "copies stand apart"
    told = Page(first).seen
    assert told.startswith("6 attempts: 1 success, 1 warning, 1 failed, 1 running, 1 without result, 1 copy.")
    assert "Mo 2026-01-05 20:02 UTC: Failed, Daily VMs" in told
    assert Page(second).seen.startswith("No attempt in this time.")
    assert "covered" not in second, "nothing covers it"
    assert not pictures(result(machine("a"))), "no history, no picture"


def test_picture_shows_gaps_the_limit_and_the_moment_of_need() -> None:
    history = [attempt("Success", f"2026-01-0{day}T05:50:00Z") for day in (1, 4, 5)]
    needed = "2026-01-06T17:50:00Z"
    given = result(
        machine("a", history=history, needed_at=needed, last_good=good(creation_time="2026-01-05T05:50:00Z"))
    )
    (picture,) = pictures(given)
    assert "2 gaps without a backup younger than 24h, the longest of 2d." in picture
    assert f"It is needed at {needed[:10]} 17:50 UTC." in picture
    (band,) = re.findall(r'class="limit" x="([\d.]+)" width="([\d.]+)"', picture)
    (now,) = re.findall(r'class="now" d="M([\d.]+)', picture)
    (need,) = re.findall(r'class="need" d="M([\d.]+)', picture)
    assert float(band[0]) + float(band[1]) == pytest.approx(float(need), abs=0.2)
    assert float(band[0]) < float(now) < float(need)
    (covered,) = re.findall(r'class="covered" d="([^"]*)"', picture)
    (gaps,) = re.findall(r'class="gap" d="([^"]*)"', picture)
    assert (covered.count("M"), gaps.count("M")) == (2, 2)


def test_a_warning_covers_only_where_it_is_accepted() -> None:
    history = [attempt("Success", "2026-01-03T20:02:31Z"), attempt("Warning", "2026-01-04T20:02:31Z")]
    given = result(machine("a", history=history))
    for accepted, longest in ((True, "9h 47m"), (False, "1d 9h")):
        assert f"the longest of {longest}." in pictures(given, policy={"accept_warning": accepted})[0]


@pytest.mark.parametrize(
    "needed", ["2026-01-06T05:50:00Z", "2026-01-07T05:50:00Z", "2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z", None]
)
def test_picture_of_any_moment_stays_inside(needed: str | None) -> None:
    given = result(machine("a", history=[attempt("Success")], needed_at=needed, max_age_seconds=10**14))
    text = evidence(given, "html")
    (width,) = re.findall(r'<td class="pic"><svg width="(\d+)"', text)
    assert 100 < int(width) < 500
    (picture,) = re.findall(r'<td class="pic">(.*?)</td>', text, re.DOTALL)
    assert all(0 <= float(x) <= int(width) for x in re.findall(r'(?:x="|M)([\d.]+)', picture))


def test_weekdays_do_not_depend_on_the_controllers_language() -> None:
    text = evidence(result(machine("a", history=[attempt("Success", "2026-01-01T20:00:00Z")])), "html")
    assert re.findall(r"y=\"21\">(\w+)<", text) == ["Th", "Fr", "Sa", "Su", "Mo"]
    assert re.findall(r'<text class="week"[^>]*>(\w+)<', text) == ["TFSSM"]


# --- who asked, and what it proves ---


def test_footer_says_who_asked_what_of_which_server() -> None:
    provenance = {
        "collection_version": "9.9.9", "ansible_version": "2.19.14", "user": "ops", "controller_host": "awx-task-7", "play": "Patch",
        "awx": {"job_id": 4711, "job_template": "Gate", "launched_by": "anna"}, "groups": ["a", "b"],
        "options": {"max_age": "24h", "password": "hunter2", "nested": [{"api_token": "hunter2"}]}, "new_key": {"deep": True},
    }  # fmt: skip
    given = {**EVERY_VERDICT, "machines": EVERY_VERDICT["machines"]}
    text = evidence(given, "html", provenance=provenance)
    seen = Page(text).seen
    assert (
        "backup_ops.veeam_em 9.9.9, ansible-core 2.19.14. Asked em01.example.test at 2026-01-06 05:50 UTC by ops on awx-task-7 in job"
        " 4711 of Gate launched by anna; its data is as of 2026-01-06 05:45 UTC (5m old)." in seen
    )
    digest = hashlib.sha256(evidence(given, "json", provenance=provenance).encode()).hexdigest()
    assert f"SHA-256 of the JSON file of this run: {digest}" in seen
    assert (
        "It can't prove that a restore works, that the data of applications is consistent, or that it is free of malware."
        in seen
    )
    assert "Groups a, b" in seen
    assert "New key deep: yes" in seen
    for name in ("html", "json", "mail", "mail_text"):
        assert "hunter2" not in evidence(given, name, provenance=provenance)


def test_footer_of_a_result_that_knows_nothing_of_it() -> None:
    bare = {"machines": [machine("a")], "ok": True}
    seen = page_of(bare, generated_at="2026-01-06T05:50:00Z").seen
    assert "Asked Enterprise Manager at 2026-01-06 05:50 UTC; the age of its data is not known." in seen


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"earlier": "text"}, "earlier is not evidence"),
        ({"earlier": {"schema": "other"}}, "earlier is not evidence"),
        ({"earlier": ["x"]}, "earlier is not evidence"),
        ({"earlier": {**_EMPTY, "generated_at": "?"}}, "earlier is not evidence"),
        ({"jobs": "text"}, "jobs is not a result"),
        ({"jobs": {"jobs": ["x"]}}, "jobs is not a result"),
    ],
)  # fmt: skip
def test_what_is_no_evidence_and_no_list_of_jobs_is_refused(options: dict[str, t.Any], says: str) -> None:
    with pytest.raises(Exception, match=says):
        evidence(EVERY_VERDICT, "html", **options)


def test_evidence_that_is_later_is_not_earlier() -> None:
    later = evidence(result(machine("a"), checked_at="2026-01-07T05:50:00Z"), "data")
    with pytest.raises(Exception, match="which is later than this result"):
        evidence(EVERY_VERDICT, "html", earlier=later)
