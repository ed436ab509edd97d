package cisco

import (
	"bytes"

	"bgpaudit/dump/reading"
)

// NXOS is what Cisco NX-OS prints for "show bgp" and the routes of a neighbour, as text (docs/formats/nxos.md).
var NXOS = reading.Format{Name: "nxos", Sniff: sniffNXOS, Read: readNXOS, Shape: nxosDialect.shape, OneFamily: true}

var nxosDialect = dialect{name: "nxos", marks: 3, outHides: sentOtherwise, ownForm: true, invalid: "dh"}

func readNXOS(in *reading.Input, c *reading.Collector) error {
	return readCisco(in, c, &nxosDialect)
}

func sniffNXOS(head []byte) bool {
	return bytes.Contains(head, []byte("Status: s-suppressed")) && bytes.Contains(head, []byte("Path type: i-internal"))
}
