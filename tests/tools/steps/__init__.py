# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the command test."""
