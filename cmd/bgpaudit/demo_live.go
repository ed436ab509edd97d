package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"bgpaudit/configs"
	"bgpaudit/monitor"
	"bgpaudit/monitor/api"
	"bgpaudit/policy"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// demoLive plays the story over sessions. Each step has a config of its own, and so a monitor.
func (g *global) demoLive(ctx context.Context, dir string, once bool) error {
	log := zap.NewNop() // what is found stands on stdout
	if g.verbose {
		log = g.log
	}
	differs := false
	for i := range configs.SeedSteps {
		sc, err := g.sceneOf(ctx, dir, i)
		if err != nil {
			return fmt.Errorf("step %s: %w", configs.SeedSteps[i].Name, err)
		}
		s, err := setUp(sc.site, log)
		if err != nil {
			return err
		}
		differences, err := g.playLive(ctx, sc, s)
		differs = g.sayDifferences(sc, differences) || differs
		if i == len(configs.SeedSteps)-1 && err == nil && !differs {
			if err = g.asTold(differs); !once {
				err = g.goOn(ctx, s, log)
			}
		}
		if err = errors.Join(err, s.down()); err != nil {
			return fmt.Errorf("step %s: %w", sc.Name, err)
		}
	}
	if differs {
		return g.asTold(differs)
	}
	return nil
}

// playLive plays one step: the routers come up with what was there before its fault, the fault is
// announced, and where a route is where it must not be, it is withdrawn again.
func (g *global) playLive(ctx context.Context, sc *scene, s *stage) (differences []string, err error) {
	g.tell(sc)
	faults := faultsOf(sc.told, s)
	for i := range faults {
		faults[i].hold()
	}
	began := time.Now()
	if err := s.enter(ctx); err != nil {
		return nil, cannotPlay(err)
	}
	n, err := s.settle(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(g.stdout, "  %d sessions are up, %d routes and every End-of-RIB are here after %s\n",
		len(s.players), s.routes(), sinceThen(began))
	g.sayNews(s, n)
	if len(faults) > 0 {
		if n, err = g.update(ctx, s, "announce", faults, (*fault).announce); err != nil {
			return nil, err
		}
	}
	g.sayFlows(n.audit, n.exit)
	differences = sc.told.differences(n.audit, n.exit)
	leaks := slices.DeleteFunc(faults, func(f fault) bool { return f.Check != "link/wrong" })
	if len(leaks) == 0 {
		return differences, nil
	}
	if n, err = g.update(ctx, s, "withdraw", leaks, (*fault).withdraw); err != nil {
		return differences, err
	}
	fmt.Fprintf(g.stdout, "  exit %d\n", n.exit)
	if n.exit != policy.ExitClean {
		differences = append(differences, fmt.Sprintf("exit %d after the repair, not %d", n.exit, policy.ExitClean))
	}
	return differences, nil
}

// update has the routers announce or withdraw, and says what came of it.
func (g *global) update(ctx context.Context, s *stage, verb string, faults []fault, do func(*fault) error) (*news, error) {
	began := time.Now()
	for i := range faults {
		if err := do(&faults[i]); err != nil {
			return nil, err
		}
	}
	n, err := s.settle(ctx)
	if err != nil {
		return nil, err
	}
	for i := range faults {
		fmt.Fprintf(g.stdout, "  UPDATE   %s: %s %s\n", strings.Join(faults[i].links, ", "), verb, faults[i].prefix)
	}
	fmt.Fprintf(g.stdout, "           audited after %s\n", sinceThen(began))
	g.sayNews(s, n)
	return n, nil
}

func sinceThen(began time.Time) time.Duration { return time.Since(began).Round(10 * time.Millisecond) }

// sayNews prints what was raised and cleared, each cause with the choice of link behind it.
func (g *global) sayNews(s *stage, n *news) {
	for _, e := range n.cleared {
		g.sayEvent(s, e)
	}
	for _, e := range n.raised {
		g.sayEvent(s, e)
	}
}

func (g *global) sayEvent(s *stage, e monitor.Event) {
	f := e.Finding
	if f.CausedBy != "" {
		fmt.Fprintf(g.stdout, "  %-8s   └ %s\n", e.What, lineOf(f))
		return
	}
	fmt.Fprintf(g.stdout, "  %-8s %s\n", e.What, lineOf(f))
	if e.What != "cleared" {
		fmt.Fprintf(g.stdout, "             %s\n", report.Clean(f.Message))
	}
	if e.Why != "" {
		fmt.Fprintf(g.stdout, "             %s\n", report.Clean(e.Why))
	}
	for _, line := range s.behind(f) {
		fmt.Fprintf(g.stdout, "             %s\n", line)
	}
}

// behind asks the monitor which link wins for what the finding comes from: those who choose the way
// to an address of ours, or us.
func (s *stage) behind(f *policy.Finding) (out []string) {
	p, direction := f.Cause.Prefix, rib.Advertised
	if f.Cause.What == policy.CauseReceived && len(f.Prefixes) > 0 {
		p, direction = f.Prefixes[0], rib.Received
	}
	if !p.IsValid() {
		return nil
	}
	err := s.Ask(func(sight *rib.Sight, _ time.Time) {
		for _, ob := range sight.Observers() {
			if ob.Direction == direction {
				out = append(out, winsLines(sight, ob, p)...)
			}
		}
	})
	if err != nil {
		return []string{err.Error()}
	}
	return out
}

// fault is a route that a step adds to what was there before.
type fault struct {
	toldFinding
	prefix  netip.Prefix
	links   []string
	players []*player
	held    [][]rib.Route // by player
}

// faultsOf are the advertised routes that the step's findings come from.
func faultsOf(t *told, s *stage) []fault {
	var out []fault
	for _, f := range t.Findings {
		p, err := netip.ParsePrefix(f.Cause.Prefix)
		if f.CausedBy != nil || f.Cause.What != policy.CauseAdvertised || err != nil {
			continue
		}
		one := fault{toldFinding: f, prefix: p}
		for _, l := range s.config.Intent.Links {
			if l.Name != f.Cause.Link && (l.Circuit == "" || l.Circuit != f.Cause.Link) {
				continue
			}
			i := slices.IndexFunc(s.players, func(p *player) bool { return p.link == l.Name })
			one.links, one.players = append(one.links, l.Name), append(one.players, s.players[i])
		}
		out = append(out, one)
	}
	return out
}

// hold keeps the route back.
func (f *fault) hold() {
	for _, p := range f.players {
		f.held = append(f.held, p.withhold(f.prefix))
	}
}

func (f *fault) announce() (err error) {
	for i, p := range f.players {
		err = errors.Join(err, p.announce(f.held[i]))
	}
	return err
}

func (f *fault) withdraw() (err error) {
	for _, p := range f.players {
		err = errors.Join(err, p.withdraw(f.prefix))
	}
	return err
}

// goOn keeps the last step's sessions up, serves the API, and prints what becomes of its findings,
// until ctx is done.
func (g *global) goOn(ctx context.Context, s *stage, log *zap.Logger) error {
	server, err := api.Listen(api.Options{Monitor: s.Monitor, Listen: "127.0.0.1:0", Release: release, Log: log})
	if err != nil {
		return err
	}
	over := make(chan error, 1)
	go func() { over <- server.Serve(ctx) }()
	fmt.Fprintf(g.stdout, "\nThe monitor of the last step and its routers go on until Ctrl-C. Ask it:\n  bgpaudit wins 198.51.100.0/24 --server %s\n", server.URL())
	for {
		select {
		case err := <-over:
			return err
		case e, open := <-s.events:
			if !open {
				return errors.New("the monitor ended")
			}
			if e.Session == nil {
				g.sayEvent(s, e)
			}
		}
	}
}

// cannotPlay says what to do where routers cannot be played.
func cannotPlay(err error) error {
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		return fmt.Errorf("%w\n    hint: the routers come from 127.0.1.1 and the addresses after it, which this system does not have: bgpaudit demo --dumps needs none", err)
	}
	return err
}
