package dump

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bgpaudit/dump/jsonl"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// sameValues compares routes and headers by value; nil and empty lists are one.
var sameValues = cmp.Options{
	cmpopts.IgnoreUnexported(rib.Attrs{}), // the marks that a table keeps beside them
	cmpopts.EquateEmpty(),
	cmpopts.IgnoreUnexported(rib.Attrs{}), // the table's own
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

// anyRoute makes a route of everything a record can hold.
func anyRoute(rnd *rand.Rand, n int) rib.Route {
	some := func() rib.Optional {
		if rnd.IntN(3) == 0 {
			return rib.Optional{}
		}
		return rib.Some(rnd.Uint32())
	}
	r := rib.Route{
		Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)}), 32),
		PathID: rnd.Uint32N(3), Line: rnd.IntN(1000),
		Marks: rib.Marks(rnd.IntN(1<<10)) &^ rib.Malformed,
	}
	if rnd.IntN(2) == 0 {
		r.Prefix = netip.MustParsePrefix(fmt.Sprintf("2001:db8:%x::/48", n))
	}
	if rnd.IntN(2) == 0 {
		r.Neighbor = netip.AddrFrom4([4]byte{192, 0, 2, byte(rnd.IntN(256))})
	}
	a := &r.Attrs
	a.NotShown = rib.AttrSet(rnd.IntN(1 << 10))
	if rnd.IntN(2) == 0 {
		a.NextHop = netip.MustParseAddr("2001:db8::1")
	}
	a.NeighborASN = rnd.Uint32N(2) * 65540
	a.Origin = rib.Origin(rnd.IntN(4))
	a.LocalPref, a.MED = some(), some()
	if rnd.IntN(2) == 0 {
		a.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: []uint32{65536, 4294967295}}, {Type: rib.ASSet, ASNs: []uint32{1, 2}}, {Type: rib.ASConfedSequence, ASNs: []uint32{65550}}}
		a.Communities = []rib.Community{rib.Community(rnd.Uint32()), 0}
		a.LargeCommunities = []rib.LargeCommunity{{65536, 0, rnd.Uint32()}}
	}
	return hideValues(r)
}

// hideValues clears what the route is said not to show, as every reader leaves it.
func hideValues(r rib.Route) rib.Route {
	a := &r.Attrs
	for _, h := range []struct {
		set   rib.AttrSet
		clear func()
	}{
		{rib.AttrNeighbor, func() { r.Neighbor = netip.Addr{} }},
		{rib.AttrNeighborASN, func() { a.NeighborASN = 0 }},
		{rib.AttrNextHop, func() { a.NextHop = netip.Addr{} }},
		{rib.AttrASPath, func() { a.ASPath = nil }},
		{rib.AttrOrigin, func() { a.Origin = 0 }},
		{rib.AttrLocalPref, func() { a.LocalPref = rib.Optional{} }},
		{rib.AttrMED, func() { a.MED = rib.Optional{} }},
		{rib.AttrCommunities, func() { a.Communities = nil }},
		{rib.AttrLargeCommunities, func() { a.LargeCommunities = nil }},
		{rib.AttrBest, func() { r.Marks &^= rib.Best | rib.Multipath }},
	} {
		if a.NotShown.Has(h.set) {
			h.clear()
		}
	}
	return r
}

func TestRecordsComeBackAsTheyWereWritten(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var want []rib.Route
	header := reading.Header{
		Format: "frr-json", Source: "dumps/edge \"1\".json", Time: time.Date(2026, 11, 20, 9, 14, 0, 5000, time.UTC), Router: "192.0.2.3",
		Neighbor: netip.MustParseAddr("192.0.2.1"), Families: []rib.Family{rib.IPv4, rib.IPv6}, NotShown: rib.AttrCommunities,
		ASPathForm: rib.BeforeOwnASN, DefaultLocalPref: rib.Some(0), LocalASN: 4200000000, Zoneless: true, MarksNotShown: rib.Stale | rib.RPKIInvalid,
	}
	var b bytes.Buffer
	w := jsonl.NewWriter(&b, header)
	for n := range 2000 {
		r := anyRoute(rnd, n)
		r.Attrs.NotShown |= header.NotShown
		r = hideValues(r)
		want = append(want, r)
		if err := w.WriteRoute(r); err != nil {
			t.Fatal(err)
		}
	}
	trailer := jsonl.Trailer{Routes: 2000, Skipped: 0, Others: 3, Complete: rib.CompleteUnproven, Errors: []string{"edge1.json:7: odd"}}
	if err := w.Close(trailer); err != nil {
		t.Fatal(err)
	}
	have, got, err := readBytes(reading.Source{Name: "x.jsonl", ExpectRoutes: -1}, b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, have, sameValues); diff != "" {
		t.Errorf("routes (-written +read):\n%s", diff)
	}
	if diff := cmp.Diff(header, got.Header, sameValues); diff != "" {
		t.Errorf("header (-written +read):\n%s", diff)
	}
	if diff := cmp.Diff(trailer, jsonl.TrailerOf(got.Result), sameValues); diff != "" {
		t.Errorf("trailer (-written +read):\n%s", diff)
	}
}

func TestEveryReadFixtureIsTheSameThroughRecords(t *testing.T) {
	for _, name := range fixtures(t, "*") {
		routes, got, err := readBytes(fixtureSource(name), fixtureBytes(t, name))
		if err != nil {
			continue
		}
		text := records(t, routes, got, nil)
		if i := bytes.Index(text, []byte("contradiction: ")); i >= 0 {
			text = text[:i]
		}
		src := reading.Source{Name: "x.jsonl", ExpectRoutes: -1, TolerateSkipped: 100, ExpectEmpty: true}
		again, gotAgain, err := readBytes(src, text)
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(routes, again, sameValues); diff != "" {
			t.Errorf("%s: routes differ through records:\n%s", name, diff)
		}
		if diff := cmp.Diff(got.Header, gotAgain.Header, sameValues); diff != "" {
			t.Errorf("%s: header differs through records:\n%s", name, diff)
		}
		if (got.Complete == rib.CompleteYes) != (gotAgain.Complete == rib.CompleteYes) {
			t.Errorf("%s: complete is %s, through records %s", name, got.Complete, gotAgain.Complete)
		}
	}
}

const (
	goodHeader  = `{"header":{"version":1,"format":"frr-json","source":"a","time":null,"router":null,"neighbor":null,"families":[],"not_shown":[],"as_path_form":"as-sent"}}` + "\n"
	goodRoute   = `{"prefix":"203.0.113.0/24","as_path":"65540"}` + "\n"
	goodTrailer = `{"trailer":{"routes":1,"skipped":0,"complete":"yes","errors":[]}}` + "\n"
)

func TestRecordsAreHeldToTheirFrame(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		routes     int
		complete   rib.Completeness
		says       string
	}{
		{"a whole file", goodHeader + goodRoute + goodTrailer, 1, "yes", ""},
		{"blank lines between and no line end", goodHeader + "\n\n\r\n" + goodRoute + "\n" + strings.TrimSpace(goodTrailer), 1, "yes", ""},
		{"no trailer", goodHeader + goodRoute, 1, "no", "x:2: the records are cut off: there is no trailer line"},
		{"a trailer that counts more", goodHeader + goodRoute + strings.Replace(goodTrailer, "1", "2", 1), 1, "no", "x:3: the trailer says 2 routes, but 1 are there"},
		{"a partial original", goodHeader + goodRoute + strings.Replace(goodTrailer, "yes", "no", 1), 1, "no", "was partial"},
		{"an unproven original", goodHeader + goodRoute + strings.Replace(goodTrailer, "yes", "unproven", 1), 1, "unproven", ""},
		{"a trailer of another kind", goodHeader + goodRoute + `{"trailer":{"routes":1,"complete":"maybe"}}`, 1, "no", "bad trailer line"},
		{"a route after the trailer", goodHeader + goodRoute + goodTrailer + goodRoute, 1, "no", "x:4: a record after the trailer"},
		{"two files in one", goodHeader + goodRoute + goodHeader + goodTrailer, 1, "no", "x:3: a second header"},
		{"an empty table that its trailer calls complete", goodHeader + `{"trailer":{"routes":0,"skipped":0,"complete":"yes","errors":[]}}`, 0, "yes", ""},
		{"the same row twice", goodHeader + goodRoute + goodRoute + strings.Replace(goodTrailer, "1", "2", 1), 1, "yes", ""},
		{"a row over 1 MiB", goodHeader + `{"prefix":"` + strings.Repeat("1", reading.MaxRow) + `"}` + "\n" + goodRoute + goodTrailer, 1, "no", "x:2: the record is longer than 1048576 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if len(routes) != tt.routes || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) {
				t.Errorf("%d routes, complete %s, errors %q", len(routes), got.Complete, got.Errors)
			}
			if tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("errors %q", got.Errors)
			}
		})
	}
}

func TestAFileWithoutAGoodHeaderIsRefused(t *testing.T) {
	for _, text := range []string{
		strings.Replace(goodHeader, `"version":1`, `"version":2`, 1) + goodRoute,
		strings.Replace(goodHeader, `"version":1`, `"colour":1`, 1) + goodRoute,
		strings.Replace(goodHeader, `[],"as_path`, `["colour"],"as_path`, 1) + goodRoute,
		strings.Replace(goodHeader, `as-sent`, `as-dreamt`, 1) + goodRoute,
		strings.Replace(goodHeader, `null`, `"yesterday"`, 1) + goodRoute,
		strings.TrimSpace(goodHeader)[:40],
		goodRoute,
	} {
		routes, got, err := readBytes(reading.Source{Name: "x", Format: "jsonl", ExpectRoutes: -1}, []byte(text))
		if err == nil || len(routes) > 0 || got.Complete != rib.CompleteNo {
			t.Errorf("%q: %d routes, complete %s", text, len(routes), got.Complete)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestTheWriterKeepsItsFirstError(t *testing.T) {
	w := jsonl.NewWriter(brokenPipe{}, reading.Header{})
	for range 1000 {
		if w.WriteRoute(rib.Route{Prefix: netip.MustParsePrefix("203.0.113.0/24")}) != nil {
			break
		}
	}
	if err := w.Close(jsonl.Trailer{Routes: 1}); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("close says %v", err)
	}
	var b bytes.Buffer
	w = jsonl.NewWriter(&b, reading.Header{})
	if err := w.Close(jsonl.Trailer{Routes: 3}); err == nil || strings.Contains(b.String(), "trailer") {
		t.Errorf("a wrong count was written: %v %s", err, b.String())
	}
}
