# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that stand in many files, written from one table each. 'dev.py generate' runs it with the Python of the tests, which has YAML."""
