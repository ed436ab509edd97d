package dump

import (
	"fmt"

	"bgpaudit/rib"
)

// gobgpJSON is what the gobgp command prints with -j: the global table, and what one neighbour
// sent or is sent (docs/formats/gobgp-json.md).
var gobgpJSON = Format{Name: "gobgp-json", Sniff: sniffGoBGP, Read: readGoBGP, Shape: shapeGoBGP}

func sniffGoBGP(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := members(head)
	if len(list) == 0 || list[0].opens != '[' {
		return false
	}
	_, err := parsePrefix(list[0].key)
	return err == nil && hasMember(list, "nlri") && hasMember(list, "attrs")
}

func shapeGoBGP(src Source) Header {
	h := Header{Format: "gobgp-json", ASPathForm: rib.AsSent, NotShown: rib.AttrNeighborASN}
	switch {
	case advertisedView(src.View):
		h.NotShown |= rib.AttrNeighbor | rib.AttrBest
	case receivedView(src.View):
		h.NotShown |= rib.AttrBest
	}
	return h
}

// gobgpReader walks the documents of one file: an object each, a prefix a key.
type gobgpReader struct {
	*collector
	s    *scanner
	rows gobgpRows
}

func readGoBGP(in *input, c *collector) error {
	r := &gobgpReader{collector: c, s: newScanner(in.text), rows: gobgpRows{collector: c}}
	var answer error
	err := c.eachDocument(r.s, func(open byte) error {
		if open != '{' {
			return r.s.unexpected(open, "an object")
		}
		return r.s.eachMember(func(key string, line int) error {
			if key == "error" {
				var err error
				answer, err = r.answer()
				return err
			}
			raw, err := c.row(r.s, line, quote(key))
			if raw != nil && err == nil {
				r.rows.read(key, line, raw)
			}
			return err
		})
	})
	switch {
	case err != nil:
		return err
	case answer != nil && c.res.Routes == 0:
		return answer
	case answer != nil:
		c.problem(0, "%v", answer)
	}
	r.againstView()
	return nil
}

// answer reads what GoBGP says in place of a table: {"error":"..."}.
func (r *gobgpReader) answer() (answer, err error) {
	raw, err := r.s.raw()
	if err != nil {
		return nil, err
	}
	cur := cursor{b: raw}
	return fmt.Errorf("the router answered %s, not a table: run the command by hand first", quote(cur.str())), nil
}

// againstView holds the marks of the rows against the declared view: a neighbour's routes are
// printed without a best one, the global table with one for each prefix that it can reach.
func (r *gobgpReader) againstView() {
	view, routes, best := r.src.View, r.res.Routes, r.rows.best
	switch {
	case view == rib.AdjRIBInPost && routes > 0:
		r.say("GoBGP prints a neighbor's routes before import policy, the config says %s", view)
	case (advertisedView(view) || receivedView(view)) && best > 0:
		r.say("the dump marks %d routes as best, as the global table does; the config says %s", best, view)
	case tableView(view) && routes > 0 && best == 0:
		r.say("the dump marks no route as best, as routes of one neighbor are printed; the config says %s", view)
	}
}
