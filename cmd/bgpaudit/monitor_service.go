package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"
)

// service tells systemd how the monitor does (sd_notify), where systemd has started it.
type service struct{ log *zap.Logger }

func (s service) ready()    { s.notify(daemon.SdNotifyReady) }
func (s service) stopping() { s.notify(daemon.SdNotifyStopping) }
func (s service) alive()    { s.notify(daemon.SdNotifyWatchdog) }

// during says that the monitor reloads, until it is done, well or not.
func (s service) during(reload func() error) error {
	s.notify(fmt.Sprintf("%s\nMONOTONIC_USEC=%d", daemon.SdNotifyReloading, monotonic().Microseconds()))
	defer s.ready()
	return reload()
}

func (s service) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.log.Warn("systemd is not to be told", zap.Error(err))
	}
}

// watchdog is how often systemd is to be told that the monitor is alive, 0 for never: three times
// in the time after which it restarts a service.
func (s service) watchdog() time.Duration {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		s.log.Warn("systemd's watchdog is not to be had", zap.Error(err))
	}
	return every / 3
}

// onHangUp calls reload at each SIGHUP until ctx is done. What goes wrong is in the log. Windows sends
// none: there POST /-/reload is the way.
func onHangUp(ctx context.Context, reload func(context.Context) error) (stop func()) {
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangUp:
				_ = reload(ctx)
			}
		}
	}()
	return func() {
		signal.Stop(hangUp)
		cancel()
		<-done
	}
}
