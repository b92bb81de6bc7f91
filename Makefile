# Donebook's commands; `make help` lists them. Each does what set-up it needs, once.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test chaos scale bench check check-server check-web dev build openapi tools setup clean

BIN := .venv/bin
PYTHON_SOURCES := src migrations tests bench
WEB_SOURCES := $(shell find frontend -not -path '*/node_modules*' -not -path '*/dist*' -type f 2>/dev/null)
NPM := PATH="$$PWD/$(BIN):$$PATH" npm --prefix frontend

# Two of the tests' files at a time, in the order of their names.
AT_ONCE := --numprocesses 2 --dist loadfile --no-loadscope-reorder

# uv where it works, else one of our own, fetched with whatever Python there is.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .cache/uv/bin/uv)

PYTHON := $(shell cat .python-version)

help:  ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name what; do printf '  make %-10s %s\n' "$$name" "$$what"; done

run: build  ## Serve the web app and the API on http://127.0.0.1:8000, on a Postgres of its own
	@exec $(BIN)/donebook serve

test: setup  ## Everything that a change must pass
	@$(MAKE) --no-print-directory -j 3 check tools
	@exec $(BIN)/pytest $(AT_ONCE)

chaos: setup  ## Kill the server and the database again and again, and count what is lost; an hour
	@.ci/pgbouncer >/dev/null || :
	$(BIN)/python -m tests.chaos --rounds 20
	$(BIN)/python -m tests.chaos.full
	$(BIN)/python -m tests.chaos.disks
	$(BIN)/python -m tests.chaos.followers

scale: setup  ## Time all that reads among a million tasks; a quarter of an hour
	$(BIN)/python -m tests.scale

bench: build  ## Measure Donebook and what people would use instead, into bench/results.md; an hour, on an idle machine
	$(BIN)/pytest tests/speed
	$(BIN)/python -m bench

check: check-server check-web  ## Only what reads the code: format, lint, types, layers

check-server: setup
	$(BIN)/ruff format --check $(PYTHON_SOURCES)
	$(BIN)/ruff check $(PYTHON_SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

check-web: build
	$(NPM) run --silent check

dev: build  ## Serve for development: the API restarts and the web app updates on every change
	@trap 'kill $$api 2>/dev/null; wait' EXIT INT TERM; \
	$(BIN)/donebook serve --reload & api=$$!; \
	API_URL="http://127.0.0.1:$${PORT:-8000}" $(NPM) run --silent dev

build: frontend/dist/index.html  ## Build the web app

openapi: setup  ## Write the OpenAPI document and the web client's types from the code
	$(BIN)/donebook schema openapi --output frontend/openapi.json
	$(NPM) run --silent generate

tools: setup  ## Have what the tests need beside Donebook, such as a browser
	@.ci/tools

setup: .venv/.synced frontend/node_modules/.installed  ## Install what is locked

clean:  ## Remove what was installed and built; the data stays
	rm -rf .venv .cache frontend/node_modules frontend/dist

.cache/uv/bin/uv:
	@echo "Fetching uv (once, into .cache/uv)"
	@for python in python3 python; do \
		if $$python -m pip --version >/dev/null 2>&1; then \
			exec $$python -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action ignore --target .cache/uv uv; \
		fi; \
	done; \
	echo "Donebook needs uv, or a Python with pip to fetch it: https://docs.astral.sh/uv/getting-started/installation/" >&2; exit 1

ifneq ($(UV),uv)
.venv/.synced: | $(UV)
endif
.venv/.synced: pyproject.toml uv.lock
	@if ! $(UV) python find >/dev/null 2>&1; then \
		echo "Fetching Python $(PYTHON) (once, into uv's own folder)"; \
		$(UV) venv --quiet --allow-existing >/dev/null 2>&1 || { \
			echo "Donebook needs Python $(PYTHON), or internet for uv to fetch it: https://docs.astral.sh/uv/guides/install-python/" >&2; exit 1; }; \
	fi
	@$(UV) sync --locked --quiet
	@touch $@

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json | .venv/.synced
	@echo "Installing what the web app is built with"
	@$(NPM) ci --loglevel=error --no-progress
	@touch $@

frontend/dist/index.html: frontend/node_modules/.installed $(WEB_SOURCES)
	@echo "Building the web app"
	@$(NPM) run --silent build
	@touch $@
