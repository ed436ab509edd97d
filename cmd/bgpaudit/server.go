package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"bgpaudit/monitor/api"
	"bgpaudit/policy"
	"bgpaudit/query"
	"bgpaudit/report"
)

// Bounds of an answer of a running monitor.
const (
	serverTimeout = time.Minute
	mostAnswer    = 256 << 20
)

// asking are the verbs that can ask a running monitor in place of files.
var asking = []string{"wins", "routes", "feeds", "audit"}

// ownReading are the flags that say how files are read, which a monitor has settled for itself.
var ownReading = []string{"strict", "files-only", "at", "report", "config"}

// server is a running monitor.
type server struct {
	base   *url.URL
	token  string
	client http.Client
}

// remote reports whether the verb asks a running monitor.
func (g *global) remote() bool { return g.server != nil }

// findServer settles whether a monitor is asked; nil where files are.
func (g *global) findServer(cmd *cobra.Command) (*server, error) {
	set := g.settings.Server
	byFlag := cmd.Flags().Changed("server")
	switch {
	case set == "":
		return nil, nil
	case !slices.Contains(asking, cmd.Name()) && byFlag:
		return nil, fmt.Errorf("--server is not for this verb: %s ask a running monitor", strings.Join(asking, ", "))
	case !slices.Contains(asking, cmd.Name()):
		return nil, nil
	}
	fromFile := !byFlag && os.Getenv("BGPAUDIT_SERVER") == ""
	for _, name := range ownReading {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed && (name != "config" || !fromFile) {
			return nil, fmt.Errorf("--%s is for files, and a running monitor is asked (--server, BGPAUDIT_SERVER or settings.server)\n    hint: leave it out, or ask the files with --server \"\"", name)
		}
	}
	return newServer(set, g.settings.Token)
}

func newServer(text, token string) (*server, error) {
	base, err := url.Parse(text)
	switch {
	case err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https":
		return nil, errors.New("--server is not an http or https URL: write https://bgpaudit.example.net:8179")
	case base.User != nil:
		return nil, errors.New("--server: leave name and password out of the URL: the token goes into BGPAUDIT_TOKEN")
	case base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("--server: leave out what follows the address: write https://bgpaudit.example.net:8179")
	case token != "" && base.Scheme == "http" && !loopback(base.Hostname()):
		return nil, fmt.Errorf("--server %s: a token is set, and would travel in the clear: write https://", base)
	}
	return &server{base: base, token: token, client: http.Client{
		Timeout:       serverTimeout,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableCompression: true, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// askMonitor prints a running monitor's answer as if it were our own, with its exit code.
func (g *global) askMonitor(cmd *cobra.Command, path string, q url.Values) error {
	return g.askMonitorInto(g.stdout, cmd, path, q)
}

func (g *global) askMonitorInto(w io.Writer, cmd *cobra.Command, path string, q url.Values) error {
	for name, values := range q {
		if values[0] == "" {
			delete(q, name)
		}
	}
	q.Set("format", g.output)
	if g.output == "text" && bool(g.paint()) {
		q.Set("color", "true")
	}
	answer, err := g.server.ask(cmd.Context(), path, q)
	var notYet unready
	if errors.As(err, &notYet) { // a monitor that is there and cannot tell is missing evidence
		fmt.Fprintf(g.stderr, "bgpaudit: %s\n", cleanLines(err.Error()))
		return exitCode(policy.ExitIncomplete)
	}
	if err != nil {
		return err
	}
	if _, err := w.Write(answer.text); err != nil {
		return err
	}
	return ended(answer.exit, nil)
}

// remoteAnswer is what a monitor said.
type remoteAnswer struct {
	text []byte
	exit int
}

// unready is the answer of a monitor that cannot answer now.
type unready struct{ error }

// ask gets one answer whole: nothing of one that breaks off is printed.
func (s *server) ask(ctx context.Context, path string, q url.Values) (*remoteAnswer, error) {
	at := s.base.JoinPath(path)
	at.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "bgpaudit/"+release)
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, s.unreachable(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("the answer of the monitor at %s broke off: %w", s.base, err)
	}
	if len(text) > mostAnswer {
		return nil, fmt.Errorf("the answer of the monitor at %s is larger than %d MiB", s.base, mostAnswer>>20)
	}
	return s.read(resp, text)
}

// read takes an answer for what it is.
func (s *server) read(resp *http.Response, text []byte) (*remoteAnswer, error) {
	version := resp.Header.Get(api.HeaderVersion)
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, fmt.Errorf("%s answers with a redirect, which is not followed\n    hint: give the monitor's own address", s.base)
	case version == "" && resp.StatusCode == http.StatusBadRequest && s.base.Scheme == "http" && strings.Contains(string(text), "HTTPS server"):
		return nil, fmt.Errorf("%s speaks TLS\n    hint: write https://", s.base)
	case resp.StatusCode == http.StatusUnauthorized && s.token == "":
		return nil, fmt.Errorf("the monitor at %s wants a token\n    hint: set BGPAUDIT_TOKEN to what its monitor.token-file holds", s.base)
	case resp.StatusCode == http.StatusUnauthorized:
		return nil, fmt.Errorf("the monitor at %s refuses the token\n    hint: BGPAUDIT_TOKEN must be what its monitor.token-file holds", s.base)
	case version == "":
		return nil, fmt.Errorf("%s does not answer as a bgpaudit monitor (HTTP status %d)\n    hint: --server is the address of monitor.api", s.base, resp.StatusCode)
	case version != api.Version:
		return nil, fmt.Errorf("the monitor at %s speaks version %s of the API, this bgpaudit version %s\n    hint: use the bgpaudit of the monitor's release", s.base, version, api.Version)
	case resp.StatusCode == http.StatusServiceUnavailable:
		return nil, unready{fmt.Errorf("the monitor at %s cannot tell: %s", s.base, errorText(text))}
	case resp.StatusCode != http.StatusOK:
		return nil, errors.New(errorText(text))
	}
	exit, err := strconv.Atoi(resp.Header.Get(api.HeaderExit))
	if err != nil || exit < 0 || exit > policy.ExitIncomplete || exit == exitUsage {
		return nil, fmt.Errorf("the monitor at %s gives no exit code with its answer", s.base)
	}
	return &remoteAnswer{text, exit}, nil
}

// errorText is the sentence of an answer that is an error.
func errorText(text []byte) string {
	var e struct{ Error string }
	if json.Unmarshal(text, &e) == nil && e.Error != "" {
		return e.Error
	}
	return strings.TrimSpace(report.Clean(string(text[:min(len(text), 200)])))
}

// unreachable says what to do about a monitor that does not answer.
func (s *server) unreachable(err error) error {
	var timeout net.Error
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	hint := "is it running, with monitor.api set, and is that the address?"
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &unknown):
		hint = "its certificate is signed by nobody this host trusts: SSL_CERT_FILE may name the file of the authority that did"
	case errors.As(err, &name):
		hint = "its certificate is for another name: use that one"
	case errors.As(err, &invalid):
		hint = "renew its certificate, or set the clock"
	case errors.As(err, &record) || strings.Contains(err.Error(), "HTTP response to HTTPS"):
		hint = "it does not speak TLS: write http:// (on loopback), or set monitor.tls"
	case errors.Is(err, syscall.ECONNREFUSED):
	case errors.As(err, &timeout) && timeout.Timeout():
		hint = "it took too long: is a firewall between, or is it under load?"
	}
	return fmt.Errorf("cannot ask the monitor at %s: %w\n    hint: %s", s.base, err, hint)
}

// query is what the questions ask.
func (s *site) query() query.Site { return query.Site{Intent: &s.config.Intent, Sight: s.sight} }

// detailed asks a monitor for all of a text, if -v does.
func (g *global) detailed(q url.Values) url.Values {
	if g.verbose && g.output == "text" {
		q.Set("detailed", "true")
	}
	return q
}

// form is the form that the flags ask for.
func (g *global) form() query.Form {
	return query.Form{Output: g.output, Paint: g.paint(), Detailed: g.verbose}
}

// ended turns the exit code of an answer into the verb's own.
func ended(code int, err error) error {
	if err == nil && code != policy.ExitClean {
		return exitCode(code)
	}
	return err
}
