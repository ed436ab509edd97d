package configs

import "bgpaudit/rib"

// chooser is a word out of a fixed list.
type chooser interface{ choices() []string }

type (
	familyName        string
	linkKind          string
	skuName           string
	sideName          string
	importName        string
	balancingName     string
	viewName          string
	addPathName       string
	routingPreference string
	stepName          string
	serviceKind       string
	natName           string
	initiatorName     string
	categoryName      string
	severityName      string
	logFormatName     string
)

func (familyName) choices() []string        { return []string{"ipv4", "ipv6"} }
func (linkKind) choices() []string          { return texts(rib.LinkKinds) }
func (skuName) choices() []string           { return []string{"standard", "premium", "local"} }
func (sideName) choices() []string          { return []string{"primary", "secondary"} }
func (importName) choices() []string        { return []string{"all"} }
func (balancingName) choices() []string     { return []string{"per-flow", "per-packet"} }
func (viewName) choices() []string          { return texts(rib.Views) }
func (addPathName) choices() []string       { return []string{"all"} }
func (routingPreference) choices() []string { return []string{"expressroute", "vpn", "as-path"} }
func (stepName) choices() []string          { return rib.StepNames }
func (serviceKind) choices() []string       { return []string{"adfs", "smtp", "other"} }
func (natName) choices() []string           { return []string{"none"} }
func (initiatorName) choices() []string     { return []string{"us", "remote"} }
func (categoryName) choices() []string      { return []string{"Optimize", "Allow", "Default"} }
func (severityName) choices() []string      { return []string{"error", "warning", "info"} }
func (logFormatName) choices() []string     { return []string{"console", "json"} }

// texts turns a list of string types into plain strings.
func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
