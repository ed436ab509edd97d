// Package policy holds the intent against the routes: what should be, what is, which flow breaks.
//
// In: an [Intent] (what the config says) and a [rib.Sight] (what the feeds show). Out: a
// [Result] with every flow and its verdict, every check's state a link and family, and findings
// grouped by cause. [Audit] is the one door, for files, for a running monitor and for tests.
//
// A check is one file here (a [Check] value), one line in checks.go, one page in docs/checks and
// one folder in testdata. It reads the [Pass], reports findings, and says for each link and
// family whether it is OK, fired, unknown or not applicable. A check that cannot see says
// unknown; it never says OK for want of evidence.
//
// The package is pure: no clock, no files, no logging.
package policy
