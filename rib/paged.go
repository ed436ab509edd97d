package rib

import "slices"

// paged is a list that is not copied to grow: of a million prefixes a slice leaves several times
// its own size behind, and the first touch of that memory costs more than what is written to it.
type paged[T any] struct {
	pages [][]T // all but the last one full
}

const (
	listPage = 1 << listBits
	listBits = 12
)

// add appends v and returns its index.
func (p *paged[T]) add(v T) int {
	last := len(p.pages) - 1
	if last < 0 || len(p.pages[last]) == listPage {
		var fresh []T // the first one grows with what it holds, since most tables are small
		if last >= 0 {
			fresh = make([]T, 0, listPage)
		}
		p.pages = append(p.pages, fresh)
		last++
	}
	p.pages[last] = append(p.pages[last], v)
	return last<<listBits + len(p.pages[last]) - 1
}

// over is a list of the same values that grows by itself. The last page is copied when it does.
func (p *paged[T]) over() paged[T] {
	pages := slices.Clone(p.pages)
	if last := len(pages) - 1; last >= 0 {
		pages[last] = slices.Clip(pages[last])
	}
	return paged[T]{pages}
}

func (p *paged[T]) at(i int) *T { return &p.pages[i>>listBits][i&(listPage-1)] }

func (p *paged[T]) len() int {
	last := len(p.pages) - 1
	if last < 0 {
		return 0
	}
	return last<<listBits + len(p.pages[last])
}
