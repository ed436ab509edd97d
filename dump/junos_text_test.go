package dump

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestJunosTextHoldsTheRoutesOfItsXML reads one table in both forms.
func TestJunosTextHoldsTheRoutesOfItsXML(t *testing.T) {
	rows := func(name string) []string {
		routes, _, err := readBytes(fixtureSource(name), fixtureBytes(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for i := range routes {
			routes[i].Line = 0
		}
		return recordsOf(routes)
	}
	for _, name := range []string{"protocol", "protocol-detail", "protocol-vrfs", "advertising", "advertising-detail"} {
		want, have := rows("junos-xml/"+name+".xml"), rows("junos/"+name+".txt")
		if len(want) == 0 || !slices.Equal(want, have) {
			t.Errorf("%s: text\n%s\nXML\n%s", name, strings.Join(have, "\n"), strings.Join(want, "\n"))
		}
	}
}

const (
	junosHead = "inet.0: 9 destinations, 9 routes (9 active, 0 holddown, 0 hidden)\n"
	junosCols = junosHead + "  Prefix\t\t  Nexthop\t       MED     Lclpref    AS path\n"
	junosRow  = "* 203.0.113.0/24          192.0.2.1            5       100        65540 I\n"
	junosRow2 = "* 198.51.100.0/24         192.0.2.1            5       100        65540 I\n"
	junosLoc  = junosHead + "+ = Active Route, - = Last Active, * = Both\n\n203.0.113.0/24     *[BGP/170] 1d, localpref 100\n                      AS path: 65540 I\n                    > to 192.0.2.1 via ge-0/0/0.0\n"
	junosMore = "                    [BGP/170] 1d, localpref 100\n                      AS path: 65541 I\n                    > to 192.0.2.2 via ge-0/0/0.0\n"
	junosEnd  = "\n{master:0}\nadmin@edge1> \n"
	junosDet  = junosHead + "203.0.113.0/24 (2 entries, 1 announced)\n        *BGP    Preference: 170/-101\n                Source: 192.0.2.1\n                Next hop: 192.0.2.1 via ge-0/0/0.0, selected\n                State: <Active Ext>\n                Local AS: 65536 Peer AS: 65540\n                AS path: 65540 I \n                Localpref: 100\n                Router ID: 192.0.2.1\n"
	junosDet2 = "         BGP    Preference: 170/-101\n                Source: 192.0.2.2\n                State: <Ext>\n                AS path: 65541 I \n                Localpref: 100\n                Router ID: 192.0.2.2\n"
)

func TestWhatStandsInAJunosText(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string // an error, or the refusal
	}{
		{"columns", junosCols + junosRow + junosRow2, reading.Source{}, 2, "unproven", ""},
		{"a prompt proves the end", junosCols + junosRow + junosRow2 + junosEnd, reading.Source{}, 2, "yes", ""},
		{"a command before it", "admin@edge1> show route receive-protocol bgp 192.0.2.1 | no-more\n\n" + junosCols + junosRow + junosEnd, reading.Source{View: rib.AdjRIBInPre}, 1, "yes", ""},
		{"another command behind it", junosCols + junosRow + "admin@edge1> exit\n", reading.Source{}, 1, "yes", ""},
		{"brief", junosLoc + junosMore + junosEnd, reading.Source{}, 2, "yes", ""},
		{"detail", junosDet + junosDet2 + junosEnd, reading.Source{}, 2, "yes", ""},
		{"detail up to the end of an entry", junosDet + junosDet2, reading.Source{}, 2, "unproven", ""},
		{"detail that ends within an entry", junosDet + strings.Replace(junosDet2, "                Router ID: 192.0.2.2\n", "", 1), reading.Source{}, 1, "no", "cut off"},
		{"more entries than the head says", strings.Replace(junosDet, "2 entries", "1 entry", 1) + junosDet2 + junosEnd, reading.Source{}, 0, "no", "announces 1 entries"},
		{"a lost line between two entries", junosDet + strings.SplitAfterN(junosDet2, "\n", 2)[1] + junosEnd, reading.Source{}, 0, "no", "stands twice"},
		{"two AS paths in a brief entry", junosLoc + "                      AS path: 65541 I\n" + junosEnd, reading.Source{}, 0, "no", "two AS paths"},
		{"an entry of no prefix", junosHead + junosMore + junosEnd, reading.Source{}, 0, "no", "no prefix stands before it"},
		{"a pager between rows", junosCols + junosRow + "---(more 40%)---\n" + junosRow2 + junosEnd, reading.Source{}, 2, "no", "a pager stopped"},
		{"a pager that erased its mark", junosCols + junosRow + "---(more)---" + strings.Repeat("\b \b", 12) + junosRow2 + junosEnd, reading.Source{}, 2, "yes", ""},
		{"a pager in an entry", junosLoc + "---(more)---\n" + junosMore + junosEnd, reading.Source{}, 0, "no", "a pager stopped"},
		{"an error behind", junosCols + junosRow + "error: timeout communicating with routing daemon\n", reading.Source{}, 1, "no", "holds an error"},
		{"a log line", junosCols + junosRow + "Nov 21 09:14:00 edge1 rpd[1]: x\n" + junosRow2 + junosEnd, reading.Source{}, 2, "no", "unexpected text"},
		{"a last line without a break", junosCols + junosRow + strings.TrimSpace(junosRow2), reading.Source{}, 1, "no", "line break"},
		{"a beginning that is missing", junosRow + "\n" + strings.Replace(junosCols, "inet.0", "inet6.0", 1), reading.Source{Format: "junos"}, 0, "no", "the beginning is missing"},
		{"terse", junosHead + "A V Destination        P Prf   Metric 1   Metric 2  Next hop        AS path\n", reading.Source{}, 0, "", "terse"},
		{"one prefix alone", "admin@edge1> show route 203.0.113.0/24 detail\n" + junosDet + junosDet2 + junosEnd, reading.Source{}, 2, "no", "a part of the table"},
		{"a filter behind a pipe", "admin@edge1> show route protocol bgp | match 203\n" + junosLoc + junosEnd, reading.Source{}, 1, "no", "a part of the table"},
		{"hidden routes alone", "e1> show route protocol bgp hidden\n" + junosLoc + junosEnd, reading.Source{View: rib.BGPTable}, 1, "no", "a part of the table"},
		{"an AS path that is recorded", strings.Replace(junosDet, "AS path: 65540 I \n", "AS path: 65540 I \n                AS path: Recorded\n", 1) + junosDet2 + junosEnd, reading.Source{}, 2, "yes", ""},
		{"a MED that stands twice", strings.Replace(junosLoc, "localpref 100", "MED 5, MED 6", 1) + junosEnd, reading.Source{}, 0, "no", "med stands twice"},
		{"two neighbours in one file", "e1> show route receive-protocol bgp 192.0.2.1\n" + junosCols + junosRow + "e1> show route receive-protocol bgp 192.0.2.2\n" + junosCols + junosRow2 + "e1> \n", reading.Source{View: rib.AdjRIBInPre}, 1, "no", "two answers, for neighbors"},
		{"one table twice", junosCols + junosRow + "\n" + junosCols + junosRow2 + junosEnd, reading.Source{}, 1, "no", "two tables of inet.0"},
		{"two families in two answers", "e1> show route table inet.0 protocol bgp\n" + junosLoc + "e1> show route table inet6.0 protocol bgp\n" + strings.NewReplacer("inet.0", "inet6.0", "203.0.113.0/24", "2001:db8::/32 ").Replace(junosLoc) + "e1> \n", reading.Source{}, 2, "yes", ""},
		{"hidden routes of a table before policy", strings.Replace(junosCols, "0 hidden", "3 hidden", 1) + junosRow + junosEnd, reading.Source{View: rib.AdjRIBInPre}, 1, "no", "3 hidden routes"},
		{"a declared family without a table", junosCols + junosRow + junosEnd, reading.Source{Families: []rib.Family{rib.IPv4, rib.IPv6}}, 1, "no", "no table of ipv6"},
		{"an empty answer", junosHead + junosEnd, reading.Source{}, 0, "no", "expect-empty"},
		{"that is expected", junosHead + junosEnd, reading.Source{ExpectEmpty: true}, 0, "yes", ""},
		{"several routing instances", junosCols + junosRow + "\nCUST." + junosCols + junosRow2, reading.Source{}, 0, "", "several VRFs: default, CUST"},
		{"one of them", junosCols + junosRow + "\nCUST." + junosCols + junosRow2 + junosEnd, reading.Source{VRF: "CUST"}, 1, "yes", ""},
		{"none of them", junosCols + junosRow, reading.Source{VRF: "none"}, 0, "", `no route of VRF "none"`},
		{"static routes", junosHead + "203.0.113.0/24     *[Static/5] 1d\n                    > to 192.0.2.1 via ge-0/0/0.0\n", reading.Source{}, 0, "", "of other protocols alone"},
		{"a route that the router cannot use", junosLoc + "198.51.100.0/24     [BGP/170] 1d, localpref 100, from 192.0.2.7\n                      AS path: 65541 I\n                      Unusable\n" + junosEnd, reading.Source{}, 2, "yes", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			if err != nil {
				if tt.complete != "" || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
			}
			if tt.name == "a route that the router cannot use" && !routes[1].Marks.Has(rib.Invalid) {
				t.Errorf("it is valid")
			}
		})
	}
}

func TestAJunosTextThatDeniesTheConfig(t *testing.T) {
	const to, from = "e1> show route advertising-protocol bgp 192.0.2.1\n", "e1> show route receive-protocol bgp 192.0.2.1\n"
	for _, tt := range []struct {
		text     string
		view     rib.View
		neighbor string
		denies   bool
	}{
		{to + junosCols + junosRow, rib.AdjRIBOutPost, "192.0.2.1", false},
		{to + junosCols + junosRow, rib.AdjRIBOutPost, "192.0.2.2", true},
		{to + junosCols + junosRow, rib.AdjRIBInPre, "192.0.2.1", true},
		{to + junosCols + junosRow, rib.BGPTable, "", true},
		{from + junosCols + junosRow, rib.AdjRIBInPre, "192.0.2.1", false},
		{from + junosCols + junosRow, rib.AdjRIBInPre, "192.0.2.2", true},
		{from + junosCols + junosRow, rib.AdjRIBInPost, "192.0.2.1", true},
		{from + junosCols + junosRow, rib.AdjRIBOutPost, "192.0.2.1", true},
		{from + junosCols + junosRow, rib.FarEnd, "", false},
		{junosCols + junosRow, rib.BGPTable, "", true},
		{junosCols + strings.Replace(junosRow, "192.0.2.1 ", "192.0.2.9 ", 1), rib.AdjRIBInPre, "192.0.2.1", false}, // a next hop is no neighbour
		{junosLoc, rib.BGPTable, "", false},
		{junosLoc, rib.AdjRIBInPost, "", false},
		{junosLoc, rib.AdjRIBInPre, "", true},
		{junosLoc, rib.AdjRIBOutPost, "", true},
		{junosDet + junosDet2, rib.AdjRIBOutPost, "", true},
		{"e1> show route protocol bgp source-gateway 192.0.2.1\n" + junosLoc, rib.AdjRIBInPost, "192.0.2.1", false},
		{"e1> show route protocol bgp source-gateway 192.0.2.1\n" + junosLoc, rib.AdjRIBInPost, "192.0.2.2", true},
	} {
		src := reading.Source{Name: "x", ExpectRoutes: -1, View: tt.view}
		if tt.neighbor != "" {
			src.Neighbor = netipAddr(t, tt.neighbor)
		}
		_, got, err := readBytes(src, []byte(tt.text+"\ne1> \n"))
		if err != nil || (got.Contradiction != "") != tt.denies {
			t.Errorf("%q as %s of %s: contradiction %q, %v", tt.text, tt.view, tt.neighbor, got.Contradiction, err)
		}
	}
}

// genieRoute is what genie has of a BGP route, by its own names.
type genieRoute struct {
	prefix string
	fields map[string]any
}

// genieRoutes finds the unicast routes of BGP in genie's tree.
func genieRoutes(v any, table, prefix string) (out []genieRoute) {
	switch v := v.(type) {
	case []any:
		for _, e := range v { // an entry without a destination is of the one before
			if m, ok := e.(map[string]any); ok && m["rt-destination"] != nil {
				prefix, _ = m["rt-destination"].(string)
			}
			out = append(out, genieRoutes(e, table, prefix)...)
		}
	case map[string]any:
		if inner, ok := v["table_name"].(map[string]any); ok { // the other of genie's shapes
			for name, of := range inner {
				for prefix, fields := range of.(map[string]any)["routes"].(map[string]any) {
					f := fields.(map[string]any)
					if f["protocol_name"] == "BGP" && strings.HasSuffix(name, "inet.0") {
						out = append(out, genieRoute{prefix, map[string]any{"local-preference": f["local_preference"], "learned-from": f["learned_from"], "active-tag": f["active_tag"]}})
					}
				}
			}
			return out
		}
		if name, ok := v["table-name"].(string); ok {
			table = name
		}
		if p, ok := v["rt-destination"].(string); ok {
			prefix = p
			if length, ok := v["rt-prefix-length"].(string); ok && !strings.Contains(p, "/") {
				prefix += "/" + length
			}
		}
		unicast := strings.HasSuffix(table, "inet.0") || strings.HasSuffix(table, "inet6.0")
		if _, entry := v["as-path"]; entry && unicast && prefix != "" && (v["protocol-name"] == nil || v["protocol-name"] == "BGP") && v["rt-tag"] == nil && v["metric-only"] == nil {
			if v["protocol-name"] == nil && v["rt-destination"] == nil && v["nh"] == nil {
				return nil
			}
			return []genieRoute{{prefix, v}}
		}
		for _, key := range []string{"route-information", "route-table", "rt", "rt-entry"} {
			if inner, ok := v[key]; ok {
				out = append(out, genieRoutes(inner, table, prefix)...)
			}
		}
	}
	return out
}

// differs names the fields in which a route is another one than genie's.
func (g genieRoute) differs(r rib.Route) string {
	var out []string
	check := func(key, have string) {
		if want, ok := g.fields[key].(string); ok && want != have {
			out = append(out, key+" is "+have+", genie has "+want)
		}
	}
	if g.prefix != r.Prefix.String() {
		out = append(out, "genie has "+g.prefix)
	}
	a := &r.Attrs
	check("local-preference", a.LocalPref.String())
	check("med", a.MED.String())
	check("learned-from", r.Neighbor.String())
	check("gateway", r.Neighbor.String())
	check("peer-as", asnText(a.NeighborASN))
	if path, ok := g.fields["as-path"].(string); ok && !a.NotShown.Has(rib.AttrASPath) {
		path = strings.Join(strings.Fields(strings.TrimPrefix(path, "AS path:")), " ")
		origin := map[rib.Origin]string{rib.OriginIGP: "I", rib.OriginEGP: "E", rib.OriginIncomplete: "?"}[a.Origin]
		have := strings.TrimSpace(a.ASPath.String() + " " + origin)
		path, _, _ = strings.Cut(path, " (Originator)")
		if path != have {
			out = append(out, "as-path is "+have+", genie has "+path)
		}
	}
	if c, ok := g.fields["communities"].(string); ok {
		var have []string
		for _, one := range a.Communities {
			have = append(have, one.String())
		}
		if strings.Join(have, " ") != c {
			out = append(out, "communities differ: "+c)
		}
	}
	if nh, ok := g.fields["nh"].(map[string]any); ok {
		if to, ok := nh["to"].(string); ok && a.NextHop.IsValid() && g.fields["protocol-nh"] == nil && to != a.NextHop.String() {
			out = append(out, "next hop is "+a.NextHop.String()+", genie has "+to)
		}
	}
	return strings.Join(out, "; ")
}

var (
	pythonKey   = regexp.MustCompile(`(?m)^(\s*|.*\{)(\d+):`)
	pythonComma = regexp.MustCompile(`,(\s*[}\]])`)
	pythonWords = regexp.MustCompile(`: (True|False|None)\b`)
)

// pythonToJSON turns a dictionary as Python writes it into JSON.
func pythonToJSON(text []byte) []byte {
	_, text, _ = bytes.Cut(text, []byte("="))
	text = regexp.MustCompile(`(?m)#[^"\n]*$`).ReplaceAll(text, nil)
	if !bytes.Contains(text, []byte(`"`)) {
		text = bytes.ReplaceAll(text, []byte("'"), []byte(`"`))
	}
	text = pythonKey.ReplaceAll(text, []byte(`$1"$2":`))
	text = pythonWords.ReplaceAll(text, []byte(": null"))
	return pythonComma.ReplaceAll(text, []byte("$1"))
}

func netipAddr(t *testing.T, s string) netip.Addr {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func asnText(asn uint32) string {
	if asn == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(asn), 10)
}
