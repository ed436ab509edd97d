package dump

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"bgpaudit/dump/jsonl"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestAnOpenConfigTreeCutAtAnyByte: every route that comes out of what is left is one of the whole, in its order,
// with the same attributes or fewer. A route whose attributes stand behind the cut does not come out.
func TestAnOpenConfigTreeCutAtAnyByte(t *testing.T) {
	for _, name := range fixtures(t, "openconfig") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, src := fixtureBytes(t, name), fixtureSource(name)
			src.Format = "openconfig"
			full, all, fullErr := readBytes(src, whole)
			most := 0
			for n := 0; n < len(whole); n += cutStep {
				routes, got, err := readBytes(src, whole[:n])
				if err != nil {
					continue
				}
				if fullErr != nil && len(routes) > 0 && !strings.Contains(errorText(fullErr), "several routers") {
					t.Fatalf("cut at %d: routes out of a file that is refused (%v): %v", n, fullErr, routes[0])
				}
				if fullErr == nil {
					holdsNoOther(t, n, routes, full)
				}
				if rest := bytes.TrimSpace(whole[n:]); len(rest) > 0 && got.Complete != rib.CompleteNo && all.Complete != rib.CompleteNo && name != "openconfig/gnmic-two-paths.json" {
					t.Fatalf("cut at %d, and complete is %s", n, got.Complete)
				}
				if got.Complete == rib.CompleteNo && len(got.Errors) == 0 {
					t.Fatalf("cut at %d: partial, and no error says why", n)
				}
				most = max(most, len(routes))
			}
			if cutStep == 1 && fullErr == nil && most < len(full) { // a wider step may pass over the last rows
				t.Errorf("no cut leaves more than %d of %d routes", most, len(full))
			}
		})
	}
}

// holdsNoOther finds each route among those of the whole, by its line.
func holdsNoOther(t *testing.T, n int, routes, full []rib.Route) {
	t.Helper()
	for _, have := range routes {
		i := slices.IndexFunc(full, func(r rib.Route) bool { return r.Line == have.Line })
		if i < 0 {
			t.Fatalf("cut at %d: the whole has no route at line %d: %v", n, have.Line, have)
		}
		want := full[i]
		full = full[i+1:]
		want.Attrs.NotShown |= have.Attrs.NotShown
		reading.Hide(&want.Attrs)
		if a, b := string(jsonl.AppendRoute(nil, have, 0)), string(jsonl.AppendRoute(nil, want, 0)); a != b {
			t.Fatalf("cut at %d: a route is\n%s, in the whole\n%s", n, a, b)
		}
	}
}

func TestATableOfATreeIsChosenOrAskedFor(t *testing.T) {
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.5")
	for _, tt := range []struct {
		name, file string
		src        reading.Source
		routes     int
		says       string // of the refusal
		denies     string // of the contradiction
	}{
		{"the whole table", "tree.json", reading.Source{View: rib.BGPTable}, 5, "", ""},
		{"its winners", "tree.json", reading.Source{View: rib.LocRIB}, 5, "", ""},
		{"at a far end", "tree.json", reading.Source{View: rib.FarEnd}, 5, "", ""},
		{"what a neighbour sent", "tree.json", reading.Source{View: rib.AdjRIBInPre}, 2, "", ""},
		{"one neighbour of several", "tree.json", reading.Source{View: rib.AdjRIBInPost, Neighbor: two}, 1, "", ""},
		{"several neighbours, and none named", "tree.json", reading.Source{View: rib.AdjRIBInPost}, 0, "several neighbors: 192.0.2.1, 192.0.2.5, 2001:db8::1: name one with neighbor:", ""},
		{"a neighbour that is not there", "tree.json", reading.Source{View: rib.AdjRIBInPost, Neighbor: netip.MustParseAddr("192.0.2.7")}, 0, "several neighbors", ""},
		{"what another neighbour gets", "tree.json", reading.Source{View: rib.AdjRIBOutPost, Neighbor: two}, 2, "", "routes of neighbor 192.0.2.1, the config says 192.0.2.5"},
		{"a table that is not there", "tree.json", reading.Source{View: rib.AdjRIBOutPre}, 0, "several tables, and the config says view: adj-rib-out-pre: it has loc-rib, adj-rib-in-post, adj-rib-in-pre, adj-rib-out-post", ""},
		{"no view", "tree.json", reading.Source{}, 0, "the config says no view", ""},
		{"one table needs no view", "gnmic-two-paths.json", reading.Source{}, 4, "", ""},
		{"advertised, declared as received", "gnmic-entries.json", reading.Source{View: rib.AdjRIBInPost, Neighbor: one}, 2, "", "holds adj-rib-out-post, the config says adj-rib-in-post"},
		{"received, declared as advertised", "pygnmi.json", reading.Source{View: rib.AdjRIBOutPost, Neighbor: two}, 1, "", "holds adj-rib-in-post, the config says adj-rib-out-post"},
		{"after policy, declared as before it", "pygnmi.json", reading.Source{View: rib.AdjRIBInPre, Neighbor: two}, 1, "", "holds adj-rib-in-post"},
		{"one neighbour's, declared as the whole table", "pygnmi.json", reading.Source{View: rib.BGPTable}, 1, "", "holds adj-rib-in-post, the config says bgp-table"},
		{"a VRF", "vrfs.json", reading.Source{View: rib.BGPTable, VRF: "default"}, 4, "", ""},
		{"several VRFs, and none named", "vrfs.json", reading.Source{View: rib.BGPTable}, 0, "several VRFs: default, RED", ""},
		{"a VRF that is not there", "vrfs.json", reading.Source{View: rib.BGPTable, VRF: "BLUE"}, 0, `no table of VRF "BLUE"; it has: default, RED`, ""},
		{"paths that begin with our own ASN", "gnmic-entries.json", reading.Source{View: rib.AdjRIBOutPost, Neighbor: one, ASNs: []uint32{65536}}, 2, "", ""},
		{"advertised paths that do not", "gnmic-entries.json", reading.Source{View: rib.AdjRIBOutPost, Neighbor: one, ASNs: []uint32{65537}}, 2, "", "none of its AS paths begins with our own ASN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, fixtureBytes(t, "openconfig/"+tt.file))
			if (err != nil) != (tt.says != "") || !strings.Contains(errorText(err), tt.says) {
				t.Fatalf("refused: %v, want %q", err, tt.says)
			}
			if len(routes) != tt.routes || (got.Contradiction != "") != (tt.denies != "") || !strings.Contains(got.Contradiction, tt.denies) {
				t.Errorf("%d routes, contradiction %q, errors %q", len(routes), got.Contradiction, got.Errors)
			}
		})
	}
}

func TestWhatStandsInAnOpenConfigAnswer(t *testing.T) {
	tree := string(fixtureBytes(t, "openconfig/sets-first.json"))
	get := string(fixtureBytes(t, "openconfig/gnmic-two-paths.json"))
	docs := func(table, routes string) string {
		return `{"openconfig-network-instance:attr-sets":{"attr-set":[{"index":"1","state":{"index":"1","next-hop":"192.0.2.1","origin":"IGP"},"as-path":{"as-segment":[{"index":"0","state":{"type":"AS_SEQ","member":[65540]}}]}}]}}
{"openconfig-network-instance:` + table + `":{` + routes + `}}`
	}
	const from = `"route":[{"prefix":"203.0.113.0/24","origin":"192.0.2.1","path-id":0,"state":{"attr-index":"1"}}]`
	const bare = `"route":[{"prefix":"203.0.113.0/24","path-id":0,"state":{"attr-index":"1"}}]`
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string // of an error, the refusal or the contradiction
	}{
		{"whole", tree, reading.Source{View: rib.AdjRIBInPre}, 2, "yes", ""},
		{"a table may lack what lost", tree, reading.Source{View: rib.BGPTable}, 4, "unproven", ""},
		{"a count that fits proves it", tree, reading.Source{View: rib.BGPTable, ExpectRoutes: 4}, 4, "yes", ""},
		{"a count that does not", tree, reading.Source{View: rib.AdjRIBInPre, ExpectRoutes: 3}, 2, "no", "the config says routes: 3"},
		{"a declared family that is not there", tree, reading.Source{View: rib.AdjRIBInPre, Families: []rib.Family{rib.IPv4, rib.IPv6}}, 2, "no", "no table of ipv6 routes"},
		{"deletions", strings.Replace(get, `"updates"`, `"deletes":["network-instances"],"updates"`, 1), reading.Source{View: rib.BGPTable}, 4, "no", "holds deletions"},
		{"no deletions", strings.Replace(get, `"updates"`, `"deletes":[],"updates"`, 1), reading.Source{View: rib.BGPTable}, 4, "unproven", ""},
		{"the same answer twice", get + get, reading.Source{View: rib.BGPTable}, 4, "no", "it stands twice"},
		{"a value in front of its path", strings.Replace(get, `"Path"`, `"values":{"x":{}},"Path"`, 1), reading.Source{View: rib.BGPTable}, 0, "", "values in front of their paths"},
		{"a table that is a string", strings.Replace(get, `"values": {`, `"values": {"x": "{}", `, 1), reading.Source{View: rib.BGPTable}, 4, "no", "where a part of the tree should"},
		{"a tree of its own, as before version 0.5.0", strings.Replace(tree, `openconfig-network-instance:rib`, `openconfig-rib-bgp:bgp-rib`, 1), reading.Source{View: rib.AdjRIBInPre}, 2, "yes", ""},
		{"protojson", `{"update":{"timestamp":1,"update":[{"path":{"elem":[{"name":"network-instances"}]}}]}}`, reading.Source{Format: "openconfig"}, 0, "", "protojson"},
		{"a damage among the sets", strings.Replace(tree, "\"attr-set\": [", `"attr-set": [{} {},`, 1), reading.Source{View: rib.AdjRIBInPre}, 0, "", "not a route table"},
		{"two sets of one index that differ", strings.Replace(tree, "\"attr-set\": [", `"attr-set": [{"index":"2","state":{"origin":"EGP"}},`, 1), reading.Source{View: rib.AdjRIBInPre}, 1, "no", "attribute set 2 stands twice, and differs"},
		{"two sets of one index that are the same", strings.Replace(tree, "\"community\": [\n", `"community": [{"index":"2","state":{"community":["65541:7"]}},`, 1), reading.Source{View: rib.AdjRIBInPre}, 2, "yes", ""},
		{"a damage behind the tables", get[:len(get)-60] + "] ] }", reading.Source{View: rib.BGPTable}, 2, "no", "reading stops here"},
		{"a table alone, of the Loc-RIB", docs("routes", from), reading.Source{View: rib.BGPTable}, 1, "unproven", ""},
		{"a table alone, of a neighbour", docs("routes", bare), reading.Source{View: rib.AdjRIBInPost}, 1, "yes", ""},
		{"of the Loc-RIB, declared as a neighbour's", docs("routes", from), reading.Source{View: rib.AdjRIBInPost}, 1, "yes", "name where they are from"},
		{"of a neighbour, declared as the whole", docs("routes", bare), reading.Source{View: rib.BGPTable}, 1, "unproven", "do not name where they are from"},
		{"a neighbour that is an interface", docs("neighbor", `"neighbor-address":"Ethernet72","adj-rib-in-post":{"routes":{`+bare+`}}`), reading.Source{View: rib.AdjRIBInPost}, 1, "yes", ""},
		{"an interface, and the config names an address", docs("neighbor", `"neighbor-address":"Ethernet72","adj-rib-in-post":{"routes":{`+bare+`}}`), reading.Source{View: rib.AdjRIBInPost, Neighbor: documentationPeer}, 1, "no", `whether that is the config's 192.0.2.1 cannot be seen`},
		{"an empty table of a declared family", docs("neighbor", `"neighbor-address":"192.0.2.1","adj-rib-in-post":{"routes":{}}`), reading.Source{View: rib.AdjRIBInPost, Families: []rib.Family{rib.IPv6}}, 0, "no", "holds no ipv6 routes"},
		{"an empty table among those of other families", docs("ipv4-unicast", `"loc-rib":{"routes":{`+from+`}}`) + docs("ipv6-unicast", `"loc-rib":{"routes":{}}`), reading.Source{View: rib.LocRIB, Families: []rib.Family{rib.IPv4, rib.IPv6}}, 1, "no", "holds no ipv6 routes"},
		{"an empty table is not FRR's", `{"openconfig-rib-bgp:rib":{"afi-safis":{"afi-safi":[{"ipv4-unicast":{"loc-rib":{"routes":{}}}}]}}}`, reading.Source{View: rib.LocRIB}, 0, "no", "nothing in the dump states its zero"},
		{"SR OS's sets alone", `{"nokia-state:attr-sets":{"attr-set":[{"index":"1"}]}}`, reading.Source{View: rib.LocRIB}, 0, "no", "nothing in the dump states its zero"},
		{"segments under another name", strings.Replace(docs("routes", bare), "as-segment", "segments", 1), reading.Source{View: rib.AdjRIBInPost}, 0, "no", `its attributes: unknown member "segments" in an AS path`},
		{"members under another name", strings.Replace(docs("routes", bare), "member", "members", 1), reading.Source{View: rib.AdjRIBInPost}, 0, "no", `its attributes: unknown member "members" in an AS path`},
		{"a segment without members", strings.Replace(docs("routes", bare), "[65540]", "[]", 1), reading.Source{View: rib.AdjRIBInPost}, 0, "no", "an AS path segment without its members"},
		{"an only member, as a converter of XML writes it", strings.Replace(docs("routes", bare), "[65540]", `"65540"`, 1), reading.Source{View: rib.AdjRIBInPost}, 1, "yes", ""},
		{"a neighbour without a name", docs("neighbor", `"adj-rib-in-post":{"routes":{`+bare+`}}`), reading.Source{View: rib.AdjRIBInPost}, 0, "no", "whose table it stands in is not in the dump"},
		{"as a converter of XML writes it", docs("loc-rib", `"routes":{"route":{"prefix":"203.0.113.0/24","origin":"192.0.2.1","path-id":"0","state":{"attr-index":"1","valid-route":"true"}}}`), reading.Source{View: rib.BGPTable}, 1, "unproven", ""},
		{"SR Linux's state", `{"network-instance":[{"name":"default","bgp-rib":{"attr-sets":{"attr-set":[{"index":1,"origin":"igp"}]},"afi-safi":[{"afi-safi-name":"ipv4-unicast","ipv4-unicast":{"local-rib":{"route":[]}}}]}}]}`, reading.Source{}, 0, "", "the state of a Nokia router in JSON, without the tables"},
		{"SR OS's state", `{"nokia-state:ipv4-unicast":{"local-rib":{"routes":[]}}}`, reading.Source{}, 0, "", "docs/formats/nokia-json.md"},
		{"gnmic's flat form", "network-instances/network-instance[name=default]/protocols/protocol[identifier=BGP][name=BGP]/bgp/rib/attr-sets/attr-set[index=1]/index: 1\n", reading.Source{}, 0, "", "gnmic's flat format"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name = "x"
			if tt.src.ExpectRoutes == 0 {
				tt.src.ExpectRoutes = -1
			}
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			said := errorText(err) + strings.Join(got.Errors, "\n") + got.Contradiction
			if (err != nil) != (tt.complete == "") || len(routes) != tt.rows || err == nil && got.Complete != tt.complete || !strings.Contains(said, tt.says) || tt.says == "" && said != "" {
				t.Errorf("%d routes, complete %q, said %q", len(routes), got.Complete, said)
			}
		})
	}
}

// TestAGenericDecoderFindsTheSameRoutes joins routes and sets with encoding/json and no reader of ours.
func TestAGenericDecoderFindsTheSameRoutes(t *testing.T) {
	type element = map[string]any
	var at func(v any, path ...string) any
	at = func(v any, path ...string) any {
		for _, name := range path {
			m, _ := v.(element)
			v = nil
			for key, value := range m {
				if key[strings.LastIndexByte(key, ':')+1:] == name {
					v = value
				}
			}
		}
		return v
	}
	list := func(v any) []any { l, _ := v.([]any); return l }
	var tree any
	if err := json.Unmarshal(fixtureBytes(t, "openconfig/tree.json"), &tree); err != nil {
		t.Fatal(err)
	}
	bgp := at(list(at(list(at(tree, "network-instances", "network-instance"))[0], "protocols", "protocol"))[0], "bgp", "rib")
	paths := map[any]string{}
	for _, set := range list(at(bgp, "attr-sets", "attr-set")) {
		var path []string
		for _, s := range list(at(set, "as-path", "as-segment")) {
			text := strings.Trim(fmt.Sprint(at(s, "state", "member")), "[]")
			if at(s, "state", "type") == "AS_SET" {
				text = "{" + text + "}"
			}
			path = append(path, text)
		}
		paths[at(set, "index")] = fmt.Sprint(at(set, "state", "next-hop"), " ", strings.Join(path, " "))
	}
	var want []string
	for _, afi := range list(at(bgp, "afi-safis", "afi-safi")) {
		for _, family := range []string{"ipv4-unicast", "ipv6-unicast"} {
			for _, r := range list(at(afi, family, "loc-rib", "routes", "route")) {
				want = append(want, fmt.Sprint(at(r, "prefix"), " ", at(r, "state", "valid-route"), " ", paths[at(r, "state", "attr-index")]))
			}
		}
	}
	routes, _, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, fixtureBytes(t, "openconfig/tree.json"))
	if err != nil || len(want) != 5 {
		t.Fatal(err, want)
	}
	for i, r := range routes {
		if have := fmt.Sprint(r.Prefix, " ", !r.Marks.Has(rib.Invalid), " ", r.Attrs.NextHop, " ", r.Attrs.ASPath); have != want[i] {
			t.Errorf("route %d is %q, want %q", i, have, want[i])
		}
	}
}

// TestMoreSetsThanAFileMayHold: the bound is of the file, however many routers' tables it spreads them over.
func TestMoreSetsThanAFileMayHold(t *testing.T) {
	sets := func(from, to int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, `{"index":%d},`, i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	const half = 1 << 19
	instance := func(name, list string) string {
		return `{"name":"` + name + `","protocols":{"protocol":[{"name":"BGP","bgp":{"rib":{"attr-sets":{"attr-set":[` + list + `]},"afi-safis":{"afi-safi":[{"ipv4-unicast":{"loc-rib":{"routes":{"route":[]}}}}]}}}}]}}`
	}
	for format, text := range map[string]string{
		"nokia-json": `{"nokia-state:ipv4-unicast":{"local-rib":{"routes":[]}},"nokia-state:attr-sets":{"attr-set":[` + sets(0, 2*half+1) + `]}}`,
		"openconfig": `{"network-instances":{"network-instance":[` + instance("a", sets(0, half+1)) + "," + instance("b", sets(0, half)) + `]}}`,
	} {
		_, got, err := readBytes(reading.Source{Name: "x", Format: format, View: rib.LocRIB, VRF: "a", ExpectEmpty: true, ExpectRoutes: -1}, []byte(text))
		if err != nil || got.Complete != rib.CompleteNo || !strings.Contains(strings.Join(got.Errors, "\n"), "more than 1048576 sets of attributes") {
			t.Errorf("%s: complete %s, %v, %v", format, got.Complete, got.Errors, err)
		}
	}
}

// TestAPipeThatMustBeReadTwiceIsRefusedAtOnce: nothing of it is read but its head.
func TestAPipeThatMustBeReadTwiceIsRefusedAtOnce(t *testing.T) {
	for format, head := range map[string]string{"nokia-json": `{"nokia-state:attr-sets":{"attr-set":[`, "openconfig": `{"attr-sets":{"attr-set":[`} {
		text := strings.NewReader(head + strings.Repeat(" ", 8<<20))
		in := &reading.Input{Once: true, Reopen: func() (io.ReadCloser, error) { return io.NopCloser(text), nil }}
		if err := in.Start(); err != nil {
			t.Fatal(err)
		}
		c := reading.NewCollector(context.Background(), reading.Source{Name: "x", Format: format, View: rib.LocRIB, ExpectRoutes: -1}, func(rib.Route) error { return nil })
		if _, err := read(c, in); !strings.Contains(errorText(err), "is a pipe") || text.Len() < 7<<20 {
			t.Errorf("%s: %v, %d bytes are left", format, err, text.Len())
		}
		in.Close()
	}
}

// TestABigOpenConfigTreeIsReadInLittleMemory: what is kept is the sets, and no route.
func TestABigOpenConfigTreeIsReadInLittleMemory(t *testing.T) {
	const routes, sets = 100_000, 1_000
	text := func() (io.ReadCloser, error) {
		pr, pw := io.Pipe()
		go func() { pw.CloseWithError(writeOpenConfigTree(pw, routes, sets)) }()
		return pr, nil
	}
	n := 0
	c := reading.NewCollector(context.Background(), reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, func(rib.Route) error { n++; return nil })
	in := &reading.Input{Reopen: text}
	if err := in.Start(); err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	if _, err := read(c, in); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n != routes {
		t.Errorf("%d routes", n)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d bytes are kept", grown)
	}
	t.Logf("%d routes in %v", n, time.Since(start))
}

func writeOpenConfigTree(w io.Writer, routes, sets int) error {
	var err error
	say := func(format string, args ...any) {
		_, e := fmt.Fprintf(w, format, args...)
		err = errors.Join(err, e)
	}
	say(`{"openconfig-network-instance:rib":{"afi-safis":{"afi-safi":[{"ipv4-unicast":{"loc-rib":{"routes":{"route":[`)
	for i := range routes {
		if i > 0 {
			say(",")
		}
		p := fmt.Sprintf("10.%d.%d.%d/32", i>>16&255, i>>8&255, i&255)
		say(`{"prefix":%q,"origin":"192.0.2.1","path-id":0,"state":{"prefix":%q,"origin":"192.0.2.1","path-id":0,"attr-index":"%d","valid-route":true}}`, p, p, i%sets)
	}
	say(`]}}}}]},"attr-sets":{"attr-set":[`)
	for i := range sets {
		if i > 0 {
			say(",")
		}
		say(`{"index":"%d","state":{"index":"%d","next-hop":"192.0.2.1","origin":"IGP"},"as-path":{"as-segment":[{"index":"0","state":{"type":"AS_SEQ","member":[65540,%d]}}]}}`, i, i, 70_000+i)
	}
	say(`]}}}`)
	return err
}
