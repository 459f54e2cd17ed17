# SPDX-License-Identifier: GPL-3.0-or-later
"""Every code block that users are shown is run, and every link is looked at."""
