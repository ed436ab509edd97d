package dump

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"bgpaudit/dump/jsonl"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

const benchRows = 100_000

// writeBig writes a table as FRR prints it, two paths a prefix.
func writeBig(tb testing.TB, path string) {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprint(w, "{\n \"vrfId\": 0,\n \"vrfName\": \"default\",\n \"tableVersion\": 9,\n \"routerId\": \"192.0.2.3\",\n \"defaultLocPrf\": 100,\n \"localAS\": 65536,\n \"routes\": { ")
	for i := range benchRows / 2 {
		if i > 0 {
			fmt.Fprint(w, "\n,")
		}
		net := fmt.Sprintf("%d.%d.%d.0", 1+i>>16, i>>8&255, i&255)
		fmt.Fprintf(w, `"%s/24": [`, net)
		for n := range 2 {
			if n > 0 {
				fmt.Fprint(w, ",")
			}
			fmt.Fprintf(w, `{"valid":true,"bestpath":true,"selectionReason":"Router ID","pathFrom":"external","prefix":"%s","prefixLen":24,"network":"%s/24","version":%d,"metric":0,"locPrf":150,"weight":0,"peerId":"192.0.2.%d","path":"%d 65545 %d","origin":"IGP","nexthops":[{"ip":"192.0.2.%d","afi":"ipv4","used":true}]}`,
				net, net, i, n+1, 65540+n, 65536+i%5000, n+1)
		}
		fmt.Fprint(w, "]")
	}
	fmt.Fprint(w, "\n }  } \n")
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

func benchRead(b *testing.B, path string) {
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		res, err := Read(context.Background(), reading.Source{Path: path, Name: "big", ExpectRoutes: -1}, func(rib.Route) { n++ })
		if err != nil || n != benchRows || res.Complete != rib.CompleteYes {
			b.Fatal(n, res, err)
		}
	}
}

func BenchmarkFRR(b *testing.B) {
	path := filepath.Join(b.TempDir(), "big.json")
	writeBig(b, path)
	benchRead(b, path)
}

func BenchmarkJSONL(b *testing.B) {
	dir := b.TempDir()
	frrText, path := filepath.Join(dir, "big.json"), filepath.Join(dir, "big.jsonl")
	writeBig(b, frrText)
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := jsonl.NewWriter(f, reading.Header{Format: "frr-json", NotShown: rib.AttrCommunities | rib.AttrLargeCommunities | rib.AttrNeighborASN})
	res, err := Read(context.Background(), reading.Source{Path: frrText, ExpectRoutes: -1}, func(r rib.Route) {
		if err := w.WriteRoute(r); err != nil {
			b.Fatal(err)
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Close(jsonl.TrailerOf(res)); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	benchRead(b, path)
}

// BenchmarkBIRD reads a table as BIRD 2 prints it, two paths a prefix.
func BenchmarkBIRD(b *testing.B) {
	path := filepath.Join(b.TempDir(), "big.txt")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprint(w, "BIRD 2.0.12 ready.\nTable master4:\n")
	for i := range benchRows {
		net, mark := "", ""
		if i%2 == 0 {
			net, mark = fmt.Sprintf("%d.%d.%d.0/24", 1+i>>16, i>>8&255, i&255), "* "
		}
		fmt.Fprintf(w, "%-20s unicast [isp%d 09:14:00.125 from 192.0.2.%d] %s(100) [AS%di]\n\tvia 192.0.2.9 on eth2\n\tType: BGP univ\n\tBGP.origin: IGP\n\tBGP.as_path: %d 65545 %d\n\tBGP.next_hop: 192.0.2.%d\n\tBGP.local_pref: 100\n\tBGP.community: (64496,%d)\n",
			net, i%2, i%2+1, mark, 65536+i%5000, 65540+i%2, 65536+i%5000, i%2+1, i%500)
	}
	fmt.Fprintf(w, "%d of %d routes for %d networks in table master4\n", benchRows, benchRows, benchRows/2)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	benchRead(b, path)
}
