package monitor

import (
	"path/filepath"
	"testing"
	"time"

	"bgpaudit/configs"
	"bgpaudit/dump"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// seed is one step of the seed story, read.
type seed struct {
	config *configs.Config
	table  *rib.Table
}

var seedTime = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func readSeed(t testing.TB, dir, step string) *seed {
	t.Helper()
	config, err := configs.Load(filepath.Join(dir, "seed", step, "bgpaudit.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var feeds []*rib.Feed
	for i := range config.Feeds {
		feeds = append(feeds, &config.Feeds[i].Feed)
	}
	s := &seed{config, rib.NewTable(config.Intent.Site.ASNs, config.Intent.Links, feeds)}
	for i := range config.Feeds {
		put := func(r rib.Route) error {
			_, err := s.table.Advertise(rib.FeedID(i), &r)
			return err
		}
		config.Feeds[i].State = dump.Load(t.Context(), *config.Feeds[i].Source, seedTime, put, func(int64, int64) {})
	}
	return s
}

func (s *seed) audit() (*policy.Result, *proof) {
	in := &s.config.Intent
	sight := rib.NewSight(s.table, in.Options())
	r := policy.Audit(in, sight, seedTime)
	return r, newProof(r, sight)
}

// TestWhatIsRepairedIsCleared: routers withdraw all the routes of one kind, and say so to the end.
// What is gone then is proven gone, but for flows whose remote is made of the routes withdrawn.
func TestWhatIsRepairedIsCleared(t *testing.T) {
	dir := t.TempDir()
	if err := configs.WriteSeed(dir); err != nil {
		t.Fatal(err)
	}
	gone := map[string]int{}
	for _, step := range configs.SeedSteps {
		before, _ := readSeed(t, dir, step.Name).audit()
		for _, advertised := range []bool{true, false} {
			s := readSeed(t, dir, step.Name)
			for i := range s.config.Feeds {
				if f := s.config.Feeds[i]; f.View.Advertised() == advertised && f.Link != "isp-a" {
					s.table.Flush(rib.FeedID(i))
				}
			}
			after, p := s.audit()
			l := ledger{}
			l.take(before, p, seedTime, seedTime)
			news := l.take(after, p, seedTime, seedTime)
			for _, e := range news[nowUnknown] {
				if advertised || e.Subject.Kind != "service" {
					t.Errorf("step %s: %s of %s on %v (%s) is not cleared: %s", step.Name, e.Check, e.Subject, e.Links, e.Family, e.why)
				}
			}
			for _, e := range news[nowCleared] {
				gone[e.Check]++
			}
		}
	}
	for _, check := range []string{"link/wrong", "nat/shared-pool", "return/same-mask", "return/more-specific", "flow/asymmetric", "service/smtp"} {
		if gone[check] == 0 {
			t.Errorf("no finding of %s was cleared, only %v", check, gone)
		}
	}
}

// TestWhatIsNotSeenIsNotCleared: whatever feed is lost, and however, nothing that was found is called
// cleared, though the routes that showed it are gone.
func TestWhatIsNotSeenIsNotCleared(t *testing.T) {
	dir := t.TempDir()
	if err := configs.WriteSeed(dir); err != nil {
		t.Fatal(err)
	}
	losses := map[string]func(*rib.FeedState){
		"partial":      func(s *rib.FeedState) { s.Complete = rib.CompleteNo },
		"unreadable":   func(s *rib.FeedState) { *s = rib.FeedState{Unreadable: true, Complete: rib.CompleteNo} },
		"stale":        func(s *rib.FeedState) { s.Stale = true },
		"contradicted": func(s *rib.FeedState) { s.Contradiction = "it shows something else" },
	}
	lost := 0
	for _, step := range configs.SeedSteps {
		before, _ := readSeed(t, dir, step.Name).audit()
		for how, lose := range losses {
			for i := range before.Feeds {
				s := readSeed(t, dir, step.Name)
				if i >= len(s.config.Feeds) {
					continue // static:
				}
				feed := s.table.Feeds()[i]
				lose(&feed.State)
				s.table.Flush(rib.FeedID(i))
				after, p := s.audit()
				l := ledger{}
				l.take(before, p, seedTime, seedTime)
				news := l.take(after, p, seedTime, seedTime)
				lost += len(news[nowUnknown])
				for _, e := range news[nowCleared] {
					if e.Cause.What != policy.CauseEvidence {
						t.Errorf("step %s: feed %s is %s, and %s of %s on %v is called cleared", step.Name, feed.Name, how, e.Check, e.Subject, e.Links)
					}
				}
			}
		}
	}
	if lost < 100 {
		t.Errorf("only %d findings were lost with their evidence", lost)
	}
}
