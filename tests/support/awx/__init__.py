# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for AWX, since none can run here: its API as far as the modules of awx.awx use it, and jobs and syncs as it runs them.

What it does was seen in AWX 24.6.1, or is what the modules of awx.awx 24.6.1 expect of it.
"""
