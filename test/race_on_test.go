//go:build race

package test

// raceDetector: it keeps memory of its own for all that ever ran, so that a resident size says nothing.
const raceDetector = true

// A load that the race detector can take: routes of each router, updates a second, callers at once.
const (
	loadRoutes = 5000
	loadRate   = 500
	askers     = 100
)
