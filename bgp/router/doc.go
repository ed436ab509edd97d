// Package router plays a router towards a monitor on this machine, for the demo and for tests.
//
// In: routes. Out: a BGP session that announces and withdraws them, opened from one loopback address
// to another. It refuses every address that is not loopback: a session is made of a [loopback] pair
// alone, and [loopbackOf] makes no other. So this package, the only one that can write an UPDATE, has
// no way to a production router (docs/decisions/0085). It keeps no routes and hears none.
package router
