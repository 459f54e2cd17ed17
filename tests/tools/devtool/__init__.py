# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands and steps of the development tool share."""
