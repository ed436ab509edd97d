// Command bgpaudit says which link wins, what is advertised where it must not be, and which flow
// breaks at which firewall. One file a verb; this package holds flags, wiring and exit codes, and
// nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"bgpaudit/configs"
	"bgpaudit/policy"
	"bgpaudit/report"
)

// exitUsage is the code of a usage or config error; the others are policy's.
const exitUsage = 2

// exitInterrupted is what a shell expects of a command that Ctrl-C ended.
const exitInterrupted = 130

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks twice does not wait
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exitCode is an error that carries nothing but the code: what there was to say is on stdout.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// run is the whole command, without the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code exitCode
	var bad configs.Errors
	switch {
	case err == nil:
		return policy.ExitClean
	case errors.As(err, &code):
		return int(code)
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "bgpaudit: interrupted")
		return exitInterrupted
	case errors.As(err, &bad):
		for i := range bad {
			bad[i].File = report.Clean(bad[i].File)
		}
		fmt.Fprintln(stderr, cleanLines(bad.Error()))
	default:
		fmt.Fprintf(stderr, "bgpaudit: %s\n", cleanLines(strings.TrimPrefix(err.Error(), "bgpaudit: ")))
	}
	return exitUsage
}

// cleanLines makes an error safe for a terminal: a config's text and a file's name stand in it.
func cleanLines(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range lines {
		lines[i] = report.Clean(strings.ReplaceAll(lines[i], "\t", "    ")) // cobra indents by tabs
	}
	return strings.Join(lines, "\n")
}
