package report

// Comment is what is said of a connection beside its packets: diagnosis, detail and fix in one line.
func Comment(row *Row) string {
	v := row.Verdict
	b := append([]byte("sniscope: "), v.Code...)
	if v.Severity.IsFinding() {
		b = append(append(append(b, " ("...), v.Confidence.String()...), ')')
	}
	if v.Detail != "" {
		b = appendClean(append(b, ": "...), []byte(v.Detail))
	}
	if v.Fix != "" {
		b = append(append(b, "; fix: "...), v.Fix...)
	}
	return string(b)
}
