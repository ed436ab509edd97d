package dump

import (
	"bytes"
	"fmt"
	"strings"
)

// Format is a kind of dump: how to know it, and how to read it.
type Format struct {
	Name string
	// Sniff reports whether a file that begins with head is of this format. head is at most
	// [headSize] bytes of text, from the first line on that is no comment, warning, prompt or
	// echoed command. It must not claim summaries or neighbour pages.
	Sniff func(head []byte) bool
	// Read hands every row to the collector. An error means that the file holds no table that
	// can be read; a bad row, a cut or a wrong line is the collector's to count.
	Read func(in *input, c *collector) error
	// Shape is what a dump of this format cannot show even when it holds no row to tell by.
	Shape func(src Source) Header
}

// Formats are the formats that Read knows, alphabetical. A page in docs/formats goes with each.
var Formats = []Format{
	azureJSON,
	azureList,
	azureTable,
	bgpdumpText,
	birdText,
	birdwatcher,
	eosText,
	eosJSON,
	fortiosText,
	frrText,
	frrJSON,
	gobgpText,
	gobgpJSON,
	iosText,
	iosxrText,
	jsonlFormat,
	junosText,
	junosJSON,
	junosXML,
	mrtFormat,
	nokiaText,
	nokiaJSON,
	nxosText,
	nxosJSON,
	openbgpdText,
	openbgpdJSON,
	openconfigJSON,
	panosText,
	pcapFormat,
	srlinuxText,
}

// FormatNames lists the names that a config may give as format, beside auto.
func FormatNames() []string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return names
}

// chooseFormat finds the format of a file by its declared name, or by its text.
func chooseFormat(declared string, head []byte) (*Format, error) {
	if declared != "" && declared != "auto" {
		for i := range Formats {
			if Formats[i].Name == declared {
				return &Formats[i], nil
			}
		}
		return nil, fmt.Errorf("unknown format %q: write auto or one of %s", declared, strings.Join(FormatNames(), ", "))
	}
	body := bodyOf(head)
	var claims []*Format
	var names []string
	for i := range Formats {
		if Formats[i].Sniff(body) {
			claims = append(claims, &Formats[i])
			names = append(names, Formats[i].Name)
		}
	}
	switch len(claims) {
	case 1:
		return claims[0], nil
	case 0:
		return nil, refusal(head, body)
	}
	return nil, fmt.Errorf("could be %s: say which with format: on the feed", strings.Join(names, " or "))
}

// bodyOf drops the lines that stand before a JSON document: comments, warnings, prompts, echoed
// commands. Text that holds no document stays as it is.
func bodyOf(head []byte) []byte {
	for rest := head; len(rest) > 0; {
		line := bytes.TrimLeft(rest, " \t\r\n")
		if len(line) == 0 {
			break
		}
		if (line[0] == '{' || line[0] == '[') && jsonStart(line) {
			return line
		}
		_, rest, _ = bytes.Cut(line, []byte("\n"))
	}
	return head
}

// member is a key that stands somewhere in the head of a JSON document, and the first byte of
// its value.
type member struct {
	key   string
	opens byte
}

// members lists the keys of the head, in the order they stand.
func members(body []byte) []member {
	var list []member
	for i := 0; i < len(body); i++ {
		if body[i] != '"' {
			continue
		}
		c := cursor{b: body, i: i}
		name := string(c.str())
		if c.err != nil {
			break
		}
		i = c.i - 1
		if c.peek() == ':' {
			c.i++
			list = append(list, member{name, c.peek()})
		}
	}
	return list
}

func hasMember(list []member, keys ...string) bool {
	for _, m := range list {
		for _, k := range keys {
			if strings.EqualFold(m.key, k) {
				return true
			}
		}
	}
	return false
}
