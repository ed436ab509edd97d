package dump

import (
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// TestACommandIsFoundWhateverStandsBeforeIt: what terminals, shells, logs and notes put in front of one.
func TestACommandIsFoundWhateverStandsBeforeIt(t *testing.T) {
	const show = "show ip bgp neighbors 192.0.2.9 advertised-routes"
	for _, line := range []string{
		show, "edge1#" + show, "edge1# " + show, "edge1>" + show, "edge1(config)#do " + show,
		"(venv) user@jump:~$ ssh edge1 " + show,
		`(venv) (base) user@jump:~/dumps$ ssh edge1 "` + show + `"`,
		"user@jump dumps % ssh edge1 '" + show + "'",
		"me@mac ~ % ssh edge1 " + show,
		"❯ ssh edge1 " + show,
		"➜  ~ ssh edge1 " + show,
		"➜  dumps git:(main) ✗ ssh edge1 " + show,
		`PS C:\Users\me> ssh edge1 "` + show + `"`,
		`PS /home/me> ssh edge1 "` + show + `" | Out-File isp-a.txt`,
		`C:\Users\me>plink -batch -ssh -l me -pw secret edge1 ` + show,
		`PS C:\> & "C:\PuTTY\plink.exe" -batch edge1 "` + show + `"`,
		"user [ ~ ]$ ssh edge1 " + show,
		"user@cloudshell:~ (project)$ ssh edge1 " + show,
		"user@jump:~$ sshpass -p secret ssh -o StrictHostKeyChecking=no edge1 " + show,
		"user@jump:~$ LANG=C timeout 30 ssh edge1 " + show + " > isp-a.txt 2>&1",
		"$ clogin -c '" + show + "' edge1",
		"$ ssh edge1 '" + show + "' | tr -d '\\r' | tee isp-a.txt",
		"$ docker exec -it frr vtysh -c '" + show + "'",
		"[09:14:00] edge1#" + show,
		"2026-11-20 09:14:00 edge1#" + show,
		"2026-11-20T09:14:00.125Z edge1# " + show,
		"09:14:00 user@jump:~$ ssh edge1 " + show,
		"Fri Nov 20 09:14:00 UTC 2026: " + show,
		"2026-11-20 09:14:00: " + show,
		"# " + show, "! " + show, "### " + show + " ###", "--- " + show + " ---", "Command: " + show, "# COMMAND: " + show, "1) " + show,
		"jump server 3> ssh edge1 " + show,
	} {
		text := line + "\n" + iosTop + ios1 + ciscoCount
		src := reading.Source{Name: "x", View: rib.AdjRIBOutPost, Neighbor: documentationPeer, ExpectRoutes: -1}
		_, got, err := readBytes(src, []byte(text))
		if err != nil || !strings.Contains(got.Contradiction, "neighbor 192.0.2.9") {
			t.Errorf("%s: contradiction %q, %v", line, got.Contradiction, err)
		}
		src.Neighbor = netipAddr(t, "192.0.2.9")
		routes, got, err := readBytes(src, []byte(text))
		if err != nil || got.Contradiction != "" || len(routes) != 1 || got.Complete == rib.CompleteNo {
			t.Errorf("%s: %d routes, contradiction %q, complete %s %q, %v", line, len(routes), got.Contradiction, got.Complete, got.Errors, err)
		}
	}
}

// TestTheFilterOfACommandIsFoundWithIt: a part of a table is no table.
func TestTheFilterOfACommandIsFoundWithIt(t *testing.T) {
	bird := birdHello + birdOne
	for _, tt := range []struct{ line, answer string }{
		{"(venv) user@jump:~$ ssh edge1 show ip bgp | include 203", iosTop + ios1},
		{`PS C:\> ssh edge1 "show ip bgp" | Select-String 203`, iosTop + ios1},
		{"user@jump:~$ ssh edge1 'show ip bgp' | head -50", iosTop + ios1},
		{"09:14:00 edge1#show ip bgp | inc 203", iosTop + ios1},
		{"(venv) user@jump:~$ ssh h1 birdc show route all | head -50", bird},
		{"user@jump dumps % ssh h1 \"birdc show route all where bgp_path.len > 1\"", bird},
		{"(venv) me@jump:~$ ssh r1 \"show route protocol bgp\" | grep -v Self", string(fixtureBytes(t, "junos-json/protocol-detail.json"))},
	} {
		_, got, err := readBytes(reading.Source{Name: "x", View: rib.BGPTable, ExpectRoutes: -1}, []byte(tt.line+"\n"+tt.answer))
		if all := strings.Join(got.Errors, "\n"); err != nil || !strings.Contains(all, "a part of the table alone") {
			t.Errorf("%s: %s %q, %v", tt.line, got.Complete, all, err)
		}
	}
}

// TestASentenceIsNoCommand: a banner, a description or a note may speak of one.
func TestASentenceIsNoCommand(t *testing.T) {
	for _, line := range []string{
		"Use show ip bgp neighbors 192.0.2.9 advertised-routes to see what is sent",
		"Please run show ip bgp neighbors 192.0.2.9 advertised-routes.",
		"The show ip bgp summary command is on page 3",
		"show ip bgp output of edge1, as it was taken by the night shift:",
		"* ssh to edge1 and run show ip bgp regexp _65540_",
		"*** Authorized use only. show ip bgp is slow on this box ***",
		"This is what show ip bgp neighbors 192.0.2.9 routes says:",
	} {
		src := reading.Source{Name: "x", View: rib.AdjRIBOutPost, Neighbor: documentationPeer, ExpectRoutes: -1}
		routes, got, err := readBytes(src, []byte(line+"\n"+iosTop+ios1+ciscoCount+"edge1#\n"))
		if err != nil || got.Contradiction != "" || len(routes) != 1 || got.Complete != rib.CompleteYes {
			t.Errorf("%s: %d routes, contradiction %q, complete %s %q, %v", line, len(routes), got.Contradiction, got.Complete, got.Errors, err)
		}
	}
}
