package bgp

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	api "github.com/osrg/gobgp/v3/api"
	"github.com/osrg/gobgp/v3/pkg/server"
	"go.uber.org/zap"

	"bgpaudit/bgp/wire"
	"bgpaudit/rib"
)

// loopback is where GoBGP listens, and where our end of the connection comes from.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// speaker is an embedded GoBGP with one neighbour: our own end of a connection over loopback. It
// runs the state machine of one router's sessions, and holds no route.
type speaker struct {
	server   *server.BgpServer
	addr     netip.AddrPort
	password string // of the connection, where the system has TCP MD5

	asked int32        // operations that were asked of GoBGP
	done  int32        // those that it has done; its main loop's
	last  atomic.Int32 // the one after which the loop ends; 0 while it is not to
}

// starting keeps the start of two GoBGPs apart: each writes the same package variables of GoBGP's.
var starting sync.Mutex

func startSpeaker(n *Neighbor, routerID netip.Addr, holdTime time.Duration, log *zap.Logger) (*speaker, error) {
	starting.Lock()
	defer starting.Unlock()
	var err error
	for range 16 { // a free port may be taken before GoBGP gets to it
		var s *speaker
		if s, err = tryStart(n, routerID, holdTime, log); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("starting GoBGP: %w", err)
}

func tryStart(n *Neighbor, routerID netip.Addr, holdTime time.Duration, log *zap.Logger) (*speaker, error) {
	s := &speaker{password: loopbackPassword()}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s.addr = netip.AddrPortFrom(loopback, port)
	s.server = server.NewBgpServer(server.LoggerOption(speakerLog{log}), server.TimingHookOption(s))
	go s.server.Serve()
	ctx := context.Background()
	err = s.server.StartBgp(ctx, &api.StartBgpRequest{Global: &api.Global{
		Asn: n.LocalASN, RouterId: routerID.String(), ListenPort: int32(port), ListenAddresses: []string{loopback.String()},
	}})
	s.asked++
	if err == nil {
		s.asked++
		err = s.server.AddPeer(ctx, &api.AddPeerRequest{Peer: s.peer(n, holdTime)})
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// peer is the neighbour as GoBGP is to treat it: with no policy, no graceful restart, no limit. The
// tap has its own.
func (s *speaker) peer(n *Neighbor, holdTime time.Duration) *api.Peer {
	p := &api.Peer{
		Conf: &api.PeerConf{
			NeighborAddress: loopback.String(), PeerAsn: n.ASN, LocalAsn: n.LocalASN, AuthPassword: s.password,
		},
		Timers: &api.Timers{Config: &api.TimersConfig{
			HoldTime: uint64(holdTime.Seconds()), KeepaliveInterval: uint64(max(1, holdTime.Seconds()/3)),
		}},
		Transport: &api.Transport{PassiveMode: true},
	}
	for _, fam := range n.families() {
		p.AfiSafis = append(p.AfiSafis, &api.AfiSafi{
			Config: &api.AfiSafiConfig{
				Family: &api.Family{Afi: api.Family_AFI_IP + api.Family_Afi(fam), Safi: api.Family_SAFI_UNICAST}, Enabled: true,
			},
			AddPaths: &api.AddPaths{Config: &api.AddPathsConfig{Receive: n.AddPath}},
		})
	}
	return p
}

// families are those offered.
func (n *Neighbor) families() []rib.Family {
	if len(n.Families) == 0 {
		return rib.Families[:]
	}
	return n.Families
}

// loopbackPassword keeps other users of this machine off GoBGP's port: what they could send would
// end the process. It is empty where the system has no TCP MD5, or gives GoBGP's listener, which is
// made as this one is, Multipath TCP (see go.mod).
func loopbackPassword() string {
	l, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		return ""
	}
	defer l.Close()
	password := rand.Text()
	raw, err := l.SyscallConn()
	if err != nil || signed(raw, netip.PrefixFrom(loopback, 32), password) != nil {
		return ""
	}
	return password
}

func freePort() (uint16, error) {
	l, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort().Port(), nil
}

// speech is a connection to GoBGP, and the OPEN that it began with.
type speech struct {
	net.Conn
	from *bufio.Reader
	open open
}

func newSpeech(c net.Conn) *speech {
	return &speech{Conn: c, from: bufio.NewReaderSize(c, wire.MaxLength)}
}

const (
	// idleTime is how long GoBGP takes no connection after a session (holdtimeIdle in its fsm.go).
	idleTime = 5 * time.Second
	// meetTime is how long a router's connection waits for it, and meetPause the time between tries.
	meetTime  = 15 * time.Second
	meetPause = 200 * time.Millisecond
)

var errNoSpeaker = errors.New("GoBGP takes no connection")

// meet connects to GoBGP. GoBGP closes what comes while it is idle, so meet tries until an OPEN is
// there, and a router that comes back at once need not wait for its own retry timer, which may be
// minutes long.
func (s *speaker) meet(ended <-chan struct{}) (*speech, error) {
	deadline := time.Now().Add(meetTime)
	for pause := time.Duration(0); time.Now().Before(deadline); pause = meetPause {
		select {
		case <-ended:
			return nil, errNoSpeaker
		case <-time.After(pause):
		}
		if c, err := s.dial(); err == nil {
			return c, nil
		}
	}
	return nil, errNoSpeaker
}

func (s *speaker) dial() (*speech, error) {
	d := net.Dialer{Timeout: time.Second, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)), KeepAlive: -1}
	d.Control = func(_, _ string, raw syscall.RawConn) error {
		if s.password == "" {
			return nil
		}
		return signed(raw, netip.PrefixFrom(loopback, 32), s.password)
	}
	conn, err := d.Dial("tcp4", s.addr.String())
	if err != nil {
		return nil, err
	}
	c := newSpeech(conn)
	_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	m, err := c.read()
	if err == nil && m.kind != wire.Open {
		err = fmt.Errorf("GoBGP began with a message of type %d", m.kind)
	}
	if err == nil {
		var f *fault
		if c.open, f = readOpen(m.body()); f != nil {
			err = errors.New(f.text)
		}
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, conn.SetReadDeadline(time.Time{})
}

// read is GoBGP's next message.
func (c *speech) read() (message, error) {
	head := make([]byte, wire.HeaderLength)
	if _, err := io.ReadFull(c.from, head); err != nil {
		return message{}, err
	}
	kind, length, wrong := wire.ParseHeader(head, wire.MaxLength)
	if wrong != nil {
		return message{}, wrong
	}
	octets := append(head, make([]byte, length-wire.HeaderLength)...)
	_, err := io.ReadFull(c.from, octets[wire.HeaderLength:])
	return message{kind, octets}, err
}

// stop ends GoBGP. Its connections must be closed before.
func (s *speaker) stop() {
	ctx := context.Background()
	for wait := time.Now().Add(time.Second); s.busy(ctx) && time.Now().Before(wait); {
		time.Sleep(5 * time.Millisecond)
	}
	s.last.Store(s.asked + 2) // the second of these
	_ = s.server.StopBgp(ctx, &api.StopBgpRequest{})
	_, _ = s.server.GetBgp(ctx, &api.GetBgpRequest{})
}

// busy reports whether GoBGP is yet to find out that its connection is closed. Stopped with a
// message in hand it leaves a goroutine behind.
func (s *speaker) busy(ctx context.Context) (is bool) {
	s.asked++
	_ = s.server.ListPeer(ctx, &api.ListPeerRequest{}, func(p *api.Peer) {
		state := p.GetState().GetSessionState()
		is = is || state != api.PeerState_IDLE && state != api.PeerState_ACTIVE
	})
	return is
}

// Observe is called by GoBGP's main loop after whatever it did. The loop has no end of its own, even
// when GoBGP is stopped; this is its end.
func (s *speaker) Observe(op server.FSMOperation, _, _ time.Duration) {
	if op != server.FSMMgmtOp {
		return
	}
	if s.done++; s.done == s.last.Load() {
		runtime.Goexit()
	}
}
