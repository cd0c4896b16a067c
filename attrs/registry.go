// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// reg holds the attributes that have Keys, for Parse, String and Format and for the signer, who
// must know which values to hide.
var reg registry

// A record is what is known of one attribute, its values of any type.
type record struct {
	id   ID
	name string
	key  AnyKey
	// FreeRADIUS's name of the data type; "" where the host has codec functions of its own.
	typ string
	// A tag octet stands before the value (RFC 2868), which groups the attributes of one tunnel.
	tagged bool
	// EAP-Message and NAS-Filter-Rule go on in the next attribute of their type.
	concat    bool   // one value stands over all attributes of this type
	how       Hiding // on the wire
	sensitive bool
	shown     bool // its name leads back to it, and not to another attribute of that name
	once      bool // two different values contradict each other
	partial   bool // names a session only beside other attributes
	role      Role // zero: as the tables of the RFCs say
	values    []Value

	// Appends the value that s says.
	parse func(r *record, b []byte, tag byte, s string) ([]byte, error)
	text  func(r *record, b, value []byte) (text []byte, tag byte, err error)
	check func(value []byte) error // can value be decoded

	// Makes value again of what it decodes to; nil: a value has one encoding.
	normalize func(value []byte) ([]byte, error)
	unset     func(value []byte) bool // says that there is no address
}

// secret reports values that are never shown.
func (r *record) secret() bool { return r != nil && (r.how != NotHidden || r.sensitive) }

// A Value names a number that values of an attribute may have: {17, "Authorize-Only"}.
type Value struct {
	Number uint32
	Name   string
}

// A registry is written by package initialisation mostly, and read by every packet.
type registry struct {
	mu      sync.Mutex // guards what follows
	ids     map[ID]record
	names   map[string]ID // in lower case
	formats map[uint32]VendorFormat
	packs   map[ID]string
	view    atomic.Pointer[view] // nil where something was registered since
}

// A view is a registry at rest.
type view struct {
	plain   [256]*record
	ids     map[ID]*record
	names   map[string]*record
	formats map[uint32]VendorFormat
	packs   map[ID]string   // separator between name and value, by base ID
	vendors map[uint32]bool // of which an attribute is known
	secrets map[uint32]bool // vendors of which an attribute is secret
	guarded [256]bool       // extended types of which an attribute is secret
}

// load returns all that is registered by now.
func (g *registry) load() *view {
	if v := g.view.Load(); v != nil {
		return v
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	v := &view{
		ids: make(map[ID]*record, len(g.ids)), names: make(map[string]*record, len(g.names)),
		formats: maps.Clone(g.formats), packs: maps.Clone(g.packs), vendors: make(map[uint32]bool), secrets: make(map[uint32]bool),
	}
	for id, r := range g.ids {
		r.shown = g.names[strings.ToLower(r.name)] == id
		v.ids[id] = &r
		if id.plain() && id.Type >= 0 && id.Type < 256 {
			v.plain[id.Type] = &r
		}
		if id.Vendor != 0 && id.Type == typeVendor {
			v.vendors[id.Vendor] = true
			v.secrets[id.Vendor] = v.secrets[id.Vendor] || r.secret()
		}
		if id.extended() && r.secret() {
			v.guarded[id.Type] = true
		}
	}
	for id := range encrypted {
		v.secrets[id.Vendor] = id.Vendor != 0
	}
	for id := range confidential {
		v.secrets[id.Vendor] = id.Vendor != 0
	}
	for name, id := range g.names {
		v.names[name] = v.ids[id]
	}
	g.view.Store(v)
	return v
}

// byName returns what is registered under name, in whichever case, and nil where nothing is.
func (v *view) byName(name string) *record {
	var lower [64]byte
	if len(name) > len(lower) {
		return v.names[strings.ToLower(name)]
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= utf8.RuneSelf:
			return v.names[strings.ToLower(name)]
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return v.names[string(lower[:len(name)])] // which allocates nothing
}

// register adds r. Of two records for one attribute the later one counts, but what one of them
// hides or calls sensitive stays so.
func (g *registry) register(r record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ids == nil {
		g.ids, g.names, g.packs = make(map[ID]record), make(map[string]ID), make(map[ID]string)
	}
	if old, ok := g.ids[r.id]; ok {
		if r.how == NotHidden {
			r.how = old.how
		}
		r.sensitive = r.sensitive || old.sensitive
		r.partial = r.partial || old.partial
		r.once = r.once || old.once
		r.role = old.role
		if r.values == nil {
			r.values = old.values
		}
	}
	g.ids[r.id] = r
	g.name(r.name, r.id)
	if _, ok := g.packs[r.id.Base()]; r.id.Name != "" && !ok {
		g.packs[r.id.Base()] = "="
	}
	g.view.Store(nil)
}

// name leads a name to id, unless another attribute has it already. The caller holds mu.
func (g *registry) name(name string, id ID) {
	name = strings.ToLower(name)
	if _, taken := g.names[name]; !taken && name != "" {
		g.names[name] = id
	}
}

// update changes the record of id.
func (g *registry) update(id ID, change func(*record)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r, ok := g.ids[id]; ok {
		change(&r)
		g.ids[id] = r
		g.view.Store(nil)
	}
}

// record returns what is known of id, nil: nothing.
func (v *view) record(id ID) *record {
	if id.plain() && id.Type >= 0 && id.Type < 256 {
		return v.plain[id.Type]
	}
	return v.ids[id]
}

// closest returns what is known of id, or of the attribute that packs it.
func (v *view) closest(id ID) *record {
	if r := v.record(id); r != nil || id.Name == "" {
		return r
	}
	return v.record(id.Base())
}

// secret reports whether values of id are never shown.
func (v *view) secret(id ID) bool {
	if v.record(id).secret() || id.Name != "" && v.record(id.Base()).secret() {
		return true
	}
	_, is := encrypted[id.Base()]
	return is || confidential[id.Base()] || id.Name != "" && secretName(id.Name)
}

// IsHidden reports whether values of id are salted and hidden on the wire (RFC 2868, section 3.5):
// whether a HiddenKey was made for it, or FreeRADIUS's dictionaries say so. HidingOf knows the
// other methods too.
func IsHidden(id ID) bool {
	return reg.load().hiding(id.Base()).how == SaltHidden
}

// IsSensitive reports whether values of id print as [hidden]: those that are hidden on the wire,
// and those of Keys that are Sensitive.
func IsSensitive(id ID) bool { return reg.load().secret(id) }

// KeyByName returns the Key that Parse knows under a name or an alias, in whichever case; ok false:
// none.
func KeyByName(name string) (key AnyKey, ok bool) {
	r := reg.load().byName(name)
	if r == nil {
		return nil, false
	}
	return r.key, true
}

// Describe gives a registered attribute a further name, "" for none, and names to numbers that its
// values may have, as Key.Alias and Key.Named do, for a host that reads them at run time. A name
// that another attribute has, and an ID without a Key, are errors, and nothing is changed.
func Describe(id ID, alias string, values ...Value) error {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	r, ok := reg.ids[id]
	if !ok {
		return fmt.Errorf("attrs: attribute %s has no Key", id.number())
	}
	if other, taken := reg.names[strings.ToLower(alias)]; taken && alias != "" && other != id {
		return fmt.Errorf("attrs: the name %.60q belongs to %s", alias, other.number())
	}
	r.values = append(r.values[:len(r.values):len(r.values)], values...)
	reg.ids[id] = r
	reg.name(alias, id)
	reg.view.Store(nil)
	return nil
}

// A Definition is what is registered of one attribute.
type Definition struct {
	ID   ID
	Name string
	Key  AnyKey // for a host that is configured with names
	// As FreeRADIUS's dictionaries call it: "string", "octets", "integer", "ipaddr"; "" where a
	// host has codec functions of its own.
	Type      string
	Role      Role
	Values    []Value
	Tagged    bool // RFC 2868, section 3
	Hidden    bool // salted and hidden on the wire
	Sensitive bool // prints as [hidden]
}

// Registered yields all attributes that have a Key, those of vendors whose package is linked in
// too, by number.
func Registered() iter.Seq[Definition] {
	return func(yield func(Definition) bool) {
		v := reg.load()
		for _, id := range slices.SortedFunc(maps.Keys(v.ids), ID.compare) {
			r := v.ids[id]
			d := Definition{ID: id, Name: r.name, Key: r.key, Type: r.typ, Role: id.Role(), Values: slices.Clone(r.values),
				Tagged: r.tagged, Hidden: r.how == SaltHidden, Sensitive: r.secret()}
			if !yield(d) {
				return
			}
		}
	}
}

// String returns the name of a registered attribute, "User-Name", and the number of another,
// "Attr-26.9.1". One of several that a vendor packs into a text attribute is
// "Cisco-AVPair(audit-session-id)".
func (id ID) String() string {
	v := reg.load()
	if r := v.record(id); r != nil && r.shown {
		return r.name
	}
	if id.Name != "" {
		name := appendQuoted(nil, id.Name)
		return id.Base().String() + "(" + string(name[1:len(name)-1]) + ")"
	}
	return id.number()
}

// Role returns the role of an attribute in a CoA-Request or Disconnect-Request: that of Key.As, or
// that of the tables in RFC 5176 and later documents, which is RoleVendor for vendors' attributes.
// NAS-Port-Type, Framed-IPv6-Address and others that identify sessions at some NASes have no
// RoleSession here: a host names them (IdentityOf's also).
func (id ID) Role() Role {
	if r := reg.load().closest(id); r != nil && r.role != RoleUnknown {
		return r.role
	}
	if id.Vendor != 0 || id.Type == typeVendor {
		return RoleVendor
	}
	return lookupRule(id).role
}

// HidingOf returns how values of id are hidden on the wire: what a HiddenKey says, or what is known
// of the vendors' attributes that FreeRADIUS's dictionaries mark as encrypted, whether their
// package is linked in or not.
func HidingOf(id ID) Hiding { return reg.load().hiding(id).how }

// hiding returns how id is hidden. A package that is not linked in must not let a secret out: the
// list of encrypted attributes counts beside what is registered.
func (v *view) hiding(id ID) encryption {
	if r := v.record(id); r != nil && r.how != NotHidden {
		return encryption{r.how, r.tagged}
	}
	e := encrypted[id.Base()]
	if e.how == hiddenElsewhere {
		e.how = NotHidden
	}
	return e
}

// secretPair reports a name=value whose name says that the value is a key or a password: Cisco's
// ipsec:tunnel-password, leap:session-key, psk.
func (v *view) secretPair(id ID, value []byte) bool {
	id = id.Base()
	if r := v.record(id); !pairs[id] && (r == nil || !strings.HasSuffix(strings.ToLower(r.name), "avpair")) {
		return false
	}
	name := value
	if n := bytes.IndexAny(value, "=*"); n >= 0 {
		name = value[:n]
	}
	return secretName(string(name))
}
