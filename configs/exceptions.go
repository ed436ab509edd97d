package configs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bgpaudit/policy"
)

var severities = map[severityName]policy.Severity{"info": policy.Info, "warning": policy.Warning, "error": policy.Error}

func (c *checker) checkSettings() []policy.CheckSetting {
	first := map[string]int{}
	var out []policy.CheckSetting
	for i, e := range c.file.Checks {
		path := fmt.Sprintf("checks[%d]", i)
		c.knownCheck(path+".id", e.ID)
		if before, taken := first[e.ID]; taken && e.ID != "" {
			c.fail(path+".id", "", "the check is set by line %d too", c.place(fmt.Sprintf("checks[%d].id", before)).line)
		} else {
			first[e.ID] = i
		}
		switch {
		case !c.has(path+".severity") && !c.has(path+".disabled"):
			c.fail(path, "write severity: or disabled: true", "nothing about it is changed")
		case e.Severity != "" && e.Disabled:
			c.fail(path+".severity", "", "severity of a disabled check")
		}
		out = append(out, policy.CheckSetting{ID: e.ID, Severity: severities[e.Severity], Disabled: e.Disabled, Pos: c.pos(path)})
	}
	return out
}

func (c *checker) knownCheck(path, id string) {
	if !c.has(path) || c.broken[path] || slices.Contains(c.checks, id) {
		return
	}
	hint := "bgpaudit checks list prints the ids"
	if near := policy.Meant(id, c.checks); near != "" && len(c.problems) < 1000 {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	c.fail(path, hint, "check %q does not exist", shorten(id))
}

// waivers checks what a waiver must say. The link, pool or service it names need not exist:
// a waiver that outlives them is the finding waiver/unused, and a typo waives nothing.
func (c *checker) waivers() []policy.Waiver {
	var out []policy.Waiver
	for i, e := range c.file.Waivers {
		path := fmt.Sprintf("waivers[%d]", i)
		c.knownCheck(path+".check", e.Check)
		for key, text := range map[string]string{"reason": e.Reason, "owner": e.Owner} {
			if at := path + "." + key; c.has(at) && strings.TrimSpace(text) == "" {
				c.fail(at, missingHints["waivers."+key], "%s is empty", key)
			}
		}
		w := policy.Waiver{
			Check: e.Check, Link: e.Link, Prefix: e.Prefix, Pool: e.Pool, Service: e.Service,
			Reason: e.Reason, Owner: e.Owner, AcceptUnknown: e.AcceptUnknown, Pos: c.pos(path),
		}
		if !e.Until.IsZero() {
			w.Until = e.Until.Add(24*time.Hour - time.Second)
		}
		out = append(out, w)
	}
	return out
}
