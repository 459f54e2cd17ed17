# SPDX-License-Identifier: GPL-3.0-or-later
"""The schedule of a job as the API tells it."""

from __future__ import annotations

from veeam_em_simulator.clock import DAY, HOUR, MINUTE, format_time
from veeam_em_simulator.estate.model import Job, Schedule
from veeam_em_simulator.profiles import Profile
from veeam_em_simulator.wire.model import Child, Element, PerFormat, Repeat

DAY_NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"
)
_ALL_DAY = ",".join("1" * 24)
_STANDARD_START = 22 * HOUR


def job_schedule(job: Job, profile: Profile) -> Element:
    """`JobScheduleOptions` with its one choice filled in."""
    continuous = job.schedule is not None and job.schedule.continuous
    standard = None if continuous else Element("Standart", children=_standard(job.schedule))
    mode = Element("ImmediateCopyMode", children=[("OptionsContinuous", _continuous(enabled=True))]) if continuous else None
    tail = {"Href": None if not profile.nulls else ""}
    return _embedded("JobScheduleOptions", [("Standart", standard), ("ImmediateCopyMode", mode)], tail)


def _embedded(tag: str, children: list[Child], json_only: dict[str, str | None]) -> Element:
    """An info type: in JSON it keeps the (empty) keys of every resource."""
    extra: list[Child] = [(key, PerFormat(None, value)) for key, value in json_only.items()]
    return Element(tag, children=[*children, ("Links", PerFormat(None, None)), *extra])


def _standard(schedule: Schedule | None) -> list[Child]:
    every = schedule.every if schedule else None
    daily = _daily_start(schedule)
    periodic = every not in (None, DAY)
    retry = Element("RetryOptions", children=[("RetryTimes", 3), ("RetryTimeout", 10), ("RetrySpecified", True)])
    return [
        ("RetryOptions", retry),
        ("WaitForBackupCompletion", False),
        ("BackupCompetitionWaitingPeriodMin", 180),
        ("OptionsDaily", _daily(schedule, daily, enabled=schedule is not None and not periodic)),
        ("OptionsMonthly", _monthly()),
        ("OptionsPeriodically", _periodically(every, enabled=periodic)),
        ("OptionsContinuous", _continuous(enabled=False)),
        ("OptionsBackupWindow", Element("OptionsBackupWindow", {"Enabled": False}, children=[("TimePeriods", _days("TimePeriods"))])),
        ("OptionsDaisyChaining", Element("OptionsDaisyChaining", {"Enabled": False}, children=[("PreviousJobUid", None)])),
    ]


def _daily_start(schedule: Schedule | None) -> int:
    if schedule is None:
        return _STANDARD_START
    if schedule.daily is not None:
        return schedule.daily
    return _STANDARD_START if schedule.last is None else schedule.last % DAY // MINUTE * MINUTE


def _time(moment: int) -> PerFormat:
    text = format_time(moment, 0)
    return PerFormat(f"{text[11:]}.0000000+00:00", f"2020-01-01T{text[11:]}")


def _daily(schedule: Schedule | None, start: int, *, enabled: bool) -> Element:
    days = schedule.days if schedule and schedule.days else DAY_NAMES
    kind = "SelectedDays" if schedule and schedule.days else "Everyday"
    return Element(
        "OptionsDaily",
        {"Enabled": enabled},
        children=[("Kind", kind), ("Days", Repeat("Days", list(days))), ("Time", _time(start)), ("TimeOffsetUtc", 0)],
    )


def _monthly() -> Element:
    return Element(
        "OptionsMonthly",
        {"Enabled": False},
        children=[
            ("Time", _time(_STANDARD_START)),
            ("TimeOffsetUtc", 0),
            ("DayNumberInMonth", "Fourth"),
            ("DayOfWeek", "Saturday"),
            ("Months", Repeat("Months", list(MONTH_NAMES))),
            ("DayOfMonth", 1),
        ],
    )


def _days(tag: str) -> Element:
    return Element(tag, children=[("Days", Repeat("Day", [Element("Day", {"Name": name}, text=_ALL_DAY) for name in DAY_NAMES]))])


def _periodically(every: int | None, *, enabled: bool) -> Element:
    hours = every is None or every % HOUR == 0
    period = 1 if every is None else every // (HOUR if hours else MINUTE)
    return Element(
        "OptionsPeriodically",
        {"Enabled": enabled},
        children=[("Kind", "Hours" if hours else "Minutes"), ("FullPeriod", period), ("Schedule", _days("Schedule"))],
    )


def _continuous(*, enabled: bool) -> Element:
    return Element("OptionsContinuous", {"Enabled": enabled}, children=[("Schedule", _days("Schedule"))])

