# Everything that a fresh machine needs: Python 3.11 or newer, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test search check format bench clean

run: $(READY)  ## set everything up, and watch ResNet-50 learn
	$(BIN)/mlperf-tui run resnet50

test: $(READY)  ## set everything up, and pass all tests
	$(MAKE) check
	$(BIN)/python -m pytest -n 2 --ignore tests/e2e
	$(BIN)/python -m pytest -n 3 tests/e2e

search: $(READY)  ## look for what breaks a property, at random
	$(BIN)/python -m pytest -n 2 -m hypothesis --hypothesis-profile search tests

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)  ## measure what we claim, beside what it is compared with, on this machine
	$(BIN)/python -m tests.bench.step_cost
	$(BIN)/python -m tests.bench.intake
	$(BIN)/python -m tests.bench.watching
	$(BIN)/python -m tests.bench.long_session
	$(BIN)/python -m tests.bench.slow_link
	$(BIN)/python -m tests.bench.screen_bytes
	$(BIN)/python -m tests.bench.first_picture
	$(BIN)/python -m tests.bench.suite

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mlperf-tui needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV): torch is large, this takes some minutes."
	$(BIN)/python -m pip install --quiet --editable '.[workloads,dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .hypothesis
