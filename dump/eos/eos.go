// Package eos reads the JSON that Arista EOS prints. Its text is one of package cisco's.
package eos

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// JSON is what Arista EOS prints with | json behind its show bgp commands (docs/formats/eos-json.md).
var JSON = reading.Format{Name: "eos-json", Sniff: sniffEOS, Read: readEOS, Shape: shapeEOS, OneFamily: true}

// briefHides is what EOS prints with "detail" alone.
const briefHides = rib.AttrCommunities | rib.AttrLargeCommunities

func sniffEOS(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := reading.Members(head)
	return reading.HasMember(list, "vrfs") && reading.HasMember(list, "bgpRouteEntries")
}

func shapeEOS(src reading.Source) reading.Header {
	h := reading.Header{Format: "eos-json", ASPathForm: rib.AsSent, NotShown: briefHides | rib.AttrNeighborASN}
	switch {
	case reading.AdvertisedView(src.View):
		h.NotShown |= rib.AttrNeighbor | rib.AttrBest | rib.AttrLocalPref
	case src.View == rib.AdjRIBInPre:
		h.NotShown |= rib.AttrBest
	}
	return h
}

// reader walks the documents of one file: VRFs, in each a prefix a key.
type reader struct {
	*reading.Collector
	s      *reading.Scanner
	rows   eosRows
	held   bool // a table was there
	vrfs   []string
	known  map[string]bool // the same
	answer string
}

func readEOS(in *reading.Input, c *reading.Collector) error {
	r := &reader{Collector: c, s: reading.NewScanner(in.Text), rows: eosRows{Collector: c}, known: map[string]bool{}}
	if err := r.chooseVRF(in); err != nil {
		return err
	}
	if err := c.EachDocumentAnd(r.s, c.AroundJSON, r.document); err != nil {
		return err
	}
	switch {
	case r.answer != "" && c.Result.Routes == 0:
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(r.answer))
	case r.answer != "":
		c.Problem(0, "the router answered %s", reading.Quote(r.answer))
	case !r.held && !c.Partial:
		return errors.New("not a route table: no VRF with routes is there: export show ip bgp, as docs/formats/eos-json.md says")
	case r.rows.one.prefixes == 1 && r.rows.one.detail && c.Source.ExpectRoutes < 0:
		c.Unproven = true
		c.Note(0, "%s alone is there, with detail, as in the answer for one prefix: write routes: N on the feed if it is the whole table", reading.Quote(r.rows.one.key))
	}
	return nil
}

// chooseVRF looks through the whole file for its VRFs before any row is handed on: without vrf: in
// the config there must be only one, with it that one.
func (r *reader) chooseVRF(in *reading.Input) error {
	r.listVRFs()
	if err := in.Rewind(); err != nil {
		return err
	}
	r.s = reading.NewScanner(in.Text)
	switch want := r.Source.VRF; {
	case want != "" && len(r.vrfs) > 0 && !slices.Contains(r.vrfs, want):
		return fmt.Errorf("holds no table of VRF %s; it has: %s", reading.Quote(want), reading.Listed(r.vrfs))
	case want == "" && len(r.vrfs) > 1:
		return fmt.Errorf("holds the tables of several VRFs: %s: name one with vrf: on the feed", reading.Listed(r.vrfs))
	}
	return nil
}

// listVRFs collects the names of the VRFs. What is damaged is found when the rows are read.
func (r *reader) listVRFs() {
	for {
		open, err := r.s.Document(func(int, []byte) {})
		if err != nil || open != '{' {
			return
		}
		err = r.s.EachMember(func(key string, _ int) error {
			if key != "vrfs" {
				return r.s.Skip()
			}
			return r.s.EachMember(func(name string, _ int) error {
				if len(r.vrfs) < reading.MaxVRFs && !r.known[name] {
					r.vrfs, r.known[name] = append(r.vrfs, name), true
				}
				return r.s.Skip()
			})
		})
		if err != nil {
			return
		}
	}
}

func (r *reader) document(open byte) error {
	if open != '{' {
		return r.s.Unexpected(open, "an object")
	}
	return r.s.EachMember(func(key string, line int) error {
		switch key {
		case "vrfs":
			return r.s.EachMember(r.vrf)
		case "errors":
			return r.errors()
		}
		return r.PassOver(r.s, key, line)
	})
}

// errors reads the list in which EOS answers that it has no table.
func (r *reader) errors() error {
	raw, err := r.s.Raw()
	cur := reading.Cursor{Bytes: raw}
	if err == nil && cur.Peek() == '[' {
		cur.EachElement(func() { r.answer = string(cur.Text()) })
		return cur.Err
	}
	return err
}

func (r *reader) vrf(name string, _ int) error {
	others := r.Source.VRF != "" && name != r.Source.VRF
	return r.s.EachMember(func(key string, line int) error {
		switch {
		case others && key == "bgpRouteEntries":
			return r.s.EachMember(func(key string, line int) error { return r.leaveOut(key, line, name) })
		case others:
			return r.s.Skip()
		}
		switch key {
		case "bgpRouteEntries":
			r.held = true
			return r.s.EachMember(r.entry)
		case "routerId":
			return r.router()
		case "asn":
			return r.asn()
		}
		return r.PassOver(r.s, key, line)
	})
}

func (r *reader) router() error {
	raw, err := r.s.Raw()
	cur := reading.Cursor{Bytes: raw}
	if text := string(cur.Text()); err == nil && cur.Err == nil {
		r.Result.Header.Router = text
	}
	return err
}

// asn reads the router's own ASN, a number or text.
func (r *reader) asn() error {
	raw, err := r.s.Raw()
	cur := reading.Cursor{Bytes: raw}
	if asn, bad := rib.ParseASN(string(cur.Scalar())); err == nil && bad == nil && cur.Err == nil {
		r.OwnASN(asn)
	}
	return err
}

// leaveOut counts the paths of a prefix of another VRF.
func (r *reader) leaveOut(key string, line int, vrf string) error {
	raw, err := r.s.Raw()
	if err != nil && !errors.Is(err, reading.ErrTooLong) {
		return err
	}
	cur, paths := reading.Cursor{Bytes: raw}, 0
	reading.Within(&cur, "bgpRoutePaths", func() { cur.Value(); paths++ })
	for range max(1, paths) {
		r.LeaveOut(line, "%s of VRF %s", reading.Quote(key), vrf)
	}
	return nil
}

// entry reads what stands under one prefix.
func (r *reader) entry(key string, line int) error {
	raw, err := r.Row(r.s, line, reading.Quote(key))
	if errors.Is(err, io.ErrUnexpectedEOF) || raw == nil {
		return err
	}
	r.rows.read(key, line, raw)
	return err
}
