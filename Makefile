# One command per intent. `make help` lists them.

PYTHON ?=
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
SANDBOX_PORT ?= 8090
JOBS ?= auto
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := build/lock/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-header --no-annotate $(if $(UPGRADE),--upgrade)
PROTOCOLS := $(wildcard eligibility/protocols/*.yaml)

.DEFAULT_GOAL := help
.PHONY: help run sandbox test coverage check lock pages picture chromium clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  Variables: PORT (8000), HOST (127.0.0.1), SANDBOX_PORT (8090), PYTHON (an interpreter 3.11 to 3.13), VENV (.venv),'
	@echo '             JOBS (auto: test processes), ARGS (more arguments for pytest), UPGRADE=1 (for lock)'

run: $(VENV)/.installed-run ## set everything up and serve, with demonstration patients
	@exec $(BIN)/trialcards serve --host $(HOST) --port $(PORT) $(if $(filter 127.% localhost ::1,$(HOST)),--open)

sandbox: $(VENV)/.installed-dev ## start HAPI FHIR with demonstration patients (needs a JDK and Maven)
	@exec $(BIN)/python -m sandbox --port $(SANDBOX_PORT)

test: $(VENV)/.installed-dev build/servers/.installed chromium ## set everything up and run all tests
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

coverage: $(VENV)/.installed-dev build/servers/.installed chromium ## run all tests and tell which lines they reach
	$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term-missing:skip-covered $(ARGS)

check: $(VENV)/.installed-dev ## lint, layout, types, import rules, and the bundled protocols
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/trialcards protocols check $(PROTOCOLS)

lock: build/lock/.installed ## make requirements/*.txt anew (UPGRADE=1: with newer versions)
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) pyproject.toml --extra dev --extra spark -c requirements/run.txt -o requirements/dev.txt
	$(COMPILE) requirements/build.in -c requirements/dev.txt -o requirements/build.txt
	$(COMPILE) requirements/lock.in -o requirements/lock.txt
	$(COMPILE) requirements/servers.in -o requirements/servers.txt

pages: $(VENV)/.installed-run ## write docs/clinical-readings.md anew, from the protocols
	$(BIN)/python scripts/protocol_pages.py

picture: $(VENV)/.installed-dev chromium ## take the pictures of docs/images anew, in a browser
	$(BIN)/python -m pytest tests/browser/test_pictures.py --pictures docs/images

clean: ## remove the virtual environment and everything that was built
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
	if [ -f '$(VENV)/pyvenv.cfg' ]; then rm -rf '$(VENV)'; fi

$(VENV)/pyvenv.cfg:
	@python="$$(scripts/find-python '$(PYTHON)')" && echo "Setting up $(VENV) with $$python …" \
		&& "$$python" -m venv '$(VENV)'

# The stamps stand for "what this lock names is installed", so that a second `make run` starts at once.
$(VENV)/.installed-run: $(VENV)/pyvenv.cfg requirements/run.txt requirements/build.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements/build.txt -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-run requirements/dev.txt
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# No stamp: what is installed on the machine may be gone since.
chromium:
	@scripts/install-chromium

build/lock/.installed: requirements/lock.txt
	@python="$$(scripts/find-python '$(PYTHON)')" && "$$python" -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/lock.txt
	@touch $@

# A FHIR server to test against, in an environment of its own: docs/dependencies.md.
build/servers/.installed: requirements/servers.txt
	@python="$$(scripts/find-python '$(PYTHON)')" && "$$python" -m venv build/servers
	build/servers/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/servers.txt
	@touch $@
