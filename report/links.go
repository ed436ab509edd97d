package report

import (
	"io"
	"strings"

	"bgpaudit/rib"
)

type linksJSON struct {
	Version int        `json:"version"`
	Links   []linkJSON `json:"links"`
}

type linkJSON struct {
	Name     string         `json:"name"`
	Kind     rib.LinkKind   `json:"kind"`
	Router   *string        `json:"router"`
	Firewall string         `json:"firewall"`
	Circuit  *string        `json:"circuit"`
	Side     *string        `json:"side"`
	Sees     []coverageJSON `json:"sees"`
}

type coverageJSON struct {
	Direction string   `json:"direction"`
	Family    string   `json:"family"`
	Covered   bool     `json:"covered"`
	Why       string   `json:"why"`
	Assumes   []string `json:"assumes"`
	Feeds     []string `json:"feeds"`
}

// LinksJSON writes the links, and what the feeds prove of each.
func LinksJSON(w io.Writer, s *rib.Sight, families []rib.Family) error {
	out := linksJSON{version, []linkJSON{}}
	t := s.Table()
	for id, l := range t.Links() {
		j := linkJSON{l.Name, l.Kind, orNull(l.Router), l.Firewall, orNull(l.Circuit), orNull(l.Side), []coverageJSON{}}
		for _, c := range coverages(s, rib.LinkID(id), families) {
			j.Sees = append(j.Sees, coverageJSON{c.Direction.String(), c.Family.String(), c.Covered, c.Why, texts(c.Assumes), feedNames(t, c.Feeds)})
		}
		out.Links = append(out.Links, j)
	}
	return JSON(w, out)
}

// LinksText writes the links to be read.
func LinksText(w io.Writer, s *rib.Sight, families []rib.Family, paint Paint) error {
	p := &printer{w: w, paint: paint}
	t := s.Table()
	for id, l := range t.Links() {
		p.line("%s  %s, router %s, firewall %s", paint.bold(Clean(l.Name)), l.Kind, orDash(Clean(l.Router)), Clean(l.Firewall))
		for _, c := range coverages(s, rib.LinkID(id), families) {
			seen := "seen by " + orDash(Clean(strings.Join(feedNames(t, c.Feeds), ", ")))
			if !c.Covered {
				seen = paint.sgr("33;1", "BLIND: "+Clean(c.Why))
			}
			p.line("  %s (%s): %s", c.Direction, c.Family, seen)
		}
	}
	return p.err
}

func coverages(s *rib.Sight, link rib.LinkID, families []rib.Family) []*rib.Coverage {
	var out []*rib.Coverage
	for _, dir := range []rib.Direction{rib.Advertised, rib.Received} {
		for _, fam := range families {
			out = append(out, s.Coverage(link, dir, fam))
		}
	}
	return out
}

func feedNames(t *rib.Table, ids []rib.FeedID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = t.Feeds()[id].Name
	}
	return out
}
