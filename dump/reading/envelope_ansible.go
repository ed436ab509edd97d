package reading

import (
	"bytes"
	"strings"
)

// ansibleResult is what Ansible keeps of a task on one host.
type ansibleResult struct {
	at              int
	stdout, lines   *member
	results, msg    *member
	stderr          *member
	commands        []member // what was asked, as keys
	failed, skipped bool
	code            string // of the program's end, where it is not 0
	censored        bool
}

// result takes the answers of a task, or of each round of one.
func (t *taking) result(s span, list []member, depth int) error {
	r := ansibleResult{at: s.from, failed: t.failed}
	for i := range list {
		if err := t.key(&r, &list[i]); err != nil {
			return err
		}
	}
	switch {
	case r.censored:
		return t.wrong(s.from, "Ansible hides the answer (no_log)")
	case r.results != nil && r.stdout == nil && r.lines == nil:
		return t.rounds(&r, depth)
	case r.stdout == nil && r.lines == nil && r.msg != nil && !r.failed && !r.skipped:
		r.stdout = r.msg
	}
	switch {
	case r.stdout == nil && r.lines == nil && (r.failed || r.skipped):
		said := ""
		if r.msg != nil {
			said = ": " + Quote(t.text(r.msg.value))
		}
		return t.none(s.from, "Ansible's task failed or was skipped, and got no answer%s", said)
	case r.stdout == nil && r.lines == nil:
		return t.none(s.from, "Ansible's result holds no answer, neither stdout nor stdout_lines")
	}
	t.ended(&r)
	return t.output(&r)
}

// key takes a member of a result.
func (t *taking) key(r *ansibleResult, m *member) error {
	switch value := m.value; {
	case isStdout(m.key):
		if strings.Contains(m.key, "stdout_lines") {
			r.lines = m
		} else {
			r.stdout = m
		}
	case m.key == "results" && t.opens(value) == '[':
		r.results = m
	case m.key == "msg":
		r.msg = m
	case m.key == "stderr":
		r.stderr = m
	case m.key == "censored":
		r.censored = true
	case m.key == "failed" || m.key == "unreachable":
		r.failed = r.failed || t.opens(value) == 't'
	case m.key == "skipped":
		r.skipped = t.opens(value) == 't'
	case m.key == "rc":
		if code := string(t.raw[value.from:value.to]); code != "0" && code != "null" {
			r.code = code
		}
	case m.key == "cmd", m.key == "item":
		return t.command(r, m)
	case m.key == "invocation" && t.opens(value) == '{':
		return t.invocation(r, value)
	}
	return nil
}

// ended says what a result tells of the program's end.
func (t *taking) ended(r *ansibleResult) {
	switch {
	case r.code != "":
		t.lost(r.at, "the command failed: Ansible says rc: %s", r.code)
	case r.failed:
		t.lost(r.at, "Ansible says that the task failed")
	}
	if r.stderr == nil {
		return
	}
	if text := strings.TrimSpace(t.text(r.stderr.value)); text != "" {
		t.lost(r.stderr.at, "the command wrote an error: %s", Quote(FirstLine([]byte(text))))
	}
}

// rounds takes the results of a loop.
func (t *taking) rounds(r *ansibleResult, depth int) error {
	list, err := t.elements(r.results.value)
	switch {
	case err != nil:
		return err
	case !t.all(list, '{'):
		return t.wrong(r.results.at, "Ansible's results hold no answer")
	case r.failed:
		t.lost(r.at, "Ansible says that the task failed")
	}
	t.failed = false
	return t.each(list, depth)
}

// command takes what was asked: a text, or the words of one.
func (t *taking) command(r *ansibleResult, m *member) error {
	command := t.text(m.value)
	if t.opens(m.value) == '[' {
		words, err := t.elements(m.value)
		if err != nil {
			return err
		}
		list := make([]string, len(words))
		for i, word := range words {
			list[i] = t.text(word)
			if strings.ContainsAny(list[i], " \t|") && !strings.Contains(list[i], "'") {
				list[i] = "'" + list[i] + "'"
			}
		}
		command = strings.Join(list, " ")
	}
	if len(EchoedCommands([]byte(command))) > 0 && len(r.commands) == 0 {
		r.commands = []member{{key: command, at: m.at}}
	}
	return nil
}

// invocation takes what was asked out of the module's arguments, which Ansible shows where it is told to say more.
func (t *taking) invocation(r *ansibleResult, s span) error {
	outer, err := t.members(s)
	if err != nil || len(outer) == 0 {
		return err
	}
	args := t.member(outer, "module_args")
	if t.opens(args) != '{' {
		return nil
	}
	list, err := t.members(args)
	if err != nil {
		return err
	}
	for i := range list {
		switch m := &list[i]; {
		case m.key == "_raw_params" || m.key == "cmd":
			err = t.command(r, m)
		case m.key == "commands" && t.opens(m.value) == '[':
			err = t.commandList(r, m.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commandList takes the commands of a network module: texts, or objects with "command".
func (t *taking) commandList(r *ansibleResult, s span) error {
	list, err := t.elements(s)
	if err != nil {
		return err
	}
	r.commands = nil
	for _, e := range list {
		command := t.text(e)
		if t.opens(e) == '{' {
			members, err := t.members(e)
			if err != nil {
				return err
			}
			if len(members) > 0 {
				command = t.text(t.member(members, "command"))
			}
		}
		r.commands = append(r.commands, member{key: command, at: e.from})
	}
	return nil
}

// output takes stdout_lines, whose lines stand in the file one below the other, where stdout says the same.
func (t *taking) output(r *ansibleResult) error {
	from := r.stdout
	if r.lines != nil {
		if from != nil && !t.sameText(from.value, r.lines.value) {
			return t.wrong(r.lines.at, "stdout and stdout_lines of one result say different things: it was edited, or is damaged")
		}
		if from == nil || !t.documents(from.value) {
			from = r.lines
		}
	}
	if t.opens(from.value) != '[' {
		t.askedAt(r.commands, 0, 1)
		return t.answer(from.value)
	}
	list, err := t.elements(from.value)
	if err != nil {
		return err
	}
	if from == r.stdout && t.all(list, '"') { // each is an answer, be it of one line
		for i, e := range list {
			t.askedAt(r.commands, i, len(list))
			t.lines(e)
		}
		return nil
	}
	return t.listed(from.value, list, r.commands)
}

// documents reports whether a value, or one of a list, is an object: what a router answers in JSON.
func (t *taking) documents(s span) bool {
	return t.opens(s) == '{' || t.opens(s) == '[' && bytes.IndexByte(bytes.TrimLeft(t.raw[s.from+1:s.to], " \t\r\n"), '{') == 0
}

// sameText reports whether two values say the same, but for their form: a text and its lines.
func (t *taking) sameText(a, b span) bool {
	return t.documents(a) || bytes.Equal(t.solid(nil, a, 0), t.solid(nil, b, 0))
}

// solid appends the letters of all strings of a value.
func (t *taking) solid(out []byte, s span, depth int) []byte {
	switch {
	case t.opens(s) == '"':
		for _, c := range []byte(t.text(s)) {
			if c > ' ' {
				out = append(out, c)
			}
		}
	case t.opens(s) == '[' && depth < maxNesting:
		list, _ := t.elements(s)
		for _, e := range list {
			out = t.solid(out, e, depth+1)
		}
	}
	return out
}
