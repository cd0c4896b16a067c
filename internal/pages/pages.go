// SPDX-License-Identifier: Apache-2.0

// Package pages has large tables stand in huge pages where the kernel gives them to those that ask
// (Linux, transparent_hugepage=madvise, as most distributions have it). A look-up in a table of
// many megabytes waits for memory, and with pages of 4 KiB for the tables of the kernel that say
// where each of them is, too.
package pages

// Least is the size from which a table is worth asking for, in octets: two pages of 2 MiB, of
// which one at least lies whole in the table.
const Least = 4 << 20

// Large is s; where it has Least octets or more the kernel is asked to have it in huge pages. It is
// for a slice that was just made and is not written to yet: the kernel chooses when a page is first
// touched. It returns at once, and where the kernel refuses nothing is lost but speed.
func Large[T any](s []T) []T {
	large(s)
	return s
}
