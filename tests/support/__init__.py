# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures and guards of the tests; loaded with ``-p support.pytest_plugin`` by the development tool."""
