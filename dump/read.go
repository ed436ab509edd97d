package dump

import (
	"context"
	"fmt"
	"time"

	"bgpaudit/rib"
)

// reading is what came of one file: its result, and what only a feed's state has a place for.
type reading struct {
	Result
	mtime         time.Time
	contradiction string
}

func read(ctx context.Context, src Source, emit func(rib.Route)) (Result, error) {
	got, err := readFile(newCollector(ctx, src, func(r rib.Route) error { emit(r); return nil }), nil)
	return got.Result, err
}

// readFile opens, recognises and reads one file. On an error its text is in Result.Errors too.
func readFile(c *collector, progress func(read, size int64)) (reading, error) {
	in, err := openInput(c.src.Path, progress)
	if err != nil {
		return c.failed(err)
	}
	defer in.close()
	return c.read(in)
}

// read recognises and reads an opened file.
func (c *collector) read(in *input) (reading, error) {
	head, err := in.head()
	if err != nil {
		return c.failed(err)
	}
	format, err := chooseFormat(c.src.Format, head)
	if err == nil {
		shape := format.Shape(c.src)
		c.res.Header.Format, c.res.Header.ASPathForm = shape.Format, shape.ASPathForm
		err = format.Read(in, c)
		c.handedOn()
		if err == nil {
			c.againstNeighbor(c.src, c.res.Header.Neighbor)
			c.againstDirection(c.src, c.res.Header.ASPathForm)
			c.finish(shape.NotShown)
			return reading{c.res, in.mtime, c.text}, nil
		}
	}
	got, err := c.failed(err)
	got.mtime = in.mtime
	return got, err
}

// failed is the reading of a file that holds nothing to read.
func (c *collector) failed(err error) (reading, error) {
	c.handedOn()
	err = fmt.Errorf("%s%w", c.at(0), err)
	c.res.Complete, c.res.Skipped = rib.CompleteNo, 0
	c.res.Errors = []string{err.Error()} // what led to it adds nothing
	return reading{Result: c.res, contradiction: c.text}, err
}
