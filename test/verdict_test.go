package test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/rib"
	"bgpaudit/test/speaker"
)

// verdict is what an end answers to something that is wrong.
type verdict string

// The verdicts, beside the NOTIFICATIONs.
const (
	routeHeld    verdict = "route held"        // as it was sent
	discard      verdict = "attribute discard" // the route is held without the attribute
	asWithdraw   verdict = "treat-as-withdraw" // the session is kept, the route is not
	kept         verdict = "session kept"      // as if nothing had been said
	passedOver   verdict = "session kept, its routes passed over"
	closed       verdict = "closed"          // without a NOTIFICATION
	down         verdict = "down"            // we hung up, and it took note
	waits        verdict = "waits"           // it waits for more, and says nothing
	unchanged    verdict = "route unchanged" // the message was passed over whole
	notConnected verdict = "not connected"
)

func notification(code, subcode byte) verdict {
	return verdict(fmt.Sprintf("notification %d/%d", code, subcode))
}

// ends reports whether the verdict ends the session.
func (v verdict) ends() bool {
	switch v {
	case routeHeld, discard, asWithdraw, kept, passedOver, unchanged:
		return false
	}
	return true
}

// end is who is spoken to: the collector, or BIRD beside it.
type end interface {
	// remote is where routers of eBGP or iBGP connect to.
	remote(internal bool) netip.AddrPort
	// awaitRoute waits until the router's route has the MED, or no such route is held where med is 0.
	awaitRoute(ctx context.Context, router netip.Addr, p netip.Prefix, med uint32) error
	// fate says what became of a route that was announced with the MED before, and then again,
	// perhaps wrongly, with the MED after.
	fate(router netip.Addr, p netip.Prefix, before, after uint32) verdict
	// awaitDown waits until no session with the router is up.
	awaitDown(ctx context.Context, router netip.Addr) error
	// isUp reports whether the session with the router is Established.
	isUp(router netip.Addr) bool
}

// The prefixes of a hostile session, and the MEDs that tell its messages apart.
var (
	victim4 = netip.MustParsePrefix("203.0.113.0/24")
	victim6 = netip.MustParsePrefix("2001:db8:bad::/48")
	witness = netip.MustParsePrefix("198.51.100.0/24")
)

const (
	medBefore  = 7
	medAfter   = 77
	medWitness = 777
)

// moment is when in a session's life the hostile octets are sent.
type moment int

const (
	beforeOpen  moment = iota // they are the first thing that is sent
	asOpen                    // they stand in place of the OPEN
	openConfirm               // behind the OPEN, in place of the KEEPALIVE
	established
)

func (m moment) String() string {
	return [...]string{"before OPEN", "as OPEN", "OpenConfirm", "Established"}[m]
}

// hostile is one session that goes wrong.
type hostile struct {
	name   string
	rfc    string
	when   moment
	say    []byte
	open   func(o *speaker.Open)  // spoils the OPEN
	caps   [][]byte               // nil: the usual
	hold   uint16                 // 0: 90 s
	slowly time.Duration          // between one octet and the next
	hangUp func(*speaker.Speaker) // what is done when everything is said; nil: the session goes on
	victim netip.Prefix           // what say announces with medAfter, announced well before

	internal bool // iBGP

	want  verdict
	may   verdict // as good, where the RFCs leave a choice
	bird  verdict // what BIRD 2.0.12 does, where it is not what is wanted
	whyso string  // and why that differs
}

// session is the speaker's config of the case.
func (h *hostile) session(local netip.Addr, remote netip.AddrPort) speaker.Config {
	c := speaker.Config{Local: local, Remote: remote, ASN: routerASN, HoldTime: 90, Caps: h.caps}
	if h.internal {
		c.ASN = ourASN
	}
	if h.hold != 0 {
		c.HoldTime = h.hold
	}
	return c
}

// play holds the session and says how the other end took it.
func (h *hostile) play(ctx context.Context, sp *speaker.Speaker, e end, router netip.Addr, expect verdict) verdict {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asn := uint32(routerASN)
	if h.internal {
		asn = ourASN
	}
	if h.approach(ctx, sp, e, router, asn) {
		h.speak(ctx, sp)
	}
	if h.hangUp != nil {
		h.hangUp(sp)
		if e.awaitDown(ctx, router) != nil {
			return waits
		}
		return down
	}
	if expect.ends() {
		// What ends the session comes in its own time; a witness could overtake it.
		short, cancel := context.WithTimeout(ctx, 4*time.Second)
		defer cancel()
		if expect == waits {
			short, cancel = context.WithTimeout(ctx, time.Second)
			defer cancel()
		}
		if sp.AwaitClose(short) == nil {
			return said(sp)
		}
	}
	if expect == waits || expect == passedOver {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Second)
		defer cancel()
	}
	return h.afterwards(ctx, sp, e, router, asn, expect == waits)
}

// approach brings the session to the moment; false where the other end closed before.
func (h *hostile) approach(ctx context.Context, sp *speaker.Speaker, e end, router netip.Addr, asn uint32) bool {
	if h.when < openConfirm {
		return true
	}
	if sp.Send(sp.Open().Bytes()) != nil || sp.Await(ctx, speaker.TypeOpen) != nil || sp.Await(ctx, speaker.TypeKeepalive) != nil {
		return false
	}
	if h.when == openConfirm {
		return true
	}
	if sp.Send(speaker.Keepalive()) != nil {
		return false
	}
	if h.victim.IsValid() {
		if sp.Send(announcement(asn, h.victim, medBefore)) != nil || e.awaitRoute(whileOpen(ctx, sp), router, h.victim, medBefore) != nil {
			return false
		}
	}
	return true
}

// speak says the hostile octets, or sends the spoiled OPEN.
func (h *hostile) speak(ctx context.Context, sp *speaker.Speaker) {
	octets := h.say
	if h.open != nil {
		o := sp.Open()
		h.open(&o)
		octets = o.Bytes()
	}
	if h.slowly == 0 {
		_ = sp.Send(octets) // where that fails, the other end has closed, which is seen below
		return
	}
	tick := time.NewTicker(h.slowly)
	defer tick.Stop()
	open := whileOpen(ctx, sp)
	for _, b := range octets {
		select {
		case <-open.Done():
			return
		case <-tick.C:
			if sp.Send([]byte{b}) != nil {
				return
			}
		}
	}
}

// afterwards goes on as if nothing had happened, and sees whether the other end does. stuck says
// that it is known to wait for the rest of a message.
func (h *hostile) afterwards(ctx context.Context, sp *speaker.Speaker, e end, router netip.Addr, asn uint32, stuck bool) verdict {
	ctx, cancel := context.WithTimeout(ctx, 6*time.Second)
	defer cancel()
	open := whileOpen(ctx, sp)
	if h.when == beforeOpen {
		_ = sp.Send(sp.Open().Bytes())
	}
	if h.when < established {
		_ = sp.Send(speaker.Keepalive())
	}
	_ = sp.Send(announcement(asn, witness, medWitness))
	err := e.awaitRoute(open, router, witness, medWitness)
	switch {
	case sp.Closed():
		return said(sp)
	case err != nil && !stuck && e.isUp(router):
		return passedOver
	case err != nil:
		return waits
	case h.victim.IsValid():
		return e.fate(router, h.victim, medBefore, medAfter)
	}
	return kept
}

// said is the verdict of an end that has closed.
func said(sp *speaker.Speaker) verdict {
	if code, subcode, ok := sp.LastNotification(); ok {
		return notification(code, subcode)
	}
	return closed
}

// whileOpen is ctx until the other end closes.
func whileOpen(ctx context.Context, sp *speaker.Speaker) context.Context {
	open, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_ = sp.AwaitClose(ctx)
	}()
	return open
}

// The collector is one end.

func (s *station) remote(bool) netip.AddrPort { return s.addr() }

func (s *station) awaitRoute(ctx context.Context, router netip.Addr, p netip.Prefix, med uint32) error {
	return s.await(ctx, func(t *rib.Table) bool { return medOf(t, router, p) == med })
}

func medOf(t *rib.Table, router netip.Addr, p netip.Prefix) uint32 {
	for _, e := range routesOf(t, router, p) {
		return e.Attrs.MED.Value
	}
	return 0
}

func (s *station) fate(router netip.Addr, p netip.Prefix, before, after uint32) verdict {
	var session bgp.Session
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = s.await(ctx, func(*rib.Table) bool { // counters follow the routes
		session = s.session(router)
		return session.Updates >= 3 // the route, the fault, the witness
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	return fateIn(s.table, router, p, before, after, session.Discarded > 0)
}

func fateIn(t *rib.Table, router netip.Addr, p netip.Prefix, before, after uint32, discarded bool) verdict {
	routes := routesOf(t, router, p)
	if len(routes) == 0 {
		return "route gone, without a mark"
	}
	e := routes[0]
	switch {
	case e.Marks.Has(rib.Malformed):
		return asWithdraw
	case e.Attrs.MED.Value == before:
		return unchanged
	case e.Attrs.MED.Value != after:
		return verdict(fmt.Sprintf("route held with MED %s", e.Attrs.MED))
	case discarded:
		return discard
	}
	return routeHeld
}

func (s *station) awaitDown(ctx context.Context, router netip.Addr) error {
	return s.await(ctx, func(*rib.Table) bool {
		state := s.session(router).State
		return state == bgp.Active || state == bgp.Idle
	})
}

func (s *station) isUp(router netip.Addr) bool { return s.session(router).State == bgp.Established }

// checkVerdict holds a verdict against what a case wants.
func (h *hostile) checkVerdict(t *testing.T, got verdict) {
	t.Helper()
	if got != h.want && (h.may == "" || got != h.may) {
		want := string(h.want)
		if h.may != "" {
			want += " or " + string(h.may)
		}
		t.Errorf("%s, want %s (%s)", got, want, h.rfc)
	}
}
