#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: a C compiler for the race detector, git and
# make, bgpdump, the five routing daemons that the session tests talk to (BIRD, FRR, GoBGP, OpenBGPD
# and ExaBGP), Prometheus and Alertmanager, and systemd's container, in which the unit is started. Debian and its relatives only;
# anywhere else, or without the right to install, it says what is missing and what goes untested for it.
#
# No daemon that it installs is started, now or at boot: the tests start their own.
#
#   tools/deps.sh            install what is missing
#   tools/deps.sh --check    only say what is missing; exit 1 where something is
#
# BGPAUDIT_NO_APT=1 never installs anything.
# The exit code is 0 even where something could not be installed: the tests say what they skip, and a
# run with NOSKIP=1 fails on it.
set -euo pipefail

say() { printf 'deps: %s\n' "$*" >&2; }

# The race detector needs a compiler and the C library's headers.
have_cc() {
  local cc
  for cc in "${CC:-}" gcc cc clang; do
    [ -n "$cc" ] || continue
    if printf '#include <stdlib.h>\n' | $cc -E -x c - >/dev/null 2>&1; then return 0; fi
  done
  return 1
}
have_bgpdump() { command -v bgpdump >/dev/null 2>&1; }
# Daemons live in folders that not everybody has in the PATH.
have_daemon() { PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin command -v "$1" >/dev/null 2>&1; }
have_bird() { have_daemon bird; }
have_frr() { [ -x /usr/lib/frr/bgpd ] && have_daemon vtysh; }
have_gobgpd() { have_daemon gobgpd && have_daemon gobgp; }
have_openbgpd() { have_daemon bgpctl; }
have_exabgp() { have_daemon exabgp; }
have_prometheus() { have_daemon prometheus && have_daemon promtool && have_daemon prometheus-alertmanager; }
have_systemd() { have_daemon systemd-analyze && have_daemon systemd-nspawn; }

packages=() untested=()
need() { # need TEST WHAT-GOES-UNTESTED PACKAGE...
  local test=$1 lost=$2
  shift 2
  "$test" && return 0
  packages+=("$@")
  untested+=("$lost")
}
have_git() { command -v git >/dev/null 2>&1; }
have_make() { command -v make >/dev/null 2>&1; }

look() {
  packages=() untested=()
  need have_make "the Makefile" make
  need have_git "the tests that need git" git
  need have_cc "data races: without a C compiler the tests run without -race" gcc libc6-dev
  need have_bgpdump "the tests that hold MRT files against bgpdump" bgpdump
  need have_bird "sessions with BIRD, and its verdicts on hostile ones" bird2
  need have_frr "sessions with FRR, and our decisions against FRR's" frr
  need have_gobgpd "sessions with GoBGP's daemon" gobgpd
  need have_openbgpd "sessions with OpenBGPD" openbgpd
  need have_exabgp "sessions with ExaBGP" exabgp
  need have_prometheus "the alerts, in Prometheus and Alertmanager" prometheus prometheus-alertmanager
  need have_systemd "the unit under systemd" systemd systemd-container
}

complain() { # complain WHY
  say "$1"
  say "missing packages: ${packages[*]}"
  local lost
  for lost in "${untested[@]}"; do say "SKIPPED for that: $lost"; done
}

look
[ "${#packages[@]}" -eq 0 ] && exit 0

if [ "${1:-}" = --check ]; then
  complain "something is missing"
  exit 1
fi
if [ -n "${BGPAUDIT_NO_APT:-}" ]; then
  complain "BGPAUDIT_NO_APT is set, nothing is installed"
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  complain "no apt-get here: install them your own way"
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    complain "not root and no passwordless sudo: sudo apt-get install ${packages[*]}"
    exit 0
  fi
fi

say "installing ${packages[*]}"
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null >&2; }

# A package's daemon is not started while policy-rc.d says 101, and not at boot once it is disabled.
policy=/usr/sbin/policy-rc.d
forbid_services() {
  [ -e "$policy" ] && return
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
}
disable_services() { # of the packages that were missing; others are somebody's own
  local package
  for package in "${wanted[@]}"; do
    case $package in
      bird2) package=bird ;;
      frr | gobgpd | openbgpd | exabgp | prometheus | prometheus-alertmanager) ;;
      *) continue ;;
    esac
    command -v systemctl >/dev/null 2>&1 || return 0
    "${as_root[@]}" systemctl disable "$package" >/dev/null 2>&1 || true
  done
}

wanted=("${packages[@]}")
forbid_services
apt update || say "apt-get update failed, trying with the lists that are there"
if ! apt install --no-install-recommends "${packages[@]}"; then
  # One package that cannot be had shall not cost the others.
  for package in "${packages[@]}"; do
    apt install --no-install-recommends "$package" || say "could not install $package"
  done
fi
disable_services
look
[ "${#packages[@]}" -eq 0 ] || complain "could not install everything"
exit 0
