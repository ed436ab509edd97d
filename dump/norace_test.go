//go:build !race

package dump

import "time"

// hostileTime bounds what a hostile file may cost.
const hostileTime = time.Second
