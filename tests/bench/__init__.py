# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection costs, as ratios within one run on one machine: ``python -m bench``."""
