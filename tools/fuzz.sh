#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (default 30s), one after the other.
# Inputs are made shorter for a moment alone: by default that takes a minute each, more than a target has.
# A crasher that it finds lies in the package's testdata/fuzz: commit it, it is a test from then on.
set -euo pipefail
cd "$(dirname "$0")/.."
ran=0
while IFS=: read -r file target; do
  package=./$(dirname "${file#./}")
  echo "fuzz: $package $target for ${FUZZTIME:-30s}"
  go test -run '^$' -fuzz "^${target}\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 100x "$package"
  ran=$((ran + 1))
done < <(grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's/^([^:]*):[0-9]+:func /\1:/' | sort)
echo "fuzz: $ran targets"
[ "$ran" -gt 0 ]
