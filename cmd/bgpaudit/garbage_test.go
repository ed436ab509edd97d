package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestALargeHeapHoldsLittleGarbage(t *testing.T) {
	for _, tt := range []struct {
		percent int
		live    uint64
		want    int
	}{
		{loading, 0, 400},
		{loading, 16 << 20, 400},
		{loading, 64 << 20, 100},
		{loading, 128 << 20, 50},
		{loading, 4 << 30, 25},
		{converting, 64 << 20, 100},
		{converting, 128 << 20, 50},
		{staying, 64 << 20, 25},
		{staying, 4 << 30, 25},
	} {
		if got := percentOf(tt.percent, tt.live); got != tt.want {
			t.Errorf("%d %% of %d MiB: %d %%, want %d", tt.percent, tt.live>>20, got, tt.want)
		}
	}
}

// TestGarbageIsBoundAsTheHeapGrows: and as before, once it is over.
func TestGarbageIsBoundAsTheHeapGrows(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	restore := boundGarbage(loading)
	heap := make([]byte, 256<<20)
	for range 100 { // finalizers run when they may
		runtime.GC()
		if p := debug.SetGCPercent(loading); p == loading {
			runtime.Gosched()
		} else {
			debug.SetGCPercent(p)
			if p > 25 {
				t.Errorf("%d %% beside %d MiB", p, len(heap)>>20)
			}
			break
		}
	}
	runtime.KeepAlive(heap)
	restore()
	if p := debug.SetGCPercent(100); p != 100 {
		t.Errorf("%d %% is left behind", p)
	}
}
