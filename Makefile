# Every target makes what it needs. `make demo` and `make test` are all a newcomer types.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Training on Ray, endpoints, and what computes, side by side (tests/lanes.py).
LANES := -n 4 --dist loadgroup
# One thread a process: tables of tests are so small that more only wait for each other.
FAST := POLARS_MAX_THREADS=1 $(BIN)/pytest -m "not slow and not faults and not cluster" -n 3
# Some tests mount a small disk: as root, else in a namespace of their own where the kernel grants one.
ROOT := unshare --map-root-user --mount
MOUNTS = $(if $(filter 0,$(shell id -u)),env MAY_MOUNT=1,$(if $(shell $(ROOT) true 2>/dev/null && echo yes),env MAY_MOUNT=1 $(ROOT)))
.DEFAULT_GOAL := help

.PHONY: help demo test says test-faults test-cluster java fast check format images helm lock clean

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "plait needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY)  ## the whole road on a synthetic world, in two minutes
	$(BIN)/plait demo

test: says check java  ## lint, types, architecture, then every test
	$(FAST)
	$(MOUNTS) $(BIN)/pytest -m "(slow or faults) and not cluster" $(LANES)

says:
	@echo "On 2 cores: the environment 2 minutes, once; checks 1; fast tests 3; tests of Ray, Spark and servers 25."
	@$(if $(MOUNTS),,echo "Here no test may mount a small disk: those of a full disk are skipped, and say so.")

test-faults: $(READY)  ## kill, fill, cut and damage things; the last lines say what was lost
	$(MOUNTS) $(BIN)/pytest -m faults $(LANES)

test-cluster: $(READY)  ## the chart and the road on a real Kubernetes, which it starts
	PYTHON=$(BIN)/python tests/cluster/run

java: $(READY)
	@$(BIN)/python -m tests.java  # tests of Spark fail without it; none is skipped

fast: $(READY)  ## the tests without Ray, Spark and servers, under three minutes
	$(FAST)

check: $(READY)  ## formatting, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY)  ## format the code and mend what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

REGISTRY ?= localhost
TAG ?= dev
images: $(READY)  ## plait-spark and plait-ray; REGISTRY=, TAG= name them, BASE= the Debian under them
	$(BIN)/python infra/images/build.py --registry $(REGISTRY) --tag $(TAG) $(if $(BASE),--base $(BASE))

helm: $(READY)  ## the Helm that the chart's tests use: the one on PATH, else one in .venv/share
	@$(BIN)/python -m tests.helm.binary

lock: $(READY)  ## write the versions installed now to constraints.txt
	@echo "# Every version plait is tested with; written by \`make lock\`." > constraints.tmp
	@$(BIN)/python -m pip freeze --all --exclude-editable | sed 's/+cpu$$//' >> constraints.tmp
	@mv constraints.tmp constraints.txt

clean:  ## remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
