# One command for everything. `make install` is what the others call first; it does nothing when nothing changed.
.DEFAULT_GOAL := help
.PHONY: help install demo test check fix types bench faults serve docs lock clean

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .venv/bin/uv)
BIN := .venv/bin
STAMP := .venv/.installed
TESTED := .venv/.tested
WHAT_IS_TESTED = $(shell find src tests bench configs docs web README.md pyproject.toml -type f -not -path '*/__pycache__/*')

help: ## what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## set up .venv with the locked dependencies and this checkout

$(STAMP): requirements.lock pyproject.toml hatch_build.py web/package-lock.json
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@command -v uv >/dev/null 2>&1 || test -x .venv/bin/uv || $(BIN)/python -m pip install --quiet uv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@command -v uv >/dev/null 2>&1 || test -x .venv/bin/uv || $(BIN)/python -m pip install --quiet uv
	@touch $(STAMP)

demo: install ## the main job on the embedded model: validate, test, evaluate, compare
	@$(BIN)/loom demo

test: install ## the tests that need nothing but this checkout
	@$(BIN)/pytest -q
	@touch $(TESTED)

check: install ## format, lint, types, layers, dependencies, and the tests unless they passed on just this content
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/deptry src
	@$(BIN)/pyright
	@$(MAKE) --no-print-directory $(TESTED)

$(TESTED): $(STAMP) $(WHAT_IS_TESTED)
	@$(BIN)/pytest -q
	@touch $@

fix: install ## format and mend what can be mended mechanically
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: install ## the hot paths beside their peers and limits
	@$(BIN)/python -m bench

faults: install ## kill, cut, fill and starve it; the checker judges
	@$(BIN)/pytest -q tests/faults -m faults

serve: install ## the Workshop, filled with runs of the simulated model
	@$(BIN)/loom workshop --demo

docs: install ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lock: ## refresh requirements.lock from pyproject.toml
	@$(UV) pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes --no-annotate --no-header --quiet -o requirements.lock

clean: ## remove what was built or cached
	@rm -rf .venv .venv-peers dist build site .pytest_cache .ruff_cache .hypothesis
