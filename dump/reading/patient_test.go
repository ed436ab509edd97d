package reading

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestACallThatDoesNotReturnIsGivenUp: after the patience, at once while it is stuck, and not when it
// has returned.
func TestACallThatDoesNotReturnIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, closed := make(chan struct{}), false
		stuck := func() (int, error) { <-release; return 7, nil }
		for i, want := range []time.Duration{10 * time.Second, 0, 0} {
			began := time.Now()
			_, err := await(t.Context(), "hung", 10*time.Second, stuck, func(int) { closed = true })
			if took := time.Since(began); !errors.Is(err, errSilent) || took != want {
				t.Errorf("try %d: %v after %s", i, err, took)
			}
		}
		close(release)
		synctest.Wait()
		if n, err := await(t.Context(), "hung", 10*time.Second, stuck, nil); n != 7 || err != nil || !closed {
			t.Errorf("once it answers: %d, %v; what came late was given back: %v", n, err, closed)
		}
	})
}

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("SKIPPED: a pipe that nobody writes to: no mkfifo here: %v", err)
	}
	return path
}

// TestAReaderWithPatienceReadsNoPipe: nobody may ever write to it.
func TestAReaderWithPatienceReadsNoPipe(t *testing.T) {
	_, err := OpenPatiently(t.Context(), pipe(t), time.Minute, nil)
	if err == nil || !strings.Contains(err.Error(), "is a pipe") {
		t.Errorf("%v", err)
	}
}

// TestWhoWaitsForAPipeCanBeStopped: with nobody to write to it, and with one who says nothing.
func TestWhoWaitsForAPipeCanBeStopped(t *testing.T) {
	for _, written := range []bool{false, true} {
		path := pipe(t)
		if written {
			w, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
		}
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() {
			_, err := OpenPatiently(ctx, path, 0, nil)
			over <- err
		}()
		stop()
		if err := <-over; err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
			t.Errorf("written to: %v: %v", written, err)
		}
	}
}

// TestAPatientFileIsReadWhole: as any other.
func TestAPatientFileIsReadWhole(t *testing.T) {
	path, text := filepath.Join(t.TempDir(), "text"), strings.Repeat("0123456789abcdef\n", 10_000)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := OpenPatiently(t.Context(), path, time.Minute, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var got strings.Builder
	if _, err := in.Text.WriteTo(&got); err != nil || got.String() != text {
		t.Errorf("%d of %d octets: %v", got.Len(), len(text), err)
	}
}
