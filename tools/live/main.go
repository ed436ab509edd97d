// Command live takes one router's table into bgpaudit's collector and table, for tools/bench-live.sh,
// and does nothing else: no audit, no log.
//
// It prints the address that it listens on; then, when a router's table is whole, how many routes are
// held and how long that took from Established; and waits to be ended.
package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/rib"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return fmt.Errorf("usage: live LISTEN ROUTES")
	}
	listen, err := netip.ParseAddrPort(os.Args[1])
	if err != nil {
		return err
	}
	routes, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	collector, err := bgp.Listen(bgp.Config{
		RouterID: netip.MustParseAddr("192.0.2.1"), Listen: []netip.AddrPort{listen},
		Neighbors: []bgp.Neighbor{{Name: "sender", Address: netip.MustParseAddr("127.0.0.2"), ASN: 65001, LocalASN: 65002}},
	})
	if err != nil {
		return err
	}
	feeds := []*rib.Feed{{Name: "sender", View: rib.Monitor, State: rib.FeedState{Live: true}}}
	table := rib.NewTable([]uint32{65002}, nil, feeds)
	fmt.Println("listening", listen)
	var up time.Time
	for ctx := context.Background(); ; {
		batch, ok := collector.Next(ctx)
		if !ok {
			return nil
		}
		for i := range batch.Updates {
			u := &batch.Updates[i]
			if u.Kind == rib.PeerUp {
				up = u.Peer.Time
			}
			if err := table.Apply(*u); err != nil {
				return err
			}
		}
		if !up.IsZero() && table.Len() >= routes {
			fmt.Println("held", table.Len(), time.Since(up).Seconds())
			up = time.Time{}
		}
	}
}
