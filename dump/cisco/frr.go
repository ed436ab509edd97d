package cisco

import (
	"bytes"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// FRR is what FRR prints without json (docs/formats/frr.md).
var FRR = reading.Format{Name: "frr", Sniff: sniffFRRText, Read: readFRRText, Shape: frrTextDialect.shape, OneFamily: true}

// A table of advertised routes has the path and the MED that the outbound route map leaves.
var frrTextDialect = dialect{
	name: "frr", counted: true, ownForm: true, selfHop: true, named: true, bareRDs: true, invalid: "dhRs",
	outHides: rib.AttrLocalPref | rib.AttrBest, choosy: true,
}

func readFRRText(in *reading.Input, c *reading.Collector) error {
	return readCisco(in, c, &frrTextDialect)
}

func sniffFRRText(head []byte) bool {
	if bytes.Contains(head, []byte("RouteTag")) { // FortiOS
		return false
	}
	return bytes.Contains(head, []byte("local router ID is")) && bytes.Contains(head, []byte("R Removed")) ||
		bytes.Contains(head, []byte("No BGP prefixes displayed, "))
}

// cutFRRCount reads "Displayed  5 routes and 6 total paths": of the whole table, of which the rows may be
// those of one neighbour. "No BGP prefixes displayed, 6 exist" stands in place of a table without rows.
func cutFRRCount(text []byte) (c ciscoCount, ok bool) {
	words := bytes.Fields(text)
	var okPaths bool
	switch {
	case len(words) == 6 && string(words[5]) == "exist":
		c.paths, okPaths = reading.ParseUint32(words[4])
		ok = true
	case len(words) == 7 && string(words[2]) == "routes" && string(words[5]) == "total" && string(words[6]) == "paths":
		c.prefixes, ok = reading.ParseUint32(words[1])
		c.paths, okPaths = reading.ParseUint32(words[4])
	}
	c.both, c.whole = true, true
	return c, ok && okPaths
}

// endFRR judges a count that fits. It tells the routes of one neighbor from a whole table.
func (r *reader) endFRR(c ciscoCount) {
	v := r.Source.View
	r.Shows(reading.Shown{
		Direction: reading.Held, Policy: reading.BehindPolicy,
		What: "the count behind the rows is that of a table, or of what import policy accepts",
	})
	if int(c.paths) > r.part.rows && v != rib.AdjRIBInPost && v != rib.AdjRIBInPre && !r.export && !r.SkipsAnswer() {
		r.Problem(r.lines.Line, "the dump shows %d of %d paths: export the whole table", r.part.rows, c.paths)
	}
	if c.prefixes == 0 && (c.paths == 0 || v == rib.AdjRIBInPost) {
		r.ZeroStated = true
	}
}

// endNeighbor takes the count that FRR puts behind what a neighbour is sent, or sends.
func (r *reader) endNeighbor(c ciscoCount) {
	r.Shows(reading.Shown{Extent: reading.OfOne, What: "the count behind the rows is that of the routes of one neighbor"})
	if c.filtered {
		r.Shows(reading.Shown{Policy: reading.BeforePolicy, What: "import policy rejects some of the rows"})
	}
}

// defaultPref reads "Default local pref 100, local AS 65536": of rows that show none.
func (r *reader) defaultPref(text []byte) {
	word, rest, _ := bytes.Cut(text[len("Default local pref "):], []byte(","))
	if !r.leftOut() {
		r.localASN(rest)
	}
	if value, ok := reading.ParseUint32(word); ok && !r.leftOut() {
		r.Result.Header.DefaultLocalPref = rib.Some(value)
	}
}
