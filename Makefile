# Each command sets up what it needs in .venv, and finds it there the next time. One after the other: all share .venv.
.NOTPARALLEL:

# A Python from 3.10 on, to make .venv with.
PYTHON ?= python3
# The Pythons to measure on, as in "3.11 3.13"; all that are found where it is empty.
PYTHONS ?=
# This machine's name in the results; that of its CPU model where it is empty.
MACHINE ?=
# The numbers of workers of make scaling.
WORKERS ?= 1 2 4 8 16
# The commits whose results are filled in, as git rev-list takes them.
RANGE ?= HEAD
# Anything, for the whole catalogue of benchmarks instead of its core.
ALL ?=
# How long the pairs of make bench and make history may take for each commit and Python, as in 20m.
BUDGET ?=
# What make gate compares HEAD with.
BASE ?= main
# How long make recording and make trials go on, as in 3m; to the end where it is empty.
FOR ?=

RECORDING := docs/gate/recording.jsonl
# Its benchmarks: the four strategies that every workload has, with as many workers as this has CPUs.
RECORDED := ^(?!engines\.).*\.time_run\('(serial', 1|threaded', 2|pool', 2|shared', 2)\)

# The run that the tables of docs/results.md and the text beside them are of.
SHOWN := --machine intel-xeon-2cpu-paired --commit fb3ddf8f

# The tests of make test-engines: those of the engines, and of clusters.
ENGINES := mpire or dask or ray or connect or executor

BENCH = $(BIN)/python -m tools.bench --pythons "$(PYTHONS)" --machine "$(MACHINE)" $(if $(ALL),--all) $(if $(BUDGET),--budget $(BUDGET))
SPHINX = $(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --fresh-env --quiet
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Where the Python of .venv is gone or another one, what was set up with it is set up anew.
$(shell [ ! -d $(BIN) ] || $(BIN)/python -c '' 2>/dev/null || rm -f $(addprefix .venv/,kernels suite engines test docs dev))

.PHONY: help bench history results-get results-keep offline publish preview browser test test-kernels test-engines slow chaos stress lint dist docs docs-check docs-numbers other-tools site cost quoted figures engines efficiency scaling loops gil noise gate recording calibrate trials planted clean
.DELETE_ON_ERROR:

help:  ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

bench: .venv/suite offline  ## measure HEAD on every Python found (or PYTHONS="3.11 3.13"), its core or ALL=1, and publish
	@$(BENCH)

history: .venv/suite offline  ## the same for the commits of RANGE=main~5..main that change kernels and have no results yet
	@$(BENCH) "$(RANGE)"

results-get: .venv/suite  ## write the results that the branch asv-results of origin has beside those here
	@$(BIN)/asv-gate results get

results-keep: .venv/suite  ## commit the results here that HEAD does not have to the branch asv-results, and push it
	@$(BIN)/asv-gate results keep

publish: .venv/suite offline  ## make the HTML report of all results
	@$(BIN)/python -m asv publish

preview: .venv/suite  ## serve the report, and open it in a browser
	@$(BIN)/python -m asv preview --browser

# What the published page would else load from a network. Without it the page says so, and the rest goes on.
offline: .venv/suite
	@$(BIN)/python -m tools.vendor || true

browser: .venv/test  ## install a browser for the tests of published pages, which are skipped without one
	@$(BIN)/python scaling/tests/browsers.py

test: .venv/test offline  ## run the tests of all three distributions and of the repository
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

test-kernels: .venv/kernels  ## run the tests of the package kernels, and set up no more than these need
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder --ignore tests/repository tests

slow: .venv/test offline  ## run the tests in full of which make test runs a part: all start methods and combinations
	SLOW=1 $(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder tests gate/tests scaling/tests

test-engines: .venv/engines  ## take mpire, Dask and Ray through all tests of strategies, for some minutes
	ALL_OF_ENGINES=1 REQUIRE_ENGINES=1 $(BIN)/python -m pytest -k "$(ENGINES)" tests/test_slow_engines.py \
		tests/test_connect.py tests/test_endings.py tests/test_teams.py tests/test_few_items.py tests/test_chaos.py

chaos: .venv/test  ## kill, close, fill and forbid things at random moments, some hundred times
	CHAOS_ROUNDS=400 $(BIN)/python -m pytest tests/test_chaos.py
	CHAOS_ROUNDS=200 $(BIN)/python -m pytest gate/tests/test_gate_chaos.py

stress: .venv/kernels  ## have many threads open, run and close teams at the same time, for some minutes
	STRESS_ROUNDS=300 $(BIN)/python -m pytest tests/test_free_threading.py

lint: .venv/dev  ## check style, types and the workflows of CI
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy gate/tests/conftest.py
	$(BIN)/mypy scaling/tests/conftest.py
	$(BIN)/zizmor --offline --quiet .github action.yml

dist: .venv/dev offline  ## build the three distributions, and test each wheel alone in an empty environment
	rm -rf dist
	for each in . gate scaling; do $(BIN)/python -m build --outdir dist $$each >/dev/null || exit 1; done
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python -m tools.release

docs: .venv/docs  ## build the documentation into .asv/docs; a warning or a broken link is an error
	@$(SPHINX) docs .asv/docs
	@echo 'The documentation is .asv/docs/index.html.'

docs-check: .venv/test  ## run every program of the documentation, the slow ones too, and say which numbers are stale
	SLOW=1 $(BIN)/python -m pytest --timeout 900 docs tests/repository/test_docs.py tests/repository/test_docs_commands.py \
		tests/repository/test_messages.py tests/repository/test_numbers.py tests/repository/test_site.py
	$(BIN)/python -m tools.page_numbers

# Which need a Python from 3.12 on, and other versions of NumPy and SciPy than asv-gate may have.
OTHERS := .asv/others
other-tools: .venv/test  ## install other tools for asv's results (asv-spyglass, Otava) with OTHERS_PYTHON=python3.13, and test that they read ours
	@[ -x $(OTHERS)/bin/otava ] || { $(or $(OTHERS_PYTHON),$(PYTHON)) -m venv --clear $(OTHERS) && \
		$(OTHERS)/bin/python -m pip install --quiet 'asv-spyglass>=0.3' 'apache-otava>=0.8'; }
	OTHER_TOOLS='$(CURDIR)/$(OTHERS)/bin' $(BIN)/python -m pytest tests/repository/test_other_tools.py

docs-numbers: .venv/test  ## run the programs of the documentation on an idle machine, and write what they print into the pages
	UPDATE=1 $(BIN)/python -m pytest docs/tutorials docs/explanation docs/how-to

site: .venv/docs publish  ## build what is published on the web into .asv/site: the documentation, and the report in it
	@rm -rf .asv/site
	@$(SPHINX) --tag site docs .asv/site
	@cp -R .asv/html .asv/site/report

cost: .venv/test  ## measure what the Scaling page adds to publishing, on a large made-up tree of results
	$(BIN)/python scaling/tests/cost.py

quoted: publish .venv/test  ## write what README and docs/results.md have of the results: tables, pictures and outputs
	$(BIN)/python -m asv_scaling export $(SHOWN) --format svg --into docs/results.md docs/scaling
	$(BIN)/python -m tools.quoted

figures: quoted  ## the same, and draw the other pictures of the docs anew
	$(BIN)/python -m kernels compare polynomial --size L --plot docs/polynomial.svg
	$(BIN)/python -m tools.diagrams

noise: publish  ## how much the committed results vary where nothing changed, and what the report's pages list
	@$(BIN)/python -m tools.noise --report .asv/html
	@$(BIN)/python -m tools.noise --results docs/history/first --again docs/history/again
	@$(BIN)/python -m tools.noise --since fb3ddf8f --again docs/history/unmoved
	@$(BIN)/python -m tools.noise --results docs/history/beside

gate: .venv/suite  ## compare BASE=main with HEAD, and fail where something is slower
	$(BIN)/asv-gate run "$(BASE)"

recording: .venv/suite  ## make the A/A recording for the gate's calibration, for FOR=3m; the same command goes on
	$(BIN)/asv-gate record $(RECORDING) --bench "$(RECORDED)" $(if $(FOR),--for $(FOR))

calibrate: .venv/suite  ## how often the gate is wrong and what it finds, by replay of the A/A recording
	$(BIN)/asv-gate calibrate $(RECORDING)

trials: .venv/suite  ## run the gate and asv continuous on known changes, for FOR=40m; the same command goes on
	@$(BIN)/python -m tools.trials $(if $(FOR),--for $(FOR))

planted: .venv/suite  ## measure a history of commits that are known to be slower: what of them does the Changes page list?
	@$(BIN)/python -m tools.planted $(if $(BUDGET),--budget $(BUDGET))

engines: .venv/engines  ## compare the engines with pool and shared on four workloads, into docs/engines.md
	@$(BIN)/python -m tools.engines

efficiency: .venv/suite  ## measure the efficiencies in docs/results.md anew (PYTHONS="3.13 3.14"); resumes where it was stopped
	@$(BIN)/python -m tools.efficiency --pythons "$(PYTHONS)"

# Without .venv, which takes a network: PYTHON must have NumPy and SciPy.
scaling:  ## compare every workload with WORKERS="1 2 4 8 16" on a machine with many CPUs, into docs/scaling
	@$(PYTHON) -m tools.scaling --workers "$(WORKERS)" --machine "$(MACHINE)"

loops: .venv/test  ## try what kernels.compare advises on ten functions, and what going through it costs; some minutes
	$(BIN)/python -m tools.own_loops

gil: .venv/suite  ## measure threads without a GIL against processes with one (PYTHONS="3.13 3.13t"); resumes where it was stopped
	@$(BIN)/python -m tools.gil --pythons "$(PYTHONS)"
	@$(BIN)/python -m tools.gil_costs --pythons "$(PYTHONS)"

clean:  ## remove what these commands made, but for the results
	rm -rf .venv .asv .asv-gate dist build */build *.egg-info */*.egg-info scaling/asv_scaling/vendor \
		scaling/tests/output .hypothesis */.hypothesis .mypy_cache .pytest_cache */.pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# What is installed for .venv/kernels, .venv/suite and so on, which are stamps that say that it is. Wheels are
# preferred to newer sources: the newest SciPy has none for some Pythons.
kernels := .[test]
suite := ./gate ./scaling .[suite]
engines := .[test,engines]
test := ./gate[test] ./scaling[test] .[test,dask,plot,suite,docs]
docs := ./gate ./scaling .[docs]
dev := ./gate[test] ./scaling[test] .[test,dask,plot,suite,docs,dev]

.venv/%: pyproject.toml gate/pyproject.toml scaling/pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
			echo 'This needs Python 3.10 or newer, which $(PYTHON) is not: name one, as in make PYTHON=/usr/bin/python3.12' >&2; \
			exit 1; }; \
		echo 'Setting up .venv'; \
		$(PYTHON) -m venv --clear --upgrade-deps .venv >/dev/null; }
	@$(BIN)/python -m pip install --prefer-binary $(foreach each,$($*),--editable '$(each)') >.venv/log 2>&1 || { cat .venv/log >&2; exit 1; }
	@touch $@
