//go:build !linux

package main

import "time"

// monotonic is told to systemd alone, and systemd runs on Linux alone: nobody listens here.
func monotonic() time.Duration { return 0 }
