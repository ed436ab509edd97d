package dump

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"strconv"
	"testing"

	"bgpaudit/bgp/wire"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// What follows takes MRT files apart by the text of RFC 6396 and RFC 8050 alone, so that the reader can
// be held against it.

const (
	mrtHeaderLength = 12
	mrtMessagesET   = 17 // BGP4MP_ET; BGP4MP is one less
)

// mrtHead is what a record begins with (RFC 6396 2).
type mrtHead struct {
	seconds       uint32
	kind, subtype uint16
	length        int
}

func cutMRTHead(b []byte) mrtHead {
	u16, u32 := binary.BigEndian.Uint16, binary.BigEndian.Uint32
	return mrtHead{u32(b), u16(b[4:]), u16(b[6:]), int(u32(b[8:]))}
}

// message reports whether the record holds a message or a change of state, and no table's row.
func (h mrtHead) message() bool {
	return (h.kind == mrtMessagesET || h.kind == mrtMessagesET-1) && h.subtype != 2 && h.subtype != 3
}

// eachMRTRecord takes a file apart, record by record, up to its end or the cut in it.
func eachMRTRecord(t *testing.T, path string, fn func(h mrtHead, body []byte)) {
	t.Helper()
	in, err := reading.OpenInput(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	head := make([]byte, mrtHeaderLength)
	for {
		if _, err := io.ReadFull(in.Text, head); err != nil {
			return
		}
		h := cutMRTHead(head)
		body := make([]byte, h.length)
		if _, err := io.ReadFull(in.Text, body); err != nil {
			return
		}
		fn(h, body)
	}
}

// messagesOf takes a file's UPDATEs through the decoder of live sessions, one by one, and writes what each
// announces and withdraws as bgpdump does: a line a prefix.
func messagesOf(t *testing.T, path string) map[string]int {
	t.Helper()
	lines := map[string]int{}
	decoders := map[wire.Session]*wire.Decoder{}
	var u wire.Update
	eachMRTRecord(t, path, func(h mrtHead, body []byte) {
		if !h.message() || h.subtype == 0 || h.subtype == 5 { // changes of state
			return
		}
		at := strconv.FormatUint(uint64(h.seconds), 10)
		if h.kind == mrtMessagesET {
			at += fmt.Sprintf(".%06d", binary.BigEndian.Uint32(body))
			body = body[4:]
		}
		four := h.subtype == 4 || h.subtype == 7 || h.subtype == 9 || h.subtype == 11
		ids := h.subtype >= 8
		peer, message := cutMRTPeer(body, four)
		s := wire.Session{FourOctetASN: four, AddPath: [2]bool{ids, ids}}
		if decoders[s] == nil {
			decoders[s] = wire.NewDecoder(s, wire.NewCache(0))
		}
		kind, length, fault := wire.ParseHeader(message, wire.MaxExtendedLength)
		if fault != nil || kind != wire.UpdateMsg {
			return
		}
		decoders[s].Update(message[wire.HeaderLength:length], &u)
		for _, n := range append(append([]wire.NLRI(nil), u.Withdrawn...), u.Refused...) {
			lines[fmt.Sprintf("%s W %v %v %d", at, peer, n.Prefix, n.PathID)]++
		}
		for i, n := range u.Advertised {
			route := rib.Route{Prefix: n.Prefix, Neighbor: peer, Attrs: u.Attributes().Attrs}
			route.Attrs.NextHop = u.NextHop(i)
			lines[fmt.Sprintf("%s A %s %d", at, mrtLine(route), n.PathID)]++
		}
	})
	if len(lines) == 0 {
		t.Errorf("%s: no UPDATE", filepath.Base(path))
	}
	return lines
}

// cutMRTPeer cuts both AS numbers, the interface, the family and both addresses off (RFC 6396 4.4.2).
func cutMRTPeer(body []byte, four bool) (peer netip.Addr, message []byte) {
	asns, size := 4, 4
	if four {
		asns = 8
	}
	if binary.BigEndian.Uint16(body[asns+2:]) == 2 {
		size = 16
	}
	body = body[asns+4:]
	peer, _ = netip.AddrFromSlice(body[:size])
	return peer, body[2*size:]
}
