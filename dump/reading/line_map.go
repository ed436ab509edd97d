package reading

import "sort"

// lineMap says in which line of the file each line of a text stands that was taken out of it.
type lineMap struct {
	runs  []lineRun
	count int // lines of the text
}

// lineRun is a row of lines of the text: one below the other in the file, or all in one line of it.
type lineRun struct {
	from int32 // the first line of the text, from 1
	line int32 // of the file
	step int8  // from one line of the text to the next
}

func (r lineRun) of(n int) int { return int(r.line) + (n-int(r.from))*int(r.step) }

// add takes the next line of the text.
func (m *lineMap) add(line int) {
	m.count++
	if n := len(m.runs); n > 0 {
		last := &m.runs[n-1]
		if int(last.from) == m.count-1 { // what follows the first line says how it goes on
			last.step = int8(min(max(line-int(last.line), 0), 1))
		}
		if last.of(m.count) == line {
			return
		}
	}
	m.runs = append(m.runs, lineRun{from: int32(m.count), line: int32(line)})
}

// of is the line of the file in which line n of the text stands. A map of nothing is of the file itself.
func (m *lineMap) of(n int) int {
	if len(m.runs) == 0 || n == 0 {
		return n
	}
	n = min(n, m.count)
	at := sort.Search(len(m.runs), func(i int) bool { return int(m.runs[i].from) > n })
	return m.runs[at-1].of(n)
}
