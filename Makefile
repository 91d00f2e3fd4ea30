# One word for each habit. PYTHON chooses the interpreter:  make PYTHON=python3.12 test
PYTHON ?= python3
UV ?= uv
VENV ?= .venv

# Each test process takes some 3 GB: make WORKERS=8 test where there is room for eight.
WORKERS ?= 2
# XLA and TensorFlow keep what they compiled until their process ends: so the slow tests, which
# compile much, run in slices, each in new processes.
SLICES ?= 4
# The presets whose scores are computed again in a minute. Their data are fetched once.
VERIFIED ?= cluster_mnist counts_pbmc series_japanese_vowels

BIN := $(VENV)/bin
PARALLEL = --numprocesses $(WORKERS) --dist loadgroup
COMPILE = $(UV) pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--constraints requirements/constraints.in --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow verify check format lint types rules bench wheel lock clean distclean python

help:
	@echo 'make demo       train, score, draw, export and run a model on real digits'
	@echo 'make test       the default tests'
	@echo 'make test-slow  the tests that take longer'
	@echo 'make verify     the scores of the smallest presets, computed again'
	@echo 'make check      formatting, lint, types and import rules'
	@echo 'make format     rewrite the sources in the house format'
	@echo 'make bench      the benchmarks'
	@echo 'make wheel      build the wheel into dist/'
	@echo 'make lock       resolve the dependencies anew (needs uv)'
	@echo 'make clean      remove what builds and tests leave; distclean removes $(VENV) too'

demo: $(VENV)/project.stamp
	$(BIN)/tfvae demo

test: $(VENV)/project.stamp
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

test-slow: $(VENV)/project.stamp
	for slice in $$(seq $(SLICES)); do \
		$(BIN)/python -m pytest $(PARALLEL) -m slow --splits $(SLICES) --group $$slice $(ARGS) \
			|| exit 1; \
	done

verify: $(VENV)/project.stamp
	for name in $(VERIFIED); do $(BIN)/python -m tfvae.zoo verify $$name || exit 1; done

check: lint types rules

lint: $(VENV)/project.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(VENV)/project.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# zoo/ is tfvae.zoo only once it is installed, so the types are checked in the installed wheel.
types: wheel
	rm -rf build/installed
	$(BIN)/python -m pip install --quiet --no-deps --target build/installed dist/*.whl
	cd build/installed && "$(CURDIR)/$(BIN)/mypy" --config-file ../../pyproject.toml \
		--cache-dir ../../.mypy_cache -p tfvae -p tfvae_cli

rules: $(VENV)/project.stamp
	$(BIN)/python -m pytest --quiet tests/test_import_rules.py \
		tests/test_house_style.py tests/test_packaging.py

bench: $(VENV)/project.stamp
	$(BIN)/python -m benchmarks $(ARGS)

# build/ is removed first: setuptools would pack what an older build left there.
wheel: $(VENV)/project.stamp
	rm -rf build dist
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock:
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }
	$(COMPILE) --all-extras --output-file requirements/dev.txt
	$(COMPILE) --constraints requirements/dev.txt --output-file requirements/runtime.txt

clean:
	rm -rf build dist *.egg-info tfvae-demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find tfvae zoo export cli tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)

python:
	@command -v $(PYTHON) >/dev/null || { echo 'No $(PYTHON) here: install Python 3.11, 3.12' \
		'or 3.13, or name it: make PYTHON=/path/to/python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; found = sys.version_info[:2]; \
		(3, 11) <= found <= (3, 13) or sys.exit("tfvae needs Python 3.11, 3.12 or 3.13, but " \
		"$(PYTHON) is Python %d.%d. Name another: make PYTHON=python3.12" % found)'

# Made anew when the lock changes, so that nothing of an older lock stays behind.
$(VENV)/lock.stamp: requirements/dev.txt
	@$(MAKE) --no-print-directory python
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@echo 'Installing from the lock: some 700 MB, a few minutes'
	$(BIN)/python -m pip install --require-hashes --requirement requirements/dev.txt
	touch $@

$(VENV)/project.stamp: $(VENV)/lock.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@
