// SPDX-License-Identifier: Apache-2.0

package attrs

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// reg holds the attributes that have Keys, for Parse, String and Format and for the signer, who must know which values to hide.
var reg registry

// A record is what is known of one attribute, whatever the type of its values.
type record struct {
	id        ID
	name      string
	key       AnyKey
	typ       string // FreeRADIUS's name of the data type; "" where the host has codec functions of its own
	tagged    bool
	concat    bool // one value stands over all attributes of this type
	hidden    bool
	sensitive bool
	shown     bool // its name leads back to it, and not to another attribute of that name
	address   bool // values are addresses, of which the unspecified one identifies nothing
	role      Role // zero: as the tables of the RFCs say
	values    []Value

	parse func(r *record, b []byte, tag byte, s string) ([]byte, error) // appends the value that s says
	text  func(r *record, b, value []byte) (text []byte, tag byte, err error)
	check func(value []byte) error // can value be decoded
}

// secret reports values that are never shown.
func (r *record) secret() bool { return r != nil && (r.hidden || r.sensitive) }

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
	vendors map[uint32]bool // of which an attribute is known; true where one of them is secret
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
		formats: maps.Clone(g.formats), packs: maps.Clone(g.packs), vendors: make(map[uint32]bool),
	}
	for id, r := range g.ids {
		r.shown = g.names[strings.ToLower(r.name)] == id
		v.ids[id] = &r
		if id.plain() && id.Type >= 0 && id.Type < 256 {
			v.plain[id.Type] = &r
		}
		if id.Vendor != 0 && id.Type == typeVendor {
			v.vendors[id.Vendor] = v.vendors[id.Vendor] || r.secret()
		}
		if id.extended() && r.secret() {
			v.guarded[id.Type] = true
		}
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

// register adds r. Of two records for one attribute the later one counts, but what one of them hides or calls sensitive stays so.
func (g *registry) register(r record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ids == nil {
		g.ids, g.names, g.packs = make(map[ID]record), make(map[string]ID), make(map[ID]string)
	}
	if old, ok := g.ids[r.id]; ok {
		r.hidden = r.hidden || old.hidden
		r.sensitive = r.sensitive || old.sensitive
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
	return v.record(id).secret() || id.Name != "" && v.record(id.Base()).secret()
}

// IsHidden reports whether values of id are salted and hidden on the wire (RFC 2868, section 3.5): whether a HiddenKey was made for it.
func IsHidden(id ID) bool {
	r := reg.load().closest(id)
	return r != nil && r.hidden
}

// IsSensitive reports whether values of id print as [hidden]: those that are hidden on the wire, and those of Keys that are Sensitive.
func IsSensitive(id ID) bool { return reg.load().secret(id) }

// A Definition is what is registered of one attribute.
type Definition struct {
	ID        ID
	Name      string
	Key       AnyKey // for a host that is configured with names
	Type      string // as FreeRADIUS's dictionaries call it: "string", "octets", "integer", "ipaddr"; "" where a host has codec functions of its own
	Role      Role
	Values    []Value
	Tagged    bool // RFC 2868, section 3
	Hidden    bool // salted and hidden on the wire
	Sensitive bool // prints as [hidden]
}

// Registered yields all attributes that have a Key, those of vendors whose package is linked in too, by number.
func Registered() iter.Seq[Definition] {
	return func(yield func(Definition) bool) {
		v := reg.load()
		for _, id := range slices.SortedFunc(maps.Keys(v.ids), ID.compare) {
			r := v.ids[id]
			d := Definition{ID: id, Name: r.name, Key: r.key, Type: r.typ, Role: id.Role(), Values: slices.Clone(r.values),
				Tagged: r.tagged, Hidden: r.hidden, Sensitive: r.secret()}
			if !yield(d) {
				return
			}
		}
	}
}
