//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// row is a connection as JSON.
type row map[string]any

// rows reads JSON Lines. The key says which connection it is.
func rows(t *testing.T, lines string) map[string]row {
	t.Helper()
	all := make(map[string]row)
	for line := range strings.Lines(lines) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		key := fmt.Sprint(r["client_ip"], " ", r["client_port"], " > ", r["server_ip"], " ", r["server_port"])
		if _, twice := all[key]; twice {
			t.Errorf("two rows for %s", key)
		}
		all[key] = r
	}
	return all
}

// diagnosed compares diagnoses with those expected, by the client's port.
func diagnosed(t *testing.T, all map[string]row, played map[int]scene) {
	t.Helper()
	seen := make(map[int]bool)
	for key, r := range all {
		port := int(r["client_port"].(float64))
		if want := played[port].diagnosis; r["diagnosis"] != want {
			t.Errorf("%s is %s, want %q", key, r["diagnosis"], want)
		}
		if seen[port] {
			t.Errorf("%s is there twice", key)
		}
		seen[port] = true
	}
	for port, s := range played {
		if !seen[port] {
			t.Errorf("no row for port %d: %s", port, s.command)
		}
	}
}

// sameRows compares the rows of a live capture with those of the file, but for what depends on where it comes from.
func sameRows(t *testing.T, live, offline map[string]row) {
	t.Helper()
	for key := range offline {
		if live[key] == nil {
			t.Errorf("no live row for %s", key)
		}
	}
	for key, l := range live {
		o := offline[key]
		if o == nil {
			t.Errorf("only a live row for %s", key)
			continue
		}
		columns := maps.Clone(l)
		maps.Copy(columns, o)
		for _, column := range slices.Sorted(maps.Keys(columns)) {
			if !sameCell(column, l[column], o[column]) {
				t.Errorf("%s: %s is %v live, %v offline", key, column, l[column], o[column])
			}
		}
	}
}

// slack is how much later one program may see a packet than another. The kernel gives a received packet to each in
// turn, and often asks the clock for each.
const slack = 500 * time.Millisecond

// sameCell compares a value live and offline, nil for none.
func sameCell(column string, live, offline any) bool {
	switch {
	case slices.Contains([]string{"conn", "capture", "evidence", "same_as"}, column):
		return true
	case column == "confidence" || column == "detail" || column == "fix":
		return true // by what other connections did until then
	case live == nil || offline == nil:
		return live == offline
	case column == "start":
		a, err := time.Parse(time.RFC3339Nano, live.(string))
		b, failed := time.Parse(time.RFC3339Nano, offline.(string))
		return err == nil && failed == nil && a.Sub(b).Abs() < slack
	case strings.HasSuffix(column, "_ms"):
		return math.Abs(live.(float64)-offline.(float64)) < float64(slack.Milliseconds())
	}
	return reflect.DeepEqual(live, offline)
}
