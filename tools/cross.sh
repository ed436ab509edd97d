#!/usr/bin/env bash
# Builds bgpaudit for the systems that it is not tested on: people audit dumps on their own machines.
# TARGETS replaces the list.
set -euo pipefail
cd "$(dirname "$0")/.."
for target in ${TARGETS:-windows/amd64 darwin/arm64 freebsd/amd64}; do
  echo "cross: $target"
  CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} go build -trimpath -o /dev/null ./cmd/bgpaudit
done
