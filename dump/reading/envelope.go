package reading

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Programs that ask routers keep the answer in JSON of their own: Ansible's result, a dictionary of commands (Netmiko,
// NAPALM), what az vm run-command prints. Such an envelope is opened here, in front of all readers: what was asked comes out as a
// command's line, what was answered as the text it was (docs/decisions/0131).

// maxEnvelope bounds what is held of a file to open it.
const maxEnvelope = 16 << 20

// envelope is a file whose answers were taken out of the JSON around them.
type envelope struct {
	raw    []byte
	at     int // a place in raw, and its line
	line   int
	out    []byte
	lines  lineMap
	wrongs []wrongLine // by lines of the file
}

// openEnvelope gives the text of r as it is, or the answers that it holds in an envelope.
func openEnvelope(r io.Reader) (io.Reader, *envelope, error) {
	buffered := bufio.NewReaderSize(r, HeadSize)
	head, _ := buffered.Peek(HeadSize) // a damage is for reading to meet
	if !beginsEnvelope(head) {
		return buffered, nil, nil
	}
	raw, err := io.ReadAll(io.LimitReader(buffered, maxEnvelope+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("cannot be read: %w", unwrapPath(err))
	case len(raw) > maxEnvelope:
		return nil, nil, fmt.Errorf("the answer stands in more than %d MiB of JSON of another program: %s", maxEnvelope>>20, saveAnswer)
	}
	e := &envelope{raw: raw, line: 1}
	if err := e.open(); err != nil {
		return nil, nil, err
	}
	e.raw = nil
	return bytes.NewReader(e.out), e, nil
}

const saveAnswer = "save the answer itself, as docs/formats/pasted.md says"

// ansibleHost is what Ansible prints in front of a result: "edge1 | SUCCESS => {", "ok: [edge1] => {".
var ansibleHost = regexp.MustCompile(`^(?:\S{1,99} \| ([A-Z]{2,16})!?(?: \| rc=-?\d{1,3})? => ` +
	`|(ok|changed|failed|fatal|skipping): \[[^\]\n]{1,99}\](?:: [A-Z]{2,16}!)? => (?:\(item=[^\n]{0,999}?\) => )?)`)

// ansibleFrame is a line of a playbook's log that says nothing of an answer.
var ansibleFrame = regexp.MustCompile(`^(?:(?:PLAY|TASK|HANDLER|PLAY RECAP|RUNNING HANDLER|TASKS RECAP)(?: \[[^\n]*\])? \*{3,}` +
	`|(?:ok|changed): \[[^\]]{1,99}\](?: => \(item=[^\n]*\))?` +
	`|\S{1,99} +: ok=\d+ +changed=\d+ +unreachable=0 +failed=0(?: +[a-z]+=\d+)*)\s*$`)

// beginsEnvelope reports whether the first document of a text is an envelope. head may be cut off.
func beginsEnvelope(head []byte) bool {
	for pos := 0; pos < len(head); {
		if d, ok := documentIn(head, pos); ok {
			return isEnvelope(head[d.from:], 0)
		}
		next := bytes.IndexByte(head[pos:], '\n')
		if next < 0 {
			return false
		}
		pos += next + 1
	}
	return false
}

// document is where JSON begins in a line, and whether Ansible says in front of it that nothing was answered.
type document struct {
	from   int
	failed bool
}

// documentIn finds a document that begins in the line from pos on.
func documentIn(text []byte, pos int) (d document, ok bool) {
	line, _, _ := bytes.Cut(text[pos:], []byte("\n"))
	blanks := len(line) - len(bytes.TrimLeft(line, " \t\r"))
	d.from = pos + blanks
	line = line[blanks:]
	if m := ansibleHost.FindSubmatch(line); m != nil {
		state := string(m[1]) + string(m[2])
		d.failed = state == "FAILED" || state == "UNREACHABLE" || state == "failed" || state == "fatal"
		d.from += len(m[0])
		line = line[len(m[0]):]
	}
	if len(line) == 0 {
		return d, false
	}
	switch line[0] {
	case '{', '[':
		return d, JSONStart(text[d.from:])
	case '"':
		return d, isEnvelope(line, 0)
	}
	return d, false
}

// open takes the answers of all documents out; what stands around them stays.
func (e *envelope) open() error {
	for pos := 0; pos < len(e.raw); {
		d, ok := documentIn(e.raw, pos)
		if !ok {
			pos = e.pass(pos)
			continue
		}
		cur := Cursor{Bytes: e.raw, Pos: d.from}
		value := cur.Value()
		switch {
		case !isEnvelope(e.raw[d.from:], 0):
			if cur.Err != nil {
				cur.Pos = len(e.raw)
			}
			e.asItIs(pos, cur.Pos)
		case cur.Err != nil || len(value) < 2:
			return e.wrong(d.from, "the JSON around the answer is cut off, or damaged")
		default:
			t := taking{envelope: e, failed: d.failed}
			if err := t.take(span{d.from, cur.Pos}, 0); err != nil {
				return err
			}
		}
		pos = cur.Pos
		if rest, _, _ := bytes.Cut(e.raw[pos:], []byte("\n")); len(bytes.TrimSpace(rest)) == 0 {
			pos = min(pos+len(rest)+1, len(e.raw))
		}
	}
	return nil
}

// pass hands a line on that stands around the documents, and returns where the next one begins.
func (e *envelope) pass(pos int) int {
	line := e.raw[pos:]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end+1]
	}
	if ansibleFrame.Match(line) {
		e.append(e.lineAt(pos), nil)
	} else {
		e.asItIs(pos, pos+len(line))
	}
	return pos + len(line)
}

// asItIs hands a part of the file on, line by line.
func (e *envelope) asItIs(from, to int) {
	number := e.lineAt(from)
	for line := range bytes.Lines(e.raw[from:to]) {
		e.append(number, bytes.TrimSuffix(line, []byte("\n")))
		number++
	}
}

// append adds a line of an answer, which stands in that line of the file.
func (e *envelope) append(number int, text []byte) {
	e.out = append(append(e.out, text...), '\n')
	e.lines.add(number)
}

// lineAt is the line of the file in which a place stands. Places come in order, nearly all of them.
func (e *envelope) lineAt(pos int) int {
	if pos >= e.at {
		e.line += bytes.Count(e.raw[e.at:pos], []byte("\n"))
	} else {
		e.line -= bytes.Count(e.raw[pos:e.at], []byte("\n"))
	}
	e.at = pos
	return e.line
}

// wrong is an error at a place: the answer cannot be taken out there.
func (e *envelope) wrong(pos int, format string, args ...any) error {
	return fmt.Errorf("line %d: "+format+": "+saveAnswer, append([]any{e.lineAt(pos)}, args...)...)
}

// none is an error where no answer came.
func (e *envelope) none(pos int, format string, args ...any) error {
	return fmt.Errorf("line %d: "+format+": run it again", append([]any{e.lineAt(pos)}, args...)...)
}

// lost notes that something of an answer may be missing.
func (e *envelope) lost(pos int, format string, args ...any) {
	if len(e.wrongs) < MaxErrors {
		e.wrongs = append(e.wrongs, wrongLine{e.lineAt(pos), fmt.Sprintf(format, args...)})
	}
}

// maxNesting is how deep a result may stand within others.
const maxNesting = 4

// isEnvelope reports whether a document, which may be cut off, is JSON around answers.
func isEnvelope(doc []byte, depth int) bool {
	cur := Cursor{Bytes: doc}
	switch cur.Peek() {
	case '"':
		return depth == 0 && manyLines(doc, 1, true)
	case '[':
		cur.Enter('[')
		switch open := cur.Peek(); {
		case depth == maxNesting:
			return false
		case open == '"', open == '[':
			return open == '"' || isEnvelope(doc[cur.Pos:], depth+1)
		case open == '{':
			return isResult(doc[cur.Pos:])
		}
	case '{':
		return isResult(doc) || depth < maxNesting && isNamed(doc, depth)
	}
	return false
}

// isResult reports whether a document is a result of Ansible's, or an answer of az vm run-command.
func isResult(doc []byte) bool {
	cur := Cursor{Bytes: doc}
	cur.Enter('{')
	for cur.Next('}') {
		key := string(cur.Key())
		open := cur.Peek()
		switch {
		case cur.Err != nil:
			return false
		case isStdout(key), key == "censored" && open == '"', key == "plays" && open == '[',
			(key == "changed" || key == "failed" || key == "unreachable") && (open == 't' || open == 'f'):
			return true
		case key == "results" && open == '[':
			inner := Cursor{Bytes: doc, Pos: cur.Pos}
			if inner.Enter('['); inner.Peek() == '{' && isResult(doc[inner.Pos:]) {
				return true
			}
		case key == "value" && open == '[':
			inner := Cursor{Bytes: doc, Pos: cur.Pos}
			inner.Enter('[')
			list := Members(doc[inner.Pos:])
			if len(list) > 0 && list[0].Key == "code" && HasMember(list, "message") {
				return true
			}
		}
		cur.Value()
	}
	return false
}

// isStdout reports whether a key holds what a command answered: "stdout", or "out.stdout_lines", as debug shows it.
func isStdout(key string) bool {
	name := key[strings.LastIndexByte(key, '.')+1:]
	name, _, _ = strings.Cut(name, "[")
	return name == "stdout" || name == "stdout_lines"
}

// isNamed reports whether the first member of a document is an answer under a command or another name.
func isNamed(doc []byte, depth int) bool {
	cur := Cursor{Bytes: doc}
	cur.Enter('{')
	if !cur.Next('}') {
		return false
	}
	key := bytes.Clone(cur.Key())
	const few = 3
	switch cur.Peek() {
	case '"':
		return len(EchoedCommands(key)) > 0 || manyLines(doc[cur.Pos:], few, false)
	case '[':
		return len(EchoedCommands(key)) > 0
	case '{':
		return len(EchoedCommands(key)) > 0 || isResult(doc[cur.Pos:]) || isNamed(doc[cur.Pos:], depth+1) && depth < maxNesting
	}
	return false
}

// manyLines reports whether a string, which may be cut off, has so many line breaks in it; alone: and nothing behind it in its line.
func manyLines(text []byte, least int, alone bool) bool {
	cur := Cursor{Bytes: text}
	end := len(text)
	if cur.Text(); cur.Err == nil {
		if end = cur.Pos; alone && len(bytes.TrimSpace(FirstLine(text[end:]))) > 0 {
			return false
		}
	} else if bytes.IndexByte(text, '\n') >= 0 {
		return false
	}
	return bytes.Count(text[:end], []byte(`\n`)) >= least
}
