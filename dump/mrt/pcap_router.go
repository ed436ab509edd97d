package mrt

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
)

// pcapRouters are the routers of ours whose messages were taken. A capture at a mirror port may hold the sessions of
// several, and a feed is of one.
type pcapRouters []pcapRouter

// pcapRouter is known by its BGP Identifier, which is the same in all its sessions; its addresses differ from link to link.
type pcapRouter struct {
	id    netip.Addr
	addrs []netip.Addr
}

// pcapRouterOf reads the router that a feed takes of a capture.
func pcapRouterOf(vrf string) (netip.Addr, error) {
	if vrf == "" {
		return netip.Addr{}, nil
	}
	a, err := netip.ParseAddr(vrf)
	if err != nil {
		return a, fmt.Errorf("vrf: %s: a capture names no VRFs: write the address or the BGP Identifier of the router whose sessions to take, or leave vrf out", reading.Quote(vrf))
	}
	return a.Unmap(), nil
}

// is reports whether the end is of that router.
func (e *pcapEnd) is(router netip.Addr) bool {
	return e.addr == router || e.opened && e.offer.ID == router
}

// Saw notes the router's end of a session.
func (l *pcapRouters) saw(e *pcapEnd) {
	i := slices.IndexFunc(*l, func(r pcapRouter) bool { return r.id == e.offer.ID || slices.Contains(r.addrs, e.addr) })
	if i < 0 {
		*l = append(*l, pcapRouter{id: e.offer.ID})
		i = len(*l) - 1
	}
	if r := &(*l)[i]; !slices.Contains(r.addrs, e.addr) {
		r.addrs = append(r.addrs, e.addr)
	}
}

func (l pcapRouters) names() []string {
	var out []string
	for _, r := range l {
		var at []string
		for _, a := range r.addrs {
			at = append(at, a.String())
		}
		out = append(out, fmt.Sprintf("%s at %s", r.id, strings.Join(at[:min(len(at), 3)], " and ")))
	}
	return out
}

// oneRouter refuses a capture of several routers' sessions where the feed names none of them, and one without the
// router that it names.
func (r *pcapReader) oneRouter() error {
	if len(r.routers) > 1 {
		return fmt.Errorf("holds sessions of several routers, by BGP Identifier: %s: name one with vrf: on the feed, by its identifier or its address", reading.Listed(r.routers.names()))
	}
	if !r.router.IsValid() || r.Stopped() || slices.ContainsFunc(r.sessions, func(s *pcapSession) bool { return s.local() >= 0 }) {
		return nil
	}
	var ends pcapRouters
	for _, s := range r.sessions {
		for i := range s.ends {
			if e := &s.ends[i]; e.opened && !r.pick.Names(e.addr) {
				ends.saw(e)
			}
		}
	}
	return fmt.Errorf("holds no session of the router %s, which vrf: names; it has: %s", r.router, reading.Listed(ends.names()))
}
