package configs

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
)

// Schema is the JSON Schema (draft 2020-12) of the config file, for editors and CI. It knows the
// form of every key; what names mean and which keys exclude each other only Load knows.
func Schema() []byte {
	r := &jsonschema.Reflector{
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		ExpandedStruct:             true,
		Anonymous:                  true,
		Mapper:                     scalarSchema,
		Namer:                      func(t reflect.Type) string { return strings.TrimSuffix(t.Name(), "Entry") },
	}
	s := r.Reflect(&file{})
	s.Title = "bgpaudit.yaml"
	s.Description = "What a site's routing should look like, and where its routes are read from."
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil { // the structs are ours, so this cannot depend on anything a user does
		panic(fmt.Sprintf("configs: schema: %s", err))
	}
	return append(out, '\n')
}

const (
	prefixPattern  = `^[0-9a-fA-F.:]+/[0-9]{1,3}$`
	addressPattern = `^[0-9a-fA-F.:]+$`
)

// scalarSchema describes the scalar types; nil leaves a type to the reflector.
func scalarSchema(t reflect.Type) *jsonschema.Schema {
	text := func(pattern string) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "string", Pattern: pattern}
	}
	switch t {
	case reflect.TypeFor[asn]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "integer", Minimum: "1", Maximum: "4294967294"},
			text(`^([aA][sS])?[0-9]+(\.[0-9]+)?$`),
		}}
	case reflect.TypeFor[netip.Prefix]():
		return text(prefixPattern)
	case reflect.TypeFor[block]():
		return text(`^[0-9a-fA-F.:]+(/[0-9]{1,3})?$`)
	case reflect.TypeFor[netip.Addr]():
		return text(addressPattern)
	case reflect.TypeFor[netip.AddrPort]():
		return text(`^.+:[0-9]{1,5}$`)
	case reflect.TypeFor[community]():
		return text(`^([0-9]+:[0-9]+|[0-9]+|[A-Za-z][A-Za-z_-]+)$`)
	case reflect.TypeFor[span]():
		return text(`^([0-9]+[dw]|([0-9]*\.?[0-9]+(ns|us|µs|ms|s|m|h))+)$`)
	case reflect.TypeFor[day]():
		return text(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	case reflect.TypeFor[moment]():
		return text(`^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$`)
	case reflect.TypeFor[words]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string"},
			{Type: "array", Items: &jsonschema.Schema{Type: "string"}},
		}}
	}
	if c, ok := reflect.Zero(t).Interface().(chooser); ok {
		s := &jsonschema.Schema{Type: "string"}
		for _, word := range c.choices() {
			s.Enum = append(s.Enum, word)
		}
		return s
	}
	return nil
}
