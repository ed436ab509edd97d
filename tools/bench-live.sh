#!/usr/bin/env bash
# Sends a full table from one BIRD to bgpaudit's collector and table, and to another BIRD, in turn,
# and compares: the time from Established until every route is held, CPU and memory.
#
#   tools/bench-live.sh [FILE]     RUNS=3 pairs of runs; the medians are printed
#
# FILE is a list of prefixes, one a line, or an MRT table (then bgpdump is needed), packed or not.
# Without it 1,000,000 prefixes are made up. About seven routes share a set of attributes.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${RUNS:-3}
for tool in bird birdc; do
  command -v "$tool" >/dev/null || { echo "bench-live: $tool is missing: apt-get install bird2" >&2; exit 1; }
done
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -trimpath -o "$work/live" ./tools/live

prefixes() {
  case ${1:-} in
    '') awk 'BEGIN {for (i = 0; i < 1000000; i++) printf "%d.%d.%d.0/24\n", 20 + i / 65536, i / 256 % 256, i % 256}' ;;
    *mrt* | *rib*) bgpdump -m "$1" 2>/dev/null | cut -d '|' -f 6 | sort -u ;;
    *.gz) zcat "$1" ;;
    *) cat "$1" ;;
  esac
}
prefixes "${1:-}" | tr -d '\r' | awk -v to="$work/routes" '
  { file = to (index($1, ":") ? 6 : 4); n = int(NR / 7)
    printf "route %s blackhole { bgp_path.prepend(%d); bgp_path.prepend(%d); bgp_path.prepend(%d); bgp_path.prepend(%d); bgp_community.add((65001,%d)); bgp_community.add((%d,%d)); };\n",
      $1, 4200000000 + n, 3000 + n % 977, 174 + n % 61, 1299, n % 500, 1000 + n % 97, n % 1009 > file }'
touch "$work/routes4" "$work/routes6"
total=$(cat "$work"/routes[46] | wc -l)
echo "bench-live: $total routes"

cat >"$work/sender.conf" <<CONF
router id 10.0.0.2;
protocol static table4 {
  ipv4;
include "$work/routes4";
}
protocol static table6 {
  ipv6;
include "$work/routes6";
}
template bgp receiver {
  local 127.0.0.2 as 65001; strict bind yes; multihop; disabled yes;
  connect delay time 1; connect retry time 1; error wait time 1,2; enable extended messages yes;
  ipv4 { import none; export all; next hop address 192.0.2.2; };
  ipv6 { import none; export all; next hop address 2001:db8::2; };
}
protocol bgp to_bird from receiver { neighbor 127.0.0.3 port 11790 as 65002; }
protocol bgp to_bgpaudit from receiver { neighbor 127.0.0.4 port 11790 as 65002; }
CONF
cat >"$work/bird.conf" <<CONF
router id 10.0.0.3;
protocol bgp sender {
  local 127.0.0.3 port 11790 as 65002; neighbor 127.0.0.2 as 65001; strict bind yes; multihop; passive yes; enable extended messages yes;
  ipv4 { import all; export none; };
  ipv6 { import all; export none; };
}
CONF

ask() { birdc -s "$work/$1.ctl" "${@:2}" 2>/dev/null || true; }
daemon() { # daemon NAME: starts a BIRD, and sets $pid
  bird -f -c "$work/$1.conf" -s "$work/$1.ctl" -P "$work/$1.pid" >"$work/$1.log" 2>&1 &
  pid=$!
  pids+=("$pid")
  until ask "$1" show status | grep -q 'Daemon is up'; do
    kill -0 "$pid" 2>/dev/null || { cat "$work/$1.log" >&2; exit 1; }
    sleep 0.1
  done
}
cpu() { awk -v hz="$(getconf CLK_TCK)" '{print ($14 + $15) / hz}' "/proc/$1/stat"; }
rss() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }
imported() { ask bird show protocols all sender | awk '/Routes:/ {n += $2} END {print n + 0}'; }
now() { date +%s.%N; }
note() { # note NAME PID SECONDS: appends "seconds cpu rss-per-route" to $work/NAME.runs
  awk -v s="$3" -v c="$(cpu "$2")" -v r="$(rss "$2")" -v b="$base" -v n="$total" 'BEGIN {printf "%.2f %.2f %.0f\n", s, c, (r - b) * 1024 / n}' >>"$work/$1.runs"
}

once_bird() {
  daemon bird
  base=$(rss "$pid")
  ask sender enable to_bird >/dev/null
  until ask bird show protocols sender | grep -q Established; do sleep 0.01; done
  local began
  began=$(now)
  until [ "$(imported)" -ge "$total" ]; do sleep 0.02; done
  note bird "$pid" "$(awk -v a="$began" -v b="$(now)" 'BEGIN {print b - a}')"
  ask sender disable to_bird >/dev/null
  kill "$pid" && wait "$pid" || true
}
once_bgpaudit() {
  "$work/live" 127.0.0.4:11790 "$total" >"$work/live.out" &
  pid=$!
  pids+=("$pid")
  until grep -q listening "$work/live.out"; do sleep 0.05; done
  base=$(rss "$pid")
  ask sender enable to_bgpaudit >/dev/null
  until grep -q held "$work/live.out"; do sleep 0.05; done
  note bgpaudit "$pid" "$(awk '/held/ {print $3}' "$work/live.out")"
  ask sender disable to_bgpaudit >/dev/null
  kill "$pid" && wait "$pid" || true
}

daemon sender
for _ in $(seq "$runs"); do
  once_bird
  once_bgpaudit
done

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
column() { awk -v n="$2" '{print $n}' "$work/$1.runs" | median; }
printf '%-10s %12s %8s %14s\n' '' 'all held, s' 'cpu s' 'RSS, B/route'
for name in bird bgpaudit; do
  printf '%-10s %12s %8s %14s\n' "$name" "$(column "$name" 1)" "$(column "$name" 2)" "$(column "$name" 3)"
done
paste "$work/bird.runs" "$work/bgpaudit.runs" | awk '{print $4 / $1}' | median | awk '{printf "time, bgpaudit to BIRD: %.2f\n", $1}'
