// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/radius-dynauth/dynauth/dac"
)

// counterRows are the counters of RFC 4673 and ours, by name.
var counterRows = []struct {
	name  string
	value func(dac.RequestCounters) uint64
}{
	{"Requests", func(c dac.RequestCounters) uint64 { return c.Requests }},
	{"Duplicates", func(c dac.RequestCounters) uint64 { return c.Duplicates }},
	{"ACKs", func(c dac.RequestCounters) uint64 { return c.ACKs }},
	{"NAKs", func(c dac.RequestCounters) uint64 { return c.NAKs }},
	{"AuthOnlyRequests", func(c dac.RequestCounters) uint64 { return c.AuthOnlyRequests }},
	{"AuthOnlyNAKs", func(c dac.RequestCounters) uint64 { return c.AuthOnlyNAKs }},
	{"NoContextNAKs", func(c dac.RequestCounters) uint64 { return c.NoContextNAKs }},
	{"Sessions", func(c dac.RequestCounters) uint64 { return c.Sessions }},
	{"Malformed", func(c dac.RequestCounters) uint64 { return c.Malformed }},
	{"BadAuthenticator", func(c dac.RequestCounters) uint64 { return c.BadAuthenticator }},
	{"Dropped", func(c dac.RequestCounters) uint64 { return c.Dropped }},
	{"Stale", func(c dac.RequestCounters) uint64 { return c.Stale }},
	{"Replays", func(c dac.RequestCounters) uint64 { return c.Replays }},
	{"Overload", func(c dac.RequestCounters) uint64 { return c.Overload }},
	{"Overflow", func(c dac.RequestCounters) uint64 { return c.Overflow }},
	{"Abandoned", func(c dac.RequestCounters) uint64 { return c.Abandoned }},
	{"Late", func(c dac.RequestCounters) uint64 { return c.Late }},
}

// printCounters writes a table for each peer, where there are several, and one for all.
func printCounters(w io.Writer, s dac.ServerStats) error {
	if len(s.Peers)+len(s.Identities) > 1 {
		for _, addr := range slices.SortedFunc(maps.Keys(s.Peers), netip.Addr.Compare) {
			c := s.Peers[addr]
			if err := printTable(w, cmp.Or(c.Name, addr.String()), c); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Identities)) {
		if err := printTable(w, name, s.Identities[name]); err != nil {
			return err
		}
	}
	if err := printTable(w, "total", s.Total); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "unknown peers: %d Disconnect, %d CoA\n", s.UnknownDisconnect, s.UnknownCoA)
	return err
}

func printTable(w io.Writer, title string, c dac.ServerCounters) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-18s%12s%12s\n", title, "Disconnect", "CoA")
	for _, row := range counterRows {
		fmt.Fprintf(&b, "%-18s%12d%12d\n", row.name, row.value(c.Disconnect), row.value(c.CoA))
	}
	fmt.Fprintf(&b, "UnknownType: %d packets of another code\n", c.UnknownType)
	_, err := io.WriteString(w, b.String())
	return err
}
