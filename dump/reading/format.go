package reading

import (
	"bytes"
	"strings"
)

// Format is a kind of dump: how to know it, and how to read it.
type Format struct {
	Name string
	// Sniff reports whether a file that begins with head is of this format. head is at most
	// [HeadSize] bytes of text, from the first line on that is no comment, warning, prompt or
	// echoed command. It must not claim summaries or neighbour pages.
	Sniff func(head []byte) bool
	// Read hands every row to the collector. An error means that the file holds no table that
	// can be read; a bad row, a cut or a wrong line is the collector's to count.
	Read func(in *Input, c *Collector) error
	// Shape is what a dump of this format cannot show even when it holds no row to tell by.
	Shape func(src Source) Header
	// OneFamily says that one answer is of one address family: its silence says nothing of the other.
	OneFamily bool
}

// BodyOf drops the lines that stand before a JSON document: comments, warnings, prompts, echoed
// commands. Text that holds no document stays as it is.
func BodyOf(head []byte) []byte {
	for rest := head; len(rest) > 0; {
		line := bytes.TrimLeft(rest, " \t\r\n")
		if len(line) == 0 {
			break
		}
		if (line[0] == '{' || line[0] == '[') && JSONStart(line) {
			return line
		}
		_, rest, _ = bytes.Cut(line, []byte("\n"))
	}
	return head
}

// Member is a key that stands somewhere in the head of a JSON document, and the first byte of
// its value.
type Member struct {
	Key   string
	Opens byte
}

// Members lists the keys of the head, in the order they stand.
func Members(body []byte) []Member {
	var list []Member
	for i := 0; i < len(body); i++ {
		if body[i] != '"' {
			continue
		}
		c := Cursor{Bytes: body, Pos: i}
		name := string(c.Text())
		if c.Err != nil {
			break
		}
		i = c.Pos - 1
		if c.Peek() == ':' {
			c.Pos++
			list = append(list, Member{name, c.Peek()})
		}
	}
	return list
}

// HasMember reports whether one of keys is among the list, in any case of letters.
func HasMember(list []Member, keys ...string) bool {
	for _, m := range list {
		for _, k := range keys {
			if strings.EqualFold(m.Key, k) {
				return true
			}
		}
	}
	return false
}

// FirstLine cuts the first line off, without the blanks around it.
func FirstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return bytes.TrimSpace(line)
}

// RoutesByPrefix reports whether the keys of a head are those of FRR's tables, which are objects with a member
// for each prefix. OpenConfig has a "routes" too, of which "route" is the list, and which may be empty.
func RoutesByPrefix(list []Member) bool {
	tree := openConfigTree(list)
	for i, m := range list {
		switch m.Key {
		case "routes", "advertisedRoutes", "receivedRoutes", "filteredRoutes":
			next := ""
			if i+1 < len(list) {
				next = list[i+1].Key
			}
			if m.Opens == '{' && (strings.Contains(next, "/") || !tree && next != "route") {
				return true
			}
		}
	}
	return false
}

// openConfigTree reports whether a name above the routes of OpenConfig's tree is among the list.
func openConfigTree(list []Member) bool {
	for _, m := range list {
		if module, name, _ := strings.Cut(m.Key, ":"); strings.HasPrefix(module, "openconfig-") && name != "" {
			return true
		}
	}
	return HasMember(list, "network-instances", "afi-safis", "loc-rib", "attr-sets",
		"adj-rib-in-pre", "adj-rib-in-post", "adj-rib-out-pre", "adj-rib-out-post")
}
