package api

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// gate bounds the connections, in all and of a caller. Where there is no room, the one that has
// waited longest without a question makes some, so that callers who keep connections shut nobody
// out. Where every one is at a question, a few more are let in for what must be answered always:
// whether the monitor lives, and its metrics.
type gate struct {
	net.Listener
	most, each int

	mu      sync.Mutex
	open    int
	spare   int // that are reserved
	callers map[string]int
	silent  *list.List // of *visit: no question yet, or none any more; the longest first
}

// reserved are the connections beyond the others, for health and metrics.
const reserved = 64

// visit is one connection.
type visit struct {
	net.Conn
	gate     *gate
	caller   string
	reserved bool
	place    *list.Element // among the silent; nil: it is at a question
	gone     bool          // it is counted out
}

func newGate(l net.Listener) *gate {
	most := connectionsOf(openFiles())
	return &gate{Listener: l, most: most, each: (most + 1) / 2, callers: map[string]int{}, silent: list.New()}
}

// connectionsOf is how many connections there may be where the system gives us so many open files.
func connectionsOf(files uint64, known bool) int {
	if !known {
		return 256
	}
	return int(min(mostConnections, max(files/4, 16))) // the routers' sessions need the others
}

// Accept waits for a connection that there is room for.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		v := &visit{Conn: c, gate: g, caller: callerAt(c)}
		if g.enter(v) {
			return v, nil
		}
		c.Close()
	}
}

func (g *gate) enter(v *visit) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.callers[v.caller] >= g.each:
		v.reserved = g.makeRoom(v.caller)
	case g.open-g.spare >= g.most:
		v.reserved = g.makeRoom("")
	}
	if v.reserved && g.spare >= reserved {
		return false
	}
	if v.reserved {
		g.spare++
	}
	g.open++
	g.callers[v.caller]++
	v.place = g.silent.PushBack(v)
	return true
}

// makeRoom closes the connection that has been silent longest, of one caller or of any. It reports
// whether only a reserved place is left: there was none to close, or that had one.
func (g *gate) makeRoom(caller string) (onlyReserved bool) {
	for e := g.silent.Front(); e != nil; e = e.Next() {
		if v := e.Value.(*visit); caller == "" || v.caller == caller {
			g.forget(v)
			v.Conn.Close()
			return v.reserved
		}
	}
	return true
}

// forget counts a connection out. The caller holds the lock.
func (g *gate) forget(v *visit) {
	if v.gone {
		return
	}
	v.gone = true
	g.open--
	if v.reserved {
		g.spare--
	}
	if g.callers[v.caller]--; g.callers[v.caller] == 0 {
		delete(g.callers, v.caller)
	}
	if v.place != nil {
		g.silent.Remove(v.place)
		v.place = nil
	}
}

// Close ends the connection.
func (v *visit) Close() error {
	v.gate.mu.Lock()
	v.gate.forget(v)
	v.gate.mu.Unlock()
	return v.Conn.Close()
}

// moved is told by the server what a connection is at. That a question begins it says at the first
// octet; one that has not come whole is none.
func (g *gate) moved(c net.Conn, to http.ConnState) {
	v := visitOf(c)
	if v == nil || to != http.StateIdle {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if v.place == nil && !v.gone {
		v.place = g.silent.PushBack(v)
	}
}

// asks is told that a question came whole.
func (v *visit) asks() {
	v.gate.mu.Lock()
	defer v.gate.mu.Unlock()
	if v.place != nil {
		v.gate.silent.Remove(v.place)
		v.place = nil
	}
}

func visitOf(c net.Conn) *visit {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	v, _ := c.(*visit)
	return v
}

type visitKey struct{}

// within keeps the connection with its questions.
func within(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, visitKey{}, visitOf(c))
}

// isReserved is told that a question came whole, and reports whether its connection is one of those
// for what must always be answered.
func isReserved(r *http.Request) bool {
	v, _ := r.Context().Value(visitKey{}).(*visit)
	if v == nil {
		return false
	}
	v.asks()
	return v.reserved
}
