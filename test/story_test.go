package test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The story of one mistake on real routers, each in a network namespace of its own: two BIRD edges
// and an FRR core are the company, a BIRD each plays the ISP and Microsoft's edge, and the built
// bgpaudit watches from a sixth.
//
//	isp (65540) --- edge1 ---.                      .--- edge2 --- msee (12076)
//	                 |  \     `------- core -------'     /  |
//	                 |   `-- link's export filter --.   /   |
//	                 `----------- bgpaudit ----------------'

// storyConfig says what the company means: the users' NAT pool on the internet alone.
const storyConfig = `version: 1
site: {asns: [65536], families: [ipv4]}
monitor: {asn: 65536, router-id: 10.255.0.9, listen: ["0.0.0.0:179"]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-internet, neighbor-asns: [65540]}
  - {name: er-primary, kind: expressroute-microsoft, router: edge2, firewall: fw-er, circuit: seattle, side: primary, sku: premium, neighbor-asns: [12076]}
feeds:
  - {name: isp-a-mirror, mirrors: isp-a, families: [ipv4], bgp: {neighbor: 10.255.1.2, asn: 65536, local-asn: 65551}}
  - {name: er-primary-mirror, mirrors: er-primary, families: [ipv4], bgp: {neighbor: 10.255.2.2, asn: 65536, local-asn: 65551}}
  - {name: edge1, router: edge1, families: [ipv4], bgp: {neighbor: 10.255.1.1, asn: 65536, add-path: all}, classify: [{community: "64512:101", link: isp-a}, {community: "64512:199", ignore: true}]}
  - {name: edge2, router: edge2, families: [ipv4], bgp: {neighbor: 10.255.2.1, asn: 65536, add-path: all}, classify: [{community: "64512:102", link: er-primary}, {community: "64512:199", ignore: true}]}
prefixes:
  - {name: public, prefixes: [203.0.113.0/24], links: [isp-a]}
pools:
  - {name: nat-users, prefixes: [198.51.100.0/24], links: [isp-a]}
  - {name: nat-er, prefixes: [192.0.2.128/25], links: [er-primary]}
services:
  - {name: updates, pools: [nat-users], remote: windows-update, initiator: us, links: [isp-a]}
  - {name: users-exchange, pools: [nat-er], remote: exchange-online, initiator: us, links: [er-primary]}
remotes:
  - {name: windows-update, observer: microsoft, default-only: true}
  - {name: exchange-online, observer: microsoft, prefixes: [40.96.0.0/13], communities: ["12076:5010"]}
`

// storyEdge is a BIRD edge: what a link advertises is one filter, which the link and its mirror
// share. BIRD has one session with an address of its neighbour's, so the monitor has two.
func storyEdge(n int, link, advertises string, neighbor netip.Addr, asn uint32) string {
	return fmt.Sprintf(`router id 10.255.0.%[1]d;
protocol direct { ipv4; }
filter %[2]s_out { if source = RTS_BGP && net ~ [ %[3]s ] then { bgp_community.delete([(64512,*)]); accept; } reject; }
filter %[2]s_in { bgp_community.add((64512,%[6]d)); accept; }
filter core_in { bgp_community.add((64512,199)); accept; }
template bgp quick { local as 65536; connect delay time 1; connect retry time 1; error wait time 1,2; }
protocol bgp upstream from quick { neighbor %[4]s as %[5]d; ipv4 { import filter %[2]s_in; export filter %[2]s_out; }; }
protocol bgp core from quick { neighbor 10.1.%[1]d.9 as 65536; ipv4 { import filter core_in; export where source = RTS_BGP; next hop self; }; }
protocol bgp monitor from quick { local 10.255.%[1]d.1; neighbor 10.255.%[1]d.9 as 65536; rr client; ipv4 { import none; export where source = RTS_BGP; add paths tx; }; }
protocol bgp mirror from quick { local 10.255.%[1]d.2; neighbor 10.255.%[1]d.10 as 65551; ipv4 { import none; export filter %[2]s_out; }; }
`, n, link, advertises, neighbor, asn, 100+n)
}

// farConfig is the other end of a link.
func farConfig(id string, asn uint32, edge netip.Addr, route string) string {
	return fmt.Sprintf(`router id %s;
protocol static { ipv4; %s }
protocol bgp company { local as %d; neighbor %s as 65536; connect delay time 1; connect retry time 1; ipv4 { import all; export all; }; }
`, id, route, asn, edge)
}

const coreConfig = `router bgp 65536
 bgp router-id 10.255.0.3
 no bgp default ipv4-unicast
 no bgp network import-check
 neighbor 10.1.1.1 remote-as 65536
 neighbor 10.1.1.1 timers connect 1
 neighbor 10.1.2.1 remote-as 65536
 neighbor 10.1.2.1 timers connect 1
 address-family ipv4 unicast
  network 203.0.113.0/24
  network 198.51.100.0/24
  network 192.0.2.128/25
  neighbor 10.1.1.1 activate
  neighbor 10.1.2.1 activate
 exit-address-family
`

// spaces are the network namespaces of a test.
type spaces struct {
	t      *testing.T
	ip     string
	prefix string
}

// namespaces makes them, or skips the test where that cannot be done. Nothing of the machine's own
// network is touched: every cable has both its ends in them.
func namespaces(t *testing.T, names ...string) *spaces {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: the story on real routers needs root, for network namespaces")
	}
	s := &spaces{t: t, ip: program(t, "ip", "iproute2"), prefix: fmt.Sprintf("bgpaudit%d-", os.Getpid())}
	for _, name := range names {
		if out, err := run(t, s.ip, "netns", "add", s.prefix+name); err != nil {
			t.Skipf("SKIPPED: the story on real routers needs network namespaces: %v: %s", err, out)
		}
		t.Cleanup(func() { _ = exec.Command(s.ip, "netns", "delete", s.prefix+name).Run() })
		s.must("-n", s.prefix+name, "link", "set", "lo", "up")
	}
	return s
}

func (s *spaces) must(args ...string) {
	s.t.Helper()
	if out, err := run(s.t, s.ip, args...); err != nil {
		s.t.Fatalf("ip %v: %v: %s", args, err, out)
	}
}

// cable joins two namespaces, each end with its addresses.
func (s *spaces) cable(a string, aAddrs []string, b string, bAddrs []string) {
	s.t.Helper()
	s.must("-n", s.prefix+a, "link", "add", "to-"+b, "type", "veth", "peer", "name", "to-"+a, "netns", s.prefix+b)
	for _, end := range []struct {
		in, dev string
		addrs   []string
	}{{a, "to-" + b, aAddrs}, {b, "to-" + a, bAddrs}} {
		for _, addr := range end.addrs {
			s.must("-n", s.prefix+end.in, "address", "add", addr, "dev", end.dev)
		}
		s.must("-n", s.prefix+end.in, "link", "set", end.dev, "up")
	}
}

// inside is a command line that runs in a namespace.
func (s *spaces) inside(name string, args ...string) []string {
	return append([]string{"netns", "exec", s.prefix + name}, args...)
}

func (s *spaces) bird(name, config string) *bird {
	s.t.Helper()
	path, dir := program(s.t, "bird", "bird2"), scratch(s.t)
	conf := filepath.Join(dir, "bird.conf")
	writeBIRD(s.t, conf, config)
	b := &bird{socket: filepath.Join(dir, "ctl")}
	b.daemon = start(s.t, dir, s.ip, s.inside(name, path, "-f", "-c", conf, "-s", b.socket, "-P", filepath.Join(dir, "pid"))...)
	b.awaitUp(s.t)
	return b
}

func writeBIRD(t *testing.T, path, config string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("log stderr all;\nprotocol device {}\n"+config), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (s *spaces) frr(name, config string) *frr {
	s.t.Helper()
	path, vtysh, dir := program(s.t, frrBgpd, "frr"), program(s.t, "vtysh", "frr"), scratch(s.t)
	conf := filepath.Join(dir, "bgpd.conf")
	if err := os.WriteFile(conf, []byte("log stdout\n"+config), 0o644); err != nil {
		s.t.Fatal(err)
	}
	f := &frr{vtysh: vtysh}
	f.daemon = start(s.t, dir, s.ip, s.inside(name, path, "-f", conf, "-i", filepath.Join(dir, "pid"), "-Z", "-S", "-n", "--vty_socket", dir, "-P", "0")...)
	f.awaitUp(s.t)
	return f
}

// logged is a line of the monitor's log, and when it came.
type logged struct {
	Event string
	Check string
	ID    string
	Exit  int
	Links []string

	raw  string
	came time.Time
}

// watch runs the built bgpaudit in a namespace and gives its log, line by line.
func (s *spaces) watch(name, config string) <-chan logged {
	s.t.Helper()
	dir := scratch(s.t)
	bin, conf := filepath.Join(dir, "bgpaudit"), filepath.Join(dir, "bgpaudit.yaml")
	if out, err := run(s.t, "go", "build", "-o", bin, "bgpaudit/cmd/bgpaudit"); err != nil {
		s.t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.WriteFile(conf, []byte(config), 0o644); err != nil {
		s.t.Fatal(err)
	}
	read, write := io.Pipe()
	cmd := exec.Command(s.ip, s.inside(name, bin, "monitor", "-c", conf, "--log-format", "json")...)
	cmd.Stderr = write
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	out := make(chan logged, 1024)
	go func() {
		defer close(out)
		lines := bufio.NewScanner(read)
		for lines.Scan() {
			l := logged{raw: lines.Text(), came: time.Now()}
			_ = json.Unmarshal(lines.Bytes(), &l) // a line that is none is shown raw
			out <- l
		}
	}()
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			s.t.Errorf("bgpaudit monitor: %v", err)
		}
		write.Close()
	})
	return out
}

// await reads the log until a line is what is waited for.
func await(t *testing.T, log <-chan logged, what string, is func(*logged) bool) logged {
	t.Helper()
	late := time.After(patience)
	var met []string
	for {
		select {
		case l, open := <-log:
			if !open {
				t.Fatalf("%s: the monitor ended\n%s", what, strings.Join(met, "\n"))
			}
			met = append(met, l.raw)
			if is(&l) {
				return l
			}
		case <-late:
			t.Fatalf("%s: not within %s\n%s", what, patience, strings.Join(met, "\n"))
		}
	}
}

// TestAStoryOnRealRouters: somebody lets the users' NAT pool out on the circuit; the finding is raised
// within 2 s at the monitor's own pace, which waits one second for quiet, and cleared after the fix.
func TestAStoryOnRealRouters(t *testing.T) {
	net := namespaces(t, "isp", "msee", "edge1", "edge2", "core", "watch")
	net.cable("isp", []string{"192.0.2.1/30"}, "edge1", []string{"192.0.2.2/30"})
	net.cable("msee", []string{"192.0.2.18/30"}, "edge2", []string{"192.0.2.17/30"})
	net.cable("core", []string{"10.1.1.9/24"}, "edge1", []string{"10.1.1.1/24"})
	net.cable("core", []string{"10.1.2.9/24"}, "edge2", []string{"10.1.2.1/24"})
	net.cable("watch", []string{"10.255.1.9/24", "10.255.1.10/24"}, "edge1", []string{"10.255.1.1/24", "10.255.1.2/24"})
	net.cable("watch", []string{"10.255.2.9/24", "10.255.2.10/24"}, "edge2", []string{"10.255.2.1/24", "10.255.2.2/24"})

	edge2 := func(advertises string) string {
		return storyEdge(2, "er_primary", advertises, netip.MustParseAddr("192.0.2.18"), 12076)
	}
	const right, wrong = "192.0.2.128/25", "192.0.2.128/25, 198.51.100.0/24"
	core := net.frr("core", coreConfig)
	net.bird("isp", farConfig("192.0.2.1", 65540, netip.MustParseAddr("192.0.2.2"), "route 0.0.0.0/0 blackhole;"))
	msee := net.bird("msee", farConfig("192.0.2.18", 12076, netip.MustParseAddr("192.0.2.17"), "route 40.96.0.0/13 blackhole { bgp_community.add((12076,5010)); };"))
	edges := []*bird{
		net.bird("edge1", storyEdge(1, "isp_a", "203.0.113.0/24, 198.51.100.0/24", netip.MustParseAddr("192.0.2.1"), 65540)),
		net.bird("edge2", edge2(right)),
	}
	// The first audits see tables on their way; what counts is the state that they come to.
	if err := until(t.Context(), func() bool {
		a, _ := edges[0].ask("show route count where source = RTS_BGP")
		b, _ := edges[1].ask("show route count where source = RTS_BGP")
		return strings.HasPrefix(a, "4 ") && strings.HasPrefix(b, "4 ")
	}); err != nil {
		for i, e := range edges {
			routes, _ := e.ask("show route")
			protocols, _ := e.ask("show protocols")
			t.Logf("edge%d:\n%s%s", i+1, routes, protocols)
		}
		summary, _ := core.ask("show bgp summary")
		t.Fatalf("the routers do not come together: %v\n%s", err, summary)
	}
	t.Cleanup(func() {
		for i, e := range edges {
			if out, _ := e.ask("show protocols all"); t.Failed() {
				t.Logf("edge%d:\n%s", i+1, out)
			}
		}
	})
	log := net.watch("watch", storyConfig)
	await(t, log, "clean at first", func(l *logged) bool { return l.Event == "answer" && l.Exit == 0 })

	change := func(advertises string) time.Time {
		writeBIRD(t, filepath.Join(edges[1].dir, "bird.conf"), edge2(advertises))
		began := time.Now()
		if out, err := edges[1].ask("configure"); err != nil || !strings.Contains(out, "Reconfigured") && !strings.Contains(out, "Reconfiguration in progress") {
			t.Fatalf("configure: %v %s", err, out)
		}
		return began
	}
	holds := func() bool {
		out, _ := msee.ask("show route 198.51.100.0/24")
		return strings.Contains(out, "198.51.100.0/24")
	}
	began := change(wrong)
	raised := await(t, log, "raised", func(l *logged) bool { return l.Event == "raised" && l.Check == "link/wrong" })
	if took := raised.came.Sub(began); took > 2*time.Second {
		t.Errorf("raised %s after the change", took)
	} else {
		t.Logf("raised %s after the change", took.Round(time.Millisecond))
	}
	if len(raised.Links) != 1 || raised.Links[0] != "er-primary" {
		t.Errorf("raised on %v: %s", raised.Links, raised.raw)
	}
	if !holds() {
		t.Error("Microsoft's edge does not hold the pool: the finding is about nothing")
	}

	began = change(right)
	cleared := await(t, log, "cleared", func(l *logged) bool { return l.Event == "cleared" && l.Check == "link/wrong" })
	if cleared.ID != raised.ID {
		t.Errorf("raised was %s, cleared %s", raised.ID, cleared.ID)
	}
	t.Logf("cleared %s after the fix", cleared.came.Sub(began).Round(time.Millisecond))
	await(t, log, "clean again", func(l *logged) bool { return l.Event == "answer" && l.Exit == 0 })
	if holds() {
		t.Error("Microsoft's edge still holds the pool: it is not repaired")
	}

	for i, e := range edges {
		for _, session := range []string{"monitor", "mirror"} {
			out, err := e.ask("show protocols all " + session)
			if err != nil || !strings.Contains(out, "Established") || !importsNothing(out) {
				t.Errorf("edge%d, %s: %v\n%s", i+1, session, err, out)
			}
		}
	}
}

// importsNothing reads BIRD's statistics of a session: no UPDATE and no withdrawal came in by it.
func importsNothing(protocol string) bool {
	seen := 0
	for line := range strings.Lines(protocol) {
		f := strings.Fields(line)
		if len(f) > 2 && f[0] == "Import" && (f[1] == "updates:" || f[1] == "withdraws:") {
			seen++
			if f[2] != "0" {
				return false
			}
		}
	}
	return seen == 2
}
