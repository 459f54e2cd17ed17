# SPDX-License-Identifier: GPL-3.0-or-later
"""The query service: filters, sorting, paging."""
