# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a report on thousands of machines takes: to make, and in a browser until it is seen, filtered and sorted."""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
import typing as t
from pathlib import Path

from playwright.sync_api import Page

from ansible_collections.backup_ops.veeam_em.plugins.filter.evidence import evidence
from support.browser import chromium

MACHINES = 5_000
SECOND = 1.0
NOW = dt.datetime(2026, 1, 6, 5, 50, tzinfo=dt.timezone.utc)


def machine(number: int) -> dict[str, t.Any]:
    """One in ten is not ready, for one of forty causes; each has a week of attempts."""
    bad = number % 10 == 0
    newest = NOW - dt.timedelta(hours=9 if not bad else 50, minutes=number % 60)
    job = {
        "job_name": f"Daily VMs {number % 40:02}",
        "job_type": "Backup",
        "backup_server_name": f"vbr{number % 4:02}.example.test",
    }
    days = range(2 if bad else 0, 7)
    attempts = [
        {**job, "creation_time": iso(newest - dt.timedelta(days=day)), "result": "Success", "running": False}
        for day in days
    ]
    good = {**attempts[0], "age_seconds": int((NOW - newest).total_seconds())}
    return {
        "name": f"machine{number:04}.example.test",
        "verdict": "stale" if bad else "ok",
        "underlying_verdict": "stale" if bad else "ok",
        "reasons": ["age_over_limit"] if bad else [],
        "message": f"The last good backup by Daily VMs {number % 40:02} is {(NOW - newest) // dt.timedelta(hours=1)} h old.",
        "max_age_seconds": 86_400,
        "needed_at": iso(NOW),
        "last_good": good,
        "last_attempt": good,
        "history": attempts,
    }


def iso(when: dt.datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def result(machines: int) -> dict[str, t.Any]:
    return {"machines": [machine(number) for number in range(machines)], "ok": False, "checked_at": iso(NOW)}


def in_browser(page: Page, path: Path) -> dict[str, float]:
    """Seconds until the first paint, and from an act of the reader to the next picture."""
    page.goto(path.as_uri())
    found = {"first paint": page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000}
    found["all read"] = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000
    acts = {
        "filter by text": "const i = document.querySelector('input'); i.value = 'machine42'; i.dispatchEvent(new Event('input'));",
        "filter by verdict": "const i = document.querySelector('input'); i.value = ''; document.querySelector('button[data-v=ok]').click();",
        "sort by machine": "document.querySelector('thead button').click();",
        "sort by age": "document.querySelectorAll('thead button')[2].click();",
    }
    for name, act in acts.items():
        found[name] = page.evaluate(
            "(act) => new Promise((done) => { const start = performance.now(); new Function(act)();"
            " requestAnimationFrame(() => setTimeout(() => done((performance.now() - start) / 1000))); })",
            act,
        )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machines", type=int, default=MACHINES)
    machines = parser.parse_args().machines
    answer = result(machines)
    start = time.perf_counter()
    text = evidence(answer, "html")
    made = time.perf_counter() - start
    mails = {name: len(evidence(answer, name).encode()) for name in ("mail", "mail_text")}
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        path = Path(folder) / "report.html"
        path.write_text(text, encoding="utf-8")
        # The page holds a policy that forbids what is not its own; the driver's own code has to be let through.
        page = browser.new_page(viewport={"width": 1400, "height": 900}, bypass_csp=True)
        found = in_browser(page, path)
        height = page.evaluate("document.documentElement.scrollHeight")
    print(f"\nreport on {machines} machines: {len(text) / 1e6:.1f} MB, made in {made:.2f} s, {height} pixels high")
    print(f"  mail: {mails['mail'] / 1000:.0f} kB of HTML, {mails['mail_text'] / 1000:.0f} kB of text")
    slow = 0
    for name, seconds in found.items():
        bound = name != "all read"
        slow += bound and seconds > SECOND
        print(f"  {name:20} {seconds:6.2f} s{f'   at most {SECOND:.0f} s: {seconds <= SECOND}' if bound else ''}")
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
