package test

import (
	"flag"
	"os"
	"syscall"
	"testing"
)

// TestMain makes room: a collector with many routers has many files open, and these tests wait for
// timers and for daemons far more than they compute, so that eight at a time fit two cores.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	const files = 8192
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && limit.Cur < files {
		limit.Cur, limit.Max = files, max(limit.Max, files)
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
	os.Exit(m.Run())
}
