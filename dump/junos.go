package dump

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// What Junos prints with | display json or | display xml behind its show route commands
// (docs/formats/junos-json.md and junos-xml.md). Both forms hold the same tree.
var (
	junosJSON = Format{Name: "junos-json", Sniff: sniffJunosJSON, Read: readJunosJSON, Shape: shapeJunosJSON}
	junosXML  = Format{Name: "junos-xml", Sniff: sniffJunosXML, Read: readJunosXML, Shape: shapeJunosXML}
)

// junosBriefHides is what Junos prints with "detail" or "extensive" alone.
const junosBriefHides = rib.AttrCommunities | rib.AttrLargeCommunities | rib.AttrNeighborASN

func shapeJunosJSON(src Source) Header { return shapeJunos(src, "junos-json") }
func shapeJunosXML(src Source) Header  { return shapeJunos(src, "junos-xml") }

func shapeJunos(src Source, name string) Header {
	h := Header{Format: name, ASPathForm: rib.AsSent, NotShown: junosBriefHides | junosHides(src.View)}
	if advertisedView(src.View) {
		h.ASPathForm = rib.BeforeOwnASN
	}
	return h
}

// junosHides is what no form shows in that view. The local preference of an advertised route is printed
// for neighbours of other ASes too, which are not sent it.
func junosHides(view rib.View) rib.AttrSet {
	switch {
	case advertisedView(view):
		return rib.AttrNeighbor | rib.AttrNeighborASN | rib.AttrBest | rib.AttrLocalPref
	case view == rib.AdjRIBInPre:
		return rib.AttrBest
	}
	return 0
}

// junosReader takes the tables of one file, whichever form they come in.
type junosReader struct {
	*collector
	rows    junosRows
	listing bool     // looking for VRFs, no row is handed on
	vrfs    []string // those with a row, in file order
	table   junosTable
	tables  int
}

// junosTable is what stands around the rows of one table.
type junosTable struct {
	line   int
	name   string
	hidden uint32 // routes that the router does not print unless it is asked for them
}

// vrf is the table's VRF. Only tables of unicast routes have one: inet.0, CUST.inet6.0.
func (t *junosTable) vrf() (string, bool) {
	for _, end := range []string{"inet.0", "inet6.0"} {
		switch rest, ok := strings.CutSuffix(t.name, end); {
		case ok && rest == "":
			return "default", true
		case ok && strings.HasSuffix(rest, "."):
			return strings.TrimSuffix(rest, "."), true
		}
	}
	return "", false
}

// wanted reports whether the rows of the table at hand are to be read. While VRFs are listed it notes
// the table's.
func (r *junosReader) wanted(line int) bool {
	name, unicast := r.table.vrf()
	switch {
	case r.table.name == "" && !r.listing:
		r.skip(line, "a row that stands in no table")
		return false
	case !unicast:
		return false
	case r.listing:
		if len(r.vrfs) < maxVRFs && !slices.Contains(r.vrfs, name) {
			r.vrfs = append(r.vrfs, name)
		}
		return false
	}
	return r.src.VRF == "" || r.src.VRF == name
}

// chooseVRF holds the VRFs that were listed against the one that is asked for. Without vrf: in the config there
// must be only one.
func (r *junosReader) chooseVRF() error {
	switch want := r.src.VRF; {
	case want != "" && len(r.vrfs) > 0 && !slices.Contains(r.vrfs, want):
		return fmt.Errorf("holds no route of VRF %s; it has: %s", quote(want), listed(r.vrfs))
	case want == "" && len(r.vrfs) > 1:
		return fmt.Errorf("holds the tables of several VRFs: %s: name one with vrf: on the feed", listed(r.vrfs))
	}
	return nil
}

// closeTable holds a table's count of hidden routes against what a table before import policy must hold.
func (r *junosReader) closeTable() {
	r.tables++
	name, unicast := r.table.vrf()
	asked := r.src.VRF == "" || r.src.VRF == name
	if r.table.hidden > 0 && unicast && asked && !r.listing && r.src.View == rib.AdjRIBInPre {
		r.problem(r.table.line, "the table has %d hidden routes, which the command leaves out: ask for them with hidden, in a file of their own", r.table.hidden)
	}
	r.table = junosTable{}
}

// finish says whether there was a table at all.
func (r *junosReader) finish() error {
	if r.tables == 0 && !r.partial {
		return errors.New("not a route table: no table is there: export show route, as docs/formats says")
	}
	return nil
}
