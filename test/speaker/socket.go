package speaker

import (
	"errors"
	"net/netip"
	"syscall"
)

const tcpMD5Sig = 14 // TCP_MD5SIG, linux/tcp.h

// socketOptions sets what has to be there before a connection is made: the MD5 key that is shared
// with remote (RFC 2385) and the TTL of all that is sent (RFC 5082).
func socketOptions(raw syscall.RawConn, remote netip.Addr, md5 string, ttl int) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		if md5 != "" {
			failed = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, tcpMD5Sig, md5Key(remote, md5))
		}
		if ttl > 0 && remote.Is4() {
			failed = errors.Join(failed, syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TTL, ttl))
		}
		if ttl > 0 && !remote.Is4() {
			failed = errors.Join(failed, syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_UNICAST_HOPS, ttl))
		}
	})
	return errors.Join(err, failed)
}

// md5Key is a struct tcp_md5sig: a sockaddr_storage of 128 octets, flags, prefix length, key
// length, interface, and 80 octets of key. Numbers have the order of the machine, here little.
func md5Key(remote netip.Addr, key string) string {
	var sig [216]byte
	if remote.Is4() {
		sig[0] = syscall.AF_INET
		copy(sig[4:], remote.AsSlice())
	} else {
		sig[0] = syscall.AF_INET6
		copy(sig[8:], remote.AsSlice())
	}
	sig[130] = byte(len(key))
	copy(sig[136:], key)
	return string(sig[:])
}

// smallBuffer keeps the kernel's receive buffer small, so that a peer that writes to one who does
// not read soon meets a window of zero.
func smallBuffer(raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2048)
	})
	return errors.Join(err, failed)
}
