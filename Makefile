# Developer commands; `make help` lists them. Needs make, python3 ≥ 3.11 and python3-venv, nothing else.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

PEERS := .venv-peers-dedup .venv-peers-textdedup
BENCH = $(BIN)/python -m tests.bench
# The benches that issues set bars for.
BARRED = bench_real bench_quality bench_order bench_siege bench_lookup bench_backfill bench_poll bench_cadence bench_extract

.DEFAULT_GOAL := help
.PHONY: help demo run train test accept fault fuzz soak audit bench-start lint format lock clean bench bench-poll bench-cadence bench-real bench-quality bench-order bench-siege bench-lookup bench-backfill bench-views bench-extract

help:  ## list these commands
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-16s %s\n", $$1, $$2}'

# The stamps stand for an installed environment; a changed lock file installs again.
$(VENV)/.run: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("ingest needs Python 3.11 or later; name one with make PYTHON=...") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.run tests/requirements.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r tests/requirements.lock
	touch $@

demo: $(VENV)/.run  ## a loopback newsroom: see wire copies fold into one article each
	$(BIN)/ingest demo

run: $(VENV)/.run  ## start the daemon on config.yaml
	$(BIN)/ingest run --config config.yaml

test: $(VENV)/.dev  ## lint, types and every test (under 10 minutes on 2 cores)
	$(MAKE) lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

accept: $(VENV)/.dev $(PEERS) .venv-peers-reader .venv-peers-extract .venv-train  ## all that needs the real material of INGEST_SHARED (a skip is a failure), and every bar
	INGEST_ACCEPT=1 $(BIN)/python -m pytest -m shared
	$(BENCH).accept $(BARRED)

# Peers of the benches live in locked environments of their own: none of them is a dependency of ingest.
.venv-peers-%: tests/bench/peers/%.lock
	$(PYTHON) -m venv --clear $@
	$@/bin/python -m pip install --quiet --require-hashes -r $<
	touch $@

# What fits the scorecard: scikit-learn is no dependency of ingest.
.venv-train: tests/train/requirements.lock
	$(PYTHON) -m venv --clear $@
	$@/bin/python -m pip install --quiet --require-hashes -r $<
	touch $@

train: $(VENV)/.run .venv-train  ## fit ingest/dedup/scorecard.json to the judged pairs of INGEST_SHARED (ARGS="--evaluate", ARGS="--judged news.db")
	$(BIN)/python -m tests.train --out ingest/dedup/scorecard.json $(ARGS)

bench-real: $(VENV)/.run $(PEERS)  ## real syndication, judged by reading: recall and precision beside datasketch
	$(BENCH).bench_real $(ARGS)

bench-quality: $(VENV)/.run $(PEERS)  ## copies and look-alikes made from real articles, beside every peer (ARGS="--half tuning")
	$(BENCH).bench_quality $(ARGS)

bench-order: $(VENV)/.run  ## the same publications in random orders and batches, and once more: the same archive
	$(BENCH).bench_order $(ARGS)

bench-siege: $(VENV)/.run  ## texts made to hold the writer up: the slowest transaction
	$(BENCH).bench_siege $(ARGS)

bench-lookup: $(VENV)/.run  ## candidates among 200,000 and 1,000,000 fingerprints: time, disk, memory
	$(BENCH).bench_lookup $(ARGS)

bench-backfill: $(VENV)/.run $(PEERS)  ## 20,000 documents, the whole command, beside text-dedup
	$(BENCH).bench_backfill $(ARGS)

bench-views: $(VENV)/.run  ## every query of the cookbook on 200,000 documents
	$(BENCH).bench_views $(ARGS)

bench-poll: $(VENV)/.run .venv-peers-reader  ## 1,000 unchanged feeds beside reader, and 10,000 feeds due at once
	$(BENCH).bench_poll $(ARGS)

bench-cadence: $(VENV)/.run  ## a simulated month of 500 feeds beside polling every hour
	$(BENCH).bench_cadence $(ARGS)

bench-extract: $(VENV)/.run .venv-peers-extract  ## bodies, facts, agencies and speed on real pages, beside the peers
	$(BENCH).bench_extract $(ARGS)

bench: bench-real bench-quality bench-order bench-siege bench-lookup bench-backfill bench-views bench-poll bench-cadence bench-extract  ## all benches, one after another

fault: $(VENV)/.dev  ## 500 kills, 20 full disks, failing fsync, lost network: nothing is lost (about 20 minutes)
	$(BIN)/python -m tests.fault $(ARGS)

fuzz: $(VENV)/.dev  ## 100,000 broken feeds, pages, records, seeds, OPML and settings files each (about an hour)
	$(BIN)/python -m tests.fuzz $(ARGS)

soak: $(VENV)/.dev  ## a simulated week at 500 × speed: memory levels off, handles, schedule, growth (20 minutes; picture in build/)
	$(BIN)/python -m tests.soak $(ARGS)

audit:  ## ask PyPI for known vulnerabilities of what ingest runs with (fails where pypi.org does not answer)
	test -x .venv-audit/bin/pip-audit || { $(PYTHON) -m venv .venv-audit && .venv-audit/bin/python -m pip install --quiet pip-audit==2.10.1; }
	.venv-audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

bench-start: $(VENV)/.run  ## 1,000,000 documents: start to the first poll, and the daemon's memory
	$(BIN)/python -m tests.bench.bench_start $(ARGS)

lint: $(VENV)/.dev  ## ruff and mypy --strict
	$(BIN)/ruff check ingest tests
	$(BIN)/ruff format --check ingest tests
	$(BIN)/mypy

format: $(VENV)/.dev  ## let ruff lay out the code
	$(BIN)/ruff check --fix ingest tests
	$(BIN)/ruff format ingest tests

lock: $(VENV)/.dev  ## resolve the lock files anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	echo setuptools | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml - -o requirements.lock
	echo setuptools | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --extra dev -c requirements.lock pyproject.toml - -o tests/requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header -c requirements.lock tests/train/requirements.in -o tests/train/requirements.lock

clean:  ## remove the environments and caches
	rm -rf .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
