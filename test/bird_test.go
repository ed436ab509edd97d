package test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bird is a running BIRD, reached by its control socket.
type bird struct {
	*daemon
	socket  string
	port    uint16
	version string
}

// startBIRD runs BIRD on a config, skipping the test where there is none. It listens on port.
func startBIRD(t *testing.T, port uint16, config string) *bird {
	t.Helper()
	path := program(t, "bird", "bird2")
	dir := scratch(t)
	b := &bird{socket: filepath.Join(dir, "ctl"), port: port}
	conf := filepath.Join(dir, "bird.conf")
	if err := os.WriteFile(conf, []byte("log stderr all;\nprotocol device {}\n"+config), 0o644); err != nil {
		t.Fatal(err)
	}
	b.daemon = start(t, dir, path, "-f", "-c", conf, "-s", b.socket, "-P", filepath.Join(dir, "pid"))
	b.awaitUp(t)
	status, _ := b.ask("show status")
	b.version, _, _ = strings.Cut(strings.TrimPrefix(status, "BIRD "), "\n")
	return b
}

func (b *bird) awaitUp(t *testing.T) {
	t.Helper()
	up := func() bool {
		_, err := b.ask("show status")
		return err == nil || b.over()
	}
	if err := until(t.Context(), up); err != nil || b.over() {
		t.Fatalf("BIRD does not answer: %v\n%s", err, b.output())
	}
}

// ask gives a command and returns the answer's lines without their codes.
func (b *bird) ask(command string) (string, error) {
	conn, err := net.Dial("unix", b.socket)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	if _, err := answer(r); err != nil { // the greeting
		return "", err
	}
	if _, err := fmt.Fprintln(conn, command); err != nil {
		return "", err
	}
	return answer(r)
}

// answer reads until the line whose code has no dash behind it.
func answer(r *bufio.Reader) (string, error) {
	var out strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return out.String(), err
		}
		coded := len(line) > 4 && strings.Trim(line[:4], "0123456789") == ""
		switch {
		case coded && (line[4] == ' ' || line[4] == '-'):
			if text := line[5:]; line[:4] != "0000" && line[:4] != "0013" {
				out.WriteString(text)
			}
			if line[4] == ' ' {
				return out.String(), nil
			}
		default:
			out.WriteString(strings.TrimPrefix(line, " "))
		}
	}
}

// BIRD is the other end.

func (b *bird) remote(internal bool) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), b.port)
}

func (b *bird) routeOf(router netip.Addr, p netip.Prefix) (string, error) {
	return b.ask(fmt.Sprintf("show route %s all where from = %s", p, router))
}

func (b *bird) awaitRoute(ctx context.Context, router netip.Addr, p netip.Prefix, med uint32) error {
	return until(ctx, func() bool {
		text, err := b.routeOf(router, p)
		if err != nil {
			return false
		}
		return strings.Contains(text, fmt.Sprintf("BGP.med: %d\n", med)) || med == 0 && !strings.Contains(text, p.String())
	})
}

func (b *bird) fate(router netip.Addr, p netip.Prefix, before, after uint32) verdict {
	text, err := b.routeOf(router, p)
	switch {
	case err != nil:
		return verdict(err.Error())
	case strings.Contains(text, fmt.Sprintf("BGP.med: %d\n", before)):
		return unchanged
	case strings.Contains(text, fmt.Sprintf("BGP.med: %d\n", after)):
		return routeHeld
	case strings.Contains(text, p.String()):
		return "route held, without its MED"
	}
	return asWithdraw
}

func (b *bird) awaitDown(ctx context.Context, router netip.Addr) error {
	return until(ctx, func() bool {
		switch b.stateOf(router) {
		case "", "Idle", "Active", "Passive":
			return true
		}
		return false
	})
}

func (b *bird) isUp(router netip.Addr) bool { return b.stateOf(router) == "Established" }

// stateOf is the BGP state of the session with a router, and empty where there is none.
func (b *bird) stateOf(router netip.Addr) string {
	text, err := b.ask("show protocols all")
	if err != nil {
		return err.Error()
	}
	for block := range strings.SplitSeq(text, "BGP state:") {
		if state, rest, ok := strings.Cut(block, "\n"); ok && strings.HasPrefix(strings.TrimSpace(rest), "Neighbor address: "+router.String()+"\n") {
			return strings.TrimSpace(state)
		}
	}
	return ""
}
