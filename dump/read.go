package dump

import (
	"context"
	"fmt"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// outcome is what came of one file: its result, and when it was written.
type outcome struct {
	reading.Result
	mtime  time.Time
	digest [32]byte
}

func readRoutes(ctx context.Context, src reading.Source, emit func(rib.Route)) (reading.Result, error) {
	got, err := readFile(reading.NewCollector(ctx, src, func(r rib.Route) error { emit(r); return nil }), nil)
	return got.Result, err
}

// readFile opens, recognises and reads one file. On an error its text is in Result.Errors too.
func readFile(c *reading.Collector, progress func(read, size int64)) (outcome, error) {
	in, err := reading.OpenPatiently(c.Ctx, c.Source.Path, c.Source.Patience, progress)
	if err != nil {
		return failed(c, err)
	}
	defer in.Close()
	return read(c, in)
}

// read recognises and reads an opened file.
func read(c *reading.Collector, in *reading.Input) (outcome, error) {
	head, err := in.Head()
	if err != nil {
		return failed(c, err)
	}
	format, err := chooseFormat(c.Source.Format, head)
	if err == nil {
		shape := format.Shape(c.Source)
		h := &c.Result.Header
		h.Format, h.ASPathForm, h.MarksNotShown = shape.Format, shape.ASPathForm, reading.MarksNotShown(shape.Format)
		c.Reads(in)
		err = format.Read(in, c)
		c.HandedOn()
		if err == nil {
			c.Disturbed(in)
			c.HoldAgainstConfig()
			if format.OneFamily {
				c.EachFamilyAnswered()
			}
			c.Finish(shape.NotShown)
			c.Result.Contradiction = c.Text
			out := outcome{Result: c.Result, mtime: in.Mtime}
			if !c.Stopped() {
				out.digest = in.Digest()
			}
			return out, nil
		}
	}
	got, err := failed(c, err)
	got.mtime = in.Mtime
	return got, err
}

// failed is the reading of a file that holds nothing to read.
func failed(c *reading.Collector, err error) (outcome, error) {
	c.HandedOn()
	err = fmt.Errorf("%s%w", c.At(0), err)
	c.Result.Complete, c.Result.Skipped, c.Result.Bad = rib.CompleteNo, 0, rib.Aside{}
	c.Result.Errors = []string{err.Error()} // what led to it adds nothing
	c.Result.Contradiction = c.Text
	return outcome{Result: c.Result}, err
}
