package api

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// budget bounds the octets of the answers that are made or on their way, over all callers and a
// caller: one that asks and does not read must not fill the memory. Small answers have a share of
// their own, which large ones cannot take from them.
type budget struct {
	mu      sync.Mutex
	all     [2]int // by share: small, large
	callers map[string]*[2]int
}

const (
	smallShare = iota
	largeShare
)

// Bounds of the shares, in octets.
const smallAnswer = 256 << 10

var (
	mostInFlight = [2]int{64 << 20, 160 << 20}
	mostOfCaller = [2]int{32 << 20, 80 << 20}
)

// purse is what one answer has of the budget.
type purse struct {
	budget *budget
	caller string
	share  int
	held   int
}

// grow asks for room for so many octets in all.
func (p *purse) grow(to int) bool {
	if p.budget == nil || to <= p.held {
		return true
	}
	b := p.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	share, more := smallShare, to-p.held
	if to > smallAnswer {
		share = largeShare
	}
	if share != p.share {
		more = to
	}
	if b.all[share]+more > mostInFlight[share] || b.of(p.caller)[share]+more > mostOfCaller[share] {
		b.add(p.caller, share, 0) // forgets a caller who has nothing
		return false
	}
	if share != p.share {
		b.add(p.caller, p.share, -p.held)
	}
	b.add(p.caller, share, more)
	p.share, p.held = share, to
	return true
}

// give returns some of it.
func (p *purse) give(n int) {
	if p.budget == nil {
		return
	}
	p.budget.mu.Lock()
	defer p.budget.mu.Unlock()
	n = min(n, p.held)
	p.budget.add(p.caller, p.share, -n)
	p.held -= n
}

func (b *budget) of(caller string) *[2]int {
	if b.callers == nil {
		b.callers = map[string]*[2]int{}
	}
	if b.callers[caller] == nil {
		b.callers[caller] = &[2]int{}
	}
	return b.callers[caller]
}

func (b *budget) add(caller string, share, n int) {
	of := b.of(caller)
	b.all[share] += n
	of[share] += n
	if *of == [2]int{} {
		delete(b.callers, caller)
	}
}

// share bounds how many of a kind there are at a time, half of them of one caller.
type share struct {
	mu      sync.Mutex
	all     int
	callers map[string]int
}

func (s *share) take(caller string) (done func(), _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= mostLong || s.callers[caller] >= mostLong/2 {
		return nil, tooMany("too many long answers wait for callers who do not read them")
	}
	if s.callers == nil {
		s.callers = map[string]int{}
	}
	s.all++
	s.callers[caller]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.callers[caller]--; s.callers[caller] == 0 {
			delete(s.callers, caller)
		}
	}, nil
}

// callerOf names who asks: this host's programs are one caller, and so is a /64 of IPv6, as who has an
// address of it has them all.
func callerOf(addr string) string {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return addr
	}
	a := at.Addr().Unmap().WithZone("")
	switch {
	case a.IsLoopback():
		return "loopback"
	case a.Is6():
		return netip.PrefixFrom(a, 64).Masked().String()
	}
	return a.String()
}

func caller(r *http.Request) string { return callerOf(r.RemoteAddr) }

func callerAt(c net.Conn) string { return callerOf(c.RemoteAddr().String()) }
