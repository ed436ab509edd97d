package dump

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"bgpaudit/rib"
)

// eosJSON is what Arista EOS prints with | json behind its show bgp commands (docs/formats/eos-json.md).
var eosJSON = Format{Name: "eos-json", Sniff: sniffEOS, Read: readEOS, Shape: shapeEOS}

// eosBriefHides is what EOS prints with "detail" alone.
const eosBriefHides = rib.AttrCommunities | rib.AttrLargeCommunities

func sniffEOS(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := members(head)
	return hasMember(list, "vrfs") && hasMember(list, "bgpRouteEntries")
}

func shapeEOS(src Source) Header {
	h := Header{Format: "eos-json", ASPathForm: rib.AsSent, NotShown: eosBriefHides | rib.AttrNeighborASN}
	switch {
	case advertisedView(src.View):
		h.NotShown |= rib.AttrNeighbor | rib.AttrBest | rib.AttrLocalPref
	case src.View == rib.AdjRIBInPre:
		h.NotShown |= rib.AttrBest
	}
	return h
}

// eosReader walks the documents of one file: VRFs, in each a prefix a key.
type eosReader struct {
	*collector
	s      *scanner
	rows   eosRows
	held   bool // a table was there
	vrfs   []string
	known  map[string]bool // the same
	answer string
}

func readEOS(in *input, c *collector) error {
	r := &eosReader{collector: c, s: newScanner(in.text), rows: eosRows{collector: c}, known: map[string]bool{}}
	if err := r.chooseVRF(in); err != nil {
		return err
	}
	if err := c.eachDocument(r.s, r.document); err != nil {
		return err
	}
	switch {
	case r.answer != "" && c.res.Routes == 0:
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", quote(r.answer))
	case r.answer != "":
		c.problem(0, "the router answered %s", quote(r.answer))
	case !r.held && !c.partial:
		return errors.New("not a route table: no VRF with routes is there: export show ip bgp, as docs/formats/eos-json.md says")
	case r.rows.one.prefixes == 1 && r.rows.one.detail && c.src.ExpectRoutes < 0:
		c.unproven = true
		c.note(0, "%s alone is there, with detail, as in the answer for one prefix: write routes: N on the feed if it is the whole table", quote(r.rows.one.key))
	}
	return nil
}

// chooseVRF looks through the whole file for its VRFs before any row is handed on: without vrf: in
// the config there must be only one, with it that one.
func (r *eosReader) chooseVRF(in *input) error {
	r.listVRFs()
	if err := in.rewind(); err != nil {
		return err
	}
	r.s = newScanner(in.text)
	switch want := r.src.VRF; {
	case want != "" && len(r.vrfs) > 0 && !slices.Contains(r.vrfs, want):
		return fmt.Errorf("holds no table of VRF %s; it has: %s", quote(want), listed(r.vrfs))
	case want == "" && len(r.vrfs) > 1:
		return fmt.Errorf("holds the tables of several VRFs: %s: name one with vrf: on the feed", listed(r.vrfs))
	}
	return nil
}

// listVRFs collects the names of the VRFs. What is damaged is found when the rows are read.
func (r *eosReader) listVRFs() {
	for {
		open, err := r.s.document(func(int, []byte) {})
		if err != nil || open != '{' {
			return
		}
		err = r.s.eachMember(func(key string, _ int) error {
			if key != "vrfs" {
				return r.s.skip()
			}
			return r.s.eachMember(func(name string, _ int) error {
				if len(r.vrfs) < maxVRFs && !r.known[name] {
					r.vrfs, r.known[name] = append(r.vrfs, name), true
				}
				return r.s.skip()
			})
		})
		if err != nil {
			return
		}
	}
}

func (r *eosReader) document(open byte) error {
	if open != '{' {
		return r.s.unexpected(open, "an object")
	}
	return r.s.eachMember(func(key string, _ int) error {
		switch key {
		case "vrfs":
			return r.s.eachMember(r.vrf)
		case "errors":
			return r.errors()
		}
		return r.s.skip()
	})
}

// errors reads the list in which EOS answers that it has no table.
func (r *eosReader) errors() error {
	raw, err := r.s.raw()
	cur := cursor{b: raw}
	if err == nil && cur.peek() == '[' {
		cur.eachElement(func() { r.answer = string(cur.str()) })
		return cur.err
	}
	return err
}

func (r *eosReader) vrf(name string, _ int) error {
	if r.src.VRF != "" && name != r.src.VRF {
		return r.s.skip()
	}
	return r.s.eachMember(func(key string, _ int) error {
		switch key {
		case "bgpRouteEntries":
			r.held = true
			return r.s.eachMember(r.entry)
		case "routerId":
			return r.router()
		}
		return r.s.skip()
	})
}

func (r *eosReader) router() error {
	raw, err := r.s.raw()
	cur := cursor{b: raw}
	if text := string(cur.str()); err == nil && cur.err == nil {
		r.res.Header.Router = text
	}
	return err
}

// entry reads what stands under one prefix.
func (r *eosReader) entry(key string, line int) error {
	raw, err := r.row(r.s, line, quote(key))
	if errors.Is(err, io.ErrUnexpectedEOF) || raw == nil {
		return err
	}
	r.rows.read(key, line, raw)
	return err
}

// eosAddr reads an address; an empty one is the router itself.
func eosAddr(text []byte) (netip.Addr, bool) {
	if len(text) == 0 {
		return netip.Addr{}, true
	}
	return frrAddr(text)
}
