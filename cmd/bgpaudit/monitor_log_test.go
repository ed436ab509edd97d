package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestTheEndOfTheLogsReaderEndsNoMonitor: `monitor 2>&1 | jq` whose jq has ended, a logger that died.
func TestTheEndOfTheLogsReaderEndsNoMonitor(t *testing.T) {
	bin, path := buildBinary(t), filepath.Join(t.TempDir(), "bgpaudit.yaml")
	writeFile(t, path, monitorSite("127.0.0.1:0", ""))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bin, "monitor", "-c", path)
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	lines := bufio.NewScanner(r)
	at := ""
	for at == "" && lines.Scan() {
		if _, rest, ok := strings.Cut(lines.Text(), "listening on "); ok {
			at, _, _ = strings.Cut(rest, " ")
		}
	}
	r.Close()
	stranger, err := net.Dial("tcp4", at)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(stranger) // it is refused, which makes a line
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
