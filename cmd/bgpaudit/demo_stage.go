package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/configs"
	"bgpaudit/monitor"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// stage is a monitor of a scene's site, and the routers that peer with it.
type stage struct {
	*monitor.Monitor
	config    *configs.Config // the scene's, with sessions for feeds
	collector *bgp.Collector
	players   []*player
	events    <-chan monitor.Event
	standing  map[string]monitor.Event // the last event of each finding that is not cleared, by id
	order     map[string]int           // in which findings were first told of
	down      func() error
}

// stagePace audits soon: the tables are small, and somebody is watching.
var stagePace = monitor.Pace{Quiet: 50 * time.Millisecond, Most: time.Second}

// setUp starts the monitor, listening on a free port of loopback. No router is up yet.
func setUp(files *site, log *zap.Logger) (*stage, error) {
	config := *files.config
	config.Feeds = sessionFeeds(&config.Intent)
	feeds, neighbors := []*rib.Feed{}, []bgp.Neighbor{}
	for i := range config.Feeds {
		f := &config.Feeds[i]
		feeds = append(feeds, &f.Feed)
		neighbors = append(neighbors, bgp.Neighbor{
			Name: f.Name, Feed: rib.FeedID(i), Address: f.BGP.Neighbor, ASN: f.BGP.ASN, LocalASN: f.BGP.LocalASN, Families: f.Families, AddPath: f.BGP.AddPath != "",
		})
	}
	collector, err := bgp.Listen(bgp.Config{RouterID: monitorID, Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Neighbors: neighbors, Log: log})
	if err != nil {
		return nil, err
	}
	in := &config.Intent
	s := &stage{config: &config, collector: collector, players: playersOf(files, config.Feeds), standing: map[string]monitor.Event{}, order: map[string]int{}}
	s.Monitor = monitor.New(monitor.Config{
		Site: monitor.Site{
			Intent: in, Table: rib.NewTable(in.Site.ASNs, in.Links, feeds), Options: in.Options(),
			Neighbors: neighbors,
		},
		Sessions: collector, Log: log, Pace: stagePace,
	})
	s.events, _ = s.Follow()
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- s.Run(ctx) }()
	s.down = func() error {
		stop()
		err := <-over
		for _, p := range s.players {
			if p.Session != nil {
				p.Shut()
			}
		}
		last, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		return errors.Join(err, collector.Close(last))
	}
	return s, nil
}

// enter brings every router up, all at once.
func (s *stage) enter(ctx context.Context) error {
	at := s.collector.Addrs()[0]
	failed := make(chan error)
	for _, p := range s.players {
		go func() { failed <- p.open(ctx, at) }()
	}
	var err error
	for range s.players {
		err = errors.Join(err, <-failed)
	}
	return err
}

// routes are so many as the routers announce.
func (s *stage) routes() (n int) {
	for _, p := range s.players {
		n += len(p.routes)
	}
	return n
}

// news is what became of the findings since the stage settled last.
type news struct {
	raised, cleared []monitor.Event
	audit           *policy.Result
	exit            int
}

// settleTime is far more than a stage needs.
const settleTime = 15 * time.Second

// settle waits until an audit has seen exactly what the routers announce, and every event of it has
// been heard.
func (s *stage) settle(ctx context.Context) (*news, error) {
	late := time.After(settleTime)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	before, met := maps.Clone(s.standing), map[string]monitor.Event{}
	for why := "no audit was made"; ; {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late:
			return nil, fmt.Errorf("the monitor did not settle within %s: %s", settleTime, why)
		case e, open := <-s.events:
			if !open {
				return nil, errors.New("the monitor ended")
			}
			if e.Session == nil { // sessions come and go as the stage bids them
				met[e.Finding.ID] = e
				s.hear(e)
			}
			continue
		case <-tick.C:
		}
		if last := s.Last(); last != nil {
			if why = cmp.Or(s.whole(last.Result), s.addsUp(last.Result)); why == "" {
				return s.since(before, met, last.Result), nil
			}
		}
	}
}

// since parts the events met since the stage settled last by what came of their findings.
func (s *stage) since(before, met map[string]monitor.Event, r *policy.Result) *news {
	out := &news{audit: r}
	out.exit, _ = r.Exit(policy.Error)
	for _, f := range r.Findings {
		if _, was := before[f.ID]; !was {
			out.raised = append(out.raised, s.standing[f.ID])
		}
	}
	for id, e := range met {
		_, was := before[id]
		_, is := s.standing[id]
		if was && !is {
			out.cleared = append(out.cleared, e)
		}
	}
	slices.SortFunc(out.cleared, func(a, b monitor.Event) int { return cmp.Compare(s.order[a.Finding.ID], s.order[b.Finding.ID]) })
	return out
}

func (s *stage) hear(e monitor.Event) {
	if _, known := s.order[e.Finding.ID]; !known {
		s.order[e.Finding.ID] = len(s.order)
	}
	if e.What == "cleared" {
		delete(s.standing, e.Finding.ID)
	} else {
		s.standing[e.Finding.ID] = e
	}
}

// whole says what of the routers' tables an audit has not seen.
func (s *stage) whole(r *policy.Result) string {
	for _, p := range s.players {
		f := r.Feeds[p.feed]
		switch {
		case f.Failing() != "":
			return f.Failing() + " " + strings.Join(f.State.Errors, "; ")
		case f.State.Routes != len(p.routes):
			return fmt.Sprintf("feed %s has %d routes, its router announces %d", f.Name, f.State.Routes, len(p.routes))
		}
	}
	return ""
}

// addsUp says what an audit holds that no event told, or the other way round.
func (s *stage) addsUp(r *policy.Result) string {
	for _, f := range r.Findings {
		if e, is := s.standing[f.ID]; !is || e.What == "unknown" {
			return "no event told of " + f.Check
		}
	}
	if len(r.Findings) != len(s.standing) {
		return fmt.Sprintf("%d findings stand, the last audit has %d", len(s.standing), len(r.Findings))
	}
	return ""
}
