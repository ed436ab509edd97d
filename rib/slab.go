package rib

import (
	"iter"
	"maps"
	"slices"
)

// slab keeps a value beside each of some prefixes; the zero value is none. Where they lie close together it is an array in
// pages. A page costs as much for one value as for all, so that there is no more than one for earnsPage values: the others,
// as of a neighbour with few routes, stand in a map.
type slab[T comparable] struct {
	pages []*[pageSize]T
	made  int // pages
	count int // values
	few   map[prefixID]T

	borrowed []bool // of an overlay: the pages that are still another slab's; nil: none is
}

const (
	pageSize  = 512
	earnsPage = 64
)

func (s *slab[T]) at(id prefixID) (v T) {
	if i := int(id) / pageSize; i < len(s.pages) && s.pages[i] != nil {
		return s.pages[i][int(id)%pageSize]
	}
	if len(s.few) > 0 {
		return s.few[id]
	}
	return v
}

func (s *slab[T]) set(id prefixID, v T) {
	var none T
	old := s.at(id)
	switch {
	case old == none && v != none:
		s.count++
	case old != none && v == none:
		s.count--
	}
	number := int(id) / pageSize
	switch {
	case number < len(s.pages) && s.pages[number] != nil:
		if number < len(s.borrowed) && s.borrowed[number] {
			own := *s.pages[number]
			s.pages[number], s.borrowed[number] = &own, false
		}
		s.pages[number][int(id)%pageSize] = v
	case v == none:
		s.forget(id)
	case old == none && s.count >= earnsPage*(s.made+1):
		s.page(number)[int(id)%pageSize] = v
	default:
		if s.few == nil {
			s.few = map[prefixID]T{}
		}
		s.few[id] = v
	}
}

// page makes the one of that number, and moves to it what stood elsewhere.
func (s *slab[T]) page(number int) *[pageSize]T {
	fresh := new([pageSize]T)
	s.made++
	s.pages = append(s.pages, make([]*[pageSize]T, max(0, number+1-len(s.pages)))...)
	s.pages[number] = fresh
	for i := range fresh {
		if len(s.few) == 0 {
			break
		}
		id := prefixID(number*pageSize + i)
		if v, known := s.few[id]; known {
			fresh[i] = v
			s.forget(id)
		}
	}
	return fresh
}

// over is a slab of the same values for an overlay: it copies a page when it first writes to it.
func (s *slab[T]) over() slab[T] {
	out := slab[T]{pages: slices.Clone(s.pages), made: s.made, count: s.count, few: maps.Clone(s.few), borrowed: make([]bool, len(s.pages))}
	for i, p := range s.pages {
		out.borrowed[i] = p != nil
	}
	return out
}

// forget takes a value out of the few. A map does not shrink.
func (s *slab[T]) forget(id prefixID) {
	if delete(s.few, id); len(s.few) == 0 {
		s.few = nil
	}
}

// all goes through the values in the order of their prefixes' ids. They may be changed meanwhile.
func (s *slab[T]) all() iter.Seq2[prefixID, T] {
	return func(yield func(prefixID, T) bool) {
		var none T
		few := slices.Sorted(maps.Keys(s.few))
		fewBefore := func(end prefixID) bool {
			for len(few) > 0 && few[0] < end {
				id := few[0]
				few = few[1:]
				if v := s.at(id); v != none && !yield(id, v) {
					return false
				}
			}
			return true
		}
		for i, pg := range s.pages {
			if pg == nil {
				continue
			}
			if !fewBefore(prefixID(i * pageSize)) {
				return
			}
			for j, v := range pg {
				if v != none && !yield(prefixID(i*pageSize+j), v) {
					return
				}
			}
		}
		fewBefore(^prefixID(0))
	}
}
