package configs

import (
	"net"
	"net/netip"
	"strconv"

	"bgpaudit/rib"
)

// Monitor says how the monitor runs. The zero value is a config without monitor:.
type Monitor struct {
	ASN         uint32
	RouterID    netip.Addr // IPv4
	Listen      []netip.AddrPort
	API         string // host:port
	MD5File     string // for sessions that name none of their own; opened as given
	TTLSecurity int    // likewise; 0 for no such limit
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
	c.between("monitor.ttl-security", int64(e.TTLSecurity), 1, 254)
	return Monitor{
		ASN: uint32(e.ASN), RouterID: e.RouterID, Listen: e.Listen, API: e.API,
		MD5File: c.md5File(e.Auth), TTLSecurity: e.TTLSecurity,
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

func (c *checker) md5File(e authEntry) string {
	if e.MD5File == "" {
		return ""
	}
	return c.resolve(e.MD5File)
}
