// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// with is a Dispatcher over two sessions of one user, with a policy.
func with(p session.Policy, supported ...attrs.AnyKey) (*session.Dispatcher[*sub], *host) {
	h := twoSubs()
	d := session.NewDispatcher(h, supported...)
	d.Policy = p
	return d, h
}

func keys(k ...attrs.AnyKey) []attrs.AnyKey { return k }

func TestX1_WhichIdentificationIsHonoured(t *testing.T) {
	d, h := with(session.Policy{Identifying: keys(attrs.AcctSessionID, attrs.CallingStationID, attrs.NASIdentifier)})
	d.NAS.Identifier = "n"
	requireUntouched(t, d, h, disconnect(t, bob1), errcause.UnsupportedAttribute)
	requireUntouched(t, d, h, disconnect(t, attrs.AcctSessionID.Of("1"), attrs.CallingStationID.Of("00-00-00-00-00-00")), errcause.SessionContextNotFound)
	requireAnswer(t, d, disconnect(t, attrs.AcctSessionID.Of("1"), attrs.CallingStationID.Of("0010.a423.19c0"), attrs.NASIdentifier.Of("n")), disconnectACK, 0)
}

func TestX1_OlderSendersIdentifyByNASPortType(t *testing.T) {
	h := &host{subs: []*sub{{id: attrs.Identity{UserName: "bob", Other: map[attrs.ID][]string{attrs.NASPortType.ID(): {"\x00\x00\x00\x05"}}}}}}
	d := session.NewDispatcher(h)
	d.Policy.Identifying = keys(attrs.UserName, attrs.NASPortType)
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob"), attrs.NASPortType.Of(15)), errcause.SessionContextNotFound)
	requireAnswer(t, d, disconnect(t, attrs.UserName.Of("bob"), attrs.NASPortType.Of(5)), disconnectACK, 0)
}

func TestX1_RequiredIdentification(t *testing.T) {
	byID := [][]attrs.AnyKey{keys(attrs.AcctSessionID), keys(attrs.AcctMultiSessionID)}
	d, h := with(session.Policy{RequireDisconnect: byID, RequireCoA: [][]attrs.AnyKey{keys(attrs.UserName, attrs.NASIdentifier)}}, attrs.FilterID)
	d.NAS.Identifier = "n"
	filter := attrs.FilterID.Of("x")
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob")), errcause.MissingAttribute)
	requireUntouched(t, d, h, coa(t, bob1, filter), errcause.MissingAttribute)
	requireAnswer(t, d, coa(t, bob1, attrs.NASIdentifier.Of("n"), filter), coaACK, 0)
	requireAnswer(t, d, disconnect(t, attrs.AcctSessionID.Of("1")), disconnectACK, 0)
	requireUntouched(t, d, h, disconnect(t, attrs.AcctMultiSessionID.Of("1")), errcause.SessionContextNotFound)
}

func TestX2_OneKeySeveralSessions(t *testing.T) {
	bob := attrs.UserName.Of("bob")
	t.Run("refused", func(t *testing.T) {
		d, h := with(session.Policy{})
		requireUntouched(t, d, h, disconnect(t, bob), errcause.MultipleSessionSelectionUnsupported)
	})
	t.Run("the first", func(t *testing.T) {
		d, h := with(session.Policy{First: true})
		resp := requireAnswer(t, d, disconnect(t, bob), disconnectACK, 0)
		require.Equal(t, 1, resp.Sessions)
		require.True(t, h.subs[0].gone)
		require.False(t, h.subs[1].gone)
	})
	t.Run("all of them", func(t *testing.T) {
		d, h := with(session.Policy{})
		d.Several = h
		resp := requireAnswer(t, d, disconnect(t, bob), disconnectACK, 0)
		require.Equal(t, 2, resp.Sessions)
	})
	t.Run("at most", func(t *testing.T) {
		d, h := with(session.Policy{MaxSessions: 1})
		d.Several = h
		requireUntouched(t, d, h, disconnect(t, bob), errcause.MultipleSessionSelectionUnsupported)
		d, h = with(session.Policy{MaxSessions: 2})
		d.Several = h
		requireAnswer(t, d, disconnect(t, bob), disconnectACK, 0)
	})
	t.Run("at most 1024", func(t *testing.T) {
		for n, code := range map[int]radius.Code{1024: disconnectACK, 1025: disconnectNAK} {
			h := &host{}
			for range n {
				h.subs = append(h.subs, &sub{id: attrs.Identity{UserName: "bob"}})
			}
			d := session.NewDispatcher(h)
			d.Several = h
			got, _ := handle(t, d, disconnect(t, bob))
			require.Equal(t, code, got.code, n)
		}
	})
	t.Run("one found twice is one", func(t *testing.T) {
		d, h := with(session.Policy{})
		h.subs[1] = h.subs[0]
		requireAnswer(t, d, disconnect(t, bob), disconnectACK, 0)
	})
}

func TestX3_UnknownAttributes(t *testing.T) {
	filter, other, vendors := attrs.FilterID.Of("x"), attrs.IdleTimeout.Of(60e9), attrs.Vendor(9, 1, []byte("x"))
	t.Run("refused", func(t *testing.T) {
		d, h := with(session.Policy{}, attrs.FilterID)
		for _, a := range []attrs.Attr{other, vendors} {
			requireUntouched(t, d, h, coa(t, bob1, filter, a), errcause.UnsupportedAttribute)
			requireUntouched(t, d, h, disconnect(t, bob1, a), errcause.UnsupportedAttribute)
		}
	})
	t.Run("skipped", func(t *testing.T) {
		d, h := with(session.Policy{IgnoreOther: true}, attrs.FilterID)
		requireAnswer(t, d, coa(t, bob1, filter, other, vendors), coaACK, 0)
		require.Len(t, h.changed[0].Attributes, 1)
		requireUntouched(t, d, h, coa(t, bob1, other), errcause.MissingAttribute)
		requireUntouched(t, d, h, disconnect(t, bob1, filter), errcause.UnsupportedAttribute)
		requireUntouched(t, d, h, disconnect(t, bob1, authorizeOnly), errcause.UnsupportedAttribute)
		requireUntouched(t, d, h, disconnect(t, bob1, state), errcause.UnsupportedAttribute)
		requireUntouched(t, d, h, coa(t, bob1, filter, attrs.ServiceType.Of(2)), errcause.UnsupportedService)
		requireAnswer(t, d, disconnect(t, bob1, other, vendors), disconnectACK, 0)
	})
	t.Run("some skipped", func(t *testing.T) {
		d, h := with(session.Policy{Ignored: keys(attrs.IdleTimeout, attrs.ServiceType)}, attrs.FilterID)
		requireAnswer(t, d, coa(t, bob1, filter, other, attrs.ServiceType.Of(2)), coaACK, 0)
		requireUntouched(t, d, h, coa(t, bob1, filter, vendors), errcause.UnsupportedAttribute)
		requireAnswer(t, d, disconnect(t, bob1, attrs.ServiceType.Of(1)), disconnectACK, 0)
	})
	t.Run("identification that is skipped does not constrain", func(t *testing.T) {
		d, h := with(session.Policy{Ignored: keys(attrs.CalledStationID, attrs.NASIPAddress)})
		d.NAS = attrs.NAS{Addrs: []netipAddr{addr("192.0.2.1")}}
		requireUntouched(t, d, h, disconnect(t, attrs.CalledStationID.Of("ssid")), errcause.MissingAttribute)
		requireAnswer(t, d, raw(disconnect(t, bob1, attrs.CalledStationID.Of("ssid"), attrs.NASIPAddress.Of(addr("192.0.2.9"))), 30), disconnectACK, 0)
		require.Equal(t, attrs.Identity{UserName: "bob", AcctSessionID: "1"}, h.ended[0].Identity())
		require.Equal(t, attrs.NAS{}, h.ended[0].NAS())
	})
	t.Run("identification is never skipped as unknown", func(t *testing.T) {
		d, h := with(session.Policy{IgnoreOther: true, Identifying: keys(attrs.UserName)})
		d.Several = h
		requireUntouched(t, d, h, disconnect(t, bob1), errcause.UnsupportedAttribute)
	})
	t.Run("extras", func(t *testing.T) {
		d, _ := with(session.Policy{Extras: keys(imsi)})
		requireAnswer(t, d, disconnect(t, bob1, imsi.Of("001")), disconnectACK, 0)
	})
}

func TestX5_BusySessionIsWaitedForOrDropped(t *testing.T) {
	for _, drop := range []bool{false, true} {
		d, h := with(session.Policy{DropBusy: drop}, attrs.FilterID)
		started, goOn := make(chan bool), make(chan bool)
		h.before = func(context.Context, *sub) { started <- true; <-goOn }
		first := handleLater(t, d, coa(t, bob1, attrs.FilterID.Of("a")))
		<-started
		second := handleLater(t, d, coa(t, bob1, attrs.FilterID.Of("b")))
		if drop {
			require.Equal(t, answer{}, <-second)
			close(goOn)
			require.Equal(t, answer{code: coaACK}, <-first)
			require.Len(t, h.changed, 1)
			continue
		}
		goOn <- true
		require.Equal(t, answer{code: coaACK}, <-first)
		<-started
		close(goOn)
		require.Equal(t, answer{code: coaACK}, <-second)
		require.Len(t, h.changed, 2)
	}
}

func TestX7_NASIdentification(t *testing.T) {
	local := func(r *dac.Request) *dac.Request {
		r.Local = netipAddrPort("198.51.100.7:3799")
		return r
	}
	named := attrs.NAS{Identifier: "bng1", Addrs: []netipAddr{addr("192.0.2.1"), addr("2001:db8::1")}}
	for _, test := range []struct {
		name string
		own  attrs.NAS
		a    attrs.Attr
		ok   bool
	}{
		{"identifier, and nothing here", attrs.NAS{}, attrs.NASIdentifier.Of("x"), false},
		{"another address, and nothing here", attrs.NAS{}, attrs.NASIPAddress.Of(addr("203.0.113.9")), false},
		{"another IPv6 address, and nothing here", attrs.NAS{}, attrs.NASIPv6Address.Of(addr("2001:db8::9")), false},
		{"the address that was asked, and nothing here", attrs.NAS{}, attrs.NASIPAddress.Of(addr("198.51.100.7")), true},
		{"that within IPv6, and nothing here", attrs.NAS{}, attrs.Raw(95, append(make([]byte, 10), 0xff, 0xff, 198, 51, 100, 7)), true},
		{"the host's own address, and nothing here", attrs.NAS{}, attrs.NASIPAddress.Of(addr("127.0.0.1")), true},
		{"the address that was asked and another one, and nothing here", attrs.NAS{}, attrs.Join(attrs.NASIPAddress.Of(addr("198.51.100.7")), attrs.NASIPv6Address.Of(addr("2001:db8::9"))), false},
		{"identifier", named, attrs.NASIdentifier.Of("bng1"), true},
		{"another identifier", named, attrs.NASIdentifier.Of("bng2"), false},
		{"an identifier differs in case", named, attrs.NASIdentifier.Of("BNG1"), false},
		{"identifier, and none here", attrs.NAS{Addrs: named.Addrs}, attrs.NASIdentifier.Of("bng1"), false},
		{"address", named, attrs.NASIPAddress.Of(addr("192.0.2.1")), true},
		{"IPv6 address", named, attrs.NASIPv6Address.Of(addr("2001:db8::1")), true},
		{"another address", named, attrs.NASIPAddress.Of(addr("192.0.2.2")), false},
		{"the address that was asked, and another one here", named, attrs.NASIPAddress.Of(addr("198.51.100.7")), false},
		{"one of two addresses differs", named, attrs.Join(attrs.NASIPAddress.Of(addr("192.0.2.1")), attrs.NASIPv6Address.Of(addr("2001:db8::2"))), false},
		{"the address that was asked, and none here", attrs.NAS{Identifier: "bng1"}, attrs.NASIPAddress.Of(addr("198.51.100.7")), true},
		{"the host's own address, and none here", attrs.NAS{Identifier: "bng1"}, attrs.NASIPAddress.Of(addr("127.0.0.1")), true},
		{"another address, and none here", attrs.NAS{Identifier: "bng1"}, attrs.NASIPAddress.Of(addr("203.0.113.99")), false},
		{"another address, and one of the other family here", attrs.NAS{Addrs: []netipAddr{addr("2001:db8::1")}}, attrs.NASIPAddress.Of(addr("203.0.113.99")), false},
		{"the address that was asked, and one of the other family here", attrs.NAS{Addrs: []netipAddr{addr("2001:db8::1")}}, attrs.NASIPAddress.Of(addr("198.51.100.7")), true},
		{"IPv4 within IPv6 here", attrs.NAS{Addrs: []netipAddr{addr("::ffff:192.0.2.1")}}, attrs.NASIPAddress.Of(addr("192.0.2.1")), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, h := with(session.Policy{})
			d.NAS = test.own
			if test.ok {
				requireAnswer(t, d, local(disconnect(t, bob1, test.a)), disconnectACK, 0)
				return
			}
			requireUntouched(t, d, h, local(disconnect(t, bob1, test.a)), errcause.NASIdentificationMismatch)
			require.Empty(t, h.found)
		})
	}
}

// The first request that a NAS refuses for want of a name of its own says what to set; a stream of
// them is one line.
func TestTheNamesThatANASLacksAreSaidOnce(t *testing.T) {
	for set, a := range map[string]attrs.Attr{
		"Dispatcher.NAS.Identifier": attrs.NASIdentifier.Of("bng1"),
		"Dispatcher.NAS.Addrs":      attrs.NASIPAddress.Of(addr("203.0.113.9")),
	} {
		var log strings.Builder
		d, h := with(session.Policy{})
		d.Logger = slog.New(slog.NewTextHandler(&log, nil))
		for range 3 {
			requireUntouched(t, d, h, disconnect(t, bob1, a), errcause.NASIdentificationMismatch)
		}
		require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		require.Contains(t, log.String(), "set "+set+", or Policy.AnyNAS")
	}
	var log strings.Builder
	d, h := with(session.Policy{})
	d.Logger, d.NAS.Identifier = slog.New(slog.NewTextHandler(&log, nil)), "bng1"
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.NASIdentifier.Of("bng2")), errcause.NASIdentificationMismatch)
	require.Empty(t, log.String(), "another NAS is no mistake of this one")
}

func TestAnyNASTakesRequestsForAny(t *testing.T) {
	d, _ := with(session.Policy{AnyNAS: true})
	requireAnswer(t, d, disconnect(t, bob1, attrs.NASIdentifier.Of("x"), attrs.NASIPAddress.Of(addr("203.0.113.9"))), disconnectACK, 0)
	d, h := with(session.Policy{AnyNAS: true})
	d.NASOf = func(s *sub) attrs.NAS { return attrs.NAS{Identifier: "bng1/" + s.id.AcctSessionID} }
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.NASIdentifier.Of("bng1/2")), errcause.NASIdentificationMismatch)
}

func TestX7_NASIdentificationPerSession(t *testing.T) {
	d, h := with(session.Policy{})
	d.NAS = attrs.NAS{Addrs: []netipAddr{addr("192.0.2.1")}}
	d.NASOf = func(s *sub) attrs.NAS { return attrs.NAS{Identifier: "bng1/" + s.id.AcctSessionID} }
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.NASIdentifier.Of("bng1/2")), errcause.NASIdentificationMismatch)
	requireUntouched(t, d, h, disconnect(t, bob1, attrs.NASIPAddress.Of(addr("192.0.2.2"))), errcause.NASIdentificationMismatch)
	requireAnswer(t, d, disconnect(t, bob1, attrs.NASIdentifier.Of("bng1/1"), attrs.NASIPAddress.Of(addr("192.0.2.1"))), disconnectACK, 0)
	d, h = with(session.Policy{})
	d.Several = h
	d.NASOf = func(s *sub) attrs.NAS { return attrs.NAS{Identifier: "bng1/" + s.id.AcctSessionID} }
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob"), attrs.NASIdentifier.Of("bng1/3")), errcause.NASIdentificationMismatch)
	requireUntouched(t, d, h, disconnect(t, attrs.AcctSessionID.Of("3"), attrs.NASIdentifier.Of("bng1/1")), errcause.SessionContextNotFound)
}

func TestX9_AnswerBeforeTheTeardown(t *testing.T) {
	d, h := with(session.Policy{})
	var torn bool
	h.disconnect = func(d *session.Disconnect) { d.After = func(context.Context) { torn = true } }
	resp := requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)
	require.False(t, torn)
	resp.After(t.Context())
	require.True(t, torn)

	h.err = errcause.SessionContextNotRemovable
	_, resp = handle(t, d, disconnect(t, attrs.AcctSessionID.Of("2")))
	require.Nil(t, resp.After, "what was refused is not torn down")
}

func TestX10_CausesThatThisNASSends(t *testing.T) {
	junosE := []errcause.Cause{401, 402, 404, 503, 504, 506}
	d, h := with(session.Policy{Causes: junosE}, attrs.FilterID)
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob")), 0) // 508
	requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("eve")), 503)
	requireUntouched(t, d, h, coa(t, bob1, attrs.ServiceType.Of(2)), 0) // 405
	h.err = errcause.InvalidAttributeValue
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaNAK, 0)
	h.err = errcause.ResourcesUnavailable
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("x")), coaNAK, 506)

	var started []*session.Change
	d, _ = reauthorizing(&started)
	d.Policy.Causes = junosE
	requireAnswer(t, d, coa(t, bob1, authorizeOnly, state), coaNAK, errcause.RequestInitiated)
}

func TestX10_AcctTerminateCauseLeftOut(t *testing.T) {
	d, _ := with(session.Policy{OmitTerminateCause: true})
	require.Empty(t, typesOf(requireAnswer(t, d, disconnect(t, bob1), disconnectACK, 0)))
}

func TestX13_ChangesThatMayNotComeTogether(t *testing.T) {
	d, h := with(session.Policy{Conflicting: [][]attrs.AnyKey{keys(attrs.FilterID, rate, avPair)}}, attrs.FilterID, attrs.SessionTimeout, rate, avPair)
	requireUntouched(t, d, h, coa(t, bob1, attrs.FilterID.Of("acl"), rate.Of("1M")), errcause.InvalidRequest)
	requireUntouched(t, d, h, coa(t, bob1, avPair.Of("rulebase=r"), rate.Of("1M")), errcause.InvalidRequest)
	requireAnswer(t, d, coa(t, bob1, attrs.FilterID.Of("acl"), attrs.FilterID.Of("acl2"), attrs.SessionTimeout.Of(60e9)), coaACK, 0)
}

func TestACoAThatChangesNothing(t *testing.T) {
	d, h := with(session.Policy{}, attrs.FilterID)
	requireUntouched(t, d, h, coa(t, bob1), errcause.MissingAttribute)
	d, h = with(session.Policy{AcceptEmpty: true}, attrs.FilterID)
	requireAnswer(t, d, coa(t, bob1, state), coaACK, 0)
	requireUntouched(t, d, h, coa(t, attrs.UserName.Of("eve")), errcause.SessionContextNotFound)
	requireUntouched(t, d, h, coa(t, attrs.UserName.Of("bob")), errcause.MultipleSessionSelectionUnsupported)
	requireUntouched(t, d, h, coa(t, bob1, attrs.IdleTimeout.Of(60e9)), errcause.UnsupportedAttribute)
	require.Zero(t, h.touched(), "the host is not asked to change nothing")
}

func TestConfigurationMistakesRefuseEverything(t *testing.T) {
	var zero attrs.Key[string]
	for name, test := range map[string]struct {
		supported []attrs.AnyKey
		policy    session.Policy
		says      string
	}{
		"identification to be changed":           {keys(attrs.FilterID, attrs.AcctSessionID), session.Policy{}, "Acct-Session-Id"},
		"a zero Key":                             {keys(zero), session.Policy{}, "zero Key"},
		"a nil Key":                              {keys(nil), session.Policy{}, "zero Key"},
		"protocol to be changed":                 {keys(attrs.ProxyState), session.Policy{}, "Proxy-State"},
		"State to be changed":                    {keys(attrs.State), session.Policy{}, "State"},
		"identifies and is to be changed":        {keys(imsi), session.Policy{Identifying: keys(attrs.UserName, imsi)}, "Test-IMSI"},
		"identifies elsewhere, is to be changed": {keys(attrs.UserName), session.Policy{Identifying: keys(imsi)}, "User-Name"},
		"protocol identifies":                    {nil, session.Policy{Identifying: keys(attrs.EventTimestamp)}, "Event-Timestamp"},
		"location rules identify":                {nil, session.Policy{Identifying: keys(attrs.UserName, attrs.BasicLocationPolicyRules)}, "Basic-Location-Policy-Rules"},
		"a zero Key that identifies":             {nil, session.Policy{Identifying: keys(zero)}, "Policy.Identifying"},
		"an extra that identifies":               {nil, session.Policy{Extras: keys(attrs.UserName)}, "Policy.Extras"},
		"ignored and supported":                  {keys(rate), session.Policy{Ignored: keys(rate)}, "Policy.Ignored"},
		"an empty set":                           {nil, session.Policy{RequireDisconnect: [][]attrs.AnyKey{{}}}, "RequireDisconnect"},
		"required, and not identifying":          {nil, session.Policy{RequireCoA: [][]attrs.AnyKey{keys(imsi)}}, "RequireCoA"},
		"a zero Key required":                    {nil, session.Policy{RequireCoA: [][]attrs.AnyKey{keys(zero)}}, "RequireCoA"},
		"in conflict, and not supported":         {keys(rate), session.Policy{Conflicting: [][]attrs.AnyKey{keys(attrs.FilterID, rate)}}, "Conflicting"},
		"a negative number":                      {nil, session.Policy{MaxSessions: -1}, "MaxSessions"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			d, h := with(test.policy, test.supported...)
			d.Logger = slog.New(slog.NewTextHandler(&log, nil))
			for range 3 {
				requireUntouched(t, d, h, disconnect(t, attrs.UserName.Of("bob"), attrs.AcctSessionID.Of("1")), 0)
			}
			require.Empty(t, h.found)
			require.Contains(t, log.String(), test.says)
			require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("\n")), "said once: %s", log.String())
			require.ErrorContains(t, d.Check(), test.says)
			server := &dac.Server{Addr: "127.0.0.1:0", Peers: dac.SharedSecret("s3cret"), Handler: d}
			require.ErrorContains(t, server.ListenAndServe(t.Context()), test.says, "it does not begin to serve")
		})
	}
	t.Run("any NAS, and this one", func(t *testing.T) {
		var log bytes.Buffer
		d, h := with(session.Policy{AnyNAS: true})
		d.Logger, d.NAS.Identifier = slog.New(slog.NewTextHandler(&log, nil)), "bng1"
		requireUntouched(t, d, h, disconnect(t, bob1), 0)
		require.Contains(t, log.String(), "Policy.AnyNAS")
	})
	t.Run("all of it at once", func(t *testing.T) {
		d := session.NewDispatcher[*sub](nil, attrs.UserName)
		require.ErrorContains(t, d.Check(), "Handler is nil")
		require.ErrorContains(t, d.Check(), "User-Name")
	})
	t.Run("sessions that cannot be compared", func(t *testing.T) {
		d := session.NewDispatcher[[]int](&values[[]int]{}, attrs.FilterID)
		require.ErrorContains(t, d.Check(), "Dispatcher.Key is nil")
		d = session.NewDispatcher[[]int](&values[[]int]{}, attrs.FilterID)
		d.Key = func(s []int) any { return s[0] }
		require.NoError(t, d.Check())
	})
	t.Run("none", func(t *testing.T) {
		d, _ := with(session.Policy{}, attrs.FilterID)
		require.NoError(t, d.Check())
	})
	t.Run("no Handler", func(t *testing.T) {
		var log bytes.Buffer
		d := &session.Dispatcher[*sub]{Logger: slog.New(slog.NewTextHandler(&log, nil))}
		requireAnswer(t, d, disconnect(t, bob1), disconnectNAK, 0)
		require.Contains(t, log.String(), "Dispatcher.Handler is nil")
	})
}
