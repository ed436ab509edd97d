//go:build !linux

package bgp

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

func signed(syscall.RawConn, netip.Prefix, string) error {
	return errors.New("TCP MD5 signatures are set on Linux only")
}

func sendHops(syscall.RawConn, bool, int) error {
	return errors.New("TTL security is set on Linux only")
}

func requireHops(syscall.RawConn, bool, int) error {
	return errors.New("TTL security is set on Linux only")
}

func keepSYN(syscall.RawConn) error { return errors.New("TTL security is set on Linux only") }

func synHops(syscall.RawConn, bool) (int, bool) { return 0, false }

func giveUpAfter(*net.TCPConn, time.Duration) {}

func hungUp(*net.TCPConn) bool { return false }
