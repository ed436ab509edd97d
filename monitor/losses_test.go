package monitor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bgpaudit/policy"
)

const (
	downB = "warn session-lost mirror-b (127.0.0.3) on [isp-b], 0 findings, 0 flows and 4 checks unknown, because hold timer expired"
	backB = "info session-back mirror-b (127.0.0.3) on [isp-b], because hold timer expired"
)

// TestTheStartSaysNothingUntilEverySessionIsWhole: and every answer is unknown until then.
func TestTheStartSaysNothingUntilEverySessionIsWhole(t *testing.T) {
	inGrace(t, twoMirrors, func(w *world) {
		w.want(w.said(), "info starting")
		w.tell(0, up(), announce("203.0.113.0/24", "65536"), endOfRIB())
		w.want(w.later(time.Minute))
		if last := w.Last(); !w.Starting() || last.Exit != policy.ExitIncomplete {
			t.Errorf("with one session up it starts: %v, exit %d", w.Starting(), last.Exit)
		}
		w.tell(1, up())
		w.tell(1, down()) // it does not come up at once
		w.want(w.later(time.Minute))
		w.tell(1, up(), endOfRIB())
		w.want(w.later(time.Second), cleanExit)
		if w.Starting() {
			t.Error("every session is whole, and it starts")
		}
	})
}

// TestTheStartEndsWithItsGrace: what has not come by then is said, a session a line.
func TestTheStartEndsWithItsGrace(t *testing.T) {
	inGrace(t, twoMirrors, func(w *world) {
		w.tell(0, up(), announce("203.0.113.0/24", "65536"), endOfRIB())
		w.want(w.later(grace-time.Second), "info starting")
		w.want(w.later(3*time.Second),
			"warn session-lost mirror-b (127.0.0.3) on [isp-b], 0 findings, 0 flows and 4 checks unknown, because it has not come up yet",
			"warn exit 3 because [feed mirror-b could not be read (no session yet) 0 flows and 4 check states unknown no flow was checked: no service is declared]")
		w.tell(1, up(), endOfRIB())
		w.want(w.later(time.Second), "info session-up mirror-b (127.0.0.3) on [isp-b]", cleanExit)
	})
}

// TestAFindingOfTheStartIsSaid: rows of a table that loads are certain.
func TestAFindingOfTheStartIsSaid(t *testing.T) {
	inGrace(t, twoMirrors, func(w *world) {
		w.said()
		w.tell(1, up(), announce(wrong, "65536"))
		w.want(w.later(time.Second), "error raised "+wrongOnB)
	})
}

// TestARouterThatRestartsIsTwoLines: nothing is cleared by it and raised again, in the log and by the
// events; meanwhile every answer is unknown.
func TestARouterThatRestartsIsTwoLines(t *testing.T) {
	for _, c := range []struct {
		name string
		away time.Duration
	}{
		{"within seconds", 5 * time.Second},
		{"after an hour", time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			inGrace(t, twoMirrors, func(w *world) {
				w.settle()
				w.said()
				events, stop := w.Follow()
				defer stop()
				w.tell(1, down())
				w.want(withoutStatus(w.later(c.away)), downB)
				if w.Last().Exit != policy.ExitIncomplete {
					t.Errorf("while it is away: exit %d", w.Last().Exit)
				}
				w.tell(1, up())
				w.want(w.later(10 * time.Second))
				w.tell(1, endOfRIB())
				w.want(w.later(time.Second), backB)
				var met []string
				for len(events) > 0 {
					e := <-events
					met = append(met, fmt.Sprintf("%s %v", e.What, e.Session != nil))
				}
				if got := strings.Join(met, ", "); got != "session-lost true, session-back true" {
					t.Errorf("the events were %s", got)
				}
				if w.Last().Exit != policy.ExitClean || len(w.Held()) != 0 {
					t.Errorf("at the end: exit %d, held %v", w.Last().Exit, w.Held())
				}
			})
		})
	}
}

// TestASessionThatIsBackBeforeTheAuditIsOneLine.
func TestASessionThatIsBackBeforeTheAuditIsOneLine(t *testing.T) {
	inGrace(t, twoMirrors, func(w *world) {
		w.settle()
		w.said()
		w.tell(1, down())
		w.tell(1, up(), endOfRIB())
		w.want(w.later(time.Second), backB)
	})
}

// TestATableThatDoesNotComeIsSaid: a router that is back and sends no End-of-RIB is excused for the
// grace, and no longer.
func TestATableThatDoesNotComeIsSaid(t *testing.T) {
	inGrace(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, down())
		w.later(time.Second)
		w.tell(1, up())
		w.want(w.later(grace - time.Second))
		said := w.later(time.Minute)
		w.want(said, "warn raised evidence/blind of link isp-b on [isp-b], evidence/partial of feed mirror-b raised",
			"warn exit 3 because [feed mirror-b is partial (127.0.0.3 has not sent its ipv4 End-of-RIB yet) 0 flows and 4 check states unknown no flow was checked: no service is declared]")
		w.tell(1, endOfRIB())
		w.want(w.later(time.Second), backB, "info cleared evidence/blind of link isp-b on [isp-b], evidence/partial of feed mirror-b cleared", cleanExit)
	})
}

// TestALossHidesNothingElse: what another router shows is raised and cleared all the while, and another
// loss is another line.
func TestALossHidesNothingElse(t *testing.T) {
	inGrace(t, twoMirrors, func(w *world) {
		w.settle()
		w.said()
		w.tell(1, down())
		w.want(w.later(time.Second), downB)
		w.tell(0, announce("198.51.100.0/24", "65536"))
		w.want(w.later(time.Second), "warn raised prefix/unexpected of prefix 198.51.100.0/24 on [isp-a]")
		w.tell(0, withdraw("198.51.100.0/24"))
		w.want(w.later(time.Second), "info cleared prefix/unexpected of prefix 198.51.100.0/24 on [isp-a]")
		w.tell(0, down())
		if said := w.later(time.Second); !strings.HasPrefix(said, "warn session-lost mirror-a (127.0.0.2) on [isp-a], ") || strings.Contains(said, "\n") {
			t.Errorf("the other router is gone too:\n%s", said)
		}
		w.tell(1, up(), endOfRIB())
		w.want(w.later(time.Second), backB)
	})
}

// TestASessionThatFlapsIsSaidToFlap: and what it makes unknown is not said to flap besides.
func TestASessionThatFlapsIsSaidToFlap(t *testing.T) {
	inGrace(t, twoMirrors, func(w *world) {
		w.settle()
		w.tell(1, announce(wrong, "65536"))
		w.later(time.Second)
		said := ""
		for range 20 {
			w.tell(1, down())
			said += w.later(2*time.Second) + "\n"
			w.tell(1, up(), announce(wrong, "65536"), endOfRIB())
			said += w.later(2*time.Second) + "\n"
		}
		said = strings.Join(strings.Fields(strings.ReplaceAll(said, " ", "_")), "\n")
		if lines := strings.Split(said, "\n"); len(lines) != 6 || !strings.HasPrefix(lines[5], "warn_session-flapping_mirror-b") {
			t.Errorf("it was said\n%s", said)
		}
		w.want(w.later(2*time.Minute), backB)
		if held := w.Held(); len(held) != 1 || held[0].Flapping != "" || held[0].Unknown != "" {
			t.Errorf("held is %+v", held)
		}
	})
}

func withoutStatus(said string) string {
	var out []string
	for line := range strings.SplitSeq(said, "\n") {
		if line != "info status" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
