# What a contributor types. Each target is a short script in tools/ or one go command.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export NOSKIP TESTFLAGS PACKAGES FUZZTIME LINT

.PHONY: build test lint golden fuzz bench bench-mrt deps help

build: ## build bin/bgpaudit
	CGO_ENABLED=0 go build -trimpath -o bin/bgpaudit ./cmd/bgpaudit

test: deps ## go vet and every test, with the race detector; NOSKIP=1 forbids skips
	tools/test.sh

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

deps: ## install with apt what the tests need and this machine lacks
	@tools/deps.sh

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
