# The commands of this project. `make` without a target lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup run test check fmt lint types imports bench attacks torture rolling chart golden audit rehearse sbom pins screenshots noise budgets sdks docs lock clean

BIN := .venv/bin
STAMP := .venv/.made-from-lock
CHART_LOCK := tests/chart/requirements.lock
CHART_STAMP := .venv/.made-from-chart-lock
CHECKOV_STAMP := .venv-checkov/.made-from-pins
PIP_AUDIT_STAMP := .venv-audit/.made-from-pins
SDKS := tests/core/verification/sdks.txt
SDKS_BIN := .venv-sdks/bin
SDKS_STAMP := .venv-sdks/.made-from-lock
UV := $(shell command -v uv 2>/dev/null)
# The first Python 3.11 or newer on PATH.
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## create .venv from the lock (with uv if installed, otherwise with pip)
	@:

$(STAMP): pyproject.toml uv.lock requirements.lock
ifneq ($(UV),)
	@$(UV) sync --quiet --locked --all-extras
else ifneq ($(PYTHON),)
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv || { \
		echo "Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv), or install uv." >&2; exit 1; }
	@# An environment created by uv has no pip. Add pip rather than recreate an environment that may be in use.
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@echo "Installing requirements.lock into .venv; the first time this takes about a minute."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --editable .
else
	@echo "Python 3.11 or newer is required, but none of python3, python3.13, python3.12, python3.11 and python3.14 is." >&2
	@echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or install uv: https://docs.astral.sh/uv/" >&2
	@exit 1
endif
	@touch $(STAMP)

run: setup ## run the whole relay here, with a local stand-in for Gong; Ctrl-C stops it
	@$(BIN)/gong-relay up

test: lint types imports $(CHART_STAMP) ## run every check, then every test
	@$(BIN)/pytest

check: lint types imports $(CHART_STAMP) ## run every check and the fast tests
	@$(BIN)/pytest -m "not slow and not browser"

fmt: setup ## format the code
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format

lint: setup ## check style and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: setup ## check types
	@$(BIN)/mypy

imports: setup ## check the import contracts
	@$(BIN)/lint-imports

bench: setup ## run all benchmarks
	@$(BIN)/python -m bench.ingest
	@$(BIN)/python -m bench.delivery
	@$(BIN)/python -m bench.batch
	@$(BIN)/python -m bench.fleet
	@$(BIN)/python -m bench.fleet --companies 20 --workers 1
	@$(BIN)/python -m bench.quiet
	@$(BIN)/python -m bench.memory
	@$(BIN)/python -m bench.depth
	@$(BIN)/python -m bench.pages
	@$(BIN)/python -m bench.attacks

attacks: setup ## attack one web process, and print its silences and its memory
	@$(BIN)/python -m bench.attacks

rolling: setup ## restart web and worker in turn under load for five minutes, and count lost events
	@$(BIN)/python -m bench.rolling

torture: setup ## kill every process repeatedly under load, and count lost events
	@$(BIN)/python -m bench.torture

chart: setup ## generate the chart's values.yaml and README from its schema
	@$(BIN)/python -m tests.chart.printed

docs: setup ## print the tables of docs/errors.md from the code
	@$(BIN)/python -m tests.truth.error_page

golden: $(CHART_STAMP) ## render the chart's value files again; review the result as a diff
	@$(BIN)/python -m tests.chart.golden

# Helm as a library and the schemas of nine Kubernetes versions: 400 MB that the relay itself does not need.
$(CHART_STAMP): $(STAMP) $(CHART_LOCK)
	@echo "Installing the requirements of the chart's tests into .venv; the first time this takes half a minute."
ifneq ($(UV),)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $(CHART_LOCK)
else
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r $(CHART_LOCK)
endif
	@touch $(CHART_STAMP)

audit: $(CHART_STAMP) $(CHECKOV_STAMP) $(PIP_AUDIT_STAMP) ## check the chart and the Dockerfile with checkov, the locks with pip-audit
	@RELAY_REQUIRE_CHECKOV=1 $(BIN)/pytest tests/chart/test_chart_audit.py tests/chart/test_vulnerabilities.py
	@$(BIN)/python -m tests.chart.vulnerabilities

$(PIP_AUDIT_STAMP): $(STAMP) tests/chart/pip-audit.txt
	@$(BIN)/python -m venv --clear .venv-audit
	@.venv-audit/bin/python -m pip install -qq --disable-pip-version-check -r tests/chart/pip-audit.txt
	@touch $(PIP_AUDIT_STAMP)

$(CHECKOV_STAMP): $(STAMP) tests/chart/checkov.txt
	@$(BIN)/python -m venv --clear .venv-checkov
	@echo "Installing checkov into .venv-checkov; this takes a minute."
	@.venv-checkov/bin/python -m pip install -qq --disable-pip-version-check -r tests/chart/checkov.txt
	@touch $(CHECKOV_STAMP)

rehearse: $(CHART_STAMP) ## build and run the image's content without a container engine (needs root)
	@RELAY_REQUIRE_IMAGE=1 $(BIN)/pytest tests/chart/test_image_rehearsed.py

pins: setup ## list the images without a digest; before a release there must be none
	@$(BIN)/python -m tests.chart.digests

sbom: setup ## write the wheel's bill of materials (CycloneDX) to dist, and compare it with the lock
	@$(BIN)/python -m tests.chart.sbom

screenshots: setup ## take the dashboard's screenshots for the docs again (needs Chromium)
	@$(BIN)/python -m tests.browser.screenshots

noise: setup ## send 100,000 random requests to each signature scheme, and search for inputs that parsers are slow on
	@NOISE_INPUTS=100000 $(BIN)/pytest tests/core/verification/test_verification_random_requests.py
	@NOISE_BUDGETS=3000 $(BIN)/pytest tests/budgets/test_budget_search.py

budgets: setup ## measure the CPU time and memory of all parsers, and print the table in docs/threat-model.md
	@$(BIN)/python -m tests.budgets

sdks: $(SDKS_STAMP) ## compare the verifier with the vendors' own libraries
	@SDKS_REQUIRED=1 $(SDKS_BIN)/python -m pytest tests/core/verification/test_verification_vendor_libraries.py

# The vendors' libraries bring about forty packages that nothing else needs, so they get their own environment.
$(SDKS_STAMP): $(STAMP) $(SDKS)
	@$(BIN)/python -m venv --clear .venv-sdks
	@echo "Installing the vendors' libraries into .venv-sdks; this takes a minute."
	@$(SDKS_BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(SDKS_BIN)/python -m pip install -qq --disable-pip-version-check --editable . -r $(SDKS)
	@touch $(SDKS_STAMP)

lock: ## update every lock file from pyproject.toml (needs uv)
	uv lock
	uv export --quiet --all-extras --format requirements.txt --no-emit-project -o requirements.lock
	uv export --quiet --no-dev --extra otel --extra oidc --format requirements.txt --no-emit-project -o docker/runtime.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 docker/build.in -o docker/build.lock
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 -c requirements.lock \
		tests/chart/requirements.in -o $(CHART_LOCK)

clean: ## remove .venv and the caches of tools (never .relay, which holds events)
	rm -rf .venv .venv-sdks .venv-checkov .venv-audit .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
