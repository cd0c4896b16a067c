// SPDX-License-Identifier: Apache-2.0

// Package termcause holds the values of the Acct-Terminate-Cause attribute (49) of RFC 2866,
// section 5.10, and tables from a host's own reasons for ending a session to them.
//
// A NAS says in a Disconnect-ACK (RFC 5176, section 2.1) and in the Accounting-Request that stops a
// session why it ended:
//
//	d.TerminateCause = termcause.AdminReset
//
// A [Cause] is a fact and not a failure, so it is no error. Its text is the name that RADIUS
// dictionaries use, and it reads that text back, numbers and unregistered values included.
//
// # Reasons and codes
//
// A NAS knows hundreds of reasons to end a session; the RFC has a code for two dozen. A [Table]
// holds the mapping, as the terminate-code table of Junos does: each [Reason] has a default code,
// and an operator may map it to another.
//
//	reasons := termcause.Junos()
//	idle := termcause.Reason{Family: "aaa", Name: "shutdown-idle-timeout"}
//	cause, ok := reasons.Cause(idle, 0) // Idle-Timeout, true
//	err := reasons.Remap(idle, termcause.NASRequest)
//
// A host with reasons of its own declares them with [NewTable], or in a file that
// [Table.UnmarshalText] reads. One Table serves all clients and all sessions of a host. Attribute
// 49 goes into the Accounting-Request with Acct-Status-Type Stop; of the releases of Junos that
// were looked at, an old one puts it in Accounting-Off as well.
//
// The rules are those of Junos:
//
//   - A reason may be mapped to any code from 1 to 4294967295. Those above 23 are proprietary and allowed.
//   - Mapping a reason to its default is refused; Reset restores the default.
//   - A reason without a known default has no code until it is mapped, and Cause says so.
//   - An inherited reason, such as service-shutdown-subscriber-logout, takes the code of the session that it ended with. The
//     views list it only once it is mapped.
//
// # Reasons of Junos
//
// [Junos] knows 619 reasons of six families. 81 of them have a default that was read in a published
// table; one is inherited; the default of the others is not known here, and they can be mapped all
// the same. Names are those of the configuration model, which spells out what a page may shorten:
// session-receive-cdn for "session rx cdn", and "administrative" for "admin". Releases before
// 12.2R5, 12.3R3 and 13.2R1 sent NAS-Request for idle and session timeouts; mapping the two
// shutdown-...-timeout reasons of family aaa to it speaks like them. A platform that lacks some of
// the reasons offers a table without them: filter [Table.All] into [NewTable].
//
// # Views and logs
//
// [Table.Write] prints a table for an operator, [Table.WriteJSON] for a program, in four forms:
// [Summary], [Brief], [Detail] and [Reverse]. [Table.Log] writes the two log lines of a
// termination: the reason, then the code.
package termcause
