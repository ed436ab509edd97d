// Package dump turns files that an operator exported into routes.
//
// In: a file's name and what the config says of it (format, time, expected counts). Out: every
// row that could be read, as [rib.Route] values, and what became of the rest: skipped rows with
// their line, whether the table was seen to its end, how old it is. It never guesses which
// table of which router a file shows: the config says so, by view.
//
// The way of a row: [Read] or [Load] opens the file and asks the sniffers of [Formats] whose it is; that reader,
// in a room of its own below, hands rows to a [reading.Collector]; which hands them to the caller, or to the
// loader of a [rib.Table]. A new format is a reading.Format there, one line in formats.go, one page in
// docs/formats, its fixtures in testdata and its line in fuzz_test.go.
package dump

import (
	"context"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Source is a dump file and what the config says of it.
type Source = reading.Source

// Link is what the config says of the link that a dump is of.
type Link = reading.Link

// Read reads src and hands each route to emit, in file order. A bad row is counted in
// Result.Skipped with its line in Result.Errors (the first 20 and a count) and reading goes on.
// The error is non-nil where nothing can be read at all (no such file, unknown format, a
// summary page); the Result then says so too.
//
// Rows of canonical records keep the line of the dump that they were made of, so that converting
// them again loses nothing.
func Read(ctx context.Context, src reading.Source, emit func(rib.Route)) (reading.Result, error) {
	return readRoutes(ctx, src, emit)
}

// Load reads src and returns the state of the feed that it is: what it covers, how complete and
// how old it is at time now. It never fails: what went wrong is in the state.
// A route that put refuses is a skipped row, with put's error. Every route's line is one of this
// very file.
// bytes, where not nil, is called with the number of bytes read so far and the file's size.
func Load(ctx context.Context, src reading.Source, now time.Time, put func(rib.Route) error, bytes func(read, size int64)) rib.FeedState {
	return load(reading.NewCollector(ctx, src, put), now, bytes)
}

// LoadTable is [Load] into a feed of a table, at several times the speed. Nobody else may use the
// table meanwhile.
func LoadTable(ctx context.Context, src reading.Source, now time.Time, t *rib.Table, feed rib.FeedID, bytes func(read, size int64)) rib.FeedState {
	c := reading.NewCollector(ctx, src, nil)
	c.Loader = t.NewLoader(feed, c.TakeBack)
	return load(c, now, bytes)
}
