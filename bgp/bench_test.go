package bgp

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"bgpaudit/rib"
	far "bgpaudit/test/speaker"
)

// fullFeed is a table as a router sends it: routes, of which about eight share a set of attributes.
func fullFeed(routes, sets int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var out []byte
	for sent, at := 0, uint32(1<<24); sent < routes; {
		path := []uint32{routerAS}
		for range 2 + r.IntN(5) {
			path = append(path, 1+r.Uint32N(70000))
		}
		attrs := far.Join(far.Origin(0), far.ASPath(path...), far.NextHop(netip.MustParseAddr("192.0.2.9")),
			far.Communities(r.Uint32(), r.Uint32()))
		var list []netip.Prefix
		for range routes / sets {
			at += 256 * (1 + r.Uint32N(8))
			var a [4]byte
			binary.BigEndian.PutUint32(a[:], at)
			list = append(list, netip.PrefixFrom(netip.AddrFrom4(a), 24))
		}
		sent += len(list)
		out = append(out, far.Update(nil, attrs, far.NLRI(list...))...)
	}
	return append(out, far.EndOfRIB(1)...)
}

// BenchmarkFullFeed is the time from Established to the last route of a full feed, with a table
// behind the collector and without one.
func BenchmarkFullFeed(b *testing.B) {
	feed := fullFeed(1_160_000, 147_000)
	for _, held := range []bool{false, true} {
		b.Run(map[bool]string{false: "handed on", true: "held"}[held], func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				n := router()
				c, err := Listen(Config{
					RouterID: netip.MustParseAddr("192.0.2.1"), Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Neighbors: []Neighbor{n},
				})
				if err != nil {
					b.Fatal(err)
				}
				table := rib.NewTable([]uint32{ourAS}, nil, []*rib.Feed{{Name: n.Name, State: rib.FeedState{Live: true}}})
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				s, err := far.Dial(ctx, far.Config{Local: host, Remote: c.Addrs()[0], ASN: routerAS, HoldTime: 90})
				if err == nil {
					err = s.Establish(ctx)
				}
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				go s.Send(feed)
				routes := 0
				for over := false; !over; {
					x, _ := c.Next(ctx)
					for i := range x.Updates {
						u := &x.Updates[i]
						over = over || u.Kind == rib.EndOfRIB
						if u.Kind == rib.Advertise {
							routes++
						}
						if held {
							_ = table.Apply(*u)
						}
					}
				}
				b.StopTimer()
				b.ReportMetric(float64(routes), "routes")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(routes*b.N), "ns/route")
				s.Close()
				_ = c.Close(ctx)
				cancel()
			}
		})
	}
}
