package main

import (
	"context"
	"time"

	"bgpaudit/configs"
	"bgpaudit/dump"
	"bgpaudit/monitor"
	"bgpaudit/rib"
)

// monitored is a config as the monitor runs it.
type monitored struct {
	*configs.Config
	monitor.Site
}

// monitorSite loads the config, with its passwords, and reads the feeds that are files.
func (g *global) monitorSite(ctx context.Context) (*monitored, error) {
	config, err := g.load()
	if err != nil {
		return nil, err
	}
	if err := config.CheckMonitor(); err != nil {
		return nil, err
	}
	neighbors, err := g.neighbors(config)
	if err != nil {
		return nil, err
	}
	files := monitorFiles(config) // looked at before they are read
	s, err := g.read(ctx, config, g.now(), collecting{})
	if err != nil {
		return nil, err
	}
	g.notBuilt(config)
	in := &config.Intent
	return &monitored{config, monitor.Site{
		Intent: in, Table: s.table, Options: in.Options(),
		Neighbors: neighbors, Files: files,
	}}, nil
}

func monitorFiles(config *configs.Config) []monitor.File {
	var out []monitor.File
	for i := range config.Feeds {
		src, feed := config.Feeds[i].Source, rib.FeedID(i)
		if src == nil {
			continue
		}
		out = append(out, monitor.File{
			Feed: feed, Path: src.Path, Was: monitor.Look(src.Path),
			Read: func(ctx context.Context, into *rib.Table, now time.Time) rib.FeedState {
				return dump.LoadTable(ctx, *src, now, into, feed, func(int64, int64) {})
			},
		})
	}
	return out
}

// reloadable loads the config anew for a monitor that runs with another one.
func (g *global) reloadable(ctx context.Context, running *configs.Config) (*monitor.Site, error) {
	next, err := g.monitorSite(ctx)
	if err != nil {
		return nil, err
	}
	if err := next.CheckReload(running); err != nil {
		return nil, err
	}
	return &next.Site, nil
}
