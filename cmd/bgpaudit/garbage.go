package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// How much garbage the heap may hold, in percent of what lives. What is read is kept, so that to look
// for garbage meanwhile finds little. A monitor's heap is the table above all, which has few pointers: to
// look through it often costs little, and saves what it would else take beside a BIRD with the same
// routes (make bench-live).
const (
	loading    = 400
	converting = 100
	staying    = 25
)

// mostGarbage is how much the percentage may come to where the heap is so large that a look through it is worth it.
const mostGarbage = 64 << 20

// percentOf is the percentage that holds for a heap in which so many bytes live.
func percentOf(percent int, live uint64) int {
	if live == 0 || live*uint64(percent)/100 <= mostGarbage {
		return percent
	}
	return max(int(mostGarbage*100/live), min(percent, staying))
}

// boundGarbage holds until what it returns is called. GOGC in the environment goes before it.
func boundGarbage(percent int) (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	b := &garbageBound{percent: percent, now: percent}
	before := debug.SetGCPercent(percent)
	b.watch()
	return func() {
		b.Lock()
		defer b.Unlock()
		b.over = true
		debug.SetGCPercent(before)
	}
}

// garbageBound is held against what lives after each collection.
type garbageBound struct {
	sync.Mutex
	percent, now int
	over         bool
}

// watch leaves a piece of garbage behind, which the next collection finds.
func (b *garbageBound) watch() {
	runtime.SetFinalizer(&garbage{b}, func(g *garbage) { g.bound.collected() })
}

type garbage struct{ bound *garbageBound }

func (b *garbageBound) collected() {
	b.Lock()
	defer b.Unlock()
	if b.over {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if percent := percentOf(b.percent, live[0].Value.Uint64()); percent != b.now {
		b.now = percent
		debug.SetGCPercent(percent)
	}
	b.watch()
}
