package main

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	"bgpaudit/test/speaker"
)

// routesASet is how many routes share a set of attributes, about as in the table of the internet.
const routesASet = 7

// send plays a router that has all its messages made before it connects, and says how long the other
// end took to take them. It stays until it is ended.
func send(local, to, file string) error {
	from, err := netip.ParseAddr(local)
	if err != nil {
		return err
	}
	remote, err := netip.ParseAddrPort(to)
	if err != nil {
		return err
	}
	table, err := messages(file)
	if err != nil {
		return err
	}
	s, err := speaker.Dial(context.Background(), speaker.Config{Local: from, Remote: remote, ASN: senderASN, HoldTime: 240, WriteTimeout: time.Minute})
	if err != nil {
		return err
	}
	if err := s.Establish(context.Background()); err != nil {
		return err
	}
	began := time.Now()
	if err := s.Send(table); err != nil {
		return err
	}
	fmt.Println("sent", time.Since(began).Seconds())
	select {}
}

// messages are the UPDATEs for a list of prefixes, one a line, and both End-of-RIBs.
func messages(file string) (out []byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var set []netip.Prefix
	n := 0
	flush := func() {
		if len(set) > 0 {
			out = append(out, announce(n, set)...)
			n++
			set = set[:0]
		}
	}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		p, err := netip.ParsePrefix(lines.Text())
		if err != nil {
			return nil, err
		}
		if len(set) == routesASet || len(set) > 0 && set[0].Addr().Is4() != p.Addr().Is4() {
			flush()
		}
		set = append(set, p)
	}
	flush()
	return append(out, append(speaker.EndOfRIB(speaker.AFIv4), speaker.EndOfRIB(speaker.AFIv6)...)...), nil
}

func announce(n int, prefixes []netip.Prefix) []byte {
	v := uint32(n)
	attrs := speaker.Join(speaker.Origin(0), speaker.ASPath(senderASN, 1299, 174+v%61, 3000+v%977, 4_200_000_000+v))
	communities := speaker.Communities(senderASN<<16|v%500, (1000+v%97)<<16|v%1009)
	if prefixes[0].Addr().Is4() {
		return speaker.Update(nil, speaker.Join(attrs, speaker.NextHop(netip.MustParseAddr("192.0.2.2")), communities), speaker.NLRI(prefixes...))
	}
	hop := netip.MustParseAddr("2001:db8::2").AsSlice()
	return speaker.Update(nil, speaker.Join(attrs, communities, speaker.MPReach(speaker.AFIv6, speaker.SAFIUnicast, hop, speaker.NLRI(prefixes...))), nil)
}
