package dump

import "regexp"

// noted is a file of the corpus, or several, that is not what its place says, and why.
type noted struct {
	pattern string // of its name
	fields  string // not held to these of its expected result; to none of it where empty
	says    string // the reader's words, as an expression
	routes  int    // counted by hand, where nothing else tells
	why     string
}

func find(list []noted, name string) *noted {
	for i := range list {
		if regexp.MustCompile(list[i].pattern).MatchString(name) {
			return &list[i]
		}
	}
	return nil
}

// notTables are no route tables, and must be refused.
var notTables = []noted{
	{pattern: `\.yml$|_expected\.py\.txt(\.gz)?$|expected_result\.json$|-(bgp|bmp)\.json$|\.out$|expected-diff\.json$`, why: "what another reader makes of a file"},
	{pattern: `\.(conf|toml|sh|py)$`, says: `not a route table in a known format`, why: "a configuration or a script"},
	{pattern: `^cli-summary-neighbors/`, why: "a summary or a neighbour page"},
	{pattern: `^azure-docs/`, says: `not a route table in a known format`, why: "a document"},
	{pattern: `^(azure-servicetags|o365-endpoints)/`, says: "service-tags:|m365-endpoints:", why: "a list of addresses, which a remote names and no feed does"},
	{pattern: `^bmp/|/bmp\.raw$`, why: "BMP, which a router sends over a session"},
	{pattern: `^bgp-session-raw/`, why: "one message, without the session that says how to read it"},
	{pattern: `^ris-live/|^daemon-exabgp/out`, why: "a stream of messages as JSON"},
	{pattern: `^full-table/(bart|pyasn)/`, why: "prefixes without routes"},
	{pattern: `/Show(Ip)?Bgp(All)?Detail/|_detail\.(raw|txt)$|/Show(BgpVrfAf|BgpAddressfamily)Prefix|/show_ip_bgp_(vpnv4_vrf_\w+_|vrf_default_)?1_0_4_0_24\.txt$|unicast_13\.64\.151\.161_32\.txt$`, says: `the page of one prefix, or a table with detail|nothing but blanks`, why: "the page of a prefix, or a table of such pages"},
	{pattern: `/napalm/.*/(show_vrf|show_ip_vrf|show_ip_protocols|show_bgp_process|show_ip_route|.*RIB__VRFTable|show_ip_bgp_.*neighbors)`, why: "another command's answer"},
	{pattern: `ShowBgpVrf/golden_output_[46]_output|show_bgp_vrf_all_ipv4_summary|show_bgp_summary|show\.summary\.json|show\.txt$|show_route_summary|show_route_count|status\d\.sample`, says: `looks like (a BGP (summary|neighbor page)|a count of BIRD's routes|BIRD's status|a summary of Junos's|a table of SRv6 SIDs)`, why: "a summary, a count or a table of SIDs"},
	{pattern: `show_bgp_vrf_all_neighbors\.json|show_bgp_neighbors|show_neighbor|/neighbor\.(json|txt)$|show_protocols|/protocols_.*\.sample|show_bmp`, says: `looks like a (BGP neighbor page|list of BIRD's protocols)|begins`, why: "a list of neighbours"},
	{pattern: `daemon-bird/bird\d-show_route\.txt`, says: `say all in the command`, why: "BIRD's routes without their attributes"},
	{pattern: `ShowRoute/golden_output(_3)?_output|ShowRouteProtocolExtensive/golden_output_[24]_|ShowRouteTable/golden_output_10_`, says: `holds routes of other protocols alone`, why: "routes of other protocols than BGP"},
	{pattern: `ShowRouteAdvertisingProtocolDetail/golden_output_3_|ShowRouteTable/golden_output_[357]_`, says: `holds tables of other families only`, why: "a table of labels, or of label-switched paths, alone"},
	{pattern: `iosxe/ShowBgp/golden_output3_output|show_router_bgp_routes_vpn-ipv4`, why: "a table of VPN routes alone"},
	{pattern: `tcpdump/tests/bgp-(aigp|bgp_capabilities_print-oobr-2)\.pcap`, why: "a capture of packets that were damaged on purpose: no session is in it"},
	{pattern: `cisco_nxos_show_ip_bgp1\.raw`, says: `the columns of the table are squeezed together`, why: "edited: its columns are squeezed together"},
}

// notYet are route tables in forms that no reader here knows. A reader that comes takes its line off.
var notYet = []noted{
	{pattern: `^cli-xr/napalm/.*BGP__Active`, why: "IOS XR's old XML agent"},
}

// partials are partial, for the reason that the reader says.
var partials = []noted{
	{pattern: `updates|_bgp$|all-(et|in)\.mrt`, says: "messages with no table before them", why: "messages since some moment"},
	{pattern: `mrt-truncated/`, says: "the dump is cut off here", why: "cut on purpose"},
	{pattern: `3samples\.bz2`, says: "no peer table comes before the routes", why: "three records alone"},
	{pattern: `tcpdump/tests/.*(aigp|link-bw|ovs|rt-prefix|attrset|bgpsec)`, says: "lacks the OPEN", why: "begins within the session"},
	{pattern: `tcpdump/tests/.*(bfd|enhanced-route|evpn|extended-optional|malformed-hard|shutdown-msg|rr_msg_error)`, says: "the table is empty", why: "no route of IPv4 or IPv6 unicast is in it, or the session ends"},
	{pattern: `tcpdump/tests/.*(cease-hard-reset|infinite-loop|mp_reach_nlri-oobr)`, says: "", why: "damaged on purpose"},
	{pattern: `frr_bgp_route\.json|13\.64\.151\.161_32_json`, says: "the answer for one prefix", why: "one prefix"},
	{pattern: `adj-out_er2\.json|bgp_inactive/expected_result\.json|cli-nokia/.*/info_json_state_router`, says: "the table is empty and nothing in the dump states its zero", why: "a bare {}, or a RIB of label-ipv4 alone"},
	{pattern: `junos_community_delete/sender|SW[5-8]/show_route|junos_static_route_defaults/r1|ospf_summarization/a02`, says: "the table is empty and nothing in the dump states its zero", why: "a router without a route of BGP"},
	{pattern: `ShowRouteAdvertisingProtocolDetail/golden_output_1_|ShowRouteProtocolProtocolExtensiveIpaddress/|ShowRouteReceiveProtocol/golden_output_3_`, says: "the command shows a part of the table alone", why: "one prefix, or one neighbour's label"},
	{pattern: `ios/ShowBgpAll/golden_output3_output`, says: "it stands in a table of ipv4", why: "edited: IPv6 prefixes under VPNv4"},
	{pattern: `iosxe/ShowBgpAllNeighborsAdvertisedRoutes/golden_output5_|ShowBgpInstanceNeighborsAdvertisedRoutes/golden_output2_`, says: "the dump counts", why: "edited: rows were taken out, and the count left"},
	{pattern: `iosxe/ShowBgpNeighborsAdvertisedRoutes/golden_output6_`, says: `bad next hop "NEIGHBOR"`, why: "edited: its addresses are no addresses"},
	{pattern: `iosxe/ShowBgpNeighborsReceivedRoutes/golden_output4_|cisco_xr_show_bgp\.raw`, says: "it stands beside the rows above it|its numbers do not stand under the words of the header", why: "edited: its columns were moved"},
	{pattern: `iosxe/ShowBgpAllNeighborsAdvertisedRoutes/golden_output7_|cisco_ios_show_ip_bgp6\.raw|nxos/ShowBgpVrfAllAll/golden_output_[13]_|nxos/ShowBgpVrfAllNeighbors(AdvertisedRoutes/golden_output_1|ReceivedRoutes/golden_output1|Routes/golden_output_4)_|show_bgp_vrf_all_ipv4_unicast_neighbors_routes2\.raw`, says: "has host bits", why: "edited: addresses were put in over lengths that do not fit them"},
	{pattern: `iosxr/ShowBgpVrf/golden_output_8_`, says: "unexpected text", why: "edited: prefixes with a letter that is no digit"},
	{pattern: `cisco_xr_ios_vpnv4/PE1/`, says: "its last line has no line break", why: "its last line break is missing"},
}

// denials contradict what their command says, and are right to.
var denials = []noted{
	{pattern: `/nxos/ShowBgpVrfAllNeighborsReceivedRoutes/golden_output1_output|/nxos/ShowBgpVrfAllNeighborsRoutes/golden_output_4_output|neighbors_routes/.*_neighbors_routes2\.raw`, says: "are the router.s own", why: "three captures share one text, a whole table under the head of a neighbour that is no row's next hop; the captures of NX-OS that show one neighbour's rows hold none of the router's own"},
}

const (
	oneNumber  = "genieparser takes a lone metric for a local preference"
	shortPath  = "genieparser keeps the first AS of a path, and gives a further path the marks or the path of the one before it"
	anonymised = "the capture was edited: its addresses are no addresses"
	otherAF    = "genieparser lists rows of another address family here"
	lostRD     = "genieparser misses marks of rows under a route distinguisher"
)

// wrongResults are files whose expected result is wrong, or which were edited, and the fields that are wrong.
var wrongResults = []noted{
	{pattern: `cisco_xr_show_bgp\.raw`, why: "written by hand: numbers stand in the columns of others"},
	{pattern: `/ios/ShowBgpAll/golden_output3_output`, why: "edited: IPv6 prefixes under VPNv4, which are bad rows"},
	{pattern: `/ios/ShowBgpAllNeighborsRoutes/golden_output1_output`, fields: "best", why: lostRD},
	{pattern: `/iosxe/ShowBgpAllNeighborsAdvertisedRoutes/golden_output5_output`, fields: "med lp", why: oneNumber},
	{pattern: `/iosxe/ShowBgpAllNeighborsAdvertisedRoutes/golden_output7_output`, fields: "med lp", why: oneNumber},
	{pattern: `/iosxe/ShowIpBgpNeighborsAdvertisedRoutes/golden_output3_output`, fields: "med lp", why: oneNumber},
	{pattern: `/iosxe/ShowBgpAllNeighborsReceivedRoutes/golden_output2_output`, routes: 7, why: "genieparser takes a metric for a next hop; " + otherAF},
	{pattern: `/iosxe/ShowBgpAllNeighborsRoutes/golden_output2_output`, routes: 7, why: "genieparser takes a metric for a next hop; " + otherAF},
	{pattern: `/iosxe/ShowBgpNeighborsReceivedRoutes/golden_output2_output`, routes: 7, why: "genieparser takes a metric for a next hop; " + otherAF},
	{pattern: `/iosxe/ShowBgpNeighborsAdvertisedRoutes/golden_output6_output`, why: anonymised},
	{pattern: `/iosxe/ShowBgpNeighborsReceivedRoutes/golden_output4_output`, why: "edited: its columns are squeezed together; every row is skipped and counted"},
	{pattern: `/iosxr/ShowBgpInstanceAllAll/golden_output6_output`, why: "genieparser loses a next hop that stands alone on its line, and the path behind it: 12 of the 13 that the counts say"},
	{pattern: `/iosxr/ShowBgpInstanceNeighborsAdvertisedRoutes/golden_output2_output`, why: "its labelled unicast is not plain unicast, and is left out here"},
	{pattern: `/iosxr/ShowBgpVrf/golden_output_8_output`, why: "edited: prefixes with a letter that is no digit; those rows are skipped and counted"},
	{pattern: `/nxos/ShowBgpVrfAllAll/golden_output_1_output`, fields: "best", why: shortPath},
	{pattern: `/nxos/ShowBgpVrfAllNeighborsAdvertisedRoutes/golden_output_3_output`, fields: "path", why: shortPath},
	{pattern: `/nxos/ShowBgpVrfAllNeighborsReceivedRoutes/golden_output1_output`, fields: "path best", why: shortPath},
	{pattern: `/nxos/ShowBgpVrfAllNeighborsRoutes/golden_output_4_output`, fields: "path best", why: shortPath},
	{pattern: `/nxos/ShowBgpVrfAllNeighborsRoutes/golden_output_2_output`, routes: 7, why: shortPath + "; " + otherAF},
	{pattern: `sros_aggregate/r1/info_json`, routes: 2, why: "the text of the router leaves its aggregate out, 10.100.0.0/16"},
	{pattern: `tcpdump/tests/bgp-(link-bw-extcommunity|ovs)\.pcapng`, why: "tcpdump prints messages of a session whose OPENs the capture lacks"},
	{pattern: `napalm/junos/test_get_route_to/normal/`, fields: "hop neighbor", why: "edited: its neighbours are not those of the answer; NAPALM has a row for each next hop"},
	{pattern: `ShowRouteReceiveProtocol/golden_output_3_output`, why: "genieparser has the number under Lclpref as the MED, and the first AS of the path as the local preference"},
}
