package policy_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

// big is a site that grows with n.
type big struct {
	name   string
	intent func(n int) *policy.Intent
	rows   func(n int) map[string][]netip.Prefix // by link: what is advertised there
}

func nth(base string, bits, i int) netip.Prefix {
	a := netip.MustParseAddr(base).As16()
	step := uint64(1) << (32 - bits)
	v := uint64(a[12])<<24 | uint64(a[13])<<16 | uint64(a[14])<<8 | uint64(a[15])
	v += uint64(i) * step
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), bits)
}

// nth6 is the i-th /48 of a /32.
func nth6(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{0x2a, 0x01, 0, 0, byte(i >> 8), byte(i)}), 48).Masked()
}

func run(base string, bits, n, step int) []netip.Prefix {
	out := make([]netip.Prefix, n)
	for i := range out {
		out[i] = nth(base, bits, i*step)
	}
	return out
}

func links() []rib.Link {
	return []rib.Link{
		{Name: "isp-a", Kind: rib.Internet, Router: "edge1", Firewall: "fw-a", NeighborASNs: []uint32{65540}},
		{Name: "isp-b", Kind: rib.Internet, Router: "edge2", Firewall: "fw-b", NeighborASNs: []uint32{65541}},
		{Name: "er-p", Kind: rib.ExpressRouteMicrosoft, Router: "edge1", Firewall: "fw-er", Circuit: "c1", Side: "primary", NeighborASNs: []uint32{12076}},
		{Name: "er-s", Kind: rib.ExpressRouteMicrosoft, Router: "edge2", Firewall: "fw-er", Circuit: "c1", Side: "secondary", NeighborASNs: []uint32{12076}},
	}
}

func declaring(ps ...policy.Prefix) func(int) *policy.Intent {
	return func(int) *policy.Intent {
		return &policy.Intent{Site: policy.Site{ASNs: []uint32{65536}}, Links: links(), Prefixes: ps, Pos: "bgpaudit.yaml:1"}
	}
}

var bigs = []big{
	{
		"rows that nobody declared", declaring(policy.Prefix{Name: "public", Prefixes: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, Links: []string{"isp-a"}}),
		func(n int) map[string][]netip.Prefix {
			return map[string][]netip.Prefix{"isp-b": run("11.0.0.0", 24, n, 1)}
		},
	},
	{
		"IPv6 rows that nobody declared", declaring(policy.Prefix{Name: "public", Prefixes: []netip.Prefix{netip.MustParsePrefix("2001:db8:7::/48")}, Links: []string{"isp-a"}}),
		func(n int) map[string][]netip.Prefix {
			var out []netip.Prefix
			for i := range n {
				out = append(out, nth6(i))
			}
			return map[string][]netip.Prefix{"isp-b": out}
		},
	},
	{
		"rows on both sides of a circuit where they do not belong", declaring(policy.Prefix{Name: "public", Prefixes: []netip.Prefix{netip.MustParsePrefix("11.0.0.0/8")}, Links: []string{"isp-a"}, NeverLinks: []string{"er-p", "er-s"}}),
		func(n int) map[string][]netip.Prefix {
			return map[string][]netip.Prefix{"er-p": run("11.0.0.0", 24, n, 1), "er-s": run("11.0.0.0", 24, n, 1)}
		},
	},
	{"pools, services and prefixes of one address each", func(n int) *policy.Intent {
		in := declaring()(n)
		in.Remotes = []policy.Remote{{Name: "msft", Observer: rib.ObserverMicrosoft, Prefixes: []netip.Prefix{netip.MustParsePrefix("40.92.0.0/15")}}}
		kinds := []policy.ServiceKind{policy.KindOther, policy.KindADFS, policy.KindSMTP}
		for i := range n {
			name := fmt.Sprintf("%06d", i)
			pool, addr, prefix := nth("11.0.0.0", 32, i), nth("12.0.0.0", 32, i), nth("13.0.0.0", 32, i)
			in.Pools = append(in.Pools, policy.Pool{Name: "pool-" + name, Prefixes: []netip.Prefix{pool}, Links: []string{"isp-a"}})
			in.Prefixes = append(in.Prefixes, policy.Prefix{Name: "prefix-" + name, Prefixes: []netip.Prefix{prefix}, Links: []string{"isp-a"}})
			s := policy.Service{Name: "in-" + name, Kind: kinds[i%3], Addresses: []netip.Prefix{addr}, Remote: "msft", Initiator: policy.RemoteStarts, Links: []string{"isp-a"}}
			if i%2 == 0 {
				s = policy.Service{Name: "out-" + name, Kind: policy.KindOther, Addresses: []netip.Prefix{addr}, Pools: []string{"pool-" + name}, Remote: "msft", Initiator: policy.WeStart, Links: []string{"isp-a"}}
			}
			in.Services = append(in.Services, s)
		}
		return in
	}, func(n int) map[string][]netip.Prefix {
		return map[string][]netip.Prefix{"isp-a": {netip.MustParsePrefix("11.0.0.0/8")}, "isp-b": run("12.0.0.0", 32, n/2, 1), "er-p": run("13.0.0.0", 32, n/2, 1), "in:isp-b": {netip.MustParsePrefix("40.92.0.0/16")}, "in:isp-a": {netip.MustParsePrefix("0.0.0.0/0")}}
	}},
	{"services that share one address and one pool", func(n int) *policy.Intent {
		in := declaring()(n)
		in.Pools = []policy.Pool{{Name: "nat", Prefixes: []netip.Prefix{netip.MustParsePrefix("11.0.0.0/24")}, Links: []string{"isp-a"}}}
		for i := range n {
			remote := fmt.Sprintf("r%06d", i)
			in.Remotes = append(in.Remotes, policy.Remote{Name: remote, Observer: rib.ObserverMicrosoft, Prefixes: []netip.Prefix{nth("40.0.0.0", 32, i)}})
			in.Services = append(in.Services, policy.Service{Name: "s" + remote, Kind: policy.KindOther, Addresses: []netip.Prefix{netip.MustParsePrefix("12.0.0.1/32")}, Pools: []string{"nat"}, Remote: remote, Initiator: policy.WeStart, Links: []string{"isp-a"}})
		}
		return in
	}, func(int) map[string][]netip.Prefix {
		return map[string][]netip.Prefix{"isp-b": {netip.MustParsePrefix("11.0.0.0/24"), netip.MustParsePrefix("12.0.0.0/24")}, "in:isp-a": {netip.MustParsePrefix("0.0.0.0/0")}}
	}},
	{"waivers of a prefix each", func(n int) *policy.Intent {
		in := declaring(policy.Prefix{Name: "public", Prefixes: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, Links: []string{"isp-a"}})(n)
		for i := range n {
			in.Waivers = append(in.Waivers, policy.Waiver{Check: "prefix/unexpected", Prefix: nth("11.0.0.0", 24, 2*i), Reason: "known", Owner: "net", Until: now.Add(time.Hour), Pos: fmt.Sprint("bgpaudit.yaml:", i+10)})
		}
		return in
	}, func(n int) map[string][]netip.Prefix {
		return map[string][]netip.Prefix{"isp-b": run("11.0.0.0", 24, n, 1)}
	}},
}

// prepare gives an audit of the site of size n, ready to be run.
func (b *big) prepare(tb testing.TB, n int) func() *policy.Result {
	tb.Helper()
	in := b.intent(n)
	rows := b.rows(n)
	var feeds []*rib.Feed
	for i := range in.Links {
		for _, view := range []rib.View{rib.AdjRIBOutPost, rib.AdjRIBInPost} {
			f := &rib.Feed{Name: in.Links[i].Name + "-" + string(view), Link: in.Links[i].Name, View: view, Router: in.Links[i].Router}
			f.State = rib.FeedState{Format: "jsonl", Families: []rib.Family{rib.IPv4, rib.IPv6}, Complete: rib.CompleteYes, ASPathForm: rib.AsSent, AsOf: now, AsOfSource: rib.AgeFromDump, MaxAge: time.Hour}
			feeds = append(feeds, f)
		}
	}
	table := rib.NewTable(in.Site.ASNs, in.Links, feeds)
	for i, f := range feeds {
		key, path := f.Link, []uint32{65536}
		if f.View == rib.AdjRIBInPost {
			key, path = "in:"+f.Link, []uint32{65540}
		}
		for line, p := range rows[key] {
			r := rib.Route{Prefix: p, Line: line + 1}
			r.Attrs.ASPath = rib.ASPath{{Type: rib.ASSequence, ASNs: path}}
			if _, err := table.Advertise(rib.FeedID(i), &r); err != nil {
				tb.Fatal(err)
			}
		}
		f.State.Routes = len(rows[key])
	}
	table.Settle()
	return func() *policy.Result { return policy.Audit(in, newSight(in, table), now) }
}

// TestAnAuditGrowsWithItsSiteAndNoFaster holds the time of a site against that of one four times as
// large. Where a check looks at everything for each thing, that is sixteen times.
func TestAnAuditGrowsWithItsSiteAndNoFaster(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out how an audit grows with its site")
	}
	const n = 1000
	for i := range bigs {
		b := &bigs[i]
		t.Run(b.name, func(t *testing.T) {
			small, large := b.prepare(t, n), b.prepare(t, 4*n)
			ratio := 0.0
			for range 3 { // another process may have had the machine
				ratio = float64(quickest(large)) / float64(quickest(small))
				if ratio < 9 {
					return
				}
			}
			t.Errorf("a site four times as large takes %.1f times as long", ratio)
		})
	}
}

func quickest(audit func() *policy.Result) time.Duration {
	best := time.Duration(1<<63 - 1)
	for range 3 {
		from := time.Now()
		audit()
		best = min(best, time.Since(from))
	}
	return best
}

func BenchmarkAuditOfABigSite(b *testing.B) {
	for i := range bigs {
		for _, n := range []int{4000, 16000, 32000} {
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(bigs[i].name, " ", "_"), n), func(b *testing.B) {
				audit := bigs[i].prepare(b, n)
				for b.Loop() {
					audit()
				}
			})
		}
	}
}
