package openconfig

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// ask is what to run instead.
const ask = `ask for the whole RIB at once: gnmic get --format json --path '/network-instances/network-instance[name=default]/protocols/protocol/bgp/rib'`

// Bounds on what the first reading keeps: tables, of which a router has four for each neighbour; and routers, of
// which one is right.
const (
	maxOCTables  = 1 << 16
	maxOCSources = 64
)

// ocSeen is what the first reading saw, beside attributes.
type ocSeen struct {
	tables  []ocPlace
	known   map[ocPlace]bool
	sources []string
	strays  [scalar + 1]int
	ribs    []ocPlace // that have sets
	sets    int       // kept of all of them
	crowded bool
}

func (s *ocSeen) table(at ocPlace) {
	if s.known[at] || len(s.tables) == maxOCTables {
		return
	}
	if s.known == nil {
		s.known = map[ocPlace]bool{}
	}
	s.known[at] = true
	s.tables = append(s.tables, at)
}

func (s *ocSeen) source(name string) {
	if len(s.sources) < maxOCSources && !slices.Contains(s.sources, name) {
		s.sources = append(s.sources, name)
	}
}

// refused is the error of a file of which no table can be made.
func (s *ocSeen) refused() error {
	switch {
	case s.strays[event] > 0:
		return errors.New("is gnmic's --format event, which takes the tree apart: " + ask)
	case s.strays[proto] > 0:
		return errors.New("is gnmic's --format protojson, which is not read: " + ask)
	case s.strays[unplaced] > 0:
		return errors.New("has values in front of their paths, as gnmic never prints them: " + ask)
	case s.strays[ocLeaf] > 0:
		return errors.New("is a subscription, a leaf an update: when the table is whole cannot be seen in it: " + ask)
	case len(s.sources) > 1:
		return fmt.Errorf("holds the answers of several routers: %s: give each a file and a feed of its own", reading.Listed(s.sources))
	}
	return nil
}

// ocWants are the tables that are the feed's, each with its neighbour.
type ocWants map[ocPlace]ocWanted

type ocWanted struct {
	rib           *ocRib
	family, table string
	name          string // of the neighbour, which may be an interface
	neighbor      netip.Addr
}

// choose finds the feed's tables among those of the file, by its vrf, view and neighbor.
func (r *reader) choose() error {
	tables := r.seen.tables
	if len(tables) == 0 {
		return errors.New("not a route table: looks like an OpenConfig answer without bgp/rib: " + ask)
	}
	names := r.walk.names
	instances := distinctNames(tables, func(at ocPlace) string { return names.of(at.instance) })
	switch want := r.Source.VRF; {
	case want != "" && !slices.Equal(instances, []string{""}):
		if !slices.Contains(instances, want) {
			return reading.NoVRF(want, instances)
		}
		tables = keepPlaces(tables, func(at ocPlace) bool { return names.of(at.instance) == want })
	case want == "" && len(instances) > 1:
		return reading.SeveralVRFs(instances)
	}
	protocols := distinctNames(tables, func(at ocPlace) string { return names.of(at.protocol) })
	if len(protocols) > 1 {
		return fmt.Errorf("holds the tables of several BGP protocols: %s: ask for one", reading.Listed(protocols))
	}
	tables, err := r.ofView(tables)
	if err == nil {
		tables, err = r.ofNeighbor(tables)
	}
	if err == nil {
		r.want(tables)
	}
	return err
}

// ofView keeps the tables that the view names. A file of another table alone is read, and denies the view.
func (r *reader) ofView(tables []ocPlace) ([]ocPlace, error) {
	view := string(r.Source.View)
	if reading.TableView(r.Source.View) || r.Source.View == rib.FarEnd {
		view = "loc-rib"
	}
	kinds := distinctNames(tables, func(at ocPlace) string { return at.table })
	switch {
	case slices.Contains(kinds, view):
		return keepPlaces(tables, func(at ocPlace) bool { return at.table == view }), nil
	case !r.whole && slices.Contains(views, view):
		return nil, fmt.Errorf("breaks off before a table for view: %s: export it again", r.Source.View)
	case len(kinds) > 1:
		return nil, fmt.Errorf("holds several tables, and the config says %s: it has %s", orNone(view), reading.Listed(kinds))
	case kinds[0] != "":
		r.Shows(shownBy[kinds[0]])
	}
	return tables, nil
}

// views are the views that a table of the tree is.
var views = []string{"loc-rib", string(rib.AdjRIBInPre), string(rib.AdjRIBInPost), string(rib.AdjRIBOutPre), string(rib.AdjRIBOutPost)}

// shownBy is what the name of a table shows.
var shownBy = map[string]reading.Shown{
	"loc-rib":                 {Direction: reading.Held, Extent: reading.OfAll, What: "the dump holds loc-rib"},
	string(rib.AdjRIBInPre):   {Direction: reading.Received, Policy: reading.BeforePolicy, What: "the dump holds adj-rib-in-pre"},
	string(rib.AdjRIBInPost):  {Direction: reading.Received, Policy: reading.BehindPolicy, What: "the dump holds adj-rib-in-post"},
	string(rib.AdjRIBOutPre):  {Direction: reading.Advertised, Policy: reading.BeforePolicy, What: "the dump holds adj-rib-out-pre"},
	string(rib.AdjRIBOutPost): {Direction: reading.Advertised, Policy: reading.BehindPolicy, What: "the dump holds adj-rib-out-post"},
}

func orNone(view string) string {
	if view == "" {
		return "no view"
	}
	return "view: " + view
}

// ofNeighbor keeps the tables of the feed's neighbour. One neighbour's alone are read whoever it is: another
// one than the feed's denies the feed.
func (r *reader) ofNeighbor(tables []ocPlace) ([]ocPlace, error) {
	names := r.walk.names
	if tables[0].table == "loc-rib" {
		return tables, nil
	}
	neighbors := distinctNames(tables, func(at ocPlace) string { return names.of(at.neighbor) })
	if len(neighbors) < 2 {
		return tables, nil
	}
	pick := reading.NewPick(r.Source)
	mine := keepPlaces(tables, func(at ocPlace) bool {
		a, ok := reading.AddrOf([]byte(names.of(at.neighbor)))
		return ok && pick.Names(a)
	})
	if len(mine) == 0 {
		return nil, fmt.Errorf("holds the routes of several neighbors: %s: name one with neighbor: on the feed", reading.Listed(neighbors))
	}
	return mine, nil
}

// want takes the tables for the second reading.
func (r *reader) want(tables []ocPlace) {
	r.wants = ocWants{}
	set := r.ribOf(tables[0])
	for _, at := range tables {
		w := ocWanted{rib: set, family: at.family, table: at.table}
		if strings.HasPrefix(at.table, "adj-rib-") {
			w.name = r.walk.names.of(at.neighbor)
			w.neighbor, _ = reading.AddrOf([]byte(w.name))
			r.Result.Header.Neighbor = w.neighbor
			r.ofNoAddress(w)
		}
		r.wants[at] = w
	}
	r.leave(tables[0].table)
	for _, fam := range r.Source.Families {
		if !slices.ContainsFunc(tables, func(at ocPlace) bool { return at.family == "" || at.family == fam.String()+"-unicast" }) {
			r.Problem(0, "the dump holds no table of %s routes, which the config declares", fam)
		}
	}
}

// leave notes the tables of a kind that are of another network instance or neighbour: their routes are counted.
func (r *reader) leave(kind string) {
	r.left = map[ocPlace]string{}
	for _, at := range r.seen.tables {
		instance, neighbor := r.walk.names.of(at.instance), r.walk.names.of(at.neighbor)
		switch _, wanted := r.wants[at]; {
		case wanted || at.table != kind:
		case r.Source.VRF != "" && instance != "" && instance != r.Source.VRF:
			r.left[at] = "of network instance " + instance
		default:
			r.left[at] = "of neighbor " + neighbor
		}
	}
}

// ofNoAddress says what cannot be known of a table whose neighbour is named by an interface.
func (r *reader) ofNoAddress(w ocWanted) {
	if r.Source.OnlyNeighbor().IsValid() && !w.neighbor.IsValid() && w.name != "" {
		r.Problem(0, "the dump holds a table of neighbor %s, and whether that is the config's %s cannot be seen in it", reading.Quote(w.name), r.Source.OnlyNeighbor())
	}
}

// ribOf are the sets of the RIB that a table is of: of its protocol and its network instance. Those of others are let go.
func (r *reader) ribOf(at ocPlace) *ocRib {
	names := r.walk.names
	all := newOCRib()
	for _, of := range r.seen.ribs {
		if names.of(of.instance) == names.of(at.instance) && names.of(of.protocol) == names.of(at.protocol) {
			all.add(r.ribs[of])
		}
		delete(r.ribs, of)
	}
	return all
}

// distinctNames are the different names of the tables, in file order.
func distinctNames(tables []ocPlace, name func(ocPlace) string) (out []string) {
	seen := map[string]bool{}
	for _, at := range tables {
		if n := name(at); !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

func keepPlaces(tables []ocPlace, wanted func(ocPlace) bool) (out []ocPlace) {
	for _, at := range tables {
		if wanted(at) {
			out = append(out, at)
		}
	}
	return out
}
