# SPDX-License-Identifier: GPL-3.0-or-later
"""The database of the simulated Enterprise Manager."""
