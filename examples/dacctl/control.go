// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// A target is what a packet is and where it goes. The command line says it for all, and a packet
// for itself, with pseudo attributes that do not go on the wire.
type target struct {
	kind   radius.Code    // 40 or 43; 0: a packet has to say it (auto)
	nas    netip.AddrPort // port 0: where such a NAS listens
	name   string         // of a NAS of -nases; "": by its address
	source netip.Addr     // zero: the system's choice
	expect radius.Code    // the answer that is the right one; 0: an ACK
}

func (t *target) disconnect() bool { return t.kind == radius.CodeDisconnectRequest }

// pseudo are the attributes that say something of the packet, as radclient has them, and NAS.
var pseudo = []string{"Packet-Type", "Packet-Dst-IP-Address", "Packet-Dst-IPv6-Address", "Packet-Dst-Port", "Packet-Src-IP-Address", "Packet-Src-IPv6-Address",
	"Response-Packet-Type", "Message-Authenticator", "NAS"}

// kinds are the requests by the names that radclient and the RFC give them.
var kinds = map[string]radius.Code{
	"disconnect": radius.CodeDisconnectRequest, "disconnect-request": radius.CodeDisconnectRequest, "40": radius.CodeDisconnectRequest,
	"coa": radius.CodeCoARequest, "coa-request": radius.CodeCoARequest, "43": radius.CodeCoARequest,
}

// answers are the codes that Response-Packet-Type may expect.
var answers = map[string]radius.Code{
	"disconnect-ack": radius.CodeDisconnectACK, "41": radius.CodeDisconnectACK, "disconnect-nak": radius.CodeDisconnectNAK, "42": radius.CodeDisconnectNAK,
	"coa-ack": radius.CodeCoAACK, "44": radius.CodeCoAACK, "coa-nak": radius.CodeCoANAK, "45": radius.CodeCoANAK,
}

// set takes a pseudo attribute; ok is false for any other.
func (t *target) set(name, value string) (ok bool, err error) {
	if len(name) > 3 && !mayBePseudo(name[0]) {
		return false, nil
	}
	switch strings.ToLower(name) {
	case "packet-type":
		if t.kind, ok = kinds[strings.ToLower(value)]; !ok {
			err = fmt.Errorf("Packet-Type %q is neither Disconnect-Request nor CoA-Request", value)
		}
	case "packet-dst-ip-address", "packet-dst-ipv6-address":
		var addr netip.Addr
		if addr, err = addrOf(value); err == nil {
			t.nas, t.name = netip.AddrPortFrom(addr, t.nas.Port()), ""
		}
	case "packet-dst-port":
		var port uint64
		if port, err = strconv.ParseUint(value, 10, 16); err != nil || port == 0 {
			return true, fmt.Errorf("Packet-Dst-Port %q is not 1 to 65535", value)
		}
		t.nas = netip.AddrPortFrom(t.nas.Addr(), uint16(port))
	case "packet-src-ip-address", "packet-src-ipv6-address":
		t.source, err = addrOf(value)
	case "packet-src-port":
		err = errors.New("Packet-Src-Port: ports are taken from a pool of its own, so that identifiers are not used up; leave it out")
	case "response-packet-type":
		if t.expect, ok = answers[strings.ToLower(value)]; !ok {
			err = fmt.Errorf("Response-Packet-Type %q is no answer to these requests", value)
		}
	case "nas":
		t.name = value
	case "message-authenticator": // radclient adds one for any value; here one is always added
	case "radclient-test-name":
	default:
		return false, nil
	}
	return true, err
}

// mayBePseudo tells most attributes of the wire by their first letter.
func mayBePseudo(c byte) bool { return strings.IndexByte("PpRrNnMm", c) >= 0 }

// argument reads Name=value of the command line, where the shell has taken the quotes away: spaces,
// commas and # belong to the value.
func (t *target) argument(v *vocabulary, word string) (attrs.Attr, error) {
	name, value, found := strings.Cut(word, "=")
	name = strings.TrimSpace(strings.TrimRight(name, "+:"))
	value = strings.TrimSpace(value)
	if !found || name == "" || value == "" {
		return attrs.Attr{}, fmt.Errorf("%q is not Attribute=value", word)
	}
	if value[0] == '"' || value[0] == '\'' {
		unquoted, rest, err := cutValue(value)
		if err == nil && rest != "" {
			err = fmt.Errorf("%.40q follows the closing quote", rest)
		}
		if err != nil {
			return attrs.Attr{}, fmt.Errorf("%s: %w", name, err)
		}
		value = unquoted
	}
	if ok, err := t.set(name, value); ok {
		return attrs.Attr{}, err
	}
	return v.attribute(name, value)
}

// shown is a value for an error: hidden where the attribute's values are.
func shown(name, value string) string {
	if d, ok := definitions().byName[strings.ToLower(name)]; ok && (d.Sensitive || d.Hidden) {
		return "[hidden]"
	}
	return value
}
