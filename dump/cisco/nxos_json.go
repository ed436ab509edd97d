package cisco

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// NxosJSON is what Cisco NX-OS prints with | json behind "show bgp", and what NX-API answers (docs/formats/nxos-json.md):
// tables within tables, TABLE_vrf, TABLE_afi, TABLE_safi, TABLE_rd, TABLE_prefix, TABLE_path, each with its ROW of
// the same name, which is one object where there is one and a list where there are several.
var NxosJSON = reading.Format{Name: "nxos-json", Sniff: sniffNXOSJSON, Read: readNXOSJSON, Shape: shapeNXOSJSON}

func sniffNXOSJSON(head []byte) bool {
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return false
	}
	list := reading.Members(head)
	return reading.HasMember(list, "ins_api") || reading.HasMember(list, "TABLE_vrf") && reading.HasMember(list, "TABLE_afi")
}

func shapeNXOSJSON(src reading.Source) reading.Header {
	h := nxosDialect.shape(src)
	h.Format = "nxos-json"
	if src.View == rib.AdjRIBInPre { // it is no choice: import policy comes later
		h.NotShown |= rib.AttrBest
	}
	return h
}

// nxosTable is a table of one VRF and family, of which the file is looked through before its rows are read: what
// names it may stand behind them.
type nxosTable struct {
	vrf, family string // as printed
	afi, safi   string
	rows        bool
}

// unicast is the family of a table that is audited.
func (t *nxosTable) unicast() (rib.Family, bool) {
	switch t.afi + "/" + t.safi {
	case "1/1":
		return rib.IPv4, true
	case "2/1":
		return rib.IPv6, true
	}
	return 0, false
}

// nxosJSONReader walks the documents of one file, twice.
type nxosJSONReader struct {
	*reading.Collector
	s       *reading.Scanner
	rows    nxosJSONRows
	looking bool        // for the tables, and not at their rows
	tables  []nxosTable // in the order of the file
	next    int         // the table that comes next
	seen    [2]bool     // families of which a table was read
	answers reading.Answers
	input   int    // the line of the command for a table that NX-API names in the object at hand
	many    bool   // it was said that there are more tables than are noted
	answer  string // what the router said in a table's place
	wrong   error  // what the file holds is no table of routes
	left    string // whose table is at hand, where it is not the feed's
}

func readNXOSJSON(in *reading.Input, c *reading.Collector) error {
	r := &nxosJSONReader{Collector: c, s: reading.NewScanner(in.Text), rows: nxosJSONRows{Collector: c}}
	r.looking = true
	for {
		if _, err := r.s.Document(func(int, []byte) {}); err != nil {
			break
		}
		if err := r.value(); err != nil { // damage is found when the rows are read
			break
		}
	}
	r.looking = false
	if err := r.oneVRF(); err != nil {
		return err
	}
	if err := in.Rewind(); err != nil {
		return err
	}
	r.s = reading.NewScanner(in.Text)
	if err := c.EachDocumentAnd(r.s, r.around, r.document); err != nil {
		return err
	}
	r.answers.Ended(c)
	r.EveryDeclared()
	return r.finish()
}

// oneVRF holds the VRFs of the file against the config: without vrf: only one may have rows.
func (r *nxosJSONReader) oneVRF() error {
	var all, held []string
	for i := range r.tables {
		t := &r.tables[i]
		if _, ok := t.unicast(); !ok || t.vrf == "" {
			continue
		}
		all = append(all, t.vrf)
		if t.rows {
			held = append(held, t.vrf)
		}
	}
	all, held = eachOnce(all), eachOnce(held)
	switch want := r.Source.VRF; {
	case want != "" && len(all) > 0 && !slices.Contains(all, want):
		return reading.NoVRF(want, all)
	case want == "" && len(held) > 1:
		return reading.SeveralVRFs(held)
	}
	return nil
}

// eachOnce is each of the names once, in alphabetical order.
func eachOnce(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// document is the answer to the command in front of it, if it holds a table.
func (r *nxosJSONReader) document(byte) error {
	had := r.next
	err := r.value()
	if r.next > had {
		r.answers.Came()
	}
	return err
}

// value walks what stands around tables: NX-API's envelopes, which may be lists.
func (r *nxosJSONReader) value() error {
	switch c, err := r.s.Inner(); {
	case err != nil:
		return err
	case c == '[':
		return r.s.EachElement(func(int) error { return r.value() })
	case c != '{':
		return r.s.Skip()
	}
	had, outer := r.next, r.input
	r.input = 0
	err := r.s.EachMember(func(key string, line int) error {
		switch key {
		case "TABLE_vrf":
			return r.table("ROW_vrf", r.vrf)
		case "ins_api", "outputs", "output", "result", "body":
			return r.value()
		case "input", "clierror", "error", "code":
			return r.said(key, line)
		}
		return r.passOver(key, line)
	})
	if err == nil && r.input > 0 && r.next == had {
		r.answers.Awaited = append(r.answers.Awaited, r.input)
		r.answers.Ended(r.Collector)
	}
	r.input = outer
	return err
}

// said reads what NX-API says of a command and its answer.
func (r *nxosJSONReader) said(key string, line int) error {
	raw, err := r.s.Raw()
	if err != nil || r.looking {
		return err
	}
	cur := reading.Cursor{Bytes: raw}
	text := raw
	if cur.Peek() != '{' {
		text = cur.Scalar()
	}
	switch {
	case cur.Err != nil, len(text) == 0, string(text) == "null":
	case key == "input":
		if r.echoed(line, text) {
			r.input = line
		}
	case key == "code" && string(text) == "200":
	case r.answer == "" || key != "code":
		r.answer = strings.TrimSpace(string(text[:min(len(text), reading.MaxLine)]))
	}
	return nil
}

// table walks the rows of a table. Some releases print a list of tables of one row each.
func (r *nxosJSONReader) table(row string, read func(line int) error) error {
	return r.s.OneOrMany(func(int) error {
		return r.s.EachMember(func(key string, line int) error {
			if key != row {
				return r.passOver(key, line)
			}
			return r.s.OneOrMany(read)
		})
	})
}

func (r *nxosJSONReader) vrf(int) error {
	from, name := len(r.tables), ""
	err := r.s.EachMember(func(key string, line int) error {
		switch key {
		case "vrf-name-out":
			return r.text(&name)
		case "TABLE_afi":
			return r.table("ROW_afi", r.afi)
		}
		return r.passOver(key, line)
	})
	for i := range r.tables[from:] {
		r.tables[from+i].vrf = name
	}
	return err
}

func (r *nxosJSONReader) afi(int) error {
	from, afi := len(r.tables), ""
	err := r.s.EachMember(func(key string, line int) error {
		switch key {
		case "afi":
			return r.text(&afi)
		case "TABLE_safi":
			return r.table("ROW_safi", r.safi)
		}
		return r.passOver(key, line)
	})
	for i := range r.tables[from:] {
		r.tables[from+i].afi = afi
	}
	return err
}

// text reads a name or a number, which may be a string or not.
func (r *nxosJSONReader) text(into *string) error {
	raw, err := r.s.Raw()
	if err != nil {
		return err
	}
	cur := reading.Cursor{Bytes: raw}
	*into = string(cur.Scalar())
	return nil
}

// safi is one table: it is noted, or read where it is the feed's.
func (r *nxosJSONReader) safi(line int) error {
	if r.looking {
		return r.look()
	}
	i := r.next
	r.next++
	if i >= len(r.tables) && !r.many {
		r.many = true
		r.Problem(line, "the file holds more than %d tables: give each answer a file and a feed of its own", maxNXOSTables)
	}
	if i >= len(r.tables) || r.wrong != nil {
		return r.s.Skip()
	}
	t := &r.tables[i]
	fam, ok := t.unicast()
	want := r.Source.VRF
	if t.rows && (t.afi == "" || t.safi == "" || want != "" && t.vrf == "") && (want == "" || t.vrf == "" || want == t.vrf) {
		r.Problem(line, "a table does not say of which family or VRF it is: its rows are not read")
		return r.s.Skip()
	}
	r.left = ""
	switch {
	case !ok:
		return r.s.Skip()
	case want != "" && want != t.vrf:
		r.left = "of VRF " + t.vrf
		return r.leaveOut()
	case t.rows && r.answers.Table(r.Collector, line, fam.String()):
		r.left = "of a table that is there twice"
		return r.leaveOut()
	}
	r.seen[fam] = r.seen[fam] || t.rows && !r.SkipsAnswer()
	r.rows.family = fam
	return r.s.EachMember(func(key string, line int) error {
		switch {
		case key == "TABLE_rd":
			return r.table("ROW_rd", r.rd)
		case key == "router-id":
			return r.text(&r.Result.Header.Router)
		case strings.HasPrefix(key, "TABLE_"):
			r.notRoutes("line %d: not a route table: it holds %s in place of prefixes: export the routes themselves, as docs/formats/nxos-json.md says", r.LineOf(line), reading.Quote(key))
		}
		return r.passOver(key, line)
	})
}

// leaveOut counts the prefixes of a table that is not the feed's.
func (r *nxosJSONReader) leaveOut() error {
	return r.s.EachMember(func(key string, _ int) error {
		if key == "TABLE_rd" {
			return r.table("ROW_rd", r.rd)
		}
		return r.s.Skip()
	})
}

// leavePaths counts the paths of a prefix of such a table.
func (r *nxosJSONReader) leavePaths(line int) error {
	raw, err := r.s.Raw()
	if err != nil && !errors.Is(err, reading.ErrTooLong) {
		return err
	}
	cur, paths := reading.Cursor{Bytes: raw}, 0
	reading.Within(&cur, "TABLE_path", func() {
		reading.Within(&cur, "ROW_path", func() { cur.Value(); paths++ })
	})
	for range max(1, paths) {
		r.LeaveOut(line, "%s", r.left)
	}
	return nil
}

// passOver takes a member that holds no rows where it stands.
func (r *nxosJSONReader) passOver(key string, line int) error {
	if r.looking || r.left != "" {
		return r.s.Skip()
	}
	return r.PassOver(r.s, key, line)
}

// maxNXOSTables is more than any router has.
const maxNXOSTables = 4 * reading.MaxVRFs

// look notes a table.
func (r *nxosJSONReader) look() error {
	if len(r.tables) == maxNXOSTables {
		return r.s.Skip()
	}
	i := len(r.tables)
	r.tables = append(r.tables, nxosTable{})
	return r.s.EachMember(func(key string, _ int) error {
		switch key {
		case "safi":
			return r.text(&r.tables[i].safi)
		case "af-name":
			return r.text(&r.tables[i].family)
		case "TABLE_rd":
			r.tables[i].rows = true
		}
		return r.s.Skip()
	})
}

func (r *nxosJSONReader) rd(int) error {
	return r.s.EachMember(func(key string, line int) error {
		if key != "TABLE_prefix" {
			return r.passOver(key, line)
		}
		return r.table("ROW_prefix", r.prefix)
	})
}

func (r *nxosJSONReader) prefix(line int) error {
	if r.left != "" {
		return r.leavePaths(line)
	}
	raw, err := r.Row(r.s, line, "a prefix")
	if raw == nil || err != nil {
		return err
	}
	if r.rows.read(line, raw); r.rows.detailed {
		r.notRoutes("line %d: not a route table: looks like the page of one prefix, or a table with detail: export it without detail", r.LineOf(line))
	}
	return nil
}

// notRoutes keeps the first reason why the file is refused.
func (r *nxosJSONReader) notRoutes(format string, args ...any) {
	if r.wrong == nil {
		r.wrong = fmt.Errorf(format, args...)
	}
}

// around judges a line that stands around the documents. A prompt ends the answer to the command before it.
func (r *nxosJSONReader) around(line int, text []byte, before bool) {
	if reading.IsPrompt(text) {
		r.answers.Ended(r.Collector)
	}
	if r.echoed(line, text) {
		r.answers.Awaited = append(r.answers.Awaited, line)
	}
	r.Between(line, text, before)
}

// echoed reads the commands of a line, or those that NX-API says it ran. It reports whether one is for a table of unicast.
func (r *nxosJSONReader) echoed(line int, text []byte) (table bool) {
	for _, words := range reading.EchoedCommands(text) {
		if c, ok := reading.ParseShow(reading.WithoutJSON(words)); ok && !c.Other {
			r.Ask(c.Shown(line, words))
			table = true
		}
	}
	return table
}

// finish refuses a file without a table of routes.
func (r *nxosJSONReader) finish() error {
	err := r.wrong
	switch {
	case err != nil:
	case r.answer != "":
		err = fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(r.answer))
	case r.Partial || r.Stopped():
	case len(r.tables) == 0:
		err = errors.New("not a route table: no table of BGP routes (TABLE_afi) is there: export show bgp ipv4 unicast | json, as docs/formats/nxos-json.md says")
	default:
		err = r.noUnicast()
	}
	if err != nil && r.Result.Routes > 0 {
		r.Problem(0, "%v", err)
		return nil
	}
	return err
}

// noUnicast refuses a file that holds tables of other families alone.
func (r *nxosJSONReader) noUnicast() error {
	var others []string
	for i := range r.tables {
		if _, ok := r.tables[i].unicast(); ok {
			return nil
		}
		others = append(others, r.tables[i].family)
	}
	return fmt.Errorf("holds no table of IPv4 or IPv6 unicast routes, but those of: %s", reading.Listed(eachOnce(others)))
}
