package bgp

import (
	"net"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ipv6MinHopCount is IPV6_MINHOPCOUNT of linux/in6.h.
const ipv6MinHopCount = 73

// signed makes the system drop every segment from the addresses that does not carry an MD5
// signature made with the password (RFC 2385).
func signed(raw syscall.RawConn, from netip.Prefix, password string) error {
	sig := unix.TCPMD5Sig{Keylen: uint16(len(password))}
	copy(sig.Key[:], password)
	if a := from.Addr(); a.Is4() {
		sig.Addr.Family = unix.AF_INET
		copy(sig.Addr.Data[2:], a.AsSlice()) // behind the port of a sockaddr_in
	} else {
		sig.Addr.Family = unix.AF_INET6
		copy(sig.Addr.Data[6:], a.AsSlice()) // behind the port and flow label of a sockaddr_in6
	}
	option := unix.TCP_MD5SIG
	if !from.IsSingleIP() {
		option = unix.TCP_MD5SIG_EXT
		sig.Flags, sig.Prefixlen = unix.TCP_MD5SIG_FLAG_PREFIX, uint8(from.Bits())
	}
	return control(raw, func(fd int) error { return unix.SetsockoptTCPMD5Sig(fd, unix.IPPROTO_TCP, option, &sig) })
}

// sendHops sets the TTL or hop limit of what we send.
func sendHops(raw syscall.RawConn, v6 bool, n int) error {
	level, option := unix.IPPROTO_IP, unix.IP_TTL
	if v6 {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS
	}
	return setInt(raw, level, option, n)
}

// requireHops makes the system drop what comes with a lower TTL or hop limit (RFC 5082 3).
func requireHops(raw syscall.RawConn, v6 bool, n int) error {
	level, option := unix.IPPROTO_IP, unix.IP_MINTTL
	if v6 {
		level, option = unix.IPPROTO_IPV6, ipv6MinHopCount
	}
	return setInt(raw, level, option, n)
}

// keepSYN makes a listener keep the headers of the first segment of each connection.
func keepSYN(raw syscall.RawConn) error { return setInt(raw, unix.IPPROTO_TCP, unix.TCP_SAVE_SYN, 1) }

// synHops is the TTL or hop limit that a connection's first segment came with; ok is false where it
// was not kept, as when the system is short of memory for connections (SYN cookies).
func synHops(raw syscall.RawConn, v6 bool) (n int, ok bool) {
	var head [256]byte // the IP header and the TCP header
	size := uint32(len(head))
	err := control(raw, func(fd int) error {
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_SAVED_SYN,
			uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&size)), 0)
		if errno != 0 {
			return errno
		}
		return nil
	})
	at := 8 // of the TTL (RFC 791 3.1)
	if v6 {
		at = 7 // of the hop limit (RFC 8200 3)
	}
	if err != nil || int(size) <= at {
		return 0, false
	}
	return int(head[at]), true
}

// giveUpAfter ends a connection when what was sent stays unacknowledged, or the window closed, for
// so long (RFC 5482): without it a few KEEPALIVEs fit into a send buffer for days.
func giveUpAfter(c *net.TCPConn, d time.Duration) {
	if raw, err := c.SyscallConn(); err == nil {
		_ = setInt(raw, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds())) // the write deadline is there without it
	}
}

func setInt(raw syscall.RawConn, level, option, value int) error {
	return control(raw, func(fd int) error { return unix.SetsockoptInt(fd, level, option, value) })
}

func control(raw syscall.RawConn, set func(fd int) error) error {
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = set(int(fd)) }); err != nil {
		return err
	}
	return failed
}

// hungUp reports whether the router has closed its end, although what it sent before is yet to be read.
func hungUp(c *net.TCPConn) (is bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	_ = control(raw, func(fd int) error {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(poll, 0)
		is = err == nil && n == 1 && poll[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
		return err
	})
	return is
}
