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
	API         string        // host:port
	HoldTime    time.Duration // offered to every router
	MD5File     string        // for sessions that name none of their own; opened as given
	TTLSecurity int           // likewise; 0 for no such limit
}

func (c *checker) monitor() Monitor {
	e := &c.file.Monitor
	if e.RouterID.IsValid() && rib.FamilyOf(netip.PrefixFrom(e.RouterID, 0)) != rib.IPv4 {
		c.fail("monitor.router-id", "write it as 10.255.0.9", "router-id %s is not an IPv4 address", e.RouterID)
	}
	once(c, "monitor.listen", e.Listen)
	if c.has("monitor.api") && !c.broken["monitor.api"] {
		c.hostPort("monitor.api", e.API)
	}
	c.holdTime()
	c.between("monitor.ttl-security", int64(e.TTLSecurity), 1, 254)
	return Monitor{
		ASN: uint32(e.ASN), RouterID: e.RouterID, Listen: e.Listen, API: e.API, HoldTime: e.HoldTime.duration(),
		MD5File: c.md5File(e.Auth), TTLSecurity: e.TTLSecurity,
	}
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

func (c *checker) hostPort(path, text string) {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		c.fail(path, "write it as 127.0.0.1:8179", "bad address and port %q", shorten(text))
	}
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

func (c *checker) md5File(e authEntry) string {
	if e.MD5File == "" {
		return ""
	}
	return c.resolve(e.MD5File)
}
