# What a person or CI does with this repository. The demo and the benchmarks run the release program; the tests are built in
# debug form, because they look behind the doors of rooms (`@testable`) and because there arithmetic that overflows is checked.

SWIFT ?= swift
CHECKS := --explicit-target-dependency-import-check error
BIN := .build/release

.PHONY: all deps build demo test bench fuzz check format clean

all: build

# Installs the system packages that are missing (with sudo where that is needed).
deps:
	@scripts/install-deps

build: deps
	$(SWIFT) build -c release $(CHECKS)

# The main job on a copy of this repository's own sources.
demo: build
	@SWARM=$(CURDIR)/$(BIN)/swarm scripts/demo

test: deps
	$(SWIFT) build $(CHECKS) --build-tests
	@scripts/install-test-tools || echo "skipped: the tests against act, gh and GitHub's models"
	@[ -n "$$TEST_SHARED_DIR" ] || echo "TEST_SHARED_DIR is not set: the tests on third-party data are skipped"
	@SWIFT="$(SWIFT)" scripts/run-tests $(CHECKS) --skip-build

# Side by side with restic, borg and git, in one run.
bench: build
	SWARM_BENCHMARKS=1 $(SWIFT) build -c release $(CHECKS) --product swarm-store-of-many
	@SWARM=$(CURDIR)/$(BIN)/swarm Benchmarks/run

# Every parser of outside bytes, FUZZ_SECONDS (20) seconds each.
fuzz: deps
	@Fuzz/run

check: deps
	$(SWIFT) format lint --strict --recursive Sources Tests Fuzz Benchmarks Package.swift
	@scripts/check-rooms
	@scripts/check-workflows
	@scripts/check-codes

format:
	$(SWIFT) format --in-place --recursive Sources Tests Fuzz Benchmarks Package.swift

clean:
	rm -rf .build .build-fuzz
