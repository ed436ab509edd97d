#!/usr/bin/env bash
# Sends full tables to bgpaudit's collector and table, and to BIRD, in turn, and compares: the time from
# Established until every route is held, CPU and memory.
#
#   tools/bench-live.sh [FILE]     RUNS=3 pairs of runs, the medians are printed; FEEDS=1 sessions at once,
#                                  SENDER=bird, or speaker: one of our own that waits for nothing
#
# FILE is a list of prefixes, one a line, or an MRT table (then bgpdump is needed), packed or not.
# Without it 1,000,000 prefixes are made up. About seven routes share a set of attributes.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${RUNS:-3} feeds=${FEEDS:-1} sender=${SENDER:-bird}
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
prefixes "${1:-}" | tr -d '\r' >"$work/prefixes"
awk -v to="$work/routes" '
  { file = to (index($1, ":") ? 6 : 4); n = int(NR / 7)
    printf "route %s blackhole { bgp_path.prepend(%d); bgp_path.prepend(%d); bgp_path.prepend(%d); bgp_path.prepend(%d); bgp_community.add((65001,%d)); bgp_community.add((%d,%d)); };\n",
      $1, 4200000000 + n, 3000 + n % 977, 174 + n % 61, 1299, n % 500, 1000 + n % 97, n % 1009 > file }' "$work/prefixes"
touch "$work/routes4" "$work/routes6"
total=$(($(wc -l <"$work/prefixes") * feeds))
echo "bench-live: $total routes of $feeds feeds, sent by $sender"

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
CONF
cat >"$work/bird.conf" <<CONF
router id 10.0.0.3;
CONF
for n in $(seq "$feeds"); do
  for to in "bird 127.0.3.$n" "bgpaudit 127.0.4.$n"; do # BIRD has one session at a time with an address
    cat >>"$work/sender.conf" <<CONF
protocol bgp to_${to% *}$n {
  local 127.0.1.$n as 65001; neighbor ${to#* } port 11790 as 65002; strict bind yes; multihop; disabled yes;
  connect delay time 1; connect retry time 1; error wait time 1,2; enable extended messages yes;
  ipv4 { import none; export all; next hop address 192.0.2.2; };
  ipv6 { import none; export all; next hop address 2001:db8::2; };
}
CONF
  done
  cat >>"$work/bird.conf" <<CONF
protocol bgp sender$n {
  local 127.0.3.$n port 11790 as 65002; neighbor 127.0.1.$n as 65001; strict bind yes; multihop; passive yes; enable extended messages yes;
  ipv4 { import all; export none; };
  ipv6 { import all; export none; };
}
CONF
done

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
imported() { ask bird show protocols all | awk '/Routes:/ {n += $2} END {print n + 0}'; }
now() { date +%s.%N; }
note() { # note NAME PID SECONDS: appends "seconds cpu rss-per-route" to $work/NAME.runs
  awk -v s="$3" -v c="$(cpu "$2")" -v r="$(rss "$2")" -v b="$base" -v n="$total" 'BEGIN {printf "%.2f %.2f %.0f\n", s, c, (r - b) * 1024 / n}' >>"$work/$1.runs"
}

# send NETWORK NAME: the routers begin; stop_sending NAME ends it.
send() {
  for n in $(seq "$feeds"); do
    if [ "$sender" = bird ]; then
      ask sender enable "to_$2$n" >/dev/null
    else
      "$work/live" send "127.0.1.$n" "$1.$n:11790" "$work/prefixes" >/dev/null &
      senders+=("$!")
      pids+=("$!")
    fi
  done
}
stop_sending() {
  for n in $(seq "$feeds"); do
    if [ "$sender" = bird ]; then ask sender disable "to_$1$n" >/dev/null; fi
  done
  if [ "${#senders[@]}" -gt 0 ]; then kill "${senders[@]}" && wait "${senders[@]}" || true; fi
  senders=()
}
senders=()

once_bird() {
  daemon bird
  base=$(rss "$pid")
  send 127.0.3 bird
  until ask bird show protocols | grep -q Established; do sleep 0.01; done
  local began
  began=$(now)
  until [ "$(imported)" -ge "$total" ]; do sleep 0.02; done
  note bird "$pid" "$(awk -v a="$began" -v b="$(now)" 'BEGIN {print b - a}')"
  stop_sending bird
  kill "$pid" && wait "$pid" || true
}
once_bgpaudit() {
  "$work/live" take 127.0.4.1:11790 "$total" "$feeds" >"$work/live.out" &
  pid=$!
  pids+=("$pid")
  until grep -q listening "$work/live.out"; do sleep 0.05; done
  base=$(rss "$pid")
  send 127.0.4 bgpaudit
  until grep -q held "$work/live.out"; do sleep 0.05; done
  note bgpaudit "$pid" "$(awk '/held/ {print $3}' "$work/live.out")"
  stop_sending bgpaudit
  kill "$pid" && wait "$pid" || true
}

if [ "$sender" = bird ]; then daemon sender; fi
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
