# Two commands: `make demo` and `make test`. Both need Python 3.11+ and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
# A process for each core; the tests of a file stay together, for what they make once.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile

.PHONY: help demo test test-fast lint docs site screenshots clean

help:
	@echo "make demo       install, fetch the estimator's model files, and run the sample (a few minutes the first time)"
	@echo "make test       install what the tests need (PyTorch among it) and run them all (about ten minutes)"
	@echo "make test-fast  run those that are not slow (a minute)"
	@echo "make lint       ruff, mypy --strict, import directions"
	@echo "make docs       write the generated pages and tables again"
	@echo "make site       the documentation as a site, in site/"
	@echo "make screenshots  the pictures of the tutorial again, by the tests of the page"
	@echo "make clean      remove what the others made"

demo: $(VENV)/.base
	@echo "== demo: drawn videos of real motion -> poses -> verdicts (about a minute)"
	@$(BIN)/poseprint demo

test: $(VENV)/.dev
	@echo "== all tests (about ten minutes on two cores)"
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-fast: $(VENV)/.dev
	@echo "== the tests that are not slow (a minute on two cores)"
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev
	$(BIN)/python scripts/write_docs.py

site: $(VENV)/.dev
	$(BIN)/python scripts/build_site.py
	@echo "== site/index.html; for its search: $(BIN)/python -m http.server -b 127.0.0.1 -d site"

screenshots: $(VENV)/.dev
	$(BIN)/python scripts/screenshots.py

$(VENV)/.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "poseprint needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "this Python cannot make virtual environments; on Debian: apt install python3-venv"; exit 1; }
	@echo "== making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.base: $(VENV)/.venv pyproject.toml constraints.txt
	@echo "== installing poseprint, without PyTorch (about a minute, 400 MB)"
	@$(PIP) install --quiet -c constraints.txt -e .
	@echo "== the pose estimator's model files"
	@$(BIN)/poseprint models install
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "== installing what training and tests need, PyTorch among it (two minutes or more)"
	@$(PIP) install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) demo-output site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
