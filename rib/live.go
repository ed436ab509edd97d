package rib

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// PeerChange is what became of a live session, and what that means for the routes learnt in it.
type PeerChange struct {
	Time     time.Time
	Families [2]bool // PeerUp: negotiated; each is awaited until its End-of-RIB
	AddPath  [2]bool // PeerUp: the router agreed to send several paths a prefix (RFC 7911)
	Retained [2]bool // PeerUp: the routes of the last session stay, stale, until End-of-RIB (RFC 4724 4.2)
	Why      string  // PeerDown, PeerPartial: for the reader
}

// livePeer is one neighbour of a live feed.
type livePeer struct {
	neighbor   netip.Addr
	up         bool
	since      time.Time
	why        string // down
	negotiated [2]bool
	awaited    [2]bool // no End-of-RIB yet
	partial    string  // why not all that it sent is here; empty where all is
}

// peerUp begins a session: what the last one left goes, but for what a graceful restart retains.
func (t *Table) peerUp(feed FeedID, neighbor netip.Addr, c *PeerChange) {
	p := t.livePeer(feed, neighbor)
	for _, fam := range Families {
		if !c.Retained[fam] {
			t.dropPeer(fam, columnPeer{feed, neighbor}, 0)
		}
	}
	*p = livePeer{neighbor: neighbor, up: true, since: c.Time, negotiated: c.Families, awaited: c.Families}
}

// peerDown ends a session: its routes stay for show, stale from this moment on.
func (t *Table) peerDown(feed FeedID, neighbor netip.Addr, c *PeerChange) {
	p := t.livePeer(feed, neighbor)
	p.up, p.since, p.why = false, c.Time, c.Why
	for fam, ft := range t.fam {
		t.dropPeer(Family(fam), columnPeer{feed, neighbor}, Stale) // what was stale already goes (RFC 4724 4.2)
		for _, col := range ft.columnsOf(columnPeer{feed, neighbor}) {
			col.markAll(Stale)
		}
	}
}

// peerGone forgets a neighbour.
func (t *Table) peerGone(feed FeedID, neighbor netip.Addr) {
	peer := columnPeer{feed, neighbor}
	for fam, ft := range t.fam {
		t.dropPeer(Family(fam), peer, 0)
		ft.columns = slices.DeleteFunc(ft.columns, func(c *column) bool { return c.columnPeer == peer })
		delete(ft.peers, peer)
	}
	t.live[feed] = slices.DeleteFunc(t.live[feed], func(p *livePeer) bool { return p.neighbor == neighbor })
}

// peerEndOfRIB sweeps what the router has not sent again.
func (t *Table) peerEndOfRIB(p *livePeer, feed FeedID, fam Family) {
	t.dropPeer(fam, columnPeer{feed, p.neighbor}, Stale)
	p.awaited[fam] = false
	t.fam[fam].settle()
}

// dropPeer takes out the neighbour's routes that have every one of the marks.
func (t *Table) dropPeer(fam Family, peer columnPeer, marks Marks) {
	for _, col := range t.fam[fam].columnsOf(peer) {
		for id, v := range col.all() {
			if v.marks().Has(marks) {
				t.drop(col, id)
			}
		}
	}
}

func (c *column) markAll(m Marks) {
	for id, v := range c.all() {
		v.meta |= uint32(m)
		c.set(id, v)
	}
}

func (t *Table) livePeer(feed FeedID, neighbor netip.Addr) *livePeer {
	if p := t.knownPeer(feed, neighbor); p != nil {
		return p
	}
	p := &livePeer{neighbor: neighbor}
	t.live[feed] = append(t.live[feed], p)
	return p
}

func (t *Table) knownPeer(feed FeedID, neighbor netip.Addr) *livePeer {
	for _, p := range t.live[feed] {
		if p.neighbor == neighbor {
			return p
		}
	}
	return nil
}

// Judge brings the state of the feeds up to date at time now, before a Sight is made of the table: of
// live ones what they cover, whether they are whole and how old they are; of all of them whether their
// rows are what they are declared to be.
//
// A live feed is whole when every session it ever had is up and has sent the End-of-RIB of every
// family that was negotiated or that the feed declares. It is stale as soon as no session is up.
func (t *Table) Judge(now time.Time) {
	for id, f := range t.feeds {
		if f.State.Live && !f.State.Closed {
			t.judgeLive(FeedID(id), f, now)
		}
	}
	t.judgeRows()
}

func (t *Table) judgeLive(id FeedID, f *Feed, now time.Time) {
	s := &f.State
	if len(t.live[id]) == 0 && s.Unreadable {
		return // somebody has said why already
	}
	*s = FeedState{Format: s.Format, File: s.File, ASPathForm: s.ASPathForm, Live: true, Complete: CompleteYes, AsOfSource: AgeFromDump}
	covered, up := [2]bool{true, true}, 0
	missing := func(format string, args ...any) {
		s.Complete = CompleteNo
		s.Errors = append(s.Errors, fmt.Sprintf(format, args...))
	}
	for _, p := range t.live[id] {
		switch {
		case !p.up:
			missing("the session with %s is down since %s: %s", p.neighbor, p.since.UTC().Format(time.RFC3339), p.why)
			if p.since.After(s.AsOf) {
				s.AsOf = p.since
			}
			continue
		case p.partial != "":
			missing("%s: %s", p.neighbor, p.partial)
		}
		up++
		if p.negotiated == [2]bool{} {
			missing("%s has no address family in common with us", p.neighbor)
		}
		for _, fam := range Families {
			covered[fam] = covered[fam] && p.negotiated[fam] && !p.awaited[fam]
			switch {
			case p.awaited[fam]:
				missing("%s has not sent its %s End-of-RIB yet", p.neighbor, fam)
			case !p.negotiated[fam] && slices.Contains(f.Families, fam):
				missing("%s did not negotiate %s, which the feed declares", p.neighbor, fam)
			}
		}
	}
	for _, fam := range Families {
		if up > 0 && covered[fam] {
			s.Families = append(s.Families, fam)
		}
		for _, col := range t.fam[fam].columns {
			if col.feed == id {
				s.Routes += col.count
			}
		}
	}
	if up > 0 && f.Range && (up < f.Routers || f.Routers == 0) {
		missing("%s", f.routersMissing(up))
	}
	switch {
	case len(t.live[id]) == 0:
		s.Unreadable, s.Complete = true, CompleteNo
		s.Errors = []string{"no session yet"}
	case up == 0:
		s.Stale, s.Age = true, max(0, now.Sub(s.AsOf))
	default:
		s.AsOf = now
	}
}

// routersMissing says why a range is not whole with so many of its routers up.
func (f *Feed) routersMissing(up int) string {
	if f.Routers == 0 {
		return fmt.Sprintf("%d routers of the range are up, and the config does not say how many there are: write bgp.routers", up)
	}
	return fmt.Sprintf("%d of the range's %d routers are up", up, f.Routers)
}
