package query

import (
	"io"

	"bgpaudit/policy"
	"bgpaudit/report"
)

// Audit writes an audit that was made.
func Audit(w io.Writer, r *policy.Result, s report.Standing, f Form) error {
	if f.Output == "json" {
		return report.AuditJSON(w, r, s.Exit, s.Reasons)
	}
	return report.AuditText(w, r, s.Exit, s.Reasons, f.Paint)
}
