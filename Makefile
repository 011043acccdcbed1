# The hub's verbs. `make help` lists them. Nothing is needed but Python 3.11+, make and a package index.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest
# Who starts Python for each command and test must not compile everything anew: two thirds of a start.
export PYTHONDONTWRITEBYTECODE :=
CODE := hub schema connectors audit scoring openapi tests examples

.PHONY: help dev demo test test-fast test-all check format golden bench prove screenshots lock clean

help: ## Say what each target does
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "The hub needs Python 3.11 or newer; none was found on PATH."; exit 1; }
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .
	@touch $@

dev: $(READY) ## Set up the virtual environment

demo: $(READY) ## Run the main job end to end and keep serving (CHECK=1: check the outcome and exit)
	@$(BIN)/hub demo $(if $(CHECK),--check) $(if $(HOUSEHOLDS),--households $(HOUSEHOLDS))

test: $(READY) ## Run the tests
	@$(PYTEST) -q -m "not prove and not extra"

test-fast: $(READY) ## Run the tests that need no database
	@$(PYTEST) -q tests/unit

# A browser's event loop disturbs the tests that come after it in its own process. The others go in
# two halves side by side, as long as each other; that of the second is told when both have ended.
CUSTODY := tests/integration/custody
OTHERS := $(filter-out tests/browser/ tests/integration/,$(sort $(wildcard tests/*/))) $(CUSTODY)
SLOWEST := --durations=15 --durations-min=10
test-all: $(READY) ## Run the tests, and those that need more than Python (they skip with a reason)
	@status=0; told=$$(mktemp -d); \
	 $(PYTEST) -q -m "not prove" tests/browser || status=$$?; \
	 $(PYTEST) -q -m "not prove" $(SLOWEST) --basetemp=$$told/others $(OTHERS) \
	   > $$told/others.txt 2>&1 & others=$$!; \
	 $(PYTEST) -q -m "not prove" $(SLOWEST) --basetemp=$$told/integration tests/integration \
	   --ignore=$(CUSTODY) || status=$$?; \
	 wait $$others || status=$$?; cat $$told/others.txt; rm -rf $$told; exit $$status

check: $(READY) ## Format, lint, types, layers
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(READY) ## Put the code into form
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix-only --quiet $(CODE)

golden: $(READY) ## Rewrite golden files and generated documents; read the difference before committing
	@HUB_GOLDEN=write $(PYTEST) -q -p no:randomly tests/golden tests/contract tests/integration/query/test_golden.py

bench: $(READY) ## Measure, and print the tables of docs/performance.md
	@$(BIN)/python -m tests.bench

prove: $(READY) ## The long campaigns: kill loops, leak search at full size, generated operations
	@$(PYTEST) -q -s -m prove --timeout 3600

screenshots: $(READY) ## Make docs/screens/ anew from a running demonstration (HUB=its address)
	@$(BIN)/python -m tests.browser.screenshots $(or $(HUB),http://127.0.0.1:8700)

lock: $(READY) ## Resolve the requirements anew, with hashes and without hosts
	@for set in base dev; do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	    --upgrade pyproject.toml $$( [ $$set = dev ] && echo --extra dev ) -o requirements/$$set.txt; done
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  --upgrade requirements/bootstrap.in -o requirements/bootstrap.txt

clean: ## Remove what was set up here (not the data in .hub)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/bench/postgraphile/{.node,node_modules}
