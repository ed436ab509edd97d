package reading

import (
	"fmt"
	"net/netip"

	"bgpaudit/rib"
)

// A file may hold several answers: of other families, pages of one table, or of another neighbour, which a log of a
// terminal has beside the feed's. What follows tells them apart, once for all readers (docs/decisions/0101).

// answer is what stands in the file from one command, heading or document on.
type answer struct {
	Shown
	number    int // of the file's, from 0
	documents int // of JSON, read so far
	rows      int // of the file, before its own
	held      [2]bool
	families  [2]bool // that were marked before it
	zero      bool    // a zero was stated before it
	left      string  // why its rows are left out; empty: they are the feed's
}

// tableKey is what no two answers of a file may both hold rows of.
type tableKey struct {
	neighbor netip.Addr
	side     string
	instance string
	family   rib.Family
}

// answersOf is the file's answers.
type answersOf struct {
	now     answer
	done    []answer // the feed's, that had an answer
	rows    map[tableKey]firstRow
	taken   int    // answers of the feed's
	foreign string // the first answer that is none: what it is of
	same    bool   // the next document goes on with the answer at hand
}

// firstRow is where rows of a table were met first.
type firstRow struct{ line, answer int }

// maxAnswers is more than a file has; beyond it no question is compared.
const maxAnswers = 1000

// Ask takes a command that stands in front of its answer: what comes behind it is of this answer.
func (c *Collector) Ask(s Shown) {
	s.Neighbor = s.Neighbor.WithZone("").Unmap()
	c.begin(s)
}

// Shows takes what the text itself shows of the answer at hand.
func (c *Collector) Shows(s Shown) {
	if c.file.now.left == "" {
		c.judge(&s)
	}
}

// HasCommand reports whether a command stands in front of the answer at hand: what it asks for is judged.
func (c *Collector) HasCommand() bool { return c.file.now.Asked != "" }

// AnswerOf takes a heading that names the neighbour whose routes stand under it.
func (c *Collector) AnswerOf(line int, a netip.Addr) {
	c.Heading(Shown{Line: line, Neighbor: a})
}

// Heading takes what stands over a table: more of the answer at hand, or the beginning of another.
func (c *Collector) Heading(s Shown) {
	s.Neighbor = s.Neighbor.WithZone("").Unmap()
	now := c.file.now.Shown
	another := now.Neighbor.IsValid() && s.Neighbor.IsValid() && now.Neighbor != s.Neighbor ||
		now.VRF != "" && s.VRF != "" && !sameVRF(now.VRF, s.VRF)
	more := s.Neighbor.IsValid() && !now.Neighbor.IsValid() || s.VRF != "" && now.VRF == ""
	if another || more {
		if s.Neighbor.IsValid() {
			now.Neighbor, now.Peer = s.Neighbor, ""
		}
		if s.VRF != "" {
			now.VRF = s.VRF
		}
		if another {
			now.Asked = ""
		}
		now.Line, now.Part, now.NoVRF = s.Line, "", false
		if s.Direction != NoDirection {
			now.Direction, now.Policy, now.Extent, now.What = s.Direction, s.Policy, s.Extent, s.What
		}
		c.begin(now)
	}
	c.Shows(s)
}

// SkipsAnswer reports whether the answer at hand is of another neighbour, VRF or side than the feed's.
func (c *Collector) SkipsAnswer() bool { return c.file.now.left != "" }

// SameAnswer says that the next document goes on with this one: it is one page of several.
func (c *Collector) SameAnswer() { c.file.same = true }

// Instance names the instance of a gateway whose rows come next.
func (c *Collector) Instance(name string) {
	if name != "" {
		c.file.now.Instance = name
		c.file.now.held = [2]bool{}
	}
}

// begin ends the answer at hand, and begins another.
func (c *Collector) begin(s Shown) {
	f := &c.file
	c.endAnswer()
	f.now = answer{Shown: s, number: f.now.number + 1, rows: c.handled(), families: c.Families, zero: c.ZeroStated, left: c.strange(&s)}
	switch {
	case f.now.left != "":
		if f.foreign == "" {
			f.foreign = f.now.left
		}
		return
	case c.twice(&s):
		return
	}
	f.taken++
	if s.Neighbor.IsValid() && !c.Result.Header.Neighbor.IsValid() {
		c.Result.Header.Neighbor = s.Neighbor
	}
	c.judge(&s)
}

// handled counts the rows that were met.
func (c *Collector) handled() int { return c.Result.Routes + c.Result.Skipped + c.Result.Others }

// answered reports whether an answer came to what was asked.
func (c *Collector) answered() bool {
	now := &c.file.now
	return c.handled() > now.rows || c.Families != now.families || c.ZeroStated != now.zero
}

// endAnswer puts the answer at hand away. What an answer that is not the feed's states is no more evidence than its rows.
func (c *Collector) endAnswer() {
	f := &c.file
	switch now := &f.now; {
	case now.left != "":
		c.Families, c.ZeroStated = now.families, now.zero
	case c.answered() && len(f.done) < maxAnswers:
		f.done = append(f.done, *now)
	}
}

// twice holds an answer against those before it: the same question, or one of another neighbour or side of which the
// config picks none. Its rows are left out then, and the file contradicts.
func (c *Collector) twice(s *Shown) bool {
	for i := range c.file.done {
		why := c.clash(&c.file.done[i].Shown, s)
		if why == "" {
			continue
		}
		if c.Source.View == "" {
			c.file.now.held = [2]bool{true, true}
			c.SecondAnswer(why, c.file.done[i].Line, s.Line)
			return false
		}
		c.two(why, c.file.done[i].Line, s.Line)
		return true
	}
	return false
}

func (c *Collector) two(why string, first, second int) {
	c.file.now.left = "the same table once more"
	c.SecondAnswer(why, first, second)
}

// SecondAnswer says that a file holds another answer to what was answered in the line first.
func (c *Collector) SecondAnswer(why string, first, second int) {
	text := fmt.Sprintf("the file holds two answers, %s (lines %d and %d): give each a file and a feed of its own", why, c.LineOf(first), c.LineOf(second))
	if c.Problem(second, "%s", text); c.Source.View != "" { // without a view nothing is declared that it could contradict
		c.Say("%s", text)
	}
}

// clash says why two answers are not of one table; empty where they may well be.
func (c *Collector) clash(a, b *Shown) string {
	switch {
	case a.Asked != "" && a.Asked == b.Asked && a.Neighbor == b.Neighbor:
		return "both to " + Quote(a.Asked)
	case a.Side != "" && b.Side != "" && a.Side != b.Side:
		return fmt.Sprintf("for the %s and the %s side", a.Side, b.Side)
	case a.Peering != "" && b.Peering != "" && a.Peering != b.Peering:
		return fmt.Sprintf("for %s and for %s", a.Peering, b.Peering)
	case c.Source.VRF == "" && a.VRF != "" && b.VRF != "" && !sameVRF(a.VRF, b.VRF):
		return fmt.Sprintf("for VRFs %s and %s", a.VRF, b.VRF)
	case c.Source.View == "" && a.Direction != NoDirection && b.Direction != NoDirection && a.Direction != b.Direction:
		return "of different directions"
	case c.twoNeighbors(a.Neighbor, b.Neighbor):
		return fmt.Sprintf("for neighbors %s and %s", a.Neighbor, b.Neighbor)
	}
	return ""
}

// twoNeighbors reports whether two addresses of one family are of neighbours that the config does not name both.
func (c *Collector) twoNeighbors(a, b netip.Addr) bool {
	if !a.IsValid() || !b.IsValid() || a == b || a.Is4() != b.Is4() || c.Source.Classify {
		return false
	}
	for _, n := range []netip.Addr{a, b} {
		if !listed(c.Source.Link.Neighbors, n) {
			return true
		}
	}
	return false
}

func listed(list []netip.Addr, a netip.Addr) bool {
	for _, n := range list {
		if n.WithZone("").Unmap() == a {
			return true
		}
	}
	return false
}

// NextAnswer is where an answer begins, as a document of JSON does: the one to the command in front of it, a further
// page of the answer at hand, or one of its own.
func (c *Collector) NextAnswer(line int) {
	f := &c.file
	switch {
	case f.same, f.now.documents == 0:
	case f.now.left != "":
	default:
		s := f.now.Shown
		s.Line, s.Asked = line, ""
		c.begin(s)
	}
	if f.now.Line == 0 {
		f.now.Line = line
	}
	f.same = false
	f.now.documents++
}

// opens takes the first row of a family in the answer at hand, of a neighbour where rules tie rows by it: no other
// answer may hold such rows. It reports whether the row is the feed's.
func (c *Collector) opens(family rib.Family, neighbor netip.Addr, line int) bool {
	f := &c.file
	f.now.held[family] = true
	key := tableKey{f.now.Neighbor, f.now.Side, f.now.Instance, family}
	if c.Source.Classify && neighbor.IsValid() {
		key.neighbor = neighbor
	}
	from := f.now.Line
	if from == 0 {
		from = line
	}
	first, there := f.rows[key]
	switch {
	case there && first.answer == f.now.number:
	case !there && f.rows == nil:
		f.rows = map[tableKey]firstRow{key: {from, f.now.number}}
	case !there && len(f.rows) < maxAnswers:
		f.rows[key] = firstRow{from, f.now.number}
	case there && c.Source.View == "":
		c.SecondAnswer(fmt.Sprintf("both with %s routes", family), first.line, from)
	case there:
		c.two(fmt.Sprintf("both with %s routes", family), first.line, from)
		return false
	}
	return true
}

// leaves reports whether a row is none of the feed's, and counts it.
func (c *Collector) leaves(family rib.Family, neighbor netip.Addr, line int) bool {
	f := &c.file
	if f.now.left != "" {
		c.LeaveOut(line, "of %s", f.now.left)
		return true
	}
	if neighbor != c.checked {
		c.checked, c.strangers = neighbor, c.Source.notOf(neighbor)
		if c.strangers != "" && !c.stranger.IsValid() {
			c.stranger = neighbor
		}
	}
	if c.strangers != "" {
		c.LeaveOutOf(line, neighbor)
		return true
	}
	byNeighbor := c.Source.Classify && neighbor.IsValid() && f.now.documents > 0
	if (byNeighbor || !f.now.held[family]) && !c.opens(family, neighbor, line) {
		c.LeaveOut(line, "of %s", f.now.left)
		return true
	}
	return false
}
