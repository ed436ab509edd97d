// Package rib is the ground that everything else stands on: routes, the table that holds them,
// and the answer to "which link wins for this address, and why".
//
// In: [Update] values (advertise, withdraw, end-of-RIB), each from a [Feed], whether the feed is
// a dump, a BGP session or a BMP station. The [Table] keeps every route of every feed under its
// prefix and ties it to a [Link] as the feed's declaration says.
//
// Out: a [Sight] over the table answers for an observer (us, microsoft, internet, azure, or one
// of the config's): [Sight.Decide] for one address, [Sight.Ranges] for a prefix, split exactly
// where the answer changes, and [Sight.Coverage] for what the feeds prove of a link. An answer
// is a [Decision]: winner, reason, every loser with the step it lost at, what it takes on trust,
// and what could change it. Missing evidence makes an answer unknown; it never makes one up.
//
// [Sight.Overlay] gives the same answers as if something were otherwise.
//
// The package does no I/O, reads no clock, logs nothing and imports nothing of ours.
package rib
