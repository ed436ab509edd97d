package query

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bgpaudit/dump/jsonl"
	"bgpaudit/policy"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// Routes asks for the routes that the feeds show, without judging them.
type Routes struct {
	Query string
	// At most one of these; none is Covering.
	Longer   bool // the prefix and its more-specifics
	Covering bool // the prefix and what covers it
	Exact    bool // the prefix alone

	Link, View string // of this one only; empty: of any
	Limit      Limit
}

// Write answers. There may be no such route: an empty text, an empty list, a heading alone.
func (q Routes) Write(w io.Writer, s Site, f Form) error {
	p, err := q.parse()
	if err != nil {
		return err
	}
	t := s.table()
	if q.Link != "" {
		if _, ok := t.LinkID(q.Link); !ok {
			return fmt.Errorf("link %q: the config has no such link: %s", q.Link, suggest(q.Link, s.links()))
		}
	}
	entries := q.selected(t, p)
	if q.Limit > 0 { // counted before anything is made of them
		n := 0
		for range entries {
			if n++; n > int(q.Limit) {
				return q.Limit.over(p)
			}
		}
	}
	switch f.Output {
	case "json":
		d := report.NewDocument(w)
		d.Field("version", 1)
		d.List("routes", func(yield func(any) bool) {
			for e := range entries {
				if !yield(record(t, e)) {
					return
				}
			}
		})
		return d.Close()
	case "csv":
		return routesCSV(w, t, entries)
	}
	for e := range entries {
		if err := report.RouteText(w, e, t); err != nil {
			return err
		}
	}
	return nil
}

// Check reports a question that is none, whatever the site.
func (q Routes) Check() error {
	_, err := q.parse()
	return err
}

func (q Routes) parse() (netip.Prefix, error) {
	p, err := ParsePrefix(q.Query)
	if err != nil {
		return p, err
	}
	if q.View != "" && !slices.Contains(rib.Views, rib.View(q.View)) && q.View != string(rib.Declared) {
		return p, fmt.Errorf("view %q: write one of %s", q.View, ViewNames())
	}
	how := 0
	for _, is := range []bool{q.Longer, q.Covering, q.Exact} {
		if is {
			how++
		}
	}
	if how > 1 {
		return p, fmt.Errorf("longer, covering and exact: write one of them")
	}
	return p, nil
}

// selected gives the routes asked for, in address order, one at a time: there may be a million, and
// each may have a path of thousands of hops.
func (q Routes) selected(t *rib.Table, p netip.Prefix) iter.Seq[rib.Entry] {
	wanted := func(e rib.Entry) bool {
		return (q.Link == "" || t.LinkName(e.Link) == q.Link) && (q.View == "" || t.Feeds()[e.Feed].View == rib.View(q.View))
	}
	return func(yield func(rib.Entry) bool) {
		pass := func(e rib.Entry) bool { return !wanted(e) || yield(e) }
		some := t.Covering(p)
		if q.Exact || q.Longer {
			some = t.Exact(p)
		}
		for _, e := range some {
			if !pass(e) {
				return
			}
		}
		if q.Longer {
			t.MoreSpecifics(p, pass)
		}
	}
}

// RoutesAnswer is the JSON of routes: canonical records with the feed and link of each.
type RoutesAnswer struct {
	Version int               `json:"version"`
	Routes  []json.RawMessage `json:"routes"`
}

func records(t *rib.Table, entries []rib.Entry) []json.RawMessage {
	out := []json.RawMessage{}
	for _, e := range entries {
		out = append(out, record(t, e))
	}
	return out
}

func record(t *rib.Table, e rib.Entry) json.RawMessage {
	out := append([]byte(`{"feed":`), quoted(t.Feeds()[e.Feed].Name)...)
	out = append(out, `,"link":`...)
	if name := t.LinkName(e.Link); name != "" {
		out = append(out, quoted(name)...)
	} else {
		out = append(out, `null`...)
	}
	out = append(out, ',')
	return append(out, jsonl.Record(e.Route)[1:]...)
}

func quoted(s string) []byte {
	text, _ := json.Marshal(s) // takes every string
	return text
}

func routesCSV(out io.Writer, t *rib.Table, entries iter.Seq[rib.Entry]) error {
	w := csv.NewWriter(out)
	err := w.Write([]string{"prefix", "link", "feed", "view", "neighbor", "path_id", "next_hop", "as_path", "origin", "local_pref", "med", "communities", "tie", "seen"})
	for e := range entries {
		f, a := t.Feeds()[e.Feed], &e.Attrs
		var communities []string
		for _, c := range a.Communities {
			communities = append(communities, c.String())
		}
		if err != nil {
			return err
		}
		err = w.Write([]string{
			e.Prefix.String(), cell(t.LinkName(e.Link)), cell(f.Name), string(f.View), addrText(e.Neighbor), strconv.FormatUint(uint64(e.PathID), 10),
			addrText(a.NextHop), a.ASPath.String(), a.Origin.String(), optionalText(a.LocalPref), optionalText(a.MED), strings.Join(communities, " "), e.Tie.String(), cell(policy.Seen(f, e.Line)),
		})
	}
	if err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

// cell makes text from outside safe in a spreadsheet: no control characters, and nothing that is
// taken for a formula.
func cell(s string) string {
	s = report.Clean(s)
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@') {
		return "'" + s
	}
	return s
}

// ViewNames lists the views that a feed can declare.
func ViewNames() string {
	var names []string
	for _, v := range rib.Views {
		names = append(names, string(v))
	}
	return strings.Join(names, ", ")
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func optionalText(o rib.Optional) string {
	if !o.Set {
		return ""
	}
	return o.String()
}
