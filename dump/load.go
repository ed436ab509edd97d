package dump

import (
	"slices"
	"time"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

func load(c *reading.Collector, now time.Time, bytes func(read, size int64)) rib.FeedState {
	src := c.Source
	c.OwnLines = true // evidence is where the user can look it up
	got, err := readFile(c, bytes)
	s := rib.FeedState{
		Format:           got.Header.Format,
		Router:           got.Header.Router,
		Routes:           got.Routes,
		Skipped:          got.Skipped,
		Others:           got.Others,
		Bad:              got.Bad,
		Other:            got.Other,
		Complete:         got.Complete,
		MaxAge:           src.MaxAge,
		Unreadable:       err != nil,
		Contradiction:    got.Contradiction,
		Errors:           got.Errors,
		File:             src.Name,
		ASPathForm:       got.Header.ASPathForm,
		LocalASN:         got.Header.LocalASN,
		Neighbor:         got.Header.Neighbor,
		Digest:           got.digest,
		MarksNotShown:    got.Header.MarksNotShown,
		DefaultLocalPref: got.Header.DefaultLocalPref,
	}
	if !s.Unreadable {
		s.Families = covered(src, got.Result)
	}
	judgeAge(&s, src, got, now)
	return s
}

// covered is the families that a readable dump is evidence of: those that it holds or marks and
// those that the config declares; where an empty table is expected and came, IPv4 if none is named.
func covered(src reading.Source, got reading.Result) []rib.Family {
	var out []rib.Family
	for _, fam := range rib.Families {
		if slices.Contains(got.Header.Families, fam) || slices.Contains(src.Families, fam) {
			out = append(out, fam)
		}
	}
	if len(out) == 0 && got.Routes == 0 && src.ExpectEmpty && got.Complete != rib.CompleteNo {
		out = []rib.Family{rib.IPv4}
	}
	return out
}

// judgeLater finds a time that is later than the moment that is asked for: it cannot be right, or it is of another
// moment. A file's own time says when it was copied, and counts where the config trusts it to say more. It is held
// against the clock alone: a file may well be copied after the moment that --at names.
func judgeLater(s *rib.FeedState, src reading.Source, slack time.Duration, now time.Time) {
	switch s.AsOfSource {
	case rib.AgeFromMtime:
		if !src.TrustMtime || src.MaxAge <= 0 || !src.At.IsZero() {
			return
		}
		slack = (&reading.Header{}).Slack()
	case rib.AgeFromConfig:
		slack = (&reading.Header{}).Slack()
	}
	asked := now
	if !src.At.IsZero() {
		asked = src.At
	}
	if ahead := s.AsOf.Sub(asked); ahead > slack {
		s.Later, s.Ahead, s.Asked = true, ahead, src.At
	}
}

// judgeAge takes the time inside the dump, else the config's, else the file's.
func judgeAge(s *rib.FeedState, src reading.Source, got outcome, now time.Time) {
	switch {
	case !got.Header.Time.IsZero():
		s.AsOf, s.AsOfSource = got.Header.Time, rib.AgeFromDump
	case !src.Taken.IsZero():
		s.AsOf, s.AsOfSource = src.Taken, rib.AgeFromConfig
	case !got.mtime.IsZero():
		s.AsOf, s.AsOfSource = got.mtime, rib.AgeFromMtime
	default:
		return
	}
	s.Age = max(0, now.Sub(s.AsOf))
	judgeLater(s, src, got.Header.Slack(), now)
	if src.MaxAge <= 0 {
		return
	}
	if s.AsOfSource == rib.AgeFromMtime && !src.TrustMtime {
		s.WeakAge = true
		return
	}
	s.Stale = s.Age > src.MaxAge
}
