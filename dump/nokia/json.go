package nokia

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// JSON is the state of Nokia SR OS that MD-CLI's info json prints of bgp rib (docs/formats/nokia-json.md): all tables of
// a router instance, and behind them the attribute sets that their routes name by number.
var JSON = reading.Format{Name: "nokia-json", Sniff: sniffNokiaState, Read: readNokiaState, Shape: shapeNokiaState}

// module stands in front of the outermost names, as RFC 7951 has it.
const module = "nokia-state:"

func sniffNokiaState(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := reading.Members(head)
	return len(list) > 0 && strings.HasPrefix(list[0].Key, module)
}

func shapeNokiaState(src reading.Source) reading.Header {
	h := reading.Header{Format: "nokia-json", ASPathForm: rib.AsSent, NotShown: rib.AttrNeighborASN}
	if reading.AdvertisedView(src.View) || src.View == rib.AdjRIBInPre {
		h.NotShown |= rib.AttrBest
	}
	return h
}

// nokiaFamilies are the families that are audited, by their place in the model.
var nokiaFamilies = map[string]rib.Family{"ipv4-unicast": rib.IPv4, "ipv6-unicast": rib.IPv6}

// nokiaTable is where the routes of a view stand within a family.
func nokiaTable(view rib.View) []string {
	switch view {
	case rib.AdjRIBInPre:
		return []string{"rib-in-out", "rib-in-pre", "routes"}
	case rib.AdjRIBInPost:
		return []string{"rib-in-out", "rib-in-post", "routes"}
	case rib.AdjRIBOutPost:
		return []string{"rib-in-out", "rib-out-post", "routes"}
	}
	return []string{"local-rib", "routes"}
}

// stateReader walks the documents of one file.
type stateReader struct {
	*reading.Collector
	s      *reading.Scanner
	rows   stateRows
	table  []string
	tables int      // documents with a RIB
	line   int      // of the first
	asked  string   // the last command
	others []string // families that are not audited
	at     string   // where in the tree the prompt above it stands
	of     []string // the neighbors of the view's table, where the feed names none
}

func readNokiaState(in *reading.Input, c *reading.Collector) error {
	r := &stateReader{Collector: c, s: reading.NewScanner(in.Text), table: nokiaTable(c.Source.View)}
	r.rows = newNokiaStateRows(c)
	if c.Source.View == rib.AdjRIBOutPre {
		return errors.New("SR OS shows no routes before export policy: declare adj-rib-out-post, which this file holds")
	}
	if in.Once {
		return in.Rewind() // which says so, before anything is kept
	}
	if err := r.gatherSets(); err != nil {
		return err
	}
	if len(r.of) > 1 {
		return fmt.Errorf("holds the routes of several neighbors: %s: name one with neighbor: on the feed", reading.Listed(r.of))
	}
	if err := in.Rewind(); err != nil {
		return err
	}
	r.s = reading.NewScanner(in.Text)
	if err := c.EachDocumentAnd(r.s, r.around, r.document); err != nil {
		return err
	}
	r.finish()
	return nil
}

// gatherSets reads the attribute sets, which stand behind the routes that name them, and whose routes there are.
func (r *stateReader) gatherSets() error {
	held, whole := false, false
	for !whole {
		open, err := r.s.Document(func(int, []byte) {})
		if err != nil {
			break
		}
		if open != '{' {
			err = r.s.Skip()
		} else {
			err = r.s.EachMember(func(key string, _ int) error {
				held = true
				if _, ok := nokiaFamilies[strings.TrimPrefix(key, module)]; ok && r.ofOne() && !r.rows.pick.Picking {
					return r.s.EachMember(func(key string, _ int) error { return r.within(key, r.table, r.neighbor) })
				}
				if key != module+"attr-sets" {
					return r.s.Skip()
				}
				err := r.s.EachMember(r.set)
				whole = err == nil
				return err
			})
		}
		if err != nil {
			if !whole {
				return fmt.Errorf("line %d: the dump ends, or is damaged, before the end of its attribute sets, without which no route of it can be read", r.LineOf(r.s.Line))
			}
			break
		}
		if held && !whole {
			return errors.New("holds no attribute sets (attr-sets), without which no route of it can be read: ask for the whole state of bgp rib, as docs/formats/nokia-json.md says")
		}
	}
	return nil
}

// ofOne reports whether the view is of one neighbour's routes. The table holds those of all.
func (r *stateReader) ofOne() bool {
	return reading.ReceivedView(r.Source.View) || reading.AdvertisedView(r.Source.View)
}

// neighbor notes whose a row is. What is wrong with it is told when it is read.
func (r *stateReader) neighbor(int) error {
	raw, err := r.s.Raw()
	if err != nil && !errors.Is(err, reading.ErrTooLong) {
		return err
	}
	const most = 64 // two are too many
	cur := reading.Cursor{Bytes: raw}
	cur.EachMember(func(key []byte) {
		if string(key) != "neighbor" {
			cur.Value()
			return
		}
		if name := cur.Text(); cur.Err == nil && len(r.of) < most && !slices.Contains(r.of, string(name)) {
			r.of = append(r.of, string(name))
		}
	})
	return r.Ctx.Err()
}

func (r *stateReader) set(key string, _ int) error {
	if key != "attr-set" {
		return r.s.Skip()
	}
	return r.s.OneOrMany(func(line int) error {
		raw, err := r.s.Raw()
		switch {
		case errors.Is(err, reading.ErrTooLong):
			r.Problem(line, "an attribute set is %v", err)
			return nil
		case err != nil:
			return err
		case r.Stopped():
			return r.Ctx.Err()
		}
		r.rows.sets.add(raw)
		return nil
	})
}

func (r *stateReader) document(open byte) error {
	if open != '{' {
		return r.s.Skip()
	}
	first := true
	return r.s.EachMember(func(key string, line int) error {
		if first {
			first = false
			if r.tables++; r.tables == 1 {
				r.line = line
			} else {
				r.SecondAnswer("both with a RIB", r.line, line)
			}
		}
		if r.tables > 1 { // its routes name sets of its own
			return r.s.Skip()
		}
		name := strings.TrimPrefix(key, module)
		if fam, ok := nokiaFamilies[name]; ok {
			r.rows.family = fam
			return r.s.EachMember(func(key string, line int) error { return r.down(key, line, r.table) })
		}
		if name != "attr-sets" && len(r.others) < reading.MaxErrors {
			r.others = append(r.others, name)
		}
		if name != "attr-sets" && !stateFamily.MatchString(name) {
			return r.PassOver(r.s, key, line)
		}
		return r.s.Skip()
	})
}

// stateTables are the members of the model's families: tables of other views, and families that are not read.
var stateTables = map[string]bool{
	"local-rib": true, "rib-in-out": true, "rib-in-pre": true, "rib-in-post": true, "rib-out-pre": true, "rib-out-post": true,
}

// stateFamily is the name of a family of the model that is not read.
var stateFamily = regexp.MustCompile(`^((label|mcast|vpn|mcast-vpn|mvpn|flow|flow-vpn|sr-policy|srv6|ipv[46])-(ipv[46]|multicast|unicast)|evpn|l2-vpn|ms-pw|mdt-safi|route-target|bgp-ls|summary)$`)

// down walks down to the routes of the view's table. A member that the model does not have may be a table whose name is damaged.
func (r *stateReader) down(key string, line int, path []string) error {
	switch {
	case key == path[0] && len(path) > 1:
		return r.s.EachMember(func(key string, line int) error { return r.down(key, line, path[1:]) })
	case key != path[0] && !stateTables[key]:
		return r.PassOver(r.s, key, line)
	}
	return r.within(key, path, r.row)
}

// within walks down to the routes of the view's table.
func (r *stateReader) within(key string, path []string, row func(line int) error) error {
	switch {
	case key != path[0]:
		return r.s.Skip()
	case len(path) > 1:
		return r.s.EachMember(func(key string, _ int) error { return r.within(key, path[1:], row) })
	}
	err := r.s.OneOrMany(row)
	if err == nil {
		r.rows.endPrefix()
	}
	return err
}

func (r *stateReader) row(line int) error {
	raw, err := r.Row(r.s, line, "the RIB")
	if raw != nil && err == nil {
		r.rows.read(line, raw)
	}
	return err
}

// finish says what the file does not hold.
func (r *stateReader) finish() {
	if r.Result.Routes == 0 && len(r.others) > 0 && !r.Source.ExpectsEmpty() {
		r.Note(0, "families that are not read: %s", reading.Listed(r.others))
	}
	if p := &r.rows.pick; p.Missing() && !r.Source.ExpectsEmpty() {
		switch {
		case p.Others.IsValid():
			r.Problem(0, "the table holds no route of neighbor %s, but those of %s", p.Wanted(), p.Others)
		case !r.Partial:
			r.Problem(0, "the table holds no route of neighbor %s, and nothing states that there are none: write expect-empty: true if that is right", p.Wanted())
		}
	}
	if r.rows.sets.crowded {
		r.Problem(0, "the dump holds more than %d sets of attributes", maxSets)
	}
	r.EveryDeclared()
}

var (
	// context is what MD-CLI prints in a line of its own in front of a prompt: "[/]", "[gl:/configure]".
	context    = regexp.MustCompile(`^[!*]*(?:\([a-z]{2}\))?\[(?:[a-z]{2}:)?/([^\]]*)\]$`)
	nokiaError = regexp.MustCompile(`^(MINOR|MAJOR|CRITICAL): `)
	// info is an echoed command, and the path that it asks for. One that does not begin with a slash goes on from where
	// the prompt stands.
	info   = regexp.MustCompile(`\binfo\s(?:.*\s)?json\b(.*)$`)
	rooted = regexp.MustCompile(`^[^|]*\s/`)
	// ribPath is a path: the router instance or the service, its name, and what follows.
	ribPath = regexp.MustCompile(`^(?:.*\s)?/?state\s+(?:router|service\s+vprn)\s+(?:"([^"]*)"\s+|(\S+)\s+)??bgp\b(.*)$`)
)

// around judges a line that stands around the documents.
func (r *stateReader) around(line int, text []byte, before bool) {
	text = bytes.TrimSpace(text)
	switch at := context.FindSubmatch(text); {
	case at != nil:
		r.at = string(at[1])
	case r.answers(line, text):
	case nokiaError.Match(text):
		r.Problem(line, "the dump holds an error: %s", reading.Quote(text))
	default:
		r.Between(line, text, before)
	}
}

// answers reports whether a line is an echoed command that asks for a RIB.
func (r *stateReader) answers(line int, text []byte) bool {
	asked := info.FindSubmatch(text)
	if asked == nil {
		return false
	}
	path, _, _ := strings.Cut(string(asked[1]), "| no-more")
	if !rooted.MatchString(path) {
		path = r.at + path
	}
	m := ribPath.FindStringSubmatch(path)
	if m == nil {
		return false
	}
	r.command(line, m)
	return true
}

// command takes an echoed command. The RIB holds every direction, and the feed's is read.
func (r *stateReader) command(line int, m []string) {
	instance := m[1] + m[2]
	if instance == "" {
		instance = "Base"
	}
	asked := instance + " " + strings.Join(strings.Fields(m[3]), " ")
	if asked != instance+" rib" {
		r.Problem(line, "the command does not show the whole RIB: say bgp rib, and nothing behind it")
	}
	if r.asked != "" && r.asked != asked && r.tables == 0 {
		r.Problem(line, "the file holds several commands, and the answer to the one before this is missing")
	}
	r.asked = asked
	r.Ask(reading.Shown{Line: line, Asked: asked, VRF: instance})
}
