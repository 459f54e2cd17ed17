# SPDX-License-Identifier: GPL-3.0-or-later
"""One model of a document, written as XML or as JSON."""
