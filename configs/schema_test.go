package configs

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaFile = "bgpaudit.schema.json"

func TestSchemaFileIsCurrent(t *testing.T) {
	if *update {
		if err := os.WriteFile(schemaFile, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, Schema()) {
		t.Errorf("%s is out of step with file.go: run go test ./configs -update", schemaFile)
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaFile, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON is YAML as an editor hands it to a schema validator: dates stay text.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	json, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// goodFiles are the samples and the configs of testdata/good.
func goodFiles(t *testing.T) []string {
	t.Helper()
	samples, _ := filepath.Glob("samples/*.yaml")
	good, _ := filepath.Glob("testdata/good/*.yaml")
	if len(samples) < 3 || len(good) == 0 {
		t.Fatalf("found %d samples and %d good configs", len(samples), len(good))
	}
	return append(samples, good...)
}

func TestGoodFilesFitTheSchema(t *testing.T) {
	schema := compiledSchema(t)
	for _, name := range goodFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(asJSON(t, text)); err != nil {
			t.Errorf("%s: %s", name, err)
		}
	}
}

func TestSchemaRefusesWhatIsMalformed(t *testing.T) {
	schema := compiledSchema(t)
	tests := map[string]string{
		"unknown key":      head + "pool: []\n",
		"missing firewall": linksHead + "  - {name: a, kind: vpn}\n",
		"unknown kind":     linksHead + "  - {name: a, kind: vnp, firewall: none}\n",
		"ASN 0":            "version: 1\nsite: {asns: [0]}\nlinks: [{name: a, kind: vpn, firewall: none}]\n",
		"version 2":        "version: 2\nsite: {asns: [65536]}\nlinks: [{name: a, kind: vpn, firewall: none}]\n",
		"no links":         "version: 1\nsite: {asns: [65536]}\nlinks: []\n",
		"bad prefix":       head + "pools:\n  - {name: p, prefixes: [198.51.100.0]}\n",
		"empty pool":       head + "pools:\n  - {name: p, prefixes: []}\n",
		"bad duration":     head + "max-skew: 24\n",
		"null":             head + "pools:\n",
	}
	for name, text := range tests {
		if schema.Validate(asJSON(t, []byte(text))) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
}
