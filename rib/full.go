package rib

import "slices"

// place is a prefix of a neighbour.
type place struct {
	peer *peerColumns
	id   prefixID
}

// fullPlace is a place that has refused a row: one neighbour may give a million paths for one prefix, and to look through a
// thousand columns for each takes longer than all the rest. It is good until a row gets in there.
type fullPlace struct {
	lanes []uint32        // those without room
	held  map[uint32]bool // path ids that stand there
	taken map[lanePath]bool
}

// lanePath is a path id for which, and behind which, a lane has no place.
type lanePath struct{ lane, pathID uint32 }

// refuses reports whether the row is known to find no room.
func (p *fullPlace) refuses(r *row) bool {
	if r.numbered {
		return p.taken[lanePath{r.lane, r.pathID}]
	}
	return slices.Contains(p.lanes, r.lane) && !p.held[r.pathID]
}

// refused remembers that a row did not get in.
func (e *entering) refused(at place, r *row) {
	full := e.full[at]
	if full == nil {
		if e.full == nil {
			e.full = map[place]*fullPlace{}
		}
		full = &fullPlace{taken: map[lanePath]bool{}}
		e.full[at] = full
	}
	if r.numbered {
		full.taken[lanePath{r.lane, r.pathID}] = true
		return
	}
	full.lanes = append(full.lanes, r.lane)
	if full.held == nil {
		full.held = at.peer.pathIDsAt(at.id)
	}
}

// pathIDsAt are those of the neighbour's routes for a prefix.
func (p *peerColumns) pathIDsAt(id prefixID) map[uint32]bool {
	held := map[uint32]bool{}
	for _, c := range p.columns {
		if c.at(id).attrs != 0 {
			held[c.pathID(id)] = true
		}
	}
	return held
}
