package dump

import (
	"bytes"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// mrtMessages is a table, and behind it a record of each subtype of BGP4MP and BGP4MP_ET.
func mrtMessages() []byte {
	two, four := bgpUpdate(nil, mrtAttrs2, doc), bgpUpdate(doc, mrtAttrs, mrtText("198.51.100.0/24"))
	withIDs := bgpUpdate(nil, mrtAttrs, mrtText(uint32(7), doc))
	file := mrtText(mrtPeers, routeV4)
	for _, kind := range []int{16, 17} {
		for subtype, body := range map[int][]byte{
			0: mrtText(session(false), 5, 6), 1: mrtText(session(false), two), 4: mrtText(session(true), four), 5: mrtText(session(true), 1, 3),
			6: mrtText(session(false), two), 7: mrtText(session(true), four), 9: mrtText(session(true), withIDs), 11: mrtText(session(true), withIDs),
		} {
			if kind == mrtMessagesET {
				body = mrtText(uint32(500000), body)
			}
			file = mrtText(file, mrtRecord(kind, subtype, body))
		}
	}
	return file
}

// cutMRT are the plain files that are read cut: fixtures, and every subtype made by hand.
func cutMRT(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{"messages": mrtMessages()}
	for _, f := range mrtTables() {
		files[f.name] = f.file
	}
	for _, name := range fixtures(t, "mrt") {
		if strings.HasSuffix(name, ".mrt") {
			files[name] = fixtureBytes(t, name)
		}
	}
	return files
}

// TestAnMRTFileCutAtAnyByte reads files up to each of their bytes. A cut within a record is said, and
// the rows are those of the records before it; a cut between records cannot be seen.
func TestAnMRTFileCutAtAnyByte(t *testing.T) {
	for name, whole := range cutMRT(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var every []int
			for n := 0; n < len(whole); n += cutStep {
				every = append(every, n)
			}
			readCut(t, whole, every)
		})
	}
}

// recordEnds are the offsets behind each record of a file, and whether messages are among them.
func recordEnds(whole []byte) (ends []int, messages bool) {
	for at := 0; at+mrtHeaderLength <= len(whole); {
		h := cutMRTHead(whole[at:])
		if at += mrtHeaderLength + h.length; at <= len(whole) {
			ends = append(ends, at)
		}
		messages = messages || h.message()
	}
	return ends, messages
}

// readCut reads a file cut at each of the offsets, which rise.
func readCut(t *testing.T, whole []byte, offsets []int) {
	t.Helper()
	src := reading.Source{Name: "x", Format: "mrt", ExpectRoutes: -1}
	full, wholeGot, err := readBytes(src, whole)
	if err != nil {
		t.Fatal(err)
	}
	rows := recordsOf(full)
	ends, messages := recordEnds(whole)
	records, end := 0, 0    // those before the cut
	before := []string(nil) // their rows
	for _, n := range offsets {
		routes, got, err := readBytes(src, whole[:n])
		if n < mrtHeaderLength {
			if err == nil {
				t.Fatalf("cut at %d: read", n)
			}
			continue
		}
		known := end
		for records < len(ends) && ends[records] <= n {
			end = ends[records]
			records++
		}
		if end > known {
			part, _, _ := readBytes(src, whole[:end])
			before = recordsOf(part)
		}
		have := recordsOf(routes)
		within := n > end
		said := strings.Contains(strings.Join(got.Errors, "\n"), "cut off here")
		switch {
		case err != nil:
			t.Fatalf("cut at %d: %v", n, err)
		case got.Routes != len(routes) || got.Skipped > wholeGot.Skipped:
			t.Fatalf("cut at %d: %d routes, %d counted, %d skipped: %q", n, len(routes), got.Routes, got.Skipped, got.Errors)
		case !slices.Equal(have, before):
			t.Fatalf("cut at %d: rows\n%s\nthe records before it hold\n%s", n, strings.Join(have, "\n"), strings.Join(before, "\n"))
		case !messages && (len(have) > len(rows) || !slices.Equal(have, rows[:len(have)])):
			t.Fatalf("cut at %d: rows\n%s\nare not the first of the whole", n, strings.Join(have, "\n"))
		case slices.ContainsFunc(routes, func(r rib.Route) bool { return r.Line > records }):
			t.Fatalf("cut at %d: a row is of a later record than %d", n, records)
		case said != within:
			t.Fatalf("cut at %d, the last record ends at %d: errors %q", n, end, got.Errors)
		case got.Complete == rib.CompleteYes || within && got.Complete != rib.CompleteNo:
			t.Fatalf("cut at %d: complete %s", n, got.Complete)
		case !within && len(routes) > 0 && wholeGot.Complete == rib.CompleteUnproven && got.Complete != rib.CompleteUnproven:
			t.Fatalf("cut between records at %d: complete %s, errors %q", n, got.Complete, got.Errors)
		}
	}
}

// TestRealMRTFilesCutAnywhere cuts the smallest files of the corpus at each byte, larger ones all over.
func TestRealMRTFilesCutAnywhere(t *testing.T) {
	dir, _ := mrtCorpus(t)
	for _, pattern := range []string{"daemon-*/*.mrt", "mrt/mrtparse/samples/*", "mrt/bgpkit-parser/local_only/*", "mrt/pyasn/data/*", "mrt/bgpdump/test_data/bview.ipv4_unicast_add_path.gz"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v, %v", pattern, paths, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, ".conf") {
				continue
			}
			t.Run(filepath.Base(path), func(t *testing.T) {
				t.Parallel()
				in, err := reading.OpenInput(path, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer in.Close()
				whole, err := io.ReadAll(in.Text)
				if err != nil {
					t.Fatal(err)
				}
				step := 1 + len(whole)*len(whole)/(4<<20)
				var offsets []int
				for n := 0; n < len(whole); n += step {
					offsets = append(offsets, n)
				}
				readCut(t, whole, offsets)
			})
		}
	}
}

// packMRT packs a file in every way that can be made here; bzip2 comes from a fixture.
func packMRT(t *testing.T, plain []byte) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for name, open := range map[string]func(io.Writer) (io.WriteCloser, error){
		"gzip": func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
		"zstd": func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
		"xz":   func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
	} {
		var b bytes.Buffer
		w, err := open(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		out[name] = b.Bytes()
	}
	if bytes.Equal(plain, fixtureBytes(t, "mrt/frr-table.mrt")) {
		out["bzip2"] = fixtureBytes(t, "mrt/frr-table.mrt.bz2")
	}
	return out
}

// TestPackedMRTCutAtAnyByte reads packed files up to each of their bytes: what could be unpacked is
// the beginning of the file, and where that is not all of it, the reading says so.
func TestPackedMRTCutAtAnyByte(t *testing.T) {
	for _, name := range []string{"mrt/frr-table.mrt", "mrt/bird-tables.mrt", "mrt/bird-table-then-messages.mrt", "mrt/frr-messages.mrt"} {
		plain := fixtureBytes(t, name)
		want, whole, err := readBytes(fixtureSource(name), plain)
		if err != nil {
			t.Fatal(err)
		}
		rows := recordsOf(want)
		known := map[string]bool{} // what any beginning of the file leaves
		for n := mrtHeaderLength; n <= len(plain); n++ {
			part, _, _ := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, plain[:n])
			known[strings.Join(recordsOf(part), "")] = true
		}
		for packing, packed := range packMRT(t, plain) {
			t.Run(name+" in "+packing, func(t *testing.T) {
				t.Parallel()
				routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, packed)
				if err != nil || got.Complete != whole.Complete || !slices.Equal(recordsOf(routes), rows) {
					t.Fatalf("%d routes, complete %s, errors %q, %v", len(routes), got.Complete, got.Errors, err)
				}
				for n := 0; n < len(packed); n += cutStep {
					routes, got, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, packed[:n])
					if err != nil {
						if len(routes) > 0 {
							t.Fatalf("cut at %d: refused with %d routes", n, len(routes))
						}
						continue
					}
					have := recordsOf(routes)
					if !known[strings.Join(have, "")] || got.Complete != rib.CompleteNo && !slices.Equal(have, rows) {
						t.Fatalf("cut at %d: complete %s, rows\n%s", n, got.Complete, strings.Join(have, ""))
					}
				}
				if strings.Contains(name, "messages") {
					return
				}
				twice, _, err := readBytes(reading.Source{Name: "x", ExpectRoutes: -1}, append(bytes.Clone(packed), packed...))
				if err != nil || len(twice) != 2*len(want) {
					t.Errorf("two streams in a file: %d routes, %v", len(twice), err)
				}
			})
		}
	}
}
