package api

import (
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bgpaudit/bgp"
	"bgpaudit/policy"
	"bgpaudit/query"
	"bgpaudit/report"
	"bgpaudit/rib"
)

// metrics are those of one monitor, apart from every other registry of the process.
type metrics struct {
	registry *prometheus.Registry
	handler  http.Handler
	requests *prometheus.CounterVec
	refused  *prometheus.CounterVec
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewPedanticRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bgpaudit_api_requests_total", Help: "Questions answered, by path and HTTP status."}, []string{"path", "code"}),
		refused:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bgpaudit_api_refused_total", Help: "Callers turned away: no token, another host's name, too many at once."}, []string{"reason"}),
	}
	for _, reason := range []string{"token", "host", "busy"} {
		m.refused.WithLabelValues(reason)
	}
	m.registry.MustRegister(m.requests, m.refused, standing{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: mostAtWork, Timeout: slowestRequest})
	return m
}

// serveMetrics gathers first and sends then, so that a caller who does not read holds up no other.
func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	q := &question{Request: r, status: http.StatusOK, purse: purse{budget: &s.budget, caller: caller(r)}}
	defer func() { q.purse.give(q.purse.held) }()
	s.metrics.handler.ServeHTTP(gathered{q, w.Header()}, r)
	w.WriteHeader(q.status)
	_ = q.send(w) // a caller that left needs none
}

// gathered is a question's answer, for a handler that writes to its caller.
type gathered struct {
	*question
	header http.Header
}

func (g gathered) Header() http.Header    { return g.header }
func (g gathered) WriteHeader(status int) { g.status = status }

// Bounds of the labels: names come from the config and links from findings, and a leaked table must
// not make a million series.
const (
	mostSeries = 500
	mostLabel  = 128
)

// standing reads how things stand whenever it is asked.
type standing struct{ *Server }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("bgpaudit_"+name, help, labels, nil)
}

var (
	findingsDesc   = gauge("findings", "Findings of the last audit; link lists those of the finding.", "check", "link", "severity", "waived")
	moreDesc       = gauge("findings_more", "Findings that are not told by name: those of a flood, which are one finding.")
	flappingDesc   = gauge("findings_flapping", "Findings that come and go, held as raised until they have stood still for a minute.")
	unknownDesc    = gauge("findings_unknown", "Findings that were raised and whose evidence is gone: they may stand or not.")
	flowsDesc      = gauge("flows", "Flows of the last audit.", "verdict")
	checksDesc     = gauge("checks", "Check states of the last audit.", "state")
	exitDesc       = gauge("audit_exit_code", "What the last audit comes to now: 0 clean, 1 findings, 3 incomplete. 3 before the first.")
	tookDesc       = gauge("audit_duration_seconds", "How long the last audit took.")
	madeDesc       = gauge("audit_timestamp_seconds", "When the last audit was made.")
	startingDesc   = gauge("starting", "1 until each session has sent its whole table after the start, or the start grace is over: nothing is known yet.")
	readyDesc      = gauge("ready", "1 where every session has sent its whole table and an audit was made.")
	sessionsDesc   = gauge("sessions", "Sessions with routers, by state.", "state")
	upDesc         = gauge("session_up", "1 where the session is established.", "neighbor", "address")
	flapsDesc      = gauge("session_flaps_total", "Times that the session went down.", "neighbor", "address")
	updatesDesc    = gauge("session_updates", "UPDATE messages received in this session.", "neighbor", "address")
	routesDesc     = gauge("routes", "Routes of a feed.", "feed")
	wholeDesc      = gauge("feed_whole", "1 where the feed is complete, fresh evidence.", "feed")
	updatedDesc    = gauge("feed_last_update_timestamp_seconds", "The moment that the feed's routes speak of: now while its session is up.", "feed")
	refusedDesc    = gauge("refused_connections_total", "BGP connections that were not taken.")
	suppressedDesc = gauge("suppressed_updates_total", "UPDATEs that would have gone to a router, and were held back. Anything but 0 is a defect.")
	droppedDesc    = gauge("log_lines_dropped_total", "Lines of the log that its reader was too slow for.")
	failedDesc     = gauge("log_write_errors_total", "Lines of the log that could not be written: its reader has ended, say.")
	buildDesc      = gauge("build_info", "1, of this release.", "version", "goversion")
)

var everyDesc = []*prometheus.Desc{
	causeDesc, hintDesc, leftOutDesc, startingDesc, findingsDesc, moreDesc, unknownDesc, flappingDesc, flowsDesc, checksDesc, exitDesc, tookDesc, madeDesc, readyDesc, sessionsDesc, upDesc, flapsDesc, updatesDesc,
	routesDesc, wholeDesc, updatedDesc, refusedDesc, suppressedDesc, droppedDesc, failedDesc, buildDesc,
}

func (standing) Describe(to chan<- *prometheus.Desc) {
	for _, d := range everyDesc {
		to <- d
	}
}

func (s standing) Collect(to chan<- prometheus.Metric) {
	s.audits(to)
	s.peers(to)
	s.sources(to)
	if s.Journal != nil {
		say(to, droppedDesc, float64(s.Journal.Dropped()))
		say(to, failedDesc, float64(s.Journal.Failed()))
	}
	say(to, buildDesc, 1, s.Release, runtime.Version())
}

func say(to chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	kind := prometheus.GaugeValue
	if strings.Contains(d.String(), `_total"`) {
		kind = prometheus.CounterValue
	}
	to <- prometheus.MustNewConstMetric(d, kind, value, labels...)
}

// audits tells of the last audit. Without one nothing is known, and that is no 0.
func (s standing) audits(to chan<- prometheus.Metric) {
	say(to, readyDesc, truthOf(len(s.awaited()) == 0))
	say(to, startingDesc, truthOf(s.Monitor.Starting()))
	a, on, err := s.audited(policy.Error)
	if err != nil {
		say(to, exitDesc, policy.ExitIncomplete)
		return
	}
	say(to, exitDesc, float64(on.Exit))
	say(to, tookDesc, a.Took.Seconds())
	if !a.At.IsZero() {
		say(to, madeDesc, seconds(a.At))
	}
	flows := map[policy.Verdict]int{policy.Symmetric: 0, policy.Asymmetric: 0, policy.Mixed: 0, policy.Unreachable: 0, policy.VerdictUnknown: 0, policy.FlowNotApplicable: 0}
	for _, f := range a.Result.Flows {
		flows[f.Verdict]++
	}
	for v, n := range flows {
		say(to, flowsDesc, float64(n), string(v))
	}
	states := map[policy.State]int{policy.OK: 0, policy.Fired: 0, policy.UnknownState: 0, policy.NotApplicable: 0}
	for _, c := range a.Result.Checks {
		states[c.State]++
	}
	for st, n := range states {
		say(to, checksDesc, float64(n), string(st))
	}
	s.held(to)
}

// finding is the series that a finding counts in.
type finding struct{ check, link, severity, waived string }

func (s standing) held(to chan<- prometheus.Metric) {
	count, more, unknown, flapping := map[finding]int{}, 0, 0, 0
	held := s.Monitor.Held()
	s.causes(to, held)
	for _, h := range held {
		if h.Flapping != "" {
			flapping++
		}
		if h.Unknown != "" {
			unknown++
			continue
		}
		f := h.Finding
		more += f.More
		key := finding{f.Check, label(strings.Join(f.Links, "+")), f.Severity.String(), strconv.FormatBool(f.WaivedBy != "")}
		if _, known := count[key]; !known && len(count) >= mostSeries {
			key.check, key.link = "other", "other"
		}
		count[key]++
	}
	for k, n := range count {
		say(to, findingsDesc, float64(n), k.check, k.link, k.severity, k.waived)
	}
	say(to, moreDesc, float64(more))
	say(to, unknownDesc, float64(unknown))
	say(to, flappingDesc, float64(flapping))
}

// peers tells of the sessions; of very many the first ones by themselves.
func (s standing) peers(to chan<- prometheus.Metric) {
	states := map[bgp.State]int{bgp.Idle: 0, bgp.Active: 0, bgp.OpenSent: 0, bgp.OpenConfirm: 0, bgp.Established: 0}
	suppressed := uint64(0)
	type peer struct{ name, address string }
	told := map[peer]bool{}
	for _, p := range s.Monitor.Sessions.Sessions() {
		states[p.State]++
		suppressed += p.Suppressed
		at := peer{label(p.Name), p.Address.String()}
		if told[at] || len(told) >= mostSeries {
			continue
		}
		told[at] = true
		say(to, upDesc, truthOf(p.State == bgp.Established), at.name, at.address)
		say(to, flapsDesc, float64(p.Flaps), at.name, at.address)
		say(to, updatesDesc, float64(p.Updates), at.name, at.address)
	}
	for st, n := range states {
		say(to, sessionsDesc, float64(n), string(st))
	}
	refused := 0
	for _, r := range s.Monitor.Sessions.Refusals() {
		refused += r.Count
	}
	say(to, refusedDesc, float64(refused))
	say(to, suppressedDesc, float64(suppressed))
}

// sources tells of the feeds.
func (s standing) sources(to chan<- prometheus.Metric) {
	_ = s.look(func(site query.Site) error {
		told := []string{}
		for _, f := range site.Sight.Table().Feeds() {
			name := label(f.Name)
			if f.View == rib.Declared || slices.Contains(told, name) || len(told) >= mostSeries {
				continue
			}
			told = append(told, name)
			say(to, routesDesc, float64(f.State.Routes), name)
			say(to, wholeDesc, truthOf(f.Failing() == ""), name)
			if !f.State.AsOf.IsZero() {
				say(to, updatedDesc, seconds(f.State.AsOf), name)
			}
		}
		return nil
	})
}

func label(s string) string { return labelOf(s, mostLabel) }

// labelOf is text from outside as a label of so many octets.
func labelOf(s string, most int) string {
	s = report.Clean(s)
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}

func truthOf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
