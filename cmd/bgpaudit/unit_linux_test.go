package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// unitFile is the unit as it is shipped.
const unitFile = "configs/systemd/bgpaudit.service"

func shippedUnit(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, unitFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tool finds a program that tools/deps.sh installs.
func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: no %s here: apt-get install %s (tools/deps.sh does)", name, pkg)
	}
	return path
}

// TestTheUnitOnThePageIsTheShippedOne: docs/monitor.md shows the file, byte for byte.
func TestTheUnitOnThePageIsTheShippedOne(t *testing.T) {
	unit := shippedUnit(t)
	for _, b := range blocksOf(t, "docs/monitor.md") {
		if b.language == "ini" {
			if b.text != unit {
				t.Errorf("docs/monitor.md shows another unit than %s:\n%s", unitFile, b.text)
			}
			return
		}
	}
	t.Error("docs/monitor.md shows no unit")
}

// TestSystemdTakesTheUnit: no line of it is unknown or wrong, and what the service could do to its host
// is little.
func TestSystemdTakesTheUnit(t *testing.T) {
	analyze := tool(t, "systemd-analyze", "systemd")
	unit := shippedUnit(t)
	if !strings.Contains(unit, "Type=notify\n") || !strings.Contains(unit, "AF_UNIX\n") {
		t.Error("a service of Type=notify needs AF_UNIX, or it never becomes ready")
	}
	path := filepath.Join(t.TempDir(), "bgpaudit.service")
	writeFile(t, path, strings.ReplaceAll(unit, "/usr/local/bin/bgpaudit", "/bin/true")) // which is here
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", path).CombinedOutput(); err != nil || len(out) != 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=20", "--no-pager", path).CombinedOutput(); err != nil {
		t.Errorf("more exposed than 2.0: %v\n%s", err, out)
	}
}

// serviceConfig has one router, whose session has a password or none.
const serviceConfig = `version: 1
site: {asns: [65536]}
monitor: {asn: 65536, router-id: 10.255.0.9, listen: ["127.0.0.1:179"], api: "127.0.0.1:8179"}
links:
  - {name: isp-a, kind: internet, router: edge1, firewall: fw-a, neighbor-asns: [65540]}
feeds:
  - name: edge1
    router: edge1
    families: [ipv4]
    bgp: {neighbor: 127.0.0.2, asn: 65536, add-path: all%s}
    classify: [{community: "64512:101", link: isp-a}]
prefixes:
  - {name: public, prefixes: [203.0.112.0/22], links: [isp-a]}
`

// watch is what the container runs beside the service: it starts, reloads and stops it, as it is
// shipped and then with a password, and writes down what systemd says of it.
const watch = `#!/bin/sh
exec >/watched 2>&1
echo booted
step() {
  timeout 30 "$@"
  echo "$2: $?"
  echo "state: $(systemctl show -P ActiveState bgpaudit) $(systemctl show -P SubState bgpaudit) $(systemctl show -P Result bgpaudit) $(systemctl show -P NRestarts bgpaudit)"
}
step systemctl start bgpaudit
step systemctl reload bgpaudit
step systemctl stop bgpaudit
cp /etc/bgpaudit/password.yaml /etc/bgpaudit/bgpaudit.yaml
sed -i 's/^#LoadCredential=/LoadCredential=/' /etc/systemd/system/bgpaudit.service
systemctl daemon-reload
step systemctl start bgpaudit
step systemctl stop bgpaudit
echo log:
journalctl --no-pager -o cat -u bgpaudit
exit 0
`

// watched is what it must have written down, up to the log.
const watched = `booted
start: 0
state: active running success 0
reload: 0
state: active running success 0
stop: 0
state: inactive dead success 0
start: 0
state: active running success 0
stop: 0
state: inactive dead success 0
log:
`

// TestTheUnitUnderSystemd: a real systemd, the first process of a container with a network of its own,
// starts the shipped unit and says that it is ready, has reloaded and has stopped.
func TestTheUnitUnderSystemd(t *testing.T) {
	nspawn := tool(t, "systemd-nspawn", "systemd-container")
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: no container can be started: only root may")
	}
	root, bin := t.TempDir(), t.TempDir()
	if err := os.Rename(buildBinary(t), filepath.Join(bin, "bgpaudit")); err != nil {
		t.Fatal(err)
	}
	args := []string{
		"--register=no", "--keep-unit", "--quiet", "--private-network", "--link-journal=no", "--console=pipe", fmt.Sprintf("--machine=bgpaudit-%d", os.Getpid()),
		"--directory=" + root, "--bind-ro=/usr", "--bind-ro=" + bin + ":/usr/local/bin",
	}
	args = append(args, containerRoot(t, root)...)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	console, err := exec.CommandContext(ctx, nspawn, append(args, "--boot", "--", "systemd.unit=watch.service")...).CombinedOutput()
	said, _ := os.ReadFile(filepath.Join(root, "watched"))
	if !strings.HasPrefix(string(said), "booted\n") {
		t.Skipf("SKIPPED: no container can be started: systemd did not boot in one (%v):\n%s", err, console)
	}
	steps, log, _ := strings.Cut(string(said), "log:\n")
	if steps+"log:\n" != watched {
		t.Errorf("systemd says\n%s\nwant\n%s", said, watched)
	}
	for _, want := range []string{"listening on 127.0.0.1:179", "the API is at http://127.0.0.1:8179", "config reloaded", "stopped: every session was sent a Cease"} {
		if !strings.Contains(log, want) {
			t.Errorf("the monitor did not log %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "systemd is not to be told") || strings.Contains(log, `"level":"error"`) {
		t.Errorf("the monitor is hindered:\n%s", log)
	}
}

// containerRoot fills the root of a container whose programs are this host's, and says what else of
// the host is to be there.
func containerRoot(t *testing.T, root string) (binds []string) {
	t.Helper()
	for _, dir := range []string{"usr", "etc/systemd/system", "etc/bgpaudit", "var", "run", "tmp", "proc", "sys", "dev", "root"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"bin", "sbin", "lib", "lib64"} {
		if to, err := os.Readlink("/" + dir); err == nil {
			if err := os.Symlink(to, filepath.Join(root, dir)); err != nil {
				t.Fatal(err)
			}
		} else if _, err := os.Stat("/" + dir); err == nil {
			binds = append(binds, "--bind-ro=/"+dir)
		}
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"etc/os-release":                      "ID=test\n",
		"etc/machine-id":                      "",
		"etc/passwd":                          "root:x:0:0:root:/root:/bin/sh\nbgpaudit:x:990:990::/:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n",
		"etc/group":                           "root:x:0:\nbgpaudit:x:990:\nnogroup:x:65534:\n",
		"etc/nsswitch.conf":                   "passwd: files\ngroup: files\n",
		"etc/bgpaudit/bgpaudit.yaml":          fmt.Sprintf(serviceConfig, ""),
		"etc/bgpaudit/password.yaml":          fmt.Sprintf(serviceConfig, ", auth: {md5-file: /run/credentials/bgpaudit.service/bgp-md5}"),
		"etc/bgpaudit/bgp-md5":                "SECRET\n",
		"etc/systemd/system/bgpaudit.service": shippedUnit(t),
		"etc/systemd/system/watch.service":    "[Unit]\nSuccessAction=exit-force\nFailureAction=exit-force\n[Service]\nType=oneshot\nExecStart=/bin/sh /watch.sh\n",
		"watch.sh":                            watch,
	} {
		writeFile(t, filepath.Join(root, path), text)
	}
	if err := os.Chmod(filepath.Join(root, "etc/bgpaudit/bgp-md5"), 0o600); err != nil {
		t.Fatal(err)
	}
	return binds
}
