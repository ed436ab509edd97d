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
			commit, goVersion := "unknown commit", "go"
			if info, ok := debug.ReadBuildInfo(); ok {
				goVersion = info.GoVersion
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						commit = s.Value
					}
				}
			}
			_, err := fmt.Fprintf(g.stdout, "bgpaudit %s (%s, %s)\n", release, commit, goVersion)
			return err
		},
	}
}
