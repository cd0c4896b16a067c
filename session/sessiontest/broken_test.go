// SPDX-License-Identifier: Apache-2.0

package sessiontest_test

import (
	"bufio"
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/radius-dynauth/dynauth/session/sessiontest"
	"github.com/stretchr/testify/require"
)

// A broken is a bng that does one thing wrong. What it does not set it does right.
type broken struct {
	*bng
	find       func(ctx context.Context, id attrs.Identity) ([]*subscriber, error)
	disconnect func(ctx context.Context, s *subscriber, d *session.Disconnect) error
	change     func(ctx context.Context, s *subscriber, c *session.Change) error
}

func (b *broken) Find(ctx context.Context, id attrs.Identity) ([]*subscriber, error) {
	if b.find != nil {
		return b.find(ctx, id)
	}
	return b.bng.Find(ctx, id)
}

func (b *broken) Disconnect(ctx context.Context, s *subscriber, d *session.Disconnect) error {
	if b.disconnect != nil {
		return b.disconnect(ctx, s, d)
	}
	return b.bng.Disconnect(ctx, s, d)
}

func (b *broken) Change(ctx context.Context, s *subscriber, c *session.Change) error {
	if b.change != nil {
		return b.change(ctx, s, c)
	}
	return b.bng.Change(ctx, s, c)
}

// all returns the sessions that are there.
func (b *broken) all() (all []*subscriber) {
	for _, s := range b.All() {
		all = append(all, s)
	}
	return all
}

// others changes the filter of all sessions but one.
func (b *broken) others(s *subscriber) {
	for _, o := range b.all() {
		if o != s {
			o.mu.Lock()
			o.filter = "default"
			o.mu.Unlock()
		}
	}
}

// oneByOne is a Several that does not look ahead.
type oneByOne struct {
	*bng
	ends, changes bool
	looks         bool // at the context in between
}

func (o oneByOne) DisconnectAll(ctx context.Context, all []*subscriber, d *session.Disconnect) error {
	if !o.ends {
		return o.bng.DisconnectAll(ctx, all, d)
	}
	for _, s := range all {
		if o.looks && ctx.Err() != nil {
			return ctx.Err()
		}
		// One that is gone already is no reason to stop.
		if err := o.bng.Disconnect(context.Background(), s, d); err != nil && !o.looks {
			return err
		}
	}
	return nil
}

func (o oneByOne) ChangeAll(ctx context.Context, all []*subscriber, c *session.Change) error {
	if !o.changes {
		return o.bng.ChangeAll(ctx, all, c)
	}
	for _, s := range all {
		if err := o.bng.Change(ctx, s, c); err != nil {
			return err
		}
	}
	return nil
}

// A brokenHost has a fault.
type brokenHost struct {
	name, rule string // the rules that find it
	make       func(b *broken) sessiontest.Host[*subscriber]
}

// overlooked are the identification attributes of RFC 5176, each with a Find that does not look at
// it.
var overlooked = map[string]func(id *attrs.Identity){
	"User-Name":                func(id *attrs.Identity) { id.UserName = "" },
	"Acct-Multi-Session-Id":    func(id *attrs.Identity) { id.AcctMultiSessionID = "" },
	"Calling-Station-Id":       func(id *attrs.Identity) { id.CallingStationID = "" },
	"Called-Station-Id":        func(id *attrs.Identity) { id.CalledStationID = "" },
	"NAS-Port-Id":              func(id *attrs.Identity) { id.NASPortID = "" },
	"Chargeable-User-Identity": func(id *attrs.Identity) { id.ChargeableUserIdentity = "" },
	"NAS-Port":                 func(id *attrs.Identity) { id.NASPort = nil },
	"Framed-IP-Address":        func(id *attrs.Identity) { id.FramedIPAddress = netip.Addr{} },
	"Framed-IPv6-Prefix":       func(id *attrs.Identity) { id.FramedIPv6Prefix = nil },
	"Framed-Interface-Id":      func(id *attrs.Identity) { id.FramedInterfaceID = nil },
}

// overlooking is a host whose sessions do not have an attribute, and whose Find does not look at
// it.
func overlooking(name string) brokenHost {
	return brokenHost{"overlooks " + name, "no_attribute_is_overlooked", func(b *broken) sessiontest.Host[*subscriber] {
		b.find = func(ctx context.Context, id attrs.Identity) ([]*subscriber, error) {
			overlooked[name](&id)
			if id.IsZero() {
				return nil, nil
			}
			return b.bng.Find(ctx, id)
		}
		h := hostOf(b, nil)
		for i := range h.Sessions {
			h.Sessions[i] = attrs.Identity{AcctSessionID: h.Sessions[i].AcctSessionID}
		}
		return h
	}}
}

func allBrokenHosts() []brokenHost {
	all := slices.Clone(brokenHosts)
	for name := range overlooked {
		all = append(all, overlooking(name))
	}
	return all
}

// A host that cannot look up by an attribute may refuse it.
func TestAHostMayRefuseWhatItCannotLookUp(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] {
		b := &broken{bng: newBNG(t)}
		b.find = func(ctx context.Context, id attrs.Identity) ([]*subscriber, error) {
			if err := id.Only(attrs.UserName, attrs.AcctSessionID); err != nil {
				return nil, err
			}
			return b.bng.Find(ctx, id)
		}
		h := hostOf(b, nil)
		for i, id := range h.Sessions {
			h.Sessions[i] = attrs.Identity{AcctSessionID: id.AcctSessionID, UserName: id.UserName}
		}
		return h
	})
}

// brokenHosts have one fault each, which one rule is about, or two.
var brokenHosts = []brokenHost{
	{"has no index for NAS-Port", "found_by_each_attribute", func(b *broken) sessiontest.Host[*subscriber] {
		b.find = func(ctx context.Context, id attrs.Identity) ([]*subscriber, error) {
			if id.NASPort != nil && id.UserName == "" {
				return nil, nil
			}
			return b.bng.Find(ctx, id)
		}
		return hostOf(b, nil)
	}},
	{"compares MAC addresses as text", "found_by_a_MAC_address_in_any_form", func(b *broken) sessiontest.Host[*subscriber] {
		b.find = func(ctx context.Context, id attrs.Identity) ([]*subscriber, error) {
			if strings.ContainsAny(id.CallingStationID, ":") {
				return nil, nil
			}
			return b.bng.Find(ctx, id)
		}
		return hostOf(b, nil)
	}},
	{"has a session for users it does not know", "unknown_session no_attribute_is_overlooked", func(b *broken) sessiontest.Host[*subscriber] {
		b.find = func(ctx context.Context, id attrs.Identity) ([]*subscriber, error) {
			found, err := b.bng.Find(ctx, id)
			if len(found) == 0 && id.UserName != "" && id.AcctSessionID == "" {
				all := b.all()
				return all[:min(len(all), 1)], nil
			}
			return found, err
		}
		return hostOf(b, nil)
	}},
	{"goes by Acct-Session-Id alone", "every_attribute_fits no_attribute_is_overlooked", func(b *broken) sessiontest.Host[*subscriber] {
		b.find = func(ctx context.Context, id attrs.Identity) ([]*subscriber, error) {
			if id.AcctSessionID != "" {
				id = attrs.Identity{AcctSessionID: id.AcctSessionID}
			}
			return b.bng.Find(ctx, id)
		}
		return hostOf(b, nil)
	}},
	{"takes nothing for everything", "no_identification", func(b *broken) sessiontest.Host[*subscriber] {
		b.find = func(ctx context.Context, id attrs.Identity) ([]*subscriber, error) {
			if id.IsZero() {
				return b.all(), nil
			}
			return b.bng.Find(ctx, id)
		}
		return hostOf(b, nil)
	}},
	{"touches other sessions of the user as one ends", "disconnect", func(b *broken) sessiontest.Host[*subscriber] {
		b.disconnect = func(ctx context.Context, s *subscriber, d *session.Disconnect) error {
			b.others(s)
			return b.bng.Disconnect(ctx, s, d)
		}
		return hostOf(b, nil)
	}},
	{"keeps what it has ended", "second_disconnect", func(b *broken) sessiontest.Host[*subscriber] {
		b.disconnect = func(ctx context.Context, s *subscriber, d *session.Disconnect) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.gone {
				return errcause.SessionContextNotRemovable
			}
			s.gone = true
			return nil
		}
		return hostOf(b, nil)
	}},
	{"changes all sessions of the user", "change", func(b *broken) sessiontest.Host[*subscriber] {
		b.change = func(ctx context.Context, s *subscriber, c *session.Change) error {
			b.others(s)
			return b.bng.Change(ctx, s, c)
		}
		return hostOf(b, nil)
	}},
	{"ends a session and says that it may not", "context_done", func(b *broken) sessiontest.Host[*subscriber] {
		b.disconnect = func(ctx context.Context, s *subscriber, d *session.Disconnect) error {
			if err := b.bng.Disconnect(ctx, s, d); err != nil {
				return err
			}
			return errcause.AdministrativelyProhibited
		}
		return hostOf(b, nil)
	}},
	{"acknowledges a change that it does not make", "change", func(b *broken) sessiontest.Host[*subscriber] {
		b.change = func(context.Context, *subscriber, *session.Change) error { return nil }
		return hostOf(b, nil)
	}},
	{"changes a session and says that it may not", "context_done", func(b *broken) sessiontest.Host[*subscriber] {
		b.change = func(ctx context.Context, s *subscriber, c *session.Change) error {
			if err := b.bng.Change(ctx, s, c); err != nil {
				return err
			}
			return errcause.AdministrativelyProhibited
		}
		return hostOf(b, nil)
	}},
	{"skips what it does not know", "unsupported_attribute", func(b *broken) sessiontest.Host[*subscriber] {
		h := hostOf(b, nil)
		h.Setup = func(d *session.Dispatcher[*subscriber]) { d.Policy.IgnoreOther = true }
		return h
	}},
	{"refuses Class", "Class_and_Reply-Message", func(b *broken) sessiontest.Host[*subscriber] {
		b.disconnect = func(ctx context.Context, s *subscriber, d *session.Disconnect) error {
			if len(d.Class) > 0 {
				return errcause.UnsupportedAttribute
			}
			return b.bng.Disconnect(ctx, s, d)
		}
		return hostOf(b, nil)
	}},
	{"writes into the request", "Class_and_Reply-Message", func(b *broken) sessiontest.Host[*subscriber] {
		b.disconnect = func(ctx context.Context, s *subscriber, d *session.Disconnect) error {
			if class, err := attrs.Class.Get(d.Request.Attributes()); err == nil && len(class) > 0 {
				for _, avp := range d.Request.Attributes() {
					if avp.Type == attrs.Class.ID().Type {
						avp.Attribute = bytes.ToUpper(avp.Attribute)
					}
				}
			}
			return b.bng.Disconnect(ctx, s, d)
		}
		return hostOf(b, nil)
	}},
	{"finds the first of several", "several_sessions", func(b *broken) sessiontest.Host[*subscriber] {
		b.find = func(ctx context.Context, id attrs.Identity) ([]*subscriber, error) {
			found, err := b.bng.Find(ctx, id)
			return found[:min(len(found), 1)], err
		}
		return hostOf(b, nil)
	}},
	{"refuses several although it says that it can", "several_sessions", func(b *broken) sessiontest.Host[*subscriber] {
		return hostOf(b, neverSeveral{b.bng})
	}},
	{"ends one after the other", "all_or_none", func(b *broken) sessiontest.Host[*subscriber] {
		return hostOf(b, oneByOne{bng: b.bng, ends: true})
	}},
	{"changes one after the other", "all_or_none", func(b *broken) sessiontest.Host[*subscriber] {
		return hostOf(b, oneByOne{bng: b.bng, changes: true})
	}},
	{"looks at its context between two", "all_or_none", func(b *broken) sessiontest.Host[*subscriber] {
		return hostOf(b, oneByOne{bng: b.bng, ends: true, looks: true})
	}},
	{"ends the session and then looks at its context", "context_done", func(b *broken) sessiontest.Host[*subscriber] {
		b.disconnect = func(ctx context.Context, s *subscriber, d *session.Disconnect) error {
			if err := b.bng.Disconnect(context.Background(), s, d); err != nil {
				return err
			}
			return ctx.Err()
		}
		return hostOf(b, nil)
	}},
	{"changes the session and then looks at its context", "context_done", func(b *broken) sessiontest.Host[*subscriber] {
		b.change = func(ctx context.Context, s *subscriber, c *session.Change) error {
			if err := b.bng.Change(context.Background(), s, c); err != nil {
				return err
			}
			return ctx.Err()
		}
		return hostOf(b, nil)
	}},
	{"makes a new value each time", "concurrent_requests", func(b *broken) sessiontest.Host[*subscriber] {
		b.find = func(ctx context.Context, id attrs.Identity) (found []*subscriber, err error) {
			all, err := b.bng.Find(ctx, id)
			for _, s := range all {
				found = append(found, &subscriber{name: s.name, filter: s.currentFilter()})
			}
			return found, err
		}
		original := func(s *subscriber) []*subscriber {
			if o, ok := b.Get("", s.name); ok {
				return []*subscriber{o}
			}
			return []*subscriber{{gone: true}}
		}
		b.disconnect = func(ctx context.Context, s *subscriber, d *session.Disconnect) error {
			return b.DisconnectAll(ctx, original(s), d)
		}
		b.change = func(ctx context.Context, s *subscriber, c *session.Change) error {
			return b.ChangeAll(ctx, original(s), c)
		}
		return hostOf(b, nil)
	}},
}

// neverSeveral is a Several that cannot.
type neverSeveral struct{ *bng }

func (neverSeveral) DisconnectAll(context.Context, []*subscriber, *session.Disconnect) error {
	return errcause.MultipleSessionSelectionUnsupported
}

const brokenEnv = "DYNAUTH_SESSIONTEST_BROKEN"

// TestBrokenHost runs the suite against the broken hosts, in a process of its own.
func TestBrokenHost(t *testing.T) {
	if os.Getenv(brokenEnv) == "" {
		t.Skip("run by TestEachRuleFindsItsFault")
	}
	for _, b := range allBrokenHosts() {
		t.Run(b.name, func(t *testing.T) {
			sessiontest.Run(t, func(t *testing.T) sessiontest.Host[*subscriber] { return b.make(&broken{bng: newBNG(t)}) })
		})
	}
}

func TestEachRuleFindsItsFault(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBrokenHost$", "-test.v", "-test.timeout=120s")
	cmd.Env = append(os.Environ(), brokenEnv+"=1")
	out, err := cmd.Output()
	require.Error(t, err, "the broken hosts pass")
	require.NotContains(t, string(out), "DATA RACE")

	failed := map[string][]string{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		rest, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "--- FAIL: TestBrokenHost/")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, " (")
		if host, rule, ok := strings.Cut(name, "/"); ok {
			failed[host] = append(failed[host], rule)
		}
	}
	for _, b := range allBrokenHosts() {
		require.Equal(t, strings.Fields(b.rule), failed[strings.ReplaceAll(b.name, " ", "_")], "a host that %s\n%s", b.name, out)
	}
	require.Contains(t, string(out), "The rule: ", "each failure explains itself")
}
