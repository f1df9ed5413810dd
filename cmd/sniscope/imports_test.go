package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sniscope/sniscope/"

// mayImport is the architecture (docs/architecture.md): which of our packages each may import. What stands to the
// right may know what stands to its left, never the reverse.
var mayImport = map[string][]string{
	"pkg/iana":         {},
	"pkg/tlswire":      {},
	"pkg/quic":         {"pkg/tlswire"},
	"pkg/filter":       {},
	"pkg/capture":      {},
	"pkg/capture/live": {"pkg/capture", "pkg/filter"},
	"pkg/excerpt":      {"pkg/capture"},
	"pkg/decode":       {"pkg/capture"},
	"pkg/flow":         {"pkg/decode"},
	"pkg/conversation": {"pkg/decode", "pkg/flow", "pkg/quic", "pkg/tlswire"},
	"pkg/diagnosis":    {"pkg/conversation", "pkg/decode", "pkg/flow", "pkg/iana", "pkg/tlswire"},
	"pkg/analysis":     {"pkg/capture", "pkg/conversation", "pkg/decode", "pkg/diagnosis", "pkg/excerpt", "pkg/flow"},
	"pkg/report":       {"pkg/analysis", "pkg/conversation", "pkg/diagnosis", "pkg/flow", "pkg/iana", "pkg/tlswire"},
}

// mayImportGopacket are the packages that may know gopacket, so that replacing it would touch only these.
var mayImportGopacket = []string{"pkg/capture/live", "pkg/decode", "pkg/flow"}

type listedPackage struct {
	ImportPath string
	Imports    []string
}

func TestArchitecture(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../../pkg/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		if strings.Contains(name, "/internal/") {
			continue // tools of a package, never part of the program
		}
		seen++
		checkImports(t, name, p.Imports)
	}
	if seen < len(mayImport)-2 {
		t.Errorf("go list named %d packages", seen)
	}
}

func checkImports(t *testing.T, name string, imports []string) {
	t.Helper()
	allowed, known := mayImport[name]
	if !known {
		t.Errorf("%s has no place in the architecture", name)
	}
	for _, path := range imports {
		if ours, ok := strings.CutPrefix(path, module); ok && !slices.Contains(allowed, ours) {
			t.Errorf("%s imports %s", name, ours)
		}
		if strings.HasPrefix(path, "github.com/google/gopacket") && !slices.Contains(mayImportGopacket, name) {
			t.Errorf("%s imports %s", name, path)
		}
	}
}
