package rib

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// View says which table of which router a feed shows. It is declared by the user or carried by
// the protocol, never guessed from a format.
type View string

// The views. What each proves stands in Coverage.
const (
	AdjRIBOutPost View = "adj-rib-out-post" // RFC 8671, advertised-routes dumps
	AdjRIBOutPre  View = "adj-rib-out-pre"  // RFC 8671
	FarEnd        View = "far-end"          // the table of the link's direct neighbour
	Collector     View = "collector"        // a public collector or looking glass further away
	Chosen        View = "chosen"           // an observer's own selected routes: a virtual hub's effective routes, its looking glass
	AdjRIBInPost  View = "adj-rib-in-post"  // RFC 7854, routes dumps
	AdjRIBInPre   View = "adj-rib-in-pre"   // RFC 7854, received-routes dumps
	BGPTable      View = "bgp-table"        // a router's whole BGP table, losers included
	LocRIB        View = "loc-rib"          // RFC 9069, any table of winners only
	Monitor       View = "monitor"          // a session from a router to us
	Declared      View = "declared"         // static: on a link
)

// Views lists the views that a feed can declare (Declared comes from static: alone).
var Views = []View{AdjRIBOutPost, AdjRIBOutPre, FarEnd, Collector, Chosen, AdjRIBInPost, AdjRIBInPre, BGPTable, LocRIB, Monitor}

// Advertised reports whether the view can show what we advertise.
func (v View) Advertised() bool {
	switch v {
	case AdjRIBOutPost, AdjRIBOutPre, FarEnd, Collector, Chosen, Monitor, Declared:
		return true
	}
	return false
}

// Received reports whether the view can show what we receive.
func (v View) Received() bool {
	switch v {
	case AdjRIBInPost, AdjRIBInPre, BGPTable, LocRIB, Monitor, Declared:
		return true
	}
	return false
}

// ASPathForm says whether a dump's AS paths hold our own ASN.
type ASPathForm string

const (
	// AsSent: the path as the neighbour gets it.
	AsSent ASPathForm = "as-sent"
	// BeforeOwnASN: the path before our ASN is put in front of it; ours is added once.
	BeforeOwnASN ASPathForm = "before-own-asn"
)

// ClassifyRule ties a feed's routes to links. Every condition that is set must hold; a rule with
// Ignore set takes its routes out of the audit (iBGP copies, own loopbacks).
type ClassifyRule struct {
	BMPPeer   netip.Addr
	Neighbor  netip.Addr
	Community *Community
	NextHop   netip.Addr
	FirstASN  uint32
	Link      string
	Ignore    bool
}

// Feed is one source of routes: what it shows and how its routes are tied to links.
type Feed struct {
	Name     string
	Link     string // every route is this link's; empty where Classify ties them
	Router   string // the router that holds the table
	View     View
	Classify []ClassifyRule
	Scope    []netip.Prefix // the dump was filtered to these; outside them it proves nothing
	Families []Family       // families the feed is declared to cover
	Mirrors  string         // view monitor: same export policy object as this link
	AddPath  string         // view monitor: "all" when the router sends every path
	Observer string         // view chosen: whose choice it is
	VRF      string         // the VRF that the feed picks out of the dump, empty where it picks none
	// ExpectEmpty: the config says that the table may well hold nothing of ours.
	ExpectEmpty bool
	Range       bool // view monitor: its routers are any of a range
	Routers     int  // of a range: so many are to be there; 0 where that is not known

	State FeedState

	staticReceives bool // view declared: what a link's static: receives, not what it advertises
	supposed       bool // view declared: an overlay's
}

// Completeness says whether a feed's table was seen to its end.
type Completeness string

// The three answers of a reader.
const (
	CompleteYes      Completeness = "yes"
	CompleteNo       Completeness = "no"
	CompleteUnproven Completeness = "unproven"
)

// AgeSource says where a feed's time comes from.
type AgeSource string

// Where a time can come from, strongest first; a file's mtime is weak.
const (
	AgeFromDump   AgeSource = "dump"
	AgeFromConfig AgeSource = "config"
	AgeFromMtime  AgeSource = "mtime"
)

// FeedState is what became of a feed: filled by dump for files and by sessions for live feeds.
// The zero value is a feed that showed nothing, and covers nothing.
type FeedState struct {
	Format           string
	Router           string // the router id the dump prints, if any
	Families         []Family
	Routes           int
	Skipped          int   // bad rows
	Others           int   // rows of another neighbour or VRF, left out: they are no evidence
	Bad, Other       Aside // the first of each
	Complete         Completeness
	AsOf             time.Time // zero where unknown
	AsOfSource       AgeSource
	MaxAge           time.Duration // 0: none given, the feed is never stale
	Age              time.Duration // at the audit's time; never negative
	Stale            bool          // older than MaxAge
	WeakAge          bool          // MaxAge is given, but only an untrusted mtime is there to hold against it
	Later            bool          // made after the moment that is asked for
	Ahead            time.Duration // by so much, where Later
	Asked            time.Time     // the moment that is asked for, where Later; zero: now
	Outdated         bool          // a file that could not be read again since it changed: what is held is from before
	Unreadable       bool          // nothing could be read
	Contradiction    string        // the text contradicts the declared direction or neighbour
	Errors           []string      // each with file:line
	File             string        // as the user named it
	ASPathForm       ASPathForm
	LocalASN         uint32     // which of our ASNs the dump says that the router uses; 0: it does not say
	Neighbor         netip.Addr // the neighbour that the dump says it is of
	Digest           [32]byte   // SHA-256 of what the file holds, without blanks; zero where nothing was read
	Judged           Judgement  // by the table, of its rows
	MarksNotShown    Marks      // what its format has no place for: taken to be absent
	DefaultLocalPref Optional   // the dump's own default where it prints local preference only when set
	Live             bool       // a session, not a file
	Closed           bool       // left out on purpose (--files-only)
}

// Aside is a row that was set aside: where, and why.
type Aside struct {
	Line int // 1-based, 0: none
	Why  string
}

// Covers reports whether the feed covers the family: the dump marks or holds it, or the feed
// declares it.
func (f *Feed) Covers(fam Family) bool {
	return slices.Contains(f.State.Families, fam) || slices.Contains(f.Families, fam)
}

// Contradicts says what in the feed's text, its rows or the feeds beside it denies its declaration; empty
// where nothing does.
func (s *FeedState) Contradicts() string {
	if s.Contradiction != "" {
		return s.Contradiction
	}
	return s.Judged.Contradiction
}

// Failing says why the feed is no complete, fresh evidence; empty where it is.
// A partial feed's rows stay certain, a stale or contradicting one's do not.
func (f *Feed) Failing() string {
	s := &f.State
	switch {
	case s.Closed:
		return fmt.Sprintf("feed %s is live and was left out", f.Name)
	case s.Unreadable:
		return fmt.Sprintf("feed %s could not be read", f.Name)
	case s.Contradicts() != "":
		return fmt.Sprintf("feed %s contradicts its declaration: %s", f.Name, s.Contradicts())
	case s.Judged.Strangers != "":
		return fmt.Sprintf("feed %s may be another table: %s", f.Name, s.Judged.Strangers)
	case s.Later:
		return fmt.Sprintf("feed %s is from %s, %s", f.Name, s.AsOf.UTC().Format(time.RFC3339), s.later())
	case s.Outdated:
		return fmt.Sprintf("feed %s is stale: its file has changed and cannot be read", f.Name)
	case s.Stale && s.Live:
		return fmt.Sprintf("feed %s is stale: %s old, no session is up", f.Name, s.Age.Round(time.Second))
	case s.Stale:
		return fmt.Sprintf("feed %s is stale: %s old, max-age is %s", f.Name, s.Age.Round(time.Second), s.MaxAge)
	case s.WeakAge:
		return fmt.Sprintf("feed %s has max-age but only its file's mtime for an age: give taken:, or trust-mtime: true", f.Name)
	case s.Complete == CompleteNo || s.Complete == "":
		return fmt.Sprintf("feed %s is partial", f.Name)
	}
	return ""
}

// later says which moment a state that is from later is held against.
func (s *FeedState) later() string {
	if s.Asked.IsZero() {
		return fmt.Sprintf("later than now by %s: check the router's clock, or taken:", s.Ahead.Round(time.Second))
	}
	return fmt.Sprintf("later than %s, the moment that is asked for, by %s", s.Asked.UTC().Format(time.RFC3339), s.Ahead.Round(time.Second))
}

// RowsUsable reports whether the feed's rows may be candidates: those of a partial feed may, those
// of a stale, outdated, later, contradicting or unread one may not.
func (f *Feed) RowsUsable() bool {
	s := &f.State
	return !s.Closed && !s.Unreadable && s.Contradicts() == "" && !s.Later && !s.Outdated && !s.Stale && !s.WeakAge
}
