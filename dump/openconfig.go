package dump

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// openconfigJSON is the BGP RIB of the OpenConfig models in JSON: a tree, a part of one, or what gnmic get
// prints of it (docs/formats/openconfig.md). Routes refer to sets of attributes that may stand behind them,
// and names stand behind what they name: the file is read twice.
var openconfigJSON = Format{Name: "openconfig", Sniff: sniffOpenConfig, Read: readOpenConfig, Shape: shapeOpenConfig}

// ocHides has no place in the model.
const ocHides = rib.AttrNeighborASN | rib.AttrLargeCommunities

// ocKeys stand in no other format's documents.
var ocKeys = map[string]bool{
	"network-instances": true, "loc-rib": true, "attr-sets": true, "attr-set": true, "attr-index": true,
	"adj-rib-in-pre": true, "adj-rib-in-post": true, "adj-rib-out-pre": true, "adj-rib-out-post": true,
}

func sniffOpenConfig(head []byte) bool {
	if len(head) == 0 || head[0] != '{' && head[0] != '[' || nokiaTree(head) {
		return false
	}
	return slices.ContainsFunc(members(head), func(m member) bool {
		local := ocLocal(m.key)
		return ocKeys[local] || strings.HasPrefix(strings.TrimPrefix(local, "/"), "network-instances/") ||
			strings.HasPrefix(m.key, "openconfig-network-instance:") || strings.HasPrefix(m.key, "openconfig-rib-bgp:")
	})
}

// nokiaTree reports whether a document is Nokia's own state, of SR Linux or SR OS: its names are like
// OpenConfig's.
func nokiaTree(head []byte) bool {
	list := members(head)
	if hasMember(list, "local-rib", "rib-in-out", "attr-id") || hasMember(list, "bgp-rib") && hasMember(list, "network-instance") {
		return true
	}
	return slices.ContainsFunc(list, func(m member) bool {
		return strings.HasPrefix(m.key, "srl_nokia") || strings.Contains(m.key, "/bgp-rib")
	})
}

func shapeOpenConfig(src Source) Header {
	return Header{Format: "openconfig", ASPathForm: rib.AsSent, NotShown: ocHides | ocHidesIn(src.View)}
}

// ocHidesIn is what no row shows in that view. Only Adj-RIB-In after policy has a leaf for the best path; the
// local preference of an advertised route is the router's own.
func ocHidesIn(view rib.View) rib.AttrSet {
	switch {
	case advertisedView(view):
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

// ocReader reads a file: once for its tables and their attributes, and once for the routes.
type ocReader struct {
	*collector
	walk  ocWalk
	seen  ocSeen
	ribs  map[ocPlace]*ocRib
	whole bool // the first reading met the end, and no damage
	wants ocWants
	naked int // routes whose attributes stand nowhere
	keys  identities
	lost  bool // the second reading met a table that the first one did not
}

func readOpenConfig(in *input, c *collector) error {
	r := &ocReader{collector: c, ribs: map[ocPlace]*ocRib{}}
	r.walk = ocWalk{s: newScanner(in.text), names: &ocNames{}, visit: (*ocFirst)(r)}
	if err := r.first(); err != nil {
		return err
	}
	if err := r.choose(); err != nil || r.stopped() {
		return err
	}
	if err := in.rewind(); err != nil {
		return err
	}
	r.walk = ocWalk{s: newScanner(in.text), names: r.walk.names.again(), visit: (*ocSecond)(r)}
	if err := c.eachDocument(r.walk.s, r.walk.document); err != nil {
		return err
	}
	return r.end()
}

// first reads the file for what the second reading must know. A damage is that one's to tell.
func (r *ocReader) first() error {
	for {
		open, err := r.walk.s.document(func(int, []byte) {})
		if errors.Is(err, io.EOF) {
			r.whole = true
			return r.seen.refused()
		}
		if err == nil {
			err = r.walk.document(open)
		}
		if err != nil || r.stopped() {
			return r.seen.refused()
		}
	}
}

// end says what is no part of a table.
func (r *ocReader) end() error {
	if r.naked > 0 && r.naked == r.res.Skipped && r.res.Routes == 0 && r.whole {
		return errors.New("holds routes without their attributes, which stand beside them in attr-sets: " + ocAsk)
	}
	if !r.whole && !r.partial {
		r.problem(0, "a part of the dump cannot be read")
	}
	if r.seen.strays[ocDeletion] > 0 {
		r.problem(0, "the dump holds deletions, as a stream does: %s", ocAsk)
	}
	if r.seen.crowded {
		r.problem(0, "the dump holds more than %d sets of attributes", maxOCSets)
	}
	if r.src.View == rib.BGPTable { // nothing shows whether routes that lost are there too
		r.unproven = true
	}
	return nil
}

// gnmicFlat reports whether a text is gnmic's flat form, which loses which route a leaf is of.
func gnmicFlat(head []byte) bool {
	return bytes.Contains(head, []byte("network-instance[name=")) && bytes.Contains(head, []byte("/bgp/rib/"))
}
