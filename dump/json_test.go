package dump

import (
	"bufio"
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/iotest"

	"bgpaudit/dump/azure"
	"bgpaudit/dump/bird"
	"bgpaudit/dump/frr"
	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func TestAStreamInPiecesReadsAsOneInAPiece(t *testing.T) {
	for _, format := range []reading.Format{azure.JSON, bird.Text, bird.Birdwatcher, frr.JSON} {
		for _, name := range fixtures(t, format.Name) {
			if strings.Contains(name, "vrf") {
				continue // is looked through from the start, which this stream cannot be
			}
			text := fixtureBytes(t, name)
			want, _, err := readBytes(fixtureSource(name), text)
			if err != nil {
				continue
			}
			var have []rib.Route
			c := reading.NewCollector(context.Background(), fixtureSource(name), func(r rib.Route) error { have = append(have, r); return nil })
			one := bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(text)), 16)
			if err := format.Read(&reading.Input{Text: one}, c); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if was, is := strings.Join(recordsOf(want), "\n"), strings.Join(recordsOf(have), "\n"); was != is {
				t.Errorf("%s: in pieces\n%s\nin one\n%s", name, is, was)
			}
		}
	}
}

func TestAReaderThatFailsIsNoEndOfTheTable(t *testing.T) {
	c := reading.NewCollector(context.Background(), reading.Source{Name: "x", ExpectRoutes: -1}, func(rib.Route) error { return nil })
	broken := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(routesOne)))
	if err := frr.JSON.Read(&reading.Input{Text: bufio.NewReaderSize(broken, 16)}, c); err != nil {
		t.Fatal(err)
	}
	if res := c.Finish(0); res.Complete != rib.CompleteNo || !strings.Contains(strings.Join(res.Errors, " "), "timeout") {
		t.Errorf("complete %s, errors %q", res.Complete, res.Errors)
	}
}

func TestStringsAndNumbersOfJSON(t *testing.T) {
	for _, tt := range []struct{ text, want, says string }{
		{`"plain"`, "plain", ""},
		{`"a\"b\\c\/d\n\t"`, "a\"b\\c/d\n\t", ""},
		{`"\u00e9\ud83d\ude00"`, "é😀", ""},
		{`"\ud83d"`, "\ufffd", ""},
		{`"\x"`, "", "bad escape"},
		{`"\u12"`, "", "bad escape"},
		{`"open`, "", "not closed"},
		{"\"two\nlines\"", "", "a line ends inside a string"},
		{`12`, "", "where a string should stand"},
	} {
		c := reading.Cursor{Bytes: []byte(tt.text)}
		have := string(c.Text())
		if have != tt.want || (c.Err == nil) != (tt.says == "") || c.Err != nil && !strings.Contains(c.Err.Error(), tt.says) {
			t.Errorf("%s reads as %q, %v", tt.text, have, c.Err)
		}
	}
	for text, want := range map[string]uint32{"0": 0, "4294967295": 4294967295, `"100"`: 100} {
		if c := (reading.Cursor{Bytes: []byte(text)}); c.Uint32() != want || c.Err != nil {
			t.Errorf("%s: %v", text, c.Err)
		}
	}
	for _, text := range []string{"4294967296", "-1", "1.5", "1e3", `""`, "true", "null", "", "99999999999999999999"} {
		if c := (reading.Cursor{Bytes: []byte(text)}); c.Uint32() != 0 || c.Err == nil {
			t.Errorf("%q is taken for a number", text)
		}
	}
}
