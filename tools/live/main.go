// Command live is for tools/bench-live.sh.
//
//	live take LISTEN ROUTES FEEDS
//	live send LOCAL REMOTE FILE
//
// take takes the tables of routers into bgpaudit's collector and table, and does nothing else: no
// audit, no log. It listens on as many addresses as there are routers, and says so; then, when so many routes are held, how long
// that took from the first session's Established. send is such a router. Both wait to be ended.
package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"runtime/debug"
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

// The two ASes, and the first sender's address; the others follow it.
const (
	senderASN = 65001
	ourASN    = 65002
)

var firstSender = netip.MustParseAddr("127.0.1.1")

func run() error {
	switch args := os.Args[1:]; {
	case len(args) == 4 && args[0] == "take":
		routes, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		feeds, err := strconv.Atoi(args[3])
		if err != nil {
			return err
		}
		return take(args[1], routes, feeds)
	case len(args) == 4 && args[0] == "send":
		return send(args[1], args[2], args[3])
	}
	return errors.New("usage: live take LISTEN ROUTES FEEDS, or live send LOCAL REMOTE FILE")
}

func take(at string, routes, senders int) error {
	listen, err := netip.ParseAddrPort(at)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(25) // as in a monitor
	}
	var neighbors []bgp.Neighbor
	var listens []netip.AddrPort
	var feeds []*rib.Feed
	for i, a := 0, firstSender; i < senders; i, a, listen = i+1, a.Next(), netip.AddrPortFrom(listen.Addr().Next(), listen.Port()) {
		name := fmt.Sprintf("sender %d", i+1)
		listens = append(listens, listen)
		neighbors = append(neighbors, bgp.Neighbor{Name: name, Feed: rib.FeedID(i), Address: a, ASN: senderASN, LocalASN: ourASN})
		feeds = append(feeds, &rib.Feed{Name: name, View: rib.Monitor, State: rib.FeedState{Live: true}})
	}
	collector, err := bgp.Listen(bgp.Config{RouterID: netip.MustParseAddr("192.0.2.1"), Listen: listens, Neighbors: neighbors})
	if err != nil {
		return err
	}
	table := rib.NewTable([]uint32{ourASN}, nil, feeds)
	fmt.Println("listening", listens)
	var up time.Time
	for ctx := context.Background(); ; {
		batch, ok := collector.Next(ctx)
		if !ok {
			return nil
		}
		for i := range batch.Updates {
			u := &batch.Updates[i]
			if u.Kind == rib.PeerUp && up.IsZero() {
				up = u.Peer.Time
			}
			if err := table.Apply(*u); err != nil {
				return err
			}
		}
		if !up.IsZero() && table.Len() >= routes {
			fmt.Println("held", table.Len(), time.Since(up).Seconds())
			routes = math.MaxInt
		}
	}
}
