package dump

func sniffJunosJSON(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := members(head)
	return hasMember(list, "route-information") && hasMember(list, "route-table")
}

// junosJSONWalk walks the JSON form, in which every value stands in a list of one object.
type junosJSONWalk struct {
	*junosReader
	s *scanner
}

func readJunosJSON(in *input, c *collector) error {
	r := newJunosReader(c)
	w := &junosJSONWalk{r, newScanner(in.text)}
	for {
		if _, err := w.s.document(func(int, []byte) {}); err != nil {
			break
		}
		if err := w.value(); err != nil { // damage is found when the rows are read
			break
		}
	}
	if err := r.reread(in); err != nil {
		return err
	}
	w.s = newScanner(in.text)
	if err := c.eachDocument(w.s, func(byte) error { return w.value() }); err != nil {
		return err
	}
	return r.finish()
}

// junosEnvelopes are the keys that stand around tables.
var junosEnvelopes = map[string]bool{
	"multi-routing-engine-results": true, "multi-routing-engine-item": true, "rpc-reply": true, "route-information": true,
}

// value walks what stands around tables: objects, or lists of them.
func (w *junosJSONWalk) value() error {
	switch c, err := w.s.inner(); {
	case err != nil:
		return err
	case c == '[':
		return w.s.eachElement(func(int) error { return w.value() })
	case c != '{':
		return w.s.skip()
	}
	return w.s.eachMember(func(key string, line int) error {
		switch {
		case key == "route-table":
			return w.s.oneOrMany(w.tableOf)
		case junosEnvelopes[key]:
			return w.value()
		case junosError(key):
			return w.errors(line)
		}
		return w.s.skip()
	})
}

// errors takes what the router answered in place of a table.
func (w *junosJSONWalk) errors(line int) error {
	raw, err := w.s.raw()
	if err != nil {
		return err
	}
	cur := cursor{b: raw}
	w.failed(line, junosNodes(&cur, ""))
	return nil
}

func (w *junosJSONWalk) tableOf(line int) error {
	w.table = junosTable{line: line}
	err := w.s.eachMember(func(key string, line int) error {
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
			return w.s.oneOrMany(w.row)
		case junosError(key):
			return w.errors(line)
		}
		return w.s.skip()
	})
	if err == nil {
		w.closeTable()
	}
	return err
}

// leaf reads [{"data":"inet.0"}].
func (w *junosJSONWalk) leaf() (junosNode, error) {
	raw, err := w.s.raw()
	if err != nil {
		return junosNode{}, err
	}
	cur := cursor{b: raw}
	nodes := junosNodes(&cur, "")
	if cur.err != nil || len(nodes) == 0 {
		return junosNode{}, cur.err
	}
	return nodes[0], nil
}

func (w *junosJSONWalk) row(line int) error {
	if !w.wanted(line) {
		return w.s.skip()
	}
	raw, err := w.junosReader.row(w.s, line, w.table.name)
	if err != nil || raw == nil {
		return err
	}
	cur := cursor{b: raw}
	nodes := junosNodes(&cur, "rt")
	cur.end()
	switch {
	case cur.err != nil:
		w.skip(line, "bad row: %v", cur.err)
	case len(nodes) != 1:
		w.skip(line, "bad row: found no object")
	default:
		w.rows.read(&nodes[0], line)
	}
	return nil
}

// junosNodes reads a value as elements of one name: an object, or a list of them.
func junosNodes(cur *cursor, name string) []junosNode {
	switch cur.peek() {
	case '{':
		n := junosNode{name: name}
		cur.eachMember(func(key []byte) { n.member(cur, string(key)) })
		return []junosNode{n}
	case '[':
		var out []junosNode
		cur.enter('[')
		for cur.next(']') {
			out = append(out, junosNodes(cur, name)...)
		}
		return out
	}
	if cur.null() { // [null]: an element without content
		return nil
	}
	return []junosNode{{name: name, text: junosScalar(cur)}}
}

// junosScalar reads a string or a number. An element without content is null or [null].
func junosScalar(cur *cursor) string {
	switch c := cur.peek(); {
	case c == '"':
		return string(cur.str())
	case c == '-', '0' <= c && c <= '9':
		return string(cur.word())
	case c == '[':
		cur.eachElement(func() {
			if !cur.null() {
				cur.fail("found %q where null should stand", cur.peek())
			}
		})
	case cur.null():
	default:
		cur.fail("found %q where a string or a number should stand", c)
	}
	return ""
}

func (n *junosNode) member(cur *cursor, key string) {
	switch {
	case key == "data":
		n.text = junosScalar(cur)
	case key == "attributes" && cur.peek() == '{':
		cur.eachMember(func(attr []byte) {
			if string(attr) == "junos:style" && cur.peek() == '"' {
				n.style = string(cur.str())
				return
			}
			cur.value()
		})
	default:
		n.children = append(n.children, junosNodes(cur, key)...)
	}
}
