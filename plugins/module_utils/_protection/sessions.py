# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Job sessions and the tasks in them; agents' sessions come in two levels. Pure. Private to the collection."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from . import codes
from .names import fold
from .rows import NOT_ON_MACHINES, SessionRow, TaskRow, names_of
from .snapshot import Snapshot

# What stands between the name of an agent job and that of the computer in the name of a computer's own session.
_SEPARATORS = re.compile(r"[\s\\/:?_-]+")
AGENT_SESSION = "AgentManagement"


class Sessions:
    """The sessions of a snapshot, and each attempt once as a task."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._sessions = snapshot.sessions
        # Rows that were read side by side come in any order; results must not depend on it.
        self.tasks = sorted([*self._tasks_once(), *self._agent_sessions()], key=lambda one: (one.start, one.uid or ""))
        runs = [one for one in self._sessions.values() if one.touches_machines]
        self.runs = sorted([*runs, *self._unread_runs()], key=lambda one: (one.start, one.key))

    def of(self, task: TaskRow) -> SessionRow | None:
        return self._sessions.get(task.session_key)

    def _unread_runs(self) -> t.Iterator[SessionRow]:
        """Sessions that can't be read and that running tasks tell of: their jobs may come to further machines."""
        found = {task.session_key: task for task in self.tasks if task.running and self.of(task) is None}
        for task in found.values():
            yield SessionRow(
                task.session_uid or "", None, None, task.job_name, None, task.start, None, None, True, False, None, frozenset(),
                task.backup_server_name,
            )  # fmt: skip

    def parent_of(self, session: SessionRow) -> SessionRow | None:
        return self._sessions.get(session.parent_key or "")

    def computer_names(self, session: SessionRow) -> tuple[str, ...]:
        """The computer in the name of its session, which is its own or stands behind that of the job."""
        whole = session.job_name or (session.name or "").rpartition("@")[0]
        parent = self.parent_of(session)
        if parent and parent.job_name and whole.startswith(parent.job_name):
            rest = whole[len(parent.job_name) :]
            gap = _SEPARATORS.match(rest)
            if gap and rest[gap.end() :]:
                return names_of(rest[gap.end() :])
        return names_of(whole) or ("",)

    def newer_of_job(self, session: SessionRow) -> bool:
        """Whether its job started once more since; of agents each computer has sessions of its own in one job."""
        if session.job_key is None or session.job_type == AGENT_SESSION:
            return False
        return any(
            one.job_key == session.job_key and one.start > session.start and one.job_type == session.job_type
            for one in self._sessions.values()
        )

    def lost_its_end(self, session: SessionRow | None, start: dt.datetime) -> bool:
        """Whether what has no end is too old, or was followed by another session of its job."""
        begun = session.start if session else start
        return self._snapshot.now - begun > codes.LONGEST_SESSION or (
            session is not None and self.newer_of_job(session)
        )

    def is_at_work(self, task: TaskRow) -> bool:
        """Whether a task reads the machine itself now, and will end."""
        session = self.of(task)
        if not task.running or (session is not None and not session.running):
            return False
        job_type = session.job_type if session else None
        return not (job_type in NOT_ON_MACHINES or codes.is_endless(job_type) or self.lost_its_end(session, task.start))

    def _tasks_once(self) -> t.Iterator[TaskRow]:
        """The tasks, less those of an agent job's container for a computer that has a session of its own in it."""
        children = [one for one in self._sessions.values() if one.job_type == AGENT_SESSION and one.parent_key]
        own = {(child.parent_key, fold(name)) for child in children for name in self.computer_names(child)}
        parents = {child.key: child.parent_key for child in children}
        for task in self._snapshot.tasks.values():
            if task.session_key in parents:
                own.add((parents[task.session_key], fold(task.names[0])))
        for task in self._snapshot.tasks.values():
            if (task.session_key, fold(task.names[0])) not in own:
                yield task

    def _agent_sessions(self) -> t.Iterator[TaskRow]:
        """Sessions of single computers that have no task sessions: the session itself is the attempt."""
        with_tasks = {task.session_key for task in self._snapshot.tasks.values()}
        for session in self._sessions.values():
            if session.job_type != AGENT_SESSION or session.key in with_tasks:
                continue
            yield TaskRow(
                None, self.computer_names(session), session.uid, session.job_name, session.start, session.end, session.result,
                session.failure_message, session.running, None, None, session.backup_server_name,
            )  # fmt: skip
