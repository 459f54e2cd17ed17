# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection in AWX, as far as that can be shown without one: set up on a stand-in, jobs and syncs in its layout, evidence handed over."""

from __future__ import annotations

from devtool import awx_files, counts, environments, pytests
from devtool.checks import differs, judge
from devtool.paths import ROOT
from devtool.process import Log
from devtool.running import HALF, Step


def awx(log: Log) -> counts.Counts:
    """The tests, and that the files made from the role are as it makes them."""
    made = {
        f"{path.relative_to(ROOT)} is as 'dev.py awx' writes it": differs(
            "the same text", path.read_text(encoding="utf-8") == text, True
        )
        for path, text in awx_files.files().items()
    }
    env = pytests.with_controllers(environments.MAIN_CORE, log)
    options = ("-n", str(HALF)) if HALF > 1 else ()
    return judge(made, log).plus(pytests.run(log, "awx", "tests/awx", env=env, options=options))


STEPS = [Step("awx", awx, wide=True)]
