package test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// GoBGP's own daemon, of another version than the library in the collector.
func startGoBGPRouter(t *testing.T, c daemonConfig) *routerDaemon {
	path, client := program(t, "gobgpd", "gobgpd"), program(t, "gobgp", "gobgpd")
	dir := scratch(t)
	conf := filepath.Join(dir, "gobgpd.toml")
	family := `
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "%s-unicast"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true
`
	text := fmt.Sprintf(`[global.config]
  as = %d
  router-id = "%s"
  port = %d
  local-address-list = ["%s"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "%s"
    peer-as = %d
    auth-password = "%s"
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time-after-reset = 1
  [neighbors.transport.config]
    local-address = "%s"
    remote-port = %d
  [neighbors.ttl-security.config]
    enabled = %v
    ttl-min = 255
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = 60
`, c.asn, routerIDOf(c.local), freePort(t, c.local), c.local, c.collector.Addr(), ourASN, c.md5, c.local, c.collector.Port(), c.near) +
		fmt.Sprintf(family, "ipv4") + fmt.Sprintf(family, "ipv6")
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	apiPort := freePort(t, c.local)
	g := start(t, dir, path, "-f", conf, "--api-hosts", fmt.Sprintf("%s:%d", c.local, apiPort), "--pprof-disable", "-p")
	ask := func(args ...string) (string, error) {
		out, err := run(t, client, append([]string{"-u", c.local.String(), "-p", fmt.Sprint(apiPort)}, args...)...)
		if err != nil {
			err = fmt.Errorf("gobgp %q: %w: %s", args, err, out)
		}
		return out, err
	}
	originate := func() {
		if err := until(t.Context(), func() bool { _, err := ask("global"); return err == nil || g.over() }); err != nil || g.over() {
			t.Fatalf("gobgpd does not answer: %v\n%s", err, g.output())
		}
		for i := range declaredRoutes {
			if _, err := ask(goBGPAdd(&declaredRoutes[i], c.asn)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	originate()
	return &routerDaemon{
		exports: func() ([]exported, error) { return goBGPExports(ask, c.collector.Addr()) },
		hide:    func(*exported) {},
		withdraw: func(p netip.Prefix) error {
			_, err := ask("global", "rib", "del", p.String(), "-a", frrFamily(p))
			return err
		},
		reset: func() error {
			_, err := ask("neighbor", c.collector.Addr().String(), "disable") // "reset" keeps it idle for long
			return err
		},
		comeBack: func() error {
			_, err := ask("neighbor", c.collector.Addr().String(), "enable")
			return err
		},
		restart: func() {
			g.again("-r")
			originate()
		},
		heard: func() (int, error) {
			out, err := ask("neighbor", c.collector.Addr().String(), "-j")
			if err != nil {
				return 0, err
			}
			var n struct {
				State struct {
					Messages struct {
						Received struct {
							Update int `json:"update"`
						} `json:"received"`
					} `json:"messages"`
				} `json:"state"`
			}
			err = json.Unmarshal([]byte(out), &n)
			return n.State.Messages.Received.Update, err
		},
	}
}

func goBGPAdd(d *declared, asn uint32) []string {
	hop := nextHop4
	if d.prefix.Addr().Is6() {
		hop = nextHop6
	}
	args := []string{
		"global", "rib", "add", "-a", frrFamily(d.prefix), d.prefix.String(), "nexthop", hop.String(), "origin", "igp",
		"med", fmt.Sprint(d.med), "local-pref", fmt.Sprint(d.localPref),
	}
	if d.communities != nil {
		args = append(args, "community", strings.Join(d.communities, ","))
	}
	if d.large != nil {
		args = append(args, "large-community", strings.Join(d.large, ","))
	}
	if d.prepend > 0 {
		args = append(args, "aspath", strings.TrimSuffix(strings.Repeat(fmt.Sprintf("%d,", asn), d.prepend), ","))
	}
	return args
}

// goBGPExports reads "gobgp neighbor adj-out -j".
func goBGPExports(ask func(...string) (string, error), neighbor netip.Addr) ([]exported, error) {
	var out []exported
	for _, family := range []string{"ipv4", "ipv6"} {
		text, err := ask("neighbor", neighbor.String(), "adj-out", "-a", family, "-j")
		if err != nil {
			return nil, err
		}
		var table map[string][]struct {
			Attrs []json.RawMessage `json:"attrs"`
		}
		if err := json.Unmarshal([]byte(text), &table); err != nil {
			return nil, fmt.Errorf("%w: %.300s", err, text)
		}
		for prefix, paths := range table {
			e := exported{Prefix: prefix}
			for _, raw := range paths[0].Attrs {
				if err := goBGPAttribute(&e, raw); err != nil {
					return nil, err
				}
			}
			out = append(out, e)
		}
	}
	return out, nil
}

func goBGPAttribute(e *exported, raw json.RawMessage) error {
	var a struct {
		Type    int    `json:"type"`
		NextHop string `json:"nexthop"`
		Metric  uint32 `json:"metric"`
		ASPaths []struct {
			ASNs []uint32 `json:"asns"`
		} `json:"as_paths"`
		Communities []uint32        `json:"communities"`
		Value       json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	switch a.Type {
	case 1:
		e.Origin = map[string]string{"0": "igp", "1": "egp", "2": "incomplete"}[string(a.Value)]
	case 2:
		for _, s := range a.ASPaths {
			e.Path = strings.Trim(fmt.Sprint(s.ASNs), "[]")
		}
	case 3, 14:
		e.NextHop = a.NextHop
	case 4:
		e.MED = fmt.Sprint(a.Metric)
	case 5:
		e.LocalPref = string(a.Value)
	case 8:
		var all []string
		for _, v := range a.Communities {
			all = append(all, fmt.Sprintf("%d:%d", v>>16, v&0xffff))
		}
		e.Communities = sorted(all)
	case 32:
		var large []struct{ ASN, LocalData1, LocalData2 uint32 }
		if err := json.Unmarshal(a.Value, &large); err != nil {
			return err
		}
		var all []string
		for _, v := range large {
			all = append(all, fmt.Sprintf("%d:%d:%d", v.ASN, v.LocalData1, v.LocalData2))
		}
		e.Large = sorted(all)
	}
	return nil
}

// OpenBGPD keeps no graceful restart of its own: it only helps others.
func startOpenBGPDRouter(t *testing.T, c daemonConfig) *routerDaemon {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: OpenBGPD starts as root only")
	}
	path, client := program(t, "/usr/sbin/bgpd", "openbgpd"), program(t, "bgpctl", "openbgpd")
	if err := os.MkdirAll("/run/openbgpd", 0o755); err != nil { // home of its user, made by systemd elsewhere
		t.Skipf("SKIPPED: OpenBGPD needs /run/openbgpd: %v", err)
	}
	dir := scratch(t)
	conf, socket := filepath.Join(dir, "bgpd.conf"), filepath.Join(dir, "ctl")
	if err := os.WriteFile(conf, []byte(openBGPDConfig(c, socket, freePort(t, c.local))), 0o600); err != nil {
		t.Fatal(err)
	}
	o := start(t, dir, path, "-d", "-f", conf)
	ask := func(args ...string) (string, error) {
		out, err := run(t, client, append([]string{"-s", socket}, args...)...)
		if err != nil {
			err = fmt.Errorf("bgpctl %q: %w: %s", args, err, out)
		}
		return out, err
	}
	if err := until(t.Context(), func() bool { _, err := ask("show"); return err == nil || o.over() }); err != nil || o.over() {
		t.Fatalf("OpenBGPD does not answer: %v\n%s", err, o.output())
	}
	neighbor := c.collector.Addr().String()
	return &routerDaemon{
		adjust: func(e *exported) {
			switch {
			case !c.external():
			case strings.Contains(e.Prefix, ":"): // the next hop of eBGP is always itself, of IPv6 on the same interface
				e.NextHop = netip.IPv6Loopback().String()
			default:
				e.NextHop = c.local.String()
			}
		},
		exports: func() ([]exported, error) { return openBGPDExports(ask, neighbor) },
		hide: func(e *exported) { // local preference is shown even where it is not sent
			if c.external() {
				e.LocalPref = ""
			}
		},
		withdraw: func(p netip.Prefix) error {
			_, err := ask("network", "delete", p.String())
			return err
		},
		reset: func() error {
			_, err := ask("neighbor", neighbor, "down") // "clear" keeps it idle for 30 s
			return err
		},
		comeBack: func() error {
			_, err := ask("neighbor", neighbor, "up")
			return err
		},
		heard: func() (int, error) {
			out, err := ask("-j", "show", "neighbor", neighbor)
			if err != nil {
				return 0, err
			}
			var all struct {
				Neighbors []struct {
					Stats struct {
						Message struct {
							Received struct {
								Updates int `json:"updates"`
							} `json:"received"`
						} `json:"message"`
					} `json:"stats"`
				} `json:"neighbors"`
			}
			if err := json.Unmarshal([]byte(out), &all); err != nil || len(all.Neighbors) != 1 {
				return 0, fmt.Errorf("bgpctl show neighbor: %w: %.300s", err, out)
			}
			return all.Neighbors[0].Stats.Message.Received.Updates, nil
		},
	}
}

func openBGPDConfig(c daemonConfig, socket string, port uint16) string {
	var out strings.Builder
	fmt.Fprintf(&out, "AS %d\nrouter-id %s\nfib-update no\nlisten on %s port %d\nsocket \"%s\"\n", c.asn, routerIDOf(c.local), c.local, port, socket)
	for i := range declaredRoutes {
		d := &declaredRoutes[i]
		hop := nextHop4
		if d.prefix.Addr().Is6() {
			hop = nextHop6
		}
		fmt.Fprintf(&out, "network %s set { metric %d localpref %d nexthop %s", d.prefix, d.med, d.localPref, hop)
		for _, v := range d.communities {
			fmt.Fprintf(&out, " community %s", v)
		}
		for _, v := range d.large {
			fmt.Fprintf(&out, " large-community %s", v)
		}
		if d.prepend > 0 {
			fmt.Fprintf(&out, " prepend-self %d", d.prepend)
		}
		out.WriteString(" }\n")
	}
	fmt.Fprintf(&out, "neighbor %s {\n\tremote-as %d\n\tport %d\n\tlocal-address %s\n\tannounce IPv4 unicast\n\tannounce IPv6 unicast\n", c.collector.Addr(), ourASN, c.collector.Port(), c.local)
	if c.near {
		out.WriteString("\tttl-security yes\n")
	}
	if c.md5 != "" {
		fmt.Fprintf(&out, "\ttcp md5sig password %s\n", c.md5)
	}
	out.WriteString("}\nallow from any\nallow to any\n")
	out.WriteString("match to any set nexthop no-modify\n")
	return out.String()
}

// openBGPDExports reads "bgpctl show rib out".
func openBGPDExports(ask func(...string) (string, error), neighbor string) ([]exported, error) {
	text, err := ask("-j", "show", "rib", "detail", "out", "neighbor", neighbor)
	if err != nil {
		return nil, err
	}
	var table struct {
		RIB []struct {
			Prefix           string   `json:"prefix"`
			ASPath           string   `json:"aspath"`
			ExitNextHop      string   `json:"exit_nexthop"`
			Origin           string   `json:"origin"`
			Metric           uint32   `json:"metric"`
			LocalPref        uint32   `json:"localpref"`
			Communities      []string `json:"communities"`
			LargeCommunities []string `json:"large_communities"`
		} `json:"rib"`
	}
	if err := json.Unmarshal([]byte(text), &table); err != nil {
		return nil, fmt.Errorf("%w: %.300s", err, text)
	}
	var out []exported
	for _, r := range table.RIB {
		e := exported{
			Prefix: r.Prefix, NextHop: r.ExitNextHop, Path: r.ASPath, Origin: strings.ToLower(r.Origin), MED: fmt.Sprint(r.Metric),
			LocalPref: fmt.Sprint(r.LocalPref), Communities: sorted(r.Communities), Large: sorted(r.LargeCommunities),
		}
		out = append(out, e)
	}
	return out, nil
}

// ExaBGP sends what its config says and keeps no table: the declared routes are the oracle. It is
// commanded through a pipe that a process of its own reads.
func startExaBGPRouter(t *testing.T, c daemonConfig) *routerDaemon {
	cat, dir := program(t, "cat", "coreutils"), scratch(t)
	pipe := filepath.Join(dir, "commands")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(pipe, 0o666); err != nil { // of the umask's making otherwise
		t.Fatal(err)
	}
	commands, err := os.OpenFile(pipe, os.O_RDWR, 0) // never at its end for who reads it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { commands.Close() })
	e := startExaBGP(t, exaBGPConfig(c, cat+" "+pipe))
	return &routerDaemon{
		withdraw: func(p netip.Prefix) error {
			_, err := fmt.Fprintf(commands, "withdraw route %s next-hop self\n", p)
			return err
		},
		restart: func() { e.again() },
	}
}

func startExaBGP(t *testing.T, config string) *daemon {
	t.Helper()
	path, dir := program(t, "exabgp", "exabgp"), scratch(t)
	conf := filepath.Join(dir, "exa.conf")
	if err := os.WriteFile(conf, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return startWith(t, dir, []string{
		"exabgp.daemon.user=" + userName(), "exabgp.tcp.bind=", "exabgp.api.ack=false", "exabgp.api.cli=false",
		"exabgp.log.destination=stdout", "exabgp.log.level=WARNING",
	}, path, conf)
}

// userName is whom ExaBGP is to run as, which it asks for.
func userName() string {
	if os.Geteuid() == 0 {
		return "nobody"
	}
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return "nobody"
}

func exaBGPConfig(c daemonConfig, process string) string {
	var routes strings.Builder
	for i := range declaredRoutes {
		d := &declaredRoutes[i]
		want := d.as(c.asn)
		fmt.Fprintf(&routes, "\t\troute %s next-hop %s origin igp med %d local-preference %d as-path [ %s ]", d.prefix, want.NextHop, d.med, d.localPref, want.Path)
		if d.communities != nil {
			fmt.Fprintf(&routes, " community [ %s ]", strings.Join(d.communities, " "))
		}
		if d.large != nil {
			fmt.Fprintf(&routes, " large-community [ %s ]", strings.Join(d.large, " "))
		}
		routes.WriteString(";\n")
	}
	transport := ""
	if c.near {
		transport += "\toutgoing-ttl 255;\n"
	}
	if c.md5 != "" {
		transport += fmt.Sprintf("\tmd5-password %q;\n", c.md5)
	}
	return fmt.Sprintf(`process commands { run %s; encoder text; }
neighbor %s {
	router-id %s;
	local-address %s;
	local-as %d;
	peer-as %d;
	connect %d;
%s	capability { graceful-restart 60; }
	family { ipv4 unicast; ipv6 unicast; }
	api { processes [ commands ]; }
	static {
%s	}
}
`, process, c.collector.Addr(), routerIDOf(c.local), c.local, c.asn, ourASN, c.collector.Port(), transport, routes.String())
}
