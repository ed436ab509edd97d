package test

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// daemon is a process that a test started, and that ends with it.
type daemon struct {
	t    *testing.T
	dir  string
	env  []string
	path string
	args []string
	cmd  *exec.Cmd

	done chan struct{} // the process has ended

	mu  sync.Mutex
	out bytes.Buffer
}

// Write collects what the daemon prints.
func (d *daemon) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.out.Write(p)
}

// output is the end of what the daemon has printed.
func (d *daemon) output() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return string(d.out.Bytes()[max(0, d.out.Len()-4000):])
}

// program finds an executable, and skips the test where it is not installed. name may be a path.
func program(t *testing.T, name, pkg string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin/", "/sbin/", "/usr/local/sbin/"} { // not in everybody's PATH
		if _, err := os.Stat(dir + name); err == nil {
			return dir + name
		}
	}
	t.Skipf("SKIPPED: no %s here: apt-get install %s (tools/deps.sh does)", name, pkg)
	return ""
}

// scratch is a folder of the test's own with a short name, for the path of a Unix socket is short.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bgp")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// start runs a program in a folder until the test ends.
func start(t *testing.T, dir, path string, args ...string) *daemon {
	t.Helper()
	return startWith(t, dir, nil, path, args...)
}

func startWith(t *testing.T, dir string, env []string, path string, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, dir: dir, env: env, path: path, args: args}
	d.launch(args...)
	t.Cleanup(func() {
		d.kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", path, d.output())
		}
	})
	return d
}

func (d *daemon) launch(args ...string) {
	d.t.Helper()
	d.cmd, d.done = exec.Command(d.path, args...), make(chan struct{})
	d.cmd.Dir, d.cmd.Env = d.dir, append(os.Environ(), d.env...)
	d.cmd.Stdout, d.cmd.Stderr = d, d
	d.cmd.WaitDelay = time.Second // a child of its own may outlive it and hold the pipe
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, done chan struct{}) {
		defer close(done)
		_ = cmd.Wait()
	}(d.cmd, d.done)
}

// again kills the daemon and starts it anew, with more arguments.
func (d *daemon) again(more ...string) {
	d.t.Helper()
	d.kill()
	d.launch(append(slices.Clone(d.args), more...)...)
}

// over reports whether the process has ended.
func (d *daemon) over() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// kill ends the daemon and its children, and waits. A second call does nothing.
func (d *daemon) kill() {
	if !d.over() {
		syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
	}
	<-d.done
}

// freePort is a port that nobody listens on at this address.
func freePort(t *testing.T, a netip.Addr) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(a, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

// run runs a command of a daemon's and returns what it prints to its standard output, or to both
// where it fails.
func run(t *testing.T, path string, args ...string) (string, error) {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return out.String() + complaints.String(), err
	}
	return strings.TrimSpace(out.String()), nil
}
