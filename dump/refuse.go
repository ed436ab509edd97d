package dump

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bgpaudit/dump/azure"
	"bgpaudit/dump/bird"
	"bgpaudit/dump/cisco"
	"bgpaudit/dump/junos"
	"bgpaudit/dump/mrt"
	"bgpaudit/dump/openconfig"
	"bgpaudit/dump/panos"
	"bgpaudit/dump/reading"
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
	srosErrors    = [][]byte{[]byte("MINOR: "), []byte("MAJOR: "), []byte("CRITICAL: ")}
	routingKeys   = []string{"table_addrf", "ucast-nhops"}
	restKeys      = []string{"bgproute", "bgpadvtdroutes", "bgpdomaf"}
)

// refusal says why no format reads a file that begins with head.
func refusal(head, body []byte) error {
	trimmed := bytes.TrimSpace(head)
	switch line := reading.FirstLine(trimmed); {
	case len(trimmed) == 0:
		return fmt.Errorf("holds nothing but blanks: the export failed; run it again")
	case bytes.HasPrefix(trimmed, []byte("%")), beginsWithAny(trimmed, srosErrors):
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(line))
	case mrt.IsBMP(head):
		return mrt.ErrBMP
	case binaryText(head):
		return errors.New("is a binary file, not a dump in a known format: docs/formats lists them")
	}
	if said := routerWarning(body); said != "" {
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(said))
	}
	if arubaTable(head) {
		return errors.New("looks like a table of Aruba's AOS-CX, which is not read: give the neighbor's own table, or turn it into canonical records (docs/formats/jsonl.md)")
	}
	if what := panos.Page(head); what != "" {
		return fmt.Errorf("not a route table that is read: looks like %s", what)
	}
	if what := lookalike(head, body); what != "" {
		return fmt.Errorf("not a route table: looks like %s: export the routes themselves, as docs/formats says", what)
	}
	if header := bareHeader(head); header != "" {
		return fmt.Errorf("rows under %s, without what a router prints above it, are of no one platform: export the whole answer, or say format: ios on the feed for IOS and IOS XE (frr, iosxr or nxos for those)", reading.Quote(header))
	}
	if line := bareDefault(head); line != "" {
		return fmt.Errorf("%s, without what a router prints above it, is of no one platform: export the whole answer, or say format: frr on the feed for FRR (ios for IOS and IOS XE)", reading.Quote(line))
	}
	if said := bird.Answer(head); said != "" {
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(said))
	}
	return fmt.Errorf("not a route table in a known format: it begins %s; export it in one of these, as docs/formats says, or name its format with format: on the feed", reading.Quote(reading.FirstLine(trimmed)))
}

// routerWarning is the text of {"warning":"No such neighbor"}.
func routerWarning(body []byte) string {
	cur := reading.Cursor{Bytes: body}
	cur.Enter('{')
	if !cur.Next('}') {
		return ""
	}
	switch key := string(cur.Key()); {
	case key == "errors" && cur.Peek() == '[': // EOS: {"errors":["BGP inactive"]}
		cur.Enter('[')
	case key != "warning" && key != "error":
		return ""
	}
	if cur.Peek() != '"' {
		return ""
	}
	return string(cur.Text())
}

// lookalike names the page that a head comes from, where it is one that people take for a table.
func lookalike(head, body []byte) string {
	if body[0] == '{' || body[0] == '[' {
		list := reading.Members(body)
		switch {
		case reading.HasMember(list, azure.NICKeys...):
			return "the effective routes of a network interface, which are not BGP routes"
		case reading.HasMember(list, azure.RouteMapKeys...):
			return "the rules of an Azure route map, which are not routes"
		case reading.HasMember(list, "bgpCommunities") && reading.HasMember(list, "prefix") && !reading.HasMember(list, "nextHop"):
			return "what an Azure route map is given or makes (get-inbound-routes, get-outbound-routes), without whom it came from"
		case reading.HasMember(list, azure.ARPKeys...):
			return "an ARP table"
		case reading.HasMember(list, "changeNumber") && reading.HasMember(list, "values"):
			return "Azure's service tags, which a remote names with service-tags:"
		case reading.HasMember(list, "serviceArea"):
			return "Microsoft 365's endpoints, which a remote names with m365-endpoints:"
		case len(list) == 1 && list[0] == reading.Member{Key: "vrfs", Opens: '{'}:
			return "an answer of EOS without any VRF"
		case reading.HasMember(list, routingKeys...), reading.HasMember(list, "distance") && reading.HasMember(list, "vxc"):
			return "a routing table of all protocols"
		case reading.HasMember(list, restKeys...):
			return "an answer of NX-API REST, which is not read"
		case openconfig.NokiaTree(body):
			return "the state of a Nokia router in JSON, without the tables that nokia-json reads"
		case reading.HasMember(list, bird.BirdwatcherKey):
			return "a page of birdwatcher without routes"
		case reading.HasMember(list, summaryKeys...):
			return "a BGP summary"
		case reading.HasMember(list, neighborKeys...):
			return "a BGP neighbor page"
		}
		return ""
	}
	if openconfig.GnmicFlat(head) {
		return "gnmic's flat format, which loses what a leaf is of (say --format json)"
	}
	if page := azure.TablePage(head); page != "" {
		return page
	}
	if junos.SummaryLine.Match(head) {
		return "a summary of Junos's routing tables"
	}
	if page := bird.Page(head); page != "" {
		return page
	}
	text := strings.ToLower(string(head))
	switch {
	case reading.ContainsAny(text, azure.RouteMapKeys):
		return "the rules of an Azure route map, which are not routes"
	case strings.Contains(text, "local sid") && strings.Contains(text, "alloc mode"):
		return "a table of SRv6 SIDs (local-sids), which shows no next hop and no path"
	case reading.ContainsAny(text, onePrefixText):
		return "the page of one prefix, or a table with detail"
	case reading.ContainsAny(text, routingText):
		return "a routing table of all protocols"
	case reading.ContainsAny(text, neighborText):
		return "a BGP neighbor page"
	case reading.ContainsAny(text, summaryText):
		return "a BGP summary"
	}
	return ""
}

// arubaTable reports whether a head is of AOS-CX, whose columns are much like those of IOS: "Local Router-ID 192.0.2.3" stands
// above them, and "Total number of entries" below.
func arubaTable(head []byte) bool {
	router, columns := false, false
	for line := range bytes.Lines(head) {
		text := bytes.TrimSpace(line)
		router = router || bytes.HasPrefix(bytes.ToLower(text), []byte("local router-id "))
		columns = columns || bytes.HasPrefix(text, []byte("Network ")) && bytes.HasSuffix(text, []byte(" Path")) || bytes.HasPrefix(text, []byte("Total number of entries "))
	}
	return router && columns
}

// bareHeader is the header of a table that IOS and others print alike, where nothing above it tells which did.
func bareHeader(head []byte) string {
	for line := range bytes.Lines(head) {
		if text := bytes.TrimSpace(line); cisco.IsColumnHeader(text) && bytes.Contains(text, []byte("Next Hop")) {
			return strings.Join(strings.Fields(string(text)), " ")
		}
	}
	return ""
}

// bareDefault is the line with which FRR and IOS say that a default route is sent, where it is the whole answer.
func bareDefault(head []byte) string {
	for line := range bytes.Lines(head) {
		if text := bytes.TrimSpace(line); bytes.HasPrefix(text, []byte("Originating default network ")) {
			return string(text)
		}
	}
	return ""
}

func beginsWithAny(text []byte, words [][]byte) bool {
	return slices.ContainsFunc(words, func(w []byte) bool { return bytes.HasPrefix(text, w) })
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
