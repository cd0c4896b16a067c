// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// IdentityOf reads the identification in an Access-Request or an Accounting-Request, and what a
// session is known by. also names further attributes that identify here, vendors' mostly; they come
// back in Identity.Other. An address that says that there is none yet (Framed-IP-Address 0.0.0.0,
// 255.255.255.254 or 255.255.255.255, RFC 2865, section 5.8; an unspecified address or prefix) is
// no identification and no error. The error joins all that is malformed or contradicts itself and
// wraps errcause.InvalidRequest; the NAS and the Identity are then zero. What is missing is no
// error.
//
// What a request selects sessions by is for [SelectionOf] to read, which skips no constraint; what
// an AAA server remembers of a session, for [Extract].
func IdentityOf(set radius.Attributes, also ...AnyKey) (NAS, Identity, error) {
	var r reader
	r.readAll(set, also)
	if err := r.err(); err != nil {
		return NAS{}, Identity{}, err
	}
	return r.result()
}

// SelectionOf reads the identification in a CoA-Request or Disconnect-Request. It is IdentityOf but
// for two things: an address that names no session is refused (404), since to skip it would leave
// the request with fewer attributes to match than it has; and a request whose only session
// identification names one merely beside others, a 3GPP-NSAPI say (Key.Partial), lacks one: the
// error wraps errcause.MissingAttribute (402). A request without any identification is no error.
func SelectionOf(set radius.Attributes, also ...AnyKey) (NAS, Identity, error) {
	var nas NAS
	var id Identity
	err := ReadSelection(&nas, &id, set, also...)
	return nas, id, err
}

// ReadSelection is SelectionOf into memory of the caller's: the addresses of nas go where it has
// room for them. Everything that nas and id had is gone; on error both are zero.
func ReadSelection(nas *NAS, id *Identity, set radius.Attributes, also ...AnyKey) error {
	err := readSelection(nas, id, set, also)
	if err == nil {
		err = id.checkPartial()
	}
	if err != nil {
		*nas, *id = NAS{}, Identity{}
	}
	return err
}

// readSelection skips no attribute.
func readSelection(nas *NAS, id *Identity, set radius.Attributes, also []AnyKey) (err error) {
	var r reader
	if cap(nas.Addrs) > 0 {
		r.nas.Addrs = nas.Addrs[:0]
	}
	r.readAll(set, also)
	r.errs, r.more = append(r.errs, r.unset...), r.more+r.moreUnset
	if err := r.err(); err != nil {
		return err
	}
	*nas, *id, err = r.result()
	if len(nas.Addrs) == 0 {
		nas.Addrs = nil
	}
	return err
}

// Extract reads all that a packet says of where a session is and who has it, for an AAA server that
// keeps it: what IdentityOf reads with also, and NAS-Port-Type, Originating-Line-Info,
// Framed-IPv6-Address and Delegated-IPv6-Prefix. What is malformed is left out, and so is an
// attribute of which two values contradict each other; the error says so and does not hide the
// rest. What comes back beside an error is fit to remember, never to select sessions by.
func Extract(set radius.Attributes, also ...AnyKey) (NAS, Identity, error) {
	keys := []AnyKey{NASPortType, OriginatingLineInfo, FramedIPv6Address, DelegatedIPv6Prefix}
	var r reader
	r.readAll(set, append(keys, also...))
	r.dropContradictions()
	nas, id, _ := r.result()
	return nas, id, r.err()
}

// checkPartial refuses identification that names no session by itself.
func (id *Identity) checkPartial() error {
	if len(id.Other) == 0 {
		return nil
	}
	rest := *id
	rest.Other = nil
	if !rest.IsZero() {
		return nil
	}
	v := reg.load()
	for key := range id.Other {
		if r := v.record(key); r == nil || !r.partial {
			return nil
		}
	}
	for key := range id.Other {
		return fmt.Errorf("attrs: %v names no session by itself: %w", key, errcause.MissingAttribute)
	}
	return nil
}

// The texts of an Identity, in the order of a reader's.
const (
	userName = iota
	calledStationID
	callingStationID
	nasIdentifier
	acctSessionID
	acctMultiSessionID
	nasPortID
	chargeableUserIdentity
	texts
)

// A reader reads one set of attributes.
type reader struct {
	nas   NAS
	id    Identity
	texts [texts][]byte
	addrs [2]netip.Addr // of the NAS: IPv4, IPv6

	badAddrs [2]bool // two of one family

	errs, unset     []error // malformed or contradictory; addresses that name no session
	more, moreUnset int     // that were not kept
	contradict      map[ID]bool
}

// maxErrors is how many errors of one packet are told: all are of one sender.
const maxErrors = 16

// RFC 5176, section 3, has the list of what identifies; further attributes do where the host says
// so.
func (r *reader) readAll(set radius.Attributes, also []AnyKey) {
	for _, avp := range set {
		if avp != nil {
			r.read(avp)
		}
	}
	r.id.FramedIPv6Prefix = once(r.id.FramedIPv6Prefix)
	for i, key := range also {
		if key != nil && !slices.ContainsFunc(also[:i], func(k AnyKey) bool { return k != nil && k.ID() == key.ID() }) {
			r.readOther(set, key)
		}
	}
}

// err joins the errors.
func (r *reader) err() error {
	if r.more > 0 {
		r.errs, r.more = append(r.errs, invalid("%d more", r.more)), 0
	}
	return errors.Join(r.errs...)
}

// result returns what was read, once nothing was wrong with it.
func (r *reader) result() (NAS, Identity, error) {
	r.setTexts()
	return r.nas, r.id, nil
}

// read reads one attribute.
func (r *reader) read(avp *radius.AVP) {
	switch b := avp.Attribute; avp.Type {
	case 1:
		r.text(userName, avp)
	case 4:
		r.nasAddr(b, NASIPAddress)
	case 5:
		if v, ok := decoded(r, NASPort, b); ok {
			if r.id.NASPort == nil {
				r.id.NASPort = &v
			}
			r.agree(NASPort.ID(), *r.id.NASPort == v)
		}
	case 8:
		if v, ok := decoded(r, FramedIPAddress, b); ok && r.accept(checkFramedIP(v)) {
			if !r.id.FramedIPAddress.IsValid() {
				r.id.FramedIPAddress = v
			}
			r.agree(FramedIPAddress.ID(), r.id.FramedIPAddress == v)
		}
	case 30:
		r.text(calledStationID, avp)
	case 31:
		r.text(callingStationID, avp)
	case 32:
		r.text(nasIdentifier, avp)
	case 44:
		r.text(acctSessionID, avp)
	case 50:
		r.text(acctMultiSessionID, avp)
	case 87:
		r.text(nasPortID, avp)
	case 89:
		r.text(chargeableUserIdentity, avp)
	case 95:
		r.nasAddr(b, NASIPv6Address)
	case 96:
		if v, ok := decoded(r, FramedInterfaceID, b); ok {
			if r.id.FramedInterfaceID == nil {
				r.id.FramedInterfaceID = &v
			}
			r.agree(FramedInterfaceID.ID(), *r.id.FramedInterfaceID == v)
		}
	case 97:
		if v, ok := decoded(r, FramedIPv6Prefix, b); ok && r.accept(checkPrefix(v)) {
			r.id.FramedIPv6Prefix = append(r.id.FramedIPv6Prefix, v)
		}
	}
}

// once returns values without those that came before, in their order.
func once[T comparable](values []T) []T {
	if len(values) < 2 {
		return values
	}
	var seen map[T]bool
	if len(values) > manyValues {
		seen = make(map[T]bool, len(values))
	}
	kept := values[:0]
	for _, v := range values {
		if seen == nil && slices.Contains(kept, v) || seen[v] {
			continue
		}
		if seen != nil {
			seen[v] = true
		}
		kept = append(kept, v)
	}
	return kept
}

// decoded decodes an identification attribute.
// A value of a wrong length is NAK 404 in a request, and is left out of what accounting reports.
func decoded[T any](r *reader, key Key[T], b []byte) (T, bool) {
	v, err := key.c.dec(b)
	if err != nil {
		err = badValue(key.c.name, err)
	}
	return v, r.accept(err)
}

// accept notes an error.
func (r *reader) accept(err error) bool {
	errs, more := &r.errs, &r.more
	if errors.Is(err, errNoAddress) {
		errs, more = &r.unset, &r.moreUnset
	}
	switch {
	case err == nil:
		return true
	case len(*errs) < maxErrors:
		*errs = append(*errs, err)
	default:
		*more++
	}
	return false
}

// agree notes that one attribute came twice with different values, of which no session can have
// both.
func (r *reader) agree(id ID, same bool) {
	if same || r.contradict[id] {
		return
	}
	if r.contradict == nil {
		r.contradict = make(map[ID]bool)
	}
	r.contradict[id] = true
	r.accept(invalid("%v: two different values", id))
}

// dropContradictions forgets what two values of one attribute said. Which of two values the sender
// meant cannot be known, and taking the first would let a sender hide the second from one reader
// and not from another.
func (r *reader) dropContradictions() {
	for id := range r.contradict {
		switch i := slices.Index(textTypes[:], id.Type); {
		case !id.plain():
			delete(r.id.Other, id)
		case i >= 0:
			r.texts[i] = nil
		case id.Type == 5:
			r.id.NASPort = nil
		case id.Type == 8:
			r.id.FramedIPAddress = netip.Addr{}
		case id.Type == 96:
			r.id.FramedInterfaceID = nil
		default:
			delete(r.id.Other, id)
		}
	}
	r.nas.Addrs = slices.DeleteFunc(r.nas.Addrs, func(a netip.Addr) bool { return r.badAddrs[family(a)] })
}

// textTypes are the attributes of the texts.
var textTypes = [texts]radius.Type{1, 30, 31, 32, 44, 50, 87, 89}

// text notes a text, which setTexts turns into a string.
func (r *reader) text(i int, avp *radius.AVP) {
	switch b := avp.Attribute; {
	case len(b) == 0:
		r.accept(badValue(ID{Type: avp.Type}.String(), errEmpty))
	case r.texts[i] == nil:
		r.texts[i] = b
	case !bytes.Equal(r.texts[i], b):
		station := i == calledStationID || i == callingStationID
		r.agree(ID{Type: avp.Type}, station && sameStation(string(r.texts[i]), string(b)))
	}
}

// setTexts turns all texts into strings with one allocation.
func (r *reader) setTexts() {
	var buf [256]byte
	all := buf[:0]
	for _, t := range r.texts {
		all = append(all, t...)
	}
	s := string(all)
	for i, to := range [texts]*string{&r.id.UserName, &r.id.CalledStationID, &r.id.CallingStationID, &r.nas.Identifier,
		&r.id.AcctSessionID, &r.id.AcctMultiSessionID, &r.id.NASPortID, &r.id.ChargeableUserIdentity} {
		*to, s = s[:len(r.texts[i])], s[len(r.texts[i]):]
	}
}

// family is 0 for IPv4 and 1 for IPv6.
func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// nasAddr notes an address of the NAS, of which there is one of each family. NAS-IPv6-Address may
// have an IPv4 address in it, beside NAS-IP-Address or alone.
func (r *reader) nasAddr(b []byte, key Key[netip.Addr]) {
	v, ok := decoded(r, key, b)
	if !ok {
		return
	}
	v = v.Unmap()
	have := &r.addrs[family(v)]
	switch {
	case v.IsUnspecified():
		r.accept(noAddress(key.String(), v))
	case !have.IsValid():
		*have = v
		r.nas.Addrs = append(r.nas.Addrs, v)
	case *have != v:
		r.badAddrs[family(v)] = true
		r.agree(key.ID(), false)
	}
}

// readOther reads one further attribute.
func (r *reader) readOther(set radius.Attributes, key AnyKey) {
	id := key.ID()
	if role := lookupRule(id).role; id.Vendor == 0 && (role == RoleNAS || role == RoleSession) {
		return
	}
	v := reg.load()
	known, several := v.record(id), v.several(id)
	var values []string
	each(set, id, func(b []byte, err error) bool {
		if err == nil {
			err = checkOther(id, known, b)
		}
		if !r.accept(err) {
			return true
		}
		value := string(known.normal(b))
		if len(values) > 0 && !several {
			r.agree(id, values[0] == value)
			return true
		}
		values = append(values, value)
		return true
	})
	if len(values) == 0 {
		return
	}
	if r.id.Other == nil {
		r.id.Other = make(map[ID][]string)
	}
	r.id.Other[id] = once(values)
}
