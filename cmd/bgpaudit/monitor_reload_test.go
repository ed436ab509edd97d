package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"bgpaudit/bgp"
	"bgpaudit/configs"
	"bgpaudit/monitor"
	"bgpaudit/test/speaker"
)

// badConfigs are the texts of the table of bad configs that the tests of configs have.
func badConfigs(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "configs", "errors_test.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	known, out := map[string]string{}, map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					if text, ok := constant(n.Values[i], known); ok {
						known[name.Name] = text
					}
				}
			}
		case *ast.CompositeLit:
			if len(n.Elts) == 3 {
				name, named := constant(n.Elts[0], known)
				text, ok := constant(n.Elts[1], known)
				if _, wants := n.Elts[2].(*ast.CompositeLit); named && ok && wants {
					out[name] = text
				}
			}
		}
		return true
	})
	return out
}

// constant is the value of an expression of string constants.
func constant(e ast.Expr, known map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.Ident:
		s, ok := known[e.Name]
		return s, ok
	case *ast.BinaryExpr:
		x, okX := constant(e.X, known)
		y, okY := constant(e.Y, known)
		return x + y, okX && okY
	}
	return "", false
}

// untouched are sessions that count what becomes of them.
type untouched struct{ reconfigured int }

func (*untouched) Next(ctx context.Context) (bgp.Batch, bool) {
	<-ctx.Done()
	return bgp.Batch{}, false
}
func (*untouched) Sessions() []bgp.Session               { return nil }
func (*untouched) Untold() ([]bgp.Loss, <-chan struct{}) { return nil, nil }
func (*untouched) Refusals() []bgp.Refusal               { return nil }
func (u *untouched) Reconfigure([]bgp.Neighbor) error    { u.reconfigured++; return nil }

// TestABadConfigTouchesNoSession: every one that the config language refuses, and each key that a
// running monitor cannot change, with its file and line.
func TestABadConfigTouchesNoSession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bgpaudit.yaml")
	good := monitorSite("127.0.0.1:1179", "")
	writeFile(t, path, good)
	g := &global{stdout: io.Discard, stderr: io.Discard, quiet: true, settings: configs.Settings{Config: path}, log: zap.NewNop()}
	site, err := g.monitorSite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sessions := &untouched{}
	m := monitor.New(monitor.Config{Site: site.Site, Sessions: sessions, Log: zap.NewNop(), Load: func(ctx context.Context) (*monitor.Site, error) { return g.reloadable(ctx, site.Config) }})
	bad := badConfigs(t)
	if len(bad) < 50 {
		t.Errorf("only %d bad configs", len(bad))
	}
	bad["nothing to monitor"] = "version: 1\nsite: {asns: [65536]}\nlinks: [{name: isp-a, kind: internet, router: edge1, firewall: none}]\n"
	bad["no password file"] = monitorSite("127.0.0.1:1179", ", auth: {md5-file: nowhere}")
	bad["another listener"] = monitorSite("127.0.0.1:1180", "")
	bad["another hold time"] = monitorSite("127.0.0.1:1179", ", hold-time: 30s")
	bad["another router id"] = strings.Replace(good, "10.255.0.9", "10.255.0.8", 1)
	line := regexp.MustCompile(regexp.QuoteMeta(path) + `:\d+: `)
	for name, text := range bad {
		writeFile(t, path, text)
		err := m.Reload(t.Context())
		switch {
		case err == nil:
			t.Errorf("%s: it is taken", name)
		case !line.MatchString(err.Error()):
			t.Errorf("%s: no file and line in %q", name, err)
		}
	}
	if sessions.reconfigured != 0 || m.Intent != site.Site.Intent || m.Table != site.Table {
		t.Errorf("sessions were touched %d times, or the site is another one", sessions.reconfigured)
	}
	writeFile(t, path, good)
	if err := m.Reload(t.Context()); err != nil || sessions.reconfigured != 1 {
		t.Errorf("the good one again: %v, %d", err, sessions.reconfigured)
	}
}

// heard collects what the monitor says, to the log and to systemd.
type heard struct {
	t    *testing.T
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) until(text string, times int) {
	h.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		h.mu.Lock()
		n := strings.Count(h.text.String(), text)
		h.mu.Unlock()
		if n >= times {
			return
		}
	}
	h.t.Fatalf("%q was not said %d times, but\n%s", text, times, &h.text)
}

// TestTheMonitorIsAService: the built binary as systemd runs it, with a router's session that lives
// through good and bad reloads.
func TestTheMonitorIsAService(t *testing.T) {
	dir := t.TempDir()
	path, socket := filepath.Join(dir, "bgpaudit.yaml"), filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	systemd, log := &heard{t: t}, &heard{t: t}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			fmt.Fprintf(systemd, "%s\n", buf[:n])
		}
	})
	at := freeAddress(t)
	good := monitorSite(at.String(), "")
	writeFile(t, path, good)
	cmd := exec.CommandContext(t.Context(), buildBinary(t), "monitor", "-v", "-c", path)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=300000")
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	systemd.until("READY=1", 1)
	systemd.until("WATCHDOG=1", 3)

	router, err := speaker.Dial(t.Context(), speaker.Config{Local: netip.MustParseAddr("127.0.0.2"), Remote: at, ASN: 65536, HoldTime: 90})
	if err != nil {
		t.Fatal(err)
	}
	defer router.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := router.Establish(ctx); err != nil {
		t.Fatal(err)
	}
	log.until("session up", 1)
	for i, reload := range []struct{ text, says string }{
		{strings.Replace(good, "firewall: fw-a", "firewall: ", 1), "bgpaudit.yaml:5: "},
		{strings.Replace(good, "203.0.113.0/24", "203.0.112.0/24", 1), "config reloaded"},
		{strings.Replace(good, "isp-a", "isp-z", -1), "config reloaded"},
	} {
		writeFile(t, path, reload.text)
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		systemd.until("RELOADING=1\nMONOTONIC_USEC=", i+1)
		systemd.until("READY=1", i+2)
		log.until(reload.says, max(1, i))
	}
	if router.Closed() {
		t.Errorf("the session was ended:\n%s", &log.text)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	systemd.until("STOPPING=1", 1)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	conn.Close()
	reading.Wait()
	if err := router.OnlyMessages(speaker.TypeOpen, speaker.TypeKeepalive, speaker.TypeNotification); err != nil {
		t.Error(err)
	}
}

// freeAddress is one of loopback that nobody listens on.
func freeAddress(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}
