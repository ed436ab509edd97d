package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rowSpoil is a file with one row spoiled.
type rowSpoil struct {
	class, what string
	less        bool
	text        string
}

// rowSpoils spoils each row of a dump, whatever its format.
func rowSpoils(text string) []rowSpoil {
	var out []rowSpoil
	cut := func(n int) { out = append(out, rowSpoil{"cut off", fmt.Sprintf("after %d bytes", n), true, text[:n]}) }
	for _, part := range []int{4, 3, 2} {
		cut(len(text) - len(text)/part)
	}
	cut(len(strings.TrimRight(text, "\n \t")) - 1)
	cut(0)
	switch {
	case strings.HasPrefix(text, `{"header"`):
		return append(out, recordSpoils(text)...)
	case strings.HasPrefix(strings.TrimSpace(text), "{"):
		return append(out, documentSpoils(text)...)
	}
	return append(out, lineSpoils(text)...)
}

// change is one change of a row that is a JSON object.
type change struct {
	class, what string
	less        bool
	do          func(row map[string]any) bool // false where it does not apply
}

func set(key string, value any) func(map[string]any) bool {
	return func(row map[string]any) bool { row[key] = value; return true }
}

func setHad(key string, value any) func(map[string]any) bool {
	return func(row map[string]any) bool {
		if _, ok := row[key]; ok {
			row[key] = value
			return true
		}
		return false
	}
}

var strangers = []string{"65550", "65540", "12076", "65536", "65541"}

// firstASN puts another ASN in the place of the first of a path.
func firstASN(key, asn string) func(map[string]any) bool {
	return func(row map[string]any) bool {
		path, ok := row[key].(string)
		if !ok {
			return false
		}
		words := strings.Fields(path)
		if len(words) == 0 {
			words = []string{asn}
		}
		words[0] = asn
		row[key] = strings.Join(words, " ")
		return row[key] != path
	}
}

// recordSpoils are those of canonical records.
func recordSpoils(text string) (out []rowSpoil) {
	changes := []change{
		{"row unreadable", "prefix", true, set("prefix", "203.0.113.0/99")},
		{"row unreadable", "path", true, set("as_path", "65a 1")},
		{"next hop changed", "stranger", false, set("next_hop", "192.0.2.99")},
		{"next hop changed", "other", false, set("next_hop", "192.0.2.22")},
		{"neighbor changed", "other", false, set("neighbor", "192.0.2.22")},
		{"neighbor changed", "own", false, set("neighbor", "192.0.2.18")},
		{"mark best", "off", false, set("best", false)},
		{"mark best", "on", false, set("best", true)},
		{"mark stale", "on", false, set("stale", true)},
		{"mark withdrawn", "on", false, set("withdrawn", true)},
		{"mark internal", "on", false, set("neighbor_asn", 65536)},
		{"NO_EXPORT", "", false, set("communities", []string{"65535:65281"})},
		{"communities hidden", "", false, set("communities", []string{})},
	}
	for _, asn := range strangers {
		changes = append(changes, change{"first ASN changed", asn, false, firstASN("as_path", asn)})
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if strings.Contains(line, `{"header"`) || strings.Contains(line, `{"trailer"`) {
			continue
		}
		out = append(out, rowSpoil{"row deleted where the count shows it", fmt.Sprint("line ", i+1), true, strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n") + "\n"})
		for _, c := range changes {
			var row map[string]any
			if json.Unmarshal([]byte(line), &row) != nil || !c.do(row) {
				continue
			}
			changed := slices.Clone(lines)
			changed[i] = marshalled(row)
			out = append(out, rowSpoil{c.class, fmt.Sprintf("line %d %s", i+1, c.what), c.less, strings.Join(changed, "\n") + "\n"})
		}
	}
	return out
}

func marshalled(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimRight(b.String(), "\n")
}

// documentSpoils are those of FRR's and Azure's JSON.
func documentSpoils(text string) (out []rowSpoil) {
	var doc map[string]any
	if json.Unmarshal([]byte(text), &doc) != nil {
		return nil
	}
	changes := []change{
		{"row unreadable", "network", true, func(row map[string]any) bool {
			bad := false
			for _, key := range []string{"network", "addrPrefix", "prefix"} {
				bad = setHad(key, "203.0.113.0.1/99")(row) || bad
			}
			return bad
		}},
		{"row unreadable", "path", true, setHad("path", "65a 1")},
		{"next hop changed", "stranger", false, setHad("nextHop", "192.0.2.99")},
		{"next hop changed", "other", false, setHad("nextHop", "192.0.2.21")},
		{"next hop changed", "other's neighbour", false, setHad("nextHop", "192.0.2.22")},
		{"next hop changed", "stranger", false, setHad("nextHopGlobal", "2001:db8:ffff::1")},
		{"next hop changed", "stranger", false, func(row map[string]any) bool {
			hops, ok := row["nexthops"].([]any)
			if ok {
				hops[0].(map[string]any)["ip"] = "192.0.2.99"
			}
			return ok
		}},
		{"neighbor changed", "other", false, setHad("peerId", "192.0.2.22")},
		{"mark best", "off", false, setHad("bestpath", false)},
		{"mark best", "on", false, setHad("bestpath", true)},
		{"mark valid", "off", false, setHad("valid", false)},
		{"mark internal", "on", false, setHad("pathFrom", "internal")},
		{"mark history", "on", false, setHadThen("valid", "history", true)},
		{"mark stale", "on", false, setHadThen("valid", "stale", true)},
		{"mark damped", "on", false, setHadThen("valid", "damped", true)},
		{"mark RPKI invalid", "on", false, setHadThen("valid", "rpkiValidationState", "invalid")},
		{"local preference changed", "", false, setHadThen("valid", "locPrf", 250)},
	}
	for _, asn := range strangers {
		changes = append(changes, change{"first ASN changed", asn, false, firstASN("path", asn)})
	}
	for _, symbol := range []string{"s", "d", "h", "*", ">", "=", "i", "r", "S", "R"} {
		changes = append(changes, change{"mark of an advertised row", symbol, false, func(row map[string]any) bool {
			marks, ok := row["appliedStatusSymbols"].(map[string]any)
			if ok && marks[symbol] != nil {
				delete(marks, symbol)
			} else if ok {
				marks[symbol] = true
			}
			return ok
		}})
	}
	_, counted := doc["totalPrefixCounter"]
	for n := 0; ; n++ {
		if _, ok := documentWithout(text, n); !ok {
			break
		}
		if counted {
			gone, _ := documentWithout(text, n)
			out = append(out, rowSpoil{"row deleted where the count shows it", fmt.Sprint("row ", n), true, gone})
		}
		for _, c := range changes {
			var doc map[string]any
			_ = json.Unmarshal([]byte(text), &doc)
			if rows := documentRows(doc); c.do(rows[n].row) {
				out = append(out, rowSpoil{c.class, fmt.Sprintf("row %d %s", n, c.what), c.less, marshalled(doc) + "\n"})
			}
		}
	}
	return out
}

func setHadThen(had, key string, value any) func(map[string]any) bool {
	return func(row map[string]any) bool {
		if _, ok := row[had]; !ok {
			return false
		}
		row[key] = value
		return true
	}
}

type documentRow struct {
	row    map[string]any
	remove func()
}

// documentRows finds the rows of a document: FRR's maps by prefix, Azure's list.
func documentRows(doc map[string]any) (out []documentRow) {
	for _, key := range []string{"advertisedRoutes", "routes"} {
		rows, ok := doc[key].(map[string]any)
		if !ok {
			continue
		}
		for _, prefix := range sortedKeys(rows) {
			gone := func() { delete(rows, prefix) }
			switch v := rows[prefix].(type) {
			case map[string]any:
				out = append(out, documentRow{v, gone})
			case []any:
				for _, row := range v {
					out = append(out, documentRow{row.(map[string]any), gone})
				}
			}
		}
	}
	if list, ok := doc["value"].([]any); ok {
		for i, row := range list {
			out = append(out, documentRow{row.(map[string]any), func() { doc["value"] = slices.Delete(slices.Clone(list), i, i+1) }})
		}
	}
	return out
}

func sortedKeys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func documentWithout(text string, n int) (string, bool) {
	var doc map[string]any
	if json.Unmarshal([]byte(text), &doc) != nil {
		return "", false
	}
	rows := documentRows(doc)
	if n >= len(rows) {
		return "", false
	}
	rows[n].remove()
	return marshalled(doc) + "\n", true
}

var (
	prefixInLine  = regexp.MustCompile(`[0-9a-fA-F]+[.:][0-9a-fA-F.:]*/\d+`)
	addressInLine = regexp.MustCompile(`\b(192\.0\.2\.\d+|2001:(?i:db8):0:[^\s/]+)\b`)
	firstInLine   = regexp.MustCompile(`\b(12076|65540|65541|65536)\b`)
	countInText   = regexp.MustCompile(`(?m)^(Total number of prefixes|Displayed|\d+ of \d+ routes)`)
)

// lineSpoils are those of tables in text: a line with a prefix or a mark is a row, with what stands
// indented below it.
func lineSpoils(text string) (out []rowSpoil) {
	lines := strings.SplitAfter(text, "\n")
	put := func(class, what string, less bool, at int, with ...string) {
		if all := strings.Join(slices.Concat(lines[:at], with, lines[at+1:]), ""); all != text {
			out = append(out, rowSpoil{class, fmt.Sprintf("line %d %s", at+1, what), less, all})
		}
	}
	for i, line := range lines {
		switch {
		case strings.Contains(line, "show ") || strings.Contains(line, "az network"):
			put("command left out", "", true, i)
			for _, was := range []string{"192.0.2.1 ", "192.0.2.18 ", "192.0.2.22 ", "primary", "secondary", "isp_b"} {
				for _, now := range []string{"192.0.2.9 ", "192.0.2.22 ", "192.0.2.18 ", "secondary", "primary", "isp_c"} {
					if (len(was) < 10) == (len(now) < 10) && strings.Contains(line, was) {
						put("another command", now, false, i, strings.Replace(line, was, now, 1))
					}
				}
			}
			for _, now := range []string{"routes", "advertised-routes", "received-routes"} {
				put("another command", now, false, i, regexp.MustCompile(`(advertised-|received-)?routes\b`).ReplaceAllString(line, now))
			}
			put("another command", "export", false, i, strings.Replace(line, "protocol", "export", 1))
			put("another command", "protocol", false, i, strings.Replace(line, "export", "protocol", 1))
		case strings.Contains(line, "Status codes") || strings.Contains(line, "local router ID"):
		case startsRow(line):
			end := i + 1
			for end < len(lines) && strings.HasPrefix(lines[end], " ") && !startsRow(lines[end]) || end < len(lines) && strings.HasPrefix(lines[end], "\t") {
				end++
			}
			if countInText.MatchString(text) {
				gone := strings.Join(slices.Concat(lines[:i], lines[end:]), "")
				out = append(out, rowSpoil{"row deleted where the count shows it", fmt.Sprint("line ", i+1), true, gone})
			}
			if at := prefixInLine.FindStringIndex(line); at != nil {
				put("row unreadable", "prefix", true, i, line[:at[0]]+"203.0.113.0.1/99"+line[at[1]:])
			}
			put("row unreadable", "half", true, i, line[:len(line)/2]+"\n")
			for _, marks := range []string{"*>", "* ", "*=", "*>i", "* i", "r>", "h ", "S ", "d ", "s>", "I*>", "Ni"} {
				if was := marksOf(line); was != "" {
					put("mark of a row in text", marks, false, i, strings.Replace(line, was, fmt.Sprintf("%*s", -len(was), marks), 1))
				}
			}
			if strings.Contains(line, "* (") { // BIRD's best mark
				put("mark best", "off", false, i, strings.Replace(line, "* (", "(", 1))
				put("mark stale", "on", false, i, strings.Replace(line, "* (200)", "* (200s)", 1))
				put("mark stale", "on", false, i, strings.Replace(line, "* (100)", "* (100s)", 1))
				put("NO_EXPORT", "", false, i, line, "\tBGP.community: (65535,65281)\n")
			}
			if strings.HasSuffix(line, "0\n") && strings.Contains(line, "65536") { // Azure's
				put("mark best", "on", false, i, addressInLine.ReplaceAllString(line, "$1*"))
			}
		}
		if prefixInLine.MatchString(line) || strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "*") {
			for _, hop := range []string{"192.0.2.99", "192.0.2.22", "192.0.2.5", "2001:db8:0:e::6"} {
				if at := addressInLine.FindAllStringIndex(line, -1); len(at) > 0 && !strings.Contains(line, "router ID") {
					last := at[len(at)-1]
					put("next hop changed", hop, false, i, line[:last[0]]+hop+line[last[1]:])
				}
			}
			for _, asn := range strangers {
				put("first ASN changed", asn, false, i, firstInLine.ReplaceAllString(line, asn))
			}
		}
	}
	return out
}

func startsRow(line string) bool {
	return marksOf(line) != "" || prefixInLine.MatchString(line) && !strings.Contains(line, "codes")
}

// marksOf are the marks that a row of IOS or FRR begins with.
func marksOf(line string) string {
	if m := regexp.MustCompile(`^( \*>  ?|\*> ?)`).FindString(line); m != "" {
		return strings.TrimPrefix(strings.TrimSuffix(m, " "), " ")
	}
	return ""
}
