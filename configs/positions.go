package configs

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// position is a place in the config file.
type position struct{ line, column int }

func positionOf(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{t.Position.Line, t.Position.Column}
}

// document is the parsed YAML, kept for its positions alone: viper has none.
type document struct {
	root    ast.Node // nil for an empty file
	anchors map[string]ast.Node
	aliases map[string]position // where each is first used
}

// parseDocument parses text for positions. A syntax error comes back as a Problem without a file.
func parseDocument(text []byte) (document, *Problem) {
	doc := document{anchors: map[string]ast.Node{}, aliases: map[string]position{}}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			at := positionOf(syntax.Token)
			return doc, &Problem{Line: at.line, Column: at.column, Message: "yaml: " + syntax.Message}
		}
		return doc, &Problem{Line: 1, Message: "yaml: " + firstLine(err.Error())}
	}
	for _, d := range parsed.Docs {
		_, directive := d.Body.(*ast.DirectiveNode)
		switch {
		case d.Body == nil || directive:
		case doc.root != nil:
			at := positionOf(d.Body.GetToken())
			return doc, &Problem{Line: at.line, Column: at.column, Message: "a second YAML document, which would be ignored", Hint: "keep one document in a file"}
		default:
			doc.root = d.Body
		}
	}
	if doc.root != nil {
		ast.Walk(anchorCollector(doc), doc.root)
	}
	return doc, nil
}

// anchorCollector is an ast.Visitor that gathers what anchors name and where aliases stand.
type anchorCollector document

func (c anchorCollector) Visit(n ast.Node) ast.Visitor {
	switch v := n.(type) {
	case *ast.AnchorNode:
		c.anchors[v.Name.GetToken().Value] = v.Value
	case *ast.AliasNode:
		if name := v.Value.GetToken().Value; c.aliases[name] == (position{}) {
			c.aliases[name] = positionOf(v.GetToken())
		}
	}
	return c
}

// content follows aliases, anchors and tags to the node that holds the value.
// The nil node stands for a null.
func (d document) content(n ast.Node) ast.Node {
	for range maxDepth {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.TagNode:
			n = v.Value
		case *ast.AliasNode:
			n = d.anchors[v.Value.GetToken().Value]
		case *ast.NullNode:
			return nil
		default:
			return n
		}
	}
	return nil
}

var (
	yamlLine = regexp.MustCompile(`line (\d+): (.*)`)
	// An address that begins with :: inside brackets is no plain scalar to viper's decoder; one that
	// ends with :: is none to anybody.
	bareColons = regexp.MustCompile(`[\[{,]\s*(\w[^,\]}]*:\s+)?::|::\s*($|#)`)
)

var unknownAnchor = regexp.MustCompile(`unknown anchor '(.*)' referenced`)

// decoderProblem makes a Problem of an error of viper's YAML decoder, which names lines in prose.
func (d document) decoderProblem(err error) Problem {
	text := err.Error()
	if m := unknownAnchor.FindStringSubmatch(text); m != nil {
		at := d.aliases[m[1]]
		return Problem{Line: max(at.line, 1), Column: at.column, Message: "yaml: " + m[0]}
	}
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ := strconv.Atoi(m[1])
		return Problem{Line: line, Message: "yaml: " + m[2]}
	}
	_, text, _ = strings.Cut(text, "yaml: ")
	return Problem{Line: 1, Message: "yaml: " + firstLine(text)}
}

// colonsHint looks behind a syntax error for an IPv6 address that YAML cannot take as it is.
func (p *Problem) colonsHint(text []byte) {
	for i, line := range strings.Split(string(text), "\n") {
		if n := i + 1; bareColons.MatchString(line) && (n == p.Line || n == p.Line-1 || n == p.Line+1 || p.Line == 1) {
			p.Line, p.Column = n, 0
			p.Hint = "put IPv6 addresses that begin or end with :: in quotes"
			return
		}
	}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
