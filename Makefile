# `make` alone lists the targets. What each needs is fetched by `make setup`, which the others call first.
# Demo and tests use one build of the whole workspace, in a cache directory outside the checkout.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.SHELLFLAGS := -eu -c

CACHE := $(shell scripts/cache-dir)
export CARGO_TARGET_DIR ?= $(CACHE)/target
CARGO := scripts/with-env cargo
# `make LOCKED= test` lets cargo update Cargo.lock.
LOCKED ?= --locked
# More arguments for the test runner: `make test ARGS=telemetry`.
ARGS ?=
PAIRS ?= 100000
SEED ?= 100000
FORGELINE := $(CARGO_TARGET_DIR)/debug/forgeline

.PHONY: help setup setup-test build demo test test-long fuzz bench mutants lint fmt clippy doc clean-cache

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Get what the build needs and this machine lacks
	@scripts/setup.sh

setup-test: ## The same, and what the tests need
	@scripts/setup.sh --tests

build: setup ## Build all executables
	$(CARGO) build --workspace --bins $(LOCKED)

demo: build ## Turn a work item into a pull request: offline, no key, under a minute once built
	@scripts/with-env $(FORGELINE) demo

test: setup-test ## Run the tests
	$(CARGO) build --workspace --bins $(LOCKED)
	$(CARGO) test --workspace --no-fail-fast $(LOCKED) -- $(ARGS)

test-long: setup-test ## Run the tests and the campaigns that take long
	$(CARGO) build --workspace --bins $(LOCKED)
	$(CARGO) test --workspace --no-fail-fast $(LOCKED) -- --include-ignored $(ARGS)

fuzz: setup ## Ask the compatibility checker about 100 000 random pairs of schemas (PAIRS=, SEED=)
	FORGELINE_PAIRS=$(PAIRS) FORGELINE_SEED=$(SEED) $(CARGO) test --profile bench -p forgeline-registry --test pairs $(LOCKED) -- --nocapture fuzz

# One selection of packages for both commands, so that their dependencies are built once. The index is measured in the
# profile that it was built with: rebuilding LanceDB takes longer than all benchmarks.
bench: setup-test ## Measure, in an optimised build
	$(CARGO) build --profile bench -p forgeline-cli -p forgeline-tests --bin forgeline --bench orchestration --bench durability --bench product --bench contracts --bench ingress --bench reaction $(LOCKED)
	$(CARGO) bench -p forgeline-cli -p forgeline-tests --bench orchestration --bench durability --bench product --bench contracts --bench ingress --bench reaction $(LOCKED) -- $(ARGS)
	$(CARGO) bench --profile dev -p forgeline-knowledge --bench indexing $(LOCKED)

mutants: setup ## Change engine and write gate in 200 places and see what no test notices (ARGS='200 1 contracts': the checker)
	@scripts/mutants $(ARGS)

lint: fmt clippy doc ## Check format, lints and documentation

fmt: ## Check the format
	$(CARGO) fmt --all --check

clippy: setup ## Check the lints; a warning is an error
	$(CARGO) clippy --workspace --all-targets $(LOCKED) -- -D warnings

doc: setup ## Check that the documentation builds without a warning
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps $(LOCKED)

clean-cache: ## Delete what was built and fetched, for all checkouts of this machine
	rm -rf '$(CACHE)'
