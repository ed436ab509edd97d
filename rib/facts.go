package rib

import (
	"slices"
	"sync/atomic"
)

// attrFacts is what decisions read of an attribute set.
type attrFacts struct {
	ownInPath bool   // our ASN stands in the path
	confined  string // the community that keeps it from going beyond our neighbour; empty: none does
	rare      Marks
	notShown  AttrSet
	origin    Origin
	length    int32 // AS-path length
	lengthOwn int32 // the same from our ASN on, where it stands in the path
	publicOwn int32 // likewise with private ASNs removed
	first     uint32
	localPref Optional
	med       Optional
}

// fact works out what a set says, once: where two forks do at a time, they find the same.
func (s *Sight) fact(id attrID) *attrFacts {
	slot := s.facts.at(id)
	f := slot.Load()
	if f == nil {
		f = s.t.factsOf(id)
		slot.Store(f)
	}
	return f
}

func (t *Table) factsOf(id attrID) *attrFacts {
	r := attrReader{t.attrs.bytes(id)}
	a := r.ranking()
	f := &attrFacts{notShown: a.NotShown, rare: a.rare, confined: r.confining(), origin: a.Origin, localPref: a.LocalPref, med: a.MED}
	f.length = int32(a.ASPath.Length())
	f.first, _ = a.ASPath.First()
	tail := t.FromOwn(a.ASPath)
	f.ownInPath = tail != nil
	if tail == nil {
		tail = a.ASPath
	}
	f.lengthOwn, f.publicOwn = int32(tail.Length()), int32(tail.LengthPublic())
	return f
}

// factPages hold facts by attrID. A page is made when one of its sets is asked for: a question about
// an address asks for few of the hundreds of thousands that a table has.
type factPages []atomic.Pointer[factPage]

const factPageSize = 128

type factPage [factPageSize]atomic.Pointer[attrFacts]

func newFactPages(sets int) factPages { return make(factPages, sets/factPageSize+1) }

func (p factPages) at(id attrID) *atomic.Pointer[attrFacts] {
	page := p[id/factPageSize].Load()
	if page == nil {
		page = new(factPage)
		if !p[id/factPageSize].CompareAndSwap(nil, page) {
			page = p[id/factPageSize].Load() // another fork made it at the same time
		}
	}
	return &page[id%factPageSize]
}

// FromOwn is the path from the first of our own ASNs on, nil where it holds none: what stands
// left of it was put there after the route left us. It shares memory with p.
func (t *Table) FromOwn(p ASPath) ASPath {
	for i, seg := range p {
		for j, asn := range seg.ASNs {
			if !t.own(asn) {
				continue
			}
			tail := slices.Clone(p[i:])
			if seg.Type == ASSequence {
				tail[0].ASNs = seg.ASNs[j:]
			}
			return tail
		}
	}
	return nil
}

// LengthSent is how long the AS path of an advertised route is as it leaves us (RFC 4271 9.1.2.2 a): with our own
// ASN where the dump leaves it out, and without what was put in front later.
func (t *Table) LengthSent(e *Entry) int {
	if t.feeds[e.Feed].State.ASPathForm == BeforeOwnASN {
		return e.Attrs.ASPath.Length() + 1
	}
	if tail := t.FromOwn(e.Attrs.ASPath); tail != nil {
		return tail.Length()
	}
	return e.Attrs.ASPath.Length()
}

// confining are the communities that keep a route from going beyond our neighbour, or beyond some of
// those it would else reach: RFC 1997, 3765, 7999.
var confining = map[Community]string{
	CommunityFromWire(wellKnown["no-export"]):           "NO_EXPORT",
	CommunityFromWire(wellKnown["no-advertise"]):        "NO_ADVERTISE",
	CommunityFromWire(wellKnown["no-export-subconfed"]): "NO_EXPORT_SUBCONFED",
	CommunityFromWire(wellKnown["no-peer"]):             "NOPEER",
	CommunityFromWire(wellKnown["blackhole"]):           "BLACKHOLE",
}

// confining reads the communities, which stand behind what ranking reads.
func (r *attrReader) confining() string {
	name := ""
	for range r.uvarint() {
		high := uint32(r.uvarint())
		if n := confining[NewCommunity(high, uint32(r.uvarint()))]; n != "" && name == "" {
			name = n
		}
	}
	return name
}
