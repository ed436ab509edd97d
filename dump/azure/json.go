// Package azure reads the route tables that Azure exports, as JSON and as text: those of ExpressRoute circuits,
// gateways, route servers and virtual hubs. They are the far side's view.
package azure

import (
	"bytes"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// JSON is the route tables that Azure exports: ExpressRoute circuits, gateways, route
// servers and virtual hubs (docs/formats/azure-json.md). Its quirks live in the azure files alone.
var JSON = reading.Format{Name: "azure-json", Sniff: sniffAzure, Read: readAzure, Shape: shapeAzure}

// hides is what no Azure table has a column for.
const hides = rib.AttrMED | rib.AttrCommunities | rib.AttrLargeCommunities | rib.AttrNeighborASN

func sniffAzure(head []byte) bool {
	if len(head) == 0 || head[0] != '[' && head[0] != '{' {
		return false
	}
	list := reading.Members(head)
	if len(list) == 0 {
		return strings.HasPrefix(strings.Join(strings.Fields(string(head)), ""), "[]")
	}
	if reading.HasMember(list, NICKeys...) || reading.HasMember(list, "header") || reading.RoutesByPrefix(list) {
		return false
	}
	return reading.HasMember(list, "network") && reading.HasMember(list, "nextHop") && reading.HasMember(list, "path", "asPath") && reading.HasMember(list, "weight", "locPrf") ||
		picked(list) || reading.HasMember(list, "addressPrefixes") && reading.HasMember(list, "nextHopType", "nextHops") ||
		strings.HasPrefix(list[0].Key, "RouteServiceRole_") ||
		strings.EqualFold(list[0].Key, "value") && list[0].Opens == '[' && emptyValue(head)
}

// circuitColumns are those of a circuit's table, and what may stand around it.
var circuitColumns = []string{"value", "nextlink", "network", "nexthop", "path", "weight", "locprf"}

// picked reports whether the keys are the columns of a circuit that --query picked: no other keys, for no other document is
// to be claimed.
func picked(list []reading.Member) bool {
	for _, m := range list {
		if !slices.Contains(circuitColumns, strings.ToLower(m.Key)) {
			return false
		}
	}
	return reading.HasMember(list, "network") && reading.HasMember(list, "nextHop") && reading.HasMember(list, "path")
}

// emptyValue reports whether the head is the envelope of an empty list.
func emptyValue(head []byte) bool {
	return strings.Contains(strings.Join(strings.Fields(string(head)), ""), `:[]`)
}

func shapeAzure(reading.Source) reading.Header {
	return reading.Header{Format: "azure-json", ASPathForm: rib.AsSent, NotShown: hides}
}

// reader walks the documents of one file.
type reader struct {
	*reading.Collector
	s        *reading.Scanner
	rows     azureRows
	nextLink int // the line where the document at hand says that another page follows; 0: it does not
	held     int // the line of the first document with routes
}

func readAzure(in *reading.Input, c *reading.Collector) error {
	r := &reader{Collector: c, s: reading.NewScanner(in.Text)}
	r.s.Spinner = true
	r.rows.Collector = c
	goesOn := continued{}
	around := func(line int, text []byte, before bool) {
		goesOn.line(line, string(text), func(line int, text string) {
			if asked(c, line, text) {
				r.lastPage()
			}
		})
		c.Between(line, text, before)
	}
	if err := c.EachDocumentAnd(r.s, around, r.document); err != nil {
		return err
	}
	r.lastPage()
	if r.rows.refused != nil && c.Result.Routes == 0 {
		return r.rows.refused
	}
	return nil
}

// lastPage is where no further page of an answer follows.
func (r *reader) lastPage() {
	if r.nextLink > 0 {
		r.Problem(r.nextLink, "the answer is one page of several (nextLink), and the next one does not follow: export all pages")
		r.nextLink = 0
	}
}

// document reads one. A table that is empty behind one that is not is another answer: nothing of it tells which of them
// is of now.
func (r *reader) document(open byte) error {
	had, line, page := r.Result.Routes, r.s.Line, r.nextLink > 0
	r.nextLink = 0
	read := r.object
	if open == '[' {
		read = r.list
	}
	err := read(0)
	if r.nextLink > 0 {
		r.SameAnswer()
	}
	switch {
	case r.Result.Routes == had && r.held > 0 && !page && !r.SkipsAnswer() && err == nil:
		r.SecondAnswer("and the second holds no route", r.held, line)
	case r.Result.Routes > had && r.held == 0:
		r.held = line
	}
	return err
}

// envelopes are the keys under which tables stand: REST answers, their examples, and the
// instances of a route server.
var envelopes = map[string]bool{
	"value": true, "body": true, "responses": true, "200": true, "properties": true, "output": true,
}

func isEnvelope(key string) bool {
	return envelopes[strings.ToLower(key)] || strings.HasPrefix(key, "RouteServiceRole_")
}

// rowKeys begin a row: PowerShell prints a list of one as the row alone.
var rowKeys = map[string]bool{
	"network": true, "localaddress": true, "addressprefixes": true, "nexthop": true, "nexthops": true,
	"locprf": true, "aspath": true, "sourcepeer": true, "nexthoptype": true, "addressprefix": true,
	"nexthopipaddress": true, "macaddress": true, "statepfxrcd": true, "routeorigin": true, "path": true, "weight": true, "origin": true,
}

func (r *reader) object(depth int) error {
	if list := reading.Members(r.s.Ahead(256)); len(list) > 0 && rowKeys[strings.ToLower(list[0].Key)] {
		return r.row(0)
	}
	return r.s.EachMember(func(key string, line int) error { return r.member(key, line, depth) })
}

func (r *reader) member(key string, line, depth int) error {
	c, err := r.s.Inner()
	switch {
	case err != nil:
		return err
	case isEnvelope(key) && c == '[':
		r.Instance(instance.FindString(key))
		return r.list(depth + 1)
	case isEnvelope(key) && c == '{' && depth < 16:
		return r.object(depth + 1)
	case strings.EqualFold(key, "nextLink") && c == '"' && !bytes.HasPrefix(r.s.Ahead(2), []byte(`""`)):
		r.nextLink = line
	case strings.EqualFold(key, "error") && c == '{':
		raw, err := r.s.Raw()
		if err == nil {
			r.Problem(line, "Azure answered with an error: %s", reading.Quote(raw))
		}
		return err
	}
	return r.PassOver(r.s, key, line)
}

// list reads the rows of a table, or the tables of a list.
func (r *reader) list(depth int) error {
	return r.s.EachElement(func(line int) error {
		c, err := r.s.Inner()
		switch {
		case err != nil:
			return err
		case c == '[' && depth < 16:
			return r.list(depth + 1)
		}
		return r.row(line)
	})
}

func (r *reader) row(line int) error {
	if line == 0 {
		line = r.s.Line
	}
	raw, err := r.Row(r.s, line, "the table")
	if raw != nil && err == nil {
		r.rows.read(raw, line)
	}
	return err
}
