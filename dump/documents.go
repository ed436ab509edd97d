package dump

import (
	"errors"
	"io"

	"bgpaudit/rib"
)

// eachDocument hands the JSON documents of a file to read, one after the other, up to the file's end
// or to a place where no reader can know any more where it is. What stands between them is judged.
func (c *collector) eachDocument(s *scanner, read func(open byte) error) error {
	return c.eachDocumentAnd(s, c.between, read)
}

// eachDocumentAnd is eachDocument with a judge of its own for what stands around the documents.
func (c *collector) eachDocumentAnd(s *scanner, judge func(line int, text []byte, before bool), read func(open byte) error) error {
	for first := true; ; first = false {
		open, err := s.document(func(line int, text []byte) { judge(line, text, first) })
		if errors.Is(err, io.EOF) {
			if first {
				return errNoDocument
			}
			return nil
		}
		if err == nil {
			err = read(open)
		}
		if c.stopped() {
			return nil
		}
		if err != nil {
			c.broken(s.line, err)
			return nil
		}
	}
}

// eachMember walks an object of any size. read takes the value of each key.
func (s *scanner) eachMember(read func(key string, line int) error) error {
	if err := s.enter('{'); err != nil {
		return err
	}
	for {
		more, err := s.next('}')
		if err != nil || !more {
			return err
		}
		key, line, err := s.key()
		if err != nil {
			return err
		}
		if err := read(key, line); err != nil {
			return err
		}
	}
}

// eachElement walks a list of any size. read takes each element.
func (s *scanner) eachElement(read func(line int) error) error {
	if err := s.enter('['); err != nil {
		return err
	}
	for {
		more, err := s.next(']')
		if err != nil || !more {
			return err
		}
		if _, err := s.inner(); err != nil {
			return err
		}
		if err := read(s.line); err != nil {
			return err
		}
	}
}

// oneOrMany walks a list of any size, or the one object that stands in its place. null is none.
func (s *scanner) oneOrMany(read func(line int) error) error {
	switch c, err := s.inner(); {
	case err != nil:
		return err
	case c == '[':
		return s.eachElement(read)
	case c == '{':
		return read(s.line)
	case c == 'n':
		return s.skip()
	default:
		return s.unexpected(c, "a list")
	}
}

// row captures a value that is a row, or the rows of one prefix. One over the bound is counted as
// bad, and then there is nothing to read.
func (c *collector) row(s *scanner, line int, what string) ([]byte, error) {
	if c.stopped() {
		return nil, c.ctx.Err()
	}
	raw, err := s.raw()
	if errors.Is(err, errTooLong) {
		c.skip(line, "the row of %s is %v", what, err)
		return nil, nil
	}
	return raw, err
}

// eachMember walks an object that is in memory.
func (c *cursor) eachMember(read func(key []byte)) {
	c.enter('{')
	for c.next('}') {
		read(c.key())
	}
}

// eachElement walks a list that is in memory.
func (c *cursor) eachElement(read func()) {
	c.enter('[')
	for c.next(']') {
		read()
	}
}

// oneOrMany walks a list that is in memory, or the one object that stands in its place. null is none.
func (c *cursor) oneOrMany(read func()) {
	switch {
	case c.peek() == '[':
		c.eachElement(read)
	case !c.null():
		read()
	}
}

// expectsEmpty reports whether the config says that the dump holds no route.
func (s *Source) expectsEmpty() bool { return s.ExpectEmpty || s.ExpectRoutes == 0 }

// everyDeclared makes a declared family partial of which the dump holds no route: where an empty table is left out,
// nothing states its zero.
func (c *collector) everyDeclared() {
	for _, fam := range c.src.Families {
		if !c.families[fam] && !c.src.expectsEmpty() {
			c.problem(0, "the dump holds no %s routes of the table that the config declares, and nothing states that there are none", fam)
		}
	}
}

// receivedView reports whether the view shows what one neighbour sends us.
func receivedView(v rib.View) bool { return v == rib.AdjRIBInPre || v == rib.AdjRIBInPost }

// tableView reports whether the view is a table in which the router chooses.
func tableView(v rib.View) bool { return v == rib.BGPTable || v == rib.LocRIB }
