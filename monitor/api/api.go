package api

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"bgpaudit/monitor"
)

// Headers of every answer.
const (
	HeaderVersion = "Bgpaudit-Version" // [Version]
	HeaderExit    = "Bgpaudit-Exit"    // the exit code that the verb would have
)

// Version is the number of the API. It moves when a path, a parameter or a field changes its
// meaning or goes.
const Version = "1"

// Bounds, of what one caller can cost the others and the routers.
const (
	mostConnections = 2048 // fewer where the system gives us few files
	mostAtWork      = 4    // questions that are worked on at a time
	mostWaiting     = 2048 // for their turn
	mostLong        = 8    // answers that are made while they are written, 4 of one caller
	longestWait     = 20 * time.Second
	mostStreams     = 64
	mostAnswer      = 64 << 20 // octets
	mostHeader      = 16 << 10
	slowestRequest  = 10 * time.Second
	slowestAnswer   = time.Minute
	leastPace       = 1 << 20 // octets that a caller takes in a second, when it has had slowestRequest
	farewell        = 5 * time.Second
)

// Options is what the API stands on.
type Options struct {
	Monitor *monitor.Monitor
	Listen  string           // host:port
	TLS     *tls.Certificate // nil: plain HTTP
	Token   string           // that callers must show; empty: none is asked for
	Release string           // of this program, for the metrics
	Log     *zap.Logger
	Journal Journal // what became of the log's lines; nil: nobody counts

	// Reload reads the config again, on POST /-/reload; nil: there is no such path.
	Reload func(context.Context) error
}

// Journal counts the lines of the log that nobody reads.
type Journal interface {
	Dropped() uint64
	Failed() uint64
}

// Server is the API of one monitor.
type Server struct {
	Options
	listener net.Listener
	local    bool                     // it listens on loopback
	token    atomic.Pointer[[32]byte] // its hash; nil: none is asked for
	cert     atomic.Pointer[tls.Certificate]
	handler  http.Handler
	document []byte // that describes the API
	metrics  *metrics
	work     chan struct{}
	waiting  atomic.Int64
	streams  atomic.Int64
	grace    time.Duration // between two signs of life of a stream
	budget   budget
	long     share
}

// Listen opens the address. One that others can reach is refused without TLS and a token.
func Listen(o Options) (*Server, error) {
	l, err := net.Listen(network(o.Listen), o.Listen)
	if err != nil {
		return nil, fmt.Errorf("monitor.api: %w", err)
	}
	s := &Server{Options: o, listener: l, local: l.Addr().(*net.TCPAddr).IP.IsLoopback(), work: make(chan struct{}, mostAtWork), grace: 15 * time.Second}
	if !s.local && (o.TLS == nil || o.Token == "") {
		l.Close()
		return nil, fmt.Errorf("monitor.api %s can be reached from other hosts, and needs monitor.tls and monitor.token-file\n    hint: write 127.0.0.1:8179, or give it both", o.Listen)
	}
	s.Renew(o.TLS, o.Token)
	if s.document, err = describe(s.served()); err != nil {
		l.Close()
		return nil, err
	}
	s.metrics = newMetrics(s)
	s.handler = s.guarded(s.routes())
	return s, nil
}

// Renew takes on another certificate and another token, for connections and questions from now on. It
// takes neither away: without TLS or a token at first there is none.
func (s *Server) Renew(cert *tls.Certificate, token string) {
	if s.TLS != nil && cert != nil {
		s.cert.Store(cert)
	}
	if s.Token != "" && token != "" {
		hash := sha256.Sum256([]byte(token))
		s.token.Store(&hash)
	}
}

// network keeps 0.0.0.0 to IPv4 and [::] to IPv6, as monitor.listen has it: who writes the one does not
// want to be reached over the other.
func network(hostPort string) string {
	host, _, _ := net.SplitHostPort(hostPort)
	a, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return "tcp"
	case a.Is4():
		return "tcp4"
	}
	return "tcp6"
}

// URL is where the API is.
func (s *Server) URL() string {
	scheme := "http"
	if s.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + s.listener.Addr().String()
}

// Serve answers until ctx is done, which is no error. Streams end then, answers that are under way
// have some seconds. It leaves no goroutine behind.
func (s *Server) Serve(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	complaints, err := zap.NewStdLogAt(s.Log, zap.DebugLevel) // of callers, mostly
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: slowestRequest, ReadTimeout: slowestRequest, WriteTimeout: slowestAnswer, IdleTimeout: slowestAnswer,
		MaxHeaderBytes: mostHeader, ErrorLog: complaints,
		BaseContext: func(net.Listener) context.Context { return running }, ConnContext: within,
		Protocols: new(http.Protocols), // a connection is at one question at a time: bounds count connections
	}
	server.Protocols.SetHTTP1(true)
	ended := make(chan error, 1)
	go func() { ended <- s.serve(server) }()
	select {
	case err := <-ended:
		return fmt.Errorf("monitor.api: %w", err)
	case <-ctx.Done():
	}
	stop()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if server.Shutdown(last) != nil {
		server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *Server) serve(server *http.Server) error {
	l := newGate(s.listener)
	server.ConnState = l.moved
	if s.TLS == nil {
		return server.Serve(l)
	}
	server.TLSConfig = &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.cert.Load(), nil }, MinVersion: tls.VersionTLS12,
	}
	return server.ServeTLS(l, "", "")
}

// Close lets go of an address that is not served.
func (s *Server) Close() error { return s.listener.Close() }

// Metrics are what /metrics shows, for tests of what is said of them.
func (s *Server) Metrics() prometheus.Gatherer { return s.metrics.registry }
