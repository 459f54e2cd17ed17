# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets of ansible-test integration, on the main core."""

from __future__ import annotations

import functools

from devtool.environments import MAIN_CORE
from devtool.running import Step
from steps.cores import integration

STEPS = [Step("integration", functools.partial(integration, MAIN_CORE))]
