# Each command sets up what it needs in .venv, and finds it there the next time.

# A Python from 3.10 on, to make .venv with.
PYTHON ?= python3
# The Pythons to measure on, as in "3.11 3.13"; all that are found where it is empty.
PYTHONS ?=
# This machine's name in the results; the host's where it is empty.
MACHINE ?=
# The commits whose results are filled in, as git rev-list takes them.
RANGE ?= HEAD

BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

.PHONY: help bench history publish preview test chaos lint figures clean
.DELETE_ON_ERROR:

help:  ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

bench: .venv/suite  ## measure HEAD on every Python that is found (or PYTHONS="3.11 3.13"), and publish
	@$(BIN)/python -m tools.bench --pythons "$(PYTHONS)" --machine "$(MACHINE)"

history: .venv/suite  ## the same for the commits of RANGE=main~5..main that have no results yet
	@$(BIN)/python -m tools.bench --pythons "$(PYTHONS)" --machine "$(MACHINE)" "$(RANGE)"

publish: .venv/suite  ## make the HTML report of all results
	@$(BIN)/python -m asv publish

preview: .venv/suite  ## serve the report, and open it in a browser
	@$(BIN)/python -m asv preview --browser

test: .venv/test  ## run the tests
	$(BIN)/python -m pytest

chaos: .venv/test  ## kill workers at random moments, some hundred times
	CHAOS_ROUNDS=400 $(BIN)/python -m pytest tests/test_chaos.py

lint: .venv/dev  ## check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

figures: .venv/test  ## draw the pictures of the docs anew
	$(BIN)/python -m kernels compare polynomial --size L --plot docs/polynomial.svg

clean:  ## remove what these commands made, but for the results
	rm -rf .venv .asv build *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache

# .venv/suite, .venv/test and .venv/dev: stamps that say that this extra is installed.
.venv/%: pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
			echo 'This needs Python 3.10 or newer, which $(PYTHON) is not: name one, as in make PYTHON=/usr/bin/python3.12' >&2; \
			exit 1; }; \
		echo 'Setting up .venv'; \
		$(PYTHON) -m venv --clear --upgrade-deps .venv >/dev/null; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@
