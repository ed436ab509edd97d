package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a config file.
type Problem struct {
	File    string // as the user named it
	Line    int    // 1-based; 0 where the file as a whole is meant
	Column  int    // 1-based, in characters; 0 where unknown
	Key     string // the place in the document, such as links[2].kind
	Message string
	Hint    string // what to do about it; may be empty
}

// String is the problem in one line, without its hint: "bgpaudit.yaml:48: message".
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Errors are all mistakes of a config file, sorted by line. Use errors.As to get at them.
type Errors []Problem

// Error prints every problem on a line of its own, with its hint indented below.
func (e Errors) Error() string {
	var b strings.Builder
	for i, p := range e {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
		if p.Hint != "" {
			b.WriteString("\n    hint: ")
			b.WriteString(p.Hint)
		}
	}
	return b.String()
}

// sorted orders by position and drops repeats, which an alias used twice would cause.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	e = slices.CompactFunc(e, func(a, b Problem) bool {
		return a.Line == b.Line && a.Column == b.Column && a.Message == b.Message
	})
	if more := len(e) - maxProblems; more > 0 {
		e = append(e[:maxProblems:maxProblems], Problem{File: e[0].File, Message: fmt.Sprintf("and %d more mistakes", more)})
	}
	return e
}
