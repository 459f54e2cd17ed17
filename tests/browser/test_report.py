# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML report in Chromium: sorting, filtering, folding, keys, colours, phone and paper."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from ansible_collections.backup_ops.veeam_em.plugins.filter.evidence import evidence
from ansible_collections.backup_ops.veeam_em.plugins.filter.listing import listing
from ansible_collections.backup_ops.veeam_em.tests.unit.plugins.filter.results import (
    EVERY_VERDICT,
    HOSTILE,
    attempt,
    good,
    hostile,
    machine,
    result,
)

from .conftest import Open

REASON = "The last attempt by Daily VMs (vbr01.example.test) failed: there is not enough space on the disk of the repository."
LONG_JOB = "Odd ones; quoted daily, with a comma and more"


def site() -> dict[str, t.Any]:
    """A window of 25 machines as a site has it: some for each verdict, a week of attempts, long names."""
    week = [attempt("Success", f"2026-01-0{day}T20:02:31Z") for day in range(1, 6)]
    fine = [
        machine(name, history=week, last_good=good(job_name=LONG_JOB if name.startswith("hv") else "Web Tier"))
        for name in (
            "web01",
            "web02",
            "web03",
            "hv-app01",
            "hv-app02",
            "lap01",
            *(f"app{number:02}" for number in range(10)),
        )
    ]
    noted = machine("db01", history=week, reasons=["last_attempt_failed"], message=f"9 h old backup; {REASON}")
    bad = [{**each, "history": week[:3]} for each in EVERY_VERDICT["machines"][2:]]
    bad[-1] = {**bad[-1], "message": REASON}
    return result(*fine, noted, *bad, machine("röntgen-süd", history=week))


@pytest.fixture(scope="module")
def report() -> str:
    return str(evidence(site(), "html", change_number="CHG0042", provenance={"user": "ops"}))


def large() -> str:
    machines = [machine(f"m{number:03}.example.test") for number in range(300)]
    machines[7] = machine("m007.example.test", reasons=["last_attempt_failed"])
    return str(evidence(result(*machines, machine("bad01", "stale")), "html"))


def shown(page: Page) -> list[str]:
    return [row.inner_text() for row in page.locator("tbody tr:visible th").all()]


def in_view(page: Page, selector: str) -> bool:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    return bool(box["y"] >= 0) and bool(box["y"] + box["height"] <= page.viewport_size["height"])


def test_what_is_seen_first(report: str, show: Open) -> None:
    page = show(report)
    for selector in (".gate strong", ".gate p", ".cards .card"):
        assert in_view(page, selector), selector
    assert page.locator(".card").count() == 5
    assert page.locator("h1, h2, h3").first.evaluate("e => e.tagName") == "H1"
    sizes = [
        page.locator(tag).first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") for tag in ("h1", "h2", "h3")
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3, "sizes tell their rank"


def test_sorting(report: str, show: Open) -> None:
    page = show(report)
    names = shown(page)
    assert names[0] == "db02"
    page.get_by_role("button", name="Machine").click()
    assert shown(page) == sorted(names, key=str.casefold), "the order of the reader's language"
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Machine")
    page.get_by_role("button", name="Machine").click()
    assert shown(page) == sorted(names, key=str.casefold, reverse=True)
    page.get_by_role("button", name="Verdict").click()
    assert shown(page) == names


def test_filtering_by_text_and_by_verdict_and_the_way_back(report: str, show: Open) -> None:
    page = show(report)
    page.get_by_role("searchbox").fill("WEB tier web0")
    assert shown(page) == ["web01", "web02", "web03"]
    assert "3 shown, 3 of 24 fit" in page.locator(".shown").inner_text()
    page.get_by_role("button", name="Not ready").click()
    assert shown(page) == []
    assert page.get_by_text("Nothing fits.").is_visible()
    page.get_by_role("button", name="Clear the filter").click()
    assert len(shown(page)) == 24
    page.get_by_role("button", name="with remarks").click()
    assert shown(page) == ["db01"]
    page.get_by_role("button", name="stale").click()
    assert shown(page) == ["file01"]
    assert page.locator("button[aria-pressed=true][data-v]").inner_text().endswith("stale 1")


def test_good_machines_of_many_are_folded(show: Open) -> None:
    page = show(large())
    assert shown(page) == ["bad01", "m007.example.test"]
    page.get_by_role("searchbox").fill("m299")
    assert shown(page) == ["m299.example.test"], "what is folded is found"
    page.get_by_role("searchbox").fill("")
    assert len(shown(page)) == 2
    page.get_by_role("button", name="Show the other 299").click()
    assert len(shown(page)) == 301
    assert not page.locator(".more").is_visible()


def test_many_machines_and_many_causes_are_folded_in_cards(show: Open) -> None:
    same = [machine(f"m{number:02}", "stale", reasons=["age_over_limit"], message="Too old.") for number in range(30)]
    others = [machine(f"x{number:02}", "stale", last_good=good(job_name=f"Job {number:02}")) for number in range(20)]
    page = show(evidence(result(*same, *others), "html"))
    first = page.locator(".card").first
    assert first.locator("a:visible").count() == 8
    first.get_by_role("button", name="and 22 more").click()
    assert first.locator("a:visible").count() == 30
    assert page.locator(".card:visible").count() == 12
    page.emulate_media(media="print")
    assert page.locator(".card:visible").count() == 21, "on paper are all"
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Show 9 more causes").click()
    assert page.locator(".card:visible").count() == 21


def test_a_ticket_can_link_to_a_machine(report: str, show: Open) -> None:
    page = show(report, fragment="#röntgen-süd")
    assert in_view(page, "tr:target")
    assert page.locator("tr:target th").inner_text() == "röntgen-süd"
    assert show(large(), fragment="#m250.example.test").locator("tr:target").is_visible(), "also one that is folded"
    assert show(report, fragment="#100%").locator("tr:target").count() == 0, "an address that is none does no harm"
    page.locator(".card a", has_text="db02").click()
    assert page.url.endswith("#db02")


def test_keyboard_alone(report: str, show: Open) -> None:
    page = show(report)

    def reach(what: str) -> None:
        for _press in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim() || document.activeElement.type").startswith(
                what
            ):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", "focus is seen"
                return
        raise AssertionError(f"{what} is not reached")

    reach("search")
    page.keyboard.type("web0")
    assert shown(page) == ["web01", "web02", "web03"]
    reach("Not ready")
    page.keyboard.press("Enter")
    reach("Clear the filter")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.type") == "search"
    reach("Machine")
    page.keyboard.press("Space")
    assert shown(page)[0] == "app00"
    reach("How to read this")
    assert not page.get_by_text("Each mark is one attempt").is_visible()
    page.keyboard.press("Enter")
    assert page.get_by_text("Each mark is one attempt").is_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"


def test_local_time_on_demand(report: str, show: Open) -> None:
    page = show(report)
    assert page.locator(".local").count() == 0
    page.get_by_role("button", name="Local time").click()
    assert "2026-01-06 05:50 UTC\n06/01/2026, 06:50 here" in page.locator(".asked").inner_text()
    page.get_by_role("button", name="Local time").click()
    assert page.locator(".local").count() == 0


@pytest.mark.parametrize("width", [1400, 900, 420, 360])
def test_nothing_is_wider_than_the_screen_and_no_name_is_broken(report: str, show: Open, width: int) -> None:
    page = show(report, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lines = "e => Math.round(e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight))"
    for name in page.locator("tbody th .name, td.job small .name, .card li .name").all():
        assert name.evaluate(lines) <= 1, name.inner_text()


def test_head_stays_on_wide_screens(report: str, show: Open) -> None:
    page = show(report)
    page.mouse.wheel(0, 1200)
    page.wait_for_function("scrollY > 300")
    assert page.locator("thead th").first.evaluate("e => Math.round(e.getBoundingClientRect().top)") == 0


def test_phone_has_cards_and_the_first_machine_at_once(report: str, show: Open) -> None:
    page = show(report, width=390, height=844)
    assert in_view(page, ".card a")
    page.get_by_role("searchbox").fill("db02")
    row = page.locator("tbody tr:visible")
    assert row.evaluate("e => getComputedStyle(e).display") == "grid"
    assert row.locator(".week").is_visible(), "the days stand below each picture, as there is no head"
    assert "The last attempt by Daily VMs" in row.inner_text()
    roles = page.locator("table").aria_snapshot()
    assert "rowheader" in roles, "for a screen reader it is still a table"


def test_dark_and_forced_colours(report: str, show: Open) -> None:
    def contrast(page: Page, selector: str) -> float:
        return float(page.evaluate(CONTRAST, selector))

    for mode in ({"color_scheme": "light"}, {"color_scheme": "dark"}):
        page = show(report, **mode)
        for selector in (
            "body",
            ".gate p",
            ".gate strong",
            ".v-failed",
            ".v-ok",
            ".v-stale",
            ".v-running",
            "td small",
            ".card dt",
            "code",
            "footer p",
            "thead th",
        ):
            assert contrast(page, selector) >= 4.5, (mode, selector)
    assert (
        show(report, color_scheme="dark").evaluate("getComputedStyle(document.body).backgroundColor")
        == "rgb(18, 22, 28)"
    )
    page = show(report, forced_colors="active")
    page.get_by_role("button", name="Not ready").click()
    pressed, other = (
        page.locator(f"button[data-v='{value}']").evaluate("e => getComputedStyle(e).backgroundColor")
        for value in ("!", "")
    )
    assert pressed != other, "what is pressed is seen where colours are the reader's"


CONTRAST = """(selector) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const element = document.querySelector(selector);
  let behind = element;
  while (rgb(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const pair = [light(rgb(getComputedStyle(element).color)), light(rgb(getComputedStyle(behind).backgroundColor))].sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
}"""


def test_paper_has_everything_whatever_filter_is_set(report: str, show: Open, tmp_path: Path) -> None:
    for text, count in ((report, 24), (large(), 301)):
        page = show(text)
        page.get_by_role("searchbox").fill("db02 bad01 nothing else")
        assert shown(page) == []
        page.emulate_media(media="print")
        rows = page.locator("tbody tr:visible")
        assert rows.count() == count
        for part in ("How to read this", "Policy and provenance", "SHA-256"):
            assert page.get_by_text(part).first.is_visible()
        assert page.get_by_text("The age counts from the moment").is_visible(), "what is folded is whole on paper"
        assert not page.locator(".tools, .none, .quiet").locator("visible=true").count()
        heads = [head.inner_text() for head in page.locator("thead th").all()]
        assert heads[:4] == ["Machine", "Verdict", "Why", "Last good backup"], "without what only a screen has"
    path = tmp_path / "report.pdf"
    page = show(report)
    page.get_by_role("searchbox").fill("db02")
    page.pdf(path=str(path), prefer_css_page_size=True, print_background=True)
    pages = text_of(path)
    whole = " ".join(" ".join(pages).split())
    for each in site()["machines"]:
        assert each["name"] in whole
    tables = [one for one in pages if "MACHINE" in one.upper() and "VERDICT" in one.upper()]
    assert len(tables) >= 2, "the head stands on every page of the table"
    assert all(len(one.split()) > 12 for one in pages), "no page with one line"


def test_no_page_with_one_line(show: Open, tmp_path: Path) -> None:
    """Whatever number of rows there is, as many as fill a page, and one or two more."""
    path = tmp_path / "list.pdf"
    for number in (28, 29, 30, 59, 60, 61):
        page = show(listing([{"name": f"m{row}", "size": row} for row in range(number)], "html"))
        page.pdf(path=str(path), prefer_css_page_size=True)
        lines = [len(text.splitlines()) for text in text_of(path)]
        assert min(lines) > 3, (number, lines)


def text_of(path: Path) -> list[str]:
    return [page.extract_text() for page in PdfReader(path).pages]


def test_hostile_texts_do_nothing(show: Open) -> None:
    """The fixture fails when anything runs, asks or complains."""
    names = {text: text for text in HOSTILE}
    earlier = evidence(hostile(), "data", generated_at="2026-01-01T00:00:00Z")
    page = show(evidence(hostile(), "html", change_number=HOSTILE[0], policy=names, provenance=names, earlier=earlier))
    assert page.locator("tbody tr").count() == len(HOSTILE)
    assert page.evaluate("Array.from(document.querySelectorAll('script')).length") == 1
    for button in page.get_by_role("button").all():
        if button.is_visible():
            button.click()
    show(evidence(hostile(), "mail"))
    rows = [{"name": text, text: text} for text in HOSTILE]
    assert show(listing(rows, "html", title=HOSTILE[0])).locator("tbody tr").count() == len(HOSTILE)


def endless() -> dict[str, t.Any]:
    """Every text of the result is one word that nobody would wait for the end of."""
    machines = []
    for number, verdict in enumerate(("ok", "failed", "unknown", "waived")):
        word = "abcde"[number] * (255, 60, 40)[number % 3]
        server = good(job_name=word, backup_server_name=word, reason=word, result=word)
        machines.append(
            machine(
                word, verdict, message=word, reasons=[word], last_good=server, last_attempt=server, matched_name=word
            )
        )
    return result(*machines)


@pytest.mark.parametrize("width", [1400, 1150, 1000, 880, 420, 360])
def test_endless_words_do_not_widen_the_page(show: Open, width: int) -> None:
    word = "x" * 255
    for data in (endless(), hostile()):
        page = show(
            evidence(data, "html", change_number=word, provenance={"user": word}, policy={word: word}), width=width
        )
        for fold in page.locator(".fold > h2 button").all():
            fold.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    rows = [{"name": word, "job_name": "y" * 255, "result": "z" * 60, "size": 7}]
    assert show(listing(rows, "html"), width=width).evaluate("document.documentElement.scrollWidth") <= width


def test_without_a_script_all_is_there(show: Open) -> None:
    page = show(large(), java_script_enabled=False)
    assert page.locator("tbody tr:visible").count() == 301
    assert page.get_by_text("The age counts from the moment").is_visible()
    assert not page.locator(".tools").is_visible()


@pytest.mark.parametrize("width", [760, 360])
def test_mail_fits_and_needs_nothing(show: Open, width: int) -> None:
    page = show(evidence(site(), "mail", change_number="CHG0042"), width=width, java_script_enabled=False)
    assert page.get_by_text("5 of 24 machines are not ready").is_visible()
    assert page.locator("b", has_text="db02").is_visible()
    box = page.locator("table").first.bounding_box()
    assert box is not None
    assert box["width"] <= width


def test_list_of_an_info_module(show: Open) -> None:
    rows = [{"name": f"Job {number}", "size": number, "end_time": "2026-01-05T20:13:09Z"} for number in (10, 9, 100)]
    page = show(listing({"jobs": rows}, "html", title="Jobs"))
    page.get_by_role("button", name="Size").click()
    assert [row.inner_text() for row in page.locator("td.number").all()] == ["9", "10", "100"]
    page.get_by_role("button", name="Name").click()
    assert [row.inner_text() for row in page.locator("td.number").all()] == ["9", "10", "100"], (
        "numbers in names count as numbers"
    )
    page.get_by_role("searchbox").fill("job 100")
    assert page.locator("tbody tr:visible").count() == 1
    page.get_by_role("button", name="Local time").click()
    assert "21:13 here" in page.locator("tbody tr:visible").inner_text()
