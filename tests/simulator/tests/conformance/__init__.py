# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documented protocol demands, checked on the wire and written down without a look at the simulator's code."""
