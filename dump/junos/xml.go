package junos

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"bgpaudit/dump/reading"
)

func sniffJunosXML(head []byte) bool {
	at := bytes.Index(head, []byte("<route-information"))
	return at >= 0 && bytes.Contains(head[at:], []byte("<route-table"))
}

// rationed reads no more than its ration, so that no token of a hostile file is ever held whole.
type rationed struct {
	r    io.Reader
	left int
}

func (r *rationed) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, reading.ErrTooLong
	}
	n, err := r.r.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// xmlWalk walks the XML form.
type xmlWalk struct {
	*reader
	in    *rationed
	dec   *xml.Decoder
	depth int
	roots int // elements that are no other's, which must be closed
}

func readJunosXML(in *reading.Input, c *reading.Collector) error {
	r := newJunosReader(c)
	w := &xmlWalk{reader: r}
	w.begin(in)
	_ = w.walk() // damage is found when the rows are read
	if err := r.reread(in); err != nil {
		return err
	}
	w.begin(in)
	err := w.walk()
	var syntax *xml.SyntaxError
	switch {
	case c.Stopped():
	case w.roots == 0 && (err == nil || errors.Is(err, io.EOF)):
		return errors.New("holds no XML document: check the command that made it")
	case errors.As(err, &syntax) && strings.HasSuffix(syntax.Msg, "unexpected EOF"):
		err = io.ErrUnexpectedEOF
		fallthrough
	default:
		c.Broken(w.line(), err)
	}
	return r.finish()
}

func (w *xmlWalk) begin(in *reading.Input) {
	w.in = &rationed{r: in.Text}
	w.dec = xml.NewDecoder(w.in)
	w.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	w.depth, w.roots = 0, 0
}

func (w *xmlWalk) line() int {
	line, _ := w.dec.InputPos()
	return line
}

// token takes one token of at most a row's size.
func (w *xmlWalk) token() (xml.Token, error) {
	w.in.left = reading.MaxRow
	return w.dec.Token()
}

// walk reads the file to its end. What stands outside the documents is judged as text is.
func (w *xmlWalk) walk() error {
	for !w.Stopped() {
		line := w.line()
		tok, err := w.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if w.depth == 0 {
				w.roots++
			}
			if err := w.open(t, line); err != nil {
				return err
			}
		case xml.EndElement:
			w.depth--
			if t.Name.Local == "route-table" {
				w.closeTable()
			}
		case xml.CharData:
			if w.depth == 0 && !w.listing {
				for text := range bytes.Lines(t) {
					w.around(line, text, w.roots == 0)
					line++
				}
			}
		}
	}
	return nil
}

// open takes the start of an element around rows, or a whole one of those that are read.
func (w *xmlWalk) open(t xml.StartElement, line int) error {
	switch t.Name.Local {
	case "route-table":
		w.table = junosTable{line: line}
	case "table-name":
		node, err := w.element(t)
		w.named(line, node.text)
		return err
	case "hidden-route-count":
		node, err := w.element(t)
		w.hiddenCount(line, node.text)
		return err
	case "error", "rpc-error":
		node, err := w.element(t)
		w.failed(line, []junosNode{node})
		return err
	case "output":
		node, err := w.element(t)
		if strings.HasPrefix(node.text, "error:") {
			w.failed(line, []junosNode{node})
		}
		return err
	case "rt":
		if !w.wanted(line) {
			return w.pass()
		}
		node, err := w.element(t)
		if err == nil {
			w.rows.read(&node, line)
		}
		return err
	}
	if w.depth++; w.depth > reading.MaxDepth {
		return reading.ErrTooDeep
	}
	return nil
}

// pass takes the rest of an element that is not read.
func (w *xmlWalk) pass() error {
	for depth := 1; depth > 0; {
		tok, err := w.token()
		if err != nil {
			return cutShort(err)
		}
		switch tok.(type) {
		case xml.StartElement:
			if depth++; depth > reading.MaxDepth {
				return reading.ErrTooDeep
			}
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

// element reads an element to its end.
func (w *xmlWalk) element(start xml.StartElement) (junosNode, error) {
	from := w.dec.InputOffset()
	return w.inner(start, from, 0)
}

func (w *xmlWalk) inner(start xml.StartElement, from int64, depth int) (junosNode, error) {
	n := junosNode{name: start.Name.Local}
	for _, a := range start.Attr {
		if a.Name.Local == "style" {
			n.style = a.Value
		}
	}
	var text strings.Builder
	for {
		tok, err := w.token()
		switch {
		case err != nil:
			return n, cutShort(err)
		case w.dec.InputOffset()-from > reading.MaxRow:
			return n, reading.ErrTooLong
		case depth > reading.MaxDepth:
			return n, reading.ErrTooDeep
		}
		switch t := tok.(type) {
		case xml.StartElement:
			line := w.line()
			child, err := w.inner(t, from, depth+1)
			if err != nil {
				return n, err
			}
			if n.name != "error" && n.name != "rpc-error" && junosError(child.name) {
				w.failed(line, []junosNode{child})
			}
			n.children = append(n.children, child)
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			n.text = strings.TrimSpace(text.String())
			return n, nil
		}
	}
}

// cutShort is the end of the file within an element.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
