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
	got, err := readFile(ctx, src, func(r rib.Route) error { emit(r); return nil }, nil)
	return got.Result, err
}

// readFile opens, recognises and reads one file. On an error its text is in Result.Errors too.
func readFile(ctx context.Context, src Source, emit func(rib.Route) error, progress func(read, size int64)) (reading, error) {
	if src.Name == "" {
		src.Name = src.Path
	}
	c := newCollector(ctx, src, emit)
	mtime, err := c.readFrom(src, progress)
	if err == nil {
		return reading{c.res, mtime, c.text}, nil
	}
	err = fmt.Errorf("%s%w", c.at(0), err)
	c.res.Complete = rib.CompleteNo
	c.res.Errors = append(c.res.Errors, err.Error())
	return reading{c.res, mtime, c.text}, err
}

func (c *collector) readFrom(src Source, progress func(read, size int64)) (time.Time, error) {
	in, err := openInput(src.Path, progress)
	if err != nil {
		return time.Time{}, err
	}
	defer in.close()
	head, err := in.head()
	if err != nil {
		return in.mtime, err
	}
	format, err := chooseFormat(src.Format, head)
	if err != nil {
		return in.mtime, err
	}
	shape := format.Shape(src)
	c.res.Header.Format, c.res.Header.ASPathForm = shape.Format, shape.ASPathForm
	if err := format.Read(in, c); err != nil {
		return in.mtime, err
	}
	c.againstNeighbor(src, c.res.Header.Neighbor)
	c.finish(shape.NotShown)
	return in.mtime, nil
}
