package dump

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bgpaudit/rib"
)

// The captures of IOS, IOS XR and NX-OS with what other readers make of them: the samples of ntc-templates
// and the golden dictionaries of genieparser. The lab captures have no twin: their rows are counted.

// A capture's exception: the fields that are not compared, or all of them where fields is empty, and why.
type exception struct{ fields, why string }

const (
	oneNumber  = "genieparser takes a lone metric for a local preference"
	shortPath  = "genieparser keeps the first AS of a path, and gives a further path the marks or the path of the one before it"
	anonymised = "the capture was edited: its addresses are no addresses"
	otherAF    = "genieparser lists rows of another address family here"
	lostRD     = "genieparser misses marks of rows under a route distinguisher"
)

var exceptions = map[string]exception{
	"cisco_xr_show_bgp.raw":                                         {"", "written by hand: numbers stand in the columns of others"},
	"ios/ShowBgpAll/golden_output3":                                 {"", "edited: IPv6 prefixes under VPNv4, which are bad rows"},
	"ios/ShowBgpAllNeighborsRoutes/golden_output1":                  {"best", lostRD},
	"iosxe/ShowBgpAllNeighborsAdvertisedRoutes/golden_output5":      {"med lp", oneNumber},
	"iosxe/ShowBgpAllNeighborsAdvertisedRoutes/golden_output7":      {"med lp", oneNumber},
	"iosxe/ShowIpBgpNeighborsAdvertisedRoutes/golden_output3":       {"med lp", oneNumber},
	"iosxe/ShowBgpAllNeighborsReceivedRoutes/golden_output2":        {"", "genieparser takes a metric for a next hop; " + otherAF},
	"iosxe/ShowBgpAllNeighborsRoutes/golden_output2":                {"", "genieparser takes a metric for a next hop; " + otherAF},
	"iosxe/ShowBgpNeighborsReceivedRoutes/golden_output2":           {"", "genieparser takes a metric for a next hop; " + otherAF},
	"iosxe/ShowBgpNeighborsAdvertisedRoutes/golden_output6":         {"", anonymised},
	"iosxe/ShowBgpNeighborsReceivedRoutes/golden_output4":           {"", "edited: its columns are squeezed together; every row is skipped and counted"},
	"iosxr/ShowBgpInstanceAllAll/golden_output6":                    {"", "genieparser loses a next hop that stands alone on its line, and the path behind it: 12 of the 13 that the counts say"},
	"iosxr/ShowBgpInstanceNeighborsAdvertisedRoutes/golden_output2": {"", "its labelled unicast is not plain unicast, and is left out here"},
	"iosxr/ShowBgpVrf/golden_output_8":                              {"", "edited: prefixes with a letter that is no digit; those rows are skipped and counted"},
	"nxos/ShowBgpVrfAllAll/golden_output_1":                         {"best", shortPath},
	"nxos/ShowBgpVrfAllNeighborsAdvertisedRoutes/golden_output_3":   {"path", shortPath},
	"nxos/ShowBgpVrfAllNeighborsReceivedRoutes/golden_output1":      {"path best", shortPath},
	"nxos/ShowBgpVrfAllNeighborsRoutes/golden_output_4":             {"path best", shortPath},
	"nxos/ShowBgpVrfAllNeighborsRoutes/golden_output_2":             {"", shortPath + "; " + otherAF},
}

func exceptionOf(name string) (exception, bool) {
	for end, e := range exceptions {
		if strings.HasSuffix(strings.TrimSuffix(name, "_output.txt"), "/"+end) {
			return e, true
		}
	}
	return exception{}, false
}

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
	if p, err := parseCiscoPrefix([]byte(w["prefix"]), true); err == nil {
		w["prefix"] = p.String()
	}
	if a, err := parseBIRDAddr(w["hop"]); err == nil {
		w["hop"] = a.String()
	}
	if p, err := parseBIRDPath(w["path"]); err == nil {
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
			if _, unicast := ciscoFamilies[f]; !unicast && f != "" {
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

var severalNames = regexp.MustCompile(`several VRFs: (.*): name one`)

// readEveryVRF reads a capture, and where it has several VRFs the tables of each.
func readEveryVRF(t *testing.T, path string) (routes []rib.Route, res Result, err error) {
	routes, res, err = readReal(t, path, Source{})
	if err == nil {
		return routes, res, err
	}
	names := severalNames.FindStringSubmatch(err.Error())
	if names == nil {
		return nil, res, err
	}
	routes = nil
	for name := range strings.SplitSeq(names[1], ", ") {
		some, one, err := readReal(t, path, Source{VRF: name})
		if err != nil {
			return nil, one, err
		}
		one.Skipped += res.Skipped
		routes, res = append(routes, some...), one
	}
	return routes, res, nil
}

var countedRow = regexp.MustCompile(`^.{0,3}[*>sdhrSx ].*[0-9:]+\s+.*\s[0-9]+ ([0-9{(][0-9 .{}()]* )?[ie?]\s*$`)

// eosRow is a row of EOS, whose tables stand among those of NX-OS.
var eosRow = regexp.MustCompile(`^ [* s] [># E].{0,8}[0-9a-f.:]+/[0-9]+ `)

func TestCiscoCapturesReadAsOthersReadThem(t *testing.T) {
	dir := corpus(t)
	for _, family := range []string{"cli-ios", "cli-xr", "cli-nxos", "cli-summary-neighbors"} {
		files, tables, refused, wrong, total := 0, 0, 0, 0, 0
		err := filepath.WalkDir(filepath.Join(dir, family), func(path string, d fs.DirEntry, err error) error {
			name := filepath.ToSlash(strings.TrimPrefix(path, dir))
			if err != nil || d.IsDir() || regexp.MustCompile(`\.yml$|expected`).MatchString(name) {
				return err
			}
			if family == "cli-summary-neighbors" && !regexp.MustCompile(`/(ios|iosxe|iosxr|nxos|nxos_ssh|cisco_[a-z]+)/`).MatchString(name) {
				return nil
			}
			files++
			routes, res, err := readEveryVRF(t, path)
			if err != nil {
				refused++
				if family != "cli-summary-neighbors" {
					t.Logf("refused %s: %v", name, err)
				}
				return nil
			}
			if family == "cli-summary-neighbors" {
				t.Errorf("%s is no route table, and was read", name)
				return nil
			}
			tables++
			total += len(routes)
			e, special := exceptionOf(name)
			if special {
				t.Logf("not held to all of its expected result: %s (%s): %s", name, e.fields, e.why)
			}
			if special && e.fields == "" {
				return nil
			}
			if problem := unlike(t, path, strings.Fields(e.fields), routes, res); problem != "" {
				wrong++
				t.Errorf("%s: %s", name, problem)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-22s files %3d  tables read %3d  routes %4d  refused %3d  wrong %d", family, files, tables, total, refused, wrong)
	}
}

// unlike says how a capture reads otherwise than expected.
func unlike(t *testing.T, path string, leftOut []string, routes []rib.Route, res Result) string {
	t.Helper()
	var rows []wantedRow
	var fields []string
	if text, err := os.ReadFile(strings.TrimSuffix(path, ".raw") + ".yml"); err == nil {
		rows, fields = ntcRows(string(text))
	} else if text, err := os.ReadFile(strings.TrimSuffix(path, "output.txt") + "expected.py.txt"); err == nil {
		rows, fields = genieRows(string(text), strings.Contains(path, "cli-xr"))
	} else {
		text, err := os.ReadFile(path)
		if err != nil {
			return err.Error()
		}
		n := 0
		for line := range strings.SplitSeq(string(text), "\n") {
			if strings.Contains(string(text), "Route status codes:") && eosRow.MatchString(line) || countedRow.MatchString(line) {
				n++
			}
		}
		if n != len(routes) || res.Skipped > 0 {
			return fmt.Sprintf("%d lines look like rows, %d routes were read and %d skipped: %v", n, len(routes), res.Skipped, res.Errors)
		}
		return ""
	}
	fields = slices.DeleteFunc(fields, func(f string) bool { return slices.Contains(leftOut, f) })
	want := map[string]int{}
	for _, w := range rows {
		want[joinFields(w, fields)]++
	}
	if strings.Contains(path, "/ShowBgpVrfAllAll/") { // the rows of a VRF stand in the VPN's table once more, and are read once
		rows, routes = distinct(rows, func(w wantedRow) string { return joinFields(w, fields) }), distinct(routes, func(r rib.Route) string { return sameFields(r, fields) })
		want = map[string]int{}
		for _, w := range rows {
			want[joinFields(w, fields)]++
		}
	}
	var out []string
	for _, r := range routes {
		if have := sameFields(r, fields); want[have] > 0 {
			want[have]--
		} else {
			out = append(out, "+"+have)
		}
	}
	for w, n := range want {
		for range n {
			out = append(out, "-"+w)
		}
	}
	if len(out) == 0 && res.Skipped == 0 {
		return ""
	}
	slices.Sort(out)
	return fmt.Sprintf("%d routes, %d expected, %d skipped\n%s\n%v", len(routes), len(rows), res.Skipped, strings.Join(out[:min(len(out), 12)], "\n"), res.Errors)
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
