# SPDX-License-Identifier: GPL-3.0-or-later
PYTHON ?= python3
DEV = @$(PYTHON) tests/tools/dev.py

.PHONY: test quick demo simulator bench docs dist
test: ; $(DEV) test $(STEP)
quick: ; $(DEV) quick
demo: ; $(DEV) demo
simulator: ; $(DEV) simulator
bench: ; $(DEV) bench
docs: ; $(DEV) docs
dist: ; $(DEV) dist
