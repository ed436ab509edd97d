package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"

	"bgpaudit/configs"
	"bgpaudit/report"
)

// global are the flags that every verb has.
type global struct {
	stdout, stderr io.Writer
	settings       configs.Settings
	output         string
	at             string
	moment         time.Time // of --at; zero: now
	quiet          bool
	verbose        bool
	color          string
	log            *zap.Logger
	server         *server // a running monitor that is asked in place of files, nil for none
}

const longRoot = `bgpaudit reads the BGP routes that your routers and the other side export, works out which
link wins in each direction for every address you care about, and says what is advertised
where it must not be and which flow breaks at which firewall.

Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage or config error,
3 incomplete: a feed is unreadable, partial or stale, or an answer is unknown.`

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	g := &global{stdout: stdout, stderr: stderr}
	root := &cobra.Command{
		Use: "bgpaudit", Short: "Audit BGP advertisements and return paths", Long: longRoot,
		Example:       "  bgpaudit demo --once\n  bgpaudit audit -c bgpaudit.yaml\n  bgpaudit wins 203.0.113.25 -c bgpaudit.yaml",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return g.prepare(cmd)
		},
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	f := root.PersistentFlags()
	f.StringP("config", "c", configs.DefaultPath, "the config file (BGPAUDIT_CONFIG)")
	f.StringVarP(&g.output, "output", "o", "text", "output format")
	f.String("server", "", "URL of a running monitor, asked in place of files (BGPAUDIT_SERVER; its token: BGPAUDIT_TOKEN)")
	f.StringVar(&g.at, "at", "", "answer as of this moment, RFC 3339, in place of now: ages are held against it, messages of MRT files\nare replayed up to it, dumps made after it prove nothing")
	f.BoolVarP(&g.quiet, "quiet", "q", false, "no progress, no notes on stderr; of the monitor, warnings and errors alone")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "all there is to say, in text; and log what is read to stderr")
	f.String("log-format", "console", "console or json (BGPAUDIT_LOG_FORMAT)")
	f.StringVar(&g.color, "color", "auto", "auto, always or never; NO_COLOR is honoured")
	root.AddCommand(auditCmd(g), winsCmd(g), routesCmd(g), feedsCmd(g), convertCmd(g), monitorCmd(g), checksCmd(g), configCmd(g), demoCmd(g), versionCmd(g))
	root.Version = versionLine()
	root.SetVersionTemplate("{{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = false
	root.InitDefaultCompletionCmd()
	g.completeValues(root)
	for _, group := range root.Commands() {
		if group.HasSubCommands() {
			onlySubcommands(group)
		}
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w\n    hint: %s --help lists the flags", err, cmd.CommandPath())
	})
	return root
}

// onlySubcommands makes a mistyped subcommand an error, where cobra would print the help and exit
// 0: "config validat" in a pipeline must not pass.
func onlySubcommands(group *cobra.Command) {
	group.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, c := range cmd.Commands() {
			names = append(names, c.Name())
		}
		return fmt.Errorf("unknown command %q for %q: write one of %s", args[0], cmd.CommandPath(), strings.Join(names, ", "))
	}
	group.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// oneArg wants exactly one argument, and says what it is.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return fmt.Errorf("%s wants one %s, not %d arguments\n    hint: %s --help shows an example", cmd.Name(), what, len(args), cmd.CommandPath())
	}
}

// prepare settles the global settings before a verb runs.
func (g *global) prepare(cmd *cobra.Command) error {
	g.settings = configs.ReadSettings(cmd.Flags())
	moment, err := parseMoment(g.at)
	if err != nil {
		return err
	}
	g.moment = moment
	switch g.color {
	case "auto", "always", "never":
	default:
		return fmt.Errorf("--color %q: write auto, always or never", g.color)
	}
	if g.server, err = g.findServer(cmd); err != nil {
		return err
	}
	level := zapcore.WarnLevel
	if g.verbose {
		level = zapcore.DebugLevel
	}
	g.log, err = g.logger(level)
	return err
}

// logger writes to stderr, one line at a time, in the form that the settings ask for. What routers
// and files say stands in it escaped.
func (g *global) logger(level zapcore.Level) (*zap.Logger, error) {
	enc, err := g.encoder()
	if err != nil {
		return nil, err
	}
	return zap.New(zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(report.SafeJSON(g.stderr))), level)), nil
}

func (g *global) encoder() (zapcore.Encoder, error) {
	encoder := zap.NewProductionEncoderConfig()
	encoder.EncodeTime = zapcore.ISO8601TimeEncoder
	encoder.EncodeDuration = zapcore.StringDurationEncoder
	switch g.settings.LogFormat {
	case "json":
		return zapcore.NewJSONEncoder(encoder), nil
	case "console", "":
		return newConsole(), nil
	}
	return nil, fmt.Errorf("--log-format %q: write console or json", g.settings.LogFormat)
}

// now is the moment that answers are given for: that of --at, or the present one.
func (g *global) now() time.Time {
	if g.moment.IsZero() {
		return time.Now()
	}
	return g.moment
}

// parseMoment reads --at, which may be left out.
func parseMoment(at string) (time.Time, error) {
	if at == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, at); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--at %q is no time: write it as 2026-11-20T09:14:00Z", at)
}

// outputs are what each verb can print, the default first; of those that are not here -o says nothing.
var outputs = map[string][]string{
	"bgpaudit audit":       {"text", "json"},
	"bgpaudit wins":        {"text", "json"},
	"bgpaudit routes":      {"text", "json", "csv"},
	"bgpaudit feeds":       {"text", "json"},
	"bgpaudit convert":     {"jsonl"},
	"bgpaudit monitor":     {"text"},
	"bgpaudit checks list": {"text", "json"},
}

// outputIs checks -o against what the verb can print.
func (g *global) outputIs(cmd *cobra.Command) error {
	allowed := outputs[cmd.CommandPath()]
	if slices.Contains(allowed, g.output) {
		return nil
	}
	return fmt.Errorf("-o %q is not for this verb: write %s", g.output, strings.Join(allowed, " or "))
}

// paint says whether text on stdout is coloured.
func (g *global) paint() report.Paint {
	switch g.color {
	case "always":
		return true
	case "never":
		return false
	}
	return report.Paint(os.Getenv("NO_COLOR") == "" && isTerminal(g.stdout))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
