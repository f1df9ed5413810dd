package report

// Bounds of what the report keeps. CSV, JSON and JSON Lines keep nothing; the table, Markdown and the summary
// keep this much, whatever the size of the capture. What does not fit is counted and said.
const (
	// maxRows is how many connections the table lists. Nobody reads more, and they stay in memory until the end.
	maxRows = 3000
	// maxCellBytes cuts a name in the table: a host name has at most 253 bytes, a hostile one has 65,535.
	maxCellBytes = 255
	// minWidth is the narrowest terminal that is laid out for; what does not fit wraps there.
	minWidth = 60
	// MaxProse is where sentences wrap on a wider terminal: longer lines are hard to read.
	MaxProse = 120

	// maxServers bounds the servers that have a contrast: 65,536 of them take about 11 MB, 28 if all are behind a proxy under
	// names as long as can be.
	maxServers = 1 << 16
	// maxNetworks bounds the pairs of server and client network that are remembered to have succeeded (3 MB).
	maxNetworks = 1 << 16
	// maxHanded bounds the pairs of servers of which one hands on to the other (1 MB).
	maxHanded = 1 << 14
	// maxGroups bounds the pairs of diagnosis and server. A scan of a /16 stays countable, and is then one cause.
	maxGroups = 1 << 16
	// maxPeers bounds the clients that are counted per group, over all groups together (4 MB).
	maxPeers = 1 << 16
	// maxNames bounds the names likewise, and the pairs of server and name that are remembered to have succeeded: 16 MB each if all are
	// as long and hostile as can be.
	maxNames = 1 << 14
	// maxLinks bounds the pairs of groups that have the two sides of proxied connections, and the pairs of servers of these.
	maxLinks = 1 << 12
	// maxUnlisted bounds the connections that are remembered not to be listed, a bit each: 8 MB.
	maxUnlisted = 1 << 26
	// maxTwins bounds the findings that are remembered, the latest ones, to tell a second sight of a connection from another
	// one (14 MB).
	maxTwins = 1 << 16
	// maxSights bounds the connections of which it is remembered which show one handshake, the latest ones (16 MB).
	maxSights = 1 << 21
	// maxEarlier is how many of those that show a handshake a further one is compared with. A client may send the same hello over and
	// over, and a handshake has few legs.
	maxEarlier = 8
	// maxCaptures bounds the captures that are named: more than that are not rotated.
	maxCaptures = 1 << 10

	// manyAlike is how many connections must have succeeded, and how many failed, for it to be said that all of the ones came before
	// the others: of fewer that is chance.
	manyAlike = 3
	// shortestSpan is how long a summary must cover, in nanoseconds, for it to be said when the connections of a cause began.
	shortestSpan = 60e9
	// briefPart is which part of the time is a small one.
	briefPart = 4

	// maxOtherFixes is how many fixes stand below a diagnosis beside that of its example: each is for a cause of its own.
	maxOtherFixes = 4
	// maxCauses is how many causes the summary lists, the most frequent first.
	maxCauses = 25
	// shownPeers is how many clients, servers or names a cause lists before "3 more".
	shownPeers = 4
)
