package configs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
)

// maxListSize is the largest prefix list that is read; Microsoft's are a few MiB.
const maxListSize = 64 << 20

// prefixLists are the files of this Load that are already read, by name and kind.
type prefixLists map[string]any

// serviceTagFile is Microsoft's "Azure IP Ranges and Service Tags" file, as far as we read it.
type serviceTagFile struct {
	Values []struct {
		Name       string `json:"name"`
		Properties struct {
			AddressPrefixes []string `json:"addressPrefixes"`
		} `json:"properties"`
	} `json:"values"`
}

// endpointSet is one entry of Microsoft 365's endpoints file, as far as we read it.
type endpointSet struct {
	ServiceArea string   `json:"serviceArea"`
	Category    string   `json:"category"`
	IPs         []string `json:"ips"`
}

// serviceTags collects the prefixes of the named tags.
func (c *checker) serviceTags(e *serviceTagsEntry, path string, lists prefixLists) []netip.Prefix {
	var content serviceTagFile
	if !readList(c, e.File, path+".file", lists, &content) {
		return nil
	}
	known := make([]string, 0, len(content.Values))
	for _, v := range content.Values {
		known = append(known, v.Name)
	}
	if len(known) == 0 {
		c.fail(path+".file", "download Azure IP Ranges and Service Tags", "%s holds no service tags", e.File)
		return nil
	}
	once(c, path+".tags", e.Tags)
	var out []netip.Prefix
	for i, tag := range e.Tags {
		at := fmt.Sprintf("%s.tags[%d]", path, i)
		n := slices.Index(known, tag)
		if n < 0 {
			c.fail(at, suggest(tag, known), "service tag %q is not in %s", shorten(tag), e.File)
			continue
		}
		list := content.Values[n].Properties.AddressPrefixes
		if len(list) == 0 {
			c.fail(at, "", "service tag %s has no prefixes in %s", tag, e.File)
		}
		out = append(out, c.listed(list, at, e.File)...)
	}
	return ordered(out)
}

// m365Endpoints collects the prefixes of the named service areas, and categories if any are named.
func (c *checker) m365Endpoints(e *m365Entry, path string, lists prefixLists) []netip.Prefix {
	var content []endpointSet
	if !readList(c, e.File, path+".file", lists, &content) {
		return nil
	}
	var known []string
	for _, set := range content {
		known = appendName(known, set.ServiceArea)
	}
	if len(known) == 0 {
		c.fail(path+".file", "download the worldwide endpoints of Microsoft 365 as JSON", "%s holds no service areas", e.File)
		return nil
	}
	at := path + ".service-area"
	var out []netip.Prefix
	complete := !slices.Contains(e.Categories, "") // an unknown one, and reported
	for _, area := range e.ServiceArea {
		if !slices.Contains(known, area) {
			complete = false
			c.fail(at, suggest(area, known), "service area %q is not in %s", shorten(area), e.File)
		}
	}
	for _, set := range content {
		if slices.Contains(e.ServiceArea, set.ServiceArea) &&
			(len(e.Categories) == 0 || slices.Contains(e.Categories, categoryName(set.Category))) {
			out = append(out, c.listed(set.IPs, at, e.File)...)
		}
	}
	if len(out) == 0 && len(e.ServiceArea) > 0 && complete {
		c.fail(at, "", "%s has no prefixes for it", e.File)
	}
	return ordered(out)
}

// listed parses the prefixes of a list. A bad one is a problem of the key that named the list:
// half a remote must not pass for the whole.
func (c *checker) listed(texts []string, path, name string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil || p.Addr().Is4In6() {
			c.fail(path, "download the file again", "bad prefix %q in %s", shorten(text), name)
			return nil
		}
		out = append(out, p.Masked())
	}
	return out
}

// ordered sorts prefixes and drops repeats.
func ordered(list []netip.Prefix) []netip.Prefix {
	slices.SortFunc(list, netip.Prefix.Compare)
	return slices.Compact(list)
}

// readList reads a JSON file into content, once for all remotes that name it.
func readList[T any](c *checker, name, path string, lists prefixLists, content *T) bool {
	if name == "" || c.broken[path] {
		if c.has(path) && !c.broken[path] {
			c.fail(path, "", "file is empty")
		}
		return false
	}
	key := fmt.Sprintf("%T %s", content, name)
	if have, ok := lists[key].(T); ok {
		*content = have
		return true
	}
	text, err := c.readBounded(name)
	if err == nil {
		err = json.Unmarshal(text, content)
	}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.fail(path, "file names are relative to the config file", "%s does not exist", name)
	case errors.As(err, &syntax):
		c.fail(path, "download the file again", "%s is not JSON: %s at byte %d", name, err, syntax.Offset)
	case err != nil:
		c.fail(path, "", "cannot read %s: %s", name, reason(err))
	default:
		lists[key] = *content
	}
	return err == nil
}

// reason is what the system says, without the operation and the resolved name.
func reason(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

func (c *checker) readBounded(name string) ([]byte, error) {
	f, err := os.Open(c.resolve(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxListSize+1))
	if err == nil && len(text) > maxListSize {
		err = fmt.Errorf("larger than %d MiB", maxListSize>>20)
	}
	return text, err
}

// resolve makes a file name of the config one that can be opened.
func (c *checker) resolve(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}
