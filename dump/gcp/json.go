// Package gcp reads the status of a Cloud Router of Google Cloud, as its API answers in JSON.
package gcp

import (
	"bytes"
	"errors"
	"net/netip"
	"regexp"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// JSON is what gcloud compute routers get-status prints (docs/formats/gcp-json.md).
var JSON = reading.Format{Name: "gcp-json", Sniff: sniff, Read: read, Shape: shape}

// hides is what no list of routes has a key for. The priority is Google's own, in which a MED is one part of several.
const hides = rib.AttrOrigin | rib.AttrLocalPref | rib.AttrMED | rib.AttrCommunities | rib.AttrLargeCommunities | rib.AttrNeighborASN | rib.AttrBest

// kind stands at the top of each answer.
const kind = `compute#routerStatusResponse`

func sniff(head []byte) bool {
	return len(head) > 0 && head[0] == '{' && bytes.Contains(head, []byte(kind)) && reading.HasMember(reading.Members(head), "result")
}

func shape(src reading.Source) reading.Header {
	h := reading.Header{Format: "gcp-json", ASPathForm: rib.AsSent, NotShown: hides | rib.AttrNeighbor}
	if reading.AdvertisedView(src.View) {
		h.NotShown = hides | rib.AttrASPath
	}
	return h
}

// The lists of a status.
const (
	ofNetwork = "bestRoutes"          // what the network chose, in the router's region
	ofRouter  = "bestRoutesForRouter" // what the router chose of what its peers send
	ofPeers   = "bgpPeerStatus"       // what it sends each peer
)

// listOf is the list that a view is of.
func listOf(view rib.View) string {
	switch {
	case reading.AdvertisedView(view):
		return ofPeers
	case view == rib.Chosen:
		return ofNetwork
	}
	return ofRouter
}

type reader struct {
	*reading.Collector
	s     *reading.Scanner
	paths reading.AttrCache[rib.ASPath]
	list  string // that is the feed's
	held  bool   // a status was there
}

func read(in *reading.Input, c *reading.Collector) error {
	r := &reader{Collector: c, s: reading.NewScanner(in.Text), list: listOf(c.Source.View)}
	around := func(line int, text []byte, before bool) {
		if m := status.FindString(string(text)); m != "" {
			c.Ask(shown(line, m))
		}
		c.Between(line, text, before)
	}
	if err := c.EachDocumentAnd(r.s, around, r.document); err != nil {
		return err
	}
	if !r.held && !r.Partial {
		return errors.New("holds no status of a Cloud Router: check the command that made it")
	}
	r.against()
	return nil
}

// status is the command, and what in it leaves routes out.
var (
	status  = regexp.MustCompile(`compute\s+routers\s+get-status\s.*`)
	filters = regexp.MustCompile(`--(filter|limit|flatten)[=\s]\S+|--format[=\s]["']?(value|json|table|yaml|csv|get)\(.*|\|\s*(jq\s+["']?[^."'\s|][^|]*|jq\s+["']?\.[^\s|"']+|grep\b.*|head\b.*|tail\b.*)`)
)

func shown(line int, text string) reading.Shown {
	return reading.Shown{Line: line, Asked: strings.Join(strings.Fields(text), " "), Part: strings.TrimSpace(filters.FindString(text))}
}

// against holds the list that is read against the view.
func (r *reader) against() {
	switch view := r.Source.View; {
	case r.list == ofPeers:
	case view == rib.BGPTable:
		r.Problem(0, "%s holds the routes that the router chose alone, the config says %s: it is %s", ofRouter, view, rib.LocRIB)
	default:
		r.Shows(reading.Shown{Direction: reading.Held, Extent: reading.OfAll, What: "the list is of what the router chose"})
	}
}

func (r *reader) document(open byte) error {
	if open != '{' {
		return r.s.Unexpected(open, "an object")
	}
	return r.s.EachMember(func(key string, line int) error {
		if c, err := r.s.Inner(); err != nil || key != "result" || c != '{' {
			if err != nil {
				return err
			}
			return r.PassOver(r.s, key, line)
		}
		r.held = true
		return r.s.EachMember(r.result)
	})
}

// result reads a member of a status. The lists of other views are passed over.
func (r *reader) result(key string, line int) error {
	c, err := r.s.Inner()
	switch {
	case err != nil:
		return err
	case key == r.list && c == '[':
		return r.s.EachElement(r.element)
	case key == ofNetwork, key == ofRouter, key == ofPeers, key == "natStatus":
		return r.s.Skip()
	}
	return r.PassOver(r.s, key, line)
}

// element reads a route, or a peer with the routes that are sent to it.
func (r *reader) element(line int) error {
	if r.list == ofPeers {
		return r.peer(line)
	}
	raw, err := r.Row(r.s, line, r.list)
	if raw != nil && err == nil {
		cur := reading.Cursor{Bytes: raw}
		r.row(&cur, line, netip.Addr{})
	}
	return err
}
