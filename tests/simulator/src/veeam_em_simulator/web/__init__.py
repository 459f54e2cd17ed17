# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: routes, logon, faults, control."""
