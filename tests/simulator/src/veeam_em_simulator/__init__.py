# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the REST API of Veeam Backup Enterprise Manager."""

from __future__ import annotations

__version__ = "0.1.0"
