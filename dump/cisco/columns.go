package cisco

import (
	"bytes"
	"errors"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// columns are where the fields of a text table stand, by its header:
//
//	Network          Next Hop            Metric LocPrf Weight Path
//
// The numbers stand flush right under their words, and any of them but the weight may be blank. Rows stand
// some columns beside the header where a release made the marks in front of them wider and left the
// header as it was. What holds in every row is the distance from the next hop to the end of each number.
type columns struct {
	network int    // where the prefix begins
	hop     int    // where the next hop begins
	ends    [4]int // where metric, local preference, weight and route tag end, seen from the next hop
	tagged  bool   // there is a route tag: FortiOS
	left    bool   // the metric stands flush left
}

// The numbers of a row, in the order they stand.
const (
	metricColumn = iota
	localPrefColumn
	weightColumn
	tagColumn
)

// numberForms are the numbers that a row may print; a weight stands in each.
var numberForms = [][]int{
	{weightColumn},
	{metricColumn, weightColumn},
	{localPrefColumn, weightColumn},
	{metricColumn, localPrefColumn, weightColumn},
}

// taggedForms are those of FortiOS; a route tag stands in each.
var taggedForms = [][]int{
	{weightColumn, tagColumn},
	{metricColumn, weightColumn, tagColumn},
	{localPrefColumn, weightColumn, tagColumn},
	{metricColumn, localPrefColumn, weightColumn, tagColumn},
}

func (c *columns) forms() [][]int {
	if c.tagged {
		return taggedForms
	}
	return numberForms
}

var (
	errColumns  = errors.New("its numbers do not stand under the words of the header")
	errPlace    = errors.New("it stands beside the rows above it: its front is missing, or it is disturbed")
	errNoPrefix = errors.New("it shows no prefix, which every row of this platform does")
	errGap      = errors.New("blanks stand within its AS path: the terminal wrapped it, and an ASN may stand in two pieces")
	errNoHop    = errors.New("the header of the table has no column Next Hop: this form of table is not read")
	errDetail   = errors.New("the table is printed with detail, which is not read: run the command without it")
	errSqueezed = errors.New("the columns of the table are squeezed together, and blank fields cannot be told: save the router's own text")
)

// IsColumnHeader reports whether text is the header of such a table.
func IsColumnHeader(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Network ")) && bytes.HasSuffix(text, []byte("Weight Path"))
}

// cutColumns takes a header apart.
func cutColumns(line []byte) (c columns, err error) {
	at := func(word string) int { return bytes.Index(line, []byte(word)) }
	c.network, c.hop = at("Network"), at("Next Hop")
	if c.hop < 0 {
		return c, errNoHop
	}
	for i, word := range []string{"Metric", "LocPrf", "Weight", "RouteTag"} {
		start := at(word)
		if start < 0 && i == tagColumn {
			break
		}
		if c.network < 0 || start < c.hop {
			return c, errColumns
		}
		c.ends[i] = start + len(word) - c.hop
		c.tagged = i == tagColumn
	}
	c.left = c.tagged && c.ends[localPrefColumn]-c.ends[metricColumn] > len(" LocPrf")
	if c.hop-c.network <= len("Network ") {
		return c, errSqueezed
	}
	return c, nil
}

// numbers reads the numbers that stand behind column from, in a row whose next hop begins at column hop.
// rest is where the AS path begins: one blank behind the weight.
func (c *columns) numbers(line []byte, from, hop int) (values [4]rib.Optional, rest int, err error) {
	var words [4]reading.Token
	var read [4]uint32
	n := 0
	for i := from; n < len(words); n++ {
		for i < len(line) && line[i] == ' ' {
			i++
		}
		start := i
		for i < len(line) && line[i] != ' ' {
			i++
		}
		value, ok := reading.ParseUint32(line[start:i])
		if !ok {
			break
		}
		words[n], read[n] = reading.Token{Start: start, End: i}, value
	}
	const farthest = 12 // a row that is farther off is not of this table
	best, off := -1, farthest+1
	forms := c.forms()
	for f, form := range forms {
		if len(form) > n || !pathFollows(line, words[len(form)-1].End) {
			continue
		}
		switch d, ok := c.offset(words[:len(form)], form, from, hop); {
		case ok && d < off:
			best, off = f, d
		case ok && d == off:
			best = -1 // it could be either
		}
	}
	if best < 0 {
		return values, 0, errColumns
	}
	form := forms[best]
	for i, column := range form {
		values[column] = rib.Some(read[i])
	}
	return values, words[len(form)-1].End + 1, nil
}

// pathFollows reports whether one blank stands at i, and the AS path or the origin behind it.
func pathFollows(line []byte, i int) bool {
	return i+1 < len(line) && line[i] == ' ' && line[i+1] != ' '
}

// offset is how many columns the words stand beside those of the form, if all do so by as many. A
// number that is wider than its column pushes those behind it to the right.
func (c *columns) offset(words []reading.Token, form []int, from, hop int) (int, bool) {
	off, shift, previous := 0, 0, from
	for i, column := range form {
		w := words[i]
		if c.left && column == metricColumn { // it begins where its word does
			shift = w.Start - hop - c.ends[column] + len("Metric")
			off, previous = shift, w.End
			continue
		}
		end := max(hop+c.ends[column]+shift, previous+1+w.End-w.Start)
		switch {
		case i == 0:
			off = w.End - end
		case w.End != end:
			return 0, false
		}
		shift, previous = w.End-hop-c.ends[column], w.End
	}
	return max(off, -off), true
}
