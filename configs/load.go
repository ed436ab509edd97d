package configs

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"

	"bgpaudit/dump"
	"bgpaudit/policy"
	"bgpaudit/rib"
)

// maxSize is the largest config file that is read.
const maxSize = 4 << 20

// Config is a config file that holds together: every name is defined, every value in range.
type Config struct {
	Path    string // as it was given to Load
	Version int
	Intent  policy.Intent
	Feeds   []Feed
	Monitor Monitor

	effective   file // with defaults filled in, for Dump
	monitorLine int  // of monitor:, or of what stands in for it
}

// Feed is one source of routes of the config. Exactly one of Source, BGP and BMP is set.
// The State of the rib.Feed is empty: reading the source fills it.
type Feed struct {
	rib.Feed
	Source *dump.Source // a file
	BGP    *BGPFeed     // a session from a router to the monitor
	BMP    *BMPFeed     // likewise; its views come with the protocol, so View is empty
	Pos    string       // file:line
}

// Live reports whether the feed is a session and not a file.
func (f *Feed) Live() bool { return f.Source == nil }

// BGPFeed is a BGP session that a router opens to the monitor, or those of a range of routers.
type BGPFeed struct {
	Neighbor    netip.Addr   // one router
	Range       netip.Prefix // or any of these, with a password or TTL security
	ASN         uint32       // the router's
	LocalASN    uint32       // ours in this session, never 0
	AddPath     string       // "all" where the router sends every path
	MD5File     string       // the password's file, "" for none; opened as given
	TTLSecurity int          // most hops accepted, 0 for no such limit
	PrefixLimit int          // most routes kept of one session
}

// BMPFeed is a BMP session that a router opens to us.
type BMPFeed struct {
	Listen netip.AddrPort
}

// Option changes how Load reads a file.
type Option func(*checker)

// KnownChecks sets the check ids that checks: and waivers: may name, in place of the built-in list.
func KnownChecks(ids []string) Option {
	return func(c *checker) { c.checks = ids }
}

// Load reads and checks a config file. Where the file can be opened but does not hold together,
// the error is an Errors with every mistake in it. File names in the result are relative to the
// file's folder where the file gives them relative.
func Load(path string, options ...Option) (*Config, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	return parse(path, text, options...)
}

// read opens the config, and refuses what is no config by its size.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the config: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the config: %w", err)
	}
	return text, nil
}

// parse checks text as the config file at path.
func parse(path string, text []byte, options ...Option) (*Config, error) {
	c := &checker{
		path: path, dir: filepath.Dir(path), checks: checkIDs(),
		at: map[string]position{}, names: map[string]string{}, broken: map[string]bool{},
	}
	for _, option := range options {
		option(c)
	}
	if problem := c.decode(text); problem != nil {
		problem.File = path
		return nil, Errors{*problem}
	}
	config := c.config()
	if len(c.problems) > 0 {
		return nil, c.problems.sorted()
	}
	return config, nil
}

// decode fills the file struct and the positions. The Problem it returns is one that leaves
// nothing to look at: text that is no YAML.
func (c *checker) decode(text []byte) *Problem {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(text) > maxSize:
		return &Problem{Message: fmt.Sprintf("the file is larger than %d MiB", maxSize>>20), Hint: "a config is written by hand; dumps are named under feeds:"}
	case !utf8.Valid(text):
		return &Problem{Message: "the file is not UTF-8 text"}
	}
	if problem := crowded(text); problem != nil {
		return problem
	}
	v, decodeErr := readYAML(text)
	if decodeErr != nil && strings.Contains(decodeErr.Error(), "excessive aliasing") {
		return &Problem{Line: 1, Message: "yaml: aliases expand to far more than the file holds"}
	}
	if decodeErr != nil && strings.Contains(decodeErr.Error(), "exceeded max depth") {
		return tooDeep()
	}
	if nesting(text) > 50*maxDepth || v != nil && depth(v.AllSettings()) > maxDepth {
		return tooDeep()
	}
	doc, problem := parseDocument(text)
	switch {
	case problem != nil:
		problem.colonsHint(text)
		return problem
	case decodeErr != nil && strings.Contains(decodeErr.Error(), "into map[string]"):
		return &Problem{Line: 1, Message: "expected keys and values at the top of the file", Hint: "start with version: 1"}
	case decodeErr != nil:
		p := doc.decoderProblem(decodeErr)
		p.colonsHint(text)
		return &p
	}
	s := &shape{checker: c, doc: doc}
	s.document()
	if s.nodes > maxNodes {
		return &Problem{Line: 1, Message: "yaml: aliases expand to far more than the file holds"}
	}
	c.decodeProblems(v.UnmarshalExact(&c.file, strictly))
	return nil
}

func tooDeep() *Problem {
	return &Problem{Line: 1, Message: fmt.Sprintf("yaml: nested deeper than %d levels", maxDepth)}
}

// readYAML lets viper read text. No environment variable is bound: the file alone says what the
// site is, so that an audit is the same wherever it runs.
func readYAML(text []byte) (*viper.Viper, error) {
	v := viper.NewWithOptions(viper.KeyDelimiter("::"), viper.ExperimentalBindStruct())
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(text)); err != nil {
		return nil, err
	}
	return v, nil
}

// strictly sets viper's decoder to our tags and hook, and to take nothing for something else.
func strictly(d *mapstructure.DecoderConfig) {
	d.TagName = "yaml"
	d.WeaklyTypedInput = false
	d.ErrorUnused = true
	d.DecodeHook = mapstructure.DecodeHookFuncValue(decodeValue)
}

// depth is how deep a decoded value nests.
func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, each := range v {
			deepest = max(deepest, depth(each))
		}
	case map[any]any:
		for _, each := range v {
			deepest = max(deepest, depth(each))
		}
	case []any:
		for _, each := range v {
			deepest = max(deepest, depth(each))
		}
	}
	return deepest + 1
}

// nesting bounds the depth of brackets in text that may be no YAML, for the sake of the parser
// that looks for the mistake.
func nesting(text []byte) int {
	open, deepest := 0, 0
	for _, b := range text {
		switch b {
		case '[', '{':
			open++
			deepest = max(deepest, open)
		case ']', '}':
			open--
		}
	}
	return deepest
}

// config checks what the file says and makes a Config of it. It is only good if no problem was found.
func (c *checker) config() *Config {
	f := &c.file
	if c.has("version") && !c.broken["version"] && f.Version != 1 {
		c.fail("version", "write version: 1", "version %d of the config language is not known", f.Version)
	}
	if f.MaxSkew == 0 {
		f.MaxSkew = span(time.Hour)
	}
	c.collectNames()
	config := &Config{Path: c.path, Version: f.Version}
	config.Monitor, config.monitorLine = c.monitor(), c.place("monitor").line
	c.settings()
	in := &config.Intent
	in.Pos = c.pos("links")
	in.Site = c.site()
	in.Links = c.links()
	in.Prefixes = c.prefixes()
	in.Pools = c.pools()
	in.Services = c.services()
	in.Observers = c.observers()
	in.Remotes = c.remotes()
	in.Checks = c.checkSettings()
	in.Waivers = c.waivers()
	in.MaxSkew = time.Duration(f.MaxSkew)
	config.Feeds = c.feeds()
	for i := range config.Feeds {
		if src := config.Feeds[i].Source; src != nil {
			src.ASNs = in.Site.ASNs
		}
	}
	config.effective = c.file
	return config
}

// collectNames gathers what the file defines, before anything refers to it.
func (c *checker) collectNames() {
	f := &c.file
	for _, l := range f.Links {
		c.linkNames = append(c.linkNames, l.Name)
		c.routers = appendName(c.routers, l.Router)
		if l.Firewall != rib.Stateless {
			c.firewalls = appendName(c.firewalls, l.Firewall)
		}
	}
	var feedNames []string
	for _, e := range f.Feeds {
		feedNames = append(feedNames, e.Name)
		c.routers = appendName(c.routers, e.Router)
	}
	for _, p := range f.Pools {
		c.poolNames = append(c.poolNames, p.Name)
	}
	for _, r := range f.Remotes {
		c.remoteNames = append(c.remoteNames, r.Name)
	}
	c.observerNames = []string{rib.ObserverUs, rib.ObserverMicrosoft, rib.ObserverInternet, rib.ObserverAzure, rib.ObserverAVS}
	var configured, prefixNames, serviceNames []string
	for _, o := range f.Observers {
		configured = append(configured, o.Name)
		c.observerNames = appendName(c.observerNames, o.Name)
	}
	for _, p := range f.Prefixes {
		prefixNames = append(prefixNames, p.Name)
	}
	for _, s := range f.Services {
		serviceNames = append(serviceNames, s.Name)
	}
	c.uniqueNames("links", c.linkNames)
	c.uniqueNames("feeds", feedNames)
	c.uniqueNames("prefixes", prefixNames)
	c.uniqueNames("pools", c.poolNames)
	c.uniqueNames("services", serviceNames)
	c.uniqueNames("remotes", c.remoteNames)
	c.uniqueNames("observers", configured)
}

// appendName adds a name to a set that is kept in the order of the file.
func appendName(set []string, name string) []string {
	if slices.Contains(set, name) {
		return set
	}
	if name == "" {
		return set
	}
	return append(set, name)
}
