# What a contributor types. Each target is a short script in tools/ or one go command.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export NOSKIP TESTFLAGS PACKAGES FUZZTIME LINT RUNS SOAK

.PHONY: build test cross lint golden fuzz bench bench-mrt bench-live soak deps help

build: ## build bin/bgpaudit
	CGO_ENABLED=0 go build -trimpath -o bin/bgpaudit ./cmd/bgpaudit

test: deps ## go vet and every test, with the race detector; NOSKIP=1 forbids skips
	tools/test.sh

cross: ## build for Windows, macOS and FreeBSD
	tools/cross.sh

lint: ## gofmt, go vet, golangci-lint; LINT=quick leaves the last out
	tools/lint.sh

golden: ## rewrite golden files, then read the diff
	tools/golden.sh

fuzz: ## run every fuzz target; FUZZTIME=30s each
	tools/fuzz.sh

bench: ## run every benchmark
	go test -run '^$$' -bench . -benchmem ./...

bench-mrt: ## load FILE, an MRT table, beside bgpdump; RUNS=5 pairs of runs
	@tools/bench-mrt.sh "$(FILE)"

bench-live: ## a full table from BIRD to bgpaudit and to another BIRD; FILE=prefixes or MRT, RUNS=3 pairs
	@tools/bench-live.sh "$(FILE)"

soak: ## a monitor under load for SOAK=10m, and an audit that hangs for a minute more
	@tools/soak.sh

deps: ## install with apt what the tests need and this machine lacks
	@tools/deps.sh

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
