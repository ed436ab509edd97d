package dump

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// nestedVRFs reports whether the head is of "show bgp vrf all json": an object a VRF.
func nestedVRFs(body []byte) bool {
	list := members(body)
	if len(list) == 0 || list[0].opens != '{' || frrAsides[list[0].key] || isFamilyKey(list[0].key) {
		return false
	}
	_, table := frrTables[list[0].key]
	return !table
}

// chooseVRF looks through the whole file for the VRFs that have a table, before any row is
// handed on: without vrf: in the config there must be only one, with it that one.
func (r *frrReader) chooseVRF(in *input) error {
	names := vrfNames(r.s)
	if err := in.rewind(); err != nil {
		return err
	}
	r.s = newScanner(in.text)
	switch want := r.src.VRF; {
	case want != "" && len(names) > 0 && !slices.Contains(names, want):
		return noVRF(want, names)
	case want == "" && len(names) > 1:
		return severalVRFs(names)
	}
	return nil
}

func noVRF(want string, names []string) error {
	return fmt.Errorf("holds no table of VRF %s; it has: %s", quote(want), listed(names))
}

func severalVRFs(names []string) error {
	return fmt.Errorf("holds the tables of several VRFs: %s: name one with vrf: on the feed", listed(names))
}

func listed(names []string) string {
	const most = 20
	var shown []string
	for _, n := range names[:min(len(names), most)] {
		shown = append(shown, strings.Trim(quote(n), `"`))
	}
	if len(names) > most {
		shown = append(shown, fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(shown, ", ")
}

// vrfNames lists the VRFs that have a table in the file, in file order. What is damaged is found
// when the rows are read.
func vrfNames(s *scanner) []string {
	var names []string
	for {
		_, err := s.document(func(int, []byte) {})
		if err != nil {
			return names
		}
		if err := vrfNamesIn(s, "", 0, &names); err != nil {
			return names
		}
	}
}

// maxVRFs is more than any router has; beyond it names are not collected.
const maxVRFs = 10_000

func vrfNamesIn(s *scanner, name string, depth int, names *[]string) error {
	if err := s.enter('{'); err != nil {
		return err
	}
	held := false
	for {
		more, err := s.next('}')
		if err != nil {
			return errors.Join(err, noteVRF(names, name, held))
		}
		if !more {
			return noteVRF(names, name, held)
		}
		key, _, err := s.key()
		if err != nil {
			return err
		}
		c, err := s.inner()
		if err != nil {
			return err
		}
		_, table := frrTables[key]
		switch {
		case table && c == '{':
			held = true
			err = s.skip()
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = errors.Join(err, noteVRF(names, name, held))
			}
		case key == "vrfName" && c == '"':
			raw, rawErr := s.raw()
			cur := cursor{b: raw}
			if text := string(cur.str()); cur.err == nil && rawErr == nil {
				name = text
			}
			err = rawErr
		case c == '{' && depth < 2 && !frrAsides[key]:
			inner := key
			if isFamilyKey(key) {
				inner = name
			}
			err = vrfNamesIn(s, inner, depth+1, names)
		default:
			err = s.skip()
		}
		if err != nil {
			return err
		}
	}
}

func noteVRF(names *[]string, name string, held bool) error {
	if held && name != "" && !slices.Contains(*names, name) {
		if len(*names) == maxVRFs {
			return fmt.Errorf("more than %d VRFs", maxVRFs)
		}
		*names = append(*names, name)
	}
	return nil
}
