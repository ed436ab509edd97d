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
	if f.Detailed {
		return report.AuditDetail(w, r, s.Exit, s.Reasons, f.Paint)
	}
	return report.AuditBrief(w, r, s.Exit, s.Reasons, f.Paint)
}
