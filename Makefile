# make demo | test | smoke | bench | lint      (docs/testing.md says what each runs)
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Build products live outside the checkout, so that a second clone finds them warm.
CACHE ?= $(HOME)/.cache/minglian
export CARGO_TARGET_DIR ?= $(CACHE)/target
ROCKSDB_VERSION := $(shell sed -n '/name = "librocksdb-sys"/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
export ROCKSDB_LIB_DIR ?= $(CACHE)/rocksdb-$(ROCKSDB_VERSION)
export ROCKSDB_STATIC := 1

BIN := $(CARGO_TARGET_DIR)/debug
NEXTEST := $(shell command -v cargo-nextest >/dev/null && echo "cargo nextest run --no-fail-fast" || echo "cargo test --no-fail-fast")

# Pinned, so that two people get the same answer.
DENY_VERSION := 0.20.2
DENY := $(CACHE)/tools/bin/cargo-deny

VERIFIER := explorer/verifier
OUTSIDE := $(CACHE)/outside
export OUTSIDE_PYTHON := $(OUTSIDE)/bin/python

.PHONY: help setup setup-tests setup-outside build verifier demo smoke test test-rust test-typescript lint \
	deny bench mutants clean-demo

help:
	@echo "make demo    four nodes on this machine, published tables, a year of 演示 data, explorer open"
	@echo "             SCALE=220 makes the year some 100,000 records, SCALE=2200 a million"
	@echo "make clean-demo  ends the demo and removes demo-data"
	@echo "make test    the whole suite: lints, Rust, TypeScript, real processes"
	@echo "make smoke   the demo on free ports, checked and audited; one JSON line; exits"
	@echo "make bench   throughput and latency of four nodes; JSON"
	@echo "make verifier  bundle the verifier of the pages again, after a change of it"
	@echo "make lint    format and clippy only; licences too, once make deny has run"
	@echo "make mutants changes of the rules that no test notices, of a sample: SEED, COUNT, ONLY"
	@echo "make deny    licences, sources and bans of all dependencies; advisories if reachable"

# System packages, and RocksDB's C++ once (about 20 minutes on two cores, then never again).
setup:
	@.ci/setup "$(ROCKSDB_LIB_DIR)" "$(CACHE)/rocksdb-build"

# What only the tests need besides: a browser, letters for its pictures, a
# database server, and Python's venv.
setup-tests:
	@.ci/setup "$(ROCKSDB_LIB_DIR)" "$(CACHE)/rocksdb-build" chromium fonts-noto-cjk \
		postgresql python3-venv

# Programs of others that look at the explorer: as pinned, no code of theirs run to install them.
setup-outside: setup-tests
	@cmp -s "$(OUTSIDE)/requirements.txt" testnet/outside/requirements.txt \
		&& [ -x "$(OUTSIDE_PYTHON)" ] || { \
	echo "installing the programs of testnet/outside ..."; \
	rm -rf "$(OUTSIDE)"; python3 -m venv "$(OUTSIDE)"; \
	"$(OUTSIDE_PYTHON)" -m pip install --quiet --disable-pip-version-check --no-deps \
		--only-binary :all: --require-hashes -r testnet/outside/requirements.txt; \
	cp testnet/outside/requirements.txt "$(OUTSIDE)/requirements.txt"; }

build: setup
	cargo build --workspace --bins
	@echo "the verifier that this explorer serves (verify.html also works from disk), SHA-256:"
	@cat explorer/assets/verifier/SHA256SUMS

# What the pages' script and the journeys of the browser need; kept while the lock file stands.
$(VERIFIER)/node_modules/.package-lock.json: $(VERIFIER)/package-lock.json
	cd $(VERIFIER) && npm ci --no-audit --no-fund
	@touch $@

# Only after a change in explorer/verifier: what it writes is committed (docs/decisions/0014).
verifier: $(VERIFIER)/node_modules/.package-lock.json
	cd $(VERIFIER) && npm run bundle

# SCALE=220 makes the year some 100,000 records, SCALE=2200 a million.
demo: build
	"$(BIN)/minglian-testnet" demo $(if $(SCALE),--scale $(SCALE))

# Ends a demonstration that is left, and forgets what it entered.
clean-demo:
	@if [ -e demo-data/cluster.json ]; then \
	"$(BIN)/minglian-testnet" --directory demo-data down; fi
	rm -rf demo-data

smoke: build
	@"$(BIN)/minglian-testnet" smoke

bench: build
	"$(BIN)/minglian-testnet" bench

lint: setup
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@if [ -x "$(DENY)" ]; then "$(DENY)" --locked check licenses bans sources; \
	else echo "licences and sources not checked: make deny installs what that needs"; fi

# Compiled on its own, so that its dependencies do not mix with ours.
$(DENY):
	CARGO_TARGET_DIR="$(CACHE)/tools-target" nice -n 10 \
		cargo install cargo-deny --version $(DENY_VERSION) --locked --root "$(CACHE)/tools"

# The advisory database is on the network; the rest needs nothing but the crates.
deny: $(DENY)
	"$(DENY)" --locked check licenses bans sources
	@if "$(DENY)" --locked fetch db; then "$(DENY)" --frozen check advisories; \
	else echo "advisories NOT checked: their database cannot be reached"; fi

# A run that can be repeated: the sample follows from the seed and the sources. COUNT= tries all.
SEED ?= minglian-1
COUNT ?= 100
ONLY ?=
MUTANTS_VERSION := 27.1.0

# cargo-mutants only names the changes: minglian-mutants compiles all of them at once.
mutants: setup
	@cargo mutants --version 2>/dev/null | grep -qF "$(MUTANTS_VERSION)" || nice -n 10 \
		env CARGO_TARGET_DIR="$(CACHE)/tools-target" \
		cargo install cargo-mutants --version $(MUTANTS_VERSION) --locked
	nice -n 10 cargo run --quiet -p minglian-mutants -- --seed "$(SEED)" \
		$(if $(COUNT),--count $(COUNT)) $(if $(ONLY),--only "$(ONLY)")

test-rust: setup-outside $(VERIFIER)/node_modules/.package-lock.json
	$(NEXTEST) --workspace

test-typescript: $(VERIFIER)/node_modules/.package-lock.json
	cd $(VERIFIER) && npm test

test: lint test-typescript test-rust
