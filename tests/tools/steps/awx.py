# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection in AWX, as far as that can be shown without one: set up on a stand-in, jobs and syncs in its layout, evidence handed over."""

from __future__ import annotations

from devtool import counts, environments, pytests
from devtool.process import Log
from devtool.running import HALF, Step


def awx(log: Log) -> counts.Counts:
    options = ("-n", str(HALF)) if HALF > 1 else ()
    return pytests.run(
        log, "awx", "tests/awx", env=pytests.with_controllers(environments.MAIN_CORE, log), options=options
    )


STEPS = [Step("awx", awx, wide=True)]
