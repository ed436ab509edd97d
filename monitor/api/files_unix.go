//go:build unix

package api

import "golang.org/x/sys/unix"

// openFiles is how many files this process may have open, a connection being one. It is not known
// where we may not ask, as under a filter of system calls.
func openFiles() (n uint64, known bool) {
	var files unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) != nil {
		return 0, false
	}
	return uint64(files.Cur), true
}
