package api

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"bgpaudit/bgp"
	"bgpaudit/report"
	"bgpaudit/rib"
)

type sessionsJSON struct {
	Version  int           `json:"version"`
	Sessions []sessionJSON `json:"sessions"`
	Refused  []refusedJSON `json:"refused"`
}

type sessionJSON struct {
	Name       string    `json:"name"`
	Address    string    `json:"address"`
	ASN        uint32    `json:"asn"`
	LocalASN   uint32    `json:"local_asn"`
	State      bgp.State `json:"state"`
	Since      *string   `json:"since"`
	RouterID   *string   `json:"router_id"`
	HoldTime   int       `json:"hold_time"`
	Families   []string  `json:"families"`
	AddPath    []string  `json:"add_path"`
	EndOfRIB   []string  `json:"end_of_rib"`
	Offered    []string  `json:"offered"`
	Restarting bool      `json:"restarting"`
	Flaps      int       `json:"flaps"`
	Routes     int       `json:"routes"`
	Updates    uint64    `json:"updates"`
	Refused    uint64    `json:"refused"`
	Discarded  uint64    `json:"discarded"`
	Foreign    uint64    `json:"foreign"`
	OverLimit  bool      `json:"over_limit"`
	Suppressed uint64    `json:"suppressed"`
	BytesIn    uint64    `json:"bytes_in"`
	BytesOut   uint64    `json:"bytes_out"`
	LastError  *lastJSON `json:"last_error"`
}

type lastJSON struct {
	Time    string `json:"time"`
	Text    string `json:"text"`
	Sent    bool   `json:"sent"`
	Got     bool   `json:"got"`
	Code    uint8  `json:"code"`
	Subcode uint8  `json:"subcode"`
	Octets  string `json:"octets"`
}

type refusedJSON struct {
	Time    string `json:"time"`
	Address string `json:"address"`
	Reason  string `json:"reason"`
	Count   int    `json:"count"`
}

func (s *Server) sessions(q *question) error {
	all, refused := s.Monitor.Sessions.Sessions(), s.Monitor.Sessions.Refusals()
	if q.form.Output == "text" {
		sessionsText(q, all, refused)
		return nil
	}
	out := sessionsJSON{1, []sessionJSON{}, []refusedJSON{}}
	for i := range all {
		out.Sessions = append(out.Sessions, sessionOf(&all[i]))
	}
	for _, r := range refused {
		out.Refused = append(out.Refused, refusedJSON{stamp(r.Time), r.Address.String(), r.Reason, r.Count})
	}
	return report.JSON(q, out)
}

func sessionOf(s *bgp.Session) sessionJSON {
	out := sessionJSON{
		Name: s.Name, Address: s.Address.String(), ASN: s.ASN, LocalASN: s.LocalASN, State: s.State, Since: stampOrNull(s.Since), RouterID: addrOrNull(s.RouterID),
		HoldTime: int(s.HoldTime / time.Second), Families: named(s.Families), AddPath: named(s.AddPath), EndOfRIB: named(s.EndOfRIB), Offered: append([]string{}, s.Offered...),
		Restarting: s.Restarts, Flaps: s.Flaps, Routes: s.Routes, Updates: s.Updates, Refused: s.Refused, Discarded: s.Discarded, Foreign: s.Foreign,
		OverLimit: s.OverLimit, Suppressed: s.Suppressed, BytesIn: s.BytesIn, BytesOut: s.BytesOut,
	}
	if e := s.LastError; e != nil {
		out.LastError = &lastJSON{stamp(e.Time), e.Text, e.Sent, e.Got, e.Code, e.Subcode, hex.EncodeToString(e.Octets)}
	}
	return out
}

func sessionsText(q *question, all []bgp.Session, refused []bgp.Refusal) {
	for i := range all {
		s := &all[i]
		fmt.Fprintf(q, "%s  %s AS%d: %s since %s, %d routes, %d flaps\n", report.Clean(s.Name), s.Address, s.ASN, s.State, stamp(s.Since), s.Routes, s.Flaps)
		if e := s.LastError; e != nil {
			fmt.Fprintf(q, "  last error: %s %s\n", stamp(e.Time), report.Clean(e.Text))
		}
	}
	for _, r := range refused {
		fmt.Fprintf(q, "refused: %s, %s (%d times, last %s)\n", r.Address, report.Clean(r.Reason), r.Count, stamp(r.Time))
	}
}

// named lists the families that are set.
func named(set [2]bool) []string {
	out := []string{}
	for _, fam := range rib.Families {
		if set[fam] {
			out = append(out, fam.String())
		}
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func stampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := stamp(t)
	return &text
}

func addrOrNull(a netip.Addr) *string {
	if !a.IsValid() {
		return nil
	}
	text := a.String()
	return &text
}
