package monitor

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestALookThatDoesNotReturnHoldsNobodyUp: as at a file server that is gone. One look is stuck, not
// one each time.
func TestALookThatDoesNotReturnHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, calls := make(chan struct{}), 0
		hung := func(string) (os.FileInfo, error) { calls++; <-release; return nil, os.ErrNotExist }
		for i, want := range []time.Duration{longestLook, 0, 0} {
			began := time.Now()
			if info := lookBy(hung, "/hung"); info != nil || time.Since(began) != want {
				t.Errorf("look %d: %v after %s", i, info, time.Since(began))
			}
		}
		close(release)
		synctest.Wait()
		if lookBy(hung, "/hung"); calls != 2 {
			t.Errorf("%d calls", calls)
		}
	})
}

func TestALookRightAfterAnotherSeesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	writeText(t, path, "x")
	var looks sync.WaitGroup
	for range 4 {
		looks.Go(func() {
			for range 500 {
				if Look(path) == nil {
					t.Error("it is not seen")
					return
				}
			}
		})
	}
	looks.Wait()
}
