package dump

import (
	"fmt"
	"strings"

	"bgpaudit/dump/azure"
	"bgpaudit/dump/bird"
	"bgpaudit/dump/cisco"
	"bgpaudit/dump/eos"
	"bgpaudit/dump/frr"
	"bgpaudit/dump/gcp"
	"bgpaudit/dump/gobgp"
	"bgpaudit/dump/jsonl"
	"bgpaudit/dump/junos"
	"bgpaudit/dump/megaport"
	"bgpaudit/dump/mrt"
	"bgpaudit/dump/nokia"
	"bgpaudit/dump/openbgpd"
	"bgpaudit/dump/openconfig"
	"bgpaudit/dump/panos"
	"bgpaudit/dump/reading"
	"bgpaudit/dump/srlinux"
	"bgpaudit/dump/vrp"
)

// Formats are the formats that Read knows, alphabetical. A page in docs/formats goes with each.
var Formats = []reading.Format{
	azure.CSV,
	azure.FormatTable,
	azure.JSON,
	azure.List,
	azure.Table,
	mrt.Text,
	bird.Text,
	bird.Birdwatcher,
	vrp.Comware,
	cisco.EOS,
	eos.JSON,
	cisco.FortiOS,
	cisco.FRR,
	frr.JSON,
	gcp.JSON,
	gobgp.Text,
	gobgp.JSON,
	cisco.IOS,
	cisco.IOSXR,
	jsonl.Format,
	junos.Text,
	junos.JSON,
	junos.XML,
	megaport.JSON,
	mrt.Format,
	nokia.Text,
	nokia.JSON,
	cisco.NXOS,
	cisco.NxosJSON,
	openbgpd.Text,
	openbgpd.JSON,
	openconfig.JSON,
	panos.Text,
	mrt.Pcap,
	srlinux.Text,
	vrp.VRP,
}

// FormatNames lists the names that a config may give as format, beside auto.
func FormatNames() []string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return names
}

// chooseFormat finds the format of a file by its declared name, or by its text.
func chooseFormat(declared string, head []byte) (*reading.Format, error) {
	if declared != "" && declared != "auto" {
		for i := range Formats {
			if Formats[i].Name == declared {
				return &Formats[i], nil
			}
		}
		return nil, fmt.Errorf("unknown format %q: write auto or one of %s", declared, strings.Join(FormatNames(), ", "))
	}
	body := reading.BodyOf(head)
	var claims []*reading.Format
	var names []string
	for i := range Formats {
		if Formats[i].Sniff(body) {
			claims = append(claims, &Formats[i])
			names = append(names, Formats[i].Name)
		}
	}
	switch len(claims) {
	case 1:
		return claims[0], nil
	case 0:
		return nil, refusal(head, body)
	}
	return nil, fmt.Errorf("could be %s: say which with format: on the feed", strings.Join(names, " or "))
}
