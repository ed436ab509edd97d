package dump

import "strings"

// ocStray is something in an answer of gnmic that no table can be made of.
type ocStray int

const (
	ocLeaf     ocStray = iota // an update of one leaf of a route or a set, as a subscription prints them
	ocDeletion                // something was deleted
	ocEvent                   // gnmic's --format event
	ocProto                   // gnmic's --format protojson
	ocUnplaced                // a value that stands in front of its path
	ocScalar                  // a value where a part of the tree should stand
)

// ocKeyValues are the keys of a list element: prefix and path-id in route[prefix=203.0.113.0/24][path-id=0].
type ocKeyValues map[string]string

// top walks an object that is a tree, the last name of one, or a notification.
func (w *ocWalk) top() error {
	if c, err := w.s.inner(); err != nil || c != '{' {
		if err != nil {
			return err
		}
		return w.s.skip()
	}
	prefix := ""
	return w.s.eachMember(func(key string, _ int) error {
		c, err := w.s.inner()
		if err != nil {
			return err
		}
		switch local := ocLocal(key); local {
		case "updates", "update":
			if c == '[' {
				return w.s.eachElement(func(int) error { return w.update(prefix) })
			}
			w.visit.stray(ocProto)
		case "notifications", "notification":
			if c == '[' {
				return w.s.eachElement(func(int) error { return w.top() })
			}
		case "tags":
			w.visit.stray(ocEvent)
		case "prefix":
			if c == '"' {
				prefix, err = w.text()
				return err
			}
		case "deletes", "delete", "source", "timestamp":
			return w.aside(local)
		default:
			if child := ocTop.children[local]; child != nil {
				return w.node(child, ocPlace{})
			}
		}
		return w.s.skip()
	})
}

func (w *ocWalk) aside(key string) error {
	raw, err := w.s.raw()
	if err != nil {
		return err
	}
	if strings.HasPrefix(key, "delete") {
		if cur := (cursor{b: raw}); cur.peek() == '[' && len(strings.Trim(string(raw), "[] \t\r\n")) > 0 {
			w.visit.stray(ocDeletion)
		}
		return nil
	}
	w.visit.aside(key, raw)
	return nil
}

func (w *ocWalk) text() (string, error) {
	raw, err := w.s.raw()
	cur := cursor{b: raw}
	return string(cur.str()), err
}

// update walks {"Path": "...", "values": {"...": value}}, and pygnmi's {"path": "...", "val": value}.
func (w *ocWalk) update(prefix string) error {
	if c, err := w.s.inner(); err != nil || c != '{' {
		if err != nil {
			return err
		}
		return w.s.skip()
	}
	path, known := "", false
	return w.s.eachMember(func(key string, _ int) (err error) {
		switch {
		case key == "Path" || key == "path":
			path, err = w.text()
			known = true
			return err
		case key != "values" && key != "val":
			return w.s.skip()
		case !known:
			w.visit.stray(ocUnplaced)
			return w.s.skip()
		case key == "val":
			return w.at(prefix + "/" + path)
		}
		return w.s.eachMember(func(string, int) error { return w.at(prefix + "/" + path) })
	})
}

// at walks a value that a path names.
func (w *ocWalk) at(path string) error {
	n, place := ocTree, ocPlace{}
	var keys ocKeyValues
	for rest := path; rest != ""; {
		var name string
		name, keys, rest = cutOCPath(rest)
		if name = ocLocal(name); name == "" {
			continue
		}
		child := n.children[name]
		if child == nil {
			if n.rows {
				w.visit.stray(ocLeaf)
			}
			return w.s.skip()
		}
		n = child
		w.enter(n, &place)
		if n.list && !n.rows && len(keys) > 0 {
			if _, err := w.begin(n, &place, keys); err != nil {
				return err
			}
		}
	}
	return w.valueOf(n, place, keys)
}

// valueOf walks the value of a node, or of the one element of a list that keys name.
func (w *ocWalk) valueOf(n *ocNode, at ocPlace, keys ocKeyValues) error {
	c, err := w.s.inner()
	switch {
	case err != nil:
		return err
	case c == '{' && n.rows && len(keys) > 0:
		return w.row(n, at, w.s.line, keys)
	case c == '{' && (n.rows || n == ocTree || n.list && len(keys) > 0):
		return w.object(n, at, 0)
	}
	return w.node(n, at)
}

// cutOCPath takes the first element of a path: a name and its keys, in which a backslash keeps a bracket.
func cutOCPath(path string) (name string, keys ocKeyValues, rest string) {
	path = strings.TrimLeft(path, "/")
	end := strings.IndexAny(path, "/[")
	if end < 0 {
		return path, nil, ""
	}
	name, rest = path[:end], path[end:]
	for strings.HasPrefix(rest, "[") {
		text, after, ok := cutOCKey(rest[1:])
		if !ok {
			return name, keys, ""
		}
		rest = after
		if key, value, ok := strings.Cut(text, "="); ok && value != "*" {
			if keys == nil {
				keys = ocKeyValues{}
			}
			keys[ocLocal(key)] = value
		}
	}
	return name, keys, rest
}

// cutOCKey takes the text up to the closing bracket.
func cutOCKey(text string) (key, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c == ']':
			return b.String(), text[i+1:], true
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}
