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
OUTER_PATH := $(PATH)
export PATH := $(CURDIR)/$(VENV)/bin:$(OUTER_PATH)
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

# What `make test` and `make demo` install is pinned and hashed here; `make lock` renews it. Without a LOCK the newest
# versions that pyproject.toml allows are installed.
LOCKS := tests/locks
LOCK := test
LOCK_FILE := $(if $(LOCK),$(LOCKS)/$(LOCK).txt)
INSTALL_LOCKED := python -m pip install --quiet --no-compile --no-deps --require-hashes --requirement

# The tests need more than the demo; each is installed in one go.
INSTALLED := $(VENV)/$(if $(filter demo,$(MAKECMDGOALS)),.demo,.test)
# The front end is built here, once, and not by the build hook, which would install all its packages a second time.
# The directory is named in pyproject.toml, so it must be there; what is in it is copied below.
INSTALL := mkdir -p $(dir $(LABEXTENSION)) && SKIP_JUPYTER_BUILDER=1 python -m pip install --quiet --no-compile --no-build-isolation

SOURCES_TS := $(shell find $(FRONTEND) \( -path '*/node_modules' -o -path '*/lab/lib' \) -prune -o \( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.mjs' \) -print)

.PHONY: help demo test quick check check-python check-frontend test-frontend test-python test-browser test-oldest test-newest lock bench soak mutate format screenshot clean
help:
	@echo "make demo    JupyterLab on 127.0.0.1 with the quickstart notebook"
	@echo "make test    every check and test: Python, TypeScript, notebooks, a real browser"
	@echo "make test-oldest, make test-newest"
	@echo "             the Python tests with the oldest and with the newest versions that pyproject.toml allows"
	@echo "make quick   the checks and tests that take under a minute"
	@echo "make check   formatters, linters and types only"
	@echo "make bench   the benchmarks, as a table and as test-results/bench.json"
	@echo "make soak    160 clients of 8 builds under faults for four minutes, everything compared"
	@echo "make mutate  mutation runs over the store, the hub, the reducers and the client: which small faults no test sees"
	@echo "make format  rewrite the sources the way the checks want them"
	@echo "make lock    renew the lock files in tests/locks"

# A virtual environment of a Python from 3.10 on, and Node from PyPI where the machine has none from 20 on.
$(VENV)/.created: $(LOCKS)/pip.txt $(LOCKS)/node.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "buildwidget needs Python 3.10 or newer; name one with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL_LOCKED) $(LOCKS)/pip.txt
	PATH="$(OUTER_PATH)" node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null \
		|| $(INSTALL_LOCKED) $(LOCKS)/node.txt
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

$(VENV)/.demo: $(LOCKS)/demo.txt $(LOCKS)/pip.txt pyproject.toml jupyter_extension/jupyter-config/jupyter_server_config.d/jupyter_extension.json | $(VENV)/.created
	@echo "Installing buildwidget and what the demo needs"
	rm -f $(VENV)/.test
	python -m tests.locks.sync pip demo
	$(INSTALL) --no-deps --editable .
	touch $@

$(VENV)/.test: $(LOCK_FILE) $(LOCKS)/pip.txt pyproject.toml jupyter_extension/jupyter-config/jupyter_server_config.d/jupyter_extension.json | $(VENV)/.created
	@echo "Installing buildwidget and what the tests need"
	if [ -n "$(LOCK)" ]; then
		python -m tests.locks.sync pip $(LOCK)
		$(INSTALL) --no-deps --editable .
	else
		python -m pip install --quiet --upgrade pip
		python -m pip install --quiet --no-compile --group build
		$(INSTALL) --editable '.[test]'
	fi
	touch $@ $(VENV)/.demo

demo: buildwidget/static/widget.js $(VENV)/.labextension
	@exec jupyter lab --ServerApp.ip=127.0.0.1 --LabApp.default_url=/lab/tree/notebooks/quickstart.ipynb $$([ "$$(id -u)" = 0 ] && echo --allow-root)

# A browser: the one that is found, else Debian's Chromium, else Playwright's own.
$(VENV)/.browser: $(VENV)/.test
	@python -m tests.browser.find_chromium --install
	touch $@

# What one test's JupyterLab has besides, in a directory of its own: with it on the path notebooks are shared.
$(VENV)/.collaboration: $(LOCKS)/collaboration.txt $(VENV)/.test
	@python -m tests.locks.beside collaboration test $(VENV)/collaboration
	touch $@

# What the tests of functions hand work to: joblib and dask, beside the environment so that users need not have them.
$(VENV)/.parallel: $(LOCKS)/parallel.txt $(VENV)/.test
	@python -m tests.locks.beside parallel $(or $(LOCK),test) $(VENV)/parallel
	touch $@

check: check-python check-frontend

check-python: $(VENV)/.test
	@ruff format --check --quiet . || { echo "Run: make format" >&2; exit 1; }
	ruff check --quiet .
	mypy
	mypy --platform win32

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
test: check test-frontend $(VENV)/.browser $(VENV)/.collaboration $(VENV)/.parallel $(VENV)/.labextension buildwidget/static/widget.js
	@echo "Running the tests of Python, the notebooks and the browser side by side"
	$(MAKE) --no-print-directory --output-sync=target test-python test-browser

test-python: $(VENV)/.parallel $(VENV)/.labextension buildwidget/static/widget.js
	@data=$$(mktemp -d); trap 'rm -rf "$$data"' EXIT
	BUILDWIDGET_DATA_DIR=$$data pytest -q -n $(WORKERS) --dist loadfile --nbval notebooks
	pytest -q -n $(WORKERS) --dist loadgroup --ignore tests/browser $(PYTEST_OPTIONS)

# Apart: the browser's driver keeps an event loop running in its process, where no other test's loop could run.
test-browser:
	@pytest -q -n 2 --dist loadfile tests/browser

# The only test about the lock of this environment, for one that is made without.
INSTALLED_TEST := tests/packaging/test_locks.py::test_this_environment_has_exactly_what_its_locks_say

# ipywidgets before 8.1.4 asks traitlets in a deprecated way; warnings are errors in the tests.
OLDEST_WARNINGS := -W 'ignore:Deprecated in traitlets 4.1, use the instance .metadata:DeprecationWarning'

# Each in an environment of its own, as any other Python and other versions would not fit into .venv.
# `make test-oldest PYTHON_OLDEST=/path/to/python3.10` names the Python; else it is looked for.
test-oldest:
	@python=$${PYTHON_OLDEST:-$$($(PYTHON) $(LOCKS)/find_python.py 3.10)} \
		|| { echo "Name one: make $@ PYTHON_OLDEST=/path/to/python3.10" >&2; exit 1; }
	PATH="$(OUTER_PATH)" $(MAKE) --no-print-directory PYTHON="$$python" VENV=.venv-oldest LOCK=oldest \
		PYTEST_OPTIONS="$(OLDEST_WARNINGS)" test-python

test-newest:
	@python=$${PYTHON_NEWEST:-$$($(PYTHON) $(LOCKS)/find_python.py 3.13 3.12 3.11 3.10)} \
		|| { echo "Name one: make $@ PYTHON_NEWEST=/path/to/python3.13" >&2; exit 1; }
	# Anew each time: what is newest changes, and what is no longer needed must not be there.
	rm -rf .venv-newest
	PATH="$(OUTER_PATH)" $(MAKE) --no-print-directory PYTHON="$$python" VENV=.venv-newest LOCK= \
		PYTEST_OPTIONS="--deselect $(INSTALLED_TEST)" test-python

# `make lock` takes the newest versions of all, `make lock UPGRADE=` only what a change of pyproject.toml asks for.
# Settings of this machine's uv are kept out: they would bring other files' hashes, or other versions.
UPGRADE := --upgrade
COMPILE := .venv-lock/bin/uv pip compile --no-config --quiet --universal --python-version 3.10 --generate-hashes \
	--only-binary :all: --custom-compile-command 'make lock' $(UPGRADE)
lock:
	@$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --no-deps --require-hashes --requirement $(LOCKS)/uv.txt
	unset UV_FIND_LINKS UV_INDEX UV_EXTRA_INDEX_URL UV_CONSTRAINT UV_OVERRIDE UV_EXCLUDE_NEWER UV_RESOLUTION UV_PRERELEASE
	for group in pip node uv; do $(COMPILE) --group $$group --output-file $(LOCKS)/$$group.txt; done
	$(COMPILE) pyproject.toml --extra test --group build --output-file $(LOCKS)/test.txt
	for group in collaboration parallel; do
		$(COMPILE) --group $$group --constraint $(LOCKS)/test.txt --output-file $(LOCKS)/$$group.txt
	done
	$(COMPILE) pyproject.toml --extra demo --group build --constraint $(LOCKS)/test.txt --output-file $(LOCKS)/demo.txt
	$(COMPILE) pyproject.toml --extra test --group build --resolution lowest-direct --output-file $(LOCKS)/oldest.txt

bench: $(VENV)/.browser $(VENV)/.labextension buildwidget/static/widget.js
	@mkdir -p test-results
	python -m tests.bench --json test-results/bench.json

# mutmut and Stryker are installed below test-results, apart from everything else. MUTATE names single parts.
mutate: $(VENV)/.test $(FRONTEND)/node_modules/.installed
	@python -m tests.mutate $(MUTATE)

# Fails unless every client has had every event once and in order. SOAK="--seed 7" is that soak again.
soak: $(VENV)/.test
	@python -m tests.soak $(SOAK)

# The picture in the README, taken by the browser tests.
screenshot: $(VENV)/.browser
	@pytest -q tests/browser/test_screenshot.py
	mkdir -p notebooks/images
	cp test-results/build-light-1000.png notebooks/images/build.png

clean:
	rm -rf .venv .venv-oldest .venv-newest .venv-lock $(FRONTEND)/node_modules $(LAB)/node_modules $(LAB)/lib buildwidget/static jupyter_extension/labextension .mypy_cache .ruff_cache .pytest_cache .hypothesis
