// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strconv"
	"strings"

	"github.com/radius-dynauth/dynauth/attrs"
)

// A target is what a packet is and where it goes. The command line says it for all, and a packet for itself, with pseudo attributes that
// do not go on the wire: Packet-Type, Packet-Dst-IP-Address, Packet-Dst-IPv6-Address and Packet-Dst-Port, as radclient has them.
type target struct {
	disconnect bool           // else a CoA-Request
	nas        netip.AddrPort // port 0: where such a NAS listens
}

// set takes a pseudo attribute; ok is false for any other.
func (t *target) set(name, value string) (ok bool, err error) {
	switch strings.ToLower(name) {
	case "packet-type":
		switch strings.ToLower(value) {
		case "disconnect-request", "40":
			t.disconnect = true
		case "coa-request", "43":
			t.disconnect = false
		default:
			err = fmt.Errorf("Packet-Type %q is neither Disconnect-Request nor CoA-Request", value)
		}
	case "packet-dst-ip-address", "packet-dst-ipv6-address":
		var addr netip.Addr
		if addr, err = netip.ParseAddr(value); err == nil {
			t.nas = netip.AddrPortFrom(addr.Unmap(), t.nas.Port())
		}
	case "packet-dst-port":
		var port uint64
		if port, err = strconv.ParseUint(value, 10, 16); err != nil || port == 0 {
			return true, fmt.Errorf("Packet-Dst-Port %q is not 1 to 65535", value)
		}
		t.nas = netip.AddrPortFrom(t.nas.Addr(), uint16(port))
	default:
		return false, nil
	}
	return true, err
}

// parse reads the attributes of a packet of a file, and takes what is said of the packet itself.
func (t *target) parse(text string) ([]attrs.Attr, error) {
	if !mayControl(text) {
		return attrs.ParseList(text)
	}
	var rest []string
	var errs []error
	for item := range items(text) {
		name, value, _ := strings.Cut(item, "=")
		ok, err := t.set(strings.TrimRight(strings.TrimSpace(name), "+: \t"), strings.Trim(value, "=\"' \t\r"))
		errs = append(errs, err)
		if !ok {
			rest = append(rest, item)
		}
	}
	list, err := attrs.ParseList(strings.Join(rest, "\n"))
	return list, errors.Join(append(errs, err)...)
}

// mayControl reports whether text may have a pseudo attribute.
func mayControl(text string) bool {
	const word = "Packet"
	for i := range len(text) {
		if text[i] == '-' && i >= len(word) && strings.EqualFold(text[i-len(word):i], word) {
			return true
		}
	}
	return false
}

// Where items stands in an attribute.
const (
	inName = iota
	beforeValue
	inValue
)

// items cuts text at the commas and line ends that stand outside quotes and comments. As for attrs.ParseList a quote is one where a value begins.
func items(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, quote, at := 0, byte(0), inName
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case quote != 0 && c == '\\':
				i++
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '#':
				for i+1 < len(text) && text[i+1] != '\n' {
					i++
				}
			case c == ',' || c == '\n':
				if !yield(text[start:i]) {
					return
				}
				start, at = i+1, inName
			case at == inName && c == '=':
				at = beforeValue
				if i+1 < len(text) && text[i+1] == '=' {
					i++
				}
			case at == beforeValue && (c == '"' || c == '\''):
				quote, at = c, inValue
			case at == beforeValue && !strings.ContainsRune(" \t\r", rune(c)):
				at = inValue
			}
		}
		yield(text[start:])
	}
}

// argument reads Name=value of the command line, where the shell has taken the quotes away: spaces, commas and # belong to the value.
func (t *target) argument(word string) (attrs.Attr, error) {
	name, value, found := strings.Cut(word, "=")
	name = strings.TrimSpace(strings.TrimRight(name, "+:"))
	value = strings.TrimSpace(value)
	if !found || name == "" || value == "" {
		return attrs.Attr{}, fmt.Errorf("%q is not Attribute=value", word)
	}
	if ok, err := t.set(name, value); ok {
		return attrs.Attr{}, err
	}
	if value[0] == '"' || value[0] == '\'' {
		return attrs.ParseLine(name + "=" + value)
	}
	return attrs.Parse(name, value)
}
