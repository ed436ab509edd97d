package reading

import (
	"bytes"
	"strings"
)

// CutWord takes a word and the blanks around it.
func CutWord(text []byte) (word, rest []byte) {
	text = skipBlanks(text)
	for i, c := range text {
		if c == ' ' || c == '\t' {
			return text[:i], skipBlanks(text[i:])
		}
	}
	return text, nil
}

func skipBlanks(text []byte) []byte {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
		text = text[1:]
	}
	return text
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// AreMarks reports whether text is made of marks and blanks.
func AreMarks(text []byte) bool {
	for _, c := range text {
		if bytes.IndexByte([]byte(" *>=#%sdhrSmbfxactLVINielaREqU|&2"), c) < 0 {
			return false
		}
	}
	return true
}

// IsAddress reports whether text is an address or a prefix.
func IsAddress(text []byte) bool {
	if len(text) < 2 {
		return false
	}
	text, _, _ = bytes.Cut(text, []byte("/"))
	dots, colons := bytes.Count(text, []byte(".")), bytes.Count(text, []byte(":"))
	if dots != 3 && colons < 2 {
		return false
	}
	for _, c := range text {
		hex := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
		if !hex && c != '.' && c != ':' || colons == 0 && c|0x20 >= 'a' {
			return false
		}
	}
	return true
}

// Token is a word of a line, and where it stands.
type Token struct{ Start, End int }

// NextToken finds the next word from i on; it is empty where there is none.
func NextToken(line []byte, i int) Token {
	for i < len(line) && line[i] == ' ' {
		i++
	}
	start := i
	for i < len(line) && line[i] != ' ' {
		i++
	}
	return Token{start, i}
}

// ContainsAny reports whether one of words stands in text.
func ContainsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
