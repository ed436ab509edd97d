package bgp

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bgpaudit/rib"
	far "bgpaudit/test/speaker"
)

// TestOnlyWhatChangesIsTouched: a session that stays hears and sends nothing of what becomes of the
// others; one that is gone gets a Cease, and one that is new is taken.
func TestOnlyWhatChangesIsTouched(t *testing.T) {
	second := Neighbor{Name: "edge2", Address: host2, ASN: routerAS, LocalASN: ourAS}
	b := begin(t, Config{Neighbors: []Neighbor{router(), second}})
	second.Feed = 1
	stays := b.establish(far.Config{})
	goes := b.establish(far.Config{Local: host2})
	if err := stays.Send(route("198.51.100.0/24")); err != nil {
		t.Fatal(err)
	}
	b.must("a route", func() bool { return b.table.Len() == 1 })

	limited := second
	limited.PrefixLimit = 7
	if err := b.Reconfigure([]Neighbor{limited, router()}); err != nil {
		t.Fatal(err)
	}
	mustHear(t, goes, cease, administrativeShutdown)
	b.must("the end in the table", func() bool {
		n := len(b.seen)
		return n > 0 && b.seen[n-1].Kind == rib.PeerDown && b.seen[n-1].Feed == 1
	})
	b.establish(far.Config{Local: host2})
	if err := stays.Send(route("203.0.113.0/24")); err != nil {
		t.Fatal(err)
	}
	b.must("another route", func() bool { return b.table.Len() == 2 })
	if s := b.Sessions(); len(s) != 2 || s[0].Name != "edge2" || s[1].State != Established || s[1].Flaps != 0 || s[1].Routes != 2 {
		t.Errorf("%+v", s)
	}
	if stays.Closed() {
		t.Error("the session that stays was ended")
	}
	if err := stays.OnlyMessages(far.TypeOpen, far.TypeKeepalive); err != nil {
		t.Error(err)
	}

	if err := b.Reconfigure([]Neighbor{limited}); err != nil {
		t.Fatal(err)
	}
	mustHear(t, stays, cease, administrativeShutdown)
	_ = b.connect(far.Config{}).AwaitClose(soon(t))
	b.must("a stranger by now", func() bool { r := b.Refusals(); return len(r) == 1 && r[0].Reason == notConfigured })
}

// TestWhatCannotBeHadChangesNothing: every neighbour of Listen's errors.
func TestWhatCannotBeHadChangesNothing(t *testing.T) {
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	stays := b.establish(far.Config{})
	for want, n := range map[string]Neighbor{
		"AS number 0":                     {Name: "edge2", Address: host2, ASN: 0, LocalASN: ourAS},
		"of a family that is not list":    {Name: "edge2", Address: netip.IPv6Loopback(), ASN: routerAS, LocalASN: ourAS},
		"a range needs MD5 or TTL":        {Name: "edge2", Range: netip.MustParsePrefix("127.0.1.0/24"), ASN: routerAS, LocalASN: ourAS},
		"is edge1 already":                {Name: "edge2", Address: host, ASN: routerAS, LocalASN: ourAS},
		"password is longer than 80 octe": {Name: "edge2", Address: host2, ASN: routerAS, LocalASN: ourAS, MD5: strings.Repeat("x", 81)},
	} {
		if err := b.Reconfigure([]Neighbor{router(), n}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if s := b.Sessions(); len(s) != 1 || s[0].State != Established || stays.Closed() {
		t.Errorf("%+v", s)
	}
}

// TestPasswordsComeAndGo: a listener asks for them from the next connection on.
func TestPasswordsComeAndGo(t *testing.T) {
	const secret = "a password that stays here"
	b := begin(t, Config{Neighbors: []Neighbor{router()}})
	b.establish(far.Config{}).Close()
	b.mustEnd("")
	locked := router()
	locked.MD5 = secret
	if err := b.Reconfigure([]Neighbor{locked}); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if s, err := far.Dial(short, far.Config{Local: host, Remote: b.Addrs()[0]}); err == nil {
		s.Close()
		t.Error("it connects without the password")
	}
	b.establish(far.Config{MD5: secret}).Close()
	b.mustEnd("")
	if err := b.Reconfigure([]Neighbor{router()}); err != nil {
		t.Fatal(err)
	}
	b.establish(far.Config{})
}
