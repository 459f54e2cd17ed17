# SPDX-License-Identifier: GPL-3.0-or-later
"""What blocks can be made of, by the name that stands in their first line."""

from __future__ import annotations

from generator import returns

SOURCES = {
    "returns": returns.returns,
}
