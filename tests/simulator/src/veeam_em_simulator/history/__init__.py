# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of jobs: planned once, for the past, for actions and for a site that lives."""
