package configs

import (
	"slices"

	"bgpaudit/policy"
)

// laterChecks are ids that the design fixes and that no check has yet. A config may set or waive
// them already, so that it need not change on the day they come.
var laterChecks = []string{
	"expressroute/accepted", "expressroute/asn", "expressroute/default-private",
	"expressroute/forbidden-prefix", "expressroute/pair", "expressroute/prefix-limit", "expressroute/registered",
	"flow/failover", "flow/multipath", "link/accepted", "prefix/changed", "prefix/leak",
	"trace/asymmetric", "trace/contradicts-bgp",
}

// checkIDs are the ids that checks: and waivers: may name.
func checkIDs() []string {
	ids := append(policy.CheckIDs(), laterChecks...)
	slices.Sort(ids)
	return slices.Compact(ids)
}
