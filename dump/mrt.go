package dump

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// mrtFormat is the binary format that routers and collectors dump tables and messages in
// (RFC 6396, 6397, 8050; docs/formats/mrt.md).
var mrtFormat = Format{Name: "mrt", Sniff: sniffMRT, Read: readMRT, Shape: shapeMRT}

// Types of MRT records (RFC 6396 4).
const (
	mrtOSPFv2     = 11
	mrtTableDump  = 12
	mrtTableV2    = 13
	mrtBGP4MP     = 16
	mrtBGP4MPET   = 17
	mrtISIS       = 32
	mrtISISET     = 33
	mrtOSPFv3     = 48
	mrtOSPFv3ET   = 49
	mrtHeaderSize = 12
)

// mrtHeader is what every record begins with (RFC 6396 2).
type mrtHeader struct {
	time    time.Time
	kind    uint16
	subtype uint16
	length  uint32
}

func parseMRTHeader(b []byte) mrtHeader {
	return mrtHeader{
		time:    time.Unix(int64(binary.BigEndian.Uint32(b)), 0).UTC(),
		kind:    binary.BigEndian.Uint16(b[4:]),
		subtype: binary.BigEndian.Uint16(b[6:]),
		length:  binary.BigEndian.Uint32(b[8:]),
	}
}

// holdsBGP reports whether the record is of a type and subtype that this reader knows.
func (h mrtHeader) holdsBGP() bool {
	switch h.kind {
	case mrtTableDump:
		return h.subtype <= 4
	case mrtTableV2:
		return h.subtype <= mrtRIBGenericAddPath
	case mrtBGP4MP, mrtBGP4MPET:
		return h.subtype <= mrtAS4LocalAddPath
	}
	return false
}

// otherProtocol reports whether the record is another protocol's, which MRT files may mix in.
func (h mrtHeader) otherProtocol() bool {
	switch h.kind {
	case mrtOSPFv2, mrtISIS, mrtISISET, mrtOSPFv3, mrtOSPFv3ET:
		return true
	}
	return false
}

// updates reports whether the record changes routes rather than listing them.
func (h mrtHeader) updates() bool {
	return (h.kind == mrtBGP4MP || h.kind == mrtBGP4MPET) && h.subtype != mrtEntry && h.subtype != mrtSnapshot
}

func sniffMRT(head []byte) bool {
	if len(head) < mrtHeaderSize {
		return false
	}
	first := parseMRTHeader(head)
	if !first.holdsBGP() || first.length == 0 || first.length > maxRow {
		return false
	}
	if next := head[mrtHeaderSize:]; len(next) >= int(first.length)+mrtHeaderSize {
		return parseMRTHeader(next[first.length:]).kind < 1<<8 // all that were ever given out
	}
	return true
}

func shapeMRT(Source) Header {
	return Header{Format: "mrt", ASPathForm: rib.AsSent, NotShown: rib.AttrBest}
}

// mrtReader reads the records of one file.
type mrtReader struct {
	*collector
	record  int // 1-based, the line of what it holds
	cache   *wire.Cache
	two     *wire.Decoder // of tables with AS numbers of two octets
	four    *wire.Decoder // of four
	peers   []mrtPeer
	known   bool // a peer table came
	tables  int  // records that list routes
	changes int  // records that change routes
	foreign int  // records of other families
	missed  bool // it was said that neighbours, or changes, are missing
	replay  *mrtReplay
	pick    mrtPick
	moment  mrtMoment

	remembered *wire.Memo[common] // by attributes and peer; nil where no table is loaded
	key        []byte
	long       []byte // a record that no buffer holds
}

// mrtPeer is one entry of a peer table.
type mrtPeer struct {
	addr netip.Addr // zero for the router itself
	asn  uint32
}

func newMRTReader(c *collector) *mrtReader {
	cache := wire.NewCache(0)
	return &mrtReader{
		collector: c, cache: cache, pick: newMRTPick(c.src), moment: mrtMoment{at: c.src.At},
		two: wire.NewEntryDecoder(false, cache), four: wire.NewEntryDecoder(true, cache),
	}
}

func readMRT(in *input, c *collector) error {
	head, err := in.head()
	if err != nil {
		return err
	}
	if !sniffMRT(head) {
		return errors.New("holds no MRT record of BGP at its beginning")
	}
	r := newMRTReader(c)
	c.unproven = true
	replays, err := mrtHasUpdates(in, parseMRTHeader(head))
	if err != nil {
		return err
	}
	switch {
	case replays:
		r.replay = newMRTReplay(r)
	case c.loader != nil:
		r.remember()
	}
	r.records(in.text)
	r.finish()
	return nil
}

// mrtHasUpdates reports whether the table that a file begins with is changed by messages behind
// it: its rows must be held back then. Walking over a packed file costs as much as reading it, so
// a large one is taken for a table alone; where that was wrong the reading says so.
func mrtHasUpdates(in *input, first mrtHeader) (bool, error) {
	if first.updates() {
		return true, nil
	}
	if in.once || in.ahead != nil && in.size > maxUnpacked/4 {
		return false, nil
	}
	found := false
	for {
		head, err := in.text.Peek(mrtHeaderSize)
		if err != nil {
			break // its end or a damage, which reading will meet again
		}
		if h := parseMRTHeader(head); h.updates() {
			found = true
			break
		} else if _, err := in.text.Discard(mrtHeaderSize + int(h.length)); err != nil {
			break
		}
	}
	return found, in.rewind()
}

// records reads the file record by record, none longer than maxRow.
func (r *mrtReader) records(text *bufio.Reader) {
	for !r.stopped() {
		r.record++
		head, err := text.Peek(mrtHeaderSize)
		switch {
		case len(head) == 0 && errors.Is(err, io.EOF):
			return
		case err != nil:
			r.broken(r.record, cutOff(err))
			return
		}
		h := parseMRTHeader(head)
		if h.length > maxRow {
			r.skip(r.record, "the record is %v", errTooLong)
			if _, err := io.CopyN(io.Discard, text, mrtHeaderSize+int64(h.length)); err != nil {
				r.broken(r.record, cutOff(err))
				return
			}
			continue
		}
		body, err := r.body(text, int(h.length))
		if err != nil {
			r.broken(r.record, cutOff(err))
			return
		}
		r.one(h, body)
	}
}

// body takes a record off the text, without a copy where it fits the buffer. It is good until the
// next one.
func (r *mrtReader) body(text *bufio.Reader, length int) ([]byte, error) {
	size := mrtHeaderSize + length
	if size <= text.Size() {
		b, err := text.Peek(size)
		if err != nil {
			return nil, err
		}
		_, err = text.Discard(size)
		return b[mrtHeaderSize:], err
	}
	if cap(r.long) < size {
		r.long = make([]byte, size)
	}
	_, err := io.ReadFull(text, r.long[:size])
	return r.long[mrtHeaderSize:size], err
}

// cutOff makes the end of the file the cut that it is within a record.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// one reads one record. A fault in it is counted and costs no other record.
func (r *mrtReader) one(h mrtHeader, body []byte) {
	o := octets{b: body}
	if h.kind == mrtBGP4MPET {
		h.time = h.time.Add(min(time.Second-1, time.Duration(o.uint32())*time.Microsecond)) // RFC 6396 3
	}
	if r.moment.leavesOut(h, r.record) {
		return
	}
	if !h.holdsBGP() {
		if !h.otherProtocol() {
			r.skip(r.record, "a record of unknown type %d.%d", h.kind, h.subtype)
		}
		return
	}
	var err error
	switch h.kind {
	case mrtTableDump:
		err = r.tableDump(h, &o)
	case mrtTableV2:
		err = r.tableV2(h, &o)
	default:
		err = r.bgp4mp(h, &o)
	}
	if err != nil {
		r.skip(r.record, "%v", err)
	}
}

func (r *mrtReader) entryDecoder(fourOctetASN bool) *wire.Decoder {
	if fourOctetASN {
		return r.four
	}
	return r.two
}

// listed notes a record that lists routes. A table is as old as its first record.
func (r *mrtReader) listed(h mrtHeader) {
	if r.tables++; r.res.Header.Time.IsZero() {
		r.res.Header.Time = h.time
	}
}

// advertise takes a route of a table: on, or aside where messages may change it.
func (r *mrtReader) advertise(route rib.Route, e wire.Entry) {
	if !r.pick.wants(route.Neighbor) {
		return
	}
	if r.replay != nil {
		r.replay.advertise(r.pick.direction(), route, e.Set)
		return
	}
	r.route(route)
}

func (r *mrtReader) finish() {
	if r.replay != nil {
		r.replay.finish()
	}
	r.moment.finish(r)
	r.pick.finish(r.collector, r.tables)
	if r.changes > 0 && r.tables == 0 {
		r.problem(0, "messages with no table before them: what was advertised earlier is missing")
	}
	if r.foreign > 0 && r.res.Routes+r.res.Skipped == 0 {
		r.note(0, "it holds no IPv4 or IPv6 unicast routes, but %d records of other families", r.foreign)
	}
}

// octets takes numbers off a record. Once it has run out, bad is set and everything is zero.
type octets struct {
	b   []byte
	bad bool
}

var errMRTShort = fmt.Errorf("the record is shorter than its fields")

func (o *octets) take(n int) []byte {
	if n > len(o.b) {
		o.b, o.bad = nil, true
	}
	if o.bad {
		return nil
	}
	out := o.b[:n]
	o.b = o.b[n:]
	return out
}

func (o *octets) uint8() uint8 {
	if b := o.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (o *octets) uint16() uint16 {
	if b := o.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (o *octets) uint32() uint32 {
	if b := o.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// asn takes an AS number of two or four octets.
func (o *octets) asn(four bool) uint32 {
	if four {
		return o.uint32()
	}
	return uint32(o.uint16())
}

// addr takes an address. A router names itself by 0.0.0.0 or ::, which is no neighbour.
func (o *octets) addr(fam rib.Family) netip.Addr {
	a, _ := netip.AddrFromSlice(o.take(fam.Bits() / 8))
	return otherThanSelf(a.Unmap())
}
