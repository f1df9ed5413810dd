package diagnosis

// A live capture that cannot keep up loses packets, and is told so. An answer that was lost leaves no trace where all that followed it was lost
// as well: then silence shows nothing.

// mayBeLost reports whether what a rule concludes is that nothing more came, which nothing of the connection shows, and the capture lost
// packets since.
func (v *view) mayBeLost(r *rule) bool {
	return v.c.Lossy && v.onlySilence() && !v.Established && r.code != IncompleteCapture
}

// remarkLossy says so.
func remarkLossy(b []byte, v *view, named, _ *rule) []byte {
	if !v.mayBeLost(named) {
		return b
	}
	return append(b, "the kernel dropped packets of the capture after that, and what is missing here may be among them"...)
}

// fixLossy is what to do about it.
const fixLossy = "have the capture lose no packets, by a filter that lets fewer through, such as 'tcp port 443', and see whether this comes again: it may be the capture that lost the answer"
