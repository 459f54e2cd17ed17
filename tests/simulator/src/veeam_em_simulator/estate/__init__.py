# SPDX-License-Identifier: GPL-3.0-or-later
"""Estates: what the simulated site consists of, read from YAML."""
