// Package mrt reads BGP messages and stored tables as they were on the wire: MRT files (RFC 6396, 6397, 8050),
// the text that bgpdump -m makes of them, and captured sessions (pcap, pcapng). Messages are replayed: what
// stands at their end, or at the moment that is asked for, are the rows.
//
// Attributes are taken apart by bgp/wire, as those of live sessions are.
package mrt

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"bgpaudit/bgp/wire"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Format is the binary format that routers and collectors dump tables and messages in
// (RFC 6396, 6397, 8050; docs/formats/mrt.md).
var Format = reading.Format{Name: "mrt", Sniff: sniffMRT, Read: readMRT, Shape: shapeMRT}

// Types of MRT records (RFC 6396 4).
const (
	ospfv2          = 11
	typeTableDump   = 12
	typeTableDumpV2 = 13
	typeBGP4MP      = 16
	typeBGP4MPET    = 17
	isis            = 32
	isisET          = 33
	ospfv3          = 48
	ospfv3ET        = 49
	headerSize      = 12
)

// recordHeader is what every record begins with (RFC 6396 2).
type recordHeader struct {
	time    time.Time
	kind    uint16
	subtype uint16
	length  uint32
}

// parseHeader reads the first twelve octets of a record.
func parseHeader(b []byte) recordHeader {
	return recordHeader{
		time:    time.Unix(int64(binary.BigEndian.Uint32(b)), 0).UTC(),
		kind:    binary.BigEndian.Uint16(b[4:]),
		subtype: binary.BigEndian.Uint16(b[6:]),
		length:  binary.BigEndian.Uint32(b[8:]),
	}
}

// holdsBGP reports whether the record is of a type and subtype that this reader knows.
func (h recordHeader) holdsBGP() bool {
	switch h.kind {
	case typeTableDump:
		return h.subtype <= 4
	case typeTableDumpV2:
		return h.subtype <= ribGenericAddPath
	case typeBGP4MP, typeBGP4MPET:
		return h.subtype <= as4LocalAddPath
	}
	return false
}

// otherProtocol reports whether the record is another protocol's, which MRT files may mix in.
func (h recordHeader) otherProtocol() bool {
	switch h.kind {
	case ospfv2, isis, isisET, ospfv3, ospfv3ET:
		return true
	}
	return false
}

// Updates reports whether the record changes routes rather than listing them.
func (h recordHeader) updates() bool {
	return (h.kind == typeBGP4MP || h.kind == typeBGP4MPET) && h.subtype != mrtEntry && h.subtype != snapshot
}

func sniffMRT(head []byte) bool {
	if len(head) < headerSize {
		return false
	}
	first := parseHeader(head)
	if !first.holdsBGP() || first.length == 0 || first.length > reading.MaxRow {
		return false
	}
	if next := head[headerSize:]; len(next) >= int(first.length)+headerSize {
		return parseHeader(next[first.length:]).kind < 1<<8 // all that were ever given out
	}
	return true
}

func shapeMRT(reading.Source) reading.Header {
	return reading.Header{Format: "mrt", ASPathForm: rib.AsSent, NotShown: rib.AttrBest}
}

// reader reads the records of one file.
type reader struct {
	*reading.Collector
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
	replay  *replay
	pick    pick
	moment  mrtMoment

	remembered *wire.Memo[reading.Common] // by attributes and peer; nil where no table is loaded
	key        []byte
	long       []byte // a record that no buffer holds
}

// mrtPeer is one entry of a peer table.
type mrtPeer struct {
	addr netip.Addr // zero for the router itself
	asn  uint32
}

// NewReader makes the reader of one file.
func newReader(c *reading.Collector) *reader {
	cache := wire.NewCache(rememberedBytes)
	return &reader{
		Collector: c, cache: cache, pick: newPick(c.Source), moment: mrtMoment{at: c.Source.At},
		two: wire.NewEntryDecoder(false, cache), four: wire.NewEntryDecoder(true, cache),
	}
}

func readMRT(in *reading.Input, c *reading.Collector) error {
	head, err := in.Head()
	if err != nil {
		return err
	}
	if !sniffMRT(head) {
		return errors.New("holds no MRT record of BGP at its beginning")
	}
	r := newReader(c)
	c.Unproven = true
	replays, err := hasUpdates(in, parseHeader(head))
	if err != nil {
		return err
	}
	switch {
	case replays:
		r.replay = newReplay(r)
	case c.Loader != nil:
		r.remember()
	}
	r.records(in.Text)
	r.finish()
	return nil
}

// hasUpdates reports whether the table that a file begins with is changed by messages behind
// it: its rows must be held back then. Walking over a packed file costs as much as reading it, so
// a large one is taken for a table alone; where that was wrong the reading says so.
func hasUpdates(in *reading.Input, first recordHeader) (bool, error) {
	if first.updates() {
		return true, nil
	}
	if in.Once || in.Ahead != nil && in.Size > reading.MaxUnpacked/4 {
		return false, nil
	}
	found := false
	for {
		head, err := in.Text.Peek(headerSize)
		if err != nil {
			break // its end or a damage, which reading will meet again
		}
		if h := parseHeader(head); h.updates() {
			found = true
			break
		} else if _, err := in.Text.Discard(headerSize + int(h.length)); err != nil {
			break
		}
	}
	return found, in.Rewind()
}

// Records reads the file record by record, none longer than reading.MaxRow.
func (r *reader) records(text *bufio.Reader) {
	for !r.Stopped() {
		r.record++
		head, err := text.Peek(headerSize)
		switch {
		case len(head) == 0 && errors.Is(err, io.EOF):
			return
		case err != nil:
			r.Broken(r.record, cutOff(err))
			return
		}
		h := parseHeader(head)
		if h.length > reading.MaxRow {
			r.Skip(r.record, "the record is %v", reading.ErrTooLong)
			if _, err := io.CopyN(io.Discard, text, headerSize+int64(h.length)); err != nil {
				r.Broken(r.record, cutOff(err))
				return
			}
			continue
		}
		body, err := r.body(text, int(h.length))
		if err != nil {
			r.Broken(r.record, cutOff(err))
			return
		}
		r.one(h, body)
	}
}

// body takes a record off the text, without a copy where it fits the buffer. It is good until the
// next one.
func (r *reader) body(text *bufio.Reader, length int) ([]byte, error) {
	size := headerSize + length
	if size <= text.Size() {
		b, err := text.Peek(size)
		if err != nil {
			return nil, err
		}
		_, err = text.Discard(size)
		return b[headerSize:], err
	}
	if cap(r.long) < size {
		r.long = make([]byte, size)
	}
	_, err := io.ReadFull(text, r.long[:size])
	return r.long[headerSize:size], err
}

// cutOff makes the end of the file the cut that it is within a record.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// one reads one record. A fault in it is counted and costs no other record.
func (r *reader) one(h recordHeader, body []byte) {
	o := octets{B: body}
	if h.kind == typeBGP4MPET {
		h.time = h.time.Add(min(time.Second-1, time.Duration(o.uint32())*time.Microsecond)) // RFC 6396 3
	}
	if r.moment.leavesOut(h, r.record) {
		return
	}
	if !h.holdsBGP() {
		if !h.otherProtocol() {
			r.Skip(r.record, "a record of unknown type %d.%d", h.kind, h.subtype)
		}
		return
	}
	var err error
	switch h.kind {
	case typeTableDump:
		err = r.tableDump(h, &o)
	case typeTableDumpV2:
		err = r.tableV2(h, &o)
	default:
		err = r.bgp4mp(h, &o)
	}
	if err != nil {
		r.Skip(r.record, "%v", err)
	}
}

func (r *reader) entryDecoder(fourOctetASN bool) *wire.Decoder {
	if fourOctetASN {
		return r.four
	}
	return r.two
}

// listed notes a record that lists routes. A table is as old as its first record.
func (r *reader) listed(h recordHeader) {
	if r.tables++; r.Result.Header.Time.IsZero() {
		r.Result.Header.Time = h.time
	}
}

// leavesMessage reports whether an UPDATE is none of the feed's, and counts it: it went the other way, or is another
// neighbour's. How many routes it brings is not looked at.
func (r *reader) leavesMessage(dir direction, neighbor netip.Addr) bool {
	switch {
	case r.pick.declared && dir != r.pick.direction():
		r.LeaveOut(r.record, "an UPDATE that the router %s", dir)
	case !r.pick.Wants(neighbor):
		r.LeaveOut(r.record, "an UPDATE of neighbor %s", neighbor)
	default:
		return false
	}
	return true
}

// advertise takes a route of a table: on, or aside where messages may change it.
func (r *reader) advertise(route rib.Route) {
	if !r.pick.Wants(route.Neighbor) {
		r.LeaveOutOf(route.Line, route.Neighbor)
		return
	}
	if r.replay != nil {
		r.replay.advertise(r.pick.direction(), route)
		return
	}
	r.Route(route)
}

func (r *reader) finish() {
	if r.replay != nil {
		r.replay.finish()
	}
	r.moment.finish(r)
	r.pick.finish(r.Collector, r.tables)
	if r.changes > 0 && r.tables == 0 {
		r.Problem(0, "messages with no table before them: what was advertised earlier is missing")
	}
	if r.foreign > 0 && r.Result.Routes+r.Result.Skipped == 0 {
		r.Note(0, "it holds no IPv4 or IPv6 unicast routes, but %d records of other families", r.foreign)
	}
}

// octets takes numbers off a record. Once it has run out, bad is set and everything is zero.
type octets struct {
	B   []byte
	bad bool
}

var errMRTShort = fmt.Errorf("the record is shorter than its fields")

// Take cuts n octets off. Where there are not as many, it is nil and all that follows is bad.
func (o *octets) take(n int) []byte {
	if n > len(o.B) {
		o.B, o.bad = nil, true
	}
	if o.bad {
		return nil
	}
	out := o.B[:n]
	o.B = o.B[n:]
	return out
}

func (o *octets) uint8() uint8 {
	if b := o.take(1); b != nil {
		return b[0]
	}
	return 0
}

// Uint16 takes two octets.
func (o *octets) uint16() uint16 {
	if b := o.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// Uint32 takes four octets.
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

// Addr takes an address. A router names itself by 0.0.0.0 or ::, which is no neighbour.
func (o *octets) addr(fam rib.Family) netip.Addr {
	a, _ := netip.AddrFromSlice(o.take(fam.Bits() / 8))
	return otherThanSelf(a.Unmap())
}
