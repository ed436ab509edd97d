package reading

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// archives hold several files, which read as one text would be taken for one answer: the name in front of the
// second file stands in the place of its command.
var archives = []struct {
	magic, name string
	at          int
	undo        string
}{
	{"PK\x03\x04", "zip", 0, "unzip"},
	{"ustar", "tar", 257, "tar -x"},
	{"7z\xbc\xaf\x27\x1c", "7z", 0, "7z x"},
	{"Rar!\x1a\x07", "rar", 0, "unrar x"},
	{"070701", "cpio", 0, "cpio -i"},
	{"070702", "cpio", 0, "cpio -i"},
	{"070707", "cpio", 0, "cpio -i"},
	{"!<arch>\n", "ar", 0, "ar x"},
}

// tarHeader is the size of the header in front of each file of a tar archive.
const tarHeader = 512

// refuseArchive says what to do with an archive, packed or not. r holds the text, unpacked.
func refuseArchive(r *bufio.Reader) error {
	head, err := r.Peek(tarHeader)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil // a damage is for reading to meet
	}
	for _, a := range archives {
		if len(head) >= a.at && bytes.HasPrefix(head[a.at:], []byte(a.magic)) {
			return archiveError(a.name, a.undo)
		}
	}
	if oldTar(head) {
		return archiveError("tar", "tar -x")
	}
	return nil
}

func archiveError(name, undo string) error {
	return fmt.Errorf("is a %s archive, which may hold several answers: undo that first (%s), and give each file a feed of its own", name, undo)
}

// oldTar knows a header from before ustar, which has no magic, by its checksum: the sum of the header's bytes, the
// checksum itself taken as blanks, in octal digits.
func oldTar(head []byte) bool {
	const at, size = 148, 8
	if len(head) < tarHeader {
		return false
	}
	want, err := strconv.ParseUint(string(bytes.Trim(head[at:at+size], " \x00")), 8, 32)
	if err != nil {
		return false
	}
	sum := uint64(size * ' ')
	for i, c := range head {
		if i < at || i >= at+size {
			sum += uint64(c)
		}
	}
	return sum == want
}
