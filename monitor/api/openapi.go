package api

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"bgpaudit/query"
	"bgpaudit/report"
)

// The document is made of the paths and of the Go types of the answers. huma writes it and nothing
// else: the answers are report's bytes (docs/decisions/0090).

func init() { huma.DefaultArrayNullable = false } // a list is never null

// record is a canonical record with its feed and link, as dump writes it.
type record struct {
	Feed             string    `json:"feed"`
	Link             *string   `json:"link"`
	Prefix           string    `json:"prefix"`
	PathID           uint32    `json:"path_id"`
	Neighbor         *string   `json:"neighbor"`
	NeighborASN      *uint32   `json:"neighbor_asn"`
	NextHop          *string   `json:"next_hop"`
	ASPath           *string   `json:"as_path"`
	Origin           *string   `json:"origin"`
	LocalPref        *uint32   `json:"local_pref"`
	MED              *uint32   `json:"med"`
	Communities      *[]string `json:"communities" nullable:"true"`
	LargeCommunities *[]string `json:"large_communities" nullable:"true"`
	Best             *bool     `json:"best"`
	Multipath        *bool     `json:"multipath"`
	Stale            bool      `json:"stale"`
	Withdrawn        bool      `json:"withdrawn"`
	NotShown         []string  `json:"not_shown,omitempty"`
	Ineligible       string    `json:"ineligible,omitempty"`
	Line             int       `json:"line"`
}

// shapes are the JSON answers by name.
func shapes() map[string]reflect.Type {
	out := map[string]reflect.Type{
		"routes": reflect.TypeFor[query.RoutesAnswer](), "sessions": reflect.TypeFor[sessionsJSON](), "ready": reflect.TypeFor[readiness](), "problem": reflect.TypeFor[problem](),
		"notice": reflect.TypeFor[noticeJSON](),
	}
	maps.Copy(out, report.Shapes)
	return out
}

// describe makes the document.
func describe(paths []path) ([]byte, error) {
	registry := huma.NewMapRegistry("#/components/schemas/", func(t reflect.Type, hint string) string {
		return strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "JSON")
	})
	types := shapes()
	schema := func(name string) *huma.Schema { return registry.Schema(types[name], true, name) }
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "bgpaudit", Version: Version, Description: "What the running monitor knows. docs/api.md has examples, docs/json.md every field."},
		Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
			"token": {Type: "http", Scheme: "bearer", Description: "Where monitor.token-file is set."},
		}},
	}
	for i := range paths {
		doc.AddOperation(operation(&paths[i], schema))
	}
	for _, t := range types {
		embed(registry, t)
	}
	of := registry.Schema(reflect.TypeFor[record](), true, "record")
	for _, s := range registry.Map() {
		s.AdditionalProperties = nil // fields may come at any time
		if r := s.Properties["routes"]; r != nil && r.Type == huma.TypeArray {
			r.Items = of
		}
		if e := s.Properties["last_error"]; e != nil { // huma knows no object that may be null
			s.Properties["last_error"] = &huma.Schema{OneOf: []*huma.Schema{e, {Type: "null"}}}
		}
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	return append(text, '\n'), err
}

// embed gives the schema of a struct the fields of those that it embeds, which huma passes over where
// their type is not exported.
func embed(registry huma.Registry, t reflect.Type) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	to := registry.SchemaFromRef(registry.Schema(t, true, "").Ref)
	for f := range t.Fields() {
		embed(registry, f.Type)
		if !f.Anonymous {
			continue
		}
		from := registry.SchemaFromRef(registry.Schema(f.Type, true, "").Ref)
		maps.Copy(to.Properties, from.Properties)
		to.Required = append(to.Required, from.Required...)
		slices.Sort(to.Required)
		to.Required = slices.Compact(to.Required) // it may have been here before
	}
}

func operation(p *path, schema func(string) *huma.Schema) *huma.Operation {
	op := &huma.Operation{
		Method: p.method(), Path: p.at, Summary: p.about, OperationID: strings.Trim(strings.NewReplacer("/v1/", "", "/-/", "", "/", "", "{finding}", "", ".json", "").Replace(p.at), "/"),
		Responses: map[string]*huma.Response{},
	}
	problems := func(what map[string]string) {
		for status, about := range what {
			op.Responses[status] = &huma.Response{Description: about, Content: map[string]*huma.MediaType{types["json"]: {Schema: schema("problem")}}}
		}
	}
	if p.act == nil {
		op.Responses["200"] = &huma.Response{Description: "The answer.", Content: contents(p, schema)}
	} else {
		op.Responses["204"] = &huma.Response{Description: "It is done."}
		op.Responses["403"] = &huma.Response{Description: "A page of another site asked."}
		problems(map[string]string{"401": "The token is missing or wrong.", "422": "It cannot be done, and everything is as it was; the reason, with file and line."})
	}
	if !p.open {
		op.Security = []map[string][]string{{"token": {}}, {}}
	}
	if strings.Contains(p.at, "{finding}") {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "finding", In: "path", Required: true, Description: "The id of a finding.", Schema: &huma.Schema{Type: "string"}})
	}
	for _, k := range p.parameters() {
		s := &huma.Schema{Type: "string"}
		for _, c := range k.choices {
			s.Enum = append(s.Enum, c)
		}
		op.Parameters = append(op.Parameters, &huma.Param{Name: k.name, In: "query", Required: k.required, Description: k.about, Schema: s})
	}
	if p.ask != nil && !p.open {
		op.Responses["200"].Headers = map[string]*huma.Header{HeaderExit: {Description: "The exit code that the verb would have.", Schema: &huma.Schema{Type: "string"}}}
		problems(map[string]string{"400": "The question is none.", "401": "The token is missing or wrong.", "503": "No answer yet."})
	}
	return op
}

func contents(p *path, schema func(string) *huma.Schema) map[string]*huma.MediaType {
	out := map[string]*huma.MediaType{}
	for _, format := range p.formats {
		switch {
		case format == "events":
			out["text/event-stream"] = &huma.MediaType{Schema: &huma.Schema{OneOf: []*huma.Schema{schema(p.shape), schema("notice")}}} // of a finding, of a session
		case format == "json" && p.shape != "":
			out[types[format]] = &huma.MediaType{Schema: schema(p.shape)}
		case format == "json":
			out[types[format]] = &huma.MediaType{Schema: &huma.Schema{Type: "object"}}
		default:
			out["text/plain"] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
		}
	}
	return out
}

func (s *Server) openAPI(q *question) error {
	_, err := q.Write(s.document)
	return err
}
