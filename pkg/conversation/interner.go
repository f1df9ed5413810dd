package conversation

import "slices"

// interner keeps one copy of each string that many connections share, such as server names.
type interner map[string]string

// get returns b as a string, the same one as before where it was seen. When the table is full it starts anew.
func (in *interner) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := (*in)[string(b)]; ok {
		return s
	}
	if *in == nil || len(*in) >= maxInterned {
		*in = make(interner)
	}
	s := string(b)
	(*in)[s] = s
	return s
}

// lister keeps one copy of each list of strings that many connections share, such as protocols offered. Nobody
// may change them.
type lister struct {
	lists   map[string][]string
	strings interner
	key     []byte
}

// get returns the list, the same one as before where it was seen. When the table is full it starts anew.
func (l *lister) get(list [][]byte) []string {
	if len(list) == 0 {
		return nil
	}
	l.key = l.key[:0]
	for _, b := range list {
		l.key = append(append(l.key, byte(len(b))), b...) // a protocol has at most 255 bytes
	}
	if s, ok := l.lists[string(l.key)]; ok {
		return s
	}
	if l.lists == nil || len(l.lists) >= maxLists {
		l.lists = make(map[string][]string)
	}
	s := make([]string, 0, len(list))
	for _, b := range list {
		s = append(s, l.strings.get(b))
	}
	l.lists[string(l.key)] = slices.Clip(s)
	return s
}
