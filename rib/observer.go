package rib

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
)

// StepNames are the decision steps that an observer of the config may list.
var StepNames = []string{"local-pref", "as-path-length", "origin", "med", "router-chose", "link-kind", "routing-preference", "connection-weight"}
