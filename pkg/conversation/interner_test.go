package conversation

import (
	"fmt"
	"slices"
	"testing"
)

func TestListerKeepsListsApart(t *testing.T) {
	var l lister
	lists := [][]string{{"h2", "http/1.1"}, {"h2"}, {"h2http/1.1"}, {"http/1.1", "h2"}, {"", "h2"}, {"h2", ""}}
	for i := range 3 * maxLists { // beyond what it remembers
		lists = append(lists, []string{fmt.Sprint(i)})
	}
	for range 2 {
		for _, want := range lists {
			var list [][]byte
			for _, s := range want {
				list = append(list, []byte(s))
			}
			if got := l.get(list); !slices.Equal(got, want) {
				t.Fatalf("%q, want %q", got, want)
			}
			if len(l.lists) > maxLists {
				t.Fatalf("%d lists are kept", len(l.lists))
			}
		}
	}
	if l.get(nil) != nil {
		t.Error("no list is one")
	}
}
