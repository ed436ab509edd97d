package bird

import (
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// birdwatcherPage is what an Alice looking glass says of one page.
type birdwatcherPage struct {
	number, pages, results rib.Optional
}

// birdwatcherPages are the pages of one file.
type birdwatcherPages struct {
	first birdwatcherPage
	count int             // with those that stand twice
	seen  map[uint32]bool // by their numbers
}

// MaxBirdwatcherPages is more than any table has: of a full table's a million, at 10 routes a page.
const MaxBirdwatcherPages = 1 << 17

// pagination reads {"page":0,"page_size":250,"total_pages":2,"total_results":300}. Each page is there once: a
// page that stands twice has as many routes as the one that it stands for.
func (r *birdwatcherReader) pagination(cur *reading.Cursor) {
	var p birdwatcherPage
	r.eachMember(cur, func(key []byte) {
		switch string(key) {
		case "page":
			p.number = rib.Some(cur.Uint32())
		case "total_pages":
			p.pages = rib.Some(cur.Uint32())
		case "total_results":
			p.results = rib.Some(cur.Uint32())
		default:
			cur.Value()
		}
	})
	if cur.Err != nil {
		r.Problem(r.s.Line, "bad pagination: %v", cur.Err)
		return
	}
	r.addPage(p)
}

func (r *birdwatcherReader) addPage(p birdwatcherPage) {
	all := &r.pages
	if all.count++; all.count == 1 {
		all.first, all.seen = p, map[uint32]bool{}
	}
	switch n := p.number.Value; {
	case p.pages != all.first.pages || p.results != all.first.results:
		r.Problem(r.s.Line, "this page is of %s with %s routes, the first one is of %s with %s", p.pages, p.results, all.first.pages, all.first.results)
	case !p.number.Set:
		if all.count > 1 || p.pages.Or(1) > 1 {
			r.Problem(r.s.Line, "nothing says which page this is")
		}
	case all.seen[n]:
		r.Problem(r.s.Line, "page %d stands twice", n)
	case p.pages.Set && n >= max(1, p.pages.Value):
		r.Problem(r.s.Line, "this is page %d of %s: pages count from 0", n, p.pages)
	case len(all.seen) == MaxBirdwatcherPages:
		r.Problem(r.s.Line, "more than %d pages", MaxBirdwatcherPages)
	default:
		all.seen[n] = true
	}
}

// allPages holds the rows against the pages, where the file is of pages.
func (r *birdwatcherReader) allPages() {
	all := &r.pages
	p := all.first
	if all.count == 0 {
		return
	}
	if total := max(1, p.pages.Or(1)); p.number.Set && len(all.seen) < int(total) {
		r.Problem(0, "page %d of %d is missing: put every page into the file", all.missing(), total)
	}
	switch {
	case p.results.Set && int(p.results.Value) != r.seen:
		r.Problem(0, "the looking glass has %d routes, %d are there: put every page (%s) into the file", p.results.Value, r.seen, p.pages)
	case !p.results.Set && p.pages.Or(1) > 1:
		r.Problem(0, "this is a page of %d, and nothing says how many routes there are", p.pages.Value)
	case p.results.Set && p.results.Value == 0:
		r.ZeroStated = true
	}
}

// missing is the first page that is not there.
func (p *birdwatcherPages) missing() uint32 {
	n := uint32(0)
	for p.seen[n] {
		n++
	}
	return n
}
