package dump

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bgpaudit/dump/cisco"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// What other readers make of the files of the corpus: the samples of ntc-templates, the golden dictionaries of
// genieparser, the expected results of NAPALM, bgpdump's lines, tcpdump's and NetGauze's readings, the same router's
// table in another form. Where a file has none of them, its rows are counted.

// judge says how routes differ from what another reader has of the same file.
type judge func(got corpusReading) string

// wantedRow is a row as another reader has it.
type wantedRow map[string]string

// sameFields is the row of a route in the fields that the expected result has.
func sameFields(r rib.Route, fields []string) string {
	med, lp := "", ""
	if r.Attrs.MED.Set {
		med = fmt.Sprint(r.Attrs.MED.Value)
	}
	if r.Attrs.LocalPref.Set {
		lp = fmt.Sprint(r.Attrs.LocalPref.Value)
	}
	hop := r.Attrs.NextHop
	if !hop.IsValid() { // the router itself, which others print as it prints it
		hop = rib.FamilyOf(r.Prefix).All().Addr()
	}
	values := map[string]string{
		"prefix": r.Prefix.String(), "hop": hop.String(), "path": r.Attrs.ASPath.String(), "med": med, "lp": lp,
		"origin": r.Attrs.Origin.String(), "best": fmt.Sprint(r.Marks.Has(rib.Best)), "communities": fmt.Sprint(r.Attrs.Communities),
		"valid": fmt.Sprint(!r.Marks.Has(rib.Invalid)), "med0": fmt.Sprint(r.Attrs.MED.Or(0)), "neighbor": r.Neighbor.String(),
	}
	return joinFields(values, fields)
}

func joinFields(values map[string]string, fields []string) string {
	var out []string
	for _, f := range fields {
		out = append(out, f+"="+values[f])
	}
	return strings.Join(out, " ")
}

// normal writes another reader's row as ours are written.
func normal(w wantedRow) wantedRow {
	if p, err := reading.ParseClassful(w["prefix"]); err == nil {
		w["prefix"] = p.String()
	}
	if a, err := reading.ParseAddr(w["hop"]); err == nil {
		w["hop"] = a.String()
	}
	if p, err := reading.ParsePath(w["path"]); err == nil {
		w["path"] = p.String()
	}
	if o, err := rib.ParseOrigin(w["origin"]); err == nil {
		w["origin"] = o.String()
	}
	return w
}

// ntcRows reads a sample of ntc-templates.
func ntcRows(text string) (rows []wantedRow, fields []string) {
	var w wantedRow
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "  - ") {
			w = wantedRow{}
			rows = append(rows, w)
		}
		key, value, ok := strings.Cut(strings.TrimLeft(line, " -"), ": ")
		if ok && w != nil {
			w[key] = strings.Trim(value, `"'`)
		}
	}
	for _, w := range rows {
		w["prefix"], w["hop"], w["med"], w["lp"] = w["network"]+w["prefix"], w["next_hop"], w["metric"], w["local_pref"]
		for _, length := range []string{w["prefix_length"], w["netmask"]} {
			if length != "" {
				w["prefix"] += "/" + length
			}
		}
		w["path"] = w["as_path"]
		w["best"] = fmt.Sprint(w["path_selection"] == ">")
		fields = []string{"prefix", "hop", "path", "med", "lp", "origin", "best"}
		if _, has := w["origin"]; !has { // the origin is glued to the path
			n := len(w["path"]) - 1
			w["path"], w["origin"] = w["path"][:n], w["path"][n:]
			fields = []string{"prefix", "hop", "path", "origin"}
		}
		normal(w)
	}
	return rows, fields
}

// genieRows reads a golden dictionary of genieparser. What it says of IOS XR's numbers is left out: it
// takes a weight for a path.
func genieRows(text string, xr bool) (rows []wantedRow, fields []string) {
	_, text, _ = strings.Cut(text, "=")
	l := literal{s: text}
	var walk func(v any, family string)
	walk = func(v any, family string) {
		m, _ := v.(map[string]any)
		for key, inner := range m {
			f := family
			if name := strings.ToLower(strings.ReplaceAll(key, "_", " ")); regexp.MustCompile(`^(ipv4|ipv6|vpnv4|vpnv6|l2vpn|link-state)\b`).MatchString(name) {
				f, _, _ = strings.Cut(name, " rd ")
				if !strings.Contains(f, " ") {
					f += " unicast"
				}
			}
			d, _ := inner.(map[string]any)
			index, _ := d["index"].(map[string]any)
			if index == nil {
				walk(inner, f)
				continue
			}
			if _, unicast := cisco.Families[f]; !unicast && f != "" {
				continue
			}
			for _, one := range index {
				o := one.(map[string]any)
				get := func(names ...string) string {
					for _, n := range names {
						if v, ok := o[n]; ok {
							return fmt.Sprint(v)
						}
					}
					return ""
				}
				rows = append(rows, normal(wantedRow{
					"prefix": key, "hop": get("next_hop"), "path": get("path"), "med": get("metric"),
					"lp": get("localprf", "localpref", "locprf"), "origin": get("origin_codes", "origin_code"),
					"best": fmt.Sprint(strings.Contains(get("status_codes"), ">")),
				}))
			}
		}
	}
	walk(l.value(), "")
	fields = []string{"prefix", "hop", "path", "med", "lp", "origin", "best"}
	if xr {
		fields = []string{"prefix", "hop", "origin"}
	}
	return rows, fields
}

// literal reads a literal of Python, as far as golden dictionaries use them.
type literal struct {
	s string
	i int
}

func (l *literal) blank() byte {
	for l.i < len(l.s) {
		switch c := l.s[l.i]; c {
		case ' ', '\n', '\t', '\r':
			l.i++
		case '#':
			for l.i < len(l.s) && l.s[l.i] != '\n' {
				l.i++
			}
		default:
			return c
		}
	}
	return 0
}

func (l *literal) value() any {
	switch c := l.blank(); c {
	case '{', '[', '(':
		l.i++
		m := map[string]any{}
		for n := 0; ; n++ {
			if c := l.blank(); c == 0 || c == '}' || c == ']' || c == ')' {
				l.i++
				return m
			}
			key := l.value()
			value := key
			if l.blank() == ':' {
				l.i++
				value = l.value()
			} else {
				key = n
			}
			m[fmt.Sprint(key)] = value
			if l.blank() == ',' {
				l.i++
			}
		}
	case '\'', '"':
		l.i++
		start := l.i
		for l.i < len(l.s) && l.s[l.i] != c {
			l.i++
		}
		l.i++
		return l.s[start : l.i-1]
	default:
		start := l.i
		for l.i < len(l.s) && !strings.ContainsRune(" \n\t\r,:}])", rune(l.s[l.i])) {
			l.i++
		}
		if l.i == start {
			l.i++
		}
		return l.s[start:l.i]
	}
}

// rowsJudge holds routes against rows, in any order.
func rowsJudge(rows []wantedRow, fields, leftOut []string) judge {
	fields = slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return slices.Contains(leftOut, f) })
	return func(got corpusReading) string {
		shown := got.shown(fields)
		want := map[string]int{}
		for _, w := range rows {
			if p, err := netip.ParsePrefix(w["prefix"]); err == nil && p != p.Masked() {
				continue // edited: a bad row
			}
			want[joinFields(w, shown)]++
		}
		for _, r := range got.routes {
			want[sameFields(r, shown)]--
		}
		return leftOver(want)
	}
}

// hiddenIn are the fields that a form may have no place for.
var hiddenIn = map[string]rib.AttrSet{
	"hop": rib.AttrNextHop, "path": rib.AttrASPath, "med": rib.AttrMED, "med0": rib.AttrMED, "lp": rib.AttrLocalPref,
	"origin": rib.AttrOrigin, "best": rib.AttrBest, "communities": rib.AttrCommunities,
}

// shown are those of the fields that every route shows.
func (got corpusReading) shown(fields []string) []string {
	var hidden rib.AttrSet
	for _, r := range got.routes {
		hidden |= r.Attrs.NotShown
	}
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return hidden&hiddenIn[f] != 0 })
}

// countJudge holds their number against n.
func countJudge(n int) judge {
	return func(got corpusReading) string {
		if got.count != n {
			return fmt.Sprintf("%d are expected", n)
		}
		return ""
	}
}

// leftOver says what one side has more often than the other.
func leftOver(want map[string]int) string {
	var out []string
	for _, row := range slices.Sorted(maps.Keys(want)) {
		if n := want[row]; n != 0 && len(out) < 8 {
			out = append(out, fmt.Sprintf("%+d (they have more where positive) %s", n, row))
		}
	}
	return strings.Join(out, "\n\t")
}

// judge finds what other readers have of the file, or nil.
func (f corpusFile) judge(t *testing.T, leftOut []string) judge {
	t.Helper()
	var all []judge
	for _, find := range []func(*testing.T, []string) judge{
		f.ntc, f.genie, f.junosGenie, f.napalm, f.nokia, f.azureTables, f.twin, f.netGauze, f.tcpdump, f.bgpdump, f.json,
	} {
		if j := find(t, leftOut); j != nil {
			all = append(all, j)
		}
	}
	if all == nil {
		return f.counted()
	}
	return func(got corpusReading) string {
		for _, j := range all {
			if problem := j(got); problem != "" {
				return problem
			}
		}
		return ""
	}
}

// text reads another file of the corpus, or nothing.
func (f corpusFile) text(name string) string {
	text, err := os.ReadFile(filepath.Join(f.dir, filepath.FromSlash(name)))
	if err != nil {
		return ""
	}
	return string(text)
}

// beside is the text of the file that has another end of name than this one.
func (f corpusFile) beside(end, other string) string {
	if base, ok := strings.CutSuffix(f.name, end); ok {
		return f.text(base + other)
	}
	return ""
}

func (f corpusFile) ntc(_ *testing.T, leftOut []string) judge {
	text := f.beside(".raw", ".yml")
	if text == "" {
		return nil
	}
	rows, fields := ntcRows(text)
	if f.family == "cli-eos" { // ">" and "#": another protocol's route outdoes it
		for _, w := range rows {
			w["best"] = fmt.Sprint(w["route_source"] == ">" || w["route_source"] == "#")
			w["hop"] = strings.Replace(w["hop"], "-", "0.0.0.0", 1)
		}
	}
	return rowsJudge(rows, fields, leftOut)
}

func (f corpusFile) genie(_ *testing.T, leftOut []string) judge {
	text := f.beside("_output.txt", "_expected.py.txt")
	if text == "" || f.family == "cli-junos" {
		return nil
	}
	rows, fields := genieRows(text, f.family == "cli-xr")
	if !strings.Contains(f.name, "/ShowBgpVrfAllAll/") {
		return rowsJudge(rows, fields, leftOut)
	}
	// The rows of a VRF stand in the VPN's table once more, and are read once.
	return distinctJudge(rows, fields, leftOut)
}

// distinctJudge holds them as sets.
func distinctJudge(rows []wantedRow, fields, leftOut []string) judge {
	fields = slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return slices.Contains(leftOut, f) })
	return func(got corpusReading) string {
		shown := got.shown(fields)
		got.routes = distinct(got.routes, func(r rib.Route) string { return sameFields(r, shown) })
		return rowsJudge(distinct(rows, func(w wantedRow) string { return joinFields(w, shown) }), shown, nil)(got)
	}
}

// distinct keeps the first of those that read the same.
func distinct[T any](all []T, name func(T) string) (out []T) {
	seen := map[string]bool{}
	for _, x := range all {
		if n := name(x); !seen[n] {
			seen[n] = true
			out = append(out, x)
		}
	}
	return out
}

func (f corpusFile) junosGenie(t *testing.T, _ []string) judge {
	text := f.beside("_output.txt", "_expected.py.txt")
	if text == "" || f.family != "cli-junos" {
		return nil
	}
	var tree any
	if err := json.Unmarshal(pythonToJSON([]byte(text)), &tree); err != nil {
		t.Errorf("%s: %v", f.name, err)
		return nil
	}
	want := genieRoutes(tree, "", "")
	return func(got corpusReading) string {
		if len(got.routes) != len(want) {
			return fmt.Sprintf("genie has %d", len(want))
		}
		for i, r := range got.routes {
			if diff := want[i].differs(r); diff != "" {
				return fmt.Sprintf("%s: %s", r.Prefix, diff)
			}
		}
		return ""
	}
}

// napalm is what NAPALM makes of the answers in the file's folder: a row for each next hop of a route.
func (f corpusFile) napalm(_ *testing.T, leftOut []string) judge {
	text := f.text(filepath.Dir(f.name) + "/expected_result.json")
	var want map[string][]struct {
		Hop    string `json:"next_hop"`
		Active bool   `json:"current_active"`
		Attrs  struct {
			Path        string   `json:"as_path"`
			MED         *uint32  `json:"metric"`
			LP          *uint32  `json:"local_preference"`
			Neighbor    string   `json:"remote_address"`
			Communities []string `json:"communities"`
		} `json:"protocol_attributes"`
	}
	if text == "" || json.Unmarshal([]byte(text), &want) != nil {
		return nil
	}
	var rows []wantedRow
	for prefix, list := range want {
		for _, r := range list {
			path := strings.TrimRight(r.Attrs.Path, " ie?")
			rows = append(rows, normal(wantedRow{
				"prefix": prefix, "hop": r.Hop, "path": path, "best": fmt.Sprint(r.Active), "med0": cmp.Or(number(r.Attrs.MED), "0"), "lp": number(r.Attrs.LP),
				"neighbor": r.Attrs.Neighbor, "communities": fmt.Sprint(r.Attrs.Communities),
			}))
		}
	}
	fields := strings.Fields("prefix hop path med0 lp best communities neighbor")
	return distinctJudge(rows, fields, leftOut)
}

func number(n *uint32) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// nokia is the state in JSON of the router whose text it is.
func (f corpusFile) nokia(t *testing.T, leftOut []string) judge {
	text := f.text(filepath.Dir(f.name) + "/info_json_state_router_Base_bgp_rib.txt")
	if text == "" || !strings.HasSuffix(f.name, "show_router_bgp_routes.txt") {
		return nil
	}
	return rowsJudge(nokiaState(t, []byte(text)), strings.Fields("prefix hop path med lp origin best valid"), leftOut)
}

// nokiaState reads the routes of the local RIB that have a neighbour, each with its set of attributes.
func nokiaState(t *testing.T, text []byte) (out []wantedRow) {
	t.Helper()
	var state any
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	sets := map[string]any{}
	for _, set := range listAt(under(state, "nokia-state:attr-sets"), "attr-set") {
		if textAt(set, "route-type") == "rib-in" {
			sets[textAt(set, "index")] = set
		}
	}
	for _, r := range listAt(state, "nokia-state:ipv4-unicast", "local-rib", "routes") {
		if textAt(r, "neighbor") == "0.0.0.0" {
			continue
		}
		set := sets[textAt(r, "attr-id")]
		var path []string
		for _, segment := range listAt(set, "as-path", "segment") {
			for _, n := range listAt(segment, "as-numbers") {
				path = append(path, textAt(n, "as-number"))
			}
		}
		out = append(out, normal(wantedRow{
			"prefix": textAt(r, "prefix"), "best": textAt(r, "best-route"), "valid": textAt(r, "valid-route"), "hop": textAt(set, "next-hop"),
			"origin": textAt(set, "origin"), "med": textAt(set, "med"), "lp": textAt(set, "local-pref"), "path": strings.Join(path, " "),
		}))
	}
	return out
}

var azureLine = regexp.MustCompile(`^([0-9.]+/[0-9]+)  +\S.*?(?:  +([0-9-]+))?$`)

// azureTables are the lines of all tables of virtual hubs in a text.
func (f corpusFile) azureTables(_ *testing.T, leftOut []string) judge {
	var rows []wantedRow
	for line := range strings.SplitSeq(f.text(f.name), "\n") {
		if m := azureLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil && f.family == "azure" {
			rows = append(rows, wantedRow{"prefix": m[1], "path": strings.ReplaceAll(m[2], "-", " ")})
		}
	}
	if rows == nil {
		return nil
	}
	return rowsJudge(rows, []string{"prefix", "path"}, leftOut)
}

// twins are files with the same table in another form, or of the other end of a session, and the fields that both show.
// Of the twin's rows those of the neighbour count, where one is named.
var twins = []struct{ pattern, twin, neighbor, fields string }{
	{`(daemon-frr/show_bgp_ipv[46]_unicast)\.txt`, `${1}_json.txt`, "", "prefix hop path med lp origin best"},
	{`(daemon-frr/.*_received-routes)\.txt`, `${1}_json.txt`, "", "prefix hop path med lp origin"},
	{`(daemon-frr/.*_127.0.1.21_routes)\.txt`, `${1}_json.txt`, "", "prefix hop path med lp origin best"},
	{`daemon-frr/.*_127.0.1.21_advertised-routes\.txt`, `daemon-frr/show_bgp_ipv4_unicast_neighbors_127.0.1.1_advertised-routes_json.txt`, "", "prefix hop path origin"},
	{`daemon-frr/.*_127.0.1.1_advertised-routes_json`, `daemon-frr/show_bgp_ipv4_unicast_json.txt`, "best", "prefix path origin"},
	{`daemon-frr/.*_(127.0.1.1)_received-routes_json`, `daemon-bird/bird2-master4.mrt`, "${1}", "prefix hop path med0 origin"},
	{`daemon-frr/.*_(127.0.1.21)_routes_json`, `daemon-bird/bird2-master4.mrt`, "${1}", "prefix hop path med0 origin"},
	{`daemon-frr/show_bgp_ipv([46])_unicast_json`, `daemon-bird/bird2-master${1}.mrt`, "", "prefix hop path med0 origin neighbor"},
	{`daemon-frr/rib.mrt.zst`, `daemon-frr/rib.mrt`, "", "prefix hop path med lp origin neighbor communities"},
	{`daemon-bird/bird(\d)-show_route_all\.txt`, `daemon-bird/bird${1}-both.mrt`, "", "prefix hop path med origin communities"},
	{`daemon-bird/bird1-show_route_all_export`, `daemon-bird/bird2-both.mrt`, "127.0.1.1", "prefix communities"},
	{`daemon-gobgp/(global_rib|adj-in_er1)\.txt`, `daemon-gobgp/${1}.json`, "", "prefix hop path med lp origin communities"},
	{`daemon-gobgp/adj-in_er1\.json`, `daemon-bird/bird2-master4.mrt`, "127.0.1.1", "prefix hop path med origin communities"},
	{`daemon-gobgp/adj-in_er2\.json`, `daemon-bird/bird2-master4.mrt`, "127.0.1.21", "prefix hop path med origin communities"},
	{`daemon-gobgp/adj-in_er2_ipv6\.txt`, `daemon-bird/bird2-master6.mrt`, "127.0.1.21", "prefix hop path med origin communities"},
	{`daemon-gobgp/global_rib\.json`, `daemon-bird/bird2-master4.mrt`, "", "prefix hop path med origin communities"},
	{`daemon-gobgp/global_rib_ipv6\.json`, `daemon-bird/bird2-master6.mrt`, "", "prefix hop path med origin communities"},
	{`daemon-openbgpd/show_rib\.txt`, `daemon-openbgpd/show_rib.json`, "", "prefix hop path med lp origin best"},
	{`daemon-openbgpd/(show_rib|show_rib_detail)\.json`, `daemon-openbgpd/rib-v2.mrt`, "", "prefix hop path med0 origin communities neighbor"},
	{`daemon-openbgpd/rib-mp\.mrt`, `daemon-openbgpd/rib-v2.mrt`, "", "prefix hop path med lp origin communities neighbor"},
	{`daemon-openbgpd/show_rib_in_er1\.txt`, `daemon-bird/bird2-both.mrt`, "127.0.1.1", "prefix hop path med0 origin"},
	{`daemon-openbgpd/show_rib_in_er2\.json`, `daemon-bird/bird2-both.mrt`, "127.0.1.21", "prefix hop path med0 origin"},
	{`daemon-openbgpd/show_rib_out_er2\.json`, `daemon-bird/bird2-both.mrt`, "127.0.1.1", "prefix origin"},
	{`(cli-frr/lab-validation/mix_vendor_bgp_vrf/D-Cumulus/vtysh_-c_show_ip_bgp_vrf_all)\.txt`, `${1}_json.json`, "", "prefix hop path lp origin best"},
	{`cli-nxos/(lab-validation/eos_.*/show_ip_bgp_vrf_all)\.txt`, `cli-eos/${1}___json.json`, "", "prefix hop path med lp origin best"},
	{`(cli-nokia/.*/)info_json_state_router.*`, `${1}show_router_bgp_routes.txt`, "", "prefix hop path best valid"},
}

// twin reads the twin as its feed would.
func (f corpusFile) twin(t *testing.T, leftOut []string) judge {
	for _, tw := range twins {
		pattern := regexp.MustCompile("^" + tw.pattern)
		m := pattern.FindStringSubmatchIndex(f.name)
		if m == nil {
			continue
		}
		other := corpusFile{dir: f.dir, name: string(pattern.ExpandString(nil, tw.twin, f.name, m))}
		neighbor := string(pattern.ExpandString(nil, tw.neighbor, f.name, m))
		theirs := other.read(t)
		theirs.routes = slices.DeleteFunc(theirs.routes, func(r rib.Route) bool {
			return neighbor == "best" && !r.Marks.Has(rib.Best) || strings.Contains(neighbor, ".") && r.Neighbor.String() != neighbor
		})
		return func(got corpusReading) string {
			fields := theirs.shown(got.shown(slices.DeleteFunc(strings.Fields(tw.fields), func(f string) bool { return slices.Contains(leftOut, f) })))
			want := map[string]int{}
			for _, r := range theirs.routes {
				want[sameFields(r, fields)]++
			}
			for _, r := range got.routes {
				want[sameFields(r, fields)]--
			}
			return leftOver(want)
		}
	}
	return nil
}

// bgpdump is what bgpdump's lines leave: those that came with the file, those that it prints here, or the number of
// them in the manifest.
func (f corpusFile) bgpdump(t *testing.T, _ []string) judge {
	m := linesRemark.FindStringSubmatch(f.remark)
	text := strings.HasSuffix(f.name, ".bgp.gz")
	if m == nil && !text {
		return nil
	}
	n := 0
	if m != nil {
		n, _ = strconv.Atoi(m[1])
	}
	if records, ok := countedOtherwise[f.name]; ok {
		return countJudge(records)
	}
	if f.family == "full-table" || !text && !bgpdumpPrints(f.path()) {
		return countJudge(n)
	}
	lines := map[string]int{}
	for _, l := range leftBehind(bgpdumpLines(t, f.path())) {
		lines[bgpdumpRoute(t, l)]++
	}
	return func(got corpusReading) string {
		for _, r := range got.routes {
			lines[mrtLine(r)]--
		}
		return leftOver(lines)
	}
}

// countedOtherwise are files whose records count, since bgpdump prints nothing of them: entries of type 16.2, routes
// without a peer table, path ids under the subtype that has none.
var countedOtherwise = map[string]int{
	"mrt/mrtparse/samples/openbgpd_rib_table-mp":      31,
	"daemon-openbgpd/rib-mp.mrt":                      981,
	"mrt/pyasn/data/bview.20140112.1600_3samples.bz2": 3,
	"mrt/mrtparse/samples/bird6_bgp":                  0,
}

var (
	tcpdumpFlow   = regexp.MustCompile(`^ {4}([0-9.]+)\.\d+ > ([0-9.]+)\.\d+: Flags `)
	tcpdumpPath   = regexp.MustCompile(`^\t  AS(4?) Path \(\d+\), length: \d+, Flags \[\w+\]: ([0-9 ]*)`)
	tcpdumpPrefix = regexp.MustCompile(`^\t    ([0-9.]+/\d+)$`)
)

// tcpdump is what its reading of a capture leaves: the last path of each prefix that an end did not take back.
func (f corpusFile) tcpdump(_ *testing.T, leftOut []string) judge {
	text := f.beside(filepath.Ext(f.name), ".out")
	if f.family != "bgp-session-pcap" || text == "" {
		return nil
	}
	table := map[string]wantedRow{}
	from, to, announced := "", "", false
	var path []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := tcpdumpFlow.FindStringSubmatch(line); m != nil {
			from, to = m[1], m[2]
		} else if strings.Contains(line, "Notification Message") {
			maps.DeleteFunc(table, func(_ string, w wantedRow) bool { return w["neighbor"] == from || w["neighbor"] == to })
		} else if m := tcpdumpPath.FindStringSubmatch(line); m != nil {
			words := strings.Fields(m[2])
			if m[1] == "4" { // RFC 6793 4.2.3
				words = append(path[:len(path)-len(words):len(path)-len(words)], words...)
			}
			path = words
		} else if strings.HasSuffix(line, "Updated routes:") || strings.HasSuffix(line, "Withdrawn routes:") {
			announced = strings.HasSuffix(line, "Updated routes:")
		} else if m := tcpdumpPrefix.FindStringSubmatch(line); m != nil && announced {
			table[from+" "+m[1]] = wantedRow{"neighbor": from, "prefix": m[1], "path": strings.Join(path, " ")}
		} else if m != nil {
			delete(table, from+" "+m[1])
		}
	}
	return rowsJudge(slices.Collect(maps.Values(table)), strings.Fields("neighbor prefix path"), leftOut)
}

// netGauze is another decoder's reading of a capture's messages, in which nothing is withdrawn. It leaves out the sessions
// over IPv4, whose next hops tell them.
func (f corpusFile) netGauze(_ *testing.T, _ []string) judge {
	text := f.beside(".pcap", "-bgp.json")
	if text == "" {
		return nil
	}
	type nlri struct{ Network string }
	type family struct {
		Hop  string `json:"next_hop_global"`
		Hop4 string `json:"next_hop"`
		NLRI []nlri
	}
	type message struct {
		Update *struct {
			Attributes []struct {
				Value json.RawMessage
			} `json:"path_attributes"`
			NLRI      []nlri
			Withdrawn []nlri `json:"withdrawn_routes"`
		}
	}
	want := map[string]bool{}
	for line := range strings.Lines(text) {
		var m message
		if json.Unmarshal([]byte(line), &m) != nil || m.Update == nil {
			continue
		}
		var origin, hop string
		var med any = "absent"
		var networks []nlri
		networks = append(networks, m.Update.NLRI...)
		for _, a := range m.Update.Attributes {
			var v struct {
				Origin  string
				NextHop *struct {
					Hop string `json:"next_hop"`
				}
				MED *struct{ Metric uint32 } `json:"MultiExitDiscriminator"`
				MP  map[string]family        `json:"MpReach"`
			}
			if json.Unmarshal(a.Value, &v) != nil {
				continue
			}
			if v.Origin != "" {
				origin = strings.ToLower(v.Origin)
			}
			if v.NextHop != nil {
				hop = v.NextHop.Hop
			}
			if v.MED != nil {
				med = v.MED.Metric
			}
			for _, f := range v.MP {
				hop = f.Hop + f.Hop4
				networks = append(networks, f.NLRI...)
			}
		}
		for _, n := range networks {
			want[fmt.Sprint(n.Network, " ", origin, " ", hop, " ", med)] = true
		}
	}
	return func(got corpusReading) string {
		var out []string
		have := map[string]bool{}
		for _, r := range got.routes {
			row := fmt.Sprint(r.Prefix, " ", r.Attrs.Origin, " ", r.Attrs.NextHop, " ", r.Attrs.MED)
			have[row] = true
			if strings.Contains(row, " 32.3.0.222 ") && !want[row] {
				out = append(out, "NetGauze lacks "+row)
			}
		}
		for w := range want {
			if !have[w] {
				out = append(out, "NetGauze has "+w)
			}
		}
		slices.Sort(out)
		return strings.Join(out, "\n\t")
	}
}

// json is what the standard decoder finds in an answer, by the names of the platform's own keys.
func (f corpusFile) json(_ *testing.T, leftOut []string) judge {
	in, err := reading.OpenInput(f.path(), nil)
	if err != nil {
		return nil
	}
	defer in.Close()
	var tree any
	if json.NewDecoder(in.Text).Decode(&tree) != nil {
		return nil
	}
	var rows []wantedRow
	fields := ""
	switch f.family {
	case "cli-eos":
		rows, fields = eosTree(tree), "prefix hop med lp best path"
	case "cli-frr", "daemon-frr":
		rows, fields = frrTree(tree), "prefix hop path origin best"
	case "cli-junos":
		rows, fields = junosTree(tree, ""), "prefix lp path best med"
	case "cli-openbgpd", "daemon-openbgpd":
		rows, fields = openbgpdTree(tree), "prefix hop path med0 lp origin"
	case "azure":
		rows, fields = azureTree(tree), "prefix path"
	default:
		return nil
	}
	return rowsJudge(rows, strings.Fields(fields), leftOut)
}

// under goes down a tree of JSON by keys. A list of one stands for its only member, as Junos writes values.
func under(v any, keys ...string) any {
	for _, k := range keys {
		if list, ok := v.([]any); ok && len(list) == 1 {
			v = list[0]
		}
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

func listAt(v any, keys ...string) []any {
	list, _ := under(v, keys...).([]any)
	return list
}

func textAt(v any, keys ...string) string {
	switch v := under(v, keys...).(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

func eosTree(tree any) (rows []wantedRow) {
	vrfs, _ := under(tree, "vrfs").(map[string]any)
	for _, vrf := range vrfs {
		entries, _ := under(vrf, "bgpRouteEntries").(map[string]any)
		for prefix, entry := range entries {
			for _, p := range listAt(entry, "bgpRoutePaths") {
				rows = append(rows, normal(wantedRow{
					"prefix": prefix, "hop": cmp.Or(textAt(p, "nextHop"), "0.0.0.0"), "med": textAt(p, "med"), "lp": textAt(p, "localPreference"),
					"best": textAt(p, "routeType", "active"), "path": strings.TrimRight(textAt(p, "asPathEntry", "asPath"), " ie?"),
				}))
			}
		}
	}
	return rows
}

func frrTree(tree any) (rows []wantedRow) {
	top, _ := tree.(map[string]any)
	if under(tree, "routes") == nil && under(tree, "advertisedRoutes") == nil && under(tree, "receivedRoutes") == nil && under(tree, "paths") == nil {
		for _, vrf := range top {
			if under(vrf, "routes") != nil {
				rows = append(rows, frrTree(vrf)...)
			}
		}
		return rows
	}
	routes, _ := under(tree, "routes").(map[string]any)
	for prefix, list := range routes {
		for _, p := range list.([]any) {
			rows = append(rows, normal(wantedRow{
				"prefix": prefix, "hop": textAt(p, "nexthops", "ip"), "path": textAt(p, "aspath") + textAt(p, "path"), "origin": strings.ToLower(textAt(p, "origin")),
				"best": cmp.Or(textAt(p, "bestpath"), "false"),
			}))
		}
	}
	for _, p := range listAt(tree, "paths") { // the answer for one prefix
		rows = append(rows, wantedRow{
			"prefix": textAt(tree, "prefix"), "hop": textAt(p, "nexthops", "ip"), "path": textAt(p, "aspath", "string"), "origin": strings.ToLower(textAt(p, "origin")),
			"best": cmp.Or(textAt(p, "bestpath", "overall"), "false"),
		})
	}
	for _, key := range []string{"advertisedRoutes", "receivedRoutes"} {
		list, _ := under(tree, key).(map[string]any)
		for prefix, p := range list {
			rows = append(rows, normal(wantedRow{"prefix": prefix, "hop": textAt(p, "nextHop"), "path": textAt(p, "path"), "origin": textAt(p, "bgpOriginCode"), "best": "false"}))
		}
	}
	return rows
}

func junosTree(v any, table string) (rows []wantedRow) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			rows = append(rows, junosTree(e, table)...)
		}
	case map[string]any:
		if name := textAt(v, "table-name", "data"); name != "" {
			table = name
		}
		for _, e := range listAt(v, "rt-entry") {
			if unicast := regexp.MustCompile(`(^|[^.]*\.)inet6?\.0$`).MatchString(table); !unicast || textAt(e, "protocol-name", "data") != "BGP" {
				continue
			}
			words := strings.Fields(strings.TrimPrefix(textAt(e, "as-path", "data"), "AS path:"))
			if len(words) > 0 {
				words = words[:len(words)-1] // the origin
			}
			prefix := textAt(v, "rt-destination", "data")
			if length := textAt(v, "rt-prefix-length", "data"); !strings.Contains(prefix, "/") {
				prefix += "/" + length
			}
			rows = append(rows, wantedRow{
				"prefix": prefix, "lp": textAt(e, "local-preference", "data"), "med": textAt(e, "med", "data") + textAt(e, "metric", "data"),
				"path": strings.Join(words, " "), "best": fmt.Sprint(textAt(e, "active-tag", "data") == "*"),
			})
		}
		for _, key := range []string{"route-information", "route-table", "rt"} {
			rows = append(rows, junosTree(v[key], table)...)
		}
	}
	return rows
}

func openbgpdTree(tree any) (rows []wantedRow) {
	for _, r := range listAt(tree, "rib") {
		rows = append(rows, normal(wantedRow{
			"prefix": textAt(r, "prefix"), "hop": textAt(r, "exit_nexthop"), "path": textAt(r, "aspath"), "med0": textAt(r, "metric"), "lp": textAt(r, "localpref"),
			"origin": strings.ToLower(textAt(r, "origin")),
		}))
	}
	return rows
}

func azureTree(tree any) (rows []wantedRow) {
	body := under(tree, "responses", "200", "body")
	for _, r := range append(listAt(body, "value"), listAt(body, "properties", "output", "value")...) {
		prefixes := []any{under(r, "network")}
		if list := listAt(r, "addressPrefixes"); list != nil {
			prefixes = list
		}
		for _, p := range prefixes {
			rows = append(rows, wantedRow{"prefix": fmt.Sprint(p), "path": strings.ReplaceAll(textAt(r, "path")+textAt(r, "asPath"), "-", " ")})
		}
	}
	return rows
}

// counters are lines that are rows, or that count them, in the texts of families without another reader.
var counters = []struct {
	family, part string
	row, sum     *regexp.Regexp
}{
	{family: "cli-frr", sum: regexp.MustCompile(`Displayed +[0-9]+ routes and ([0-9]+) total paths`)},
	{family: "cli-nxos", part: "Route status codes:", row: regexp.MustCompile(`^ [* s] [># E].{0,8}[0-9a-f.:]+/[0-9]+ `)}, // EOS, among those of NX-OS
	{family: "cli-ios", row: looksLikeRow},
	{family: "cli-nxos", row: looksLikeRow},
	{family: "cli-xr", row: looksLikeRow},
	{family: "cli-bird", row: regexp.MustCompile(`(BGP\.as_path|bgp_path):`)},
	{family: "daemon-bird", row: regexp.MustCompile(`(BGP\.as_path|bgp_path):`)},
	{family: "cli-junos", row: regexp.MustCompile(`<protocol-name>`)},
	{family: "cli-other", sum: regexp.MustCompile(`total routes shown: ([0-9]+)`)},
}

var looksLikeRow = regexp.MustCompile(`^.{0,3}[*>sdhrSx ].*[0-9:]+\s+.*\s[0-9]+ ([0-9{(][0-9 .{}()]* )?[ie?]\s*$`)

// counted counts the rows of a text that nothing else tells of.
func (f corpusFile) counted() judge {
	text := f.text(f.name)
	for _, c := range counters {
		if c.family != f.family || !strings.Contains(text, c.part) {
			continue
		}
		n := 0
		for line := range strings.SplitSeq(text, "\n") {
			if c.row != nil && c.row.MatchString(line) {
				n++
			}
			if c.sum != nil {
				if m := c.sum.FindStringSubmatch(line); m != nil {
					one, _ := strconv.Atoi(m[1])
					n += one
				}
			}
		}
		return countJudge(n)
	}
	return nil
}
