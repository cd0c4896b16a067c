// SPDX-License-Identifier: Apache-2.0

package accounting_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/accounting"
	"github.com/radius-dynauth/dynauth/attrs/internal/attrtest"
	"github.com/radius-dynauth/dynauth/attrs/juniper"
	"github.com/radius-dynauth/dynauth/attrs/threegpp"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/termcause"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	idle      = termcause.Reason{Family: "ppp", Name: "idle"}
	inherited = termcause.Reason{Family: "aaa", Name: "service-shutdown-subscriber-logout"}
	unknown   = termcause.Reason{Family: "ppp", Name: "unheard-of"}
)

func table(t testing.TB) *termcause.Table {
	table, err := termcause.NewTable(termcause.Entry{Reason: idle, Default: termcause.IdleTimeout}, termcause.Entry{Reason: inherited, Inherited: true})
	require.NoError(t, err)
	return table
}

func TestStopMakesItsOctets(t *testing.T) {
	stop := accounting.Stop{
		NAS:      attrs.NAS{Identifier: "bng"},
		Identity: attrs.Identity{UserName: "bob", AcctSessionID: "4f2a", FramedIPAddress: netip.MustParseAddr("192.0.2.7"), Other: map[attrs.ID][]string{threegpp.NSAPI.ID(): {"5"}}},
		Class:    [][]byte{{1, 2}, {3}},
		Cause:    termcause.UserRequest,
		Duration: time.Hour,
		Time:     time.Unix(1700000000, 0),
	}
	set, err := stop.Attributes()
	require.NoError(t, err)
	assert.Equal(t, attrtest.Rows(
		"28 06 00000002", // Acct-Status-Type = Stop
		"20 05 626e67",
		"01 05 626f62",
		"08 06 c0000207",
		"2c 06 34663261",
		"1a 09 000028af 0a 03 35",
		"19 04 0102",
		"19 03 03",
		"31 06 00000001", // Acct-Terminate-Cause = User-Request
		"2e 06 00000e10", // Acct-Session-Time = 3600
		"37 06 6553f100", // Event-Timestamp
	), attrtest.Hex(set))
}

// The host's word, the table, the request, and Admin-Reset where nothing says more.
func TestPrecedenceOfTheCause(t *testing.T) {
	session := attrs.AcctSessionID.Of("4f2a")
	plain := attrtest.Attributes(t, session)
	withCause := attrtest.Attributes(t, session, attrs.AcctTerminateCause.Of(termcause.PortError))
	malformed := attrtest.Attributes(t, session, attrs.Raw(49, []byte{1}))
	for name, c := range map[string]struct {
		stop accounting.Stop
		want termcause.Cause
	}{
		"the host's word":               {accounting.Stop{Cause: termcause.LostCarrier, Reason: idle, Table: table(t), Request: withCause}, termcause.LostCarrier},
		"the table":                     {accounting.Stop{Reason: idle, Table: table(t), Request: withCause}, termcause.IdleTimeout},
		"the request":                   {accounting.Stop{Reason: unknown, Table: table(t), Request: withCause}, termcause.PortError},
		"the request without a table":   {accounting.Stop{Reason: idle, Request: withCause}, termcause.PortError},
		"a request that does not say":   {accounting.Stop{Request: plain}, termcause.AdminReset},
		"a request that cannot be read": {accounting.Stop{Request: malformed}, termcause.AdminReset},
		"nothing":                       {accounting.Stop{}, 0},
		"an unknown reason":             {accounting.Stop{Reason: unknown, Table: table(t)}, 0},
		"inherited from nobody":         {accounting.Stop{Reason: inherited, Table: table(t)}, 0},
		"inherited":                     {accounting.Stop{Reason: inherited, Table: table(t), Parent: termcause.LostCarrier}, termcause.LostCarrier},
	} {
		assert.Equal(t, c.want, c.stop.TerminateCause(), name)
	}
}

func TestR5176_3_6_4_ClassOfTheRequestGoesUnmodifiedIntoTheStop(t *testing.T) {
	stop := accounting.Stop{NAS: attrs.NAS{Identifier: "bng"}, Identity: attrs.Identity{AcctSessionID: "1"}, Class: [][]byte{{9}},
		Request: attrtest.Attributes(t, attrs.AcctSessionID.Of("1"), attrs.Class.Of([]byte{0xff, 0}), attrs.Class.Of([]byte{1}))}
	set, err := stop.Attributes()
	require.NoError(t, err)
	assert.Equal(t, attrtest.Rows("28 06 00000002", "20 05 626e67", "2c 03 31", "19 04 ff00", "19 03 01", "31 06 00000006"), attrtest.Hex(set))
}

func TestServiceEndsForItsOwnReasonOrThatOfItsSession(t *testing.T) {
	parent := accounting.Stop{NAS: attrs.NAS{Identifier: "bng"}, Identity: attrs.Identity{UserName: "bob", AcctSessionID: "4f2a"}, Class: [][]byte{{9}}, Cause: termcause.LostCarrier,
		Table: table(t), Duration: time.Hour, Request: attrtest.Attributes(t, attrs.AcctSessionID.Of("4f2a"), attrs.Class.Of([]byte{7}))}
	service := parent.OfService("4f2a:7", juniper.ServiceSession.Of("gold(10M)"), inherited)
	assert.Equal(t, termcause.LostCarrier, service.TerminateCause())
	set, err := service.Attributes()
	require.NoError(t, err)
	assert.Equal(t, attrtest.Rows("28 06 00000002", "20 05 626e67", "01 05 626f62", "2c 08 346632613a37", "1a 11 0000130a 53 0b 676f6c642831304d29", "19 03 07", "31 06 00000002"), attrtest.Hex(set))

	assert.Equal(t, termcause.IdleTimeout, parent.OfService("4f2a:7", attrs.Attr{}, idle).TerminateCause())
	assert.Zero(t, parent.OfService("4f2a:7", attrs.Attr{}, unknown).TerminateCause(), "a service does not take the cause of its session unless its reason inherits")
	assert.Equal(t, "4f2a", parent.Identity.AcctSessionID)
}

// TC8: the reason inherits with Junos' own table too, until it is mapped.
func TestTC8_ServiceShutdownInheritsUntilItIsMapped(t *testing.T) {
	junos := termcause.Junos()
	parent := accounting.Stop{Cause: termcause.SessionTimeout, Table: junos}
	service := parent.OfService("1", attrs.Attr{}, inherited)
	assert.Equal(t, termcause.SessionTimeout, service.TerminateCause())
	require.NoError(t, junos.Remap(inherited, 4711))
	assert.EqualValues(t, 4711, service.TerminateCause())
}

func TestStopThatCannotBeSent(t *testing.T) {
	id := attrs.Identity{AcctSessionID: "1"}
	nas := attrs.NAS{Identifier: "bng"}
	for name, stop := range map[string]accounting.Stop{
		"no session":        {NAS: nas},
		"no NAS":            {Identity: id},
		"no address":        {NAS: attrs.NAS{Addrs: []netip.Addr{netip.IPv4Unspecified()}}, Identity: id},
		"empty Class":       {NAS: nas, Identity: id, Class: [][]byte{{}}},
		"negative duration": {NAS: nas, Identity: id, Duration: -time.Second},
		"bad service":       {NAS: nas, Identity: id, Service: juniper.ServiceSession.Of("")},
	} {
		set, err := stop.Attributes()
		require.Error(t, err, name)
		assert.Nil(t, set, name)
	}
	_, err := accounting.Stop{}.Attributes()
	require.ErrorIs(t, err, errcause.MissingAttribute)
}

// A service that a limit or a CoA-Request ended has the code of its own reason, and 26-83 names it;
// what its session's Disconnect-Request asks for is not its business.
func TestJE25_ServiceEndedByALimitOrARequest(t *testing.T) {
	parent := accounting.Stop{NAS: attrs.NAS{Identifier: "bng"}, Identity: attrs.Identity{AcctSessionID: "4f2a"}, Table: termcause.Junos()}
	for name, want := range map[string]string{
		"service-shutdown-time-limit":     "31 06 00000005",
		"service-shutdown-volume-limit":   "31 06 0000000a",
		"service-shutdown-remote-reset":   "31 06 0000000a", // a CoA-Request deactivated it
		"service-shutdown-network-logout": "31 06 00000006",
	} {
		service := parent.OfService("4f2a:7", juniper.ServiceSession.Of("gold"), termcause.Reason{Family: "aaa", Name: name})
		set, err := service.Attributes()
		require.NoError(t, err)
		assert.Equal(t, attrtest.Rows("28 06 00000002", "20 05 626e67", "2c 08 346632613a37", "1a 0c 0000130a 53 06 676f6c64", want), attrtest.Hex(set), name)
	}
}
