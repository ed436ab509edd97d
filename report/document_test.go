package report

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// TestADocumentHasTheBytesOfJSON: whatever stands in it.
func TestADocumentHasTheBytesOfJSON(t *testing.T) {
	type element struct {
		Text string   `json:"text"`
		List []string `json:"list"`
	}
	type answer struct {
		Version int       `json:"version"`
		Why     []string  `json:"why"`
		Empty   []element `json:"empty"`
		All     []element `json:"all"`
	}
	in := answer{1, []string{"a & b <c>", "\u202e"}, []element{}, []element{{"plain", []string{}}, {"\u009b31m", []string{"x", "y"}}}}
	var whole, parts bytes.Buffer
	if err := JSON(&whole, in); err != nil {
		t.Fatal(err)
	}
	d := NewDocument(&parts)
	d.Field("version", in.Version)
	d.Field("why", in.Why)
	d.List("empty", each(in.Empty, func(e element) any { return e }))
	d.List("all", each(in.All, func(e element) any { return e }))
	if err := d.Close(); err != nil || !bytes.Equal(whole.Bytes(), parts.Bytes()) {
		t.Errorf("%v\n%s\ninstead of\n%s", err, &parts, &whole)
	}
}

type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

// TestADocumentEndsWhereItsReaderDoes: nothing is made that nobody takes.
func TestADocumentEndsWhereItsReaderDoes(t *testing.T) {
	made := 0
	d := NewDocument(&full{100})
	d.List("all", each(slices.Repeat([]int{7}, 1000), func(v int) any { made++; return v }))
	if err := d.Close(); err == nil || made > 100 {
		t.Errorf("%d elements were made for a reader of 100 octets: %v", made, err)
	}
}
