package main

import (
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"bgpaudit/report"
)

// progress shows a bar on a terminal for a file that takes over a second to read.
type progress struct {
	on    bool
	pool  *mpb.Progress
	bar   *mpb.Bar
	name  string
	start time.Time
}

func (g *global) newProgress() *progress {
	p := &progress{on: isTerminal(g.stderr) && !g.quiet}
	if p.on {
		p.pool = mpb.New(mpb.WithOutput(g.stderr), mpb.WithWidth(40))
	}
	return p
}

// file begins the next file.
func (p *progress) file(name string) {
	p.end()
	p.name, p.start = name, time.Now()
}

// bytes is told how much of the file is read.
func (p *progress) bytes(read, size int64) {
	if !p.on || p.bar == nil && time.Since(p.start) < time.Second {
		return
	}
	if p.bar == nil {
		p.bar = p.pool.AddBar(size, mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(report.Clean(p.name)+" ")), mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f")))
	}
	p.bar.SetCurrent(read)
}

func (p *progress) end() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bar = nil
	}
}

func (p *progress) close() {
	p.end()
	if p.on {
		p.pool.Wait()
	}
}
