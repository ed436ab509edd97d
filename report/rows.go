package report

import (
	"fmt"
	"strings"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// rowsJSON counts the rows of a feed by kind; the kinds add up to read.
type rowsJSON struct {
	Read          int `json:"read"`
	Tied          int `json:"tied"`
	TiedElsewhere int `json:"tied_elsewhere"`
	Unclassified  int `json:"unclassified"`
	Own           int `json:"own"`
	Internal      int `json:"internal"`
	Foreign       int `json:"foreign"`
	Ignored       int `json:"ignored"`
	Ineligible    int `json:"ineligible"`
	Other         int `json:"other"`
	Bad           int `json:"bad"`
}

type rowJSON struct {
	Seen string `json:"seen"`
	Why  string `json:"why"`
}

func rowCounts(r *rib.Rows) rowsJSON {
	n := &r.Count
	return rowsJSON{
		Read: r.Read(), Tied: n[rib.RowTied], TiedElsewhere: n[rib.RowTiedElsewhere], Unclassified: n[rib.RowUnclassified],
		Own: n[rib.RowOwn], Internal: n[rib.RowInternal], Foreign: n[rib.RowForeign], Ignored: n[rib.RowIgnored],
		Ineligible: n[rib.RowIneligible], Other: n[rib.RowOther], Bad: n[rib.RowBad],
	}
}

func firstRows(f *rib.Feed, r *rib.Rows) map[string]rowJSON {
	out := map[string]rowJSON{}
	for kind := range rib.RowKinds {
		if r.Count[kind] > 0 {
			out[kind.String()] = rowJSON{policy.Seen(f, r.First[kind].Line), r.First[kind].Why}
		}
	}
	return out
}

// rows writes what became of a feed's rows: "981 rows: 970 tied, 8 own, 3 internal".
func (p *printer) rows(f *rib.Feed, r *rib.Rows, detailed bool) {
	var kinds []string
	for kind := range rib.RowKinds {
		if n := r.Count[kind]; n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, kindName(kind)))
		}
	}
	if len(kinds) == 0 {
		return
	}
	p.line("  %s: %s", count(r.Read(), "row"), strings.Join(kinds, ", "))
	for kind := range rib.RowKinds {
		if detailed && r.Count[kind] > 0 {
			p.line("    first %s: %s: %s", kindName(kind), Clean(policy.Seen(f, r.First[kind].Line)), Clean(r.First[kind].Why))
		}
	}
}

// kindNames are the kinds that read badly without a word more.
var kindNames = map[rib.RowKind]string{
	rib.RowTiedElsewhere: "tied elsewhere", rib.RowOther: "of another neighbor or VRF",
}

func kindName(k rib.RowKind) string {
	if name := kindNames[k]; name != "" {
		return name
	}
	return k.String()
}
