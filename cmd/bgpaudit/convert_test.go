package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"bgpaudit/configs"
)

// sameText is what an answer assumes of two dumps with the same text, and the comma before or behind it.
var sameText = regexp.MustCompile(`,\s*"feeds \S+ and \S+ are of two tables, though they hold the same text"|"feeds \S+ and \S+ are of two tables, though they hold the same text"\s*,?`)

// TestAnAuditOfConvertedDumpsIsTheSame: nothing is lost on the way through canonical records. Only
// names of files and lines differ.
func TestAnAuditOfConvertedDumpsIsTheSame(t *testing.T) {
	type answer struct {
		Exit     int
		Summary  any
		Findings []struct {
			ID, Group, Severity, Message string
			Links, Prefixes, Assumes     []string
		}
		Flows  any
		Checks any
		Feeds  []struct {
			Name, Complete string
			Families       []string
			Routes         int
		}
	}
	ask := func(config string) (a answer) {
		text, _ := answerJSON(t, "audit", "-c", config)
		text = sameText.ReplaceAll(text, nil) // records name the file that they are of, and so are never the same
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, step := range configs.SeedSteps {
		t.Run(step.Name, func(t *testing.T) {
			path := writeSeed(t, step.Name)
			want := ask(path)
			config, err := configs.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := string(text)
			for _, f := range config.Feeds {
				args := []string{"convert", "--view", string(f.View), f.Source.Path}
				if f.Source.ExpectEmpty {
					args = append(args, "--expect-empty")
				}
				records, stderr, code := runHere(t, args...)
				if code != 0 || stderr != "" {
					t.Fatalf("convert %s: exit %d: %s", f.Source.Name, code, stderr)
				}
				writeFile(t, f.Source.Path+".converted", records)
				changed = strings.ReplaceAll(changed, "file: "+f.Source.Name+",", "file: "+f.Source.Name+".converted,")
			}
			converted := filepath.Join(filepath.Dir(path), "converted.yaml")
			writeFile(t, converted, changed)
			if got := ask(converted); !reflect.DeepEqual(got, want) {
				t.Errorf("the audit of the converted dumps is\n%+v\nof the dumps\n%+v", got, want)
			}
		})
	}
}
