package configs

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the generated files")

const docsPage = "../docs/config.md"

// keysBlock is a generated table of the page: what stands between the two comments.
var keysBlock = regexp.MustCompile(`(?s)<!-- keys: ([a-z0-9.-]*) -->\n.*?<!-- end keys -->`)

// TestDocsNameEveryKey holds docs/config.md to the structs: it has one table for each of them.
func TestDocsNameEveryKey(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]reflect.Type{}
	collectEntries(reflect.TypeFor[file](), "", sections)
	seen := map[string]bool{}
	want := keysBlock.ReplaceAllFunc(page, func(block []byte) []byte {
		path := string(keysBlock.FindSubmatch(block)[1])
		typ, ok := sections[path]
		if !ok {
			t.Errorf("the page has a table of keys for %q, which is no section", path)
			return block
		}
		seen[path] = true
		return fmt.Appendf(nil, "<!-- keys: %s -->\n%s<!-- end keys -->", path, keyTable(typ))
	})
	for path := range sections {
		if !seen[path] {
			t.Errorf("the page has no table of keys for %q", path)
		}
	}
	if *update {
		if err := os.WriteFile(docsPage, want, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(page, want) {
		t.Errorf("%s is out of step with file.go: run go test ./configs -update", docsPage)
	}
}

// collectEntries finds the structs below t by their path without indexes.
func collectEntries(t reflect.Type, path string, into map[string]reflect.Type) {
	into[path] = t
	for _, k := range keysOf(t) {
		typ := k.typ
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice && scalars[typ] == nil {
			typ = typ.Elem()
		}
		if isEntry(typ) {
			collectEntries(typ, join(path, k.name), into)
		}
	}
}

// keyTable is the Markdown table of the keys of a struct.
func keyTable(t reflect.Type) string {
	var b strings.Builder
	b.WriteString("| key | type | default | example | why |\n|---|---|---|---|---|\n")
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		rules := f.Tag.Get("jsonschema")
		fallback := ""
		if v := ruleOf(rules, "default"); v != "" {
			fallback = "`" + v + "`"
		}
		if strings.Contains(rules, "required") {
			fallback = "required"
		}
		example := ""
		if v := ruleOf(rules, "example"); v != "" {
			if f.Type.Kind() == reflect.Slice && scalars[f.Type] == nil {
				v = "[" + v + "]"
			}
			example = fmt.Sprintf("`%s: %s`", name, v)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", name, typeName(f.Type, rules), fallback, example, f.Tag.Get("jsonschema_description"))
	}
	return b.String()
}

func ruleOf(rules, name string) string {
	for rule := range strings.SplitSeq(rules, ",") {
		if v, ok := strings.CutPrefix(rule, name+"="); ok {
			return v
		}
	}
	return ""
}

func typeName(t reflect.Type, rules string) string {
	switch t {
	case reflect.TypeFor[asn]():
		return "AS number"
	case reflect.TypeFor[community]():
		return "community"
	case reflect.TypeFor[span]():
		return "duration"
	case reflect.TypeFor[day]():
		return "date"
	case reflect.TypeFor[moment]():
		return "time"
	case reflect.TypeFor[block]():
		return "prefix or address"
	case reflect.TypeFor[words]():
		return "text, or a list of them"
	case reflect.TypeFor[netip.Prefix]():
		return "prefix"
	case reflect.TypeFor[netip.Addr]():
		return "address"
	case reflect.TypeFor[netip.AddrPort]():
		return "address:port"
	}
	if c, ok := reflect.Zero(t).Interface().(chooser); ok {
		return "`" + strings.Join(c.choices(), "`, `") + "`"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem(), rules)
	case reflect.Slice:
		if isEntry(t.Elem()) {
			return "list, below"
		}
		return "list of " + typeName(t.Elem(), rules)
	case reflect.Struct:
		return "keys, below"
	case reflect.Bool:
		return "`true`, `false`"
	case reflect.Int, reflect.Int64:
		if high := ruleOf(rules, "maximum"); high != "" {
			return fmt.Sprintf("number, %s to %s", ruleOf(rules, "minimum"), high)
		}
		return "number"
	}
	return "text"
}

// TestDocsExamplesLoad loads every YAML example of the page that is a whole config.
func TestDocsExamplesLoad(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(version: 1\n.*?)```").FindAllSubmatch(page, -1)
	if len(examples) == 0 {
		t.Error("no example found")
	}
	for _, example := range examples {
		if _, err := parse("example.yaml", example[1]); err != nil {
			t.Errorf("%s\n%s", err, example[1])
		}
	}
}
