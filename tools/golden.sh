#!/usr/bin/env bash
# Rewrites the golden files of every package whose tests take -update, then shows what changed.
# A golden is read in review like code: never commit a change to one without knowing why.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t packages < <(grep -rlE --include='*_test.go' 'flag\.Bool(Var)?\(.*"update"' . | xargs -r -n1 dirname | sort -u)
if [ "${#packages[@]}" -eq 0 ]; then
  echo "golden: no package takes -update" >&2
  exit 1
fi
go test -count=1 "${packages[@]}" -update
git --no-pager diff --stat -- '*testdata*' || true
