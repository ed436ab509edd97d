package reading

import (
	"errors"
	"io"
)

// EachDocument hands the JSON documents of a file to read, one after the other, up to the file's end
// or to a place where no reader can know any more where it is. What stands between them is judged.
func (c *Collector) EachDocument(s *Scanner, read func(open byte) error) error {
	return c.EachDocumentAnd(s, c.Between, read)
}

// EachDocumentAnd is eachDocument with a judge of its own for what stands around the documents.
func (c *Collector) EachDocumentAnd(s *Scanner, judge func(line int, text []byte, before bool), read func(open byte) error) error {
	for first := true; ; first = false {
		open, err := s.Document(func(line int, text []byte) { judge(line, text, first) })
		if errors.Is(err, io.EOF) {
			if first {
				return ErrNoDocument
			}
			return nil
		}
		if err == nil {
			c.NextAnswer(s.Line)
			err = read(open)
		}
		if c.Stopped() {
			return nil
		}
		if err != nil {
			c.Broken(s.Line, err)
			return nil
		}
	}
}

// EachMember walks an object of any size. read takes the value of each key.
func (s *Scanner) EachMember(read func(key string, line int) error) error {
	if err := s.Enter('{'); err != nil {
		return err
	}
	for {
		more, err := s.Next('}')
		if err != nil || !more {
			return err
		}
		key, line, err := s.Key()
		if err != nil {
			return err
		}
		if err := read(key, line); err != nil {
			return err
		}
	}
}

// EachElement walks a list of any size. read takes each element.
func (s *Scanner) EachElement(read func(line int) error) error {
	if err := s.Enter('['); err != nil {
		return err
	}
	for {
		more, err := s.Next(']')
		if err != nil || !more {
			return err
		}
		if _, err := s.Inner(); err != nil {
			return err
		}
		if err := read(s.Line); err != nil {
			return err
		}
	}
}

// OneOrMany walks a list of any size, or the one object that stands in its place. null is none.
func (s *Scanner) OneOrMany(read func(line int) error) error {
	switch c, err := s.Inner(); {
	case err != nil:
		return err
	case c == '[':
		return s.EachElement(read)
	case c == '{':
		return read(s.Line)
	case c == 'n':
		return s.Skip()
	default:
		return s.Unexpected(c, "a list")
	}
}

// Row captures a value that is a row, or the rows of one prefix. One over the bound is counted as
// bad, and then there is nothing to read.
func (c *Collector) Row(s *Scanner, line int, what string) ([]byte, error) {
	if c.Stopped() {
		return nil, c.Ctx.Err()
	}
	raw, err := s.Raw()
	if errors.Is(err, ErrTooLong) {
		c.Skip(line, "the row of %s is %v", what, err)
		return nil, nil
	}
	return raw, err
}

// EachMember walks an object that is in memory.
func (c *Cursor) EachMember(read func(key []byte)) {
	c.Enter('{')
	for c.Next('}') {
		read(c.Key())
	}
}

// EachElement walks a list that is in memory.
func (c *Cursor) EachElement(read func()) {
	c.Enter('[')
	for c.Next(']') {
		read()
	}
}

// OneOrMany walks a list that is in memory, or the one object that stands in its place. null is none.
func (c *Cursor) OneOrMany(read func()) {
	switch {
	case c.Peek() == '[':
		c.EachElement(read)
	case !c.Null():
		read()
	}
}

// EachFamilyAnswered makes a declared family partial of which one answer alone holds no route, where an answer is
// of one family: that it is not there says nothing.
func (c *Collector) EachFamilyAnswered() {
	held := 0
	for _, has := range c.Families {
		if has {
			held++
		}
	}
	if len(c.file.done) == 1 && held == 1 && len(c.Source.Families) > 1 {
		c.EveryDeclared()
	}
}

// EveryDeclared makes a declared family partial of which the dump holds no route: where an empty table is left out,
// nothing states its zero.
func (c *Collector) EveryDeclared() {
	for _, fam := range c.Source.Families {
		if !c.Families[fam] && !c.Source.ExpectsEmpty() {
			c.Problem(0, "the dump holds no %s routes of the table that the config declares, and nothing states that there are none", fam)
		}
	}
}

// Broken ends the reading: a cut, or text that is no JSON.
func (c *Collector) Broken(line int, err error) {
	switch {
	case err == nil:
	case errors.Is(err, io.ErrUnexpectedEOF):
		c.Problem(line, "the dump is cut off here")
	default:
		c.Problem(line, "reading stops here: %v", err)
	}
}

// Within reads {"name": [...]}.
func Within(cur *Cursor, name string, read func()) {
	cur.EachMember(func(key []byte) {
		if string(key) == name {
			cur.OneOrMany(read)
			return
		}
		cur.Value()
	})
}
