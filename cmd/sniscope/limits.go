package main

const (
	// keptOpen is how many captures stay open while they wait for their turn: a few that somebody goes on writing over, as
	// tcpdump -W does, are to be those that were named. More may be more files than can be open, and those that are
	// compressed take one to three megabytes each.
	keptOpen = 8

	// maxFilteredLength is the snapshot length that filters are compiled for: the longest that tcpdump writes.
	maxFilteredLength = 262144

	// maxLinks is how many link types are named that are not decoded, or that the filter cannot be applied to: who has more has a
	// file made to have them.
	maxLinks = 8

	// maxHops is how many symbolic links in a row are followed, as on Linux.
	maxHops = 40
)
