# SPDX-License-Identifier: GPL-3.0-or-later
PYTHON ?= python3

.PHONY: test
test:
	@$(PYTHON) tests/tools/dev.py test
