package bgp

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Why a connection is not taken.
const (
	notConfigured  = "not a configured neighbor"
	stillUp        = "refused: session still up"
	tooManyRouters = "refused: too many routers of this range"
	tooFar         = "refused: too many hops away for its TTL security"
	noSocketOption = "refused: the connection cannot be protected as configured"
	shuttingDown   = "refused: shutting down"
)

// maxRefusals is how many addresses and reasons are told apart; the one that was seen longest ago
// makes room.
const maxRefusals = 256

// refusals counts the connections that were not taken.
type refusals struct {
	log     *zap.Logger
	mu      sync.Mutex
	all     []Refusal // the latest last
	logging pace
}

func (r *refusals) add(addr netip.Addr, reason string, now time.Time) {
	if ok, left := r.enter(addr, reason, now); ok {
		r.log.Warn("connection refused", zap.Stringer("address", addr), zap.String("reason", reason), zap.Int("not logged before", left))
	}
}

// enter counts, and says whether it is to be logged, which no lock may wait for.
func (r *refusals) enter(addr netip.Addr, reason string, now time.Time) (logs bool, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	entry := Refusal{Address: addr, Reason: reason}
	i := slices.IndexFunc(r.all, func(o Refusal) bool { return o.Address == addr && o.Reason == reason })
	switch {
	case i >= 0:
		entry = r.all[i]
		r.all = slices.Delete(r.all, i, i+1)
	case len(r.all) == maxRefusals:
		r.all = slices.Delete(r.all, 0, 1)
	}
	entry.Time = now
	entry.Count++
	r.all = append(r.all, entry)
	return r.logging.may(now)
}

func (r *refusals) list() []Refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// pace lets one log entry through in a second, and counts the others: who connects in a loop must
// not fill a disk.
type pace struct {
	last time.Time
	left int
}

func (p *pace) may(now time.Time) (ok bool, left int) {
	if now.Sub(p.last) < time.Second {
		p.left++
		return false, 0
	}
	left, p.last, p.left = p.left, now, 0
	return true, left
}
