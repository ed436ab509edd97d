package main

import (
	"context"
	"errors"
	"fmt"
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

// patience is how long a file may keep the monitor waiting at a time. What takes longer is as good as
// gone: the rest of the evidence must not wait for it.
const patience = 10 * time.Second

// monitorSite loads the config, with its passwords, and reads the feeds that are files.
func (g *global) monitorSite(ctx context.Context) (*monitored, error) {
	loading, enough := context.WithTimeoutCause(ctx, patience, errors.New("the config does not come: is it a pipe, or on a file server that is gone?"))
	defer enough()
	config, err := g.load(loading)
	if err != nil && ctx.Err() == nil && loading.Err() != nil {
		err = context.Cause(loading)
	}
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
	s, err := g.read(ctx, config, g.now(), collecting{patience: patience})
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
		of, feed := config.Feeds[i].Source, rib.FeedID(i)
		if of == nil {
			continue
		}
		src := *of
		src.Patience = patience
		out = append(out, monitor.File{
			Feed: feed, Path: src.Path, Was: monitor.Look(src.Path),
			Read: func(ctx context.Context, into *rib.Table, now time.Time) rib.FeedState {
				return dump.LoadTable(ctx, src, now, into, feed, func(int64, int64) {})
			},
		})
	}
	return out
}

// rest is how long a config must not have changed to be taken on: one that is being written may look
// whole where it is cut off. restless is how long that is waited for.
const (
	rest     = 2 * time.Second
	restless = 30 * time.Second
)

// settled waits until the config's file has come to rest.
func settled(ctx context.Context, path string) error {
	began := time.Now()
	for {
		info := monitor.Look(path)
		if info == nil || time.Since(info.ModTime()) >= rest || time.Until(info.ModTime()) > rest { // a clock that is off tells nothing
			return nil
		}
		if time.Since(began) > restless {
			return fmt.Errorf("%s: it keeps changing", path)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(info.ModTime().Add(rest))):
		}
	}
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
