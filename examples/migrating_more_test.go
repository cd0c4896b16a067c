// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"context"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
)

// MIGRATING: begin
func asLenientAsBefore(h session.Handler[string], supported ...attrs.AnyKey) *session.Dispatcher[string] {
	d := session.NewDispatcher(h, supported...)
	d.Policy = session.Policy{
		IgnoreOther: true,                                  // 401: attributes that the loop did not read
		Ignored:     []attrs.AnyKey{attrs.CalledStationID}, // 503: identification that it did not compare
		AnyNAS:      true,                                  // 403: the NAS, which it did not compare
		AcceptEmpty: true,                                  // 402: a CoA-Request that changes nothing
		First:       true,                                  // 508: several sessions, of which it took the first
	}
	return d
}

// MIGRATING: end

// MIGRATING: begin
func changeByGeneratedCode(ctx context.Context, client *dac.Client, nas netip.AddrPort, session, filter string) error {
	r, err := dac.NewCoA()
	if err != nil {
		return err
	}
	if err := rfc2866.AcctSessionID_SetString(r.Packet, session); err != nil {
		return err
	}
	if err := rfc2865.FilterID_SetString(r.Packet, filter); err != nil {
		return err
	}
	_, err = client.Do(ctx, nas, r)
	return err
}

func sendPacket(ctx context.Context, client *dac.Client, nas netip.AddrPort, p *radius.Packet) error {
	_, err := client.Do(ctx, nas, &dac.Request{Packet: p}) // signed with the secret of the Peer, not p.Secret
	return err
}

// MIGRATING: end

// MIGRATING: begin
func requestOfFork(p interface{ Encode() ([]byte, error) }, secret dac.Secret) (*dac.Request, error) {
	b, err := p.Encode() // signed by the fork
	if err != nil {
		return nil, err
	}
	return dac.ParseRequest(b, secret)
}

// MIGRATING: end

// A lenientHost has two sessions of one user.
type lenientHost struct {
	session.Table[string]
	changed int
}

func (h *lenientHost) Disconnect(_ context.Context, id string, _ *session.Disconnect) error {
	h.Delete("", id)
	return nil
}

func (h *lenientHost) Change(context.Context, string, *session.Change) error {
	h.changed++
	return nil
}

// What was ignored is refused, and each field of the Policy has it as it was.
func TestMigratedPolicyIsAsLenientAsBefore(t *testing.T) {
	for name, c := range map[string]struct {
		coa   bool
		attrs []attrs.Attr
		cause errcause.Cause
	}{
		"an attribute that is unknown": {true, []attrs.Attr{attrs.AcctSessionID.Of("1"), attrs.FilterID.Of("gold"), attrs.IdleTimeout.Of(60e9)}, errcause.UnsupportedAttribute},
		"identification not compared":  {false, []attrs.Attr{attrs.AcctSessionID.Of("1"), attrs.CalledStationID.Of("lab")}, errcause.SessionContextNotFound},
		"another NAS":                  {false, []attrs.Attr{attrs.AcctSessionID.Of("1"), attrs.NASIdentifier.Of("lab")}, errcause.NASIdentificationMismatch},
		"nothing to change":            {true, []attrs.Attr{attrs.AcctSessionID.Of("1")}, errcause.MissingAttribute},
		"several sessions":             {false, []attrs.Attr{attrs.UserName.Of("bob")}, errcause.MultipleSessionSelectionUnsupported},
	} {
		for _, lenient := range []bool{false, true} {
			h := &lenientHost{}
			for _, id := range []string{"1", "2"} {
				require.NoError(t, h.Put(attrs.Identity{AcctSessionID: id, UserName: "bob", CalledStationID: "home"}, id))
			}
			d := session.NewDispatcher(h, attrs.FilterID)
			if lenient {
				d = asLenientAsBefore(h, attrs.FilterID)
			}
			r, err := dac.NewDisconnect(c.attrs...)
			if c.coa {
				r, err = dac.NewCoA(c.attrs...)
			}
			require.NoError(t, err)
			err = dac.Verdict(d.Handle(t.Context(), r))
			if lenient {
				require.NoError(t, err, name)
			} else {
				require.ErrorIs(t, err, c.cause, name)
			}
		}
	}
	d := asLenientAsBefore(&lenientHost{}, attrs.FilterID)
	r, err := dac.NewDisconnect(attrs.CalledStationID.Of("lab"))
	require.NoError(t, err)
	require.ErrorIs(t, dac.Verdict(d.Handle(t.Context(), r)), errcause.MissingAttribute, "no identification is never all sessions")
	r, err = dac.NewCoA(attrs.AcctSessionID.Of("1"), attrs.ServiceType.Of(attrs.AuthorizeOnly), attrs.State.Of([]byte("x")))
	require.NoError(t, err)
	require.ErrorIs(t, dac.Verdict(d.Handle(t.Context(), r)), errcause.UnsupportedService, "there is no Reauthorize")
	for _, ignored := range [][]attrs.AnyKey{nil, {attrs.ServiceType}} {
		h := &lenientHost{}
		require.NoError(t, h.Put(attrs.Identity{AcctSessionID: "1"}, "1"))
		d := session.NewDispatcher(h, attrs.FilterID)
		d.Policy.Ignored = ignored
		r, err = dac.NewCoA(attrs.AcctSessionID.Of("1"), attrs.FilterID.Of("gold"), attrs.ServiceType.Of(2))
		require.NoError(t, err)
		err = dac.Verdict(d.Handle(t.Context(), r))
		if ignored == nil {
			require.ErrorIs(t, err, errcause.UnsupportedService)
		} else {
			require.NoError(t, err)
		}
	}
}

// Setters of generated code, and packets made by layeh.com/radius, work for sending; what is sent
// is signed with the secret of the Peer and has what the Client adds.
func TestMigratedGeneratedCodeSends(t *testing.T) {
	var seen []*dac.Request
	nas := dactest.NewNAS(t, dac.HandlerFunc(func(_ context.Context, r *dac.Request) (*dac.Response, error) {
		seen = append(seen, r)
		if rfc2866.AcctSessionID_GetString(r.Packet) != "4f2a" {
			return nil, errcause.SessionContextNotFound
		}
		return r.ACK()
	}))
	require.NoError(t, changeByGeneratedCode(t.Context(), nas.Client, nas.Addr, "4f2a", "gold"))
	require.ErrorIs(t, changeByGeneratedCode(t.Context(), nas.Client, nas.Addr, "4f2b", "gold"), errcause.SessionContextNotFound)
	p := radius.New(radius.CodeDisconnectRequest, []byte("of another program"))
	require.NoError(t, rfc2866.AcctSessionID_SetString(p, "4f2a"))
	before := len(p.Attributes)
	require.NoError(t, sendPacket(t.Context(), nas.Client, nas.Addr, p))
	require.Len(t, p.Attributes, before, "the packet stays as it was")
	require.Len(t, seen, 3)
	require.Equal(t, "gold", rfc2865.FilterID_GetString(seen[0].Packet))
	for _, r := range seen {
		_, stamped := r.Packet.Lookup(55)
		_, signed := r.Packet.Lookup(80)
		require.True(t, stamped && signed, "Event-Timestamp and Message-Authenticator")
	}
}

// A packet of another type comes in by its octets, verified.
func TestMigratedForkComesInByOctets(t *testing.T) {
	fips.Outside(func() { // a fork uses MD5 without asking for leave
		p := radius.New(radius.CodeDisconnectRequest, []byte("s3cret"))
		require.NoError(t, rfc2866.AcctSessionID_SetString(p, "4f2a"))
		r, err := requestOfFork(p, "s3cret")
		require.NoError(t, err)
		require.Equal(t, "4f2a", rfc2866.AcctSessionID_GetString(r.Packet))
		_, err = requestOfFork(p, "another")
		require.Error(t, err)
	})
}
