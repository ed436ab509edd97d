package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"bgpaudit/query"
	"bgpaudit/report"
)

// path is one thing that can be asked for.
type path struct {
	at      string // as [http.ServeMux] has it
	about   string
	params  []param
	formats []string // of the answer, the default first
	open    bool     // needs no token
	shape   string   // of the JSON, in the document that describes the API
	ask     func(*Server, *question) error
	stream  func(*Server, http.ResponseWriter, *http.Request) // in place of ask
	act     func(*Server, http.ResponseWriter, *http.Request) // in place of ask, where it is posted to
}

// method is how it is asked for. HEAD goes with GET.
func (p *path) method() string {
	if p.act != nil {
		return http.MethodPost
	}
	return http.MethodGet
}

// param is a parameter of the query.
type param struct {
	name, about string
	required    bool
	choices     []string
}

var (
	truth     = []string{"true", "false"}
	jsonFirst = []string{"json", "text"}
	jsonOnly  = []string{"json"}
)

// paths is the API that reads; the document that describes it is made of the same list.
var paths = []path{
	{at: "/v1/findings", about: "The findings that stand, or may: those whose evidence is gone are listed with the reason in unknown, those that come and go are held with a note in flapping.", formats: jsonFirst, shape: "findings", ask: (*Server).findings},
	{at: "/v1/flows", about: "The flows of the last audit.", formats: jsonFirst, shape: "flows", ask: (*Server).flows},
	{at: "/v1/checks", about: "The state of every check of the last audit.", formats: jsonFirst, shape: "checks", ask: (*Server).checks},
	{at: "/v1/feeds", about: "What became of each feed.", formats: jsonFirst, shape: "feeds", ask: (*Server).feeds, params: []param{
		{name: "detailed", about: "In text, the first row of each kind too; JSON has it always.", choices: truth},
	}},
	{at: "/v1/links", about: "The links, and what the feeds prove of each.", formats: jsonFirst, shape: "links", ask: (*Server).links},
	{at: "/v1/audit", about: "The last audit.", formats: jsonFirst, shape: "audit", ask: (*Server).audit, params: []param{
		{name: "fail-on", about: "The exit code is 1 on findings of this severity or above; error is the default.", choices: []string{"error", "warning", "info", "never"}},
		{name: "detailed", about: "In text, all there is to say of each finding, and of what is unknown; JSON has it always.", choices: truth},
	}},
	{at: "/v1/wins", about: "Which link wins for a prefix or address, and why.", formats: jsonFirst, shape: "wins", ask: (*Server).wins, params: []param{
		{name: "prefix", about: "A prefix or an address.", required: true},
		{name: "observer", about: "Ask this observer alone."},
	}},
	{at: "/v1/routes", about: "The routes that the feeds show for a prefix: by default itself and what covers it.", formats: []string{"json", "text", "csv"}, shape: "routes", ask: (*Server).listRoutes, params: []param{
		{name: "prefix", about: "A prefix or an address.", required: true},
		{name: "longer", about: "The prefix and its more-specifics.", choices: truth},
		{name: "covering", about: "The prefix and what covers it.", choices: truth},
		{name: "exact", about: "The prefix alone.", choices: truth},
		{name: "link", about: "Routes of this link only."},
		{name: "view", about: "Routes of this view only."},
	}},
	{at: "/v1/explain/{finding}", about: "The chain behind one finding: what shares its cause, its routes and flows, and which link wins for its prefixes.", formats: jsonFirst, shape: "explain", ask: (*Server).explain},
	{at: "/v1/sessions", about: "The sessions with routers.", formats: jsonFirst, shape: "sessions", ask: (*Server).sessions},
	{at: "/v1/events", about: "What becomes of findings and sessions from now on, as server-sent events: raised, changed, unknown, seen-again, cleared, flapping, steady; session-lost with all that it makes unknown, session-back, session-up, session-flapping, session-steady.", formats: []string{"events"}, shape: "event", stream: (*Server).events},
	{at: "/healthz", about: "Whether the monitor runs.", formats: []string{"text"}, open: true, ask: (*Server).healthy},
	{at: "/readyz", about: "Whether every session has sent its whole table and an audit was made; if not, what is awaited (status 503).", formats: jsonFirst, shape: "ready", ask: (*Server).ready},
	{at: "/metrics", about: "Metrics in Prometheus's text format.", formats: []string{"metrics"}, stream: (*Server).serveMetrics},
	{at: "/openapi.json", about: "This document.", formats: jsonOnly, ask: (*Server).openAPI},
}

// reloadPath is there where the monitor can reload.
var reloadPath = path{at: "/-/reload", about: "Read the config, its passwords and files, and the API's certificate and token again. Refused to a page of another site.", act: (*Server).reload}

// served is all that this monitor serves, and nothing is served that is not in it.
func (s *Server) served() []path {
	if s.Reload == nil {
		return paths
	}
	return append(slices.Clone(paths), reloadPath)
}

// colored is a parameter of every answer that can be text.
var colored = param{name: "color", about: "Colour in text.", choices: truth}

// parameters are those of the path's own and those that its formats bring.
func (p *path) parameters() []param {
	out := slices.Clone(p.params)
	if len(p.formats) > 1 {
		out = append(out, param{name: "format", about: "The form of the answer; " + p.formats[0] + " is the default.", choices: p.formats})
	}
	if slices.Contains(p.formats, "text") && len(p.formats) > 1 {
		out = append(out, colored)
	}
	return out
}

// longest is the most octets of one parameter's value.
const longest = 256

// values reads the query. What is not known is refused: a mistyped parameter must not pass for one
// that was left out.
func (p *path) values(r *http.Request) (url.Values, error) {
	got, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query of the URL cannot be read")
	}
	known := p.parameters()
	for name, values := range got {
		i := slices.IndexFunc(known, func(k param) bool { return k.name == name })
		switch {
		case i < 0:
			return nil, refuse(http.StatusBadRequest, "unknown parameter %q: %s", cut(name), p.allowed())
		case len(values) != 1 || len(values[0]) > longest:
			return nil, refuse(http.StatusBadRequest, "%s: write it once, in at most %d octets", name, longest)
		case known[i].choices != nil && !slices.Contains(known[i].choices, values[0]):
			return nil, refuse(http.StatusBadRequest, "%s %q: write one of %s", name, cut(values[0]), strings.Join(known[i].choices, ", "))
		}
	}
	for _, k := range known {
		if k.required && got.Get(k.name) == "" {
			return nil, refuse(http.StatusBadRequest, "%s is missing: %s", k.name, k.about)
		}
	}
	return got, nil
}

func (p *path) allowed() string {
	var names []string
	for _, k := range p.parameters() {
		names = append(names, k.name)
	}
	if names == nil {
		return "there are none"
	}
	return "there are " + strings.Join(names, ", ")
}

// cut shortens what a caller wrote for an error about it.
func cut(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

// form is the form that the query asks for.
func (p *path) form(q url.Values) query.Form {
	f := query.Form{Output: p.formats[0], Paint: report.Paint(q.Get("color") == "true"), Detailed: q.Get("detailed") == "true"}
	if q.Get("format") != "" {
		f.Output = q.Get("format")
	}
	return f
}
