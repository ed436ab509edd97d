package rib

import "slices"

// ObserverSpec changes or adds an observer: a network that chooses one of our links.
type ObserverSpec struct {
	Name  string
	Hears []string // link names; nil for a built-in observer means its own kinds of link
	Steps []string // names from StepNames, after longest match; nil: the built-in's own
	// Prefer lists links in the order in which it prefers them, ahead of the AS path; nil: it has no order.
	Prefer []string
	Pos    string
}

// The built-in observers.
const (
	ObserverUs        = "us"
	ObserverMicrosoft = "microsoft"
	ObserverInternet  = "internet"
	ObserverAzure     = "azure"
	ObserverAVS       = "avs" // Azure VMware Solution; only where a remote names it
)

// StepNames are the decision steps that an observer of the config may list.
var StepNames = []string{"local-pref", "as-path-length", "origin", "med", "router-chose", "link-kind", "routing-preference", "connection-weight"}

// Observer is a network that chooses one of our links, by longest match and then by its steps.
type Observer struct {
	Name      string
	Direction Direction // Received for us, Advertised for everybody else
	Hears     []LinkID  // in config order; an observer that hears no link is left out
	steps     []step
	prefers   []LinkID // the links that it prefers, in that order; they are among its steps
	// publicPath: private ASNs are taken out of AS paths before they are counted.
	publicPath bool
}

// makeObservers builds the built-in ones and those of the config, in that order. unasked are built-in
// ones that nobody asks for.
func makeObservers(t *Table, opt Options) (observers, unasked []*Observer) {
	heard := func(observer string) (ids []LinkID) {
		for i := range t.links {
			if HearsKind(observer, t.links[i].Kind) {
				ids = append(ids, LinkID(i))
			}
		}
		return ids
	}
	azure := []string{"routing-preference", "connection-weight", "as-path-length"}
	if opt.RoutingPreference == "as-path" {
		azure = []string{"as-path-length", "routing-preference", "connection-weight"}
	}
	all := []*Observer{
		{
			Name: ObserverUs, Direction: Received, Hears: heard(ObserverUs),
			steps: stepsNamed("local-pref", "as-path-length", "origin", "med", "router-chose"),
		},
		{
			Name: ObserverMicrosoft, Hears: heard(ObserverMicrosoft), publicPath: true,
			steps: []step{linkKind, circuitPath},
		},
		{Name: ObserverInternet, Hears: heard(ObserverInternet), steps: []step{collectorsChoice}},
		{Name: ObserverAzure, Hears: heard(ObserverAzure), steps: stepsNamed(azure...)},
		// It spreads over circuits whatever is prepended (azure-docs PR 107624).
		{Name: ObserverAVS, Hears: heard(ObserverAVS)},
	}
	for _, spec := range opt.Observers {
		i := slices.IndexFunc(all, func(o *Observer) bool { return o.Name == spec.Name })
		if i < 0 {
			all = append(all, &Observer{Name: spec.Name})
			i = len(all) - 1
		}
		if spec.Hears != nil {
			all[i].Hears = t.linksNamed(spec.Hears)
			slices.Sort(all[i].Hears)
		}
		if spec.Steps != nil {
			all[i].steps = stepsNamed(spec.Steps...)
		}
		all[i].prefers = t.linksNamed(spec.Prefer)
	}
	for _, o := range all {
		for i := range o.steps {
			if o.steps[i].reason == ReasonRoutingPreference {
				o.steps[i] = routingPreference(opt.RoutingPreference)
			}
		}
		if len(o.prefers) > 0 {
			o.steps = withPreference(o.steps, preferredLink(o.Name, o.prefers))
		}
	}
	for _, o := range all {
		configured := slices.ContainsFunc(opt.Observers, func(spec ObserverSpec) bool { return spec.Name == o.Name })
		switch {
		case len(o.Hears) == 0:
		case o.Name == ObserverAVS && !configured && !slices.Contains(opt.Asked, o.Name):
			unasked = append(unasked, o)
		default:
			observers = append(observers, o)
		}
	}
	return observers, unasked
}

// linksNamed gives the links of names, in their order; a name that no link bears is left out.
func (t *Table) linksNamed(names []string) (ids []LinkID) {
	for _, name := range names {
		if id, ok := t.linkIDs[name]; ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// CountsASPath reports whether the observer compares the lengths of AS paths, so that a prepend may change
// its choice.
func (o *Observer) CountsASPath() bool {
	return slices.ContainsFunc(o.steps, func(s step) bool { return s.reason == ReasonASPathLength })
}

// Observers lists those that hear at least one configured link.
func (s *Sight) Observers() []*Observer { return s.observers }

// Observer finds one by name; nil where it hears no link or does not exist.
func (s *Sight) Observer(name string) *Observer {
	for _, o := range slices.Concat(s.observers, s.unasked) {
		if o.Name == name {
			return o
		}
	}
	return nil
}
