//go:build race

package dump

import "time"

// hostileTime bounds what a hostile file may cost; the race detector slows unpacking tenfold.
const hostileTime = 15 * time.Second
