package policy

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bgpaudit/rib"
)

// A leak of a whole table is one mistake. Findings of one check, links, family and kind of cause make
// a pile: the first of it are told by name, and the rest as one finding, the flood. Findings that a
// waiver accepts are a pile of their own, so that they take no place of those that none does.
const (
	mostNamed    = 10      // findings of a pile that are told by name
	mostShown    = 5       // findings of a flood whose evidence it shows
	wholeTable   = 100_000 // more than these are no list with a rest: they are one finding
	mostEvidence = 100     // of one finding
)

// pile is the findings of one kind. It keeps the first of them, however many come.
type pile struct {
	pileKey
	first    []*Finding // in order, at most mostNamed + mostShown
	count    int
	last     *Finding // the last in order of those that are not kept
	worst    Severity // of those
	services map[serviceKey]bool
	flood    *Finding // once it is closed: nil where all are told by name
}

type pileKey struct {
	check  string
	links  string
	fam    rib.Family
	what   CauseKind
	waiver *Waiver // in force; nil: none accepts it
}

type serviceKey struct {
	name string
	fam  rib.Family
}

// piles are the findings of an audit, as they come.
type piles struct {
	waivers  *waiverIndex
	all      map[pileKey]*pile
	order    []*pile
	known    map[uint64]place // by fingerprint
	causes   map[uint64]bool  // of every finding but those of evidence
	services map[serviceKey][]string
	used     map[*Waiver]bool // by findings that are not kept
	flows    bool             // there are flows, which ask for causes and services
	closed   bool
}

// place is where a finding is: kept, or one of a pile's rest.
type place struct {
	finding *Finding // nil: it is not kept
	pile    *pile
}

func newPiles(waivers *waiverIndex) *piles {
	return &piles{
		waivers: waivers, all: map[pileKey]*pile{}, known: map[uint64]place{}, causes: map[uint64]bool{},
		services: map[serviceKey][]string{}, used: map[*Waiver]bool{},
	}
}

// add takes a finding in, and reports whether it is a new one.
func (all *piles) add(f *Finding) bool {
	id := number(f.ID)
	at, again := all.known[id]
	switch {
	case !again:
		all.put(id, f)
		if all.flows && f.Cause.What != CauseEvidence {
			all.causes[causeNumber(f.Cause, f.Family)] = true
		}
		if f.Subject.Kind == "service" && f.Cause.What != CauseEvidence {
			k := serviceKey{f.Subject.Name, f.Family}
			all.services[k] = addTexts(all.services[k], f.Links...)
		}
		return true
	case at.finding != nil:
		mergeInto(at.finding, f)
		if w := all.waivers.of(at.finding); w != at.pile.waiver {
			at.pile.drop(at.finding)
			all.put(id, at.finding)
		}
	case at.pile.waiver != nil && all.waivers.of(f) != at.pile.waiver:
		// What one waiver accepted is more than it covers.
		at.pile.count--
		all.put(id, f)
	}
	return false
}

// unbounded takes in a finding about waivers, when the others are told.
func (all *piles) unbounded(f *Finding, into *[]*Finding) {
	id := number(f.ID)
	if have := all.known[id].finding; have != nil {
		mergeInto(have, f)
		return
	}
	all.known[id] = place{finding: f}
	*into = append(*into, f)
}

func (all *piles) put(id uint64, f *Finding) {
	links := slices.Sorted(slices.Values(f.Links))
	k := pileKey{f.Check, strings.Join(links, ","), f.Family, f.Cause.What, all.waivers.of(f)}
	p := all.all[k]
	if p == nil {
		p = &pile{pileKey: k, services: map[serviceKey]bool{}}
		all.all[k] = p
		all.order = append(all.order, p)
	}
	p.count++
	at, _ := slices.BinarySearchFunc(p.first, f, compareInPile)
	if at < mostNamed+mostShown || !p.bounded() {
		p.first = slices.Insert(p.first, at, f)
		all.known[id] = place{f, p}
		if !p.bounded() || len(p.first) <= mostNamed+mostShown {
			return
		}
		f = p.first[len(p.first)-1]
		p.first = p.first[:len(p.first)-1]
	}
	all.known[number(f.ID)] = place{pile: p}
	all.forget(p, f)
}

// forget counts a finding that is not kept.
func (all *piles) forget(p *pile, f *Finding) {
	p.worst = max(p.worst, f.Severity)
	if p.last == nil || compareInPile(p.last, f) < 0 {
		p.last = f
	}
	if f.Subject.Kind == "service" {
		p.services[serviceKey{f.Subject.Name, f.Family}] = true
	}
	all.waivers.each(f, func(w *Waiver) { all.used[w] = true })
}

// bounded: what the evidence lacks is a finding a feed or link, and what waivers lack one a waiver.
// Their number is the config's, and each stands for something of its own.
func (p *pile) bounded() bool { return p.what != CauseEvidence }

func (p *pile) drop(f *Finding) {
	p.count--
	p.first = slices.DeleteFunc(p.first, func(have *Finding) bool { return have == f })
}

// compareInPile puts findings in the order of their addresses.
func compareInPile(a, b *Finding) int {
	return cmp.Or(a.address().Compare(b.address()), cmp.Compare(a.Subject.Kind, b.Subject.Kind), cmp.Compare(a.Subject.Name, b.Subject.Name), cmp.Compare(a.ID, b.ID))
}

// address is what a finding stands at in its pile.
func (f *Finding) address() netip.Prefix {
	if len(f.Prefixes) > 0 && !f.Cause.Prefix.IsValid() {
		return f.Prefixes[0]
	}
	return f.Cause.Prefix
}

// close gives the findings to report: of each pile the first by name, and the rest as one.
func (all *piles) close(ps *Pass) []*Finding {
	var out []*Finding
	all.closed = true
	for _, p := range all.order {
		named := min(len(p.first), mostNamed)
		switch {
		case !p.bounded() || p.count <= mostNamed && p.count == len(p.first):
			out = append(out, p.first...)
			continue
		case p.count > wholeTable:
			named = 0
		}
		out = append(out, p.first[:named]...)
		p.flood = p.rest(ps, named)
		for _, f := range p.first[named:] {
			all.known[number(f.ID)] = place{pile: p}
			all.forget(p, f)
		}
		out = append(out, p.flood)
	}
	return out
}

// rest is the finding that stands for those of the pile that are not named.
func (p *pile) rest(ps *Pass, named int) *Finding {
	shown := p.first[named:min(len(p.first), named+mostShown)]
	if len(shown) == 0 {
		shown = []*Finding{p.last} // those before it went to another pile
	}
	head, last, more := shown[0], shown[len(shown)-1], p.count-named
	if p.last != nil {
		last = p.last
	}
	c := CheckByID(p.check)
	on := ps.circuitName(head.Links)
	f := &Finding{
		Check: p.check, Severity: p.worst, Family: p.fam, Links: head.Links, Source: head.Source, Hint: floodHint, Config: cmp.Or(ps.Pos, head.Config),
		Subject: Subject{"link", on}, Cause: Cause{What: p.what, Link: on}, More: more, flood: p,
	}
	if on == "" {
		f.Subject = Subject{"site", "findings"}
	}
	for _, s := range shown {
		f.Severity = max(f.Severity, s.Severity)
		f.Inferred = f.Inferred || s.Inferred
		f.Assumes = addTexts(f.Assumes, s.Assumes...)
		if s.address().IsValid() {
			f.Prefixes = addPrefixes(f.Prefixes, []netip.Prefix{s.address()})
		}
		if len(s.Evidence) > 0 {
			f.Evidence = append(f.Evidence, s.Evidence[0])
		}
	}
	for _, s := range p.first[named:] {
		f.Severity = max(f.Severity, s.Severity)
	}
	f.Message = floodMessage(c, head, last, more, named)
	f.ID = f.floodFingerprint(p)
	if p.waiver != nil {
		f.WaivedBy = p.waiver.Pos
	}
	return f
}

func floodMessage(c *Check, head, last *Finding, more, named int) string {
	what := "more"
	if named == 0 {
		what = "in all, as many as a whole table has"
	}
	from, to := head.address(), last.address()
	between := ""
	switch {
	case from.IsValid() && to.IsValid():
		between = fmt.Sprintf(", %s to %s,", from, to)
	case head.Subject.Name != last.Subject.Name:
		between = fmt.Sprintf(", %s to %s,", head.Subject.Name, last.Subject.Name)
	}
	if c.Flood == "" {
		return fmt.Sprintf("%s findings %s%s are like this on %s: %s", thousands(more), what, between, list(head.Links), strings.ToLower(c.Title[:1])+c.Title[1:])
	}
	if named == 0 {
		return fmt.Sprintf("%s prefixes%s as many as a whole table has, "+c.Flood, thousands(more), cmp.Or(between, ","), list(head.Links))
	}
	return fmt.Sprintf("%s more prefixes%s "+c.Flood, thousands(more), between, list(head.Links))
}

const floodHint = "so many at once have one cause: look at the policy of the link, or at what was changed last, before single findings"

// floodFingerprint is stable while the flood grows and shrinks: it holds no count and no prefix.
func (f *Finding) floodFingerprint(p *pile) string {
	waiver := ""
	if p.waiver != nil {
		waiver = p.waiver.label()
	}
	return fingerprintOf(f.Check, "flood", f.Family.String(), p.links, string(p.what), waiver)
}

// number is a fingerprint as a number: there may be a million.
func number(id string) uint64 {
	var b [8]byte
	if _, err := hex.Decode(b[:], []byte(id)); err != nil {
		panic("a fingerprint that is none: " + id)
	}
	return binary.BigEndian.Uint64(b[:])
}

func causeNumber(c Cause, fam rib.Family) uint64 {
	return number(fingerprintOf(string(c.What), c.Prefix.String(), c.Remote, c.Link, fam.String()))
}

// thousands writes a count to be read: 11,995.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Flood is the finding that stands for one which is not told by name; nil where there is none.
func (r *Result) Flood(id string) *Finding {
	if r.found == nil || len(id) != 16 {
		return nil
	}
	if at := r.found.known[number(id)]; at.pile != nil && at.finding == nil {
		return at.pile.flood
	}
	return nil
}
