package reading

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"
)

// errSilent is what becomes of a file that does not answer: a pipe that nobody writes to, a file
// server that is gone. The system gives no way to end the call; it goes on alone.
var errSilent = errors.New("does not answer")

// silent are the paths that a call is still stuck at: there is one for each, however often it is tried.
var silent sync.Map

// await makes a call that may never return, and gives up when ctx is done, or after so long; 0 waits.
// What comes too late is given to late.
func await[T any](ctx context.Context, path string, patience time.Duration, call func() (T, error), late func(T)) (out T, _ error) {
	if _, stuck := silent.Load(path); stuck {
		return out, errSilent
	}
	type result struct {
		value T
		err   error
	}
	came := make(chan result)
	over := make(chan struct{})
	defer close(over)
	go func() {
		v, err := call()
		select {
		case came <- result{v, err}:
		case <-over:
			silent.Delete(path)
			if err == nil && late != nil {
				late(v)
			}
		}
	}()
	var enough <-chan time.Time
	if patience > 0 {
		t := time.NewTimer(patience)
		defer t.Stop()
		enough = t.C
	}
	select {
	case r := <-came:
		return r.value, r.err
	case <-ctx.Done():
		silent.Store(path, true)
		return out, ctx.Err()
	case <-enough:
		silent.Store(path, true)
		return out, fmt.Errorf("%w for %s", errSilent, patience)
	}
}

// look is [os.Stat].
func look(ctx context.Context, path string, patience time.Duration) (fs.FileInfo, error) {
	if patience == 0 {
		return os.Stat(path)
	}
	return await(ctx, path, patience, func() (fs.FileInfo, error) { return os.Stat(path) }, nil)
}

// open is [os.Open] of a file that may be silent.
func open(ctx context.Context, path string, patience time.Duration) (io.ReadCloser, error) {
	f, err := await(ctx, path, patience, func() (*os.File, error) { return os.Open(path) }, func(f *os.File) { f.Close() })
	if err != nil {
		return nil, err
	}
	return &patient{ctx: ctx, file: f, path: path, patience: patience}, nil
}

// patient reads a file that may become silent. What a stuck call reads goes into memory of its own.
type patient struct {
	ctx      context.Context
	file     *os.File
	path     string
	patience time.Duration
	buf      []byte
	stuck    bool
}

func (p *patient) Read(b []byte) (int, error) {
	if p.stuck {
		return 0, errSilent
	}
	if p.buf == nil {
		p.buf = make([]byte, Chunk)
	}
	into := p.buf[:min(len(p.buf), len(b))]
	var ended error
	n, err := await(p.ctx, p.path, p.patience, func() (int, error) {
		n, err := p.file.Read(into)
		ended = err
		return n, nil
	}, func(int) { p.file.Close() })
	if err != nil {
		p.stuck = true
		return 0, err
	}
	return copy(b, into[:n]), ended
}

// Close gives the file back; one that a call is stuck at is given back when that returns.
func (p *patient) Close() error {
	if p.stuck {
		return nil
	}
	return p.file.Close()
}
