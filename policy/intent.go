package policy

import (
	"net/netip"
	"slices"
	"time"

	"bgpaudit/rib"
)

// Intent is what the config says should be. It is plain data: configs.Load has checked that every
// name is defined and every value is in range, so the checks need not.
type Intent struct {
	Site      Site
	Links     []rib.Link
	Observers []rib.ObserverSpec // changes and additions to the four built-in observers
	Prefixes  []Prefix
	Pools     []Pool
	Services  []Service
	Remotes   []Remote
	Checks    []CheckSetting
	Waivers   []Waiver
	MaxSkew   time.Duration // between feeds; 0: one hour
	Brief     bool          // leave out what to do beside findings: of an audit that only asks what they are
	Pos       string        // file:line of links:, where the site as a whole is meant
}

// Site is the audited company.
type Site struct {
	ASNs              []uint32
	Families          []rib.Family // overrides the families audited; empty: found from declarations and feeds
	RoutingPreference string       // observer azure: "expressroute" (default), "vpn" or "as-path"
	Pos               string
}

// Prefix declares where a public prefix may be advertised.
type Prefix struct {
	Name          string
	Prefixes      []netip.Prefix
	Links         []string
	NeverLinks    []string
	Backups       Backups
	MoreSpecifics *MoreSpecifics
	Pos           string // file:line
}

// Backups are links that stand in for those of a declaration. While one of its links has a route they must
// not win, nor tie; those of WhenDown must not even carry it then.
type Backups struct {
	Always, WhenDown []string
}

// names lists both.
func (b *Backups) names() []string { return slices.Concat(b.Always, b.WhenDown) }

// has reports whether the link stands in.
func (b *Backups) has(link string) bool {
	return slices.Contains(b.Always, link) || slices.Contains(b.WhenDown, link)
}

// MoreSpecifics bounds the parts of a declared prefix that may be advertised.
type MoreSpecifics struct {
	MaxLength int      // 0: no bound; compared within the family of each prefix
	Links     []string // nil: the prefix's own links
}

// Pool is a NAT address pool: the source addresses of connections that we start.
type Pool struct {
	Name     string
	Prefixes []netip.Prefix
	Links    []string // where its traffic is meant to leave and return; intent, not mechanism
	Backups  Backups
	Pos      string
}

// carriedBy reports whether the pool is meant for the link, or the link stands in there.
func (p *Pool) carriedBy(link string) bool {
	return slices.Contains(p.Links, link) || p.Backups.has(link)
}

// Initiator says who starts a service's connections.
type Initiator string

// The two initiators.
const (
	RemoteStarts Initiator = "remote"
	WeStart      Initiator = "us"
)

// ServiceKind selects Microsoft's advice for a service.
type ServiceKind string

// The kinds that have advice of their own, and the rest.
const (
	KindADFS  ServiceKind = "adfs"
	KindSMTP  ServiceKind = "smtp"
	KindOther ServiceKind = "other"
)

// Service is something that speaks to a remote network.
type Service struct {
	Name      string
	Kind      ServiceKind
	Addresses []netip.Prefix
	Pools     []string
	NAT       string // "none", or "" where nothing is said
	Remote    string // empty: every prefix that the ExpressRoute links carry, plus default-only
	Initiator Initiator
	Links     []string
	Backups   Backups
	Sees      []string // links whose received routes reach the service's network; nil: all
	SNAT      *SNAT
	Behind    string // the router it stands behind
	Pos       string
}

// SNAT is source NAT of connections that come in, at a firewall.
type SNAT struct {
	At string // the firewall
	To netip.Prefix
}

// Remote is a network beyond our links.
type Remote struct {
	Name                string
	Observer            string // who decides the return; set by configs even where the file leaves it out
	Prefixes            []netip.Prefix
	Communities         []rib.Community
	ServiceTags         []netip.Prefix // resolved from the file when the config was loaded
	M365Endpoints       []netip.Prefix // likewise
	DefaultOnly         bool
	CommunitiesOptional bool
	Pos                 string
}

// Severity weighs a finding.
type Severity uint8

// The severities, lowest first, so that they compare.
const (
	Info Severity = iota + 1
	Warning
	Error
)

func (s Severity) String() string {
	return [...]string{"off", "info", "warning", "error"}[s&3]
}

// CheckSetting changes one check.
type CheckSetting struct {
	ID       string
	Severity Severity // 0: unchanged
	Disabled bool
	Pos      string
}

// Waiver accepts findings on purpose until a date. Empty match fields match anything.
type Waiver struct {
	Check         string
	Link          string
	Prefix        netip.Prefix // matches findings whose prefixes it covers
	Pool          string
	Service       string
	Reason        string
	Owner         string
	Until         time.Time // end of that day, UTC
	AcceptUnknown bool
	Pos           string
}

// Options are what of the intent bears on decisions.
func (in *Intent) Options() rib.Options {
	o := rib.Options{RoutingPreference: in.Site.RoutingPreference, Observers: in.Observers}
	for _, d := range declarations(in) {
		o.Declared = append(o.Declared, d.prefixes...)
	}
	for i := range in.Remotes {
		o.Asked = append(o.Asked, in.Remotes[i].Observer)
	}
	return o
}
