package dump

import (
	"strings"
	"testing"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// mrtAt is mrtRecord at a moment of 2026-11-20, with its microseconds where the type has them.
func mrtAt(clock string, kind, subtype int, parts ...any) []byte {
	t := onThatDay(clock)
	body := mrtText(parts...)
	if kind == mrtMessagesET {
		body = append(mrtText(uint32(t.Nanosecond()/1000)), body...)
	}
	return append(mrtText(uint32(t.Unix()), kind, subtype, uint32(len(body))), body...)
}

func onThatDay(clock string) time.Time {
	t, err := time.Parse(time.RFC3339, "2026-11-20T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return t
}

// TestMRTIsReplayedUpToTheMomentAskedFor asks one file of several moments: what stood then, and as
// of when the feed is.
func TestMRTIsReplayedUpToTheMomentAskedFor(t *testing.T) {
	peers := mrtAt("08:00:00", 13, 1, "10.255.0.9", sized(), 2, mrtPeerV4, mrtPeerV6)
	listed := mrtAt("08:00:00", 13, 2, uint32(0), doc, 1, 0, uint32(9), sized(mrtAttrs))
	other := mrtText("198.51.100.0/24")
	table := mrtText(peers, listed)
	messages := mrtText(
		mrtAt("08:05:00.5", 17, 4, session(true), bgpUpdate(doc, nil, nil)),
		mrtAt("08:10:00", 16, 4, session(true), bgpUpdate(nil, mrtAttrs, other)))
	const unproven, no = rib.CompleteUnproven, rib.CompleteNo
	for _, tt := range []struct {
		name, at string
		file     []byte
		prefixes string
		asOf     string
		complete rib.Completeness
		later    bool
		says     string
	}{
		{"no moment", "", mrtText(table, messages), "198.51.100.0/24", "08:10:00", unproven, false, ""},
		{"behind the last record", "09:00:00", mrtText(table, messages), "198.51.100.0/24", "08:10:00", unproven, false, ""},
		{"at the last record", "08:10:00", mrtText(table, messages), "198.51.100.0/24", "08:10:00", unproven, false, ""},
		{"between two messages", "08:07:00", mrtText(table, messages), "", "08:07:00", no, false, "the table is empty"},
		{"at the microsecond of a message", "08:05:00.5", mrtText(table, messages), "", "08:05:00.5", no, false, "the table is empty"},
		{"a microsecond before it", "08:05:00.499999", mrtText(table, messages), "203.0.113.0/24", "08:05:00.499999", unproven, false, ""},
		{"within the second before it", "08:05:00", mrtText(table, messages), "203.0.113.0/24", "08:05:00", unproven, false, ""},
		{"at the table", "08:00:00", mrtText(table, messages), "203.0.113.0/24", "08:00:00", unproven, false, ""},
		{"before the table", "07:59:59", mrtText(table, messages), "", "08:00:00", no, true, "x: all of it was written after 2026-11-20T07:59:59Z: ask of a later moment, or take an older dump"},
		{"a table alone", "09:00:00", table, "203.0.113.0/24", "08:00:00", unproven, false, ""},
		{"before a table alone", "07:00:00", table, "", "08:00:00", no, true, "all of it was written after"},
		{"messages alone", "08:07:00", messages, "", "08:07:00", no, false, "messages with no table before them"},
		{"before messages alone", "08:01:00", messages, "", "08:05:00.5", no, true, "all of it was written after"},
		{"within a table", "08:00:30", mrtText(table, mrtAt("08:01:00", 13, 2, uint32(1), other, 1, 0, uint32(9), sized(mrtAttrs))), "203.0.113.0/24", "08:00:00", no, false, "x:3: the table was not written to its end by 2026-11-20T08:00:30Z"},
		{"a record out of turn", "08:05:00", mrtText(table, mrtAt("08:06:00", 16, 4, session(true), bgpUpdate(doc, nil, nil)), mrtAt("08:04:00", 16, 4, session(true), bgpUpdate(nil, mrtAttrs, other))), "203.0.113.0/24 198.51.100.0/24", "08:05:00", unproven, false, ""},
		{"a bad record later", "08:05:00", mrtText(table, mrtAt("08:06:00", 99, 0), messages), "203.0.113.0/24", "08:05:00", unproven, false, ""},
		{"a bad message later", "08:05:00", mrtText(table, mrtAt("08:06:00", 16, 4, uint32(0))), "203.0.113.0/24", "08:05:00", unproven, false, ""},
		{"another protocol's record later", "08:05:00", mrtText(table, mrtAt("08:06:00", 11, 0)), "203.0.113.0/24", "08:00:00", unproven, false, ""},
		{"a session that ends later", "08:05:00", mrtText(table, mrtAt("08:06:00", 16, 5, session(true), 6, 1)), "203.0.113.0/24", "08:05:00", unproven, false, ""},
		{"an empty record later", "08:05:00", mrtText(table, mrtRecord(17, 4)), "203.0.113.0/24", "08:05:00", unproven, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := reading.Source{View: rib.BGPTable}
			if tt.at != "" {
				src.At = onThatDay(tt.at)
			}
			routes, got := readMRTBytes(t, src, tt.file)
			var have []string
			for _, r := range routes {
				have = append(have, r.Prefix.String())
			}
			if strings.Join(have, " ") != tt.prefixes || !got.Header.Time.Equal(onThatDay(tt.asOf)) || got.Complete != tt.complete {
				t.Errorf("%v as of %v, complete %s", have, got.Header.Time, got.Complete)
			}
			if src.MadeLater(got.Header.Time) != tt.later || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("later %v, errors %q", src.MadeLater(got.Header.Time), got.Errors)
			}
		})
	}
}

// TestADumpFromLaterIsNoEvidence holds every time that a feed can have against the moment asked
// for. A file's own time says when it was copied, and is not held against it.
func TestADumpFromLaterIsNoEvidence(t *testing.T) {
	const timeless = goodHeader + goodRoute + goodTrailer
	dumped := strings.Replace(timeless, `"time":null`, `"time":"2026-11-20T12:00:00.5Z"`, 1)
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		later      bool
	}{
		{"the dump's time is later", dumped, reading.Source{At: noon}, true},
		{"it is not", dumped, reading.Source{At: noon.Add(time.Second)}, false},
		{"no moment is asked for", dumped, reading.Source{}, false},
		{"taken: is later", timeless, reading.Source{At: noon, Taken: noon.Add(1)}, true},
		{"taken: is that moment", timeless, reading.Source{At: noon, Taken: noon}, false},
		{"the file's time is later", timeless, reading.Source{At: noon.Add(-5 * time.Hour)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state, _ := loadText(t, tt.src, tt.text)
			feed := rib.Feed{Name: "f", State: state}
			if state.Later != tt.later || feed.RowsUsable() == tt.later || strings.Contains(feed.Failing(), "from later than the moment") != tt.later {
				t.Errorf("%+v: %s", state, feed.Failing())
			}
		})
	}
}
