package main

import (
	"io"
	"os"
	"runtime/debug"
	"strconv"

	"golang.org/x/term"
)

// defaultWidth is what the table is laid out for where there is no terminal to ask.
const defaultWidth = 120

// terminalFile returns w as the file of a terminal, if it is one.
func terminalFile(w io.Writer) (*os.File, bool) {
	f, ok := w.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// redrawable reports whether w is a terminal on which a line can be written over.
func redrawable(w io.Writer) bool {
	_, ok := terminalFile(w)
	return ok && !dumb()
}

// dumb reports whether the terminal prints what others take for commands, as that of a text editor may.
func dumb() bool { return os.Getenv("TERM") == "dumb" }

// terminalWidth is the number of columns of the terminal behind w, else of $COLUMNS, else defaultWidth.
func terminalWidth(w io.Writer) int {
	if f, ok := terminalFile(w); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return defaultWidth
}

// showsColor reports whether w is a terminal that is to show colours; NO_COLOR (https://no-color.org) says that none is.
func showsColor(w io.Writer) bool { return redrawable(w) && os.Getenv("NO_COLOR") == "" }

// version is set when a release is built.
var version string

func versionString() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown version)"
}
