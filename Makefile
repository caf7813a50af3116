# Everything a newcomer needs: `make lesson` and `make test`. Both set up .venv from pinned versions first, whose hashes are
# checked (requirements/, all but torch's); the second adds what development needs.
# `make bench` measures beside peers, which get an environment of their own.
PYTHON ?= python3
# Passed to pip, for example to choose another source for torch.
PIP_ARGS ?=
# Passed to `recurra lesson`, for example --take 400.
LESSON_ARGS ?=
# Passed to benchmarks/peers.py, for example --take 200.
BENCH_ARGS ?=
# Passed to pytest.
TEST_ARGS ?=
# Passed to release/check_dist.py, for example --quick.
DIST_ARGS ?=

BIN := .venv/bin

.PHONY: lesson test test-all lint parity docs notebooks tables pictures peers bench pins dist clean

lesson: .venv/ready
	$(BIN)/recurra lesson $(LESSON_ARGS)

# A process for each processor, in an order of its own each time; `make test TEST_ARGS=--randomly-seed=N` repeats one.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 8 --dist worksteal

test: .venv/dev-ready
	$(PYTEST) -m "not slow" $(TEST_ARGS)

# What is slow by nature as well.
test-all: .venv/dev-ready
	$(PYTEST) $(TEST_ARGS)

lint: .venv/dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python benchmarks/readme_tables.py --check
	$(BIN)/python benchmarks/readme_pictures.py --check

# Every kind of model in every way of computing it: the largest difference of a probability, 1 where it is too large.
parity: .venv/dev-ready
	$(BIN)/python -W ignore benchmarks/parity.py --check

# The documentation site, into site/. A warning is an error: a link that leads nowhere, a page that the navigation lacks.
# Not with --quiet, under which --strict passes.
docs: .venv/dev-ready
	$(BIN)/python benchmarks/engine_pictures.py --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "site/index.html"

# Runs the lesson's notebook and stores what it prints and draws, in both languages: some minutes.
notebooks: .venv/dev-ready
	$(BIN)/python examples/execute.py

# Writes the tables of READMEs and docs from benchmarks/results.
tables: .venv/ready
	$(BIN)/python benchmarks/readme_tables.py

# Draws the pictures that no longer show what there is; needs Chromium, and AG News for the reading room's.
pictures: .venv/dev-ready
	$(BIN)/python benchmarks/readme_pictures.py

peers: .venv-peers/ready

# Twice twenty minutes on a machine that should have nothing else to do.
bench: .venv/ready .venv-peers/ready
	$(BIN)/python benchmarks/peers.py --peers-python .venv-peers/bin/python $(BENCH_ARGS)
	$(BIN)/python benchmarks/growth.py --peers-python .venv-peers/bin/python
	$(BIN)/python benchmarks/readme_tables.py

.venv-peers/ready: benchmarks/peers/requirements.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --requirement $< $(PIP_ARGS)
	touch $@

# Then Recurra and torch, of the versions in constraints.txt.
define install
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/build.txt \
		--requirement requirements/$(1).txt $(PIP_ARGS)
	$(BIN)/python -m pip install --quiet --no-build-isolation --constraint constraints.txt --editable '.[$(1)]' $(PIP_ARGS)
endef

.venv/ready: pyproject.toml constraints.txt requirements/build.txt requirements/all.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Recurra needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(call install,all)
	touch $@

.venv/dev-ready: .venv/ready requirements/dev.txt
	$(call install,dev)
	touch $@

.venv-release/ready: requirements/release.txt
	$(PYTHON) -m venv .venv-release
	.venv-release/bin/python -m pip install --quiet --require-hashes --requirement $< $(PIP_ARGS)
	touch $@

# The pins of constraints.txt with their hashes. Asks the package index.
pins: .venv-release/ready
	.venv-release/bin/python release/pins.py

# Wheel, sdist and bill of materials, into dist/, and what is installed from them: some minutes, with the package index.
# DIST_ARGS=--quick installs base and one extra.
dist: .venv-release/ready
	.venv-release/bin/python release/check_dist.py $(DIST_ARGS)

clean:
	rm -rf .venv .venv-peers .venv-release build dist site lesson-run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
