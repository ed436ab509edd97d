//go:build race

package dump

import "time"

// hostileTime bounds what a hostile file may cost; the race detector slows unpacking tenfold.
const hostileTime = 15 * time.Second

// cutStep: the race detector has seen enough at every seventh byte. tools/test.sh cuts at each without it.
var cutStep = 7
