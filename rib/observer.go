package rib

import "slices"

// ObserverSpec changes or adds an observer: a network that chooses one of our links.
type ObserverSpec struct {
	Name  string
	Hears []string // link names; nil for a built-in observer means its own kinds of link
	Steps []string // names from StepNames, after longest match; nil: the built-in's own
	Pos   string
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
	// publicPath: private ASNs are taken out of AS paths before they are counted.
	publicPath bool
}

// makeObservers builds the built-in ones and those of the config, in that order. unasked are built-in
// ones that nobody asks for.
func makeObservers(t *Table, opt Options) (observers, unasked []*Observer) {
	kinds := func(want ...LinkKind) (ids []LinkID) {
		for i := range t.links {
			if slices.Contains(want, t.links[i].Kind) {
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
			Name: ObserverUs, Direction: Received, Hears: kinds(LinkKinds...),
			steps: stepsNamed("local-pref", "as-path-length", "origin", "med", "router-chose"),
		},
		{
			Name: ObserverMicrosoft, Hears: kinds(Internet, ExpressRouteMicrosoft), publicPath: true,
			steps: []step{linkKind, circuitPath},
		},
		{Name: ObserverInternet, Hears: kinds(Internet), steps: []step{collectorsChoice}},
		{Name: ObserverAzure, Hears: kinds(ExpressRoutePrivate, VPN), steps: stepsNamed(azure...)},
		// It spreads over circuits whatever is prepended (azure-docs PR 107624).
		{Name: ObserverAVS, Hears: kinds(ExpressRoutePrivate)},
	}
	for _, spec := range opt.Observers {
		i := slices.IndexFunc(all, func(o *Observer) bool { return o.Name == spec.Name })
		if i < 0 {
			all = append(all, &Observer{Name: spec.Name})
			i = len(all) - 1
		}
		if spec.Hears != nil {
			all[i].Hears = nil
			for _, name := range spec.Hears {
				if id, ok := t.linkIDs[name]; ok {
					all[i].Hears = append(all[i].Hears, id)
				}
			}
			slices.Sort(all[i].Hears)
		}
		if spec.Steps != nil {
			all[i].steps = stepsNamed(spec.Steps...)
		}
	}
	for _, o := range all {
		for i := range o.steps {
			if o.steps[i].reason == ReasonRoutingPreference {
				o.steps[i] = routingPreference(opt.RoutingPreference)
			}
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
