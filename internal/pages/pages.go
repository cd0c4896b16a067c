// SPDX-License-Identifier: Apache-2.0

// Package pages has large tables stand in huge pages where the kernel gives them to those that ask
// (Linux, transparent_hugepage=madvise, as most distributions have it). A look-up in a table of
// many megabytes waits for memory, and with pages of 4 KiB for the tables of the kernel that say
// where each of them is, too.
package pages

// Least is the size from which a table is worth asking for that is one of many, in octets.
const Least = 32 << 10

// Many is s, which is one of many tables that are large together; where it has Least octets or more
// the kernel is asked for the whole of each huge page that s is a part of. What else lies there is
// of the same heap: other tables, mostly. It is for a slice that was just made and is not written
// to yet, since the kernel chooses when a page is first touched. It returns at once, and where the
// kernel refuses nothing is lost but speed.
func Many[T any](s []T) []T {
	many(s)
	return s
}

// Gone takes back what Many asked for, before s is left to the garbage collector. Where s was given
// up since less memory is needed, the kernel would make a huge page again of what the runtime has
// given back around the little that is left. It is not for a table that a larger one replaces,
// which would split the huge page of its neighbours.
func Gone[T any](s []T) { gone(s) }
