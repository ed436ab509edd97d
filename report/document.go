package report

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
)

// Document writes a JSON object field by field and list by list, in the bytes that [JSON] has for
// it: an answer of any length needs the memory of its longest element.
type Document struct {
	w   io.Writer
	sep string
	err error
}

// NewDocument begins an object.
func NewDocument(w io.Writer) *Document { return &Document{w: w, sep: "{"} }

// Field writes a field that is no long list.
func (d *Document) Field(name string, v any) {
	d.name(name)
	d.value(v, "  ")
}

// List writes a field that is a list. It asks for no more elements where the writer takes no more.
func (d *Document) List(name string, all iter.Seq[any]) {
	d.name(name)
	sep := "["
	for v := range all {
		d.text(sep + "\n    ")
		d.value(v, "    ")
		if sep = ","; d.err != nil {
			return
		}
	}
	if sep == "[" {
		d.text("[]")
		return
	}
	d.text("\n  ]")
}

// Close ends the object, and gives the first error of the writer.
func (d *Document) Close() error {
	d.text("\n}\n")
	return d.err
}

func (d *Document) name(name string) {
	d.text(d.sep + "\n  \"" + name + "\": ")
	d.sep = ","
}

func (d *Document) text(s string) {
	if d.err == nil {
		_, d.err = io.WriteString(d.w, s)
	}
}

func (d *Document) value(v any, prefix string) {
	if d.err != nil {
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent(prefix, "  ")
	enc.SetEscapeHTML(false)
	if d.err = enc.Encode(v); d.err != nil {
		return
	}
	text := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if bytes.ContainsFunc(text, unseen) {
		text = escaped(text)
	}
	_, d.err = d.w.Write(text)
}

// each makes the elements of a list one by one.
func each[T any](list []T, of func(T) any) iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, v := range list {
			if !yield(of(v)) {
				return
			}
		}
	}
}
