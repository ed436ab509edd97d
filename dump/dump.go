// Package dump turns files that an operator exported into routes.
//
// In: a file's name and what the config says of it (format, time, expected counts). Out: every
// row that could be read, as [rib.Route] values, and what became of the rest: skipped rows with
// their line, whether the table was seen to its end, how old it is. It never guesses which
// table of which router a file shows: the config says so, by view.
//
// A format is one file of this package (a [Format] value), one line in formats.go, one page in
// docs/formats, its fixtures in testdata and a fuzz target beside it.
package dump

import (
	"context"
	"net/netip"
	"time"

	"bgpaudit/rib"
)

// Source is a dump file and what the config says of it.
type Source struct {
	Path            string // opened as given
	Name            string // as the user wrote it; shown in errors and evidence
	Format          string // a name from Formats, or "auto"
	View            rib.View
	VRF             string
	Neighbor        netip.Addr    // the neighbour the table belongs to, where the config knows it
	ASNs            []uint32      // the site's own, where the config knows them
	Families        []rib.Family  // declared coverage
	Taken           time.Time     // when the dump was made, if the config says so
	At              time.Time     // the moment that is asked for; zero: now
	MaxAge          time.Duration // 0: none
	TrustMtime      bool
	ExpectEmpty     bool
	ExpectRoutes    int // routes: N, -1 where not given; 0 says that the table is empty
	TolerateSkipped int
}

// MadeLater reports whether a dump of that time shows what was not there yet at the moment that is
// asked for: it is no evidence of it.
func (s *Source) MadeLater(made time.Time) bool {
	return !s.At.IsZero() && made.After(s.At)
}

// Header is what a dump says about itself: the header line of canonical records.
type Header struct {
	Format           string
	Source           string
	Time             time.Time // zero where the dump shows none
	Router           string
	Neighbor         netip.Addr
	Families         []rib.Family // families the dump marks, even when it holds no route of them
	NotShown         rib.AttrSet
	ASPathForm       rib.ASPathForm
	DefaultLocalPref rib.Optional
}

// Result is a file's reading: its header, its counts and its end.
type Result struct {
	Header   Header
	Routes   int
	Skipped  int
	Complete rib.Completeness
	Errors   []string // each with file:line and what is wrong
}

// Read reads src and hands each route to emit, in file order. A bad row is counted in
// Result.Skipped with its line in Result.Errors (the first 20 and a count) and reading goes on.
// The error is non-nil where nothing can be read at all (no such file, unknown format, a
// summary page); the Result then says so too.
//
// Rows of canonical records keep the line of the dump that they were made of, so that converting
// them again loses nothing.
func Read(ctx context.Context, src Source, emit func(rib.Route)) (Result, error) {
	return read(ctx, src, emit)
}

// Load reads src and returns the state of the feed that it is: what it covers, how complete and
// how old it is at time now. It never fails: what went wrong is in the state.
// A route that put refuses is a skipped row, with put's error. Every route's line is one of this
// very file.
// bytes, where not nil, is called with the number of bytes read so far and the file's size.
func Load(ctx context.Context, src Source, now time.Time, put func(rib.Route) error, bytes func(read, size int64)) rib.FeedState {
	return load(newCollector(ctx, src, put), now, bytes)
}

// LoadTable is [Load] into a feed of a table, at several times the speed. Nobody else may use the
// table meanwhile.
func LoadTable(ctx context.Context, src Source, now time.Time, t *rib.Table, feed rib.FeedID, bytes func(read, size int64)) rib.FeedState {
	c := newCollector(ctx, src, nil)
	c.loader = t.NewLoader(feed, c.takeBack)
	return load(c, now, bytes)
}
