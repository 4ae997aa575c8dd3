# Everything starts here. `make` alone lists what there is.

PYTHON := .venv/bin/python
ARGS ?=
SEED ?= 1
JOBS ?= $(shell nproc)

.PHONY: help setup setup-test demo test lint format bench sim compiled interpreted

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: .venv/run.stamp ## create the environment that runs Shouwang

setup-test: .venv/test.stamp ## the same, with all that tests and checks need

demo: setup ## watch eight real homes: one stops using water, one meter falls silent
	@$(PYTHON) -m simulators.cli demo $(ARGS)

test: setup-test ## run every test against real brokers, databases, SMS daemon and browser
	@$(PYTHON) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup-test ## formatter, linter, types and the direction of imports
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

format: setup-test ## let the formatter write
	@.venv/bin/ruff format .

bench: setup-test ## measure ingest against mosquitto_sub in the same run
	@$(PYTHON) -m simulators.cli bench ingest $(ARGS)

compiled: setup-test ## compile the edge's hot modules where they are (needs gcc and python3-dev)
	@$(PYTHON) scripts/compile

interpreted: ## run the sources of these modules again
	@$(PYTHON) scripts/compile --remove

sim: setup ## days of the whole system in virtual time, from one seed: make sim SEED=7
	@$(PYTHON) -m simulators.cli sim --seed $(SEED) $(ARGS)

.venv/run.stamp: scripts/setup requirements.lock pyproject.toml
	@scripts/setup run

.venv/test.stamp: scripts/setup requirements.lock requirements-dev.lock pyproject.toml
	@scripts/setup test
