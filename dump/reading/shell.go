package reading

import (
	"path"
	"slices"
	"strings"
)

// A shell does not run a router's command where it stands: docker, ssh and their kin hand it on to another place.

// handOver is a program that hands a command on.
type handOver struct {
	verb   string // what must be said to it: docker exec
	values string // its options of one letter, and those of many, behind which a value stands
	places int    // words that name the place
}

var handOvers = map[string]handOver{
	"sudo":    {values: "ugpChrtTRUD --user --group --host"},
	"doas":    {values: "uC"},
	"vtysh":   {values: "dNf --vty_socket --config_dir --daemon --pathspace"},
	"Cli":     {values: "p"},
	"FastCli": {values: "p"},

	"do":      {},
	"run":     {},
	"exec":    {},
	"sh":      {},
	"bash":    {},
	"time":    {},
	"timeout": {values: "ks --kill-after --signal", places: 1},
	"docker":  {verb: "exec", values: "euw --env --env-file --user --workdir --index", places: 1},
	"podman":  {verb: "exec", values: "euw --env --env-file --user --workdir", places: 1},
	"nerdctl": {verb: "exec", values: "euw --env --env-file --user --workdir", places: 1},
	"kubectl": {verb: "exec", values: "ncf --namespace --container --filename --context --kubeconfig", places: 1},
	"oc":      {verb: "exec", values: "ncf --namespace --container --filename --context --kubeconfig", places: 1},
	"ssh":     {values: "BbcDEeFIiJLlmOopQRSWw", places: 1},
	"ip":      {verb: "exec", values: "n", places: 1}, // ip netns exec, ip vrf exec
	"route":   {verb: "exec", values: "T"},
	"nsenter": {values: "t --target"},
	"chroot":  {places: 1},
	"jexec":   {values: "u", places: 1},
	"lxc":     {verb: "exec", places: 1},
	"incus":   {verb: "exec", places: 1},
}

// handedOn is what stands behind the first word. known is false where that hands nothing on, and is no option
// of a shell or a login either; elsewhere is true where it hands on to another place.
func handedOn(words []string) (rest []string, known, elsewhere bool) {
	word := words[0]
	if to, ok := handOvers[path.Base(word)]; ok {
		return to.command(words[1:]), true, to.places > 0
	}
	return words[1:], word == "" || word[0] == '-' || strings.Contains(word, "@"), false
}

// command skips the program's own words.
func (h handOver) command(words []string) []string {
	if h.verb != "" {
		said := slices.Index(words, h.verb)
		if said < 0 {
			return nil
		}
		words = words[said+1:]
	}
	for places := h.places; len(words) > 0; words = words[1:] {
		switch word := words[0]; {
		case word == "--":
			return words[1:]
		case strings.HasPrefix(word, "-"):
			if h.takesValue(word) && len(words) > 1 {
				words = words[1:]
			}
		case places == 0:
			return words
		default:
			places--
		}
	}
	return nil
}

// takesValue reports whether the value of an option is the word behind it: "-n", "-itu", "--namespace", and not
// "-nfrr".
func (h handOver) takesValue(option string) bool {
	if strings.HasPrefix(option, "--") {
		return slices.Contains(strings.Fields(h.values), option)
	}
	short, _, _ := strings.Cut(h.values, " ")
	at := strings.IndexAny(option[1:], short)
	return short != "" && at >= 0 && at == len(option)-2
}

// WholePipe reports whether what a shell pipes an answer to, the words behind "|", leaves nothing out of it.
func WholePipe(words []string) bool {
	switch text := strings.Join(words, " "); {
	case len(words) == 0:
		return false
	case words[0] == "tee", words[0] == "cat":
		return !slices.Contains(words, "|")
	case strings.HasPrefix(words[0], "python"):
		return strings.HasSuffix(text, " -m json.tool")
	default:
		return text == "jq" || text == "jq ."
	}
}
