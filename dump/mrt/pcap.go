package mrt

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/gopacket/gopacket/reassembly"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// Pcap is captured packets of BGP sessions, as tcpdump and Wireshark write them, pcap or pcapng
// (docs/formats/pcap.md). Their messages are replayed as those of an MRT file are.
var Pcap = reading.Format{Name: "pcap", Sniff: sniffPCAP, Read: readPCAP, Shape: shapePCAP}

func shapePCAP(reading.Source) reading.Header {
	return reading.Header{Format: "pcap", ASPathForm: rib.AsSent, NotShown: rib.AttrBest}
}

const pcapngMagic = "\x0a\x0d\x0d\x0a"

// pcapMagics begin a capture: in both orders of octets, with times in microseconds or nanoseconds.
var pcapMagics = []string{pcapngMagic, "\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x4d\x3c\xb2\xa1"}

func sniffPCAP(head []byte) bool {
	for _, magic := range pcapMagics {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// packetSource is a capture of either form.
type packetSource interface {
	ReadPacketData() (data []byte, ci gopacket.CaptureInfo, err error)
	LinkType() layers.LinkType
}

// pcapReader reads the packets of one file.
type pcapReader struct {
	*reader
	packets   packetSource
	assembler *reassembly.Assembler
	flows     map[[2]gopacket.Flow]bool // of BGP sessions
	sessions  []*pcapSession
	owner     map[*replayPeer]*pcapSession // the one whose routes a peer's are
	router    netip.Addr                   // the one that the feed names with vrf:, if it does
	routers   pcapRouters
	cut       bool // it was said that packets are cut
	many      bool
	bmp       bool // segments hold BMP messages
	flushing  bool // the file is at its end
}

// Bounds of what a hostile capture can make the reader hold.
const (
	maxPCAPSessions = 10_000
	maxPCAPPages    = 4_096 // of some 2 KiB, that wait for a segment before them
)

// bgpPort is where BGP listens (RFC 4271 8.2.1).
const bgpPort = 179

func readPCAP(in *reading.Input, c *reading.Collector) error {
	head, err := in.Head()
	if err != nil {
		return err
	}
	if !sniffPCAP(head) {
		return errors.New("holds no captured packets at its beginning")
	}
	r := &pcapReader{reader: newReader(c), flows: map[[2]gopacket.Flow]bool{}, owner: map[*replayPeer]*pcapSession{}}
	r.replay = newReplay(r.reader)
	if r.router, err = pcapRouterOf(c.Source.VRF); err != nil {
		return err
	}
	if bytes.HasPrefix(head, []byte(pcapngMagic)) {
		r.packets, err = pcapgo.NewNgReader(in.Text, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	} else {
		r.packets, err = pcapgo.NewReader(in.Text)
	}
	if err != nil {
		return err
	}
	r.assembler = reassembly.NewAssembler(reassembly.NewStreamPool(r))
	r.assembler.MaxBufferedPagesTotal = maxPCAPPages
	r.assembler.MaxBufferedPagesPerConnection = maxPCAPPages / 4
	c.Unproven = true
	r.all()
	r.flushing = true
	r.assembler.FlushAll()
	if len(r.sessions) == 0 && !c.Partial && !c.Stopped() {
		if r.bmp {
			return ErrBMP
		}
		return errors.New("holds no BGP session: capture TCP port 179")
	}
	if err := r.oneRouter(); err != nil {
		return err
	}
	r.finish()
	return nil
}

// all reads the packets.
func (r *pcapReader) all() {
	for !r.Stopped() {
		r.record++
		data, ci, err := r.packets.ReadPacketData()
		if errors.Is(err, io.EOF) && ci.CaptureLength > 0 {
			err = io.ErrUnexpectedEOF // the file ends between a packet's header and its data
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.Broken(r.record, cutOff(err))
			return
		}
		r.packet(data, ci)
	}
}

func (r *pcapReader) packet(data []byte, ci gopacket.CaptureInfo) {
	link := r.packets.LinkType()
	if len(ci.AncillaryData) > 0 {
		if mixed, ok := ci.AncillaryData[0].(layers.LinkType); ok {
			link = mixed
		}
	}
	p := gopacket.NewPacket(data, link, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	net, tcp := connection(p)
	if net == nil || tcp == nil || !r.bgp(net.NetworkFlow(), tcp) {
		return
	}
	if r.moment.leavesOut(recordHeader{time: ci.Timestamp, kind: typeBGP4MP, subtype: messageAS4}, r.record) {
		return
	}
	if at := ci.Timestamp.UTC(); at.Year() < 10_000 { // as RFC 3339 can write it
		r.Result.Header.Time = at.Truncate(time.Microsecond)
	}
	if ci.CaptureLength < ci.Length || p.Metadata().Truncated {
		if !r.cut {
			r.cut = true
			r.Problem(r.record, "packets are cut: capture whole ones (tcpdump -s 0)")
		}
		return // the session goes on behind a gap
	}
	r.assembler.AssembleWithContext(net.NetworkFlow(), tcp, &packetContext{ci})
}

// connection is the TCP segment of a packet and the IP header right around it: those of tunnels stand further out.
func connection(p gopacket.Packet) (net gopacket.NetworkLayer, tcp *layers.TCP) {
	if p.Layer(layers.LayerTypeTCP) == nil {
		return nil, nil
	}
	for _, l := range p.Layers() {
		switch l := l.(type) {
		case gopacket.NetworkLayer:
			net = l
		case *layers.TCP:
			return net, l
		}
	}
	return nil, nil
}

// packetContext hands a packet's time through the assembler.
type packetContext struct{ ci gopacket.CaptureInfo }

func (c *packetContext) GetCaptureInfo() gopacket.CaptureInfo { return c.ci }

// bgp reports whether a segment is of a BGP session: by its port, or by the marker that a message begins with.
func (r *pcapReader) bgp(net gopacket.Flow, tcp *layers.TCP) bool {
	flow := [2]gopacket.Flow{net, tcp.TransportFlow()}
	if r.flows[flow] {
		return true
	}
	if tcp.SrcPort != bgpPort && tcp.DstPort != bgpPort && !bytes.HasPrefix(tcp.Payload, messageMarker) {
		r.bmp = r.bmp || IsBMP(tcp.Payload)
		return false
	}
	if len(r.flows) >= 2*maxPCAPSessions {
		if !r.many {
			r.many = true
			r.Problem(r.record, "more than %d sessions: split the capture", maxPCAPSessions)
		}
		return false
	}
	r.flows[flow], r.flows[[2]gopacket.Flow{net.Reverse(), tcp.TransportFlow().Reverse()}] = true, true
	return true
}

// messageMarker begins every message (RFC 4271 4.1).
var messageMarker = bytes.Repeat([]byte{0xff}, 16)

func (r *pcapReader) finish() {
	for _, s := range r.sessions {
		s.finish()
	}
	r.replay.finish()
	r.moment.finish(r.reader)
	r.pick.finish(r.Collector, 0)
}
