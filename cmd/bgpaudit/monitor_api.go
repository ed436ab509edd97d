package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"syscall"

	"go.uber.org/zap"

	"bgpaudit/configs"
	"bgpaudit/monitor"
	"bgpaudit/monitor/api"
)

// apiOptions reads what the API needs of files, before any router is listened to.
func (g *global) apiOptions(m *configs.Monitor) (o api.Options, err error) {
	o = api.Options{Listen: m.API, Release: release, Log: g.log}
	if m.TokenFile != "" {
		var warning string
		if o.Token, warning, err = configs.ReadToken(m.TokenFile); err != nil {
			return o, err
		}
		if warning != "" {
			g.log.Warn(warning)
		}
	}
	if m.TLS != nil {
		cert, err := tls.LoadX509KeyPair(m.TLS.Cert, m.TLS.Key)
		if err != nil {
			return o, fmt.Errorf("monitor.tls: %w\n    hint: cert and key are PEM files that belong together", err)
		}
		o.TLS = &cert
	}
	return o, nil
}

// serveAPI serves the API where the config asks for it, until stop is called, which waits for its
// end. An API that fails later is said, and the collection goes on.
func (g *global) serveAPI(ctx context.Context, o api.Options, m *monitor.Monitor, reload func(context.Context) error) (server *api.Server, stop func(), err error) {
	if o.Listen == "" {
		return nil, func() {}, nil
	}
	o.Monitor, o.Reload = m, reload
	server, err = api.Listen(o)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, nil, fmt.Errorf("%w\n    hint: another monitor has it: give monitor.api another port", err)
	case err != nil:
		return nil, nil, err
	}
	g.log.Info("the API is at "+server.URL(), zap.Bool("tls", o.TLS != nil), zap.Bool("token", o.Token != ""))
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := server.Serve(ctx); err != nil {
			g.log.Error("the API has ended; the collection goes on", zap.Error(err))
		}
	}()
	return server, func() {
		cancel()
		<-over
	}, nil
}

// renew reads the API's certificate and token again: they are renewed every few weeks, and no session
// is to end for that.
func (g *global) renew(server *api.Server, m *configs.Monitor) error {
	if server == nil {
		return nil
	}
	next, err := g.apiOptions(m)
	if err != nil {
		g.log.Error("the API goes on with the certificate and token that it has", zap.String("event", "not-renewed"), zap.Error(err))
		return err
	}
	server.Renew(next.TLS, next.Token)
	return nil
}
