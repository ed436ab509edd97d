package router

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// loopback is an address of this machine that no other machine can have or reach.
type loopback struct{ at netip.AddrPort }

func loopbackOf(at netip.AddrPort) (loopback, error) {
	if !at.Addr().Unmap().IsLoopback() {
		return loopback{}, fmt.Errorf("a router is played on loopback addresses alone: %s is none", at.Addr())
	}
	return loopback{netip.AddrPortFrom(at.Addr().Unmap(), at.Port())}, nil
}

// dial connects two of them. A socket that is bound to a loopback address reaches nothing else.
func dial(ctx context.Context, from, to loopback) (net.Conn, error) {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(from.at)}
	return d.DialContext(ctx, "tcp", to.at.String())
}
