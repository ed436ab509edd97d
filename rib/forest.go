package rib

import "github.com/kentik/patricia/generics_tree"

// forest is a patricia tree for each value of one octet of the address. A tree of some thousand
// prefixes stays in the processor's cache while many of them are entered; one tree of a million
// does not, and costs three times as much.
type forest[A any] struct {
	plant func() tree[A]
	short tree[A] // of the prefixes that end before the octet does
	trees [forestTrees]tree[A]
}

const (
	forestTrees = 1 << 8
	shortTree   = forestTrees // the number of the short one
)

// tree is what generics_tree offers of each family.
type tree[A any] interface {
	Add(A, prefixID, generics_tree.MatchesFunc[prefixID]) (grew bool, tags int)
	FindTagsAppend([]prefixID, A) []prefixID
}

func newForest[A any](plant func() tree[A]) *forest[A] {
	return &forest[A]{plant: plant, short: plant()}
}

// chain appends the tags of every prefix that covers a, shortest first.
func (f *forest[A]) chain(into []prefixID, number int, a A) []prefixID {
	into = f.short.FindTagsAppend(into, a)
	if number != shortTree && f.trees[number] != nil {
		into = f.trees[number].FindTagsAppend(into, a)
	}
	return into
}

// add tags a, unless same accepts a tag that it has.
func (f *forest[A]) add(number int, a A, tag prefixID, same generics_tree.MatchesFunc[prefixID]) (grew bool) {
	t := f.short
	if number != shortTree {
		if f.trees[number] == nil {
			f.trees[number] = f.plant()
		}
		t = f.trees[number]
	}
	grew, _ = t.Add(a, tag, same)
	return grew
}
