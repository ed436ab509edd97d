package rib

import "testing"

func TestAPagedListHoldsWhatWasAdded(t *testing.T) {
	var p paged[int]
	for i := range 3*listPage + 1 {
		if p.len() != i || p.add(i) != i {
			t.Fatalf("%d values after %d", p.len(), i)
		}
	}
	first := p.at(listPage)
	for i := range p.len() {
		if *p.at(i) != i {
			t.Fatalf("at %d stands %d", i, *p.at(i))
		}
	}
	if p.add(0); first != p.at(listPage) {
		t.Error("a full page was copied")
	}
}
