// SPDX-License-Identifier: Apache-2.0

package errcause

import (
	"cmp"
	"slices"
)

// A row is what is known of one registered cause.
type row struct {
	cause   Cause
	packets packets // that may carry it
	retry   bool
	reason  string // why retry is what it is
	text    string
	hint    string // what its receiver may look at
}

func find(c Cause) (row, bool) {
	i, ok := slices.BinarySearchFunc(table[:], c, func(r row, c Cause) int { return cmp.Compare(r.cause, c) })
	if !ok {
		return row{}, false
	}
	return table[i], true
}

// table is ascending by cause.
var table = [...]row{
	// RFC 5176, section 3.5, lets 2xx stand in an ACK, and 201 in a Disconnect-ACK alone.
	{
		ResidualSessionContextRemoved, disconnectACK, false,
		"The request succeeded.",
		"No live session was found, but what was left of one was found and removed.",
		"it says success, so look at whether the session is still there",
	},
	// From RFC 3579, where it rides in an Access-Challenge. RFC 5176, section 3.5, forbids it to
	// its own packets.
	{
		InvalidEAPPacket, 0, false,
		"It does not belong to these packets, so the sender is mistaken in more than the request.",
		"An EAP packet was invalid and was ignored; this belongs in no dynamic authorization packet.",
		"it belongs in no answer to such a request, so look at what answers there",
	},
	{
		UnsupportedAttribute, bothNAKs, false,
		"The NAS will not learn the attribute; leave it out or use another.",
		"The request contains an attribute that the NAS does not support there.",
		"leave out what this NAS does not take: look at vendors' attributes first, then at identification",
	},
	{
		MissingAttribute, bothNAKs, false,
		"The request lacks something and must be completed first.",
		"The request lacks an attribute that is needed, such as one that identifies the session.",
		"look at which identification this NAS wants, mostly the session's Acct-Session-Id and its own address, and at what the change needs beside it",
	},
	{
		NASIdentificationMismatch, bothNAKs, false,
		"The request was sent to the wrong NAS, or names the NAS wrongly.",
		"The NAS identification in the request is not that of the NAS that received it.",
		"look at NAS-IP-Address, NAS-IPv6-Address and NAS-Identifier in the request: they name another NAS than the one that it went to",
	},
	{
		InvalidRequest, bothNAKs, false,
		"The request is malformed and stays so.",
		"The request is invalid in some other way, such as an attribute that does not decode.",
		"look at attributes that are empty, badly formatted, there twice or not allowed together",
	},
	// A Service-Type is not allowed in a Disconnect-Request, so 405 cannot answer one (RFC 5176,
	// section 3.5).
	{
		UnsupportedService, coaNAK, false,
		"The NAS does not offer this Service-Type.",
		"The Service-Type of the request is invalid or is not supported.",
		"look at Service-Type and at whether this NAS takes Authorize Only, or at attributes that do not belong there",
	},
	// Proxies send it for an ICMP port unreachable as well, and that may pass. They cannot tell a
	// NAS that restarts from one that never listened, and nor can its receiver.
	{
		UnsupportedExtension, bothNAKs | protocolError, false,
		"The NAS does not listen for such requests until it is configured to.",
		"The NAS does not support requests of this kind, or a proxy found nothing listening at the NAS.",
		"look at whether the NAS has such requests switched on, and at its address and port where a proxy passes them on",
	},
	{
		InvalidAttributeValue, bothNAKs, false,
		"The value is not acceptable; choose another.",
		"An attribute of the request is supported, but not with that value.",
		"look at the values, those of the identification too: some NASes say it where only some of that fits the session",
	},
	{
		AdministrativelyProhibited, bothNAKs, false,
		"Policy decides this until an administrator changes it.",
		"The NAS is configured not to honor such a request for this session.",
		"look at whether the NAS permits such requests: from this client, for this session or so many, in its present state",
	},
	{
		RequestNotRoutable, bothNAKs | protocolError, false,
		"The proxy has no route until one is configured or the NAS connects; another path may do.",
		"A proxy could not determine where to send the request.",
		"look at the routes of the proxy that answered: it has none to this NAS",
	},
	// Already gone is what a Disconnect-Request wants. A CoA-Request that overtook its
	// Access-Accept is the one case in which waiting helps, and only its sender knows that it may
	// be in it.
	{
		SessionContextNotFound, bothNAKs, false,
		"The session is not there; one that comes later is another session.",
		"The NAS has no session that fits the identification in the request.",
		"the session has ended, is on another NAS or is named otherwise there: look at its latest Accounting-Request",
	},
	// A NAS sends it for sessions that another part of it owns, such as those of an L2TP access
	// concentrator.
	{
		SessionContextNotRemovable, disconnectNAK, false,
		"The NAS cannot end a session of this kind.",
		"The NAS found the session but could not remove it.",
		"look at what holds the session: another part of the NAS, or another NAS at the end of its tunnel, may have to end it",
	},
	{
		OtherProxyProcessingError, bothNAKs | protocolError, true,
		"The proxy has a route and failed beyond it, as when a connection breaks, which may pass.",
		"A proxy could not process the request, for a reason other than routing.",
		"try again later, and look at the log of the proxy that answered",
	},
	{
		ResourcesUnavailable, bothNAKs | protocolError, true,
		"The NAS is short of memory, storage or time, which may pass.",
		"The NAS lacked the resources to honor the request.",
		"try again later, with fewer at a time, and look at the NAS's memory and load where it stays",
	},
	// It answers Authorize-Only, which exists for CoA-Request alone (RFC 5176, section 3.2).
	{
		RequestInitiated, coaNAK, false,
		"The NAS is already asking for authorization anew; sending again would make it ask twice.",
		"Nothing has changed yet: the NAS is sending an Access-Request for the session.",
		"nothing has changed yet: the NAS asks for authorization anew, which is success of Authorize Only alone, so look at Service-Type",
	},
	{
		MultipleSessionSelectionUnsupported, bothNAKs, false,
		"The identification must be narrowed to one session first.",
		"The identification fits several sessions, and the NAS acts on one at a time.",
		"identify the session by what it alone has, such as Acct-Session-Id",
	},
	// RFC 5580 defines it for an Access-Reject.
	{
		LocationInfoRequired, 0, false,
		"The location must be supplied in an Access-Request first.",
		"Location information is required and was not supplied; this belongs in an Access-Reject.",
		"it belongs in an Access-Reject, so look at what answers there",
	},
	{
		ResponseTooBig, protocolError, false,
		"The request is too big and stays so.",
		"The request is bigger than the server can process.",
		"look at how large the request is, and at what the one that answered can process",
	},
}
