// Package test holds the tests that cross the rooms of the house: sessions with hostile speakers
// and with real routing daemons.
package test
