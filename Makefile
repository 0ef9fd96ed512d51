# Everything a person or CI does with this repository. Needs: Python 3.11 or newer, make.
SHELL := /bin/bash
.SHELLFLAGS := -eo pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test check browser components bench bench-assume mutate serve format lock audit clean

help:  ## what can be done
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: $(RUN_READY)  ## run the Italian market day; writes out/italy
	@echo "==> Running the Italian market day"
	@$(BIN)/platone demo italy

serve: $(RUN_READY)  ## serve everything on https://127.0.0.1:8443
	@$(BIN)/platone serve

test: check browser components  ## check everything, then run all tests
	@echo "==> Running the tests, in two halves side by side"
	@$(BIN)/python tools/two_halves.py

check: $(DEV_READY) audit  ## what CI checks besides the tests
	@echo "==> Checking format and lint (ruff)"
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@echo "==> Checking types (mypy --strict)"
	@$(BIN)/mypy --no-error-summary
	@echo "==> Checking the walls between contexts (import-linter)"
	@$(BIN)/lint-imports --no-cache | tail -n 3
	@echo "==> Looking for dead code (vulture)"
	@$(BIN)/python tools/dead_code.py
	@echo "==> Checking sizes, duplicates, licences and the pages of the documentation"
	@$(BIN)/python -m pytest tests/architecture tests/unit/docs

browser: $(DEV_READY)  ## find Chromium for the tests of pages, or install it
	@echo "==> Looking for a browser"
	@$(BIN)/python tools/browser.py

components: $(DEV_READY)  ## find the programs of some tests (Mosquitto, promtool, Kafka, anvil), or fetch them
	@echo "==> Looking for Mosquitto, promtool and Kafka"
	@$(BIN)/python tools/component.py

audit: $(DEV_READY)  ## look the pinned dependencies up in the advisory database
	@echo "==> Auditing dependencies (pip-audit)"
	@$(BIN)/python tools/audit.py requirements/run.txt

bench: $(DEV_READY)  ## measure beside the bare limits; writes out/bench
	@echo "==> Measuring"
	@$(BIN)/python -m benchmarks

bench-assume: $(DEV_READY)  ## measure beside ASSUME, in an environment of its own (AGPL: never the product's)
	@echo "==> Installing ASSUME into out/bench/assume"
	@$(BIN)/python -m benchmarks.clearing_assume
	@$(BIN)/python -m benchmarks clearing_assume

mutate: $(DEV_READY)  ## change the code a little and see what no test notices; MODULE=outbox
	@echo "==> Changing the code a little, and looking whether a test notices"
	@$(BIN)/python tools/mutate.py $(MODULE)

format: $(DEV_READY)  ## format the code and mend what can be mended
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
  --prerelease=if-necessary-or-explicit --custom-compile-command "make lock" pyproject.toml

lock:  ## pin the dependencies anew (needs uv)
	$(LOCK) --extra all --group dev -o requirements/dev.txt
	$(LOCK) --extra server -c requirements/dev.txt -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --group build -c requirements/dev.txt -o requirements/build.txt \
	  --custom-compile-command "make lock"

clean:  ## remove the environment and all output
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .hypothesis

# An environment counts as ready only when its last step has run: one that was interrupted is
# made anew, so that both targets work from any state.
$(RUN_READY): requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=…"; exit 1; }
	@echo "==> Setting up $(VENV) (once; about a minute)"
	@rm -f $(RUN_READY) $(DEV_READY)
	@$(PYTHON) -m venv --clear $(VENV)
	@echo "    downloading and installing $$(grep -c '==' requirements/run.txt) packages, about 300 MB: a minute or so"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --require-hashes -r requirements/build.txt
	@echo "    installing platone itself, from this folder"
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_READY): $(RUN_READY) requirements/dev.txt
	@echo "==> Adding the tools of tests and checks (once; about a minute)"
	@rm -f $(DEV_READY)
	@echo "    downloading and installing the rest of $$(grep -c '==' requirements/dev.txt) packages, about 600 MB"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
