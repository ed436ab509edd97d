#!/usr/bin/env bash
# Loads a monitor as docs/decisions/0095 says: 20 routers of 100,000 routes, 10,000 updates a second
# for SOAK (10m), then an audit that hangs for a minute under the same load. Last, sessions whose writer
# hangs for a minute of two.
set -euo pipefail
cd "$(dirname "$0")/.."

BGPAUDIT_SOAK=${SOAK:-10m} go test -count 1 -run 'TestLoad$' -v -timeout 60m ./monitor
BGPAUDIT_SOAK=1 go test -count 1 -run 'TestAStallUnderLoad$' -v -timeout 10m ./test
