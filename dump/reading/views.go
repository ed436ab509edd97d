package reading

import (
	"bgpaudit/rib"
)

// AdvertisedView reports whether the view shows what we send a neighbour.
func AdvertisedView(v rib.View) bool { return v == rib.AdjRIBOutPost || v == rib.AdjRIBOutPre }

// ReceivedView reports whether the view shows what one neighbour sends us.
func ReceivedView(v rib.View) bool { return v == rib.AdjRIBInPre || v == rib.AdjRIBInPost }

// TableView reports whether the view is a table in which the router chooses.
func TableView(v rib.View) bool { return v == rib.BGPTable || v == rib.LocRIB }
