package policy

import (
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// advertisedRow is a route that we advertise, as far as the feeds show. There may be millions: it
// keeps no more of the route than the checks ask for.
type advertisedRow struct {
	Prefix netip.Prefix
	Link   rib.LinkID
	feed   rib.FeedID
	line   int
	fate   *rowFate
	link   *rib.Link // nil: it is tied to none
}

// rowFate says whether a row was sent and is heard, as a [rib.Standing] does. Rows share it.
type rowFate struct{ Unheard, Doubt, Unsent, Denier string }

// Certain reports whether an observer hears the route beyond doubt.
func (r *advertisedRow) Certain() bool { return r.fate.Unheard == "" && r.fate.Doubt == "" }

// Sent reports whether the route was sent beyond doubt, whoever hears it.
func (r *advertisedRow) Sent() bool { return r.fate.Unsent == "" }

// entry names the row for evidence.
func (r *advertisedRow) entry() rib.Entry {
	return rib.Entry{Route: rib.Route{Prefix: r.Prefix, Line: r.line}, Feed: r.feed, Link: r.Link}
}

// advertisedRows are rows in address order.
type advertisedRows struct {
	rows []advertisedRow
	nest nest[int] // where the rows of a prefix begin
}

func (a *advertisedRows) settle() {
	byPlace := func(x, y advertisedRow) int {
		if c := x.Prefix.Compare(y.Prefix); c != 0 {
			return c
		}
		return int(x.Link) - int(y.Link)
	}
	// The routes of one prefix come as the feeds do; links in the config's order do not.
	if !slices.IsSortedFunc(a.rows, byPlace) {
		slices.SortStableFunc(a.rows, byPlace)
	}
	for i := range a.rows {
		if i == 0 || a.rows[i].Prefix != a.rows[i-1].Prefix {
			a.nest.put(a.rows[i].Prefix, i)
		}
	}
}

// eachPrefix calls fn with the rows of each prefix.
func (a *advertisedRows) eachPrefix(fn func([]advertisedRow)) {
	for from := 0; from < len(a.rows); {
		group := a.from(from)
		fn(group)
		from += len(group)
	}
}

// from lists the rows of one prefix, the first of which stands at i.
func (a *advertisedRows) from(i int) []advertisedRow {
	to := i + 1
	for to < len(a.rows) && a.rows[to].Prefix == a.rows[i].Prefix {
		to++
	}
	return a.rows[i:to]
}

// inside lists the rows of prefixes that lie inside p or equal it.
func (a *advertisedRows) inside(p netip.Prefix) []advertisedRow {
	return insideOf(a.rows, p, func(r *advertisedRow) netip.Prefix { return r.Prefix })
}

// around lists the rows of prefixes that are shorter than p and hold it, shortest first.
func (a *advertisedRows) around(p netip.Prefix) []advertisedRow {
	return a.shortestFirst(p, func(q netip.Prefix) bool { return q.Bits() < p.Bits() })
}

// covering lists the rows of p and of prefixes around it, shortest first.
func (a *advertisedRows) covering(p netip.Prefix) []advertisedRow {
	return a.shortestFirst(p, func(netip.Prefix) bool { return true })
}

func (a *advertisedRows) shortestFirst(p netip.Prefix, keep func(netip.Prefix) bool) []advertisedRow {
	var at []int
	a.nest.around(p, func(q netip.Prefix, i int) bool {
		if keep(q) {
			at = append(at, i)
		}
		return false
	})
	var out []advertisedRow
	for _, i := range slices.Backward(at) {
		out = append(out, a.from(i)...)
	}
	return out
}

// touching lists the rows that share an address with p.
func (a *advertisedRows) touching(p netip.Prefix) []advertisedRow {
	return append(a.around(p), a.inside(p)...)
}

// advertised lists the routes we advertise in a family, in address order.
func (ps *Pass) advertised(fam rib.Family) *advertisedRows {
	if ps.rows[fam] == nil {
		ps.rows[fam] = ps.collectRows(fam, ps.Sight.EachAdvertised)
	}
	return ps.rows[fam]
}

// untied lists the advertised routes of a family that are tied to no link, in address order.
func (ps *Pass) untied(fam rib.Family) *advertisedRows {
	if ps.untiedRows[fam] == nil {
		ps.untiedRows[fam] = ps.collectRows(fam, func(fam rib.Family, fn func(rib.Standing)) {
			ps.Sight.EachUntied(rib.Advertised, fam, fn)
		})
	}
	return ps.untiedRows[fam]
}

func (ps *Pass) collectRows(fam rib.Family, each func(rib.Family, func(rib.Standing))) *advertisedRows {
	out := &advertisedRows{}
	fates := map[rowFate]*rowFate{}
	each(fam, func(st rib.Standing) {
		ps.heed()
		f := rowFate{st.Unheard, st.Doubt, st.Unsent, st.Denier}
		if st.Link == rib.NoLink {
			f.Unsent = f.Doubt // on the link that is asked of
		}
		shared := fates[f]
		if shared == nil {
			shared = &f
			fates[f] = shared
		}
		row := advertisedRow{Prefix: st.Prefix, Link: st.Link, feed: st.Feed, line: st.Line, fate: shared}
		if st.Link != rib.NoLink {
			row.link = &ps.Links[st.Link]
		}
		out.rows = append(out.rows, row)
	})
	out.settle()
	return out
}

// mayBeOn lists the links that a row which is tied to none may be of: those that its feed speaks of,
// and for a collector every internet link.
func (ps *Pass) mayBeOn(row *advertisedRow) []string {
	f := ps.table.Feeds()[row.feed]
	if f.View != rib.Collector {
		return ps.linksOfFeed(f)
	}
	var out []string
	for i := range ps.Links {
		if ps.Links[i].Kind == rib.Internet {
			out = append(out, ps.Links[i].Name)
		}
	}
	return out
}

// overUntied leaves the running check open on every link where it would fire on an advertised route
// that is tied to none, and that may be the link's.
func (ps *Pass) overUntied(fam rib.Family, fires func(p netip.Prefix, link string) bool) {
	rows := ps.untied(fam).rows
	for i := range rows {
		for _, link := range ps.mayBeOn(&rows[i]) {
			if fires(rows[i].Prefix, link) {
				ps.openByUntied(&rows[i], fmtMayBeOn(&rows[i], link), link)
			}
		}
	}
}

// openByUntied leaves the running check open on links, because of a row that is tied to none.
func (ps *Pass) openByUntied(row *advertisedRow, why string, on ...string) {
	ps.leaveOpenOn(gap{link: rib.NoLink, dir: rib.Advertised, fam: rib.FamilyOf(row.Prefix), untied: true}, why, on...)
}

func fmtMayBeOn(row *advertisedRow, link string) string {
	return row.Prefix.String() + " may be on " + link + ": " + row.fate.Doubt
}
