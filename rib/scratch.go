package rib

// scratch is what a sight's answers are worked out in, one after the other, so that they make little
// garbage.
type scratch struct {
	cs            []candidate
	stack         []frame
	live, certain []int
	kept          []int // what the sets of the present answer leave over
	possible      [][]LinkID
	ranks         []rank
	groups        []uint32
	beaten        []bool
	keyBuf        []byte
	losers        []loser
	alone         [][]LinkID       // by link: the outcome that it wins
	recent        [64]decodedAttrs // neighbouring answers are made of the same few sets
}

type decodedAttrs struct {
	id    attrID
	attrs Attrs
}

func (s *Sight) scratch() *scratch {
	if s.own == nil {
		s.own = &scratch{alone: make([][]LinkID, len(s.t.links))}
	}
	return s.own
}

// decoded gives a set decoded; its slices may be another answer's too.
func (d *decider) decoded(id attrID) Attrs {
	slot := &d.recent[id%attrID(len(d.recent))]
	if slot.id != id {
		*slot = decodedAttrs{id, d.s.t.attrs.get(id)}
	}
	return slot.attrs
}
