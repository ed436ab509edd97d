package bgp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// check finds what of a config cannot be had.
func (c *Config) check() error {
	switch {
	case !c.RouterID.Is4() || c.RouterID.IsUnspecified():
		return fmt.Errorf("the router id %v is not an IPv4 address", c.RouterID)
	case len(c.Listen) == 0:
		return errors.New("no address to listen on")
	case c.HoldTime != 0 && (c.HoldTime < 3*time.Second || c.HoldTime > 65535*time.Second):
		return fmt.Errorf("a hold time of %v is not within 3 s and 65535 s", c.HoldTime)
	}
	for i := range c.Neighbors {
		if err := c.checkNeighbor(i); err != nil {
			return fmt.Errorf("neighbor %s: %w", c.Neighbors[i].Name, err)
		}
	}
	return nil
}

func (c *Config) checkNeighbor(i int) error {
	n := &c.Neighbors[i]
	where := n.where()
	a := where.Addr()
	switch {
	case n.Address.IsValid() == n.Range.IsValid():
		return errors.New("it needs an address or a range, and not both")
	case !where.IsValid() || a.Is4In6() || a.Zone() != "" || where != where.Masked():
		return fmt.Errorf("%v is not in canonical form", where)
	case n.Range.IsValid() && n.MD5 == "" && n.TTLSecurity == 0:
		return errors.New("a range needs MD5 or TTL security")
	case n.ASN == 0 || n.LocalASN == 0:
		return errors.New("AS number 0")
	case len(n.MD5) > 80:
		return errors.New("the MD5 password is longer than 80 octets")
	case n.TTLSecurity < 0 || n.TTLSecurity > 254:
		return fmt.Errorf("a router %d hops away is not possible", n.TTLSecurity)
	case !slices.ContainsFunc(c.Listen, func(l netip.AddrPort) bool { return l.Addr().Unmap().Is4() == a.Is4() }):
		return fmt.Errorf("%v is of a family that is not listened on", where)
	}
	for j := range c.Neighbors {
		other := &c.Neighbors[j]
		switch {
		case j < i && other.where() == where:
			return fmt.Errorf("%v is %s already", where, other.Name)
		case other.MD5 != "" && n.MD5 == "" && other.where().Overlaps(where) && other.where().Bits() <= where.Bits():
			return fmt.Errorf("it has no MD5 password, and is within %v of %s, which has one: the system would drop all it sends", other.where(), other.Name)
		}
	}
	return nil
}

// where is the neighbour's address or range.
func (n *Neighbor) where() netip.Prefix {
	if n.Range.IsValid() {
		return n.Range
	}
	if !n.Address.IsValid() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(n.Address, n.Address.BitLen())
}

// listen opens one listener with what its neighbours need. [::] is IPv6 alone.
func (c *Config) listen(at netip.AddrPort) (*net.TCPListener, error) {
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	network, v6 := "tcp4", at.Addr().Is6()
	if v6 {
		network = "tcp6"
	}
	l := net.ListenConfig{KeepAlive: -1}
	l.SetMultipathTCP(false) // it knows neither MD5 nor TTL security
	l.Control = func(_, _ string, raw syscall.RawConn) error { return c.protect(raw, v6) }
	listener, err := l.Listen(context.Background(), network, at.String())
	if err != nil {
		return nil, err
	}
	return listener.(*net.TCPListener), nil
}

// protect sets on a listening socket what the neighbours of its family ask for.
func (c *Config) protect(raw syscall.RawConn, v6 bool) error {
	guarded := false
	for i := range c.Neighbors {
		n := &c.Neighbors[i]
		if n.where().Addr().Is6() != v6 {
			continue
		}
		guarded = guarded || n.TTLSecurity > 0
		if n.MD5 == "" {
			continue
		}
		if err := signed(raw, n.where(), n.MD5); err != nil {
			return fmt.Errorf("neighbor %s: MD5: %w", n.Name, err)
		}
	}
	if !guarded {
		return nil
	}
	if err := errors.Join(sendHops(raw, v6, 255), keepSYN(raw)); err != nil {
		return fmt.Errorf("TTL security: %w", err)
	}
	return nil
}

// guard sets on a router's connection what its neighbour asks for, and says why the connection is
// not to be had. What came before the option was set came from where the first segment came from.
func (n *Neighbor) guard(c *net.TCPConn) (refused string) {
	if n.TTLSecurity == 0 {
		return ""
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return noSocketOption
	}
	v6, least := n.where().Addr().Is6(), 256-n.TTLSecurity
	if errors.Join(sendHops(raw, v6, 255), requireHops(raw, v6, least)) != nil {
		return noSocketOption
	}
	if hops, ok := synHops(raw, v6); !ok || hops < least {
		return tooFar
	}
	return ""
}

// keepAlive has TCP find out about a router that is gone where there is no hold timer. It is slower
// than any hold timer that we offer.
func keepAlive(c *net.TCPConn, hold time.Duration) {
	_ = c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: max(hold, time.Minute), Interval: 15 * time.Second, Count: 4})
}
