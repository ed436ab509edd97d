//go:build !race

package test

const raceDetector = false

// What two routers send to the monitor and to BIRD alike, and how many ask each of them at a time.
const (
	loadRoutes = 100_000 // of each router
	loadRate   = 10_000  // updates a second, of both together
	askers     = 1000
)
