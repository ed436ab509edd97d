package bgp

import (
	"time"

	"bgpaudit/rib"
)

// interruption is the end of a session that a router may come back from with its forwarding intact
// (RFC 4724 4.2). We are a helper: we keep its routes, stale, and sweep at End-of-RIB. The zero
// value is an end for good.
type interruption struct {
	until    time.Time // the end of its restart time
	families [2]bool
}

// interrupted says what an end leaves behind. Only a lost connection keeps routes; a NOTIFICATION,
// ours or the router's, ends them (RFC 4724 4; we do not claim RFC 8538), and so does the hold
// timer, which sends one. Long-lived graceful restart (RFC 9494) is not supported.
func interrupted(t terms, lost bool, now time.Time) interruption {
	if !lost || t.restart.time == 0 || t.restart.families == [2]bool{} {
		return interruption{}
	}
	return interruption{until: now.Add(t.restart.time), families: t.restart.families}
}

// retained says of which families the routes of the last session stay: the router is back in time,
// and its new OPEN says that it kept forwarding for them.
func (i interruption) retained(t terms, now time.Time) (families [2]bool) {
	if now.After(i.until) {
		return families
	}
	for _, fam := range rib.Families {
		families[fam] = i.families[fam] && t.families[fam] && t.restart.families[fam] && t.restart.forwarded[fam]
	}
	return families
}
