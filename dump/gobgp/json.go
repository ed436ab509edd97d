// Package gobgp reads what the gobgp command prints, as JSON and as text.
package gobgp

import (
	"fmt"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// JSON is what the gobgp command prints with -j: the global table, and what one neighbour
// sent or is sent (docs/formats/gobgp-json.md).
var JSON = reading.Format{Name: "gobgp-json", Sniff: sniffGoBGP, Read: readGoBGP, Shape: shapeGoBGP, OneFamily: true}

func sniffGoBGP(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := reading.Members(head)
	if len(list) == 0 || list[0].Opens != '[' {
		return false
	}
	return reading.IsPrefix(list[0].Key) && reading.HasMember(list, "nlri") && reading.HasMember(list, "attrs")
}

func shapeGoBGP(src reading.Source) reading.Header {
	h := reading.Header{Format: "gobgp-json", ASPathForm: rib.AsSent, NotShown: rib.AttrNeighborASN}
	switch {
	case reading.AdvertisedView(src.View):
		h.NotShown |= rib.AttrNeighbor | rib.AttrBest
	case reading.ReceivedView(src.View):
		h.NotShown |= rib.AttrBest
	}
	return h
}

// reader walks the documents of one file: an object each, a prefix a key.
type reader struct {
	other string // the family that a command asks for, where it is not one of the two
	*reading.Collector
	s    *reading.Scanner
	rows gobgpRows
}

func readGoBGP(in *reading.Input, c *reading.Collector) error {
	r := &reader{Collector: c, s: reading.NewScanner(in.Text), rows: gobgpRows{Collector: c}}
	var answer error
	err := c.EachDocumentAnd(r.s, c.AroundTool("gobgp", r.echoed), func(open byte) error {
		if open != '{' {
			return r.s.Unexpected(open, "an object")
		}
		return r.s.EachMember(func(key string, line int) error {
			if key == "error" {
				var err error
				answer, err = r.answer()
				return err
			}
			raw, err := c.Row(r.s, line, reading.Quote(key))
			if raw != nil && err == nil {
				r.rows.read(key, line, raw)
			}
			return err
		})
	})
	switch {
	case err != nil:
		return err
	case answer != nil && c.Result.Routes == 0:
		return answer
	case answer != nil:
		c.Problem(0, "%v", answer)
	}
	r.againstView()
	return nil
}

// answer reads what GoBGP says in place of a table: {"error":"..."}.
func (r *reader) answer() (answer, err error) {
	raw, err := r.s.Raw()
	if err != nil {
		return nil, err
	}
	cur := reading.Cursor{Bytes: raw}
	return fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(cur.Text())), nil
}

// againstView takes what the marks of the rows show: a neighbour's routes are printed without a best one, the global
// table with one for each prefix that it can reach.
func (r *reader) againstView() {
	view, routes, best := r.Source.View, r.Result.Routes, r.rows.best
	switch {
	case best > 0:
		r.Shows(reading.Shown{Direction: reading.Held, Extent: reading.OfAll, What: fmt.Sprintf("the dump marks %d routes as best, as the global table does", best)})
	case routes > 0 && reading.TableView(view):
		r.Shows(reading.Shown{Extent: reading.OfOne, What: "the dump marks no route as best, as routes of one neighbor are printed"})
	case routes > 0 && reading.ReceivedView(view):
		r.Shows(reading.Shown{Policy: reading.BeforePolicy, What: "GoBGP prints a neighbor's routes before import policy"})
	}
}
