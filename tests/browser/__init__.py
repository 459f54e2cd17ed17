# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports as their readers have them: in a real browser."""
