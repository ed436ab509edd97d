package bgp

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"bgpaudit/rib"
)

// Collector holds the sessions with every neighbour. Its methods are safe for use by several
// goroutines, but for [Collector.Next], which is the one writer's.
type Collector struct {
	config    Config
	log       *zap.Logger
	board     *switchboard
	refusals  refusals
	listeners []*net.TCPListener
	running   sync.WaitGroup

	mu     sync.Mutex
	peers  [][]*peer // by neighbour: one, or the routers of its range in the order they came
	known  map[netip.Addr]*peer
	closed bool
}

// Bounds of a range.
const (
	maxRouters = 256           // that are known of it at a time
	longGone   = 1 * time.Hour // after which one that is gone is forgotten when another needs its place
)

// Listen opens the listeners and starts a GoBGP for every neighbour; sessions come up as routers
// connect. It fails, leaving nothing behind, where an address cannot be listened on or a
// neighbour cannot be had as configured (MD5 that the system lacks, a range without MD5 or TTL
// security, a family that is not listened on).
func Listen(config Config) (*Collector, error) {
	if config.HoldTime == 0 {
		config.HoldTime = 90 * time.Second
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	config.Neighbors = slices.Clone(config.Neighbors)
	if err := config.check(); err != nil {
		return nil, err
	}
	c := &Collector{
		config: config, log: config.Log, board: newSwitchboard(config.PrefixLimit), refusals: refusals{log: config.Log},
		peers: make([][]*peer, len(config.Neighbors)), known: map[netip.Addr]*peer{},
	}
	if err := c.open(); err != nil {
		_ = c.Close(context.Background())
		return nil, err
	}
	for _, l := range c.listeners {
		c.running.Go(func() { c.accept(l) })
	}
	return c, nil
}

func (c *Collector) open() error {
	for _, at := range c.config.Listen {
		l, err := c.config.listen(at)
		if err != nil {
			return err
		}
		c.listeners = append(c.listeners, l)
	}
	for i := range c.config.Neighbors {
		if n := &c.config.Neighbors[i]; n.Address.IsValid() {
			if _, err := c.newPeer(i, n.Address); err != nil {
				return err
			}
		}
	}
	return nil
}

// newPeer starts the GoBGP of a router. The caller holds the lock, or is alone.
func (c *Collector) newPeer(i int, addr netip.Addr) (*peer, error) {
	n := &c.config.Neighbors[i]
	s, err := startSpeaker(n, c.config.RouterID, c.config.HoldTime, c.log.With(zap.String("neighbor", n.Name)))
	if err != nil {
		return nil, err
	}
	p := newPeer(n, addr, s, newQueue(c.board), c.log)
	c.peers[i] = append(c.peers[i], p)
	c.known[addr] = p
	return p, nil
}

// Addrs are the addresses that are listened on, with the ports that were taken for port 0.
func (c *Collector) Addrs() []netip.AddrPort {
	var out []netip.AddrPort
	for _, l := range c.listeners {
		out = append(out, l.Addr().(*net.TCPAddr).AddrPort())
	}
	return out
}

// accept takes the connections of one listener.
func (c *Collector) accept(l *net.TCPListener) {
	var logging pace
	for {
		conn, err := l.AcceptTCP()
		switch {
		case err == nil:
			c.welcome(conn)
		case c.isClosed():
			return
		default: // no file descriptor is left, say
			if ok, left := logging.may(time.Now()); ok {
				c.log.Error("accepting a connection", zap.Error(err), zap.Int("not logged before", left))
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// welcome gives a connection to its router's session, or closes it.
func (c *Collector) welcome(conn *net.TCPConn) {
	from := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap().WithZone("")
	if reason := c.admit(conn, from); reason != "" {
		conn.Close() // without a word
		c.refusals.add(from, reason, time.Now())
	}
}

// admit begins a session on a connection, or says why it is not to be had.
func (c *Collector) admit(conn *net.TCPConn, from netip.Addr) (refused string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, reason := c.peerOf(from)
	if p == nil {
		return reason
	}
	if reason := p.conf.guard(conn); reason != "" {
		return reason
	}
	keepAlive(conn, c.config.HoldTime)
	s, up := p.take(conn)
	if s == nil {
		c.running.Go(func() { c.collide(p, conn, up) })
		return ""
	}
	c.running.Go(s.run)
	return ""
}

// collide refuses a connection, as the router's session is up, unless that ends within a second: a
// router may connect again before we have read that it is done with the old connection.
func (c *Collector) collide(p *peer, conn *net.TCPConn, up *session) {
	if linger() {
		select {
		case <-up.ended:
		case <-time.After(farewellTime):
		}
		<-lingering
	}
	c.mu.Lock()
	var s *session
	if !c.closed {
		s, _ = p.take(conn)
	}
	c.mu.Unlock()
	if s != nil {
		s.run()
		return
	}
	c.refusals.add(p.addr, stillUp, time.Now())
	sayGoodbye(conn, notice{code: cease, subcode: connectionCollision})
}

// peerOf finds the router of an address, a new one of a range included, or says why there is none.
func (c *Collector) peerOf(addr netip.Addr) (p *peer, reason string) {
	if c.closed {
		return nil, shuttingDown
	}
	if p := c.known[addr]; p != nil {
		return p, ""
	}
	best := -1
	for i := range c.config.Neighbors {
		if r := c.config.Neighbors[i].Range; r.Contains(addr) && (best < 0 || r.Bits() > c.config.Neighbors[best].Range.Bits()) {
			best = i
		}
	}
	switch {
	case best < 0:
		return nil, notConfigured
	case len(c.peers[best]) >= maxRouters && !c.forget(best):
		return nil, tooManyRouters
	}
	p, err := c.newPeer(best, addr)
	if err != nil {
		return nil, "no GoBGP for it: " + err.Error()
	}
	return p, ""
}

// forget lets a router of a range go that has long been gone.
func (c *Collector) forget(i int) bool {
	now := time.Now()
	j := slices.IndexFunc(c.peers[i], func(p *peer) bool { return p.forgotten(now, longGone) })
	if j < 0 {
		return false
	}
	p := c.peers[i][j]
	c.peers[i] = slices.Delete(c.peers[i], j, j+1)
	delete(c.known, p.addr)
	p.tellGone()
	c.running.Go(p.close)
	return true
}

func (c *Collector) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Batch is what one session has to tell the table, in the order of its messages.
type Batch struct {
	Updates []rib.Update
}

// Next waits for the next batch, and returns false when ctx is done or the collector is closed and
// everything was handed on. Sessions take turns. A batch is small enough to be applied in about a
// millisecond; it is the caller's until the next call, which takes its memory back.
//
// A session that has more waiting than its queue holds (a few thousand routes) merges what is
// waiting for one prefix into its last state; where that does not help it stops reading, and TCP
// slows the router down. Nothing is lost, and memory stays bounded however long the caller takes.
func (c *Collector) Next(ctx context.Context) (Batch, bool) { return c.board.next(ctx) }

// Sessions are the sessions as they stand, by neighbour in the order of the config. A range is
// listed by the routers that have connected.
func (c *Collector) Sessions() []Session {
	now := time.Now()
	var out []Session
	for _, p := range c.everyPeer() {
		out = append(out, p.session(now))
	}
	return out
}

func (c *Collector) everyPeer() []*peer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Concat(c.peers...)
}

// Refusals are the connections that were not taken, the latest last; at most 256 of different
// address and reason are told apart.
func (c *Collector) Refusals() []Refusal { return c.refusals.list() }

// Close ends every session with a Cease (administrative shutdown, RFC 4486), waits until each is
// gone, at most until ctx is done, and leaves no goroutine behind. It may be called again.
func (c *Collector) Close(ctx context.Context) error {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	c.mu.Unlock()
	for _, l := range c.listeners {
		l.Close()
	}
	if first {
		for _, p := range c.everyPeer() {
			c.running.Go(p.close)
		}
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		c.running.Wait()
		c.board.close()
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
