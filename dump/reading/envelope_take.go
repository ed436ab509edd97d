package reading

import (
	"slices"
	"strings"
)

// taking takes the answers out of one document.
type taking struct {
	*envelope
	failed bool // Ansible says so in front of the document
}

// span is a value's place in the file.
type span struct{ from, to int }

// member is one of an object's.
type member struct {
	key   string
	at    int // of the key
	value span
}

func (t *taking) opens(s span) byte { return t.raw[s.from] }

// members lists those of an object. The document was read to its end before, so that only a wrong member is an error.
func (t *taking) members(s span) ([]member, error) {
	cur := Cursor{Bytes: t.raw[:s.to], Pos: s.from}
	var list []member
	cur.Enter('{')
	for cur.Next('}') {
		m := member{at: cur.Pos}
		m.key = string(cur.Key())
		cur.Peek()
		m.value.from = cur.Pos
		cur.Value()
		m.value.to = cur.Pos
		list = append(list, m)
	}
	if cur.Err != nil {
		return nil, t.wrong(s.from, "the JSON around the answer is damaged: %w", cur.Err)
	}
	return list, nil
}

// elements lists those of a list.
func (t *taking) elements(s span) ([]span, error) {
	cur := Cursor{Bytes: t.raw[:s.to], Pos: s.from}
	var list []span
	cur.Enter('[')
	for cur.Next(']') {
		cur.Peek()
		e := span{from: cur.Pos}
		cur.Value()
		e.to = cur.Pos
		list = append(list, e)
	}
	if cur.Err != nil {
		return nil, t.wrong(s.from, "the JSON around the answer is damaged: %w", cur.Err)
	}
	return list, nil
}

// text is a string's text; of another value it is empty.
func (t *taking) text(s span) string {
	if t.opens(s) != '"' {
		return ""
	}
	cur := Cursor{Bytes: t.raw[:s.to], Pos: s.from}
	return string(cur.Text())
}

// all reports whether all values begin with that byte.
func (t *taking) all(list []span, open byte) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(s span) bool { return t.opens(s) != open })
}

// take takes the answers of a document, or of a part of one.
func (t *taking) take(s span, depth int) error {
	if depth > maxNesting {
		return t.wrong(s.from, "answers stand too deep within JSON of another program")
	}
	switch t.opens(s) {
	case '"':
		return t.answer(s)
	case '[':
		list, err := t.elements(s)
		switch {
		case err != nil:
			return err
		case t.all(list, '{'):
			return t.each(list, depth)
		}
		return t.listed(s, list, nil)
	case '{':
		list, err := t.members(s)
		if err != nil {
			return err
		}
		return t.object(s, list, depth)
	}
	return t.wrong(s.from, "no answer stands where one should")
}

func (t *taking) each(list []span, depth int) error {
	for _, s := range list {
		if err := t.take(s, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) object(s span, list []member, depth int) error {
	switch {
	case len(list) == 0:
		return t.wrong(s.from, "no answer stands where one should")
	case slices.ContainsFunc(list, func(m member) bool { return m.key == "plays" }):
		return t.wrong(s.from, "it is the log of a whole playbook of Ansible's (its json callback), of several hosts and tasks")
	case list[0].key == "value" && t.opens(list[0].value) == '[':
		return t.azure(list[0].value)
	case isResult(t.raw[s.from:s.to]):
		return t.result(s, list, depth)
	case len(EchoedCommands([]byte(list[0].key))) > 0:
		return t.commands(list)
	case len(list) == 1:
		return t.take(list[0].value, depth+1)
	}
	return t.wrong(list[0].at, "answers stand under the names %s and %s, which are no commands: whose they are cannot be known", Quote(list[0].key), Quote(list[1].key))
}

// commands takes a dictionary of commands: each stands in front of its answer.
func (t *taking) commands(list []member) error {
	for _, m := range list {
		if len(EchoedCommands([]byte(m.key))) == 0 {
			return t.wrong(m.at, "%s stands among commands, and is none", Quote(m.key))
		}
		t.asked(m.at, m.key)
		if err := t.answer(m.value); err != nil {
			return err
		}
	}
	return nil
}

// asked is a line with the command that an answer was given to.
func (t *taking) asked(at int, command string) {
	command = strings.Join(strings.Fields(command), " ")
	if len(EchoedCommands([]byte(command))) > 0 {
		t.append(t.lineAt(at), []byte(command))
	}
}

// answer takes one: a text, its lines, or the document that a program made of it.
func (t *taking) answer(s span) error {
	switch t.opens(s) {
	case '"':
		t.lines(s)
	case '{':
		t.asItIs(s.from, s.to)
	case '[':
		list, err := t.elements(s)
		switch {
		case err != nil:
			return err
		case t.all(list, '{'):
			t.asItIs(s.from, s.to)
		case t.all(list, '"'):
			for _, line := range list {
				t.lines(line)
			}
		default:
			return t.wrong(s.from, "what stands in the place of an answer is neither its text nor its lines")
		}
	default:
		return t.wrong(s.from, "what stands in the place of an answer is neither its text nor its lines")
	}
	return nil
}

// lines adds the lines of a string, the last one too.
func (t *taking) lines(s span) {
	number := t.lineAt(s.from)
	for line := range strings.SplitSeq(strings.TrimSuffix(t.text(s), "\n"), "\n") {
		t.append(number, []byte(line))
	}
}

// listed takes a list: the lines of one answer, or several answers. commands are what was asked, where that is known.
func (t *taking) listed(s span, list []span, commands []member) error {
	lines := t.all(list, '"') && !slices.ContainsFunc(list, func(e span) bool { return strings.Contains(t.text(e), "\n") })
	if lines && len(commands) <= 1 {
		t.askedAt(commands, 0, 1)
		return t.answer(s)
	}
	if len(list) == 0 {
		return t.wrong(s.from, "no answer stands where one should")
	}
	for i, e := range list {
		t.askedAt(commands, i, len(list))
		if err := t.answer(e); err != nil {
			return err
		}
	}
	return nil
}

// askedAt adds the command of an answer, where each answer has its own.
func (t *taking) askedAt(commands []member, i, answers int) {
	if len(commands) == answers {
		t.asked(commands[i].at, commands[i].key)
	}
}

// azure takes what az vm run-command prints: of Linux one message, of Windows one a stream.
func (t *taking) azure(s span) error {
	list, err := t.elements(s)
	if err != nil {
		return err
	}
	for _, e := range list {
		if t.opens(e) != '{' {
			return t.wrong(e.from, "no answer of az vm run-command stands where one should")
		}
		members, err := t.members(e)
		if err != nil {
			return err
		}
		code, message := t.member(members, "code"), t.member(members, "message")
		switch text := t.text(message); {
		case strings.Contains(t.text(code), "StdErr"):
			if strings.TrimSpace(text) != "" {
				t.lost(message.from, "the command wrote an error: %s", Quote(FirstLine([]byte(strings.TrimSpace(text)))))
			}
		case !strings.HasSuffix(t.text(code), "/succeeded"):
			return t.none(e.from, "az vm run-command says %s", Quote(t.text(code)))
		case strings.Contains(t.text(code), "StdOut") && len(text) >= azShows:
			t.lost(message.from, "%s", azCut)
			fallthrough
		default:
			t.lines(message)
		}
	}
	return nil
}

// member is the value of a key; of none it is the empty string at the front of the list.
func (t *taking) member(list []member, key string) span {
	for _, m := range list {
		if m.key == key {
			return m.value
		}
	}
	return span{list[0].at, list[0].at + 1}
}
