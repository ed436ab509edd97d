package main

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bgpaudit/configs"
	"bgpaudit/policy"
	"bgpaudit/query"
	"bgpaudit/report"
)

func auditCmd(g *global) *cobra.Command {
	var how collecting
	var failOn string
	var reports []string
	cmd := &cobra.Command{
		Use: "audit", Short: "Hold the config against the routes, and list every finding",
		Long: `audit reads every feed of the config, judges every flow in both directions and runs every
check. The text is a verdict, the flows with the broken ones first, and a short block a cause:
what is wrong, where, what to do. -v prints all there is to say.

Exit: 0 clean; 1 findings at or above --fail-on; 2 usage or config error; 3 incomplete (a feed
unreadable, partial or stale, or any flow or enabled check unknown). 3 outranks 1.`,
		Example: "  bgpaudit audit -c bgpaudit.yaml\n  bgpaudit audit -c bgpaudit.yaml -o json | jq '.findings[].check'\n  bgpaudit audit --fail-on warning --report json=audit.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.outputIs(cmd); err != nil {
				return err
			}
			level, err := query.ParseSeverity(failOn)
			if err != nil {
				return fmt.Errorf("--%w", err)
			}
			files, err := parseReports(reports)
			if err != nil {
				return err
			}
			if g.remote() {
				return g.askMonitor(cmd, "/v1/audit", g.detailed(url.Values{"fail-on": {failOn}}))
			}
			s, err := g.collect(cmd.Context(), how)
			if err != nil {
				return err
			}
			if err := spares(files, s.config); err != nil {
				return err
			}
			result := policy.AuditUntil(func() bool { return cmd.Context().Err() != nil }, &s.config.Intent, s.sight, s.now)
			if result == nil {
				return cmd.Context().Err()
			}
			code, reasons := result.Exit(level)
			on := report.Standing{Exit: code, Reasons: reasons}
			if err := query.Audit(g.stdout, result, on, g.form()); err != nil {
				return err
			}
			for _, f := range files {
				if err := f.write(result, on, g.verbose); err != nil {
					return err
				}
			}
			return ended(code, nil)
		},
	}
	cmd.Flags().StringVar(&failOn, "fail-on", "error", "exit 1 on findings of this severity or above: error, warning, info or never")
	cmd.Flags().BoolVar(&how.strict, "strict", false, "a feed whose format does not prove its end covers nothing")
	cmd.Flags().BoolVar(&how.filesOnly, "files-only", false, "leave live feeds out, and say so")
	cmd.Flags().StringArrayVar(&reports, "report", nil, "also write FORMAT=FILE (repeatable; text or json)")
	return cmd
}

type reportFile struct{ format, path string }

func parseReports(args []string) ([]reportFile, error) {
	var out []reportFile
	for _, a := range args {
		format, path, ok := strings.Cut(a, "=")
		if !ok || path == "" || !slices.Contains(outputs["bgpaudit audit"], format) {
			return nil, fmt.Errorf("--report %q: write FORMAT=FILE, where FORMAT is %s", a, strings.Join(outputs["bgpaudit audit"], " or "))
		}
		out = append(out, reportFile{format, path})
	}
	return out, nil
}

// spares refuses a report that would overwrite what the audit reads.
func spares(files []reportFile, config *configs.Config) error {
	inputs := []string{config.Path}
	for i := range config.Feeds {
		if src := config.Feeds[i].Source; src != nil {
			inputs = append(inputs, src.Path)
		}
	}
	for _, f := range files {
		at, err := os.Stat(f.path)
		if err != nil {
			continue // a new one
		}
		for _, in := range inputs {
			if read, err := os.Stat(in); err == nil && os.SameFile(at, read) {
				return fmt.Errorf("--report %s=%s would overwrite %s, which the audit reads", f.format, f.path, in)
			}
		}
	}
	return nil
}

func (f reportFile) write(r *policy.Result, on report.Standing, detailed bool) error {
	out, err := os.Create(f.path)
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	if err := query.Audit(out, r, on, query.Form{Output: f.format, Detailed: detailed}); err != nil {
		out.Close()
		return fmt.Errorf("--report %s: %w", f.path, err)
	}
	return out.Close()
}
