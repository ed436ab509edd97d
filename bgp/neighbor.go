package bgp

import (
	"net/netip"
	"time"

	"go.uber.org/zap"

	"bgpaudit/rib"
)

// Config is what a Collector needs to begin.
type Config struct {
	RouterID  netip.Addr       // our BGP identifier, an IPv4 address
	Listen    []netip.AddrPort // at least one; port 0 takes a free one, see [Collector.Addrs]
	Neighbors []Neighbor
	HoldTime  time.Duration // offered to every neighbour; 0 stands for 90 s
	Log       *zap.Logger   // nil logs nothing

	// PrefixLimit is the most routes that are kept of all sessions together, 0 for no limit. A session
	// that would go beyond it is as one that is beyond its own.
	PrefixLimit int
}

// Neighbor is a router, or a range of routers, that may open a session to us. Every other address
// is closed at once and counted.
type Neighbor struct {
	Name string     // the feed's, for logs and states
	Feed rib.FeedID // the source of its updates

	Address netip.Addr   // one router; unmapped, without zone
	Range   netip.Prefix // or any of these (dynamic neighbours), with MD5 or TTLSecurity only

	ASN      uint32       // the router's
	LocalASN uint32       // ours towards it; equal to ASN on iBGP
	Families []rib.Family // offered in the OPEN; none stands for both
	AddPath  bool         // offer to receive several paths a prefix (RFC 7911)

	MD5         string // TCP MD5 signature password (RFC 2385), "" for none; never logged
	TTLSecurity int    // the most hops away that the router may be (RFC 5082), 0 for any

	// PrefixLimit is the most routes that are kept of one session, 0 for no limit. Beyond it the
	// session stays up, an alarm is raised, and what does not fit is not kept: the feed is partial
	// until the router has sent everything again.
	PrefixLimit int
}

// Internal reports whether the session is iBGP.
func (n *Neighbor) Internal() bool { return n.ASN == n.LocalASN }

// External is the opposite.
func (n *Neighbor) External() bool { return !n.Internal() }
