package configs

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// DefaultPath is the config file that is read where none is named.
const DefaultPath = "bgpaudit.yaml"

// Settings are the global settings: those that flags and the environment can set too.
type Settings struct {
	Config    string // the config file
	Server    string // URL of a running monitor, "" for none
	Token     string // for that monitor; a secret
	LogFormat string // console or json
}

// ReadSettings finds the global settings: flags before BGPAUDIT_* variables, before settings: in
// the config file, before defaults. It looks for the flags config, server, token and log-format
// among flags, which may be nil or lack any of them. Mistakes in the config file are left for
// Load to report, those of flags and environment for [Settings.Check].
func ReadSettings(flags *pflag.FlagSet) Settings {
	v := viper.NewWithOptions(viper.KeyDelimiter("::"), viper.ExperimentalBindStruct())
	v.SetConfigType("yaml")
	v.SetEnvPrefix("BGPAUDIT")
	v.SetDefault("config", DefaultPath)
	v.SetDefault("log-format", "console")
	for key, variable := range map[string]string{
		"config": "BGPAUDIT_CONFIG", "server": "BGPAUDIT_SERVER", "token": "BGPAUDIT_TOKEN", "log-format": "BGPAUDIT_LOG_FORMAT",
	} {
		_ = v.BindEnv(key, variable) // fails without a key only
		if flags != nil && flags.Lookup(key) != nil {
			_ = v.BindPFlag(key, flags.Lookup(key)) // fails without a flag only
		}
	}
	if section := fileSettings(v.GetString("config")); section != nil {
		_ = v.MergeConfigMap(section) // fails on nothing that YAML can hold
	}
	return Settings{
		Config: v.GetString("config"), Server: v.GetString("server"),
		Token: v.GetString("token"), LogFormat: v.GetString("log-format"),
	}
}

// Check reports a server or log format that cannot be, wherever it comes from.
func (s Settings) Check() error {
	if s.Server != "" && !isServer(s.Server) {
		return errors.New("server is not an http or https URL")
	}
	if formats := logFormatName("").choices(); !slices.Contains(formats, s.LogFormat) {
		return fmt.Errorf("unknown log format %q: write one of %s", s.LogFormat, enumerate(formats))
	}
	return nil
}

func isServer(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// fileSettings is the settings: section of a config file, nil where there is none to be had.
func fileSettings(path string) map[string]any {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSize {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	file, err := readYAML(bytes.TrimPrefix(text, []byte("\ufeff")))
	if err != nil {
		return nil
	}
	section := file.GetStringMap("settings")
	delete(section, "config") // a file cannot name itself
	return section
}

// settings checks the section; ReadSettings reads it.
func (c *checker) settings() {
	e := &c.file.Settings
	if at := "settings.server"; c.has(at) && !c.broken[at] && !isServer(e.Server) {
		c.fail(at, "write it as https://bgpaudit.example.net:8179", "server is not an http or https URL")
	}
	if c.has("settings") && e.LogFormat == "" {
		e.LogFormat = "console"
	}
}
