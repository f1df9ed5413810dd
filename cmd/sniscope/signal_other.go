//go:build !unix

package main

// onSummarySignal does nothing where there are no such signals.
func onSummarySignal(func()) (forget func()) { return func() {} }
