# SPDX-License-Identifier: GPL-3.0-or-later
"""Property tests are about values, not about time: a busy machine must not make them fail."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
