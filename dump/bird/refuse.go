package bird

import (
	"bytes"
	"errors"
	"fmt"

	"bgpaudit/dump/reading"
)

// birdPages are what BIRD prints that is no table, by words in its first lines.
var birdPages = []struct{ words, what string }{
	{"routes for ", "a count of BIRD's routes"},
	{"Router ID is ", "BIRD's status"},
	{"Daemon is ", "BIRD's status"},
	{"Proto    ", "a list of BIRD's protocols"},
	{"Input filter:", "a list of BIRD's protocols"},
	{"Neighbor address:", "a BGP neighbor page"},
	{"BGP state:", "a BGP neighbor page"},
}

// Page names the page of BIRD that a head comes from.
func Page(head []byte) string {
	for _, p := range birdPages {
		if bytes.Contains(head, []byte(p.words)) && (bytes.Contains(head, []byte("BIRD ")) || p.words == "Input filter:") {
			return p.what
		}
	}
	return ""
}

// Answer is BIRD's answer where it greets and then says something else than routes: an error.
func Answer(head []byte) string {
	greeted := false
	for rest := head; len(rest) > 0; {
		var raw []byte
		raw, rest, _ = bytes.Cut(rest, []byte("\n"))
		l := cutBIRDLine(raw)
		text := bytes.TrimSpace(l.text)
		switch {
		case bytes.HasPrefix(text, birdGreeting) && bytes.HasSuffix(text, []byte(" ready.")):
			greeted = true
		case l.failed(), greeted && len(text) > 0:
			return string(text)
		}
	}
	return ""
}

var errBIRDNaked = errors.New("shows no attributes of its routes: say all in the command (show route all, show route export P all)")

var errBIRDOthers = errors.New("not a route table of IPv4 or IPv6 unicast: it holds tables of other families only (flows, ROAs, VPNs): export master4 and master6")

// refused is the error of a file that holds no table at all.
func (r *reader) refused() error {
	if r.Result.Routes > 0 || r.Stopped() {
		return nil
	}
	switch {
	case r.naked > 0 && r.naked == r.Result.Skipped:
		return errBIRDNaked
	case r.others && !r.unicast && !r.ZeroStated:
		return errBIRDOthers
	case r.rows > 0 || r.ZeroStated:
		return nil
	case r.command.counted:
		return errors.New("not a route table: looks like a count of BIRD's routes: export the routes themselves, as docs/formats says")
	case r.answer != "":
		return fmt.Errorf("the router answered %s, not a table: run the command by hand first", reading.Quote(r.answer))
	case !r.greeted:
		return errors.New("holds no route as BIRD prints it: check the command that made it")
	}
	return nil
}
