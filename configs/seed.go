package configs

import (
	"embed"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed seed
var seed embed.FS

// SeedStep is one moment of the seed story: a folder of configs/seed.
type SeedStep struct {
	Name  string // the folder
	Title string
	Teach string // what it shows, in one sentence
}

// SeedSteps are the story's steps in order. configs/seed/README.md tells it.
var SeedSteps = []SeedStep{
	{"a", "internet only", "One link: everything leaves and returns by isp-a."},
	{"b", "ExpressRoute comes up", "Microsoft's more-specifics pull our packets to the circuit; nothing of ours is advertised there, so replies come by the internet."},
	{"c", "the NAT pool on both links", "At the same mask Microsoft prefers ExpressRoute: Windows Update leaves by the internet and its replies come by the circuit."},
	{"d", "the AD FS prefix leaks to ExpressRoute", "Sign-in is meant for the internet and arrives by the circuit."},
	{"d2", "AD FS over ExpressRoute on purpose", "Advertised there without NAT, and replied to there: whole."},
	{"e", "SMTP stays off ExpressRoute, without SNAT", "Mail arrives by the internet; its replies leave by the circuit."},
	{"e-snat", "the same with SNAT at the internet firewall", "The SNAT pins the reply to the firewall that the mail came in by."},
	{"e2", "a more-specific of the mail server leaks", "Mail now arrives by the circuit, where nobody meant it, and the SNAT does not apply."},
	{"f", "repaired by routing", "Prefixes on their own links, and route scoping (sees)."},
	{"f2", "repaired by SNAT and a pool for each link", "The second solution of Microsoft's page."},
}

// WriteSeed copies the seed story's files into a folder, so that they can be read as any dumps are.
func WriteSeed(dir string) error {
	return fs.WalkDir(seed, "seed", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(path))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		text, err := seed.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o644)
	})
}
