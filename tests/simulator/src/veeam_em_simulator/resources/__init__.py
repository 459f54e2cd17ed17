# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources of the API: what each looks like and what it links to."""
