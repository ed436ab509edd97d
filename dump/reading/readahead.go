package reading

import "io"

// readAhead unpacks on a goroutine of its own, a few blocks ahead of whoever reads rows: on a machine
// with two cores the one costs nothing beside the other. stop ends the goroutine.
type readAhead struct {
	Full  chan block
	empty chan []byte
	quit  chan struct{}
	block block
	rest  []byte // of block, not read yet
}

type block struct {
	buf []byte
	n   int
	err error // why it is the last one
}

const (
	aheadBlocks = 4
	aheadSize   = 128 << 10
)

func newReadAhead(r io.Reader) *readAhead {
	a := &readAhead{Full: make(chan block, aheadBlocks), empty: make(chan []byte, aheadBlocks), quit: make(chan struct{})}
	for range aheadBlocks {
		a.empty <- make([]byte, aheadSize)
	}
	go a.fill(r)
	return a
}

// fill reads until the end, an error or stop. It closes full when it is done with r.
func (a *readAhead) fill(r io.Reader) {
	defer close(a.Full)
	for {
		var b block
		select {
		case b.buf = <-a.empty:
		case <-a.quit:
			return
		}
		for b.n < len(b.buf) && b.err == nil {
			var n int
			n, b.err = r.Read(b.buf[b.n:])
			b.n += n
		}
		a.Full <- b // has room for every block there is
		if b.err != nil {
			return
		}
	}
}

func (a *readAhead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.block.err != nil {
			return 0, a.block.err
		}
		if a.block.buf != nil {
			a.empty <- a.block.buf
		}
		next, ok := <-a.Full
		if !ok {
			return 0, io.ErrClosedPipe
		}
		a.block, a.rest = next, next.buf[:next.n]
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// stop ends the goroutine and waits until it has let go of what it reads from.
func (a *readAhead) stop() {
	close(a.quit)
	for range a.Full {
		continue
	}
}
