// Package configs reads bgpaudit.yaml.
//
// In: the name of a YAML file. Out: a [Config]: what the site should look like (a policy.Intent),
// where the routes come from (feeds), and how the monitor runs; or [Errors], every mistake of the
// file at once, each with its line and a hint. Nothing is guessed: an unknown key, an undefined
// name or a contradiction is an error.
//
// The package opens the config itself and the service-tag and endpoint lists that it names,
// and nothing else: no dump, no network. It is the only one that knows viper.
//
// The keys are the fields of the structs in file.go. The JSON Schema (bgpaudit.schema.json) and
// docs/config.md are made from the same fields.
package configs
