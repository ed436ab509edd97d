package reading

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
)

// content takes the sum of what is read through it. Of text the blanks do not count, so that one table has one
// sum, whatever ends its lines and however it is packed.
type content struct {
	r      io.Reader
	sum    hash.Hash
	binary bool
	solid  []byte
}

func newContent(r io.Reader, binary bool) *content {
	return &content{r: r, sum: sha256.New(), binary: binary}
}

// isBinary reports whether r holds no text. Binary dumps (MRT, captured sessions) have a zero byte in their first header.
func isBinary(r *bufio.Reader) bool {
	head, _ := r.Peek(16) // a damage shows when it is read
	return bytes.IndexByte(head, 0) >= 0
}

func (c *content) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	read := p[:n]
	if !c.binary {
		read = c.withoutBlanks(read)
	}
	c.sum.Write(read) // never an error (hash.Hash)
	return n, err
}

func (c *content) withoutBlanks(text []byte) []byte {
	if cap(c.solid) < len(text) {
		c.solid = make([]byte, len(text))
	}
	out, n := c.solid[:len(text)], 0
	for _, b := range text {
		out[n] = b
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			n++
		}
	}
	return out[:n]
}

// maxTail bounds what is read for the sum behind the place where a reader stopped.
const maxTail = 64 << 20

// Digest is the SHA-256 of what the file holds: unpacked, as UTF-8, text without its blanks, what no reader asked
// for included. It is zero where the file cannot be read to its end. Nothing can be read afterwards.
func (in *Input) Digest() (sum [sha256.Size]byte) {
	if _, err := io.CopyN(io.Discard, in.Text, maxTail); !errors.Is(err, io.EOF) {
		return sum
	}
	in.content.sum.Sum(sum[:0])
	return sum
}
