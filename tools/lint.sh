#!/usr/bin/env bash
# gofmt, go vet, then golangci-lint with .golangci.yml.
# golangci-lint is pinned in tools/lint/go.mod and built from source once (some minutes the first
# time). A golangci-lint v2 that is already on the PATH is used as it is. LINT=quick leaves it out.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t unformatted < <(git ls-files -co --exclude-standard '*.go' | xargs -r gofmt -l)
if [ "${#unformatted[@]}" -gt 0 ]; then
  printf 'lint: gofmt would change %s\n' "${unformatted[@]}" >&2
  exit 1
fi
go vet ./...
if [ "${LINT:-}" = quick ]; then
  echo "lint: gofmt and go vet are quiet; golangci-lint SKIPPED (LINT=quick)"
  exit 0
fi

linter=$(command -v golangci-lint || true)
if [ -z "$linter" ] || ! "$linter" version 2>/dev/null | grep -q 'version v\?2\.'; then
  mkdir -p bin
  linter=$PWD/bin/golangci-lint
  pinned=$(go list -C tools/lint -m -f '{{.Version}}' github.com/golangci/golangci-lint/v2)
  if [ ! -x "$linter" ] || ! go version -m "$linter" | grep -q "golangci-lint/v2[[:space:]]$pinned"; then
    echo "lint: building golangci-lint $pinned" >&2
    (cd tools/lint && go build -o "$linter" github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
  fi
fi
"$linter" run ./...
