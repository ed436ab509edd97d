package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"go.uber.org/zap"
)

// routes are the paths, and nothing else.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	served := s.served()
	for i := range served {
		mux.Handle(served[i].method()+" "+served[i].at, s.serving(&served[i]))
	}
	return s.onlyKnown(mux)
}

// serving answers at one path.
func (s *Server) serving(p *path) http.Handler {
	if p.act == nil {
		return s.answers(p)
	}
	// A page in a browser can make it post here, though not read the answer.
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.act(s, w, r) }))
}

// onlyKnown says in JSON what [http.ServeMux] says in text.
func (s *Server) onlyKnown(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		status, say := http.StatusNotFound, "there is no such path: /openapi.json lists them"
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			status, say = http.StatusMethodNotAllowed, "the API only reads: GET and HEAD"
			w.Header().Set("Allow", "GET, HEAD")
		}
		s.say(w, refuse(status, "%s", say))
	})
}

// guarded lets nobody in who must not be, and lets nothing out that a browser could take for a page.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.caught(w)
		h := w.Header()
		h.Set(HeaderVersion, Version)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		spare := isReserved(r)
		switch {
		case spare && r.URL.Path != healthPath && r.URL.Path != metricsPath:
			h.Set("Connection", "close")
			s.say(w, tooMany("too many connections"))
		case s.Token == "" && !s.ownName(r.Host):
			s.metrics.refused.WithLabelValues("host").Inc()
			s.say(w, refuse(http.StatusMisdirectedRequest, "ask for localhost, 127.0.0.1 or [::1] by that name"))
		case s.Token != "" && r.URL.Path != healthPath && !s.knows(r):
			s.metrics.refused.WithLabelValues("token").Inc()
			h.Set("WWW-Authenticate", `Bearer realm="bgpaudit"`)
			s.say(w, refuse(http.StatusUnauthorized, "a token is needed: Authorization: Bearer TOKEN"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

const (
	healthPath  = "/healthz"
	metricsPath = "/metrics"
)

// ownName reports whether the caller asked for this host by a name that no other host can have. A
// page in a browser can be made to call us by its own (DNS rebinding), and would then read what it
// likes.
func (s *Server) ownName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && a.IsLoopback()
}

// knows reports whether the caller shows the token, in a time that tells nothing of it.
func (s *Server) knows(r *http.Request) bool {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	shown := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(shown[:], s.token.Load()[:]) == 1 && strings.EqualFold(kind, "Bearer")
}

// caught turns a defect of ours into an answer, and the next question is answered all the same.
func (s *Server) caught(w http.ResponseWriter) {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		s.Log.Error("an answer failed: a defect of bgpaudit, please report it", zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
		s.say(w, refuse(http.StatusInternalServerError, "a defect of bgpaudit: its log has more"))
	}
}

func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	if err := s.Reload(r.Context()); err != nil {
		s.say(w, refuse(http.StatusUnprocessableEntity, "%s", err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
