package reading

import "bytes"

// rowNotPrompt reports whether text, whose byte at mark would end a prompt's name, may be a row whose front is marks, or
// was disturbed: "r>  40.92.x0.0/16  192.0.2.2  0 65541 i" is no prompt of a router that is called r. It is one where a
// command of a router stands behind the mark, or what no row ends in.
func rowNotPrompt(text []byte, mark int) bool {
	const most = 6 // marks, and a letter or two that do not belong there
	name, rest := bytes.TrimRight(text[:mark], " "), bytes.TrimSpace(text[mark+1:])
	if len(name) > most || !areLetters(name) {
		return false
	}
	if len(rest) == 0 {
		return text[mark] == '>' && len(name) <= 2 && AreMarks(name)
	}
	return !commandFollows(rest) && (AreMarks(name) || rowEnds(rest))
}

func areLetters(text []byte) bool {
	for _, c := range text {
		if c |= 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// commandFollows reports whether text begins with a word of small letters that no row has in front: "show", "birdc", "exit".
func commandFollows(text []byte) bool {
	word := NextToken(text, 0)
	name := text[word.Start:word.End]
	const least = 2
	if len(name) < least {
		return false
	}
	for i, c := range name {
		if c < 'a' || c > 'z' {
			return i > 0 && (c == '-' || c == '_')
		}
	}
	return !AreMarks(name) || string(name) == "sh" || string(name) == "exit" || string(name) == "set"
}

// rowEnds reports whether text ends as a row does, or holds a word with a prefix's length.
func rowEnds(text []byte) bool {
	if endsInOrigin(text) || len(text) > 0 && text[len(text)-1] == ']' {
		return true
	}
	for word := NextToken(text, 0); word.End > word.Start; word = NextToken(text, word.End) {
		slash := bytes.LastIndexByte(text[word.Start:word.End], '/')
		if slash < 0 {
			continue
		}
		if _, ok := ParseUint32(text[word.Start+slash+1 : word.End]); ok {
			return true
		}
	}
	return false
}
