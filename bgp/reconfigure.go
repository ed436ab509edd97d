package bgp

import (
	"errors"
	"net/netip"
	"reflect"
	"slices"

	"go.uber.org/zap"
)

// Same reports whether the two are one neighbour, of whom the same is asked and for the same feed.
func (n *Neighbor) Same(other *Neighbor) bool { return reflect.DeepEqual(n, other) }

// Reconfigure makes the neighbours those that are given. The sessions of neighbours that stay the
// same go on untouched; those of the others end with a Cease, and what they had waiting is handed on
// all the same; new ones wait for their routers. It fails where [Listen] would, and then nothing has
// changed.
func (c *Collector) Reconfigure(neighbors []Neighbor) error {
	ended, err := c.exchange(neighbors)
	for _, p := range ended {
		p.log.Info("the config no longer asks for this session")
	}
	return err
}

func (c *Collector) exchange(neighbors []Neighbor) (ended []*peer, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.New("the collector is closed")
	}
	next := c.config
	next.Neighbors = slices.Clone(neighbors)
	if err := next.check(); err != nil {
		return nil, err
	}
	if err := c.protect(&next, &c.config); err != nil {
		return nil, errors.Join(err, c.protect(&c.config, &next))
	}
	peers, begun, err := c.peersOf(&next)
	if err != nil {
		for _, p := range begun {
			p.close()
		}
		return nil, errors.Join(err, c.protect(&c.config, &next))
	}
	ended = slices.DeleteFunc(slices.Concat(c.peers...), func(p *peer) bool {
		return slices.ContainsFunc(peers, func(of []*peer) bool { return slices.Contains(of, p) })
	})
	c.config, c.peers, c.known = next, peers, map[netip.Addr]*peer{}
	for _, p := range slices.Concat(peers...) {
		c.known[p.addr] = p
	}
	for _, p := range ended {
		c.running.Go(p.close)
	}
	return ended, nil
}

// peersOf are the routers of another config: those that there are, and new ones. The caller holds
// the lock.
func (c *Collector) peersOf(next *Config) (peers [][]*peer, begun []*peer, err error) {
	peers = make([][]*peer, len(next.Neighbors))
	for i := range next.Neighbors {
		n := &next.Neighbors[i]
		if was := slices.IndexFunc(c.config.Neighbors, func(old Neighbor) bool { return old.Same(n) }); was >= 0 {
			peers[i] = c.peers[was]
			continue
		}
		if !n.Address.IsValid() {
			continue
		}
		s, err := startSpeaker(n, c.config.RouterID, c.config.HoldTime, c.log.With(zap.String("neighbor", n.Name)))
		if err != nil {
			return nil, begun, err
		}
		p := newPeer(n, n.Address, s, newQueue(c.board), c.log)
		peers[i], begun = []*peer{p}, append(begun, p)
	}
	return peers, begun, nil
}

// protect sets on the listeners what the neighbours of a config ask for, and takes away what only
// those of another did. Connections that there are keep what they had.
func (c *Collector) protect(config, instead *Config) error {
	for _, l := range c.listeners {
		raw, err := l.SyscallConn()
		if err != nil {
			return err
		}
		v6 := l.Addr().(interface{ AddrPort() netip.AddrPort }).AddrPort().Addr().Unmap().Is6()
		for i := range instead.Neighbors {
			old := &instead.Neighbors[i]
			goesOn := slices.ContainsFunc(config.Neighbors, func(n Neighbor) bool { return n.MD5 != "" && n.where() == old.where() })
			if old.MD5 != "" && !goesOn && old.where().Addr().Is6() == v6 {
				_ = signed(raw, old.where(), "") // fails where there is none
			}
		}
		if err := config.protect(raw, v6); err != nil {
			return err
		}
	}
	return nil
}
