package main

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bgpaudit/configs"
	"bgpaudit/dump"
	"bgpaudit/query"
	"bgpaudit/rib"
)

// completer gives the words that may stand at a place, for the shell.
type completer = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective)

// completeValues tells the shell what can be written behind flags and verbs. What the config names is
// read from it; where it does not load, nothing is offered and nothing is said.
func (g *global) completeValues(root *cobra.Command) {
	values := map[string]completer{
		"observer":   g.fromConfig(observerWords),
		"link":       g.fromConfig(linkWords),
		"view":       fixed(viewWords()...),
		"format":     fixed(append([]string{"auto"}, dump.FormatNames()...)...),
		"fail-on":    fixed("error", "warning", "info", "never"),
		"log-format": fixed("console", "json"),
		"color":      fixed("auto", "always", "never"),
		"output":     completeOutput,
		"report":     completeReport,
	}
	verbs := append(root.Commands(), root)
	for _, verb := range root.Commands() {
		verbs = append(verbs, verb.Commands()...)
	}
	for _, verb := range verbs {
		for name, words := range values {
			if verb.LocalNonPersistentFlags().Lookup(name) != nil || verb.PersistentFlags().Lookup(name) != nil {
				_ = verb.RegisterFlagCompletionFunc(name, beginning(words)) // it fails for a flag that is not there
			}
		}
		switch verb.Name() {
		case "wins", "routes":
			verb.ValidArgsFunction = firstOnly(beginning(g.fromConfig(addressWords)))
		case "convert": // files
		default:
			if verb.ValidArgs == nil && verb.ValidArgsFunction == nil && verb.Name() != "help" {
				verb.ValidArgsFunction = fixed()
			}
		}
	}
}

func fixed(words ...string) completer {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// beginning leaves the words that go on as what is written already begins: not every shell does.
func beginning(words completer) completer {
	return func(cmd *cobra.Command, args []string, begun string) (out []cobra.Completion, directive cobra.ShellCompDirective) {
		all, directive := words(cmd, args, begun)
		for _, word := range all {
			if strings.HasPrefix(word, begun) {
				out = append(out, word)
			}
		}
		return out, directive
	}
}

// firstOnly completes the first argument of a verb that takes one.
func firstOnly(words completer) completer {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words(cmd, args, begun)
	}
}

func completeOutput(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return outputs[cmd.CommandPath()], cobra.ShellCompDirectiveNoFileComp
}

// completeReport offers the formats; behind the = stands a file.
func completeReport(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if strings.Contains(begun, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var words []string
	for _, format := range outputs["bgpaudit audit"] {
		words = append(words, format+"=")
	}
	return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completionPatience is how long somebody who has pressed Tab waits for a config that does not come.
const completionPatience = 2 * time.Second

// fromConfig completes from the config that the flags or the environment name.
func (g *global) fromConfig(words func(*configs.Config) []cobra.Completion) completer {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, enough := context.WithTimeout(context.Background(), completionPatience)
		defer enough()
		g.settings = configs.ReadSettings(cmd.Flags())
		config, err := g.load(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words(config), cobra.ShellCompDirectiveNoFileComp
	}
}

func linkWords(c *configs.Config) []cobra.Completion {
	var words []cobra.Completion
	for i := range c.Intent.Links {
		l := &c.Intent.Links[i]
		words = append(words, cobra.CompletionWithDesc(l.Name, string(l.Kind)+" on "+l.Router))
	}
	return words
}

// observerWords are those that hear a link of the config, which no route is needed to tell.
func observerWords(c *configs.Config) []cobra.Completion {
	in := &c.Intent
	table := rib.NewTable(in.Site.ASNs, in.Links, nil)
	return query.Site{Intent: in, Sight: rib.NewSight(table, in.Options())}.Observers()
}

// addressWords are what the config declares, each prefix with the name of its service, pool or prefix.
func addressWords(c *configs.Config) []cobra.Completion {
	in := &c.Intent
	var words []cobra.Completion
	add := func(kind, name string, prefixes []netip.Prefix) {
		for _, p := range prefixes {
			word := p.String()
			if p.IsSingleIP() {
				word = p.Addr().String()
			}
			words = append(words, cobra.CompletionWithDesc(word, kind+" "+name))
		}
	}
	for i := range in.Services {
		add("service", in.Services[i].Name, in.Services[i].Addresses)
	}
	for i := range in.Pools {
		add("pool", in.Pools[i].Name, in.Pools[i].Prefixes)
	}
	for i := range in.Prefixes {
		add("prefix", in.Prefixes[i].Name, in.Prefixes[i].Prefixes)
	}
	return words
}

func viewWords() []string {
	var words []string
	for _, v := range rib.Views {
		words = append(words, string(v))
	}
	return words
}
