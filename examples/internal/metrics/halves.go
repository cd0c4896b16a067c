// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net/netip"

	"github.com/radius-dynauth/dynauth/dac"
)

// A row is one counter of a C.
type row[C any] struct {
	name, help string
	value      func(C) uint64
}

type rc = dac.RequestCounters

var serverRows = []row[rc]{
	{"requests", "First arrivals that were authentic and current.", func(c rc) uint64 { return c.Requests }},
	{"duplicates", "Requests that had come before, absorbed or answered again.", func(c rc) uint64 { return c.Duplicates }},
	{"acks", "Answers that say all of it was done.", func(c rc) uint64 { return c.ACKs }},
	{"naks", "Answers that say nothing was done.", func(c rc) uint64 { return c.NAKs }},
	{"auth_only_requests", "Requests with Service-Type Authorize Only.", func(c rc) uint64 { return c.AuthOnlyRequests }},
	{"auth_only_naks", "NAKs with Service-Type Authorize Only.", func(c rc) uint64 { return c.AuthOnlyNAKs }},
	{"no_context_naks", "NAKs with Session-Context-Not-Found.", func(c rc) uint64 { return c.NoContextNAKs }},
	{"sessions", "Sessions removed or changed.", func(c rc) uint64 { return c.Sessions }},
	{"malformed", "Packets with impossible lengths.", func(c rc) uint64 { return c.Malformed }},
	{"bad_authenticator", "Packets with a wrong authenticator or Message-Authenticator: another secret?", func(c rc) uint64 { return c.BadAuthenticator }},
	{"dropped", "Packets dropped for another reason, the next three included.", func(c rc) uint64 { return c.Dropped }},
	{"stale", "Packets with an Event-Timestamp that is not current: a clock that is off?", func(c rc) uint64 { return c.Stale }},
	{"replays", "Packets that were executed before and whose answer is gone.", func(c rc) uint64 { return c.Replays }},
	{"overload", "Packets beyond the rate, the places or the memory.", func(c rc) uint64 { return c.Overload }},
	{"overflow", "NAKs 506, since there was no place for the request.", func(c rc) uint64 { return c.Overflow }},
	{"abandoned", "Requests sent on whose sender waits no longer: its connection ended, or used the identifier again.", func(c rc) uint64 { return c.Abandoned }},
	{"late", "Answers given after HandlerTimeout.", func(c rc) uint64 { return c.Late }},
}

// Server shows the counters of s. It may be serving already.
func Server(s *dac.Server) Source {
	var peers Labels
	return func(w *Writer) {
		stats := s.Stats()
		disconnect, coa := map[string][]rc{}, map[string][]rc{}
		add := func(p dac.ServerCounters) {
			if name := Label(p.Name); peers.Take(name) {
				disconnect[name], coa[name] = append(disconnect[name], p.Disconnect), append(coa[name], p.CoA)
			}
		}
		for _, p := range stats.Peers {
			add(p)
		}
		for _, p := range stats.Identities {
			add(p)
		}
		for kind, half := range map[string]struct {
			parts map[string][]rc
			total rc
		}{"disconnect": {disconnect, stats.Total.Disconnect}, "coa": {coa, stats.Total.CoA}} {
			writeAll(w, "dynauth_server_", "peer", kind, serverRows, half.parts, half.total)
		}
		for kind, n := range map[string]uint64{"disconnect": stats.UnknownDisconnect, "coa": stats.UnknownCoA, Other: stats.UnknownOther} {
			w.Counter("dynauth_server_unknown_peers_total", "Packets from addresses that are no peer.", n, "kind", kind)
		}
		w.Counter("dynauth_server_unknown_codes_total", "Packets of peers with another code.", stats.Total.UnknownType)
		w.Counter("dynauth_server_peers_failed_total", "Packets dropped because Peers failed.", stats.PeersFailed)
	}
}

type ac = dac.AnswerCounters

var clientRows = []row[ac]{
	{"requests", "Requests sent, without retransmissions.", func(c ac) uint64 { return c.Requests }},
	{"auth_only_requests", "Requests with Service-Type Authorize Only.", func(c ac) uint64 { return c.AuthOnlyRequests }},
	{"retransmissions", "Requests sent again.", func(c ac) uint64 { return c.Retransmissions }},
	{"acks", "Answers that say all of it was done.", func(c ac) uint64 { return c.ACKs }},
	{"naks", "Answers that say nothing was done.", func(c ac) uint64 { return c.NAKs }},
	{"auth_only_naks", "NAKs with Service-Type Authorize Only.", func(c ac) uint64 { return c.AuthOnlyNAKs }},
	{"no_context_naks", "NAKs with Session-Context-Not-Found.", func(c ac) uint64 { return c.NoContextNAKs }},
	{"malformed", "Replies with impossible lengths.", func(c ac) uint64 { return c.Malformed }},
	{"bad_authenticator", "Replies with a wrong authenticator: another secret?", func(c ac) uint64 { return c.BadAuthenticator }},
	{"dropped", "Replies discarded for another reason.", func(c ac) uint64 { return c.Dropped }},
	{"timeouts", "Waits that ended without an answer, of retransmissions too.", func(c ac) uint64 { return c.Timeouts }},
}

// Client shows the counters of c. It may be in use already.
func Client(c *dac.Client) Source { return ClientBy(c, netip.AddrPort.String) }

// ClientBy is Client with the names that name gives to NASes.
func ClientBy(c *dac.Client, name func(netip.AddrPort) string) Source {
	var nases Labels
	return func(w *Writer) {
		stats := c.Stats()
		disconnect, coa := map[string][]ac{}, map[string][]ac{}
		add := func(nas netip.AddrPort, n dac.ClientCounters) {
			if name := Label(name(nas)); nases.Take(name) {
				disconnect[name], coa[name] = append(disconnect[name], n.Disconnect), append(coa[name], n.CoA)
			}
		}
		for nas, n := range stats.NAS {
			add(nas, n)
		}
		for to, n := range stats.Via {
			add(to.NAS, n)
		}
		for kind, half := range map[string]struct {
			parts map[string][]ac
			total ac
		}{"disconnect": {disconnect, stats.Total.Disconnect}, "coa": {coa, stats.Total.CoA}} {
			writeAll(w, "dynauth_client_", "nas", kind, clientRows, half.parts, half.total)
			left := half.total.Pending
			for name, list := range half.parts {
				sum := int64(0)
				for _, part := range list {
					sum += part.Pending
				}
				left -= sum
				w.Gauge("dynauth_client_pending", "Requests that wait for an answer.", float64(sum), "nas", name, "kind", kind)
			}
			w.Gauge("dynauth_client_pending", "Requests that wait for an answer.", float64(max(left, 0)), "nas", Other, "kind", kind)
		}
		w.Counter("dynauth_client_unreachable_total", "ICMP errors.", stats.Total.Unreachable)
		w.Counter("dynauth_client_unknown_codes_total", "Packets of a code that is no answer.", stats.Total.UnknownType)
	}
}

// writeAll writes the series of one kind: those of parts by label, and of total what is left.
func writeAll[C any](w *Writer, prefix, label, kind string, rows []row[C], parts map[string][]C, total C) {
	for _, r := range rows {
		left := r.value(total)
		for name, list := range parts {
			sum := uint64(0)
			for _, part := range list {
				sum += r.value(part)
			}
			left -= min(sum, left) // counters are read one by one while they go on, so a part may be ahead of the total
			w.Counter(prefix+r.name+"_total", r.help, sum, label, name, "kind", kind)
		}
		w.Counter(prefix+r.name+"_total", r.help, left, label, Other, "kind", kind)
	}
}
