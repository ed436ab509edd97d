package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bgpaudit/dump"
	"bgpaudit/dump/jsonl"
	"bgpaudit/policy"
	"bgpaudit/query"
	"bgpaudit/report"
	"bgpaudit/rib"
)

func convertCmd(g *global) *cobra.Command {
	src := dump.Source{ExpectRoutes: -1}
	var view string
	cmd := &cobra.Command{
		Use: "convert FILE...", Short: "Turn dumps into canonical records (jsonl)",
		Long: `convert reads dumps of any known format and prints canonical records: a header line, a line a
route, a trailer line, for each file. The result is itself a dump that every verb reads.

With --at, the messages of an MRT file are replayed up to that moment and no further. A dump that
was made after it is refused.

What --view says and the dump denies is said, stands in the trailer, and stays with the records: a feed
of them contradicts its declaration.

Exit: 0; 2 usage error; 3 where a file could not be read, not whole, or contradicts --view.`,
		Example: "  bgpaudit convert --view adj-rib-out-post dumps/edge1-advertised.json -o jsonl > edge1.jsonl\n  bgpaudit convert --format azure-json er-primary.json\n  bgpaudit convert --at 2026-11-20T09:14:00Z dumps/edge1-messages.mrt",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("output") {
				g.output = "jsonl"
			}
			if err := g.outputIs(cmd); err != nil {
				return err
			}
			if src.Format != "auto" && !known(src.Format) {
				return fmt.Errorf("--format %q: write auto or one of %s", src.Format, strings.Join(dump.FormatNames(), ", "))
			}
			if view != "" && !slices.Contains(rib.Views, rib.View(view)) {
				return fmt.Errorf("--view %q: write one of %s", view, query.ViewNames())
			}
			src.View, src.At = rib.View(view), g.moment
			defer boundGarbage(converting)()
			code := 0
			for _, path := range args {
				src.Path, src.Name = path, path
				whole, err := g.convert(cmd.Context(), src)
				if err != nil {
					return err
				}
				if !whole {
					code = policy.ExitIncomplete
				}
			}
			if code != 0 {
				return exitCode(code)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&src.Format, "format", "auto", "the dump's format: auto, or "+strings.Join(dump.FormatNames(), ", "))
	cmd.Flags().StringVar(&view, "view", "", "which table the dump shows; sets how its AS paths are read")
	cmd.Flags().StringVar(&src.VRF, "vrf", "", "the VRF to read, where a dump holds several")
	cmd.Flags().BoolVar(&src.ExpectEmpty, "expect-empty", false, "an empty table that does not state its zero is whole")
	return cmd
}

func known(format string) bool { return slices.Contains(dump.FormatNames(), format) }

// convert reads a file twice: what its table can show stands in the header, which comes first and
// is known last. It reports whether the file was read whole.
func (g *global) convert(ctx context.Context, src dump.Source) (whole bool, err error) {
	if _, err := os.Stat(src.Path); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(g.stderr, "%s: no such file\n", report.Clean(src.Path))
		return false, nil
	}
	first, err := dump.Read(ctx, src, func(rib.Route) {})
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	for _, e := range first.Errors {
		fmt.Fprintln(g.stderr, report.Clean(e))
	}
	if first.Contradiction != "" {
		fmt.Fprintf(g.stderr, "%s: contradicts its declaration: %s\n", report.Clean(src.Name), report.Clean(first.Contradiction))
	}
	if err != nil {
		if len(first.Errors) == 0 {
			fmt.Fprintln(g.stderr, report.Clean(err.Error()))
		}
		return false, nil
	}
	if src.MadeLater(&first.Header) {
		if len(first.Errors) == 0 {
			fmt.Fprintf(g.stderr, "%s: was made at %s, after --at: take an older dump\n", report.Clean(src.Name), first.Header.Time.UTC().Format(time.RFC3339))
		}
		return false, nil
	}
	w := jsonl.NewWriter(report.SafeJSON(g.stdout), first.Header)
	var failed error
	second, err := dump.Read(ctx, src, func(r rib.Route) {
		if failed == nil {
			failed = w.WriteRoute(r)
		}
	})
	switch {
	case failed != nil:
		return false, failed
	case err != nil:
		return false, err
	}
	if err := w.Close(jsonl.TrailerOf(second)); err != nil {
		return false, err
	}
	return second.Complete != rib.CompleteNo && second.Contradiction == "", nil
}
