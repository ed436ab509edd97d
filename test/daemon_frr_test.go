package test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// frrBgpd is where packages put FRR's bgpd; the bgpd of the PATH may be OpenBGPD's.
const frrBgpd = "/usr/lib/frr/bgpd"

// frr is a running bgpd of FRR, without zebra, reached by vtysh.
type frr struct {
	*daemon
	vtysh string
}

func startFRR(t *testing.T, listen netip.AddrPort, config string) *frr {
	t.Helper()
	path, vtysh := program(t, frrBgpd, "frr"), program(t, "vtysh", "frr")
	dir := scratch(t)
	conf := filepath.Join(dir, "bgpd.conf")
	if err := os.WriteFile(conf, []byte("log stdout\n"+config), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"-f", conf, "-i", filepath.Join(dir, "pid"), "-p", fmt.Sprint(listen.Port()), "-l", listen.Addr().String(), "-Z", "-S", "-n", "--vty_socket", dir, "-P", "0"}
	f := &frr{vtysh: vtysh}
	f.daemon = start(t, dir, path, args...)
	f.awaitUp(t)
	return f
}

func (f *frr) awaitUp(t *testing.T) {
	t.Helper()
	if err := until(t.Context(), func() bool { _, err := f.ask("show bgp summary"); return err == nil || f.over() }); err != nil || f.over() {
		t.Fatalf("FRR's bgpd does not answer: %v\n%s", err, f.output())
	}
}

// ask gives commands to vtysh.
func (f *frr) ask(commands ...string) (string, error) {
	args := []string{"--vty_socket", f.dir, "-d", "bgpd"}
	for _, c := range commands {
		args = append(args, "-c", c)
	}
	out, err := run(f.t, f.vtysh, args...)
	if err != nil {
		return "", fmt.Errorf("vtysh %q: %w: %s", commands, err, out)
	}
	return out, nil
}

// json asks for an answer and decodes it.
func (f *frr) json(into any, command string) error {
	out, err := f.ask(command)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		return fmt.Errorf("vtysh %q: %w: %.200s", command, err, out)
	}
	return nil
}

func startFRRRouter(t *testing.T, c daemonConfig) *routerDaemon {
	f := startFRR(t, netip.AddrPortFrom(c.local, freePort(t, c.local)), frrConfig(c))
	withdraw := func(p netip.Prefix) error {
		_, err := f.ask("configure terminal", fmt.Sprintf("router bgp %d", c.asn), "address-family "+frrFamily(p)+" unicast", "no network "+p.String())
		return err
	}
	return &routerDaemon{
		exports: func() ([]exported, error) { return f.exports(c) },
		hide: func(e *exported) { // its list of what it advertises shows neither
			e.Communities, e.Large = "", ""
		},
		withdraw: withdraw,
		reset: func() error {
			_, err := f.ask("clear bgp *")
			return err
		},
		restart: func() {
			f.again()
			f.awaitUp(t)
		},
		heard: func() (int, error) { return f.heard(c.collector.Addr()) },
	}
}

func frrFamily(p netip.Prefix) string {
	if p.Addr().Is4() {
		return "ipv4"
	}
	return "ipv6"
}

// frrNeighbor is a neighbour over loopback, without address families.
func frrNeighbor(at netip.AddrPort, asn uint32, local netip.Addr) string {
	out := fmt.Sprintf(" neighbor %[1]s remote-as %[2]d\n neighbor %[1]s port %[3]d\n neighbor %[1]s update-source %[4]s\n neighbor %[1]s disable-connected-check\n neighbor %[1]s timers connect 1\n neighbor %[1]s advertisement-interval 0\n",
		at.Addr(), asn, at.Port(), local)
	return out
}

func frrConfig(c daemonConfig) string {
	var top, nets4, nets6 strings.Builder
	for i := range declaredRoutes {
		d := &declaredRoutes[i]
		fmt.Fprintf(&top, "route-map r%d permit 1\n set origin igp\n set metric %d\n set local-preference %d\n", i, d.med, d.localPref)
		if d.communities != nil {
			fmt.Fprintf(&top, " set community %s\n", strings.Join(d.communities, " "))
		}
		if d.large != nil {
			fmt.Fprintf(&top, " set large-community %s\n", strings.Join(d.large, " "))
		}
		if d.prepend > 0 {
			fmt.Fprintf(&top, " set as-path prepend%s\n", strings.Repeat(fmt.Sprintf(" %d", c.asn), d.prepend))
		}
		nets := &nets4
		if d.prefix.Addr().Is6() {
			nets = &nets6
		}
		fmt.Fprintf(nets, "  network %s route-map r%d\n", d.prefix, i)
	}
	fmt.Fprintf(&top, "route-map out4 permit 1\n set ip next-hop %s\nroute-map out6 permit 1\n set ipv6 next-hop global %s\n", nextHop4, nextHop6)
	fmt.Fprintf(&top, "router bgp %d\n bgp router-id %s\n no bgp ebgp-requires-policy\n no bgp default ipv4-unicast\n no bgp network import-check\n", c.asn, routerIDOf(c.local))
	top.WriteString(" bgp graceful-restart\n bgp graceful-restart preserve-fw-state\n")
	top.WriteString(frrNeighbor(c.collector, ourASN, c.local))
	if c.near {
		fmt.Fprintf(&top, " neighbor %s ttl-security hops 1\n", c.collector.Addr())
	}
	if c.md5 != "" {
		fmt.Fprintf(&top, " neighbor %s password %s\n", c.collector.Addr(), c.md5)
	}
	for family, nets := range map[string]*strings.Builder{"ipv4": &nets4, "ipv6": &nets6} {
		fmt.Fprintf(&top, " address-family %s unicast\n%s  neighbor %[3]s activate\n  neighbor %[3]s route-map out%[4]s out\n exit-address-family\n", family, nets.String(), c.collector.Addr(), family[3:])
	}
	return top.String()
}

// exports are FRR's advertised routes, whose paths are as they were before the own AS.
func (f *frr) exports(c daemonConfig) ([]exported, error) {
	var out []exported
	for _, family := range []string{"ipv4", "ipv6"} {
		var table struct {
			AdvertisedRoutes map[string]struct {
				Network       string  `json:"network"`
				NextHop       string  `json:"nextHop"`
				NextHopGlobal string  `json:"nextHopGlobal"`
				Metric        *uint32 `json:"metric"`
				LocPrf        *uint32 `json:"locPrf"`
				Path          string  `json:"path"`
				Origin        string  `json:"origin"`
				Code          string  `json:"bgpOriginCode"`
			} `json:"advertisedRoutes"`
		}
		if err := f.json(&table, fmt.Sprintf("show bgp %s unicast neighbors %s advertised-routes json", family, c.collector.Addr())); err != nil {
			return nil, err
		}
		for _, r := range table.AdvertisedRoutes {
			e := exported{Prefix: r.Network, NextHop: r.NextHop + r.NextHopGlobal, Path: r.Path, Origin: strings.ToLower(r.Origin)}
			if r.Code == "i" {
				e.Origin = "igp"
			}
			if c.external() {
				e.Path = strings.TrimSpace(fmt.Sprintf("%d %s", c.asn, r.Path))
			}
			if r.Metric != nil {
				e.MED = fmt.Sprint(*r.Metric)
			}
			if r.LocPrf != nil && !c.external() {
				e.LocalPref = fmt.Sprint(*r.LocPrf)
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// heard is how many UPDATEs FRR counts from a neighbour.
func (f *frr) heard(neighbor netip.Addr) (int, error) {
	var neighbors map[string]struct {
		MessageStats struct {
			UpdatesRecv int `json:"updatesRecv"`
		} `json:"messageStats"`
	}
	if err := f.json(&neighbors, "show bgp neighbors "+neighbor.String()+" json"); err != nil {
		return 0, err
	}
	n, ok := neighbors[neighbor.String()]
	if !ok {
		return 0, fmt.Errorf("FRR does not list %s", neighbor)
	}
	return n.MessageStats.UpdatesRecv, nil
}
