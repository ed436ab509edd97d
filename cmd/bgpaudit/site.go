package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"go.uber.org/zap"

	"bgpaudit/configs"
	"bgpaudit/dump"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// site is a config with its feeds read: what every verb that answers stands on.
type site struct {
	config *configs.Config
	table  *rib.Table
	sight  *rib.Sight
	now    time.Time
}

// collecting says how feeds are read.
type collecting struct {
	strict    bool
	filesOnly bool
	patience  time.Duration // with which a file is opened and read; 0: none
}

// collect loads the config and reads every feed that is a file into one table.
func (g *global) collect(ctx context.Context, how collecting) (*site, error) {
	config, err := g.load(ctx)
	if err != nil {
		return nil, err
	}
	return g.read(ctx, config, g.now(), how)
}

// load reads the config that flags and environment name. The file may be a pipe that nobody writes to,
// and the config a megabyte of mistakes: told to stop, it does not wait for the end.
func (g *global) load(ctx context.Context) (*configs.Config, error) {
	type loaded struct {
		config *configs.Config
		err    error
	}
	came := make(chan loaded, 1)
	go func() {
		c, err := configs.Load(g.settings.Config)
		came <- loaded{c, err}
	}()
	var c *configs.Config
	var err error
	select {
	case l := <-came:
		c, err = l.config, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read the config: no file %s\n    hint: name it with -c FILE or BGPAUDIT_CONFIG; configs/samples holds some to start from", report.Clean(g.settings.Config))
	}
	return c, err
}

func (g *global) read(ctx context.Context, config *configs.Config, now time.Time, how collecting) (*site, error) {
	feeds := make([]*rib.Feed, len(config.Feeds))
	for i := range config.Feeds {
		feeds[i] = &config.Feeds[i].Feed
	}
	in := &config.Intent
	table := rib.NewTable(in.Site.ASNs, in.Links, feeds)
	bar := g.newProgress()
	defer bar.close()
	defer boundGarbage(loading)()
	for i := range config.Feeds {
		f := &config.Feeds[i]
		if f.Live() {
			f.State = liveState(how.filesOnly)
			continue
		}
		src := *f.Source
		src.At, src.Patience = g.moment, how.patience
		bar.file(src.Name)
		f.State = dump.LoadTable(ctx, src, now, table, rib.FeedID(i), bar.bytes)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		g.log.Debug("read feed", zap.String("feed", f.Name), zap.String("file", report.Clean(src.Name)), zap.String("format", report.Clean(f.State.Format)),
			zap.Int("routes", f.State.Routes), zap.Int("skipped", f.State.Skipped), zap.String("complete", string(f.State.Complete)))
	}
	table.Settle()
	table.Judge(now)
	opt := in.Options()
	opt.Strict = how.strict
	sight := rib.NewSight(table, opt)
	return &site{config: config, table: table, sight: sight, now: now}, nil
}

// liveState is a session's state in an audit of files: missing evidence, or left out on purpose.
func liveState(filesOnly bool) rib.FeedState {
	s := rib.FeedState{Live: true, Complete: rib.CompleteNo}
	if filesOnly {
		s.Closed = true
	} else {
		s.Unreadable = true
		s.Errors = []string{"a live session, which an audit of files cannot see: give a dump, or --files-only to leave it out"}
	}
	return s
}
