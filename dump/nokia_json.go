package dump

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"bgpaudit/rib"
)

// nokiaJSON is the state of Nokia SR OS that MD-CLI's info json prints of bgp rib (docs/formats/nokia-json.md): all tables of
// a router instance, and behind them the attribute sets that their routes name by number.
var nokiaJSON = Format{Name: "nokia-json", Sniff: sniffNokiaState, Read: readNokiaState, Shape: shapeNokiaState}

// nokiaModule stands in front of the outermost names, as RFC 7951 has it.
const nokiaModule = "nokia-state:"

func sniffNokiaState(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	list := members(head)
	return len(list) > 0 && strings.HasPrefix(list[0].key, nokiaModule)
}

func shapeNokiaState(src Source) Header {
	h := Header{Format: "nokia-json", ASPathForm: rib.AsSent, NotShown: rib.AttrNeighborASN}
	if advertisedView(src.View) || src.View == rib.AdjRIBInPre {
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

// nokiaStateReader walks the documents of one file.
type nokiaStateReader struct {
	*collector
	s      *scanner
	rows   nokiaStateRows
	table  []string
	tables int      // documents with a RIB
	others []string // families that are not audited
	asked  string   // the command that the file holds
}

func readNokiaState(in *input, c *collector) error {
	r := &nokiaStateReader{collector: c, s: newScanner(in.text), table: nokiaTable(c.src.View)}
	r.rows = newNokiaStateRows(c)
	if c.src.View == rib.AdjRIBOutPre {
		return errors.New("SR OS shows no routes before export policy: declare adj-rib-out-post, which this file holds")
	}
	if err := r.gatherSets(); err != nil {
		return err
	}
	if err := in.rewind(); err != nil {
		return err
	}
	r.s = newScanner(in.text)
	if err := c.eachDocumentAnd(r.s, r.around, r.document); err != nil {
		return err
	}
	r.finish()
	return nil
}

// gatherSets reads the attribute sets, which stand behind the routes that name them.
func (r *nokiaStateReader) gatherSets() error {
	held, whole := false, false
	for !whole {
		open, err := r.s.document(func(int, []byte) {})
		if err != nil {
			break
		}
		if open != '{' {
			err = r.s.skip()
		} else {
			err = r.s.eachMember(func(key string, _ int) error {
				held = true
				if key != nokiaModule+"attr-sets" {
					return r.s.skip()
				}
				err := r.s.eachMember(r.set)
				whole = err == nil
				return err
			})
		}
		if err != nil {
			if !whole {
				return fmt.Errorf("line %d: the dump ends, or is damaged, before the end of its attribute sets, without which no route of it can be read", r.s.line)
			}
			break
		}
		if held && !whole {
			return errors.New("holds no attribute sets (attr-sets), without which no route of it can be read: ask for the whole state of bgp rib, as docs/formats/nokia-json.md says")
		}
	}
	return nil
}

func (r *nokiaStateReader) set(key string, _ int) error {
	if key != "attr-set" {
		return r.s.skip()
	}
	return r.s.oneOrMany(func(line int) error {
		raw, err := r.s.raw()
		switch {
		case errors.Is(err, errTooLong):
			r.problem(line, "an attribute set is %v", err)
			return nil
		case err != nil:
			return err
		case r.stopped():
			return r.ctx.Err()
		}
		r.rows.sets.add(raw)
		return nil
	})
}

func (r *nokiaStateReader) document(open byte) error {
	if open != '{' {
		return r.s.skip()
	}
	first := true
	return r.s.eachMember(func(key string, line int) error {
		if first {
			first = false
			if r.tables++; r.tables > 1 {
				r.problem(line, "a further answer: give each a file and a feed of its own")
			}
		}
		if r.tables > 1 {
			return r.s.skip()
		}
		name := strings.TrimPrefix(key, nokiaModule)
		if fam, ok := nokiaFamilies[name]; ok {
			r.rows.family = fam
			return r.s.eachMember(func(key string, _ int) error { return r.within(key, r.table) })
		}
		if name != "attr-sets" && len(r.others) < maxErrors {
			r.others = append(r.others, name)
		}
		return r.s.skip()
	})
}

// within walks down to the routes of the view's table.
func (r *nokiaStateReader) within(key string, path []string) error {
	switch {
	case key != path[0]:
		return r.s.skip()
	case len(path) > 1:
		return r.s.eachMember(func(key string, _ int) error { return r.within(key, path[1:]) })
	}
	err := r.s.oneOrMany(func(line int) error {
		raw, err := r.row(r.s, line, "the RIB")
		if raw != nil && err == nil {
			r.rows.read(line, raw)
		}
		return err
	})
	if err == nil {
		r.rows.endPrefix()
	}
	return err
}

// finish says what the file does not hold.
func (r *nokiaStateReader) finish() {
	if r.res.Routes == 0 && len(r.others) > 0 && !r.src.expectsEmpty() {
		r.note(0, "families that are not read: %s", listed(r.others))
	}
	if p := &r.rows.pick; p.picking && !p.found && !r.src.expectsEmpty() {
		switch {
		case p.others.IsValid():
			r.problem(0, "the table holds no route of neighbor %s, but those of %s", p.neighbor, p.others)
		case !r.partial:
			r.problem(0, "the table holds no route of neighbor %s, and nothing states that there are none: write expect-empty: true if that is right", p.neighbor)
		}
	}
	r.everyDeclared()
}

var (
	// nokiaContext is what MD-CLI prints in a line of its own in front of a prompt: "[/]", "[gl:/configure]".
	nokiaContext = regexp.MustCompile(`^[!*]*(\([a-z]{2}\))?\[([a-z]{2}:)?/[^\]]*\]$`)
	nokiaError   = regexp.MustCompile(`^(MINOR|MAJOR|CRITICAL): `)
	// nokiaInfo is an echoed command: the router instance or the service, its name, and what follows.
	nokiaInfo = regexp.MustCompile(`\binfo\s.*\bjson\s.*/?state\s+(router|service\s+vprn)\s+(?:"([^"]*)"|(\S+))?\s*bgp\b(.*)$`)
)

// around judges a line that stands around the documents.
func (r *nokiaStateReader) around(line int, text []byte, before bool) {
	text = bytes.TrimSpace(text)
	switch m := nokiaInfo.FindSubmatch(text); {
	case m != nil:
		r.command(line, m)
	case nokiaContext.Match(text):
	case nokiaError.Match(text):
		r.problem(line, "the dump holds an error: %s", quote(text))
	default:
		r.between(line, text, before)
	}
}

// command holds an echoed command against the config.
func (r *nokiaStateReader) command(line int, m [][]byte) {
	instance := string(m[2]) + string(m[3])
	if instance == "" {
		instance = "Base"
	}
	rest, _, _ := strings.Cut(string(m[4]), "| no-more")
	asked := instance + " " + strings.Join(strings.Fields(rest), " ")
	switch {
	case asked != instance+" rib":
		r.problem(line, "the command does not show the whole RIB: say bgp rib, and nothing behind it")
	case r.asked != "" && r.asked != asked:
		r.problem(line, "the file holds the answers of several commands: give each a file and a feed of its own")
	}
	r.asked = asked
	vrf := r.src.VRF
	if vrf == "default" {
		vrf = "Base"
	}
	if vrf != "" && vrf != instance {
		r.say("the command shows the routes of router instance %s, the config says vrf: %s", instance, r.src.VRF)
	}
}
