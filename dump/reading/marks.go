package reading

import (
	"fmt"

	"bgpaudit/rib"
)

// StateMarks are what a router may say of a route beside its choice: each format prints some of them. Best and
// multipath are attributes (rib.AttrBest), and what a format lacks of those is told row by row.
const StateMarks = rib.Stale | rib.Invalid | rib.Filtered | rib.IBGP | rib.RIBFailure | rib.RPKIInvalid

// markNames are the names that canonical records have for marks, in record order.
var markNames = []struct {
	mark rib.Marks
	name string
}{
	{rib.Stale, "stale"},
	{rib.Invalid, "invalid"},
	{rib.Filtered, "filtered"},
	{rib.IBGP, "internal"},
	{rib.RIBFailure, "rib_failure"},
	{rib.RPKIInvalid, "rpki_invalid"},
	{rib.Unselected, "unselected"},
}

// MarkNames lists marks by the names that canonical records have for them, in record order.
func MarkNames(m rib.Marks) []string {
	names := []string{}
	for _, n := range markNames {
		if m.Has(n.mark) {
			names = append(names, n.name)
		}
	}
	return names
}

// ParseMarks is the inverse of [MarkNames].
func ParseMarks(names []string) (rib.Marks, error) {
	var m rib.Marks
next:
	for _, name := range names {
		for _, n := range markNames {
			if n.name == name {
				m |= n.mark
				continue next
			}
		}
		return 0, fmt.Errorf("unknown mark %q", name)
	}
	return m, nil
}

// shows are those of StateMarks that a format prints, in any of its forms and views: what its legend names, or has a
// key for. A reader whose dump shows more (Junos, with detail) takes that out of Header.MarksNotShown.
// Where every row names its neighbour's ASN, that tells an iBGP neighbour.
var shows = map[string]rib.Marks{
	"azure-csv":          0,
	"azure-format-table": 0,
	"azure-json":         0,
	"azure-list":         0,
	"azure-table":        0,
	"bgpdump-m":          rib.IBGP,
	"bird":               rib.Stale | rib.Invalid | rib.Filtered | rib.RIBFailure,
	"birdwatcher":        rib.Filtered,
	"comware":            rib.Stale | rib.Invalid | rib.IBGP,
	"eos":                rib.Stale | rib.Invalid | rib.RIBFailure | rib.RPKIInvalid,
	"eos-json":           rib.Stale | rib.Invalid | rib.IBGP | rib.RIBFailure,
	"fortios":            rib.Stale | rib.Invalid | rib.IBGP,
	"frr":                rib.Stale | rib.Invalid | rib.IBGP | rib.RIBFailure | rib.RPKIInvalid,
	"frr-json":           rib.Stale | rib.Invalid | rib.IBGP | rib.RIBFailure | rib.RPKIInvalid | rib.Filtered,
	"gcp-json":           rib.Invalid,
	"gobgp":              rib.Stale | rib.RPKIInvalid,
	"gobgp-json":         rib.Stale,
	"ios":                rib.Stale | rib.Invalid | rib.IBGP | rib.RIBFailure | rib.RPKIInvalid,
	"iosxr":              rib.Stale | rib.Invalid | rib.IBGP | rib.RIBFailure | rib.RPKIInvalid,
	"junos":              rib.Invalid | rib.Filtered,
	"junos-json":         rib.Invalid | rib.Filtered,
	"junos-xml":          rib.Invalid | rib.Filtered,
	"megaport-json":      rib.Invalid | rib.IBGP,
	"mrt":                rib.IBGP,
	"nokia":              rib.Stale | rib.Invalid,
	"nokia-json":         rib.Stale | rib.Invalid | rib.Filtered | rib.RPKIInvalid,
	"nxos":               rib.Stale | rib.Invalid | rib.IBGP,
	"nxos-json":          rib.Stale | rib.Invalid | rib.IBGP,
	"openbgpd":           rib.Stale | rib.Invalid | rib.Filtered | rib.IBGP | rib.RPKIInvalid,
	"openbgpd-json":      rib.Stale | rib.Invalid | rib.Filtered | rib.IBGP | rib.RPKIInvalid,
	"openconfig":         rib.Invalid | rib.Filtered,
	"panos":              0,
	"pcap":               rib.IBGP,
	"srlinux":            rib.Stale | rib.Invalid,
	"vrp":                rib.Stale | rib.Invalid | rib.IBGP | rib.RPKIInvalid,
}

// MarksNotShown are those of StateMarks that a format has no place for. Records of no format that is known have a
// place for all.
func MarksNotShown(format string) rib.Marks {
	m, known := shows[format]
	if !known {
		return 0
	}
	return StateMarks &^ m
}

// meant are those of a row's marks that say something in the feed's view. Where a route came from, and what else
// the router forwards by, says nothing of what it sends a neighbour; a choice that is not marked says something of
// what it sends alone. Where no view is declared (convert) all are kept: the view that the records are read under
// will tell.
func (s *Source) meant(m rib.Marks) rib.Marks {
	switch {
	case s.View == "":
		return m
	case AdvertisedView(s.View):
		return m &^ (rib.IBGP | rib.RIBFailure)
	}
	return m &^ rib.Unselected
}
