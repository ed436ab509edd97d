package openconfig

import (
	"errors"
	"fmt"
	"strconv"

	"bgpaudit/dump/reading"
)

// ocNode is a container or a list of the tree, as far as routes are concerned. What is not in it is passed over.
type ocNode struct {
	name     string
	list     bool
	key      string // the leaf that names an element of the list
	rows     bool   // its elements are routes or sets of attributes, and read as one
	children map[string]*ocNode
}

func container(name string, children ...*ocNode) *ocNode {
	n := &ocNode{name: name, children: map[string]*ocNode{}}
	for _, c := range children {
		n.children[c.name] = c
	}
	return n
}

func ocList(name, key string, children ...*ocNode) *ocNode {
	n := container(name, children...)
	n.list, n.key = true, key
	return n
}

func rowList(name string) *ocNode { return &ocNode{name: name, list: true, rows: true} }

// tree is openconfig-network-instance's, as far as bgp/rib.
var tree = func() *ocNode {
	table := func(name string) *ocNode {
		return container(name, container("routes", rowList("route")))
	}
	family := func(name string) *ocNode {
		return container(name, table("loc-rib"), container("neighbors", ocList("neighbor", "neighbor-address",
			table("adj-rib-in-pre"), table("adj-rib-in-post"), table("adj-rib-out-pre"), table("adj-rib-out-post"))))
	}
	bgpRIB := func(name string) *ocNode {
		return container(name,
			container("attr-sets", rowList("attr-set")),
			container("communities", rowList("community")),
			container("afi-safis", ocList("afi-safi", "", family("ipv4-unicast"), family("ipv6-unicast"))))
	}
	root := container("", container("network-instances", ocList("network-instance", "name",
		container("protocols", ocList("protocol", "name", container("bgp", bgpRIB("rib")))))))
	root.children["bgp-rib"] = bgpRIB("bgp-rib") // before version 0.5.0 of the model it was a tree of its own
	return root
}()

// ocTop are the nodes that a document may begin with: RESTCONF answers with the last name of the path alone.
var ocTop = func() *ocNode {
	top := &ocNode{children: map[string]*ocNode{}}
	var add func(n *ocNode)
	add = func(n *ocNode) {
		for name, child := range n.children {
			if top.children[name] == nil {
				top.children[name] = child
			}
			add(child)
		}
	}
	add(tree)
	return top
}()

// ocPlace is where in the tree something stands. Names are numbers, because they may come behind what they name.
type ocPlace struct {
	instance, protocol, neighbor int
	family, table                string // "" where the document does not say
}

// ocNames are the names of list elements, in the order in which the elements stand. The second reading meets
// the same elements in the same order, and knows their names from the first.
type ocNames struct {
	texts  []string
	known  map[string]int // of names that came in a path
	behind int            // how many elements were met
	second bool
}

func (n *ocNames) again() *ocNames {
	return &ocNames{texts: n.texts, second: true}
}

// fresh is the number of an element whose name is to come.
func (n *ocNames) fresh() int {
	n.behind++
	if !n.second {
		n.texts = append(n.texts, "")
	}
	return n.behind
}

// named is the number of a name.
func (n *ocNames) named(text string) int {
	if id, ok := n.known[text]; ok {
		return id
	}
	if n.known == nil {
		n.known = map[string]int{}
	}
	id := n.fresh()
	n.set(id, text)
	n.known[text] = id
	return id
}

func (n *ocNames) set(id int, text string) {
	if !n.second && id <= len(n.texts) {
		n.texts[id-1] = text
	}
}

// of is the name of a number, "" where there is none.
func (n *ocNames) of(id int) string {
	if id == 0 || id > len(n.texts) {
		return ""
	}
	return n.texts[id-1]
}

// visitor takes what a walk finds.
type visitor interface {
	// table is told of a table where it begins, and says whether to walk its routes.
	table(at ocPlace) (walk bool)
	// sets is told of a list of sets, and says whether to walk it.
	sets(at ocPlace) (walk bool)
	// row takes a route, an attribute set or a community set, whose keys may stand in its path alone. One
	// that is too long is nil.
	row(kind string, at ocPlace, line int, raw []byte, keys keyValues) error
	// aside is told what an answer of gnmic says of itself.
	aside(key string, raw []byte)
	// stray is told of what no table is made of.
	stray(what ocStray)
}

// ocWalk walks the documents of one file.
type ocWalk struct {
	s     *reading.Scanner
	names *ocNames
	visit visitor
}

// document walks a tree, an answer of gnmic, or a list of either.
func (w *ocWalk) document(open byte) error {
	if open == '[' {
		return w.s.EachElement(func(int) error { return w.top() })
	}
	return w.top()
}

// node walks the value of a node, which a key named.
func (w *ocWalk) node(n *ocNode, at ocPlace) error {
	c, err := w.s.Inner()
	if err != nil {
		return err
	}
	walk := w.enter(n, &at)
	switch {
	case c != '{' && c != '[' && c != 'n': // null is an empty container
		w.visit.stray(scalar)
		return w.s.Skip()
	case !walk, c == 'n':
		return w.s.Skip()
	case n.rows && c == '[':
		return w.s.EachElement(func(line int) error { return w.row(n, at, line, nil) })
	case n.rows:
		return w.row(n, at, w.s.Line, nil)
	case c == '[':
		return w.s.EachElement(func(int) error { return w.element(n, at, nil) })
	case n.list:
		return w.element(n, at, nil)
	}
	return w.object(n, at, 0)
}

// enter notes what a node says of the place, and reports whether to walk it.
func (w *ocWalk) enter(n *ocNode, at *ocPlace) bool {
	switch n.name {
	case "ipv4-unicast", "ipv6-unicast":
		at.family = n.name
	case "loc-rib", "adj-rib-in-pre", "adj-rib-in-post", "adj-rib-out-pre", "adj-rib-out-post":
		at.table = n.name
		return w.visit.table(*at)
	case "routes", "route":
		return w.visit.table(*at)
	case "attr-sets", "attr-set", "communities", "community":
		return w.visit.sets(*at)
	}
	return true
}

// element walks one element of a list, of which keys may be known.
func (w *ocWalk) element(n *ocNode, at ocPlace, keys keyValues) error {
	if c, err := w.s.Inner(); err != nil || c != '{' {
		if err != nil {
			return err
		}
		return w.s.Skip()
	}
	id, err := w.begin(n, &at, keys)
	if err != nil {
		return err
	}
	return w.object(n, at, id)
}

// maxOCElements bounds the names of one file: neighbours of every network instance.
const maxOCElements = 1 << 17

// begin gives an element its number.
func (w *ocWalk) begin(n *ocNode, at *ocPlace, keys keyValues) (int, error) {
	id := 0
	switch name, known := keys[n.key]; {
	case n.key == "":
		return 0, nil
	case w.names.behind == maxOCElements:
		return 0, fmt.Errorf("more than %d network instances, protocols and neighbors", maxOCElements)
	case known:
		id = w.names.named(name)
	default:
		id = w.names.fresh()
	}
	switch n.name {
	case "network-instance":
		at.instance = id
	case "protocol":
		at.protocol = id
	case "neighbor":
		at.neighbor = id
	}
	return id, nil
}

// object walks the members of a node, or of an element of the number id. A document may say a node's name once
// more around it.
func (w *ocWalk) object(n *ocNode, at ocPlace, id int) error {
	return w.s.EachMember(func(key string, line int) error {
		local := ocLocal(key)
		switch child := n.children[local]; {
		case child != nil:
			return w.node(child, at)
		case local == n.name:
			return w.node(n, at)
		case local == n.key && id > 0:
			raw, err := w.s.Raw()
			cur := reading.Cursor{Bytes: raw}
			if name := string(cur.Text()); err == nil && cur.Err == nil {
				w.names.set(id, name)
			}
			return err
		}
		return w.passOver(n, local, line)
	})
}

// ribNodes are the nodes that have tables below them.
var ribNodes = map[string]bool{
	"rib": true, "bgp-rib": true, "afi-safis": true, "afi-safi": true, "ipv4-unicast": true, "ipv6-unicast": true, "loc-rib": true,
	"neighbors": true, "neighbor": true, "adj-rib-in-pre": true, "adj-rib-in-post": true, "adj-rib-out-pre": true, "adj-rib-out-post": true,
	"routes": true,
}

// otherNodes are words of the model's families and lists that are not read.
var otherNodes = []string{"labeled", "l3vpn", "l2vpn", "srte", "flowspec", "ext-", "ls-"}

// passOver takes a member that is no node of the tree.
func (w *ocWalk) passOver(n *ocNode, name string, line int) error {
	second, ok := w.visit.(*ocSecond)
	if !ok || !ribNodes[n.name] || reading.ContainsAny(name, otherNodes) {
		return w.s.Skip()
	}
	return second.PassOver(w.s, name, line)
}

// row takes an element that is read as one.
func (w *ocWalk) row(n *ocNode, at ocPlace, line int, keys keyValues) error {
	raw, err := w.s.Raw()
	if err != nil && !errors.Is(err, reading.ErrTooLong) {
		return err
	}
	return w.visit.row(n.name, at, line, raw, keys)
}

// ocIndex reads a number of 64 bits, which JSON writes as a string.
func ocIndex(cur *reading.Cursor) uint64 {
	text := cur.Word
	if cur.Peek() == '"' {
		text = cur.Text
	}
	digits := text()
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil && cur.Err == nil {
		cur.Fail("%s is no index", reading.Quote(digits))
	}
	return n
}

// ocBool reads true or false, which a converter from XML writes as a string.
func ocBool(cur *reading.Cursor) bool {
	if cur.Peek() != '"' {
		return cur.Boolean()
	}
	text := string(cur.Text())
	if text != "true" && text != "false" {
		cur.Fail("%s is neither true nor false", reading.Quote(text))
	}
	return text == "true"
}
