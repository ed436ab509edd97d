package dump

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What a head holds that is no route table, and what to export in its place.
var (
	summaryText = []string{
		"bgp summary information", "bgp router identifier", "bgp is not running", "bgp not active",
		"msgrcvd", "state/pfxrcd", "statepfxrcd", "pfxrcd", "<bgp-information", "peer-count",
	}
	neighborText  = []string{"bgp neighbor is", "bgp neighbor information", "bgp state =", "remote router id"}
	onePrefixText = []string{"bgp routing table entry for"}
	routingText   = []string{"gateway of last resort", "routing entry for", "ip route table for", "ipv6 routing table", "codes: l - local", "codes: k - kernel", "routing table for vrf", "codes: c - connected", "routing table: "}
	summaryKeys   = []string{"peers", "peercount", "peerlist", "statepfxrcd", "prefixreceivedcount", "pfxrcd", "msgrcvd", "failedpeers", "totalpeers", "num_destination", "bgp-information", "configuredpeers", "vrfestablishedpeers"}
	neighborKeys  = []string{"bgpstate", "nbrdesc", "bgpneighboraddr", "remoterouterid", "neighboraddr", "bgptimerupmsec", "peeraddress", "remote_as", "apply_policy", "remoteas"}
	nicKeys       = []string{"nexthopipaddress", "hasbgpoverride", "disablebgproutepropagation"}
	arpKeys       = []string{"macaddress"}
	srosErrors    = [][]byte{[]byte("MINOR: "), []byte("MAJOR: "), []byte("CRITICAL: ")}
	routingKeys   = []string{"table_addrf", "ucast-nhops"}
	restKeys      = []string{"bgproute", "bgpadvtdroutes", "bgpdomaf"}
)

// refusal says why no format reads a file that begins with head.
func refusal(head, body []byte) error {
	trimmed := bytes.TrimSpace(head)
	switch line := firstLine(trimmed); {
	case len(trimmed) == 0:
		return fmt.Errorf("holds nothing but blanks: the export failed; run it again")
	case bytes.HasPrefix(trimmed, []byte("%")), beginsWithAny(trimmed, srosErrors):
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", quote(line))
	case binaryText(head):
		return errors.New("is a binary file, not a dump in a known format: docs/formats lists them")
	}
	if said := routerWarning(body); said != "" {
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", quote(said))
	}
	if what := panosPage(head); what != "" {
		return fmt.Errorf("not a route table that is read: looks like %s", what)
	}
	if what := lookalike(head, body); what != "" {
		return fmt.Errorf("not a route table: looks like %s: export the routes themselves, as docs/formats says", what)
	}
	if header := bareHeader(head); header != "" {
		return fmt.Errorf("rows under %s, without what a router prints above it, are of no one platform: export the whole answer, or say format: ios on the feed for IOS and IOS XE (frr, iosxr or nxos for those)", quote(header))
	}
	if said := birdAnswer(head); said != "" {
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", quote(said))
	}
	return fmt.Errorf("not a route table in a known format: it begins %s; export it in one of these, as docs/formats says, or name its format with format: on the feed", quote(firstLine(trimmed)))
}

// routerWarning is the text of {"warning":"No such neighbor"}.
func routerWarning(body []byte) string {
	cur := cursor{b: body}
	cur.enter('{')
	if !cur.next('}') {
		return ""
	}
	switch key := string(cur.key()); {
	case key == "errors" && cur.peek() == '[': // EOS: {"errors":["BGP inactive"]}
		cur.enter('[')
	case key != "warning" && key != "error":
		return ""
	}
	if cur.peek() != '"' {
		return ""
	}
	return string(cur.str())
}

// lookalike names the page that a head comes from, where it is one that people take for a table.
func lookalike(head, body []byte) string {
	if body[0] == '{' || body[0] == '[' {
		list := members(body)
		switch {
		case hasMember(list, nicKeys...):
			return "the effective routes of a network interface, which are not BGP routes"
		case hasMember(list, arpKeys...):
			return "an ARP table"
		case hasMember(list, "changeNumber") && hasMember(list, "values"):
			return "Azure's service tags, which a remote names with service-tags:"
		case hasMember(list, "serviceArea"):
			return "Microsoft 365's endpoints, which a remote names with m365-endpoints:"
		case len(list) == 1 && list[0] == member{"vrfs", '{'}:
			return "an answer of EOS without any VRF"
		case hasMember(list, routingKeys...):
			return "a routing table of all protocols"
		case hasMember(list, restKeys...):
			return "an answer of NX-API REST, which is not read"
		case nokiaTree(body):
			return "the state of a Nokia router in JSON, without the tables that nokia-json reads"
		case hasMember(list, birdwatcherKey):
			return "a page of birdwatcher without routes"
		case hasMember(list, summaryKeys...):
			return "a BGP summary"
		case hasMember(list, neighborKeys...):
			return "a BGP neighbor page"
		}
		return ""
	}
	if gnmicFlat(head) {
		return "gnmic's flat format, which loses what a leaf is of (say --format json)"
	}
	if page := azureTablePage(head); page != "" {
		return page
	}
	if junosSummaryLine.Match(head) {
		return "a summary of Junos's routing tables"
	}
	if page := birdPage(head); page != "" {
		return page
	}
	text := strings.ToLower(string(head))
	switch {
	case containsAny(text, onePrefixText):
		return "the page of one prefix, or a table with detail"
	case containsAny(text, routingText):
		return "a routing table of all protocols"
	case containsAny(text, neighborText):
		return "a BGP neighbor page"
	case containsAny(text, summaryText):
		return "a BGP summary"
	}
	return ""
}

// bareHeader is the header of a table that IOS and others print alike, where nothing above it tells which did.
func bareHeader(head []byte) string {
	for line := range bytes.Lines(head) {
		if text := bytes.TrimSpace(line); isColumnHeader(text) {
			return strings.Join(strings.Fields(string(text)), " ")
		}
	}
	return ""
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func beginsWithAny(text []byte, words [][]byte) bool {
	return slices.ContainsFunc(words, func(w []byte) bool { return bytes.HasPrefix(text, w) })
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return bytes.TrimSpace(line)
}

// binaryText reports whether the head holds bytes that no text does.
func binaryText(head []byte) bool {
	for _, c := range head {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\x1b' && c != '\b' {
			return true
		}
	}
	return false
}
