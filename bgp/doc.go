// Package bgp peers with production routers, and only listens.
//
// In: the neighbours that a config names. Out: batches of [rib.Update], in the order in which each
// router sent them, for the one writer of the table; and the life of every session as data.
// It never sends an UPDATE: there is no code in it that could.
//
// A session is a tap. Our listener accepts the router (peer list, MD5, TTL security), and a
// connection over loopback to an embedded GoBGP, one server a router, makes the other half:
//
//	router ──> listener ──> screen ──┬─ OPEN, KEEPALIVE, written anew ──> GoBGP
//	                                 └─ UPDATE ──> bgp/wire ──> queue ──> Collector.Next ──> rib.Table
//	router <── OPEN, KEEPALIVE, NOTIFICATION, written anew <── valve <── GoBGP (an UPDATE stops here, is counted, raises an alarm)
//
// GoBGP runs the state machine: it judges the OPEN, keeps the timers, writes the NOTIFICATIONs that
// these lead to. It hears a KEEPALIVE in the place of whatever else the router says, so that its
// hold timer knows the router alive, and holds no route. What it must not see, for it would panic
// or believe it, the screen refuses (docs/decisions/0070).
package bgp
