// Package openconfig reads the BGP RIB of OpenConfig's model (openconfig-rib-bgp) in JSON, as gNMI and RESTCONF
// answer. The attributes stand apart from the routes, often behind them: the file is read twice.
package openconfig

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// JSON is the BGP RIB of the OpenConfig models in JSON: a tree, a part of one, or what gnmic get
// prints of it (docs/formats/openconfig.md). Routes refer to sets of attributes that may stand behind them,
// and names stand behind what they name: the file is read twice.
var JSON = reading.Format{Name: "openconfig", Sniff: sniffOpenConfig, Read: readOpenConfig, Shape: shapeOpenConfig}

// hides has no place in the model.
const hides = rib.AttrNeighborASN | rib.AttrLargeCommunities

// ocKeys stand in no other format's documents.
var ocKeys = map[string]bool{
	"network-instances": true, "loc-rib": true, "attr-sets": true, "attr-set": true, "attr-index": true,
	"adj-rib-in-pre": true, "adj-rib-in-post": true, "adj-rib-out-pre": true, "adj-rib-out-post": true,
}

func sniffOpenConfig(head []byte) bool {
	if len(head) == 0 || head[0] != '{' && head[0] != '[' || NokiaTree(head) {
		return false
	}
	return slices.ContainsFunc(reading.Members(head), func(m reading.Member) bool {
		local := ocLocal(m.Key)
		return ocKeys[local] || strings.HasPrefix(strings.TrimPrefix(local, "/"), "network-instances/") ||
			strings.HasPrefix(m.Key, "openconfig-network-instance:") || strings.HasPrefix(m.Key, "openconfig-rib-bgp:")
	})
}

// NokiaTree reports whether a document is Nokia's own state, of SR Linux or SR OS: its names are like
// OpenConfig's.
func NokiaTree(head []byte) bool {
	list := reading.Members(head)
	if reading.HasMember(list, "local-rib", "rib-in-out", "attr-id") || reading.HasMember(list, "bgp-rib") && reading.HasMember(list, "network-instance") {
		return true
	}
	return slices.ContainsFunc(list, func(m reading.Member) bool {
		return strings.HasPrefix(m.Key, "srl_nokia") || strings.HasPrefix(m.Key, "nokia-state:") || strings.Contains(m.Key, "/bgp-rib")
	})
}

func shapeOpenConfig(src reading.Source) reading.Header {
	return reading.Header{Format: "openconfig", ASPathForm: rib.AsSent, NotShown: hides | hidesIn(src.View)}
}

// hidesIn is what no row shows in that view. Only Adj-RIB-In after policy has a leaf for the best path; the
// local preference of an advertised route is the router's own.
func hidesIn(view rib.View) rib.AttrSet {
	switch {
	case reading.AdvertisedView(view):
		return rib.AttrBest | rib.AttrLocalPref | rib.AttrNeighbor
	case view == rib.AdjRIBInPost:
		return 0
	}
	return rib.AttrBest
}

// ocLocal is a name without its module: "openconfig-rib-bgp:rib" is "rib".
func ocLocal[T ~string | ~[]byte](name T) string {
	text := string(name)
	return text[strings.LastIndexByte(text, ':')+1:]
}

// reader reads a file: once for its tables and their attributes, and once for the routes.
type reader struct {
	*reading.Collector
	walk  ocWalk
	seen  ocSeen
	ribs  map[ocPlace]*ocRib
	whole bool // the first reading met the end, and no damage
	wants ocWants
	left  map[ocPlace]string // tables of the same kind that are not the feed's, each with whose they are
	naked int                // routes whose attributes stand nowhere
	keys  reading.Identities
	lost  bool // the second reading met a table that the first one did not
}

func readOpenConfig(in *reading.Input, c *reading.Collector) error {
	if in.Once {
		return in.Rewind() // which says so, before anything is kept
	}
	r := &reader{Collector: c, ribs: map[ocPlace]*ocRib{}}
	r.walk = ocWalk{s: reading.NewScanner(in.Text), names: &ocNames{}, visit: (*ocFirst)(r)}
	if err := r.first(); err != nil {
		return err
	}
	if err := r.choose(); err != nil || r.Stopped() {
		return err
	}
	if err := in.Rewind(); err != nil {
		return err
	}
	r.walk = ocWalk{s: reading.NewScanner(in.Text), names: r.walk.names.again(), visit: (*ocSecond)(r)}
	if err := c.EachDocument(r.walk.s, r.walk.document); err != nil {
		return err
	}
	return r.end()
}

// first reads the file for what the second reading must know. A damage is that one's to tell.
func (r *reader) first() error {
	for {
		open, err := r.walk.s.Document(func(int, []byte) {})
		if errors.Is(err, io.EOF) {
			r.whole = true
			return r.seen.refused()
		}
		if err == nil {
			err = r.walk.document(open)
		}
		if err != nil || r.Stopped() {
			return r.seen.refused()
		}
	}
}

// end says what is no part of a table.
func (r *reader) end() error {
	if r.naked > 0 && r.naked == r.Result.Skipped && r.Result.Routes == 0 && r.whole {
		return errors.New("holds routes without their attributes, which stand beside them in attr-sets: " + ask)
	}
	if !r.whole && !r.Partial {
		r.Problem(0, "a part of the dump cannot be read")
	}
	if r.seen.strays[deletion] > 0 {
		r.Problem(0, "the dump holds deletions, as a stream does: %s", ask)
	}
	if r.seen.crowded {
		r.Problem(0, "the dump holds more than %d sets of attributes", maxOCSets)
	}
	if !r.Partial {
		r.EveryDeclared() // an empty table states no zero
	}
	if r.Source.View == rib.BGPTable { // nothing shows whether routes that lost are there too
		r.Unproven = true
	}
	return nil
}

// GnmicFlat reports whether a text is gnmic's flat form, which loses which route a leaf is of.
func GnmicFlat(head []byte) bool {
	return bytes.Contains(head, []byte("network-instance[name=")) && bytes.Contains(head, []byte("/bgp/rib/"))
}
