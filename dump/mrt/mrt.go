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
	TypeBGP4MPET    = 17
	isis            = 32
	isisET          = 33
	ospfv3          = 48
	ospfv3ET        = 49
	HeaderSize      = 12
)

// Header is what every record begins with (RFC 6396 2).
type Header struct {
	Time    time.Time
	Kind    uint16
	Subtype uint16
	Length  uint32
}

// ParseMRTHeader reads the first twelve octets of a record.
func ParseMRTHeader(b []byte) Header {
	return Header{
		Time:    time.Unix(int64(binary.BigEndian.Uint32(b)), 0).UTC(),
		Kind:    binary.BigEndian.Uint16(b[4:]),
		Subtype: binary.BigEndian.Uint16(b[6:]),
		Length:  binary.BigEndian.Uint32(b[8:]),
	}
}

// holdsBGP reports whether the record is of a type and subtype that this reader knows.
func (h Header) holdsBGP() bool {
	switch h.Kind {
	case typeTableDump:
		return h.Subtype <= 4
	case typeTableDumpV2:
		return h.Subtype <= ribGenericAddPath
	case typeBGP4MP, TypeBGP4MPET:
		return h.Subtype <= AS4LocalAddPath
	}
	return false
}

// otherProtocol reports whether the record is another protocol's, which MRT files may mix in.
func (h Header) otherProtocol() bool {
	switch h.Kind {
	case ospfv2, isis, isisET, ospfv3, ospfv3ET:
		return true
	}
	return false
}

// Updates reports whether the record changes routes rather than listing them.
func (h Header) Updates() bool {
	return (h.Kind == typeBGP4MP || h.Kind == TypeBGP4MPET) && h.Subtype != mrtEntry && h.Subtype != snapshot
}

func sniffMRT(head []byte) bool {
	if len(head) < HeaderSize {
		return false
	}
	first := ParseMRTHeader(head)
	if !first.holdsBGP() || first.Length == 0 || first.Length > reading.MaxRow {
		return false
	}
	if next := head[HeaderSize:]; len(next) >= int(first.Length)+HeaderSize {
		return ParseMRTHeader(next[first.Length:]).Kind < 1<<8 // all that were ever given out
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
	Replay  *mrtReplay
	Pick    Pick
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
func NewReader(c *reading.Collector) *reader {
	cache := wire.NewCache(0)
	return &reader{
		Collector: c, cache: cache, Pick: NewMRTPick(c.Source), moment: mrtMoment{at: c.Source.At},
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
	r := NewReader(c)
	c.Unproven = true
	replays, err := hasUpdates(in, ParseMRTHeader(head))
	if err != nil {
		return err
	}
	switch {
	case replays:
		r.Replay = NewReplay(r)
	case c.Loader != nil:
		r.remember()
	}
	r.Records(in.Text)
	r.finish()
	return nil
}

// hasUpdates reports whether the table that a file begins with is changed by messages behind
// it: its rows must be held back then. Walking over a packed file costs as much as reading it, so
// a large one is taken for a table alone; where that was wrong the reading says so.
func hasUpdates(in *reading.Input, first Header) (bool, error) {
	if first.Updates() {
		return true, nil
	}
	if in.Once || in.Ahead != nil && in.Size > reading.MaxUnpacked/4 {
		return false, nil
	}
	found := false
	for {
		head, err := in.Text.Peek(HeaderSize)
		if err != nil {
			break // its end or a damage, which reading will meet again
		}
		if h := ParseMRTHeader(head); h.Updates() {
			found = true
			break
		} else if _, err := in.Text.Discard(HeaderSize + int(h.Length)); err != nil {
			break
		}
	}
	return found, in.Rewind()
}

// Records reads the file record by record, none longer than reading.MaxRow.
func (r *reader) Records(text *bufio.Reader) {
	for !r.Stopped() {
		r.record++
		head, err := text.Peek(HeaderSize)
		switch {
		case len(head) == 0 && errors.Is(err, io.EOF):
			return
		case err != nil:
			r.Broken(r.record, cutOff(err))
			return
		}
		h := ParseMRTHeader(head)
		if h.Length > reading.MaxRow {
			r.Skip(r.record, "the record is %v", reading.ErrTooLong)
			if _, err := io.CopyN(io.Discard, text, HeaderSize+int64(h.Length)); err != nil {
				r.Broken(r.record, cutOff(err))
				return
			}
			continue
		}
		body, err := r.body(text, int(h.Length))
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
	size := HeaderSize + length
	if size <= text.Size() {
		b, err := text.Peek(size)
		if err != nil {
			return nil, err
		}
		_, err = text.Discard(size)
		return b[HeaderSize:], err
	}
	if cap(r.long) < size {
		r.long = make([]byte, size)
	}
	_, err := io.ReadFull(text, r.long[:size])
	return r.long[HeaderSize:size], err
}

// cutOff makes the end of the file the cut that it is within a record.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// one reads one record. A fault in it is counted and costs no other record.
func (r *reader) one(h Header, body []byte) {
	o := Octets{B: body}
	if h.Kind == TypeBGP4MPET {
		h.Time = h.Time.Add(min(time.Second-1, time.Duration(o.Uint32())*time.Microsecond)) // RFC 6396 3
	}
	if r.moment.leavesOut(h, r.record) {
		return
	}
	if !h.holdsBGP() {
		if !h.otherProtocol() {
			r.Skip(r.record, "a record of unknown type %d.%d", h.Kind, h.Subtype)
		}
		return
	}
	var err error
	switch h.Kind {
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
func (r *reader) listed(h Header) {
	if r.tables++; r.Result.Header.Time.IsZero() {
		r.Result.Header.Time = h.Time
	}
}

// advertise takes a route of a table: on, or aside where messages may change it.
func (r *reader) advertise(route rib.Route, e wire.Entry) {
	if !r.Pick.Wants(route.Neighbor) {
		return
	}
	if r.Replay != nil {
		r.Replay.advertise(r.Pick.direction(), route, e.Set)
		return
	}
	r.Route(route)
}

func (r *reader) finish() {
	if r.Replay != nil {
		r.Replay.finish()
	}
	r.moment.finish(r)
	r.Pick.finish(r.Collector, r.tables)
	if r.changes > 0 && r.tables == 0 {
		r.Problem(0, "messages with no table before them: what was advertised earlier is missing")
	}
	if r.foreign > 0 && r.Result.Routes+r.Result.Skipped == 0 {
		r.Note(0, "it holds no IPv4 or IPv6 unicast routes, but %d records of other families", r.foreign)
	}
}

// Octets takes numbers off a record. Once it has run out, bad is set and everything is zero.
type Octets struct {
	B   []byte
	bad bool
}

var errMRTShort = fmt.Errorf("the record is shorter than its fields")

// Take cuts n octets off. Where there are not as many, it is nil and all that follows is bad.
func (o *Octets) Take(n int) []byte {
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

func (o *Octets) uint8() uint8 {
	if b := o.Take(1); b != nil {
		return b[0]
	}
	return 0
}

// Uint16 takes two octets.
func (o *Octets) Uint16() uint16 {
	if b := o.Take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// Uint32 takes four octets.
func (o *Octets) Uint32() uint32 {
	if b := o.Take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// asn takes an AS number of two or four octets.
func (o *Octets) asn(four bool) uint32 {
	if four {
		return o.Uint32()
	}
	return uint32(o.Uint16())
}

// Addr takes an address. A router names itself by 0.0.0.0 or ::, which is no neighbour.
func (o *Octets) Addr(fam rib.Family) netip.Addr {
	a, _ := netip.AddrFromSlice(o.Take(fam.Bits() / 8))
	return otherThanSelf(a.Unmap())
}
