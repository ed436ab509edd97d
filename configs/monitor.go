package configs

import (
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"bgpaudit/rib"
)

// Monitor says how the monitor runs. The zero value is a config without monitor:.
type Monitor struct {
	ASN         uint32
	RouterID    netip.Addr // IPv4
	Listen      []netip.AddrPort
	API         string        // host:port; empty: there is none
	TLS         *TLSFiles     // of the API, nil for none
	TokenFile   string        // of the API, "" for none; opened as given
	HoldTime    time.Duration // offered to every router
	MD5File     string        // for sessions that name none of their own; opened as given
	TTLSecurity int           // likewise; 0 for no such limit
	PrefixLimit int           // most routes kept of all sessions together
	StartGrace  time.Duration // of the sessions, to send their whole tables before it is said that they lack
}

// DefaultStartGrace: a router tries again after two minutes (RFC 4271 10, ConnectRetryTime), and then
// has its table to send.
const DefaultStartGrace = 3 * time.Minute

const longestStartGrace = time.Hour // who waits longer is not told of what is not there

// Most routes that are kept where the config does not say: of one session twice what the internet has,
// of all what takes some 3 GB.
const (
	DefaultPrefixLimit      = 2_000_000
	DefaultTotalPrefixLimit = 20_000_000
)

// TLSFiles are a certificate and its key; opened as given.
type TLSFiles struct{ Cert, Key string }

func (c *checker) monitor() Monitor {
	e := &c.file.Monitor
	if e.RouterID.IsValid() && rib.FamilyOf(netip.PrefixFrom(e.RouterID, 0)) != rib.IPv4 {
		c.fail("monitor.router-id", "write it as 10.255.0.9", "router-id %s is not an IPv4 address", e.RouterID)
	}
	once(c, "monitor.listen", e.Listen)
	c.api()
	c.holdTime()
	c.startGrace()
	c.between("monitor.ttl-security", int64(e.TTLSecurity), 1, 254)
	most := int64(DefaultTotalPrefixLimit)
	if e.PrefixLimit != nil {
		c.between("monitor.prefix-limit", *e.PrefixLimit, 1, math.MaxInt32)
		most = *e.PrefixLimit
	} else if c.has("monitor") && !c.broken["monitor.prefix-limit"] {
		e.PrefixLimit = &most
	}
	out := Monitor{
		PrefixLimit: int(most),
		ASN:         uint32(e.ASN), RouterID: e.RouterID, Listen: e.Listen, API: e.API, HoldTime: e.HoldTime.duration(), StartGrace: e.StartGrace.duration(),
		MD5File: c.md5File(e.Auth), TTLSecurity: e.TTLSecurity,
	}
	if e.TLS != (tlsEntry{}) {
		out.TLS = &TLSFiles{c.resolve(e.TLS.Cert), c.resolve(e.TLS.Key)}
	}
	if e.TokenFile != "" {
		out.TokenFile = c.resolve(e.TokenFile)
	}
	return out
}

// api: what others can reach is for those alone who show a token, over a line that nobody reads.
func (c *checker) api() {
	e, at := &c.file.Monitor, "monitor.api"
	if c.broken[at] {
		return
	}
	if !c.has(at) {
		for _, key := range []string{"monitor.tls", "monitor.token-file"} {
			if c.has(key) {
				c.fail(key, "write monitor: {api: \"127.0.0.1:8179\"}, or leave it out", "%s is for the API, and monitor.api is missing", key)
			}
		}
		return
	}
	if !c.hostPort(at, e.API) || onLoopback(e.API) {
		return
	}
	var lacks []string
	for _, key := range []string{"tls", "token-file"} {
		if !c.has("monitor." + key) {
			lacks = append(lacks, "monitor."+key)
		}
	}
	if len(lacks) > 0 {
		c.fail(at, "write 127.0.0.1:8179, which this host alone can reach, or give what is missing", "%s can be reached from other hosts, and %s missing", shorten(e.API), enumerate(lacks)+map[bool]string{true: " is", false: " are"}[len(lacks) == 1])
	}
}

// onLoopback reports whether an address is this host's alone. Which one a name stands for is known
// when it is listened on, and looked at again then.
func onLoopback(hostPort string) bool {
	host, _, _ := net.SplitHostPort(hostPort)
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// holdTime: it travels as whole seconds in 16 bits, and 1 and 2 are refused (RFC 4271 4.2).
func (c *checker) holdTime() {
	e, at := &c.file.Monitor, "monitor.hold-time"
	if !c.has(at) {
		if c.has("monitor") {
			e.HoldTime = span(90 * time.Second)
		}
		return
	}
	if d := e.HoldTime.duration(); !c.broken[at] && (d < 3*time.Second || d > math.MaxUint16*time.Second || d%time.Second != 0) {
		c.fail(at, "whole seconds, from 3s to 65535s; 90s is usual", "hold-time %s is out of range", d)
	}
}

func (c *checker) startGrace() {
	e, at := &c.file.Monitor, "monitor.start-grace"
	if !c.has(at) {
		if c.has("monitor") {
			e.StartGrace = span(DefaultStartGrace)
		}
		return
	}
	if d := e.StartGrace.duration(); !c.broken[at] && (d < time.Second || d > longestStartGrace) {
		c.fail(at, "from 1s to 1h; 3m is usual", "start-grace %s is out of range", d)
	}
}

func (c *checker) hostPort(path, text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		c.fail(path, "write it as 127.0.0.1:8179", "bad address and port %q", shorten(text))
	}
	return err == nil
}

// CheckMonitor reports what a config that is right by itself lacks for the monitor to run with it,
// every lack at once, as [Load] does.
func (c *Config) CheckMonitor() error {
	var out Errors
	lacks := func(key, hint, message string) {
		out = append(out, Problem{File: c.Path, Line: c.monitorLine, Key: key, Message: message, Hint: hint})
	}
	if !slices.ContainsFunc(c.Feeds, func(f Feed) bool { return f.BGP != nil }) {
		lacks("feeds", "give a feed bgp: {neighbor: …, asn: …}; files alone are for bgpaudit audit", "no feed is a BGP session: there is nothing to monitor")
		return out
	}
	if len(c.Monitor.Listen) == 0 {
		lacks("monitor.listen", `write monitor: {listen: ["0.0.0.0:179"]}`, "monitor.listen is missing: the monitor never connects, routers connect to it")
	}
	if !c.Monitor.RouterID.IsValid() {
		lacks("monitor.router-id", "write monitor: {router-id: 10.255.0.9}, an IPv4 address that no router has as its own", "monitor.router-id is missing")
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// CheckReload reports what a monitor that runs with another config cannot take on without a restart,
// every change at once, as [Load] does.
func (c *Config) CheckReload(running *Config) error {
	was, is := &running.Monitor, &c.Monitor
	var out Errors
	for _, kept := range []struct {
		key  string
		same bool
	}{
		{"monitor.listen", slices.Equal(was.Listen, is.Listen)},
		{"monitor.router-id", was.RouterID == is.RouterID},
		{"monitor.hold-time", was.HoldTime == is.HoldTime},
		{"monitor.start-grace", was.StartGrace == is.StartGrace},
		{"monitor.api", was.API == is.API},
		{"monitor.prefix-limit", was.PrefixLimit == is.PrefixLimit},
	} {
		if !kept.same {
			out = append(out, Problem{File: c.Path, Line: c.monitorLine, Key: kept.key, Message: kept.key + " has changed, and the running monitor cannot", Hint: "restart it, or put back what was there"})
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (c *checker) md5File(e authEntry) string {
	if e.MD5File == "" {
		return ""
	}
	return c.resolve(e.MD5File)
}
