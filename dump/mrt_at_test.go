package dump

import (
	"errors"
	"os"
	"path/filepath"
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
		{"before the table", "07:59:59", mrtText(table, messages), "", "08:00:00", no, false, "x: all of it was written after 2026-11-20T07:59:59Z: ask of a later moment, or take an older dump"},
		{"a table alone", "09:00:00", table, "203.0.113.0/24", "08:00:00", unproven, false, ""},
		{"before a table alone", "07:00:00", table, "", "08:00:00", no, true, "all of it was written after"},
		{"messages alone", "08:07:00", messages, "", "08:07:00", no, false, "messages with no table before them"},
		{"before messages alone", "08:00:00", messages, "", "08:05:00.5", no, true, "all of it was written after"},
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
			if src.MadeLater(&got.Header) != tt.later || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Errorf("later %v, errors %q", src.MadeLater(&got.Header), got.Errors)
			}
		})
	}
}

// TestADumpFromLaterIsNoEvidence holds every time that a feed can have against the moment asked for, and against the
// clock: five minutes later may be a clock that is off, and fourteen hours later one whose zone is not known. A file's
// own time says when it was copied, and counts where the config trusts it, against the clock alone.
func TestADumpFromLaterIsNoEvidence(t *testing.T) {
	const timeless = goodHeader + goodRoute + goodTrailer
	made := func(at time.Time) string {
		return strings.Replace(timeless, `"time":null`, `"time":"`+at.Format(time.RFC3339Nano)+`"`, 1)
	}
	zoneless := func(at time.Time) string {
		return strings.Replace(made(at), `"as_path_form"`, `"zoneless":true,"as_path_form"`, 1)
	}
	const slack, zone = 5 * time.Minute, 14 * time.Hour
	asked := func(at time.Time) reading.Source { return reading.Source{At: at} }
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		mtime      time.Time
		says       string // empty: it is not later
	}{
		{"at the edge of --at", made(noon.Add(slack)), asked(noon), time.Time{}, ""},
		{"beyond the edge of --at", made(noon.Add(slack + time.Second)), asked(noon), time.Time{}, "is from 2026-11-20T12:05:01Z, later than 2026-11-20T12:00:00Z, the moment that is asked for, by 5m1s"},
		{"at the edge of now", made(noon.Add(slack)), reading.Source{}, time.Time{}, ""},
		{"beyond the edge of now", made(noon.Add(slack + time.Second)), reading.Source{}, time.Time{}, "is from 2026-11-20T12:05:01Z, later than now by 5m1s: check the router's clock, or taken:"},
		{"of a clock without a zone, at the edge", zoneless(noon.Add(zone)), reading.Source{}, time.Time{}, ""},
		{"of a clock without a zone, beyond the edge", zoneless(noon.Add(zone + time.Second)), reading.Source{}, time.Time{}, "later than now by 14h0m1s"},
		{"of a clock without a zone, with --at", zoneless(noon.Add(zone + time.Second)), asked(noon), time.Time{}, "the moment that is asked for, by 14h0m1s"},
		{"ten years", made(noon.AddDate(10, 0, 0)), reading.Source{MaxAge: time.Hour}, time.Time{}, "is from 2036-11-20T12:00:00Z, later than now by"},
		{"taken: at the edge", timeless, reading.Source{Taken: noon.Add(slack)}, time.Time{}, ""},
		{"taken: beyond the edge", timeless, reading.Source{Taken: noon.Add(slack + 1)}, time.Time{}, "later than now by 5m0s"},
		{"taken: beyond the edge of --at", timeless, reading.Source{At: noon, Taken: noon.Add(slack + 1)}, time.Time{}, "the moment that is asked for, by 5m0s"},
		{"the file's time, trusted, at the edge", timeless, reading.Source{MaxAge: time.Hour, TrustMtime: true}, noon.Add(slack), ""},
		{"the file's time, trusted, beyond the edge", timeless, reading.Source{MaxAge: time.Hour, TrustMtime: true}, noon.Add(slack + time.Second), "later than now by 5m1s"},
		{"the file's time, trusted, with --at", timeless, reading.Source{MaxAge: time.Hour, TrustMtime: true, At: noon}, noon.Add(zone), ""},
		{"the file's time, not trusted", timeless, reading.Source{}, noon.Add(zone), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := tt.src
			src.Path, src.ExpectRoutes = filepath.Join(t.TempDir(), "x"), -1
			mtime := tt.mtime
			if mtime.IsZero() {
				mtime = noon
			}
			if err := errors.Join(os.WriteFile(src.Path, []byte(tt.text), 0o600), os.Chtimes(src.Path, mtime, mtime)); err != nil {
				t.Fatal(err)
			}
			feed := rib.Feed{Name: "f", State: Load(t.Context(), src, noon, func(rib.Route) error { return nil }, nil)}
			if s := &feed.State; s.Later != (tt.says != "") || feed.RowsUsable() == s.Later || !strings.Contains(feed.Failing(), tt.says) {
				t.Errorf("later %v, as of %v (%s): %s", s.Later, s.AsOf, s.AsOfSource, feed.Failing())
			}
		})
	}
}
