package policy

import "slices"

// Check examines one thing. Its ID is stable for ever; a retired one keeps its page.
type Check struct {
	ID       string
	Title    string
	Severity Severity // default; a finding may carry a lower one where the check says so
	Source   string   // the document behind the rule, with its date; or "inferred"
	Run      func(*Pass)
	Flood    string // what is said of a flood of prefixes, the links in its place; empty: the title

	phase phase
}

// phase orders the run of checks: some speak only of what the others found or left open.
type phase uint8

const (
	findCauses  phase = iota // the default
	afterCauses              // reads the findings of the causes
	onEvidence               // reads what was left open
	onWaivers                // reads everything
	phases
)

// Checks is the one registry, alphabetical. Lists, docs and the config's validation read it.
var Checks = []*Check{
	evidenceBlind,
	evidenceContradiction,
	evidencePartial,
	evidenceSkew,
	evidenceStale,
	evidenceUnclassified,
	evidenceUnprovenEnd,
	evidenceWeakView,
	flowAsymmetric,
	flowMixed,
	flowOffLink,
	flowUnreachable,
	forwardMoreSpecific,
	linkBackup,
	linkMissing,
	linkWrong,
	natSharedPool,
	natUncoveredPool,
	prefixUnexpected,
	returnMoreSpecific,
	returnSameMask,
	serviceADFS,
	serviceSMTP,
	waiverExpired,
	waiverUnused,
}

// CheckByID finds a check; nil where there is none.
func CheckByID(id string) *Check {
	for _, c := range Checks {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// CheckIDs lists the ids, in registry order.
func CheckIDs() []string {
	ids := make([]string, len(Checks))
	for i, c := range Checks {
		ids[i] = c.ID
	}
	return slices.Clip(ids)
}

// headOrder ranks groups of checks: the finding of the earliest one heads its cause's group.
var headOrder = []string{"evidence", "link", "nat", "expressroute", "return", "forward", "service", "flow", "prefix", "waiver"}
