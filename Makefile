# Two commands on a fresh machine: make demo, make test. Both need Python 3.11 or newer, git and make.
PYTHON ?= python3
BIN := .venv/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check evidence constraints clean

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) -e .
	touch $@

.venv/.ready: .venv/.installed
	$(INSTALL) -e ".[dev,report,postgis]"
	touch $@

demo: .venv/.installed
	$(BIN)/placesim run scenarios/songlan/base.toml --timing

check: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

test: check
	$(BIN)/pytest -n 2

evidence: .venv/.ready
	.ci/install
	$(BIN)/pytest -m evidence --evidence=evidence.json

constraints:  # pins what this environment holds; run it after a change of dependencies and prove it with make test
	$(BIN)/python -m pip freeze --exclude-editable > constraints.txt

clean:
	rm -rf .venv build dist runs scenarios/*/runs scenarios/*/.placesim
