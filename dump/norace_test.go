//go:build !race

package dump

import "time"

// hostileTime bounds what a hostile file may cost: a second, and room for what else the machine does.
const hostileTime = 2 * time.Second

// cutStep: fixtures are cut at each byte.
var cutStep = 1
