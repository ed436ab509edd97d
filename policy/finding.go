package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"bgpaudit/rib"
)

// CauseKind says what kind of thing a finding comes from.
type CauseKind string

// The kinds of cause.
const (
	CauseAdvertised CauseKind = "advertised" // a route we advertise
	CauseReceived   CauseKind = "received"   // routes we receive towards a remote
	CauseAbsent     CauseKind = "absent"     // a route that should be there and is not
	CauseEvidence   CauseKind = "evidence"   // what the audit could not see
)

// Cause is what must change for a finding to go. Findings of one cause form a group.
type Cause struct {
	What   CauseKind
	Prefix netip.Prefix // zero for a received or evidence cause
	Remote string       // of a received cause, in place of a prefix
	Link   string       // a link, or the circuit where all its sides show the same
}

// Subject is what a finding is about.
type Subject struct {
	Kind string // "prefix", "pool", "service", "link", "feed", "site", "waiver"
	Name string
}

// Evidence is one route or feed that a finding rests on.
type Evidence struct {
	Feed   string
	Link   string
	View   rib.View
	Prefix netip.Prefix
	Seen   string // file:line
}

// Finding is one thing that is wrong, or that the audit could not see.
type Finding struct {
	ID       string // fingerprint
	Group    string // ID of the group's head
	CausedBy string // ID of the head where this is an effect, else empty
	Cause    Cause
	Check    string
	Severity Severity
	Subject  Subject
	Family   rib.Family
	Prefixes []netip.Prefix
	Links    []string
	Message  string
	Story    []string // the packet's way, step by step
	Hint     string   // what to do
	Note     string   // what holds whichever is done; the hint ends with it
	Do       []Change // the same for programs; none where it is a choice, or nothing that a change of routes can mend
	Source   string   // the document behind the rule
	Inferred bool
	Assumes  []string
	Evidence []Evidence
	Config   string // file:line of the declaration
	WaivedBy string // file:line of the waiver, or empty

	// Of evidence that is missing on a link: what is not seen, a line a direction; what that leaves open; and,
	// if their failing is all of it, the feeds, each of which has a finding of its own.
	Unseen, Opens, LostBy []string

	// More is how many findings this one stands for, where it is the rest of a flood that is not told
	// by name; else 0.
	More int

	advice *advice
	flood  *pile // of such a one
	gaps   []gap // what an evidence finding stands for
	tells  []gap // those of them of which it says all there is to say

	waiver *Waiver // what a finding about a waiver is about
}

// fingerprint names a finding for ever: by check, subject, family, links and cause, and never by
// files, times, wording or the ranges that happen to be affected.
func (f *Finding) fingerprint() string {
	links := slices.Clone(f.Links)
	slices.Sort(links)
	cause := f.Cause.Remote
	if f.Cause.Prefix.IsValid() {
		cause = f.Cause.Prefix.String()
	}
	return fingerprintOf(f.Check, f.Subject.Kind, f.Subject.Name, f.Family.String(), strings.Join(links, ","), cause)
}

func fingerprintOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// State is what a check says of one link and family.
type State string

// The states, weakest first.
const (
	NotApplicable State = "not-applicable"
	OK            State = "ok"
	UnknownState  State = "unknown"
	Fired         State = "fired"
)

var stateOrder = []State{NotApplicable, OK, UnknownState, Fired}

// CheckState is one line of the list of checks.
type CheckState struct {
	Check  string
	Link   string
	Family rib.Family
	State  State
	Reason string

	// Told is set where an unknown state hangs on missing evidence alone, and findings say which.
	Told bool
}

// gap is a piece of missing evidence that leaves something open: a link's direction and family,
// or a feed's fault.
type gap struct {
	link   rib.LinkID // NoLink: no link in particular
	dir    rib.Direction
	fam    rib.Family
	untied bool // with NoLink: a route that is tied to no link
}

// openGaps says what each gap leaves open: "check link/wrong".
type openGaps map[gap][]string

func (o openGaps) add(what string, g gap) { o[g] = addTexts(o[g], what) }

func (c Cause) String() string {
	what := c.Remote
	if c.Prefix.IsValid() {
		what = c.Prefix.String()
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", c.What, what, c.Link)), " ")
}
