#!/usr/bin/env bash
# Loads an MRT table with bgpaudit and prints it with `bgpdump -m`, in turn, and compares.
#
#   tools/bench-mrt.sh FILE        RUNS=5 pairs of runs; the medians are printed
#
# Both are whole processes. FILE may be packed as long as bgpdump reads it. The time inside the
# process alone is that of BenchmarkLoadMRT in dump, which is run last.
set -euo pipefail
cd "$(dirname "$0")/.."

file=$(realpath "${1:?usage: tools/bench-mrt.sh FILE}")
runs=${RUNS:-5}
for tool in bgpdump /usr/bin/time; do
  command -v "$tool" >/dev/null || { echo "bench-mrt: $tool is missing: apt-get install bgpdump time" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -trimpath -o "$work/bgpaudit" ./cmd/bgpaudit
cat >"$work/site.yaml" <<YAML
version: 1
site: {asns: [64496]}
links:
  - {name: isp, kind: internet, router: edge, firewall: none, neighbor-asns: [64500]}
feeds:
  - {name: table, link: isp, router: edge, view: loc-rib, file: "$file"}
YAML

measure() { # measure NAME COMMAND...: appends "wall cpu rss" to $work/NAME
  local name=$1
  shift
  /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >"$work/$name.out" 2>"$work/$name.err" || true
  tail -n 1 "$work/time" | awk '{printf "%s %.2f %.0f\n", $1, $2 + $3, $4 / 1024}' >>"$work/$name.runs"
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
column() { awk -v n="$2" '{print $n}' "$work/$1.runs" | median; }

for _ in $(seq "$runs"); do
  measure bgpdump sh -c 'exec bgpdump -m "$1" >/dev/null' sh "$file"
  measure bgpaudit "$work/bgpaudit" feeds -c "$work/site.yaml" -o json
done

theirs=$(bgpdump -m "$file" 2>/dev/null | wc -l)
ours=$(grep -o '"routes": *[0-9]*' "$work/bgpaudit.out" | grep -o '[0-9]*$' | head -n 1)
printf '%-10s %10s %8s %8s %8s\n' '' routes 'wall s' 'cpu s' 'rss MiB'
printf '%-10s %10s %8s %8s %8s\n' bgpdump "$theirs" "$(column bgpdump 1)" "$(column bgpdump 2)" "$(column bgpdump 3)"
printf '%-10s %10s %8s %8s %8s\n' bgpaudit "$ours" "$(column bgpaudit 1)" "$(column bgpaudit 2)" "$(column bgpaudit 3)"
paste "$work/bgpdump.runs" "$work/bgpaudit.runs" | awk '{print $1 / $4}' | median | awk '{printf "ratio, whole processes: %.1f\n", $1}'
BGPAUDIT_MRT=$file go test -run '^$' -bench 'LoadMRT$' -benchtime "${runs}x" ./dump | grep '^Benchmark'
[ "$theirs" = "$ours" ] || { echo "bench-mrt: the counts differ" >&2; exit 1; }
