package wire

import "testing"

func TestAddPathOfAnOpen(t *testing.T) {
	fixed := func(size byte) []byte { return []byte{4, 0x5b, 0xa0, 0, 90, 10, 255, 0, 1, size} }
	add := []byte{capabilityAddPath, 8, 0, 1, 1, 3, 0, 2, 1, 1} // IPv4 both ways, IPv6 received
	caps := join([]byte{2, byte(len(add) + 6)}, []byte{65, 4, 0, 1, 0, 4}, add)
	wide := join([]byte{2, 0, byte(len(add))}, add)
	for _, tt := range []struct {
		name string
		open []byte
		want [2]bool
		ok   bool
	}{
		{"no parameter", fixed(0), [2]bool{}, true},
		{"RFC 7911 4", join(fixed(byte(len(caps))), caps), [2]bool{true, false}, true},
		{"another parameter before", join(fixed(byte(len(caps)+3)), []byte{1, 1, 0}, caps), [2]bool{true, false}, true},
		{"RFC 9072: wide parameters", join(fixed(255), []byte{255, 0, byte(len(wide))}, wide), [2]bool{true, false}, true},
		{"multicast", join(fixed(8), []byte{2, 6, capabilityAddPath, 4, 0, 1, 2, 3}), [2]bool{}, true},
		{"short", fixed(0)[:9], [2]bool{}, false},
		{"parameters cut off", fixed(4), [2]bool{}, false},
		{"a parameter cut off", join(fixed(2), []byte{2, 9}), [2]bool{}, false},
		{"a capability cut off", join(fixed(4), []byte{2, 2, 69, 9}), [2]bool{}, false},
	} {
		got, ok := AddPathSent(tt.open)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %v, %v", tt.name, got, ok)
		}
		for n := range tt.open {
			AddPathSent(tt.open[:n])
		}
	}
}
