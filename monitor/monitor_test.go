package monitor

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"bgpaudit/policy"
	"bgpaudit/rib"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	cleanExit = "info exit 0 because [no flow was checked: no service is declared audited: ipv4 alone (ipv6: not audited)]"
	wrongExit = "warn exit 1 because [1 finding at or above error no flow was checked: no service is declared]"
	wrongOnB  = "link/wrong of prefix public on [isp-b]"
	wrong     = "203.0.113.0/24"
)

// settle brings both sessions up, whole and as declared.
func (w *world) settle() {
	w.tell(0, up(), announce("203.0.113.0/24", "65536"), endOfRIB())
	w.tell(1, up(), endOfRIB())
	w.later(time.Second)
}

func TestBeforeAnySessionNothingIsKnown(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.want(w.said(),
			"warn session-lost mirror-a (127.0.0.2) on [isp-a], 0 findings, 0 flows and 9 checks unknown, because it has not come up yet",
			"warn session-lost mirror-b (127.0.0.3) on [isp-b], 0 findings, 0 flows and 9 checks unknown, because it has not come up yet",
			"warn exit 3 because [feed mirror-a could not be read (no session yet) feed mirror-b could not be read (no session yet) 0 flows and 9 check states unknown no flow was checked: no service is declared]")
	})
}

func TestAFindingIsRaisedAndCleared(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.want(w.said())
		w.want(w.later(999 * time.Millisecond))
		w.want(w.later(time.Millisecond), "error raised "+wrongOnB, wrongExit)
		w.want(w.later(10 * time.Second))
		w.tell(1, withdraw(wrong))
		w.want(w.later(time.Second), "info cleared "+wrongOnB, cleanExit)
		w.want(w.later(10 * time.Second))
	})
}

// TestLostEvidenceIsNoAllClear: the session that showed a finding ends, begins again and sends its
// table. Only when the whole of it is there without the finding is the finding cleared.
func TestLostEvidenceIsNoAllClear(t *testing.T) {
	inGrace(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		w.tell(1, down())
		w.want(w.later(time.Second),
			"warn session-lost mirror-b (127.0.0.3) on [isp-b], 1 findings, 0 flows and 4 checks unknown, link/wrong of prefix public unknown, because hold timer expired")
		w.want(w.later(3 * time.Minute)) // growing older is no news
		w.tell(1, up())
		w.want(w.later(time.Minute)) // while the table loads
		w.tell(1, endOfRIB())
		w.want(w.later(time.Second), "info session-back mirror-b (127.0.0.3) on [isp-b], because hold timer expired", "info cleared "+wrongOnB, cleanExit)
	})
}

// TestWhatIsFoundAndWhatItCameToAreOne: whoever asks while an audit is told of sees no audit's findings beside
// another's exit code.
func TestWhatIsFoundAndWhatItCameToAreOne(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		asked := 0
		w.Log = w.Log.WithOptions(zap.Hooks(func(zapcore.Entry) error {
			if last := w.Last(); last != nil {
				asked++
				if code, _ := last.Result.Exit(policy.Error); code != last.Exit {
					t.Errorf("exit %d is told of findings that come to %d", last.Exit, code)
				}
			}
			return nil
		}))
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		w.tell(1, withdraw(wrong))
		w.later(time.Second)
		if asked < 3 {
			t.Errorf("asked %d times", asked)
		}
	})
}

func TestAFindingThatOutlivesItsSessionIsSeenAgain(t *testing.T) {
	inGrace(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		w.tell(1, down())
		w.later(time.Minute)
		w.tell(1, up(), announce(wrong, "65536"))
		said := w.later(time.Second)
		w.want(said) // it is there again, for rows of a table that loads are certain; and it was never gone
		if held := w.Held(); held[0].Finding.Check != "link/wrong" || held[0].Unknown != "" {
			t.Errorf("its route is there again, and held is %+v", held[0])
		}
		w.tell(1, endOfRIB())
		w.want(w.later(time.Second), "info session-back mirror-b (127.0.0.3) on [isp-b], because hold timer expired")
	})
}

// TestAPartialTableRaisesWhatItShows: before End-of-RIB what is there counts, and what is not does not.
func TestAPartialTableRaisesWhatItShows(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.tell(0, up())
		w.tell(1, up(), announce(wrong, "65536"))
		said := w.later(time.Second)
		if !strings.Contains(said, "error raised "+wrongOnB) || strings.Contains(said, "link/missing") || !strings.Contains(said, "exit 3") {
			t.Errorf("said\n%s", said)
		}
		w.tell(0, endOfRIB())
		if said := w.later(time.Second); !strings.Contains(said, "error raised link/missing of prefix public on [isp-a]") {
			t.Errorf("after End-of-RIB:\n%s", said)
		}
	})
}

// TestOneRoutersLossLeavesAnothersFindings: what mirror-a shows is not touched by mirror-b's end.
func TestOneRoutersLossLeavesAnothersFindings(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(0, announce("198.51.100.0/24", "65536"))
		w.want(w.later(time.Second), "warn raised prefix/unexpected of prefix 198.51.100.0/24 on [isp-a]")
		w.tell(1, down())
		if said := w.later(time.Minute); strings.Contains(said, "unexpected") {
			t.Errorf("mirror-b is down, and of mirror-a is said\n%s", said)
		}
		w.tell(0, withdraw("198.51.100.0/24"))
		w.want(w.later(time.Second), "info cleared prefix/unexpected of prefix 198.51.100.0/24 on [isp-a]")
	})
}

// TestAuditsWaitForQuietButNotForEver: a router that never rests is audited all the same.
func TestAuditsWaitForQuietButNotForEver(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		began, said := time.Now(), ""
		for said == "" && time.Since(began) < time.Minute {
			time.Sleep(500 * time.Millisecond)
			w.tell(0, announce("203.0.113.0/24", "65536"))
			said = w.said()
		}
		if took := time.Since(began); took < 2*time.Second || took > 4*time.Second || !strings.Contains(said, wrongOnB) {
			t.Errorf("after %s: %s", took, said)
		}
	})
}

// TestALossIsSaidWhileAnotherRouterNeverRests: within 5 s, whatever else goes on.
func TestALossIsSaidWhileAnotherRouterNeverRests(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		w.tell(1, down())
		began, said := time.Now(), ""
		for !strings.Contains(said, "warn session-lost mirror-b (127.0.0.3) on [isp-b], 1 findings") {
			if time.Since(began) > 5*time.Second {
				t.Fatalf("after 5 s:\n%s", said)
			}
			time.Sleep(500 * time.Millisecond)
			w.tell(0, announce("203.0.113.0/24", "65536"))
			said += w.said()
		}
	})
}

// TestAFlappingFindingIsHeld: it is logged some times, said to flap once, and held as raised whatever
// it does, until it has been gone for a whole minute.
func TestAFlappingFindingIsHeld(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		var lines []string
		flip := func(u rib.Update) {
			w.tell(1, u)
			for line := range strings.SplitSeq(w.later(1500*time.Millisecond), "\n") {
				if strings.Contains(line, "link/wrong of prefix public") {
					lines = append(lines, line)
				}
			}
		}
		for range 30 {
			flip(announce(wrong, "65536"))
			flip(withdraw(wrong))
		}
		w.want(strings.Join(lines, "\n"), "error raised "+wrongOnB, "info cleared "+wrongOnB, "error raised "+wrongOnB, "info cleared "+wrongOnB, "error raised "+wrongOnB,
			"error flapping "+wrongOnB+", because it comes and goes: 6 changes since 2000-01-01T00:00:02Z, now gone; it is held until it has stood still for a minute")
		held := w.Held()
		if len(held) != 1 || held[0].Unknown != "" || !strings.Contains(held[0].Flapping, "it comes and goes: 60 changes since 2000-01-01T00:00:02Z, now gone") {
			t.Errorf("while it is gone for a moment, held is %+v", held)
		}
		w.want(w.later(57 * time.Second))
		if said := w.later(time.Minute); !strings.Contains(said, "info steady, link/wrong of prefix public cleared\ninfo cleared "+wrongOnB) || len(w.Held()) != 0 {
			t.Errorf("after its minute, with %d held:\n%s", len(w.Held()), said)
		}
		w.want(strings.ReplaceAll(w.later(11*time.Minute), "info status", ""), "", "")
		if len(w.ledger) != 0 {
			t.Errorf("the ledger still holds %d findings", len(w.ledger))
		}
	})
}

// TestAnEndlessFlapIsNeverCalledGone: whatever the beat of what comes and goes, the last word on it is
// that it is gone only where it is.
func TestAnEndlessFlapIsNeverCalledGone(t *testing.T) {
	for _, beat := range []time.Duration{time.Second, 4 * time.Second, 20 * time.Second, 59 * time.Second, 61 * time.Second, 3 * time.Minute} {
		t.Run(beat.String(), func(t *testing.T) {
			inWorld(t, twoMirrors, func(w *world) {
				w.settle()
				last, lines := "", 0
				listen := func() {
					for line := range strings.SplitSeq(w.later(beat+1500*time.Millisecond), "\n") {
						if _, what, _ := strings.Cut(line, " "); strings.Contains(line, wrongOnB) {
							lines++
							last, _, _ = strings.Cut(what, " ")
						}
					}
				}
				const rounds = 40
				for range rounds {
					w.tell(1, announce(wrong, "65536"))
					listen()
					if last == "" || last == "cleared" {
						t.Fatalf("while it stands, the last word is %q", last)
					}
					w.tell(1, withdraw(wrong))
					listen()
				}
				if minutes := int(2 * rounds * (beat + 1500*time.Millisecond) / time.Minute); lines > 7+minutes {
					t.Errorf("%d lines in %d minutes", lines, minutes)
				}
				for range 3 {
					w.later(time.Minute)
				}
				if held := w.Held(); len(held) != 0 {
					t.Errorf("it is gone, and held: %+v", held)
				}
			})
		})
	}
}

// TestAnAnswerThatComesAndGoesIsDamped: and never ends on "clean" while it is not.
func TestAnAnswerThatComesAndGoesIsDamped(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		var said []string
		flip := func(u rib.Update) {
			w.tell(1, u)
			for line := range strings.SplitSeq(w.later(1500*time.Millisecond), "\n") {
				if strings.Contains(line, " exit ") || strings.Contains(line, "warn flapping") {
					said = append(said, line)
				}
			}
		}
		for range 30 {
			flip(announce(wrong, "65536"))
			flip(withdraw(wrong))
		}
		if n := len(said); n != 8 || !strings.HasPrefix(said[n-1], "warn flapping") || said[n-2] != wrongExit {
			t.Errorf("%d lines:\n%s", n, strings.Join(said, "\n"))
		}
		if said := w.later(2 * time.Minute); !strings.Contains(said, cleanExit) {
			t.Errorf("after its minute:\n%s", said)
		}
	})
}

func TestAClockThatIsSetRaisesAndLosesNothing(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		for _, jump := range []time.Duration{-24 * time.Hour, 48 * time.Hour, -time.Minute} {
			w.skew.Add(int64(jump))
			if said := strings.ReplaceAll(w.later(3*time.Minute), "info status", ""); strings.TrimSpace(said) != "" {
				t.Errorf("the clock jumped by %s, and it says\n%s", jump, said)
			}
		}
		w.later(time.Minute)
		w.tell(1, down())
		w.skew.Add(-int64(time.Hour))
		w.later(time.Second)
		if why := strings.Join(w.Last().Reasons, "; "); !strings.Contains(why, "stale: 0s old") {
			t.Errorf("an age below zero: %s", why)
		}
	})
}

func TestAWaiverIsMarkedAndEnds(t *testing.T) {
	site := twoMirrors + "waivers: [{check: link/wrong, link: isp-b, reason: CHG0042, owner: net-edge, until: 2000-01-01}]\n"
	inWorld(t, site, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		if said := w.later(time.Second); !strings.Contains(said, "info raised "+wrongOnB+" waived") || strings.Contains(said, "exit") {
			t.Errorf("while it is waived:\n%s", said)
		}
		if said := w.later(24 * time.Hour); !strings.Contains(said, "error changed "+wrongOnB+"\n") || !strings.Contains(said, "waiver/expired") || !strings.Contains(said, "exit 1") {
			t.Errorf("on the next day:\n%s", said[:min(len(said), 2000)])
		}
	})
}

// TestADefectInAnAuditEndsNothing: what was found stands, the answer is not, and the next audit counts.
func TestADefectInAnAuditEndsNothing(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		w.defect.Store(true)
		w.tell(1, withdraw(wrong))
		time.Sleep(time.Second)
		synctest.Wait()
		logs := w.logs.TakeAll()
		if len(logs) != 2 || logs[0].Level != zapcore.ErrorLevel || !strings.Contains(fmt.Sprint(logs[0].ContextMap()["error"]), "a defect") || !strings.Contains(inShort(logs[1]), "exit 3") {
			t.Errorf("logged %v", logs)
		}
		w.defect.Store(false)
		w.tell(0, announce("203.0.113.0/24", "65536"))
		w.want(w.later(time.Second), "info cleared "+wrongOnB, cleanExit)
	})
}

// TestARouteThatCannotBeKeptMakesItsFeedPartial: and is said once, not a million times.
func TestARouteThatCannotBeKeptMakesItsFeedPartial(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()

		var many []rib.Update
		for id := range uint32(1200) {
			u := announce(wrong, "65536")
			u.Route.PathID = id
			many = append(many, u)
		}
		w.tell(1, many...)
		said := w.later(time.Second)
		if strings.Count(said, "route not kept") != 1 || !strings.Contains(said, "evidence/partial of feed mirror-b") || !strings.Contains(said, "exit 3 because [feed mirror-b is partial (127.0.0.3: a route could not be kept: more than 1024 paths") {
			t.Errorf("said\n%s", said)
		}
		w.tell(1, up(), endOfRIB())
		if said := w.later(time.Second); !strings.Contains(said, "info cleared "+wrongOnB) || !strings.Contains(said, cleanExit) {
			t.Errorf("the router sent everything again:\n%s", said)
		}
	})
}

func TestStatusSaysHowThingsStand(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		var status []map[string]any
		for _, e := range w.logs.TakeAll() {
			if f := e.ContextMap(); f["event"] == "status" {
				status = append(status, f)
			}
		}
		if len(status) != 1 || status[0]["routes"] != int64(2) || status[0]["error"] != int64(1) || status[0]["sessions_up"] != int64(0) || status[0]["connections_refused"] != int64(3) {
			t.Errorf("status %v", status)
		}
	})
}

func TestSessionsThatEndByThemselvesAreAnError(t *testing.T) {
	c := load(t, twoMirrors)
	s := &script{ended: make(chan struct{})}
	close(s.ended)
	c.Sessions = s
	c.Log = zap.NewNop()
	if err := New(c).Run(t.Context()); err == nil || errors.Is(err, t.Context().Err()) {
		t.Errorf("got %v", err)
	}
}

// TestAFloodOfFindingsIsNoFloodOfLines: whatever an audit finds, and of a leaked table one line says
// how many there are.
func TestAFloodOfFindingsIsNoFloodOfLines(t *testing.T) {
	inWorld(t, twoMirrors, func(w *world) {
		w.settle()
		var leaked []rib.Update
		for i := range 500 {
			leaked = append(leaked, announce(fmt.Sprintf("100.%d.%d.0/24", i/250, i%250), "65536"))
		}
		w.tell(1, leaked...)
		time.Sleep(time.Second)
		synctest.Wait()
		told, all := 0, w.logs.TakeAll()
		for _, e := range all {
			f := e.ContextMap()
			if f["event"] != "raised" {
				continue
			}
			told++
			if more, ok := f["more"].(int64); ok {
				told += int(more) - 1
			}
		}
		if len(all) > mostLines+1 || told != 500 {
			t.Errorf("%d lines tell of %d findings", len(all), told)
		}
		n := news{}
		for i := range 500 {
			f := &policy.Finding{ID: fmt.Sprint(i), Severity: policy.Warning, Cause: policy.Cause{What: policy.CauseAdvertised, Link: fmt.Sprint(i)}}
			n[nowRaised] = append(n[nowRaised], &entry{Finding: f, standing: raised})
		}
		w.sayNews(n, nil)
		all = w.logs.TakeAll()
		last := all[len(all)-1].ContextMap()
		if len(all) != mostLines+1 || last["count"] != int64(400) || !strings.Contains(fmt.Sprint(last["note"]), "and 400 more findings") {
			t.Errorf("%d lines, the last of them %v", len(all), last)
		}
	})
}

// TestAuditsLeaveTheTableToTheRouters: one that takes long is not followed by another at once.
func TestAuditsLeaveTheTableToTheRouters(t *testing.T) {
	start := time.Now()
	p := pacer{Pace: Pace{}.orDefault()}
	if got := p.wait(start); got != time.Second {
		t.Errorf("the first change waits %s", got)
	}
	if got := p.wait(start.Add(2500 * time.Millisecond)); got != 500*time.Millisecond {
		t.Errorf("a change after 2.5 s of them waits %s", got)
	}
	if got := p.wait(start.Add(4 * time.Second)); got != 0 {
		t.Errorf("a change after 4 s of them waits %s", got)
	}
	p.audited(start, start.Add(5*time.Second))
	if got := p.wait(start.Add(5 * time.Second)); got != 20*time.Second {
		t.Errorf("a change after an audit of 5 s waits %s", got)
	}
}
