package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// TestWhatNeverComesCanBeInterrupted: a config or a feed that is a pipe nobody writes to.
func TestWhatNeverComesCanBeInterrupted(t *testing.T) {
	before, dir := goleak.IgnoreCurrent(), t.TempDir()
	pipe, config := filepath.Join(dir, "pipe"), filepath.Join(dir, "bgpaudit.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("SKIPPED: a pipe that nobody writes to: no mkfifo here: %v", err)
	}
	writeFile(t, config, `version: 1
site: {asns: [65536]}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a}
feeds:
  - {name: out, link: isp-a, view: adj-rib-out-post, file: pipe}
`)
	for _, args := range [][]string{{"config", "validate", "-c", pipe}, {"audit", "-c", pipe}, {"audit", "-c", config}} {
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan int)
		go func() { over <- run(ctx, args, io.Discard, io.Discard) }()
		stop()
		if code := <-over; code != exitInterrupted {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	for stuck := true; stuck; { // lets those go that are stuck, also who gets there late
		w, err := os.OpenFile(pipe, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		stuck = goleak.Find(before) != nil
	}
}
