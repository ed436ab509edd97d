// Package megaport reads the looking glass of Megaport's Cloud Router (MCR), as its API answers in JSON.
package megaport

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// JSON is what the API answers to the diagnostics of an MCR's BGP routes (docs/formats/megaport-json.md).
var JSON = reading.Format{Name: "megaport-json", Sniff: sniff, Read: read, Shape: shape}

// hides is what no answer has a key for.
const hides = rib.AttrLargeCommunities | rib.AttrNeighborASN

// envelope are the keys around the routes.
var envelope = map[string]bool{"message": true, "terms": true, "data": true}

func sniff(head []byte) bool {
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return false
	}
	list := reading.Members(head)
	if reading.HasMember(list, "prefix") {
		return reading.HasMember(list, "asPath") && reading.HasMember(list, "nextHop") && reading.HasMember(list, "vxc")
	}
	for _, m := range list {
		if !envelope[m.Key] {
			return false
		}
	}
	return reading.HasMember(list, "data") && reading.HasMember(list, "terms")
}

func shape(src reading.Source) reading.Header {
	h := reading.Header{Format: "megaport-json", ASPathForm: rib.AsSent, NotShown: hides}
	if reading.AdvertisedView(src.View) {
		h.NotShown |= sentHides
	}
	return h
}

// sentHides is what a route says of the router alone, and not of what is sent. Whether the router's own ASN is in its path
// is not known.
const sentHides = rib.AttrBest | rib.AttrLocalPref | rib.AttrASPath

type reader struct {
	*reading.Collector
	s         *reading.Scanner
	paths     reading.AttrCache[rib.ASPath]
	comms     reading.AttrCache[rib.Community]
	held      bool // a list of routes was there
	operation bool // the number of an operation was there, whose answer is the list
}

func read(in *reading.Input, c *reading.Collector) error {
	r := &reader{Collector: c, s: reading.NewScanner(in.Text)}
	if err := c.EachDocumentAnd(r.s, r.around, r.document); err != nil {
		return err
	}
	switch {
	case r.held, r.Partial:
		return nil
	case r.operation:
		return errors.New("holds the number of an operation, not its answer: ask for .../diagnostics/routes/operation?operationId=NUMBER, and save that")
	}
	return errors.New("holds no list of routes as the API of Megaport answers it: check the call that made it")
}

// call is the address of a diagnosis.
var call = regexp.MustCompile(`/diagnostics/routes/bgp(/neighbor)?(?:\?([^\s"'<>]*))?`)

// around judges a line beside the documents, and takes the call in it.
func (r *reader) around(line int, text []byte, before bool) {
	if m := call.FindSubmatch(text); m != nil {
		r.Ask(shown(line, string(m[0]), len(m[1]) > 0, string(m[2])))
	}
	r.Between(line, text, before)
}

// shown is what a call says of its answer.
func shown(line int, asked string, neighbor bool, query string) reading.Shown {
	s := reading.Shown{Line: line, Asked: asked, Direction: reading.Held, Extent: reading.OfAll}
	if neighbor {
		s.Direction, s.Extent = reading.NoDirection, reading.OfOne
	}
	for option := range strings.SplitSeq(query, "&") {
		switch name, value, _ := strings.Cut(option, "="); {
		case name == "direction" && strings.EqualFold(value, "ADVERTISED"):
			s.Direction = reading.Advertised
		case name == "direction" && strings.EqualFold(value, "RECEIVED"):
			s.Direction = reading.Received
		case name == "peer_ip_address":
			s.Neighbor, _ = netip.ParseAddr(strings.ReplaceAll(strings.ReplaceAll(value, "%3A", ":"), "%3a", ":"))
		case name == "ip_address":
			s.Part = option
		}
	}
	return s
}

func (r *reader) document(open byte) error {
	if open == '[' {
		return r.table()
	}
	return r.s.EachMember(func(key string, line int) error {
		c, err := r.s.Inner()
		switch {
		case err != nil:
			return err
		case key == "data" && c == '[':
			return r.table()
		case key == "data" && c == '"':
			r.operation = true
			r.SameAnswer()
		}
		return r.PassOver(r.s, key, line)
	})
}

func (r *reader) table() error {
	r.held = true
	return r.s.EachElement(func(line int) error {
		raw, err := r.Row(r.s, line, "the table")
		if raw != nil && err == nil {
			r.row(line, raw)
		}
		return err
	})
}
