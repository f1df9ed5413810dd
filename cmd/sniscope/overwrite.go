package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sniscope/sniscope/pkg/capture"
)

// No output may take the place of another one, or of a capture. What names tell is looked at with the flags, and what only the files
// tell, such as links and what a shell has opened, before the first of them is opened.

// checkOutputs refuses two outputs that would go to one place.
func (f *flags) checkOutputs() error {
	taken := map[string]string{}
	if f.output != "" {
		taken[placeOf(f.output)] = "output"
	}
	for _, export := range []struct{ flag, file, format string }{{"csv", f.csv, "csv"}, {"jsonl", f.jsonl, "jsonl"}, {"write", f.write, ""}} {
		if export.file == "" {
			continue
		}
		if export.file == "-" && export.format != "" && f.output == "" {
			return &usageError{
				message: "--" + export.flag + " -: standard output gets the report",
				hint:    "for " + export.format + " on standard output: --format " + export.format + "; -o FILE puts the report elsewhere",
			}
		}
		name := placeOf(export.file)
		if other, ok := taken[name]; ok {
			return usagef("--%s and --%s both write %s", other, export.flag, export.file)
		}
		taken[name] = export.flag
	}
	return f.checkReach()
}

// checkReach refuses an output under a name that -C may come to: one of the two would be lost.
func (f *flags) checkReach() error {
	for _, name := range []string{f.output, f.csv, f.jsonl} {
		if f.fileSize != "" && name != "" && rotatesOver(inRealFolder(f.write), placeOf(name)) {
			return usagef("%s is another output; -w %s with -C could write over it", name, f.write)
		}
	}
	return nil
}

// isStdout reports whether an output's name is one of standard output.
func isStdout(name string) bool {
	n, ok := descriptor(name)
	return name == "-" || ok && n == 1
}

// placeOf is one name for the names of an output that can be known to be the same.
func placeOf(name string) string {
	if isStdout(name) {
		return "-"
	}
	if n, ok := descriptor(name); ok {
		return "/dev/fd/" + strconv.Itoa(n)
	}
	return inRealFolder(followLinks(name))
}

// inRealFolder is the one name of a file, which need not exist, in the folder that its name leads to.
func inRealFolder(name string) string {
	path, err := filepath.Abs(name)
	if err != nil {
		return filepath.Clean(name)
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// checkTargets refuses to write over a capture that is read, or two outputs into one file, whatever names lead to it, or
// none where a shell made it standard output.
func checkTargets(f *flags, captures []string, stdin io.Reader, stdout io.Writer) error {
	var standard os.FileInfo
	if f.usesStdout() {
		standard = fileOf(stdout)
	}
	var read, written []os.FileInfo
	for _, c := range captures {
		read = append(read, infoOf(c, stdin))
	}
	for _, name := range []string{f.output, f.csv, f.jsonl, f.write} {
		target, err := os.Stat(name)
		_, open := descriptor(name)
		switch {
		case err != nil || !target.Mode().IsRegular():
			continue
		case among(read, target):
			return usagef("%s is a capture that is read; it cannot be the output as well", name)
		case !open && os.SameFile(standard, target):
			return usagef("%s is standard output as well; each needs a file of its own", name)
		case among(written, target):
			return usagef("%s is another output as well; each needs a file of its own", name)
		}
		written = append(written, target)
	}
	return checkRotated(f, read, append(written, standard))
}

// checkReplaced refuses to have a report replace a capture that is not read: "--csv client.pcap gateway.pcap" reads as if both were, and what
// was captured cannot be had again. Packets may replace packets (-w), as with tcpdump.
func (f *flags) checkReplaced() error {
	for _, to := range []struct{ flag, name, instead string }{
		{"-o", f.output, ""},
		{"--csv", f.csv, "; for csv on standard output: --format csv"},
		{"--jsonl", f.jsonl, "; for jsonl on standard output: --format jsonl"},
	} {
		if holdsCapture(to.name) {
			return &usageError{
				message: to.name + " is a capture; " + to.flag + " would write over it",
				hint:    to.flag + " FILE names what is written, not what is read" + to.instead,
			}
		}
	}
	return nil
}

// holdsCapture reports whether a file is there and is a capture. What is no regular file is not opened: a pipe would wait for its writer.
func holdsCapture(name string) bool {
	info, err := os.Stat(name)
	if _, open := descriptor(name); open || err != nil || !info.Mode().IsRegular() {
		return false
	}
	c, err := capture.Open(name, nil)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// checkRotated refuses to let -C write over a capture that is read, or another output, in any of the files that are there now.
func checkRotated(f *flags, read, written []os.FileInfo) error {
	for _, name := range f.rotated() {
		target, err := os.Stat(name)
		switch {
		case err != nil:
		case among(read, target):
			return usagef("%s is a capture that is read; -w %s with -C could write over it", name, f.write)
		case among(written, target):
			return usagef("%s is another output; -w %s with -C could write over it", name, f.write)
		}
	}
	return nil
}

// among reports whether a file is one of several, of which some may be nil.
func among(files []os.FileInfo, target os.FileInfo) bool {
	return slices.ContainsFunc(files, func(f os.FileInfo) bool { return os.SameFile(f, target) })
}

// infoOf is the file that a capture is read from, which may be standard input; nil if there is none.
func infoOf(capture string, stdin io.Reader) os.FileInfo {
	if capture != "-" {
		info, _ := os.Stat(capture)
		return info
	}
	return fileOf(stdin)
}

// fileOf is the file behind standard input or output, nil if there is none.
func fileOf(standard any) os.FileInfo {
	if file, ok := standard.(*os.File); ok {
		info, _ := file.Stat()
		return info
	}
	return nil
}

// usesStdout reports whether anything is written to standard output.
func (f *flags) usesStdout() bool {
	return f.output == "" || slices.Contains([]string{f.csv, f.jsonl, f.write}, "-")
}

// rotated are the files of now that -C could write over.
func (f *flags) rotated() (names []string) {
	if f.fileSize == "" {
		return nil
	}
	dir := filepath.Dir(f.write)
	entries, _ := os.ReadDir(dir) // where there is none to be read, there is none to be lost
	for _, e := range entries {
		if name := filepath.Join(dir, e.Name()); rotatesOver(f.write, name) {
			names = append(names, name)
		}
	}
	return names
}

// rotatesOver reports whether the files that -C makes of base could be the named one.
func rotatesOver(base, name string) bool {
	rest, ok := strings.CutPrefix(filepath.Clean(name), filepath.Clean(base))
	return ok && rest != "" && strings.Trim(rest, "0123456789") == ""
}
