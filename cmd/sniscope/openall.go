package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
)

// openAll opens every capture that can be opened, and reports the others.
func openAll(ctx context.Context, names []string, say *messages, stdin io.Reader) (captures []*capture.Reader, code int) {
	var missing []string
	for _, name := range names {
		c, err := capture.OpenContext(ctx, name, stdin)
		switch {
		case err == nil:
			if len(captures) >= keptOpen {
				c.Rest()
			}
			captures = append(captures, c)
			continue
		case ctx.Err() != nil:
			return captures, exitFailed
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, name)
		}
		code = exitFailed
		say.error(err)
		say.hintIf(unreadableHint(err, name))
	}
	say.hintIf(missingHint(missing))
	return captures, code
}

// unreadableHint says what to do where a capture cannot be opened, "" where that is not known.
func unreadableHint(err error, name string) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "captures made by root are often readable by root only: use sudo, or chmod the file"
	case errors.Is(err, capture.ErrEmpty) && name == standardInput:
		return "the program in front of the pipe wrote nothing: look at what it printed"
	case errors.Is(err, capture.ErrEmpty):
		return "tcpdump keeps the first packets to itself: stop it before the capture is read, or run it with -U"
	case errors.Is(err, capture.ErrDirectory):
		return "name the captures in it: sniscope " + filepath.Join(name, "*")
	}
	return ""
}

// sources are the captures as what analysis reads from.
func sources(captures []*capture.Reader) (s []analysis.Source) {
	for _, c := range captures {
		s = append(s, c)
	}
	return s
}

func closeAll(captures []*capture.Reader) {
	for _, c := range captures {
		c.Close()
	}
}
