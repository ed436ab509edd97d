// Package junos reads Junos's tables in its three forms, text, XML and JSON. All hold one tree: a table, its
// destinations, their entries; rows are made of that tree alone.
package junos

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// What Junos prints with | display json or | display xml behind its show route commands
// (docs/formats/junos-json.md and junos-xml.md). Both forms hold the same tree.
var (
	JSON = reading.Format{Name: "junos-json", Sniff: sniffJunosJSON, Read: readJunosJSON, Shape: shapeJunosJSON}
	XML  = reading.Format{Name: "junos-xml", Sniff: sniffJunosXML, Read: readJunosXML, Shape: shapeJunosXML}
)

// briefHides is what Junos prints with "detail" or "extensive" alone.
const briefHides = rib.AttrCommunities | rib.AttrLargeCommunities | rib.AttrNeighborASN

// detailShows are the marks that Junos prints with "detail" or "extensive" alone, where it prints a route's state.
const detailShows = rib.Stale | rib.IBGP

func shapeJunosJSON(src reading.Source) reading.Header { return shapeJunos(src, "junos-json") }
func shapeJunosXML(src reading.Source) reading.Header  { return shapeJunos(src, "junos-xml") }

func shapeJunos(src reading.Source, name string) reading.Header {
	h := reading.Header{Format: name, ASPathForm: rib.AsSent, NotShown: briefHides | hides(src.View)}
	if reading.AdvertisedView(src.View) {
		h.ASPathForm = rib.BeforeOwnASN
	}
	return h
}

// hides is what no form shows in that view. The local preference of an advertised route is printed
// for neighbours of other ASes too, which are not sent it.
func hides(view rib.View) rib.AttrSet {
	switch {
	case reading.AdvertisedView(view):
		return rib.AttrNeighbor | rib.AttrNeighborASN | rib.AttrBest | rib.AttrLocalPref
	case view == rib.AdjRIBInPre:
		return rib.AttrBest
	}
	return 0
}

// reader takes the tables of one file, whichever form they come in.
type reader struct {
	*reading.Collector
	rows    junosRows
	listing bool            // looking for VRFs, no row is handed on
	vrfs    []string        // those with a row, in file order
	known   map[string]bool // the same
	answers reading.Answers // tables that were begun
	heads   [2]bool         // by family: a table of it that is the feed's
	unicast bool            // a table of unicast routes was begun, of whatever VRF
	table   junosTable
	tables  int
}

func newJunosReader(c *reading.Collector) *reader {
	return &reader{Collector: c, rows: junosRows{Collector: c}, listing: true, known: map[string]bool{}}
}

// reread goes back to the file's beginning: the VRFs are known, and rows are handed on from now on.
func (r *reader) reread(in *reading.Input) error {
	if err := r.chooseVRF(); err != nil {
		return err
	}
	r.listing, r.tables, r.table, r.heads = false, 0, junosTable{}, [2]bool{}
	return in.Rewind()
}

// junosTable is what stands around the rows of one table.
type junosTable struct {
	line   int
	name   string
	hidden uint32 // routes that the router does not print unless it is asked for them
	again  bool   // it was there before, and its rows are left out

	strange bool // it was said that its name is not known
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

// named takes the name of the table at hand.
func (r *reader) named(line int, name string) {
	r.table.name = name
	vrf, unicast := r.table.vrf()
	r.unicast = r.unicast || unicast
	if unicast && !r.SkipsAnswer() && (r.Source.VRF == "" || r.Source.VRF == vrf) {
		fam := rib.IPv4
		if strings.HasSuffix(name, "inet6.0") {
			fam = rib.IPv6
		}
		r.heads[fam] = true
	}
	if unicast && !r.listing {
		r.table.again = r.answers.Table(r.Collector, line, name)
	}
}

// hiddenCount takes the table's count of hidden routes.
func (r *reader) hiddenCount(line int, text string) {
	n, ok := reading.ParseUint32([]byte(text))
	if !ok && text != "" {
		r.wrong(line, "the count of hidden routes is %s, which is no number", reading.Quote(text))
	}
	r.table.hidden = n
}

// wrong says that something is missing, once: not while VRFs are listed.
func (r *reader) wrong(line int, format string, args ...any) {
	if !r.listing {
		r.Problem(line, format, args...)
	}
}

// junosError reports whether an element or a member holds an error in place of an answer.
func junosError(name string) bool {
	return name == "error" || name == "xnm:error" || name == "rpc-error"
}

// failed says what the router answered in place of a table, or of a part of one.
func (r *reader) failed(line int, nodes []junosNode) {
	text := ""
	for i := range nodes {
		if text = nodes[i].message(); text != "" {
			break
		}
	}
	r.wrong(line, "the dump holds an error: %s", reading.Quote(text))
}

// wanted reports whether the rows of the table at hand are to be read. While VRFs are listed it notes
// the table's.
func (r *reader) wanted(line int) bool {
	name, unicast := r.table.vrf()
	switch {
	case r.table.name == "" && !r.listing:
		r.Skip(line, "a row that stands in no table")
		return false
	case !unicast:
		r.otherTable(line)
		return false
	case r.table.again:
		r.LeaveOut(line, "of a table that is there twice")
		return false
	case r.listing:
		if len(r.vrfs) < reading.MaxVRFs && !r.known[name] {
			r.vrfs, r.known[name] = append(r.vrfs, name), true
		}
		return false
	}
	if r.Source.VRF != "" && r.Source.VRF != name {
		r.LeaveOut(line, "of VRF %s", name)
		return false
	}
	return true
}

// otherFamilies are the tables that Junos has beside inet.0 and inet6.0, behind the name of their instance.
var otherFamilies = regexp.MustCompile(`^(?:.*\.)?(?:inet6?\.[1-9]\d*|(?:inet6?-?(?:flow|color|srcolor|vpn|vpnflow|unicast|labeled|mcast|mdt)|` +
	`invpnflow|inv6?pnflow|mpls|iso|evpn|evpn-\w+|l3vpn|l3vpn-inet6|l2vpn|l2circuit|mvpn|mvpn-inet6|mdt|rtarget|lsdist|vpls|bridge|mstp|` +
	`bgpmcast|srpolicy|transport|juniper_private\d*|__\w+__)\.\d+|.*-\w*inet6?\.\d+|:\S+)$`)

// otherTable takes a row of a table that is none of unicast routes. The name of one of theirs that was damaged is
// none that Junos has.
func (r *reader) otherTable(line int) {
	if r.table.strange || otherFamilies.MatchString(r.table.name) {
		return
	}
	r.table.strange = true
	r.wrong(line, "a table of the name %s is not known: its rows are not read", reading.Quote(r.table.name))
}

// chooseVRF holds the VRFs that were listed against the one that is asked for. Without vrf: in the config there
// must be only one.
func (r *reader) chooseVRF() error {
	switch want := r.Source.VRF; {
	case want != "" && len(r.vrfs) > 0 && !slices.Contains(r.vrfs, want):
		return fmt.Errorf("holds no route of VRF %s; it has: %s", reading.Quote(want), reading.Listed(r.vrfs))
	case want == "" && len(r.vrfs) > 1:
		return fmt.Errorf("holds the tables of several VRFs: %s: name one with vrf: on the feed", reading.Listed(r.vrfs))
	}
	return nil
}

// closeTable holds a table's count of hidden routes against what a table before import policy must hold.
func (r *reader) closeTable() {
	r.tables++
	name, unicast := r.table.vrf()
	asked := r.Source.VRF == "" || r.Source.VRF == name
	if r.table.hidden > 0 && unicast && asked && !r.listing && r.Source.View == rib.AdjRIBInPre {
		r.Problem(r.table.line, "the table has %d hidden routes, which the command leaves out: ask for them with hidden, in a file of their own", r.table.hidden)
	}
	r.table = junosTable{}
}

// finish says whether there was a table at all, and misses those of families that the config declares: Junos prints
// an empty table too.
func (r *reader) finish() error {
	switch {
	case r.tables > 0 || r.Partial:
	case r.Result.Routes+r.Result.Skipped > 0:
		r.Problem(0, "no table stands around the rows: the beginning is missing")
	default:
		return errors.New("not a route table: no table is there: export show route, as docs/formats says")
	}
	if r.tables > 0 && !r.unicast {
		return errors.New("not a route table of IPv4 or IPv6 unicast: it holds tables of other families only (inet.3, bgp.evpn.0 and such): export inet.0 and inet6.0")
	}
	for _, fam := range r.Source.Families {
		if !r.heads[fam] && !r.Partial {
			r.Problem(0, "the dump holds no table of %s routes, which the config declares", fam)
		}
	}
	return nil
}
