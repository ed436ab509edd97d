package main

import (
	"bytes"
	"strings"
	"testing"
)

const (
	started = `{"Action":"start","Package":"p"}` + "\n"
	passed  = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0}
`
	failed = `{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:9: wrong\n"}
{"Action":"fail","Package":"p","Test":"TestB","Elapsed":0}
`
	skipped = `{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:9: no bgpd\n"}
{"Action":"skip","Package":"p","Test":"TestC","Elapsed":0}
`
	noCorpus = `{"Action":"output","Package":"p","Test":"TestD","Output":"    d_test.go:9: corpus absent\n"}
{"Action":"skip","Package":"p","Test":"TestD","Elapsed":0}
`
	noRoot = `{"Action":"output","Package":"p","Test":"TestE","Output":"    e_test.go:9: SKIPPED: no container can be started: only root may\n"}
{"Action":"skip","Package":"p","Test":"TestE","Elapsed":0}
`
	ok = `{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t1.2s\n"}
{"Action":"pass","Package":"p","Elapsed":1.2}
`
	bad = `{"Action":"output","Package":"p","Output":"FAIL\tp\t1.2s\n"}
{"Action":"fail","Package":"p","Elapsed":1.2}
`
)

func TestGate(t *testing.T) {
	tests := []struct {
		name   string
		in     string
		noSkip bool
		code   int
		want   []string
	}{
		{"a passing run", started + passed + ok, true, 0, []string{"ok  \tp\t1.2s", "1 passed, 0 failed, 0 skipped"}},
		{"a failing test is printed whole", started + passed + failed + bad, false, 1, []string{"b_test.go:9: wrong", "FAIL\tp", "failed: p TestB", "1 passed, 1 failed, 0 skipped"}},
		{"a skip is named and allowed", started + passed + skipped + ok, false, 0, []string{"  p TestC", "no bgpd", "1 passed, 0 failed, 1 skipped"}},
		{"a skip is forbidden with -no-skip", started + passed + skipped + ok, true, 1, []string{"  p TestC", "skips are forbidden", "1 passed, 0 failed, 1 skipped"}},
		{"a skip for want of the corpus is allowed and named", started + passed + noCorpus + ok, true, 0, []string{"skipped, corpus absent:\n  p TestD", "1 passed, 0 failed, 1 skipped"}},
		{"a skip for want of a container is allowed and says why", started + passed + noRoot + ok, true, 0, []string{"skipped, no container can be started:\n  p TestE\n", "only root may", "1 passed, 0 failed, 1 skipped"}},
		{"nothing ran", "", false, 1, []string{"no test ran", "0 passed, 0 failed, 0 skipped"}},
		{"packages without tests ran nothing", started + `{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}
{"Action":"skip","Package":"p","Elapsed":0}
`, false, 1, []string{"[no test files]", "no test ran"}},
		{"output that ends early", started + passed, false, 1, []string{"ends inside package p"}},
		{"a package that does not build", `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:3: undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
` + started + `{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","Elapsed":0,"FailedBuild":"p [p.test]"}
`, false, 1, []string{"undefined: x", "[build failed]", "failed: package p", "0 passed, 1 failed, 0 skipped"}},
		{"a crash inside a test", started + `{"Action":"output","Package":"p","Test":"TestE","Output":"panic: boom\n"}
` + bad, false, 1, []string{"panic: boom", "0 passed, 1 failed"}},
		{"words that are no events pass through", "warning: race\n" + started + passed + ok, false, 0, []string{"warning: race"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := run(strings.NewReader(tt.in), &out, tt.noSkip); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, w := range tt.want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("output lacks %q:\n%s", w, out.String())
				}
			}
			last := strings.TrimRight(out.String(), "\n")
			last = last[strings.LastIndex(last, "\n")+1:]
			if !strings.HasSuffix(last, "skipped") {
				t.Errorf("last line is %q", last)
			}
		})
	}
}
