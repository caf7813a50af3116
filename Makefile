# Everything a newcomer needs: `make lesson` and `make test`. Both set up .venv from pinned versions first.
PYTHON ?= python3
# Passed to pip, for example to choose another source for torch.
PIP_ARGS ?=
# Passed to `recurra lesson`, for example --take 400.
LESSON_ARGS ?=
# Passed to pytest.
TEST_ARGS ?=

BIN := .venv/bin

.PHONY: lesson test lint tables clean

lesson: .venv/ready
	$(BIN)/recurra lesson $(LESSON_ARGS)

test: .venv/ready
	$(BIN)/python -m pytest $(TEST_ARGS)

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python benchmarks/readme_tables.py --check

# Writes the tables of the READMEs from benchmarks/results.
tables: .venv/ready
	$(BIN)/python benchmarks/readme_tables.py

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Recurra needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,dev]' $(PIP_ARGS)
	touch $@

clean:
	rm -rf .venv build dist lesson-run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
