package journal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// reader takes nothing while its gate is closed.
type reader struct {
	gate chan struct{}
	mu   sync.Mutex
	got  bytes.Buffer
}

func (r *reader) Write(p []byte) (int, error) {
	<-r.gate
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got.Write(p)
}

func note(n uint64) []byte { return fmt.Appendf(nil, "lost %d\n", n) }

// TestAStalledReaderHoldsUpNobody: what does not fit is dropped, counted, and said when the log flows
// again.
func TestAStalledReaderHoldsUpNobody(t *testing.T) {
	for name, line := range map[string]string{"many": "a line\n", "long": strings.Repeat("x", 64<<10) + "\n"} {
		synctest.Test(t, func(t *testing.T) {
			r := &reader{gate: make(chan struct{})}
			j := New(r, note)
			const sent = 3 * mostLines
			for range sent {
				if n, err := j.Write([]byte(line)); n != len(line) || err != nil {
					t.Fatal(n, err)
				}
			}
			synctest.Wait()
			began := time.Now()
			j.Close(2 * time.Second)
			if took := time.Since(began); took != 2*time.Second {
				t.Errorf("%s: with a stalled reader Close took %s", name, took)
			}
			close(r.gate)
			synctest.Wait()
			whole := strings.Count(r.got.String(), line)
			if r.got.Len() > mostOctets+2*len(line)+100 || whole == 0 || uint64(whole)+j.Dropped() != sent {
				t.Errorf("%s: %d octets and %d lines came through, %d were dropped, of %d", name, r.got.Len(), whole, j.Dropped(), sent)
			}
			if !strings.Contains(r.got.String(), fmt.Sprintf("lost %d\n", j.Dropped())) {
				t.Errorf("%s: the count is not said", name)
			}
		})
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAReaderThatHasEndedIsCounted(t *testing.T) {
	j := New(broken{}, note)
	for range 3 {
		_, _ = j.Write([]byte("a line\n"))
	}
	j.Close(time.Minute)
	if _, err := j.Write([]byte("too late\n")); err != nil || j.Failed() != 3 || j.Dropped() != 1 {
		t.Errorf("%d failed, %d were dropped, %v", j.Failed(), j.Dropped(), err)
	}
}
