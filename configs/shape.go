package configs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// maxNodes bounds what aliases can expand a document to; maxDepth how deep it nests.
const (
	maxNodes = 500_000
	maxDepth = 64
)

// shape walks the YAML beside the structs of file.go. It finds the keys that are unknown, missing
// or empty, and notes the position of everything else, so that later findings have a line.
type shape struct {
	*checker
	doc   document
	nodes int
}

// field is one key of a struct of file.go.
type field struct {
	name     string
	typ      reflect.Type
	required bool
	nonEmpty bool
}

// keysOf lists the keys of a struct of file.go, in its order.
func keysOf(t reflect.Type) []field {
	keys := make([]field, 0, t.NumField())
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		rules := strings.Split(f.Tag.Get("jsonschema"), ",")
		keys = append(keys, field{name, f.Type, slices.Contains(rules, "required"), slices.Contains(rules, "minItems=1")})
	}
	return keys
}

// isEntry reports whether t is a struct of file.go, and not a scalar that happens to be a struct.
func isEntry(t reflect.Type) bool {
	_, scalar := scalars[t]
	return t.Kind() == reflect.Struct && !scalar
}

// document walks the whole file; an empty one lacks every required key.
func (s *shape) document() {
	root, _ := s.doc.content(s.doc.root).(ast.MapNode)
	if root == nil {
		root = &ast.MappingNode{}
	}
	s.entry(root, reflect.TypeFor[file](), "")
}

func (s *shape) walk(n ast.Node, t reflect.Type, path string) {
	if s.nodes++; s.nodes > maxNodes {
		return
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	n = s.doc.content(n)
	if _, scalar := scalars[t]; scalar || n == nil {
		return
	}
	switch {
	case isEntry(t):
		if m, ok := n.(ast.MapNode); ok {
			s.entry(m, t, path)
		}
	case t.Kind() == reflect.Slice:
		if seq, ok := n.(*ast.SequenceNode); ok {
			s.list(seq, t.Elem(), path)
		}
	}
}

func (s *shape) list(seq *ast.SequenceNode, elem reflect.Type, path string) {
	for i, n := range seq.Values {
		item := fmt.Sprintf("%s[%d]", path, i)
		s.at[item] = s.start(n)
		if s.doc.content(n) == nil {
			s.spoil(item, "", "an empty list item")
			continue
		}
		s.walk(n, elem, item)
	}
}

// start is where the reader sees n begin: a block mapping at its first key.
func (s *shape) start(n ast.Node) position {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return positionOf(v.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return positionOf(v.Key.GetToken())
	}
	return positionOf(n.GetToken())
}

func (s *shape) entry(m ast.MapNode, t reflect.Type, path string) {
	keys := keysOf(t)
	pairs := s.pairs(m, 0)
	s.nameOf(path, pairs)
	for _, pair := range pairs {
		s.pair(pair, keys, path)
	}
	for _, k := range keys {
		if at := join(path, k.name); k.required && !s.has(at) {
			s.fail(path, missingHints[generic(at)], "%s is missing", strings.TrimSuffix(keyOf(at), ": "))
			s.broken[at] = true
		}
	}
}

func (s *shape) pair(pair *ast.MappingValueNode, keys []field, path string) {
	name := pair.Key.GetToken().Value
	at := join(path, name)
	keyPosition := positionOf(pair.Key.GetToken())
	k := find(keys, name)
	if k == nil {
		s.at[at] = keyPosition
		names := make([]string, len(keys))
		for i, known := range keys {
			names[i] = known.name
		}
		hint := ""
		if len(s.problems) < maxProblems { // of more none is shown
			hint = suggest(name, names)
		}
		s.spoil(at, hint, "unknown key %q", name)
		return
	}
	value := s.doc.content(pair.Value)
	s.at[at] = keyPosition
	switch v := value.(type) {
	case nil:
		s.spoil(at, "give it a value or leave the key out", "%s is empty", name)
		return
	case *ast.SequenceNode:
		if k.nonEmpty && len(v.Values) == 0 {
			s.spoil(at, "", "%s is an empty list", name)
		}
	case ast.MapNode:
	default:
		s.at[at] = positionOf(pair.Value.GetToken())
	}
	s.walk(pair.Value, k.typ, at)
}

func find(keys []field, name string) *field {
	for i := range keys {
		if keys[i].name == name {
			return &keys[i]
		}
	}
	return nil
}

// pairs lists the keys of a mapping, with those of merge keys (<<) behind its own, as they give way.
func (s *shape) pairs(m ast.MapNode, depth int) []*ast.MappingValueNode {
	var own, merged []*ast.MappingValueNode
	seen := map[string]bool{}
	for iter := m.MapRange(); iter.Next(); {
		pair := iter.KeyValue()
		if pair.Key.IsMergeKey() {
			merged = append(merged, s.merge(pair.Value, depth+1)...)
			continue
		}
		seen[pair.Key.GetToken().Value] = true
		own = append(own, pair)
	}
	for _, pair := range merged {
		if name := pair.Key.GetToken().Value; !seen[name] {
			seen[name] = true
			own = append(own, pair)
		}
	}
	return own
}

func (s *shape) merge(n ast.Node, depth int) []*ast.MappingValueNode {
	if s.nodes++; depth > maxDepth || s.nodes > maxNodes {
		return nil
	}
	switch v := s.doc.content(n).(type) {
	case ast.MapNode:
		return s.pairs(v, depth)
	case *ast.SequenceNode:
		var all []*ast.MappingValueNode
		for _, each := range v.Values {
			all = append(all, s.merge(each, depth+1)...)
		}
		return all
	}
	return nil
}

// nameOf notes what a list entry calls itself, for messages about it.
func (s *shape) nameOf(path string, pairs []*ast.MappingValueNode) {
	for _, pair := range pairs {
		switch pair.Key.GetToken().Value {
		case "name", "id", "check":
			if v, ok := s.doc.content(pair.Value).(ast.ScalarNode); ok {
				s.names[path] = v.GetToken().Value
			}
			return
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// missingHints says what to write for a required key, by its place in the document.
var missingHints = map[string]string{
	"version":            "write version: 1",
	"site":               "write site: {asns: [...]} with your AS numbers",
	"links":              "list your ways in and out under links:",
	"links.kind":         "one of " + enumerate(linkKind("").choices()),
	"links.firewall":     "write firewall: none if it keeps no state",
	"services.initiator": "who starts the connections: us or remote",
	"waivers.until":      "the last day on which it holds, as 2027-01-31",
	"waivers.reason":     "say why it is accepted",
	"waivers.owner":      "say who answers for it",
	"feeds.bgp.asn":      "the router's AS number",
	"feeds.bgp.neighbor": "the router's address",
	"feeds.bmp.listen":   "the address on which the router may connect",
	"monitor.tls.cert":   "the file of the certificate, PEM",
	"monitor.tls.key":    "the file of its private key, PEM",
	"services.snat.at":   "the firewall that translates",
	"services.snat.to":   "the addresses it translates to",
	"checks.id":          "bgpaudit checks list prints the ids",
	"waivers.check":      "bgpaudit checks list prints the ids",
	"site.asns":          "your AS numbers, as asns: [65536]",
}

// generic takes the indexes out of a path: links[2].kind becomes links.kind.
func generic(path string) string {
	var b strings.Builder
	skip := false
	for _, r := range path {
		switch {
		case r == '[':
			skip = true
		case r == ']':
			skip = false
		case !skip:
			b.WriteRune(r)
		}
	}
	return b.String()
}
