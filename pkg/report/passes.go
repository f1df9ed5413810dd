package report

import "github.com/sniscope/sniscope/pkg/conversation"

// period is when the first and the last of some connections began, in nanoseconds since the Unix epoch.
type period struct {
	first, last int64
	untimed     bool // that is not known of one of them
}

// during is the period of one connection.
func during(r *conversation.Record) period { return period{r.Start, r.Start, !r.Timed()} }

// widen takes another one in.
func (p *period) widen(o period) {
	p.first, p.last, p.untimed = min(p.first, o.first), max(p.last, o.last), p.untimed || o.untimed
}

// passes are handshakes that went through.
type passes struct {
	n uint64
	period
}

// add takes more of them.
func (p *passes) add(o passes) {
	if p.n == 0 {
		*p = o
		return
	}
	p.n += o.n
	p.widen(o.period)
}

// before reports whether all of them began before some that failed, and these went on for long enough for several more to be missed: a
// burst between two that succeed tells nothing.
func (p *passes) before(failed period) bool {
	return p.comparable(failed) && p.last < failed.first && p.missed(failed.last-p.last)
}

// after is the reverse.
func (p *passes) after(failed period) bool {
	return p.comparable(failed) && failed.last < p.first && p.missed(p.first-failed.first)
}

func (p *passes) comparable(failed period) bool {
	return p.n >= manyAlike && !p.untimed && !failed.untimed
}

// missed reports whether in such a time several more would have begun, at the pace of those that did.
func (p *passes) missed(within int64) bool {
	return within/manyAlike >= (p.last-p.first)/int64(p.n-1)
}

// addName counts a handshake that went through with a name.
func (c *contrast) addName(key passedName, r *conversation.Record) {
	sum := c.names[key]
	switch {
	case sum != nil:
	case len(c.names) >= maxNames:
		c.servers[key.server].unnamed = true
		return
	default:
		sum = new(passes)
		c.names[key] = sum
	}
	sum.add(passes{1, during(r)})
}

// passedNames are the handshakes with the names of a cause that went through at its servers; ok is false where that is not known, as where
// one that was handed on would count at two of them.
func (c *contrast) passedNames(of *cause) (sum passes, ok bool) {
	if of.moreNames+of.moreServers > 0 || len(of.servers) > 1 && len(c.handed) > 0 {
		return sum, false
	}
	for _, server := range of.servers {
		i, ok := c.index[server.value]
		if !ok || c.servers[i].unnamed {
			return passes{}, false
		}
		for _, name := range of.names {
			if p := c.names[passedName{i, name.value}]; p != nil {
				sum.add(*p)
			}
		}
	}
	return sum, true
}
