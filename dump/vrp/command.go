package vrp

import (
	"net/netip"
	"strings"

	"bgpaudit/dump/reading"
)

// shown is what a command says of its answer: "display bgp routing-table peer 192.0.2.1 received-routes", "display bgp
// vpnv4 vpn-instance blue routing-table", Comware's "display bgp routing-table ipv4 unicast vpn-instance blue".
func shown(line int, words []string) (s reading.Shown, ok bool) {
	if len(words) < 3 || !reading.IsDisplay(words[0]) || words[1] != "bgp" {
		return s, false
	}
	s = reading.Shown{Line: line, Asked: reading.Words(words), Direction: reading.Held, Extent: reading.OfAll, NoVRF: true}
	peer := ""
	for i := 2; i < len(words); i++ {
		word, next := words[i], ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case reading.Short(word, "routing-table", 4):
			ok = true
		case word == "ipv4", word == "ipv6", word == "vpnv4", word == "vpnv6", word == "unicast":
		case word == "all" && strings.HasPrefix(words[i-1], "vpnv"):
		case reading.Short(word, "vpn-instance", 5):
			s.VRF, s.NoVRF = next, false
			i++
		case reading.Short(word, "peer", 2):
			peer = next
			i++
		case peer != "" && direction(&s, word):
		case word == "|" && reading.WholePipe(words[i+1:]), word == "|" && reading.Short(next, "no-more", 3):
			i = len(words)
		default:
			if s.Part == "" {
				s.Part = word
			}
		}
	}
	if s.Neighbor, _ = netip.ParseAddr(peer); peer != "" && !s.Neighbor.IsValid() {
		s.Peer = reading.Quote(peer)
	}
	if peer != "" && s.Extent == reading.OfAll {
		s.Part = "peer"
	}
	return s, ok
}

// direction reads what is asked of a neighbour. Without keep-all-routes VRP's received-routes are those that import policy
// left: which side they stand on is not known.
func direction(s *reading.Shown, word string) bool {
	switch {
	case reading.Short(word, "advertised-routes", 3):
		s.Direction, s.Extent = reading.Advertised, reading.OfOne
	case reading.Short(word, "received-routes", 3):
		s.Direction, s.Extent = reading.Received, reading.OfOne
	case reading.Short(word, "accepted-routes", 3):
		s.Direction, s.Policy, s.Extent = reading.Received, reading.BehindPolicy, reading.OfOne
	default:
		return false
	}
	return true
}
