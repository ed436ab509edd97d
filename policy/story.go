package policy

import (
	"fmt"
	"strings"

	"bgpaudit/rib"
)

// explain writes a flow's story and names the device that drops.
func (f *flow) explain(ps *Pass) {
	switch f.Verdict {
	case Asymmetric, Mixed:
		f.DropsAt = f.dropper(ps)
		f.Story = f.brokenStory(ps)
	case Unreachable:
		f.Why = f.missingRoute()
		f.Story = []string{f.Why}
	}
}

func (f *flow) missingRoute() string {
	if len(f.Return.Links) == 0 && f.Return.Outcome == rib.OutcomeUnreachable {
		return fmt.Sprintf("%s has no route to %s", f.Remote, list(prefixTexts(f.Local)))
	}
	return fmt.Sprintf("we have no route to %s", f.Remote)
}

// dropper is the stateful firewall that meets a packet of a connection it has not seen begin:
// when we start, the one the reply comes in by; when they start, the one our reply leaves by.
// Where that one keeps no state, the other end's sees half a connection.
func (f *flow) dropper(ps *Pass) string {
	meets, began := f.Return.Links, f.Forward.Links
	if f.Initiator == RemoteStarts {
		meets, began = began, meets
	}
	if fw := f.statefulAgainst(ps, meets, began); fw != "" {
		return fw
	}
	return f.statefulAgainst(ps, began, meets)
}

// statefulAgainst is the first stateful firewall of links that some link of others does not share.
func (f *flow) statefulAgainst(ps *Pass, links, others []string) string {
	for _, name := range links {
		if fw := ps.linkNamed(name).Firewall; fw != rib.Stateless && f.differs(ps, fw, others) {
			return fw
		}
	}
	return ""
}

// differs reports whether some link of the list has another firewall.
func (f *flow) differs(ps *Pass, firewall string, links []string) bool {
	for _, name := range links {
		if ps.linkNamed(name).Firewall != firewall {
			return true
		}
	}
	return false
}

func (f *flow) brokenStory(ps *Pass) []string {
	local := "the service"
	if len(f.Local) > 0 {
		local = f.Local[0].String()
	}
	out, in := f.leg(ps, f.Forward.Links), f.leg(ps, f.Return.Links)
	first := ""
	var story []string
	if f.Initiator == WeStart {
		story = append(story, fmt.Sprintf("%s opens a connection to %s; it leaves by %s (%s)", f.Service, f.Remote, out, f.Forward.Reason))
		story = append(story, fmt.Sprintf("its source address is in %s; the reply to it comes in by %s (%s)", local, in, f.Return.Reason))
		first = out
	} else {
		story = append(story, fmt.Sprintf("%s opens a connection to %s (%s); it comes in by %s (%s)", f.Remote, f.Service, local, in, f.Return.Reason))
		story = append(story, fmt.Sprintf("the reply to %s leaves by %s (%s)", f.Remote, out, f.Forward.Reason))
		first = in
	}
	switch {
	case f.Stateless:
		story = append(story, "neither link keeps state: asymmetric routing is not harmful in itself")
	case f.DropsAt != "" && f.Verdict == Mixed:
		story = append(story, fmt.Sprintf("some connections go both ways through one firewall; the others are dropped at %s, which did not see them begin", f.DropsAt))
	case f.DropsAt != "":
		story = append(story, fmt.Sprintf("%s did not see the connection begin at %s and drops the packet", f.DropsAt, first))
	}
	return story
}

// leg names links with their firewalls: "isp-a (fw-internet)".
func (f *flow) leg(ps *Pass, links []string) string {
	var parts []string
	for _, name := range links {
		fw := ps.linkNamed(name).Firewall
		if fw == rib.Stateless {
			fw = "no firewall"
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", name, fw))
	}
	if len(parts) == 0 {
		return "no link"
	}
	return strings.Join(parts, " or ")
}
