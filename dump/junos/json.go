package junos

import "bgpaudit/dump/reading"

func sniffJunosJSON(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := reading.Members(head)
	return reading.HasMember(list, "route-information") && reading.HasMember(list, "route-table")
}

// jsonWalk walks the JSON form, in which every value stands in a list of one object.
type jsonWalk struct {
	*reader
	s *reading.Scanner
}

func readJunosJSON(in *reading.Input, c *reading.Collector) error {
	r := newJunosReader(c)
	w := &jsonWalk{r, reading.NewScanner(in.Text)}
	for {
		if _, err := w.s.Document(func(int, []byte) {}); err != nil {
			break
		}
		if err := w.value(); err != nil { // damage is found when the rows are read
			break
		}
	}
	if err := r.reread(in); err != nil {
		return err
	}
	w.s = reading.NewScanner(in.Text)
	if err := c.EachDocumentAnd(w.s, w.around, func(byte) error { return w.value() }); err != nil {
		return err
	}
	return r.finish()
}

// envelopes are the keys that stand around tables.
var envelopes = map[string]bool{
	"multi-routing-engine-results": true, "multi-routing-engine-item": true, "rpc-reply": true, "route-information": true,
}

// value walks what stands around tables: objects, or lists of them.
func (w *jsonWalk) value() error {
	switch c, err := w.s.Inner(); {
	case err != nil:
		return err
	case c == '[':
		return w.s.EachElement(func(int) error { return w.value() })
	case c != '{':
		return w.s.Skip()
	}
	return w.s.EachMember(func(key string, line int) error {
		switch {
		case key == "route-table":
			return w.s.OneOrMany(w.tableOf)
		case envelopes[key]:
			return w.value()
		case junosError(key):
			return w.errors(line)
		}
		return w.passOver(key, line)
	})
}

// passOver takes a member that holds no rows where it stands.
func (w *jsonWalk) passOver(key string, line int) error {
	if w.listing {
		return w.s.Skip()
	}
	return w.PassOver(w.s, key, line)
}

// errors takes what the router answered in place of a table.
func (w *jsonWalk) errors(line int) error {
	raw, err := w.s.Raw()
	if err != nil {
		return err
	}
	cur := reading.Cursor{Bytes: raw}
	w.failed(line, junosNodes(&cur, ""))
	return nil
}

func (w *jsonWalk) tableOf(line int) error {
	w.table = junosTable{line: line}
	err := w.s.EachMember(func(key string, line int) error {
		switch {
		case key == "table-name":
			node, err := w.leaf()
			w.named(line, node.text)
			return err
		case key == "hidden-route-count":
			node, err := w.leaf()
			w.hiddenCount(line, node.text)
			return err
		case key == "rt":
			return w.s.OneOrMany(w.row)
		case junosError(key):
			return w.errors(line)
		}
		return w.passOver(key, line)
	})
	if err == nil {
		w.closeTable()
	}
	return err
}

// leaf reads [{"data":"inet.0"}].
func (w *jsonWalk) leaf() (junosNode, error) {
	raw, err := w.s.Raw()
	if err != nil {
		return junosNode{}, err
	}
	cur := reading.Cursor{Bytes: raw}
	nodes := junosNodes(&cur, "")
	if cur.Err != nil || len(nodes) == 0 {
		return junosNode{}, cur.Err
	}
	return nodes[0], nil
}

func (w *jsonWalk) row(line int) error {
	if !w.wanted(line) {
		return w.s.Skip()
	}
	raw, err := w.Row(w.s, line, w.table.name)
	if err != nil || raw == nil {
		return err
	}
	cur := reading.Cursor{Bytes: raw}
	nodes := junosNodes(&cur, "rt")
	cur.End()
	switch {
	case cur.Err != nil:
		w.Skip(line, "bad row: %v", cur.Err)
	case len(nodes) != 1:
		w.Skip(line, "bad row: found no object")
	default:
		w.rows.read(&nodes[0], line)
	}
	return nil
}

// junosNodes reads a value as elements of one name: an object, or a list of them.
func junosNodes(cur *reading.Cursor, name string) []junosNode {
	switch cur.Peek() {
	case '{':
		n := junosNode{name: name}
		cur.EachMember(func(key []byte) { n.member(cur, string(key)) })
		return []junosNode{n}
	case '[':
		var out []junosNode
		cur.Enter('[')
		for cur.Next(']') {
			out = append(out, junosNodes(cur, name)...)
		}
		return out
	}
	if cur.Null() { // [null]: an element without content
		return nil
	}
	return []junosNode{{name: name, text: scalar(cur)}}
}

// scalar reads a string or a number. An element without content is null or [null].
func scalar(cur *reading.Cursor) string {
	switch c := cur.Peek(); {
	case c == '"':
		return string(cur.Text())
	case c == '-', '0' <= c && c <= '9':
		return string(cur.Word())
	case c == '[':
		cur.EachElement(func() {
			if !cur.Null() {
				cur.Fail("found %q where null should stand", cur.Peek())
			}
		})
	case cur.Null():
	default:
		cur.Fail("found %q where a string or a number should stand", c)
	}
	return ""
}

func (n *junosNode) member(cur *reading.Cursor, key string) {
	switch {
	case key == "data":
		n.text = scalar(cur)
	case key == "attributes" && cur.Peek() == '{':
		cur.EachMember(func(attr []byte) {
			if string(attr) == "junos:style" && cur.Peek() == '"' {
				n.style = string(cur.Text())
				return
			}
			cur.Value()
		})
	default:
		n.children = append(n.children, junosNodes(cur, key)...)
	}
}
