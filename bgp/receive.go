package bgp

import (
	"net/netip"
	"sync/atomic"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// receiver makes updates of the table of a session's UPDATE messages. Paths that hold our own ASN
// are routes like others: what the router has is what is audited.
type receiver struct {
	feed   rib.FeedID
	router netip.Addr
	asn    uint32
	limit  int // 0: none
	total  *total
	terms  terms
	out    func() *rib.Update // room for one more

	decoder *wire.Decoder
	update  wire.Update
	held    held
	counts  counts
}

// counts are what a session counts of its messages.
type counts struct {
	updates, refused, discarded, foreign uint64
	overLimit                            bool
	endOfRIB                             [2]bool
	fault                                wire.Fault // the last that routes were refused for
}

// cacheBytes is how much of raw attributes a session remembers. A router sends the routes of one
// attribute set in a row, so that a small memory finds nearly all that a large one does.
const cacheBytes = 1 << 20

func newReceiver(n *Neighbor, router netip.Addr, t terms, all *total, out func() *rib.Update) *receiver {
	session := wire.Session{FourOctetASN: t.fourOctet, AddPath: t.addPath, External: n.External()}
	return &receiver{
		feed: n.Feed, router: router, asn: n.ASN, limit: n.PrefixLimit, total: all, terms: t, out: out,
		decoder: wire.NewDecoder(session, wire.NewCache(cacheBytes)),
	}
}

// receive takes the body of an UPDATE. It returns a fault where RFC 7606 leaves nothing but a reset.
func (r *receiver) receive(body []byte) *fault {
	r.counts.updates++
	action := r.decoder.Update(body, &r.update)
	for i := range r.update.Faults {
		switch f := &r.update.Faults[i]; f.Action {
		case wire.AttributeDiscard:
			r.counts.discarded++
		case wire.TreatAsWithdraw:
			r.counts.fault = *f
		case wire.SessionReset:
			if action == wire.SessionReset {
				return newFault(f.Code, f.Subcode, f.Error())
			}
		}
	}
	for _, n := range r.update.Withdrawn {
		r.withdraw(n)
	}
	for _, n := range r.update.Refused {
		r.refuse(n)
	}
	for route := range r.update.Routes() {
		r.advertise(route)
	}
	for fam, is := range r.update.EndOfRIB {
		if is && r.terms.families[fam] {
			r.counts.endOfRIB[fam] = true
			*r.out() = rib.Update{Kind: rib.EndOfRIB, Feed: r.feed, Family: rib.Family(fam), Route: rib.Route{Neighbor: r.router}}
		}
	}
	r.counts.foreign += uint64(len(r.update.Foreign) + r.update.Unusable)
	return nil
}

func (r *receiver) advertise(route *rib.Route) {
	if !r.keeps(wire.NLRI{Prefix: route.Prefix, PathID: route.PathID}) {
		return
	}
	u := r.out()
	u.Kind, u.Feed, u.Family, u.Peer = rib.Advertise, r.feed, 0, nil
	u.Route = *route
	u.Route.Neighbor, u.Route.Attrs.NeighborASN = r.router, r.asn
}

// refuse is a route that came in a malformed message: it is no evidence of anything, and is kept to
// say so.
func (r *receiver) refuse(n wire.NLRI) {
	r.counts.refused++
	if r.keeps(n) {
		*r.out() = r.of(rib.TreatAsWithdraw, n)
	}
}

func (r *receiver) withdraw(n wire.NLRI) {
	if !r.negotiated(n) {
		return
	}
	before := r.held.count
	r.held.remove(n)
	r.total.held.Add(int64(r.held.count - before))
	*r.out() = r.of(rib.Withdraw, n)
}

func (r *receiver) of(k rib.UpdateKind, n wire.NLRI) rib.Update {
	return rib.Update{Kind: k, Feed: r.feed, Route: rib.Route{Prefix: n.Prefix, PathID: n.PathID, Neighbor: r.router}}
}

// keeps reports whether there is room for the route. Beyond the limit what is held may change and
// go, and nothing is added.
func (r *receiver) keeps(n wire.NLRI) bool {
	if !r.negotiated(n) {
		return false
	}
	if r.held.has(n) {
		return true
	}
	switch {
	case r.limit > 0 && r.held.count >= r.limit:
		r.overLimit("it sent more routes than its prefix limit: the rest was not kept")
		return false
	case !r.total.take():
		r.overLimit("the sessions together sent more routes than monitor.prefix-limit: the rest was not kept")
		return false
	}
	r.held.add(n)
	return true
}

// gone gives back what the session holds of the total.
func (r *receiver) gone() { r.total.held.Add(-int64(r.held.count)) }

// total is how many routes all sessions hold, and may.
type total struct {
	held atomic.Int64
	most int64 // 0: no bound
}

// take counts one more, where there is room.
func (t *total) take() bool {
	if t.held.Add(1) <= t.most || t.most == 0 {
		return true
	}
	t.held.Add(-1)
	return false
}

// overLimit says once that the feed is partial from now on.
func (r *receiver) overLimit(why string) {
	if r.counts.overLimit {
		return
	}
	r.counts.overLimit = true
	*r.out() = rib.Update{
		Kind: rib.PeerPartial, Feed: r.feed, Route: rib.Route{Neighbor: r.router},
		Peer: &rib.PeerChange{Why: why},
	}
}

// negotiated counts and refuses a prefix of a family that the session does not have (RFC 4760 7).
func (r *receiver) negotiated(n wire.NLRI) bool {
	if r.terms.families[rib.FamilyOf(n.Prefix)] {
		return true
	}
	r.counts.foreign++
	return false
}
