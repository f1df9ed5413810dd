//go:build !linux

package live

import (
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/filter"
)

// Compile compiles a filter for what Options.Filter is asked for.
func Compile(expr string, link capture.LinkType, snaplen uint32) (*filter.Program, error) {
	return filter.Compile(expr, uint32(link), snaplen)
}
