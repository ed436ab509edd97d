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
	s.Later = s.AsOfSource != rib.AgeFromMtime && src.MadeLater(s.AsOf)
	if src.MaxAge <= 0 {
		return
	}
	if s.AsOfSource == rib.AgeFromMtime && !src.TrustMtime {
		s.WeakAge = true
		return
	}
	s.Stale = s.Age > src.MaxAge
}
