package reading

import (
	"fmt"
	"net/netip"
	"strings"

	"bgpaudit/rib"
)

// Direction is which way the routes of a table go, as the router sees it that prints them.
type Direction uint8

// The directions. Of a table that is not known to be advertised or received, the router holds it.
const (
	NoDirection Direction = iota
	Advertised            // what it sends a neighbour
	Received              // what a neighbour sends it
	Held                  // what it chooses from
)

// Policy is on which side of import or export policy a table stands.
type Policy uint8

// Where nothing is said, it may be either side.
const (
	NoPolicy Policy = iota
	BeforePolicy
	BehindPolicy
)

// Extent is whose routes a table holds.
type Extent uint8

// Where nothing is said, it may be either.
const (
	NoExtent Extent = iota
	OfOne           // one neighbour's
	OfAll           // every neighbour's: the whole table
)

// Holder is who holds a table that is no router's of ours by its very command.
type Holder uint8

// Azure names them in its commands.
const (
	ARouter Holder = iota
	Gateway        // a gateway, a route server or a hub of Azure
	Circuit        // Microsoft's side of an ExpressRoute circuit
)

// Shown is what a command, a heading, columns or rows show a table to be. Readers fill it and judge nothing: that is
// for [Collector.Ask] and [Collector.Shows]. A field that nothing is said of is zero.
type Shown struct {
	Line int
	// What says it, as a clause: "the columns are those of advertised routes". Empty: a command, in the words of the
	// fields below.
	What      string
	Asked     string // the command's own words: the same ones twice ask for the same table
	Direction Direction
	Policy    Policy
	Extent    Extent
	Holder    Holder
	Neighbor  netip.Addr
	Peer      string // the neighbour's name, where it is none of an address
	VRF       string
	NoVRF     bool   // it could have named a VRF, and names none
	Part      string // the word that makes the answer a part of a table
	Side      string // of a circuit
	Instance  string // of a gateway that has several: their tables are one
	Peering   rib.LinkKind
}

// Words joins the words of a command for [Shown.Asked].
func Words(words []string) string {
	out := ""
	for i, w := range words {
		if i > 0 {
			out += " "
		}
		out += w
	}
	return out
}

// clause says what is shown.
func (s *Shown) clause() string {
	if s.What != "" {
		return s.What
	}
	return "the command shows " + s.object()
}

func (s *Shown) object() string {
	switch {
	case s.Holder == Circuit:
		return "what Microsoft's side of the circuit holds"
	case s.Holder == Gateway && s.Direction == Advertised:
		return "what the gateway advertises"
	case s.Holder == Gateway:
		return "what the gateway learned"
	case s.Direction == Advertised && s.Policy == BeforePolicy:
		return "what export policy has yet to see"
	case s.Direction == Advertised:
		return "what is advertised"
	case s.Policy == BehindPolicy && s.Direction == Received:
		return "what import policy accepts of one neighbor's routes"
	case s.Policy == BeforePolicy:
		return "what is received before import policy"
	case s.Direction == Received:
		return "what is received"
	case s.Extent == OfOne:
		return "the routes of one neighbor"
	case s.Extent == OfAll:
		return "the whole table"
	}
	return "what the router holds"
}

// denies reports whether a table cannot be both what is shown and what the view says (docs/decisions/0100).
func (s *Shown) denies(view rib.View) bool {
	switch view {
	case rib.AdjRIBOutPost, rib.AdjRIBOutPre:
		return s.deniesSent(view)
	case rib.AdjRIBInPost, rib.AdjRIBInPre:
		return s.deniesReceived(view)
	case rib.BGPTable, rib.LocRIB:
		return s.Direction == Advertised || s.Direction == Received || s.Direction == NoDirection && s.Extent == OfOne || s.Holder == Circuit
	case rib.FarEnd, rib.Collector:
		return s.Direction == Advertised
	case rib.Chosen:
		return s.Direction == Advertised || s.Direction == Received
	}
	return false
}

func (s *Shown) deniesSent(view rib.View) bool {
	switch s.Direction {
	case Received, Held:
		return true
	case Advertised:
		return s.Policy == BeforePolicy && view == rib.AdjRIBOutPost || s.Policy == BehindPolicy && view == rib.AdjRIBOutPre
	}
	return false
}

func (s *Shown) deniesReceived(view rib.View) bool {
	if s.Direction == Advertised || s.Direction == Held && s.Extent == OfAll {
		return true
	}
	return s.Policy == BeforePolicy && view == rib.AdjRIBInPost || s.Policy == BehindPolicy && view == rib.AdjRIBInPre
}

// judge is the one place in which what a text shows is held against the config.
func (c *Collector) judge(s *Shown) {
	if s.Part != "" {
		c.Problem(s.Line, "the command shows a part of the table alone (%s)", Quote(s.Part))
	}
	view, vrf := c.Source.View, c.Source.VRF
	if s.NoVRF && vrf != "" && vrf != "default" {
		c.Problem(s.Line, "the command names no VRF, the config says vrf: %s", vrf)
	}
	switch {
	case s.denies(view):
		comma := ","
		if strings.Contains(s.clause(), ",") {
			comma = ";"
		}
		c.Say("%s%s the config says %s%s", s.clause(), comma, view, s.itIs(view))
	case (TableView(view) || view == rib.Chosen) && s.Direction == Held && s.Extent == OfOne:
		c.Problem(s.Line, "the command shows the routes of %s alone, the config says %s", s.one(), view)
	}
}

// itIs names the view that a policy makes it, where that is all that is wrong.
func (s *Shown) itIs(view rib.View) string {
	switch {
	case AdvertisedView(view) && s.Direction == Advertised && s.Policy == BeforePolicy:
		return fmt.Sprintf(": it is %s", rib.AdjRIBOutPre)
	case AdvertisedView(view) && s.Direction == Advertised:
		return fmt.Sprintf(": it is %s", rib.AdjRIBOutPost)
	case ReceivedView(view) && s.Direction == Received && s.Policy == BeforePolicy:
		return fmt.Sprintf(": it is %s", rib.AdjRIBInPre)
	case ReceivedView(view) && s.Direction == Received:
		return fmt.Sprintf(": it is %s", rib.AdjRIBInPost)
	}
	return ""
}

func (s *Shown) one() string {
	switch {
	case s.Neighbor.IsValid():
		return "neighbor " + s.Neighbor.String()
	case s.Peer != "":
		return s.Peer
	}
	return "one neighbor"
}

// strange says why an answer is not the feed's: another neighbour's, VRF's, side's or peering's. Empty: it is, as far
// as is shown.
func (c *Collector) strange(s *Shown) string {
	src := &c.Source
	switch {
	case src.View == "":
		return ""
	case s.Side != "" && src.Link.Side != "" && s.Side != src.Link.Side:
		return fmt.Sprintf("the %s side of the circuit, the config says side: %s", s.Side, src.Link.Side)
	case s.Peering != "" && src.Link.Kind != "" && src.Link.Kind != rib.OtherKind && s.Peering != src.Link.Kind:
		return fmt.Sprintf("%s, the config says kind: %s", s.Peering, src.Link.Kind)
	case s.VRF != "" && src.VRF != "" && !sameVRF(s.VRF, src.VRF):
		return fmt.Sprintf("VRF %s, the config says vrf: %s", s.VRF, src.VRF)
	}
	if want := src.notOf(s.Neighbor); want != "" {
		return fmt.Sprintf("neighbor %s, the config says %s", s.Neighbor, want)
	}
	return ""
}

// sameVRF reports whether two names are of one VRF. A route distinguisher is of one by another name; what is outside
// VRFs goes by several.
func sameVRF(a, b string) bool {
	if a == "Base" || a == "master" {
		a = "default"
	}
	if b == "Base" || b == "master" {
		b = "default"
	}
	return a == b || isRD(a) != isRD(b)
}

func isRD(name string) bool {
	for i := range len(name) {
		if name[i] == ':' {
			return true
		}
	}
	return false
}

// notOf names the neighbours of the config, where none of them is a. neighbor: on a feed is exact; of the addresses
// that a link lists, those of a's family count, and where it lists none of it, nothing is denied. Only the views of
// one neighbour's routes are of the link's own neighbours: at a far end they are the other router's.
func (s *Source) notOf(a netip.Addr) string {
	if !a.IsValid() || !ReceivedView(s.View) && !AdvertisedView(s.View) {
		return ""
	}
	if s.Neighbor.IsValid() {
		if a == s.Neighbor {
			return ""
		}
		return s.Neighbor.String()
	}
	listed := ""
	for _, n := range s.Link.Neighbors {
		n = n.WithZone("").Unmap()
		if n == a {
			return ""
		}
		if n.Is4() == a.Is4() {
			if listed != "" {
				listed += " or "
			}
			listed += n.String()
		}
	}
	if a.IsLinkLocalUnicast() { // any router has one: it tells nobody apart
		return ""
	}
	return listed
}

// OnlyNeighbor is the neighbour that the config names: the feed's, or the only one of its link.
func (s *Source) OnlyNeighbor() netip.Addr {
	if !s.Neighbor.IsValid() && len(s.Link.Neighbors) == 1 {
		return s.Link.Neighbors[0]
	}
	return s.Neighbor
}
