#!/usr/bin/env bash
# Runs go vet and every test, through tools/gotestgate, whose last line is the count.
# NOSKIP=1 forbids skips (but for the corpus of captures, which lies beside the repository).
# TESTFLAGS adds flags of go test, PACKAGES replaces ./... .
set -euo pipefail
cd "$(dirname "$0")/.."

gate=() flags=()
if [ -n "${NOSKIP:-}" ] && [ "$NOSKIP" != 0 ]; then
  export BGPAUDIT_NO_SKIP=1
  gate+=(-no-skip)
  flags+=(-count=1)
fi
if printf '#include <stdlib.h>\nint main(void){return 0;}\n' |
  "$(go env CC)" -x c -fsyntax-only - >/dev/null 2>&1; then
  export CGO_ENABLED=1
  flags+=(-race)
elif [ -n "${BGPAUDIT_NO_SKIP:-}" ]; then
  echo "test: no C compiler, so no race detector, and NOSKIP is set" >&2
  exit 1
else
  echo "test: SKIPPED: the race detector, for want of a C compiler" >&2
fi

# shellcheck disable=SC2206 # both are lists of words on purpose
flags+=(${TESTFLAGS:-}) packages=(${PACKAGES:-./...})

# Under the race detector files are cut at every seventh byte, and what tries every fixture or the corpus's largest files is left
# out: a second run, without it, cuts at each byte and tries those.
large='TheFullTableIsRead|NeighborOfMany|RowsOfManyNeighbors|LeftOfOurs|TheCorpusTable|AFullTableAnswers|ADamagedLine|ADamagedKey|ATableAppended|EveryCommandAsEveryView|RowsOfEveryFixtureAddUp|MessagesAreReplayedInLittle|CostLittle|InLittleMemory'
twice=
if [[ " ${flags[*]} " == *" -race "* && " ${packages[*]} " == *" ./... "* && -z ${TESTFLAGS:-} ]]; then
  twice=1
fi

go vet "${packages[@]}"
mkdir -p bin
go build -o bin/gotestgate ./tools/gotestgate
{
  status=0
  go test -json -timeout 40m "${flags[@]}" ${twice:+-skip "$large"} "${packages[@]}" || status=$?
  if [ -n "$twice" ]; then
    go test -json -timeout 40m "${flags[@]/-race/-race=false}" -run "Cut|$large" ./dump || status=$?
  fi
  exit "$status"
} | bin/gotestgate "${gate[@]}"
