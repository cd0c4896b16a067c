// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"layeh.com/radius"
)

// oldNames are those of FreeRADIUS's dictionary.compat, in lower case: names of the time before RFC
// 2865.
var oldNames = map[string]string{
	"client-id": "NAS-IP-Address", "client-port-id": "NAS-Port", "user-service-type": "Service-Type", "framed-address": "Framed-IP-Address",
	"framed-netmask": "Framed-IP-Netmask", "framed-filter-id": "Filter-Id", "login-host": "Login-IP-Host", "login-port": "Login-TCP-Port",
	"port-message": "Reply-Message", "dialback-no": "Callback-Number", "dialback-name": "Callback-Id", "login-callback-number": "Callback-Number",
	"framed-callback-id": "Callback-Id", "challenge-state": "State", "client-port-dnis": "Called-Station-Id", "caller-id": "Calling-Station-Id",
}

// unisphere begins the names of ERX attributes (4874) in dictionaries of the vendor before it was
// Juniper: Unisphere-Service-Activate:1 is ERX-Service-Activate:1.
const unisphere = "Unisphere-"

// A vocabulary is what the names of attributes mean, for one reader at a time.
type vocabulary struct {
	short     bool // prefixes of IPv6 without the octets that are zero
	passwords bool // a User-Password is sent, hidden
}

// attribute makes the attribute of an item: what attrs.Parse knows, and what radclient takes
// besides.
func (v *vocabulary) attribute(name, value string) (attrs.Attr, error) {
	a, err := attrs.Parse(name, value)
	if err != nil {
		if other, ok := v.otherwise(name, value); ok {
			a, err = other, nil
		}
	}
	if err == nil {
		err = v.password(name, value)
	}
	switch {
	case err == nil && mayBePrefix(value):
		return v.prefix(name, value, a), nil
	case err == nil:
		return a, nil
	case strings.Contains(err.Error(), "unknown attribute"):
		return a, unknownName(name)
	}
	return a, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "attrs: "))
}

// passwordID is the attribute of a name, however it is written, where it may be a password: names of
// passwords end with the word, and a number may be that of one.
func passwordID(name string) (id attrs.ID) {
	const word = "password"
	if len(name) < len(word) || !strings.EqualFold(name[len(name)-len(word):], word) {
		id, _ = numbered(name)
		return id
	}
	name = strings.ToLower(name)
	if known, ok := oldNames[name]; ok {
		name = strings.ToLower(known)
	}
	return definitions().byName[name].ID
}

// password says why a password is not sent as it is given.
func (v *vocabulary) password(name, value string) error {
	id := passwordID(name)
	switch {
	case !v.passwords && attrs.HidingOf(id) == attrs.PasswordHidden:
		return fmt.Errorf("%s: these packets have none (RFC 5176, section 2.3), and what hides it is weak in them: leave it out, or give -user-password for a NAS that asks for it (Cisco ISG account logon)", name)
	case id == attrs.CHAPPassword.ID() && !strings.HasPrefix(value, "0x"):
		return fmt.Errorf("%s: it would leave as the password itself, where radclient makes a digest of it; these packets have none (RFC 5176, section 2.3): leave it out, or give its octets in hexadecimal, with 0x before them", name)
	}
	return nil
}

// otherwise tries names and values that radclient knows and attrs does not.
func (v *vocabulary) otherwise(name, value string) (attrs.Attr, bool) {
	if known, ok := oldNames[strings.ToLower(name)]; ok {
		a, err := attrs.Parse(known, value)
		return a, err == nil
	}
	if len(name) > len(unisphere) && strings.EqualFold(name[:len(unisphere)], unisphere) {
		a, err := attrs.Parse("ERX-"+name[len(unisphere):], value)
		return a, err == nil
	}
	if id, ok := numbered(name); ok {
		if d, ok := definitions().byID[id]; ok && !strings.HasPrefix(value, "0x") {
			if a, err := attrs.Parse(d.Name, value); err == nil {
				return a, true
			}
		}
		number := fmt.Sprintf("Attr-%d", id.Type)
		if id.Vendor != 0 {
			number = fmt.Sprintf("Attr-26.%d.%d", id.Vendor, id.Sub)
		}
		if !strings.HasPrefix(value, "0x") { // octets, given as text
			value = fmt.Sprintf("0x%x", value)
		}
		a, err := attrs.Parse(number, value)
		return a, err == nil
	}
	d, ok := definitions().byName[strings.ToLower(strings.TrimRight(name, "0123456789:"))]
	if !ok {
		d, ok = definitions().byName[strings.ToLower(name)]
	}
	switch {
	case !ok:
	case d.Type == "date":
		if t, ok := parseDate(value); ok {
			a, err := attrs.Parse(name, strconv.FormatInt(t.Unix(), 10))
			return a, err == nil
		}
	case d.Type == "integer" && strings.HasPrefix(value, "0x"):
		if n, err := strconv.ParseUint(value[2:], 16, 32); err == nil {
			a, err := attrs.Parse(name, strconv.FormatUint(n, 10))
			return a, err == nil
		}
	case d.Type == "ipaddr" && strings.HasSuffix(value, "/32"), d.Type == "ipv6addr" && strings.HasSuffix(value, "/128"):
		a, err := attrs.Parse(name, value[:strings.IndexByte(value, '/')])
		return a, err == nil
	}
	return attrs.Attr{}, false
}

// numbered reads Attr-26.9.1, Attr-88, Vendor-9-Attr-1.
func numbered(name string) (attrs.ID, bool) {
	parts := strings.Split(strings.ToLower(name), "-")
	var numbers []string
	switch {
	case len(parts) == 2 && parts[0] == "attr":
		numbers = strings.Split(parts[1], ".")
	case len(parts) == 4 && parts[0] == "vendor" && parts[2] == "attr":
		numbers = []string{"26", parts[1], parts[3]}
	}
	var n [3]uint64
	for i, s := range numbers {
		var err error
		if i > 2 {
			return attrs.ID{}, false
		}
		if n[i], err = strconv.ParseUint(s, 10, 32); err != nil {
			return attrs.ID{}, false
		}
	}
	switch {
	case len(numbers) == 1 && n[0] > 0 && n[0] < 256:
		return attrs.ID{Type: radius.Type(n[0])}, true
	case len(numbers) == 3 && n[0] == 26 && n[1] > 0:
		return attrs.VendorID(uint32(n[1]), uint32(n[2])), true
	}
	return attrs.ID{}, false
}

// dates are the forms that a person writes, the first one FreeRADIUS's.
var dates = []string{"Jan _2 2006 15:04:05", "Jan _2 2006 15:04", "Jan _2 2006", time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05"}

// zones are those of which the name says where they are; the others take an offset.
var zones = map[string]int{"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4,
	"CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "JST": 9}

// parseDate reads a date with a zone, by name or as +0100; without one it is UTC.
func parseDate(s string) (time.Time, bool) {
	zone := time.UTC
	s = strings.Join(strings.Fields(s), " ")
	if date, last, ok := cutLast(s); ok {
		if hours, known := zones[strings.ToUpper(last)]; known {
			s, zone = date, time.FixedZone(last, hours*3600)
		} else if t, err := time.Parse("-0700", last); err == nil {
			s, zone = date, t.Location()
		} else if t, err := time.Parse("-07:00", last); err == nil {
			s, zone = date, t.Location()
		}
	}
	for _, form := range dates {
		if t, err := time.ParseInLocation(form, s, zone); err == nil && t.Unix() >= 0 && t.Unix() < 1<<32 {
			return t, true
		}
	}
	return time.Time{}, false
}

func cutLast(s string) (before, last string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// mayBePrefix tells most values from a prefix of IPv6.
func mayBePrefix(value string) bool {
	return strings.IndexByte(value, '/') > 1 && strings.IndexByte(value, ':') >= 0
}

// prefix gives an IPv6 prefix all sixteen octets of its address, as radclient does; RFC 3162,
// section 2.3, allows both.
func (v *vocabulary) prefix(name, value string, short attrs.Attr) attrs.Attr {
	d, ok := definitions().byName[strings.ToLower(name)]
	p, err := netip.ParsePrefix(value)
	if v.short || !ok || d.Type != "ipv6prefix" || err != nil {
		return short
	}
	octets := p.Masked().Addr().As16()
	number := fmt.Sprintf("Attr-%d", d.ID.Type)
	if d.ID.Vendor != 0 {
		number = fmt.Sprintf("Attr-26.%d.%d", d.ID.Vendor, d.ID.Sub)
	}
	whole, err := attrs.Parse(number, fmt.Sprintf("0x00%02x%x", p.Bits(), octets))
	if err != nil {
		return short
	}
	return whole
}

// known are the registered attributes by name, in lower case, and by number.
type known struct {
	byName map[string]attrs.Definition
	byID   map[attrs.ID]attrs.Definition
}

var definitions = sync.OnceValue(func() known {
	k := known{map[string]attrs.Definition{}, map[attrs.ID]attrs.Definition{}}
	for d := range attrs.Registered() {
		k.byName[strings.ToLower(d.Name)] = d
		k.byID[d.ID] = d
	}
	return k
})

// internalNames are attributes that FreeRADIUS keeps to itself, in lower case. They stand in files
// for radclient, which leaves them out without a word.
var internalNames = []string{"auth-type", "cleartext-password", "client-ip-address", "crypt-password", "expiration", "fall-through", "group", "huntgroup-name", "login-time",
	"pool-name", "realm", "simultaneous-use", "stripped-user-name", "timestamp"}

// passedOver is why dictionaries have attributes that are not known here, by name in lower case.
var passedOver sync.Map

// unknownName is the error for a name that nothing has, with the name that may be meant.
func unknownName(name string) error {
	lower := strings.ToLower(name)
	if why, ok := passedOver.Load(lower); ok {
		return fmt.Errorf("%s is not sent: %v; leave it out", name, why)
	}
	if slices.Contains(internalNames, lower) || strings.HasPrefix(lower, "tmp-string-") || strings.HasPrefix(lower, "tmp-integer-") {
		return fmt.Errorf("%s is not sent: it is internal to FreeRADIUS; leave it out", name)
	}
	if near := nearest(name); near != "" {
		return fmt.Errorf("unknown attribute %q, did you mean %s?", name, near)
	}
	return fmt.Errorf("unknown attribute %q; -D FILE reads a dictionary that has it, and Attr-26.9.1 = 0x0a names one by its numbers", name)
}

// nearest is the known name that differs in the fewest letters, "" where it would be another word.
func nearest(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	best, least := "", 1+len(name)/4
	names := slices.AppendSeq(slices.Clone(pseudo), func(yield func(string) bool) {
		for _, d := range definitions().byName {
			if !yield(d.Name) {
				return
			}
		}
	})
	for _, old := range slices.Sorted(maps.Keys(oldNames)) {
		names = append(names, oldNames[old])
	}
	slices.Sort(names)
	whole := "" // of the RFCs' names the shortest one that ends with what is given: Acct-Session-Id
	for _, candidate := range names {
		if d := definitions().byName[strings.ToLower(candidate)]; d.ID.Vendor == 0 && strings.HasSuffix(strings.ToLower(candidate), "-"+name) && (whole == "" || len(candidate) < len(whole)) {
			whole = candidate
		}
	}
	if whole != "" {
		return whole
	}
	for _, candidate := range names {
		if d := distance(name, strings.ToLower(candidate), least); d < least || d == least && best == "" {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the letters to insert, drop, replace or swap that make b of a; above limit it may
// be anything above it.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// addrOf reads an address, with the length that radclient takes and that says nothing.
func addrOf(value string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimSuffix(value, "/32"), "/128"))
	return addr.Unmap(), err
}
