package policy

import (
	"fmt"
	"net/netip"
	"slices"

	"bgpaudit/rib"

	"go4.org/netipx"
)

// linkMissing: a declared prefix, pool or service is not reachable over one of its own links.
var linkMissing = &Check{
	ID: "link/missing", Title: "A declared prefix is not advertised on one of its links", Severity: Error,
	Source: "expressroute-asymmetric-routing.md, 2024-07-11",
	Run: func(ps *Pass) {
		ps.overAdvertised(func(l *rib.Link, fam rib.Family) bool {
			return slices.ContainsFunc(ps.declared, func(d *declaration) bool {
				return slices.Contains(d.links, l.Name) && len(inFamily(d.prefixes, fam)) > 0
			})
		})
		for _, d := range ps.declared {
			for _, fam := range ps.families {
				ps.checkMissing(d, fam)
			}
		}
	},
}

// lack is what a link does not carry of a declaration.
type lack struct {
	certain []netip.Prefix // no route at all
	doubted []netip.Prefix // only routes that may not be there
	why     string
}

func (ps *Pass) checkMissing(d *declaration, fam rib.Family) {
	own := ps.governed(d, fam)
	if len(own) == 0 {
		return
	}
	var missing []string
	lacks := map[string]lack{}
	for _, name := range d.links {
		id, _ := ps.table.LinkID(name)
		lk := ps.lacking(id, own, fam)
		if len(lk.doubted) > 0 {
			ps.leaveOpen(id, rib.Advertised, fam, fmt.Sprintf("%s of %s: %s", list(prefixTexts(lk.doubted)), d.Name, lk.why))
		}
		cover := ps.Sight.Coverage(id, rib.Advertised, fam)
		if len(lk.certain) == 0 || !cover.Covered || cover.Scope != nil {
			continue // a blind link was said to be unknown already
		}
		if ps.untiedCovers(id, lk.certain, fam, name) {
			continue
		}
		missing = append(missing, name)
		lacks[name] = lk
	}
	for _, links := range ps.lackingAlike(missing, lacks) {
		lk := lacks[links[0]]
		first := ps.outermostMissing(ps.heldBy(d, lk.certain[0]), links[0])
		ps.report(Finding{
			Subject: d.Subject, Family: fam, Prefixes: lk.certain, Links: links,
			Cause:   Cause{What: CauseAbsent, Prefix: first, Link: ps.circuitName(links)},
			Message: fmt.Sprintf("%s %s: no route for %s on %s (%s)", d.Kind, d.Name, list(prefixTexts(lk.certain)), list(links), ps.absence(links, fam)),
			advice:  ps.missingAdvice(d, first, lk.certain, links, fam),
			Assumes: ps.absenceAssumes(links, fam), Config: d.pos,
		})
	}
}

// lackingAlike groups links by circuit where all sides of it lack the same addresses.
func (ps *Pass) lackingAlike(missing []string, lacks map[string]lack) [][]string {
	var out [][]string
	for _, links := range ps.inCircuits(missing) {
		if slices.ContainsFunc(links, func(l string) bool { return !slices.Equal(lacks[l].certain, lacks[links[0]].certain) }) {
			for _, l := range links {
				out = append(out, []string{l})
			}
			continue
		}
		out = append(out, links)
	}
	return out
}

// absence says how the absence is known.
func (ps *Pass) absence(links []string, fam rib.Family) string {
	for _, name := range links {
		id, _ := ps.table.LinkID(name)
		for _, feed := range ps.Sight.Coverage(id, rib.Advertised, fam).Feeds {
			if ps.table.Feeds()[feed].View == rib.FarEnd {
				return "not there: not sent or rejected"
			}
		}
	}
	return "not sent"
}

func (ps *Pass) absenceAssumes(links []string, fam rib.Family) []string {
	var out []string
	for _, name := range links {
		id, _ := ps.table.LinkID(name)
		out = addTexts(out, ps.Sight.Coverage(id, rib.Advertised, fam).Assumes...)
	}
	return out
}

// heldBy is the declared prefix of d that holds p.
func (ps *Pass) heldBy(d *declaration, p netip.Prefix) netip.Prefix {
	for _, q := range d.prefixes {
		if holds(q, p) {
			return q
		}
	}
	return p
}

// governed lists a declaration's addresses less those that a declaration nested in it governs.
func (ps *Pass) governed(d *declaration, fam rib.Family) []netip.Prefix {
	k := governedKey{d, fam}
	if own, known := ps.governs[k]; known {
		return own
	}
	var b netipx.IPSetBuilder
	mine := inFamily(d.prefixes, fam)
	for _, p := range mine {
		b.AddPrefix(p)
	}
	for _, p := range mine {
		for _, h := range ps.index.inside(p) {
			switch {
			case h.prefix.Bits() == p.Bits() && h.bounds.nestOrder > d.nestOrder, h.prefix.Bits() > p.Bits() && (h.bounds != d || h.other != nil):
				b.RemovePrefix(h.prefix)
			}
		}
	}
	ps.governs[k] = setPrefixes(&b, fam)
	return ps.governs[k]
}

type governedKey struct {
	d   *declaration
	fam rib.Family
}

// lacking finds the addresses of own that no certain route of the link covers.
func (ps *Pass) lacking(link rib.LinkID, own []netip.Prefix, fam rib.Family) lack {
	var certain, doubted netipx.IPSetBuilder
	for _, p := range own {
		certain.AddPrefix(p)
	}
	var lk lack
	var doubtful []netip.Prefix
	for _, p := range own {
		for _, st := range ps.Sight.CoveringAdvertised(link, p) {
			switch {
			case st.Unheard != "":
			case st.Certain():
				certain.RemovePrefix(p)
			default:
				doubtful, lk.why = append(doubtful, p), st.Doubt
			}
		}
	}
	for _, p := range own {
		for _, row := range ps.advertised(fam).inside(p) {
			switch {
			case row.Link != link || row.fate.Unheard != "":
			case row.Certain():
				certain.RemovePrefix(row.Prefix)
			default:
				doubtful, lk.why = append(doubtful, row.Prefix), row.fate.Doubt
			}
		}
	}
	without, err := certain.IPSet()
	if err != nil {
		return lk
	}
	// What no certain route covers is doubted where a doubtful one does, else certainly absent.
	doubted.AddSet(without)
	var gone netipx.IPSetBuilder
	gone.AddSet(without)
	for _, p := range doubtful {
		gone.RemovePrefix(p)
	}
	lk.certain = setPrefixes(&gone, fam)
	for _, p := range lk.certain {
		doubted.RemovePrefix(p)
	}
	lk.doubted = setPrefixes(&doubted, fam)
	return lk
}

// untiedCovers leaves the check open where an advertised route that is tied to no link may be the one
// that the link lacks.
func (ps *Pass) untiedCovers(link rib.LinkID, lacks []netip.Prefix, fam rib.Family, on ...string) bool {
	found := false
	ps.eachUntied(ps.table.LinkName(link), lacks, fam, func(row *advertisedRow) {
		found = true
		ps.openByUntied(row, fmt.Sprintf("%s may be there: %s", row.Prefix, row.fate.Doubt), on...)
	})
	return found
}
