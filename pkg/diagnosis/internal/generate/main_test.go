package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

func TestPageIsCurrent(t *testing.T) {
	got, err := os.ReadFile("../../../../docs/diagnoses.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, page()) {
		t.Error("docs/diagnoses.md differs from the catalogue: run go generate ./pkg/diagnosis")
	}
}

func TestPageHasEveryCodeOnce(t *testing.T) {
	text := string(page())
	for _, e := range diagnosis.Catalogue() {
		if n := strings.Count(text, "\n### "+string(e.Code)+"\n"); n != 1 {
			t.Errorf("%s has %d entries", e.Code, n)
		}
	}
}
