package dump

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"bgpaudit/bgp/wire"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// madeCapture is a capture of sessions of 192.0.2.1 with our router, packet by packet.
type madeCapture struct {
	t      *testing.T
	file   bytes.Buffer
	w      *pcapgo.Writer
	next   map[string]uint32 // sequence numbers
	number int64

	tunnel bool           // a GRE header and another IP header stand around each packet
	router byte           // ours is 192.0.2.N, and its BGP Identifier 10.255.0.N
	port   layers.TCPPort // that is listened on
}

func newMadeCapture(t *testing.T) *madeCapture {
	c := &madeCapture{t: t, next: map[string]uint32{}, router: 6, port: 179}
	c.w = pcapgo.NewWriter(&c.file)
	if err := c.w.WriteFileHeader(65536, layers.LinkTypeRaw); err != nil {
		t.Fatal(err)
	}
	return c
}

// send adds a segment of the neighbour's, or of ours, between the neighbour's port and 179.
func (c *madeCapture) send(ours bool, port uint16, payload []byte) {
	c.t.Helper()
	src, dst, from, to := net.IP{192, 0, 2, 1}, net.IP{192, 0, 2, c.router}, layers.TCPPort(port), c.port
	if ours {
		src, dst, from, to = dst, src, to, from
	}
	key := fmt.Sprint(src, dst, from, to)
	ip := &layers.IPv4{Version: 4, TTL: 1, Protocol: layers.IPProtocolTCP, SrcIP: src, DstIP: dst}
	tcp := &layers.TCP{SrcPort: from, DstPort: to, Seq: 1000 + c.next[key], ACK: true, SYN: payload == nil}
	c.next[key] += uint32(max(len(payload), 1))
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		c.t.Fatal(err)
	}
	stack := []gopacket.SerializableLayer{ip, tcp, gopacket.Payload(payload)}
	if c.tunnel {
		outer := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolGRE, SrcIP: net.IP{198, 51, 100, src[3]}, DstIP: net.IP{198, 51, 100, dst[3]}}
		stack = append([]gopacket.SerializableLayer{outer, &layers.GRE{Protocol: layers.EthernetTypeIPv4}}, stack...)
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, stack...); err != nil {
		c.t.Fatal(err)
	}
	c.number++
	info := gopacket.CaptureInfo{Timestamp: time.Unix(1_795_232_330+c.number, 0), CaptureLength: len(buf.Bytes()), Length: len(buf.Bytes())}
	if err := c.w.WritePacket(info, buf.Bytes()); err != nil {
		c.t.Fatal(err)
	}
}

func pcapMessage(kind wire.MessageType, body ...byte) []byte {
	m := append(bytes.Repeat([]byte{0xff}, 16), 0, 0, byte(kind))
	binary.BigEndian.PutUint16(m[16:], uint16(len(m)+len(body)))
	return append(m, body...)
}

// openOf has the capability of AS numbers of four octets, and the BGP Identifier 10.255.0.ID.
func openOf(asn uint16, id byte) []byte {
	hi, lo := byte(asn>>8), byte(asn)
	return pcapMessage(wire.Open, 4, hi, lo, 0, 90, 10, 255, 0, id, 8, 2, 6, 65, 4, 0, 0, hi, lo)
}

func (c *madeCapture) opens(port uint16) {
	c.send(false, port, nil)
	c.send(true, port, nil)
	c.send(false, port, openOf(65000, 1))
	c.send(true, port, openOf(65100, c.router))
}

func (c *madeCapture) up(port uint16) {
	c.opens(port)
	c.send(false, port, pcapMessage(wire.Keepalive))
	c.send(true, port, pcapMessage(wire.Keepalive))
}

// update sends 10.0.N.0/24, as RFC 4271 4.3 lays it out.
func (c *madeCapture) update(port uint16, n byte) {
	attrs := []byte{0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe8, 0x40, 3, 4, 192, 0, 2, 1}
	body := append([]byte{0, 0, 0, byte(len(attrs))}, attrs...)
	c.send(false, port, pcapMessage(wire.UpdateMsg, append(body, 24, 10, 0, n)...))
}

func TestSessionsOfOneNeighborAfterEachOther(t *testing.T) {
	for _, tt := range []struct {
		name     string
		packets  func(*madeCapture)
		cut      int
		prefixes string
		complete rib.Completeness
		says     string
	}{
		{"one session", func(c *madeCapture) { c.up(4000); c.update(4000, 1) }, 0, "10.0.1.0/24", "unproven", ""},
		{"one in a tunnel", func(c *madeCapture) { c.tunnel = true; c.up(4000); c.update(4000, 1) }, 0, "10.0.1.0/24", "unproven", ""},
		{"one that ends", func(c *madeCapture) {
			c.up(4000)
			c.update(4000, 1)
			c.send(true, 4000, pcapMessage(wire.Notification, 6, 2))
		}, 0, "", "no", "expect-empty"},
		{"an old one that ends behind the new one", func(c *madeCapture) {
			c.up(4000)
			c.update(4000, 1)
			c.up(4001)
			c.update(4001, 2)
			c.send(true, 4000, pcapMessage(wire.Notification, 6, 2))
		}, 0, "10.0.2.0/24", "unproven", ""},
		{"a new one without a route", func(c *madeCapture) { c.up(4000); c.update(4000, 1); c.up(4001) }, 0, "", "no", "expect-empty"},
		{"a new one with a route", func(c *madeCapture) { c.up(4000); c.update(4000, 1); c.up(4001); c.update(4001, 2) }, 0, "10.0.2.0/24", "unproven", ""},
		{"a new one that was not taken yet", func(c *madeCapture) { c.up(4000); c.update(4000, 1); c.opens(4001) }, 0, "10.0.1.0/24", "no", "was coming up"},
		{"a new one that collides and is closed", func(c *madeCapture) {
			c.up(4000)
			c.update(4000, 1)
			c.opens(4001)
			c.send(true, 4001, pcapMessage(wire.Notification, 6, 7))
		}, 0, "10.0.1.0/24", "unproven", ""},
		{"a new one whose beginning is not in the capture", func(c *madeCapture) {
			c.up(4000)
			c.update(4000, 1)
			c.send(false, 4001, pcapMessage(wire.Keepalive))
			c.send(true, 4001, pcapMessage(wire.Keepalive))
		}, 0, "", "no", "lacks the beginning"},
		{"a file that ends right behind a packet's header", func(c *madeCapture) { c.up(4000); c.update(4000, 1); c.update(4000, 2) }, 40 + 47, "10.0.1.0/24", "no", "cut off"},
		{"a file that ends in a packet's header", func(c *madeCapture) { c.up(4000); c.update(4000, 1); c.update(4000, 2) }, 40 + 47 + 8, "10.0.1.0/24", "no", "cut off"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newMadeCapture(t)
			tt.packets(c)
			src := reading.Source{Name: "x", ExpectRoutes: -1, View: rib.AdjRIBInPre, Neighbor: netipAddr(t, "192.0.2.1")}
			routes, got, err := readBytes(src, c.file.Bytes()[:c.file.Len()-tt.cut])
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, r := range routes {
				have = append(have, r.Prefix.String())
			}
			if strings.Join(have, " ") != tt.prefixes || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("%v, complete %q, errors %q", have, got.Complete, got.Errors)
			}
		})
	}
}

// of is what is written while our router is another one.
func (c *madeCapture) of(router byte, write func()) {
	was := c.router
	c.router = router
	write()
	c.router = was
}

// TestSessionsOfOneNeighborWithSeveralRouters: at a mirror port they stand in one capture, and the one is not the end of
// the other.
func TestSessionsOfOneNeighborWithSeveralRouters(t *testing.T) {
	both := func(c *madeCapture) {
		c.up(4000)
		c.update(4000, 1)
		c.of(7, func() { c.up(4000); c.update(4000, 1); c.update(4000, 2) })
		c.update(4000, 3)
	}
	const lists = "several routers, by BGP Identifier: 10.255.0.6 at 192.0.2.6, 10.255.0.7 at 192.0.2.7: name one with vrf: on the feed"
	for _, tt := range []struct {
		name     string
		packets  func(*madeCapture)
		src      reading.Source
		prefixes string
		complete rib.Completeness
		says     string
	}{
		{"nothing says which", both, reading.Source{View: rib.AdjRIBInPre}, "", "", lists},
		{"the first, by its identifier", both, reading.Source{View: rib.AdjRIBInPre, VRF: "10.255.0.6"}, "10.0.1.0/24 10.0.3.0/24", "unproven", ""},
		{"the second, by its address", both, reading.Source{View: rib.AdjRIBInPre, VRF: "192.0.2.7"}, "10.0.1.0/24 10.0.2.0/24", "unproven", ""},
		{"no such router", both, reading.Source{View: rib.AdjRIBInPre, VRF: "192.0.2.8"}, "", "", "no session of the router 192.0.2.8, which vrf: names; it has: 10.255.0.6 at 192.0.2.6, 10.255.0.7 at 192.0.2.7"},
		{"a VRF", both, reading.Source{View: rib.AdjRIBInPre, VRF: "RED"}, "", "", "a capture names no VRFs"},
		{"without a view all of them", both, reading.Source{}, "10.0.1.0/24 10.0.1.0/24 10.0.2.0/24 10.0.3.0/24", "unproven", ""},
		{"without a view one of them", both, reading.Source{VRF: "192.0.2.7"}, "10.0.1.0/24 10.0.2.0/24", "unproven", ""},
		{"the end of the one", func(c *madeCapture) {
			both(c)
			c.of(7, func() { c.send(true, 4000, pcapMessage(wire.Notification, 6, 2)) })
		}, reading.Source{View: rib.AdjRIBInPre, VRF: "192.0.2.6"}, "10.0.1.0/24 10.0.3.0/24", "unproven", ""},
		{"a new session of the one", func(c *madeCapture) {
			both(c)
			c.of(7, func() { c.up(4001); c.update(4001, 4) })
		}, reading.Source{}, "10.0.1.0/24 10.0.3.0/24 10.0.4.0/24", "unproven", ""},
		{"one that is over is another router's too", func(c *madeCapture) {
			both(c)
			c.of(7, func() { c.send(true, 4000, pcapMessage(wire.Notification, 6, 2)) })
		}, reading.Source{View: rib.AdjRIBInPre}, "", "", lists},
		{"one that sends nothing", func(c *madeCapture) {
			c.up(4000)
			c.update(4000, 1)
			c.of(7, func() { c.up(4000) })
		}, reading.Source{View: rib.AdjRIBInPre}, "10.0.1.0/24", "unproven", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newMadeCapture(t)
			tt.packets(c)
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			if tt.src.View != "" {
				tt.src.Neighbor = netipAddr(t, "192.0.2.1")
			}
			routes, got, err := readBytes(tt.src, c.file.Bytes())
			if (err != nil) != (tt.complete == "") || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) {
				t.Fatalf("errors %q, %v", got.Errors, err)
			}
			var have []string
			ids := map[string]bool{}
			for _, r := range routes {
				have = append(have, r.Prefix.String())
				ids[fmt.Sprint(r.Neighbor, r.Prefix, r.PathID)] = true
			}
			slices.Sort(have)
			if strings.Join(have, " ") != tt.prefixes || len(ids) != len(have) || err == nil && (got.Complete != tt.complete || tt.says == "" && len(got.Errors) > 0) {
				t.Errorf("%v, complete %q, errors %q", have, got.Complete, got.Errors)
			}
		})
	}
}
