package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"math"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
)

const canary = "canary7f3a-canary7f3a"

func certificate(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestEveryPathWantsTheToken: each path there is, and some that there are not, without a token and
// with wrong ones; none tells anything, and the token is nowhere.
func TestEveryPathWantsTheToken(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.TLS, o.Token = certificate(t), canary
		o.Reload = func(context.Context) error { t.Error("reloaded without the token"); return nil }
	})
	asked := []string{"/", "/nothing", "/v1", "/v1/", "/v1/findings/", "/healthz/", "/healthz/../v1/audit", "//healthz"}
	for _, p := range paths {
		asked = append(asked, concrete(p))
	}
	for _, at := range asked {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
			for name, show := range map[string]func(*http.Request){
				"no token":      func(*http.Request) {},
				"a wrong one":   bearer("wrong"),
				"an empty one":  bearer(""),
				"a longer one":  bearer(canary + "x"),
				"a shorter one": bearer(canary[:len(canary)-1]),
				"another kind":  func(r *http.Request) { r.Header.Set("Authorization", "Basic "+canary) },
				"in the query":  func(r *http.Request) { r.URL.RawQuery += "&token=" + canary },
			} {
				r := w.request(method, at, show, noRedirect(w))
				if open := strings.HasPrefix(at, "/healthz?") || at == healthPath; open {
					if name == "no token" && (method == "GET") != (string(r.text) == "ok\n") {
						t.Errorf("%s %s: %s %q", method, at, r.Status, r.text)
					}
					continue
				}
				if r.StatusCode != http.StatusUnauthorized || method != "HEAD" && !strings.Contains(string(r.text), "a token is needed") || r.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s with %s: %s %s", method, at, name, r.Status, r.text)
				}
				if r.Header.Get(HeaderExit) != "" || strings.Contains(string(r.text), "canary") {
					t.Errorf("%s %s with %s tells: %v %s", method, at, name, r.Header, r.text)
				}
			}
		}
	}
	if r := w.request("POST", "/-/reload"); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("reload: %s", r.Status)
	}
	for _, p := range paths {
		if p.shape == "event" {
			continue // goes on
		}
		r := w.get(concrete(p), bearer(canary))
		if r.StatusCode == http.StatusUnauthorized || strings.Contains(string(r.text), "canary7") {
			t.Errorf("%s with the token: %s %s", p.at, r.Status, r.text)
		}
	}
	for _, e := range w.logs.All() {
		if strings.Contains(e.Message, "canary7") {
			t.Errorf("logged: %s", e.Message)
		}
	}
}

func noRedirect(w *world) func(*http.Request) {
	w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return func(*http.Request) {}
}

// TestOthersAreNotServedInTheClear: S1.
func TestOthersAreNotServedInTheClear(t *testing.T) {
	for name, o := range map[string]Options{
		"neither":         {},
		"a token alone":   {Token: canary},
		"TLS alone":       {TLS: certificate(t)},
		"all addresses":   {Listen: ":0"},
		"all of IPv6 too": {Listen: "[::]:0"},
	} {
		if o.Listen == "" {
			o.Listen = "0.0.0.0:0"
		}
		o.Log = zap.NewNop()
		if s, err := Listen(o); err == nil || !strings.Contains(err.Error(), "needs monitor.tls and monitor.token-file") {
			t.Errorf("%s: %v", name, err)
			if s != nil {
				s.Close()
			}
		}
	}
	s, err := Listen(Options{Listen: "0.0.0.0:0", TLS: certificate(t), Token: canary, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// TestAnotherHostsNameIsRefused: a page that has its own name point here must not read us.
func TestAnotherHostsNameIsRefused(t *testing.T) {
	w := newWorld(t)
	for host, want := range map[string]int{
		"": 200, "localhost": 200, "localhost:1": 200, "LOCALHOST:8179": 200, "127.0.0.1": 200, "127.9.9.9:80": 200, "[::1]:8179": 200, "[::1]": 200,
		"evil.example": 421, "evil.example:8179": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "192.0.2.1": 421, "0.0.0.0:8179": 421,
	} {
		r := w.get("/v1/links", func(r *http.Request) { r.Host = host })
		if r.StatusCode != want {
			t.Errorf("host %q: %s, want %d", host, r.Status, want)
		}
	}
}

// TestItOnlyReads: no method but GET and HEAD does anything.
func TestItOnlyReads(t *testing.T) {
	w := newWorld(t)
	for _, p := range paths {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			if r := w.request(method, concrete(p)); r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %s", method, p.at, r.Status)
			}
		}
	}
	if r := w.request("POST", "/-/reload"); r.StatusCode != http.StatusMethodNotAllowed && r.StatusCode != http.StatusNotFound {
		t.Errorf("a reload that nobody serves: %s", r.Status)
	}
	if r := w.get("/v2/audit"); r.StatusCode != http.StatusNotFound || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("no such path: %s %s", r.Status, r.text)
	}
	head := w.request("HEAD", "/v1/links")
	if head.StatusCode != 200 || len(head.text) != 0 || head.Header.Get(HeaderVersion) != Version {
		t.Errorf("HEAD: %s %v", head.Status, head.Header)
	}
}

// TestReloadIsThisHostsOwn: a page of another site cannot make a browser reload the config.
func TestReloadIsThisHostsOwn(t *testing.T) {
	reloads := 0
	w := newWorld(t, func(o *Options) {
		o.Reload = func(context.Context) error { reloads++; return nil }
	})
	if r := w.request("POST", "/-/reload", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); r.StatusCode != http.StatusForbidden || reloads != 0 {
		t.Errorf("from another site: %s, %d reloads", r.Status, reloads)
	}
	if r := w.request("POST", "/-/reload"); r.StatusCode != http.StatusNoContent || reloads != 1 {
		t.Errorf("from here: %s, %d reloads", r.Status, reloads)
	}
}

// mounted are the patterns that the package gives to a mux in its sources, wherever it does: the
// arguments of Handle and HandleFunc.
func mounted(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "Handle" || f.Sel.Name == "HandleFunc") {
				var text strings.Builder
				if err := printer.Fprint(&text, set, call.Args[0]); err != nil {
					t.Fatal(err)
				}
				out = append(out, text.String())
			}
			return true
		})
	}
	return out
}

// TestEveryRouteIsInTheDocument: all that is served comes from one list, whatever is on it is in
// the document and is served, and nothing else is in the document.
func TestEveryRouteIsInTheDocument(t *testing.T) {
	if got := mounted(t); !slices.Equal(got, []string{`served[i].method() + " " + served[i].at`}) {
		t.Errorf("routes beside the list of what is served: %q", got)
	}
	for _, c := range []struct {
		name   string
		reload func(context.Context) error
	}{
		{"a monitor that reloads", func(context.Context) error { return nil }},
		{"one that does not", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, func(o *Options) { o.Reload = c.reload })
			var doc struct{ Paths map[string]map[string]any }
			w.get("/openapi.json").into(t, &doc)
			routes, described := map[string]bool{}, map[string]bool{}
			for _, p := range w.served() {
				routes[p.method()+" "+p.at] = true
			}
			for at, methods := range doc.Paths {
				for method := range methods {
					described[strings.ToUpper(method)+" "+at] = true
				}
			}
			if !maps.Equal(routes, described) {
				t.Errorf("served: %v\ndescribed: %v", routes, described)
			}
			if described["POST /-/reload"] != (c.reload != nil) {
				t.Errorf("POST /-/reload is described: %v", described["POST /-/reload"])
			}
			for _, p := range w.served() {
				if p.stream != nil && p.at != metricsPath {
					continue // goes on
				}
				if r := w.request(p.method(), concrete(p)); r.StatusCode == http.StatusMethodNotAllowed || r.StatusCode == http.StatusNotFound && !strings.Contains(string(r.text), "finding") {
					t.Errorf("%s %s is described and not served: %s", p.method(), p.at, r.Status)
				}
			}
		})
	}
}

// TestTheDocumentTellsWhatReloadAnswers: done, no token, another site's page, a config that is wrong.
func TestTheDocumentTellsWhatReloadAnswers(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Reload = func(context.Context) error { return nil } })
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]any
			Security  []any
		}
	}
	w.get("/openapi.json").into(t, &doc)
	op := doc.Paths["/-/reload"]["post"]
	if got := slices.Sorted(maps.Keys(op.Responses)); !slices.Equal(got, []string{"204", "401", "403", "422"}) || len(op.Security) == 0 {
		t.Errorf("answers %v, security %v", got, op.Security)
	}
}

// TestConnectionsOfAProcess: a quarter of its files, not less than 16, and not more than 2,048.
func TestConnectionsOfAProcess(t *testing.T) {
	for _, c := range []struct {
		name  string
		files uint64
		known bool
		want  int
	}{
		{"where it may not be asked", 0, false, 256},
		{"very few files", 20, true, 16},
		{"systemd's own limit", 1024, true, 256},
		{"many files", 524288, true, 2048},
		{"no limit at all, as on Windows", math.MaxUint64, true, 2048},
	} {
		if got := connectionsOf(c.files, c.known); got != c.want {
			t.Errorf("%s: %d connections, want %d", c.name, got, c.want)
		}
	}
}

// TestQuestionsThatAreNone are refused, each with what to write.
func TestQuestionsThatAreNone(t *testing.T) {
	w := newWorld(t)
	for at, says := range map[string]string{
		"/v1/wins": "prefix is missing", "/v1/wins?prefix=": "prefix is missing", "/v1/wins?prefix=203.0.113.1/24": "host bits set",
		"/v1/wins?prefix=" + strings.Repeat("1", 5000):   "at most 256 octets",
		"/v1/wins?prefix=%1b%5b2J":                       "is no address or prefix",
		"/v1/wins?prefix=203.0.113.1&prefix=203.0.113.2": "write it once",
		"/v1/wins?prefix=203.0.113.1&obsrever=us":        "there are prefix, observer",
		"/v1/wins?prefix=203.0.113.1&observer=nobody":    "no observer",
		"/v1/wins?prefix=203.0.113.1&format=csv":         "write one of json, text",
		"/v1/routes?prefix=203.0.113.0/24&longer=1":      "write one of true, false",
		"/v1/routes?prefix=::/0&longer=true&exact=true":  "write one of them",
		"/v1/routes?prefix=203.0.113.0/24&link=er":       "no such link",
		"/v1/routes?prefix=203.0.113.0/24&view=adj-rib":  "adj-rib-out-post",
		"/v1/audit?fail_on=warning":                      "there are fail-on",
		"/v1/audit?fail-on=warn":                         "error, warning, info, never",
		"/v1/links?%zz":                                  "cannot be read",
		"/healthz?x=1":                                   "unknown parameter",
	} {
		r := w.get(at)
		if r.StatusCode != http.StatusBadRequest || !strings.Contains(string(r.text), says) || strings.ContainsRune(string(r.text), 0x1b) {
			t.Errorf("%s: %s %s, want %q", at, r.Status, r.text, says)
		}
	}
}
