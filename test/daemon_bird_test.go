package test

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// birdConfig originates the declared routes in two static protocols, each prefix in one of its own,
// so that it can be disabled.
func birdConfig(c daemonConfig, port uint16) string {
	var out strings.Builder
	fmt.Fprintf(&out, "router id %s;\ngraceful restart wait 5;\n", routerIDOf(c.local))
	for i := range declaredRoutes {
		d := &declaredRoutes[i]
		family := "ipv4"
		if d.prefix.Addr().Is6() {
			family = "ipv6"
		}
		fmt.Fprintf(&out, "protocol static s%d { %s; route %s blackhole { bgp_origin = ORIGIN_IGP; bgp_med = %d; bgp_local_pref = %d;", i, family, d.prefix, d.med, d.localPref)
		for _, v := range d.communities {
			fmt.Fprintf(&out, " bgp_community.add((%s));", strings.ReplaceAll(v, ":", ","))
		}
		for _, v := range d.large {
			fmt.Fprintf(&out, " bgp_large_community.add((%s));", strings.ReplaceAll(v, ":", ","))
		}
		out.WriteString(strings.Repeat(fmt.Sprintf(" bgp_path.prepend(%d);", c.asn), d.prepend))
		out.WriteString(" }; }\n")
	}
	transport := "multihop;"
	if c.near {
		transport = "multihop 1; ttl security yes;"
	}
	if c.md5 != "" {
		transport += fmt.Sprintf(" password %q;", c.md5)
	}
	fmt.Fprintf(&out, `protocol bgp tap {
	local %s port %d as %d; neighbor %s port %d as %d; strict bind yes; %s
	connect delay time 1; connect retry time 1; error wait time 1,2;
	graceful restart yes; enable extended messages yes;
	ipv4 { import all; export filter { bgp_med = bgp_med; accept; }; next hop address %s; };
	ipv6 { import all; export filter { bgp_med = bgp_med; accept; }; next hop address %s; };
}
`, c.local, port, c.asn, c.collector.Addr(), c.collector.Port(), ourASN, transport, nextHop4, nextHop6)
	return out.String()
}

// routerIDOf is an identifier that no other daemon of the tests has.
func routerIDOf(a netip.Addr) netip.Addr {
	b := a.As4()
	return netip.AddrFrom4([4]byte{10, 255, b[2], b[3]})
}

func startBIRDRouter(t *testing.T, c daemonConfig) *routerDaemon {
	b := startBIRD(t, 0, birdConfig(c, freePort(t, c.local)))
	ask := func(command string) error {
		_, err := b.ask(command)
		return err
	}
	return &routerDaemon{
		exports: func() ([]exported, error) { return birdExports(b, c) },
		hide: func(e *exported) {
			e.NextHop = "" // what is set while a message is made is not in its tables
			if c.external() {
				e.LocalPref = ""
			}
		},
		withdraw: func(p netip.Prefix) error {
			for i := range declaredRoutes {
				if declaredRoutes[i].prefix == p {
					return ask(fmt.Sprintf("disable s%d", i))
				}
			}
			return fmt.Errorf("no protocol for %s", p)
		},
		reset:   func() error { return ask("restart tap") },
		restart: func() { b.again("-R") },
		heard: func() (int, error) {
			text, err := b.ask("show protocols all tap")
			if err != nil {
				return 0, err
			}
			counts := regexp.MustCompile(`Import (?:updates|withdraws):\s+(\d+)`).FindAllStringSubmatch(text, -1)
			if len(counts) != 4 { // of two channels
				return 0, fmt.Errorf("no counts in %s", text)
			}
			n := 0
			for _, m := range counts {
				v, err := strconv.Atoi(m[1])
				if err != nil {
					return 0, err
				}
				n += v
			}
			return n, nil
		},
	}
}

// birdExports reads "show route export", which shows paths before the own AS is put in front.
func birdExports(b *bird, c daemonConfig) ([]exported, error) {
	text, err := b.ask("show route export tap all")
	if err != nil {
		return nil, err
	}
	var out []exported
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, ": ")
		if p, err := netip.ParsePrefix(strings.Fields(line + " -")[0]); err == nil {
			out = append(out, exported{Prefix: p.String()})
			if c.external() {
				out[len(out)-1].Path = fmt.Sprint(c.asn)
			}
			continue
		}
		if len(out) == 0 {
			continue
		}
		e := &out[len(out)-1]
		switch key {
		case "BGP.origin":
			e.Origin = strings.ToLower(value)
		case "BGP.as_path":
			e.Path = strings.TrimSpace(e.Path + " " + value)
		case "BGP.med":
			e.MED = value
		case "BGP.local_pref":
			e.LocalPref = value
		case "BGP.community":
			e.Communities = birdCommunities(value)
		case "BGP.large_community":
			e.Large = birdCommunities(value)
		}
	}
	return out, nil
}

func birdCommunities(value string) string {
	value = strings.NewReplacer(") (", "|", "(", "", ")", "", ", ", ":", ",", ":").Replace(value)
	return sorted(strings.Split(value, "|"))
}
