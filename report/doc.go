// Package report turns answers into words: JSON for programs (the stable shapes of docs/json.md)
// and text made to be read.
//
// In: what policy and rib answered. Out: bytes on a writer. It decides nothing, and everything
// that came from a router is escaped before it reaches a terminal.
package report
