package reading

import (
	"path"
	"regexp"
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
	"sshpass": {values: "pfdP"},
	"clogin":  {},
	"jlogin":  {},
	"birdc":   {values: "s"},
	"birdc6":  {values: "s"},
	"birdcl":  {values: "s"},
	"sr_cli":  {},
	"cli":     {},
	"echo":    {},
	"printf":  {},
	"nohup":   {},
	"watch":   {values: "n"},
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
	"plink":   {values: "Pli -pw -pwfile -hostkey -proxycmd -load -m -sercfg", places: 1},
	"klink":   {values: "Pli -pw -pwfile -hostkey -proxycmd -load -m -sercfg", places: 1},
	"rsh":     {values: "l", places: 1},
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
	if to, ok := handOvers[program(word)]; ok {
		return to.command(words[1:]), true, to.places > 0
	}
	known = word == "" || word[0] == '-' || word == "&" || strings.Contains(word, "@") || setting.MatchString(word)
	return words[1:], known, false
}

// setting is a variable that a shell sets for one command: "LANG=C".
var setting = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// program is the name of a program, without where it is: "/usr/bin/ssh", "C:\Tools\plink.exe".
func program(word string) string {
	word = path.Base(word[strings.LastIndexByte(word, '\\')+1:])
	return strings.TrimSuffix(word, ".exe")
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
	if strings.HasPrefix(option, "--") || slices.Contains(strings.Fields(h.values), option) {
		return slices.Contains(strings.Fields(h.values), option)
	}
	short, _, _ := strings.Cut(h.values, " ")
	at := strings.IndexAny(option[1:], short)
	return short != "" && at >= 0 && at == len(option)-2
}

// wholePrograms hand on all that they are given, whatever is said to them.
var wholePrograms = []string{
	"tee", "cat", "less", "more", "dos2unix", "gzip", "xz", "zstd", "pbcopy", "clip", "ts", "birdc", "birdc6", "birdcl",
	"Out-File", "Tee-Object", "Set-Content", "Add-Content", "Out-String", "Out-Host",
}

// runsHere are the programs that hand a command on to no router.
var runsHere = []string{"do", "run", "exec", "sh", "bash", "time", "echo", "printf", "watch", "nohup"}

// isTransport reports whether words carry what they are given to a router, and the answer back: "ssh edge1".
func isTransport(words []string) bool {
	for len(words) > 0 {
		name := program(words[0])
		to, ok := handOvers[name]
		if !ok || slices.Contains(runsHere, name) || to.verb != "" && !slices.Contains(words, to.verb) {
			return false
		}
		words = to.command(words[1:])
	}
	return true
}

// WholePipe reports whether what a shell pipes an answer to, the words behind "|", leaves nothing out of it.
func WholePipe(words []string) bool {
	switch text := strings.Join(words, " "); {
	case len(words) == 0:
		return false
	case slices.Contains(words, "|"):
		at := slices.Index(words, "|")
		return WholePipe(words[:at]) && WholePipe(words[at+1:])
	case slices.Contains(wholePrograms, program(words[0])), isTransport(words):
		return true
	case words[0] == "tr":
		return len(words) == 3 && words[1] == "-d" && (words[2] == `\r` || words[2] == `\015`)
	case strings.HasPrefix(words[0], "python"):
		return strings.HasSuffix(text, " -m json.tool")
	default:
		return text == "jq" || text == "jq ."
	}
}
