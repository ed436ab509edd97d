package dump

import (
	"errors"
	"io"
	"strings"

	"bgpaudit/rib"
)

// azureJSON is the route tables that Azure exports: ExpressRoute circuits, gateways, route
// servers and virtual hubs (docs/formats/azure-json.md). Its quirks live in the azure files alone.
var azureJSON = Format{Name: "azure-json", Sniff: sniffAzure, Read: readAzure, Shape: shapeAzure}

// azureHides is what no Azure table has a column for.
const azureHides = rib.AttrMED | rib.AttrCommunities | rib.AttrLargeCommunities | rib.AttrNeighborASN

func sniffAzure(head []byte) bool {
	if len(head) == 0 || head[0] != '[' && head[0] != '{' {
		return false
	}
	list := members(head)
	if len(list) == 0 {
		return strings.HasPrefix(strings.Join(strings.Fields(string(head)), ""), "[]")
	}
	if hasMember(list, nicKeys...) || hasMember(list, "header") || hasFRRTable(list) {
		return false
	}
	return hasMember(list, "network") && hasMember(list, "nextHop") && hasMember(list, "path", "asPath") && hasMember(list, "weight", "locPrf") ||
		hasMember(list, "addressPrefixes") && hasMember(list, "nextHopType", "nextHops") ||
		strings.HasPrefix(list[0].key, "RouteServiceRole_") ||
		strings.EqualFold(list[0].key, "value") && list[0].opens == '[' && emptyValue(head)
}

// emptyValue reports whether the head is the envelope of an empty list.
func emptyValue(head []byte) bool {
	return strings.Contains(strings.Join(strings.Fields(string(head)), ""), `:[]`)
}

func shapeAzure(Source) Header {
	return Header{Format: "azure-json", ASPathForm: rib.AsSent, NotShown: azureHides}
}

// azureReader walks the documents of one file.
type azureReader struct {
	*collector
	s    *scanner
	rows azureRows
}

func readAzure(in *input, c *collector) error {
	r := &azureReader{collector: c, s: newScanner(in.text)}
	r.s.spinner = true
	r.rows.collector = c
	first := true
	for !c.stopped() {
		open, err := r.s.document(func(line int, text []byte) { c.between(line, text, first) })
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			first = false
			err = r.document(open)
		}
		if err != nil {
			c.broken(r.s.line, err)
			break
		}
	}
	if first {
		return errNoDocument
	}
	if r.rows.refused != nil && c.res.Routes == 0 {
		return r.rows.refused
	}
	return nil
}

func (r *azureReader) document(open byte) error {
	if open == '[' {
		return r.list(0)
	}
	return r.object(0)
}

// azureEnvelopes are the keys under which tables stand: REST answers, their examples, and the
// instances of a route server.
var azureEnvelopes = map[string]bool{
	"value": true, "body": true, "responses": true, "200": true, "properties": true, "output": true,
}

func isEnvelope(key string) bool {
	return azureEnvelopes[strings.ToLower(key)] || strings.HasPrefix(key, "RouteServiceRole_")
}

// azureRowKeys begin a row: PowerShell prints a list of one as the row alone.
var azureRowKeys = map[string]bool{
	"network": true, "localaddress": true, "addressprefixes": true, "nexthop": true, "nexthops": true,
	"locprf": true, "aspath": true, "sourcepeer": true, "nexthoptype": true, "addressprefix": true,
	"nexthopipaddress": true, "macaddress": true, "statepfxrcd": true, "routeorigin": true, "path": true, "weight": true, "origin": true,
}

func (r *azureReader) object(depth int) error {
	if list := members(r.s.ahead(256)); len(list) > 0 && azureRowKeys[strings.ToLower(list[0].key)] {
		return r.row(0)
	}
	if err := r.s.enter('{'); err != nil {
		return err
	}
	for {
		more, err := r.s.next('}')
		if err != nil || !more {
			return err
		}
		key, line, err := r.s.key()
		if err != nil {
			return err
		}
		if err := r.member(key, line, depth); err != nil {
			return err
		}
	}
}

func (r *azureReader) member(key string, line, depth int) error {
	c, err := r.s.inner()
	switch {
	case err != nil:
		return err
	case isEnvelope(key) && c == '[':
		return r.list(depth + 1)
	case isEnvelope(key) && c == '{' && depth < 16:
		return r.object(depth + 1)
	case strings.EqualFold(key, "nextLink") && c == '"':
		r.problem(line, "the answer is one page of several (nextLink): export all pages")
	case strings.EqualFold(key, "error") && c == '{':
		raw, err := r.s.raw()
		if err == nil {
			r.problem(line, "Azure answered with an error: %s", quote(raw))
		}
		return err
	}
	return r.s.skip()
}

// list reads the rows of a table, or the tables of a list.
func (r *azureReader) list(depth int) error {
	if err := r.s.enter('['); err != nil {
		return err
	}
	for {
		more, err := r.s.next(']')
		if err != nil || !more || r.stopped() {
			return err
		}
		c, err := r.s.inner()
		if err != nil {
			return err
		}
		if c == '[' && depth < 16 {
			err = r.list(depth + 1)
		} else {
			err = r.row(r.s.line)
		}
		if err != nil {
			return err
		}
	}
}

func (r *azureReader) row(line int) error {
	if line == 0 {
		line = r.s.line
	}
	raw, err := r.s.raw()
	switch {
	case errors.Is(err, errTooLong):
		r.skip(line, "the row is %v", err)
		return nil
	case err != nil:
		return err
	}
	r.rows.read(raw, line)
	return nil
}
