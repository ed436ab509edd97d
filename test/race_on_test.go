//go:build race

package test

// raceDetector: it keeps memory of its own for all that ever ran, so that a resident size says nothing.
const raceDetector = true
