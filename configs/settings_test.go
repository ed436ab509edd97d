package configs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"
)

func TestSettingsPrecedence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.yaml")
	text := "settings: {server: 'https://file.example.net', token: file, log-format: json}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := func(args ...string) *pflag.FlagSet {
		set := pflag.NewFlagSet("test", pflag.ContinueOnError)
		set.String("config", DefaultPath, "")
		set.String("server", "", "")
		set.String("log-format", "console", "")
		if err := set.Parse(args); err != nil {
			t.Fatal(err)
		}
		return set
	}
	tests := []struct {
		name  string
		env   map[string]string
		flags *pflag.FlagSet
		want  Settings
	}{
		{"defaults", nil, nil, Settings{Config: "bgpaudit.yaml", LogFormat: "console"}},
		{"flags at their defaults", nil, flags(), Settings{Config: "bgpaudit.yaml", LogFormat: "console"}},
		{
			"the file before the defaults", nil, flags("--config", path),
			Settings{Config: path, Server: "https://file.example.net", Token: "file", LogFormat: "json"},
		},
		{
			"the environment before the file",
			map[string]string{"BGPAUDIT_CONFIG": path, "BGPAUDIT_TOKEN": "env", "BGPAUDIT_LOG_FORMAT": "console"},
			flags(),
			Settings{Config: path, Server: "https://file.example.net", Token: "env", LogFormat: "console"},
		},
		{
			"flags before the environment",
			map[string]string{"BGPAUDIT_CONFIG": "gone.yaml", "BGPAUDIT_SERVER": "https://env.example.net", "BGPAUDIT_LOG_FORMAT": "json"},
			flags("--config", path, "--server", "https://flag.example.net", "--log-format", "console"),
			Settings{Config: path, Server: "https://flag.example.net", Token: "file", LogFormat: "console"},
		},
		{
			"a file that is gone",
			map[string]string{"BGPAUDIT_CONFIG": "gone.yaml", "BGPAUDIT_TOKEN": "env"},
			nil,
			Settings{Config: "gone.yaml", Token: "env", LogFormat: "console"},
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, name := range []string{"BGPAUDIT_CONFIG", "BGPAUDIT_SERVER", "BGPAUDIT_TOKEN", "BGPAUDIT_LOG_FORMAT"} {
				t.Setenv(name, c.env[name])
			}
			got := ReadSettings(c.flags)
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if err := got.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, value := range map[string]string{"BGPAUDIT_LOG_FORMAT": "xml", "BGPAUDIT_SERVER": "example.net"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if err := ReadSettings(nil).Check(); err == nil {
				t.Errorf("%s=%s accepted", name, value)
			}
		})
	}
}
