package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGeneratedTablesAreCurrent(t *testing.T) {
	for _, table := range tables {
		want, err := table.generate("../../registry")
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../..", table.output))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from the registry: run go generate ./pkg/iana", table.output)
		}
	}
}

func TestRegistryFaultsAreLocated(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"descending", "value,name\n2,b\n1,a\n", ":3: value 1 does not ascend"},
		{"repeated", "value,name\n2,b\n2,c\n", ":3: value 2 does not ascend"},
		{"too large", "value,name\n256,b\n", ":2: strconv.ParseUint"},
		{"nameless", "value,name\n2,\n", ":2: want a value and a name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "r.csv")
			if err := os.WriteFile(file, []byte(tc.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := readRegistry(file, 8)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("readRegistry: %v, want one with %q", err, tc.want)
			}
		})
	}
}
