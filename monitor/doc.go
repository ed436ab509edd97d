// Package monitor is the live loop: what routers say goes into the one table as it comes, the table
// is audited whenever it has changed and come to rest, and what an audit finds is logged when it
// begins, when it ends, and when it can no longer be told.
//
// In: a table with its feeds, the intent, and the sessions of a [bgp.Collector]. Out: a log. It
// never sends anything to a router, never decides anything itself, and never calls a finding cleared
// because its evidence went away (docs/decisions/0080).
package monitor
