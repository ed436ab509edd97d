package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/configs"
	"bgpaudit/monitor"
	"bgpaudit/monitor/api"
	"bgpaudit/rib"
)

// farewell is how long routers have to take our Cease.
const farewell = 5 * time.Second

func monitorCmd(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "monitor", Short: "Peer with routers, keep their routes, and log findings as they come and go",
		Long: `monitor waits for the routers of the config's bgp feeds to connect, keeps what they send, and
audits it whenever it has changed: findings are logged when they are raised, when they are cleared,
and when the session that showed them is gone and they can no longer be told. Feeds that are files
are read again when they change. It never connects to a router and never sends one a route.

The log goes to stderr. SIGHUP reloads the config: one that is wrong changes nothing, and of the
sessions only those that it asks otherwise for are touched. SIGINT or SIGTERM ends it: every session
gets a Cease.

Exit: 0 when it was told to stop; 2 usage or config error, an address that cannot be listened on.`,
		Example: "  bgpaudit monitor -c bgpaudit.yaml\n  bgpaudit monitor -c bgpaudit.yaml --log-format json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.outputIs(cmd); err != nil {
				return err
			}
			return g.monitor(cmd.Context())
		},
	}
}

func (g *global) monitor(ctx context.Context) error {
	if g.at != "" {
		return errors.New("--at is not for this verb: the monitor answers for now")
	}
	journal, err := g.monitorLog()
	if err != nil {
		return err
	}
	defer journal.Close(lastLines)
	site, err := g.monitorSite(ctx)
	if ctx.Err() != nil {
		return nil // told to stop before it began
	}
	if err != nil {
		return err
	}
	serves, err := g.apiOptions(&site.Monitor)
	if err != nil {
		return err
	}
	serves.Journal = journal
	defer boundGarbage(staying)()
	own := &site.Monitor
	collector, err := bgp.Listen(bgp.Config{RouterID: own.RouterID, Listen: own.Listen, Neighbors: site.Neighbors, HoldTime: own.HoldTime, PrefixLimit: own.PrefixLimit, Log: g.log})
	if err != nil {
		return cannotListen(err)
	}
	g.log.Info("listening on "+addresses(collector.Addrs()), zap.Int("neighbors", len(site.Neighbors)), zap.Stringer("router_id", own.RouterID))
	systemd := service{g.log}
	m := monitor.New(monitor.Config{
		Site: site.Site, Sessions: collector, Log: g.log, Alive: systemd.alive, Pace: monitor.Pace{Alive: systemd.watchdog()}, StartGrace: own.StartGrace,
		Load: func(ctx context.Context) (*monitor.Site, error) {
			if err := settled(ctx, g.settings.Config); err != nil {
				return nil, err
			}
			return g.reloadable(ctx, site.Config)
		},
	})
	var server atomic.Pointer[api.Server] // nil: there is none
	reload := func(ctx context.Context) error {
		return systemd.during(func() error {
			if err := m.Reload(ctx); err != nil {
				return err
			}
			return g.renew(server.Load(), own)
		})
	}
	serving, stopServing, err := g.serveAPI(ctx, serves, m, reload)
	server.Store(serving)
	if err != nil {
		_ = collector.Close(ctx)
		return err
	}
	stopReloading := onHangUp(ctx, reload)
	systemd.ready()
	err = m.Run(ctx)
	systemd.stopping()
	stopServing()
	stopReloading()
	// What told us to stop has ended ctx already.
	last, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if closing := collector.Close(last); closing != nil {
		g.log.Warn("stopped, and not every session ended in time", zap.Error(closing))
	} else {
		g.log.Info("stopped: every session was sent a Cease")
	}
	return err
}

// neighbors are the sessions of the config, with their passwords.
func (g *global) neighbors(config *configs.Config) ([]bgp.Neighbor, error) {
	var out []bgp.Neighbor
	warned := map[string]bool{}
	for i := range config.Feeds {
		f := &config.Feeds[i]
		s := f.BGP
		if s == nil {
			continue
		}
		n := bgp.Neighbor{
			Name: f.Name, Feed: rib.FeedID(i), Address: s.Neighbor, Range: s.Range, ASN: s.ASN, LocalASN: s.LocalASN,
			Families: f.Families, AddPath: s.AddPath != "", TTLSecurity: s.TTLSecurity, PrefixLimit: s.PrefixLimit,
		}
		if s.MD5File != "" {
			password, warning, err := configs.ReadPassword(s.MD5File)
			if err != nil {
				return nil, fmt.Errorf("%s: feed %s: %w", f.Pos, f.Name, err)
			}
			if warning != "" && !warned[warning] {
				warned[warning] = true
				g.log.Warn(warning)
			}
			n.MD5 = password
		}
		out = append(out, n)
	}
	return out, nil
}

// notBuilt says what of the config does nothing yet. A BMP feed is missing evidence, and no live
// one: nothing will ever come of it.
func (g *global) notBuilt(config *configs.Config) {
	for i := range config.Feeds {
		if f := &config.Feeds[i]; f.BMP != nil {
			f.State = rib.FeedState{Unreadable: true, Complete: rib.CompleteNo, Errors: []string{"BMP is not built yet: nothing listens on " + f.BMP.Listen.String()}}
			g.log.Warn("BMP is not built yet: the feed is missing evidence", zap.String("feed", f.Name), zap.String("config", f.Pos))
		}
	}
}

// cannotListen says what to do about an address that cannot be had.
func cannotListen(err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w\n    hint: another monitor or BGP daemon has it: stop that, or give monitor.listen another address", err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%w\n    hint: ports below 1024 need CAP_NET_BIND_SERVICE (docs/monitor.md has a systemd unit); or give monitor.listen another port", err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w\n    hint: monitor.listen names an address that this host does not have", err)
	}
	return err
}

func addresses(list []netip.AddrPort) string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return strings.Join(out, ", ")
}
