package openconfig

import (
	"strings"

	"bgpaudit/dump/reading"
)

// ocStray is something in an answer of gnmic that no table can be made of.
type ocStray int

const (
	ocLeaf   ocStray = iota // an update of one leaf of a route or a set, as a subscription prints them
	deletion                // something was deleted
	event                   // gnmic's --format event
	proto                   // gnmic's --format protojson
	unplaced                // a value that stands in front of its path
	scalar                  // a value where a part of the tree should stand
)

// keyValues are the keys of a list element: prefix and path-id in route[prefix=203.0.113.0/24][path-id=0].
type keyValues map[string]string

// top walks an object that is a tree, the last name of one, or a notification.
func (w *ocWalk) top() error {
	if c, err := w.s.Inner(); err != nil || c != '{' {
		if err != nil {
			return err
		}
		return w.s.Skip()
	}
	prefix := ""
	return w.s.EachMember(func(key string, line int) error {
		c, err := w.s.Inner()
		if err != nil {
			return err
		}
		switch local := ocLocal(key); local {
		case "updates", "update":
			if c == '[' {
				return w.s.EachElement(func(int) error { return w.update(prefix) })
			}
			w.visit.stray(proto)
		case "notifications", "notification":
			if c == '[' {
				return w.s.EachElement(func(int) error { return w.top() })
			}
		case "tags":
			w.visit.stray(event)
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
			return w.passOver(tree.children["bgp-rib"], local, line)
		}
		return w.s.Skip()
	})
}

func (w *ocWalk) aside(key string) error {
	raw, err := w.s.Raw()
	if err != nil {
		return err
	}
	if strings.HasPrefix(key, "delete") {
		if cur := (reading.Cursor{Bytes: raw}); cur.Peek() == '[' && len(strings.Trim(string(raw), "[] \t\r\n")) > 0 {
			w.visit.stray(deletion)
		}
		return nil
	}
	w.visit.aside(key, raw)
	return nil
}

func (w *ocWalk) text() (string, error) {
	raw, err := w.s.Raw()
	cur := reading.Cursor{Bytes: raw}
	return string(cur.Text()), err
}

// update walks {"Path": "...", "values": {"...": value}}, and pygnmi's {"path": "...", "val": value}.
func (w *ocWalk) update(prefix string) error {
	if c, err := w.s.Inner(); err != nil || c != '{' {
		if err != nil {
			return err
		}
		return w.s.Skip()
	}
	path, known := "", false
	return w.s.EachMember(func(key string, line int) (err error) {
		switch {
		case key == "Path" || key == "path":
			path, err = w.text()
			known = true
			return err
		case key != "values" && key != "val":
			return w.passOver(tree.children["bgp-rib"], key, line)
		case !known:
			w.visit.stray(unplaced)
			return w.s.Skip()
		case key == "val":
			return w.at(prefix + "/" + path)
		}
		return w.s.EachMember(func(string, int) error { return w.at(prefix + "/" + path) })
	})
}

// at walks a value that a path names.
func (w *ocWalk) at(path string) error {
	n, place := tree, ocPlace{}
	var keys keyValues
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
			return w.s.Skip()
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
func (w *ocWalk) valueOf(n *ocNode, at ocPlace, keys keyValues) error {
	c, err := w.s.Inner()
	switch {
	case err != nil:
		return err
	case c == '{' && n.rows && len(keys) > 0:
		return w.row(n, at, w.s.Line, keys)
	case c == '{' && (n.rows || n == tree || n.list && len(keys) > 0):
		return w.object(n, at, 0)
	}
	return w.node(n, at)
}

// cutOCPath takes the first element of a path: a name and its keys, in which a backslash keeps a bracket.
func cutOCPath(path string) (name string, keys keyValues, rest string) {
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
				keys = keyValues{}
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
