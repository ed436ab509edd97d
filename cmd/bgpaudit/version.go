package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is set by the linker of a release build.
var release = "dev"

func versionCmd(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  bgpaudit version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(g.stdout, versionLine())
			return err
		},
	}
}

// versionLine is what version and --version print.
func versionLine() string {
	commit, goVersion := "unknown commit", "go"
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	return fmt.Sprintf("bgpaudit %s (%s, %s)", release, commit, goVersion)
}
