# Everything runs in .venv, which the first target that needs it makes. A second run of a target installs nothing.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
PIP := $(RUN)/python -m pip --disable-pip-version-check --quiet

export PIP_ROOT_USER_ACTION := ignore
MAKEFLAGS += --no-print-directory

# What each kind of use needs is installed once, and again when pyproject.toml changes. The code itself is used in
# place, so that it need not be installed again when it changes.
PIPPED := $(VENV)/.pip
SANDBOX := $(VENV)/.sandbox
DEV := $(VENV)/.dev

.PHONY: help
help:
	@echo 'make demo       a sandbox, a mess, a plan, an apply, and a second plan that is empty'
	@echo 'make test       lint, and every test but the slow ones'
	@echo 'make test-slow  the slow tests: every point of a kill, clients from npm'
	@echo 'make test-exhaustive  every fault at every call of every write; the other tests take turns'
	@echo 'make test-all   the first two'
	@echo 'make lint       ruff, mypy and the import contracts'
	@echo 'make format     let ruff mend what it can'
	@echo 'make schemas    write schemas/ and docs/declarations.md from the models again'
	@echo 'make bench      the benchmarks'
	@echo 'make clean      remove .venv and every cache'

.PHONY: demo
demo: $(SANDBOX)
	@$(RUN)/guestlist sandbox demo

.PHONY: test
test: lint
	$(RUN)/pytest -n 2 --dist loadfile -m 'not slow and not exhaustive'

.PHONY: test-slow
test-slow: $(DEV)
	$(RUN)/pytest -n 2 --dist loadfile -m slow

.PHONY: test-exhaustive
test-exhaustive: $(DEV)
	$(RUN)/pytest -n 2 -m exhaustive

.PHONY: test-all
test-all: test test-slow

.PHONY: lint
lint: $(DEV)
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

.PHONY: format
format: $(DEV)
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

.PHONY: schemas
schemas: $(DEV)
	$(RUN)/guestlist generate schema
	$(RUN)/guestlist generate reference

.PHONY: bench
bench: $(DEV)
	$(RUN)/python -m benchmarks

.PHONY: clean
clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A venv without pip first: Debian's Python has no ensurepip unless python3-venv is installed, but its pip can reach in.
$(RUN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "guestlist needs Python 3.11 or later, and $(PYTHON) is not: name another one with make PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -m venv --clear --without-pip $(VENV)

$(PIPPED): $(RUN)/python
	@echo 'Installing into $(VENV) …'
	@$(RUN)/python -m ensurepip >/dev/null 2>&1 || $(PYTHON) -m pip --python $(RUN)/python install --quiet pip
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

$(SANDBOX): pyproject.toml $(PIPPED)
	@$(PIP) install --editable '.[sandbox]'
	@touch $@

$(DEV): pyproject.toml $(SANDBOX)
	@$(PIP) install --group dev
	@touch $@
