package frr

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"bgpaudit/dump/reading"
)

// nestedVRFs reports whether the head is of "show bgp vrf all json": an object a VRF.
func nestedVRFs(body []byte) bool {
	list := reading.Members(body)
	if len(list) == 0 || list[0].Opens != '{' || asides[list[0].Key] || isFamilyKey(list[0].Key) {
		return false
	}
	_, table := tables[list[0].Key]
	return !table
}

// chooseVRF looks through the whole file for the VRFs that have a table, before any row is
// handed on: without vrf: in the config there must be only one, with it that one.
func (r *reader) chooseVRF(in *reading.Input) error {
	names := vrfNames(r.s)
	if err := in.Rewind(); err != nil {
		return err
	}
	r.s = reading.NewScanner(in.Text)
	switch want := r.Source.VRF; {
	case want != "" && len(names) > 0 && !slices.Contains(names, want):
		return reading.NoVRF(want, names)
	case want == "" && len(names) > 1:
		return reading.SeveralVRFs(names)
	}
	return nil
}

// vrfNames lists the VRFs that have a table in the file, in file order. What is damaged is found
// when the rows are read.
func vrfNames(s *reading.Scanner) []string {
	var names []string
	for {
		_, err := s.Document(func(int, []byte) {})
		if err != nil {
			return names
		}
		if err := vrfNamesIn(s, "", 0, &names); err != nil {
			return names
		}
	}
}

func vrfNamesIn(s *reading.Scanner, name string, depth int, names *[]string) error {
	if err := s.Enter('{'); err != nil {
		return err
	}
	held := false
	for {
		more, err := s.Next('}')
		if err != nil {
			return errors.Join(err, noteVRF(names, name, held))
		}
		if !more {
			return noteVRF(names, name, held)
		}
		key, _, err := s.Key()
		if err != nil {
			return err
		}
		c, err := s.Inner()
		if err != nil {
			return err
		}
		_, table := tables[key]
		switch {
		case table && c == '{':
			held = true
			err = s.Skip()
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = errors.Join(err, noteVRF(names, name, held))
			}
		case key == "vrfName" && c == '"':
			raw, rawErr := s.Raw()
			cur := reading.Cursor{Bytes: raw}
			if text := string(cur.Text()); cur.Err == nil && rawErr == nil {
				name = text
			}
			err = rawErr
		case c == '{' && depth < 2 && !asides[key]:
			inner := key
			if isFamilyKey(key) {
				inner = name
			}
			err = vrfNamesIn(s, inner, depth+1, names)
		default:
			err = s.Skip()
		}
		if err != nil {
			return err
		}
	}
}

func noteVRF(names *[]string, name string, held bool) error {
	if held && name != "" && !slices.Contains(*names, name) {
		if len(*names) == reading.MaxVRFs {
			return fmt.Errorf("more than %d VRFs", reading.MaxVRFs)
		}
		*names = append(*names, name)
	}
	return nil
}
