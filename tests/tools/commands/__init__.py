# SPDX-License-Identifier: GPL-3.0-or-later
"""One file per command of the development tool."""
