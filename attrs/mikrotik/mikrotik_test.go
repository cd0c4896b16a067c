// SPDX-License-Identifier: Apache-2.0

package mikrotik_test

import (
	"math"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/attrs/mikrotik"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// wire is the Vendor-Specific that an Attr makes.
func wire(t *testing.T, a attrs.Attr) []byte {
	t.Helper()
	set, err := a.AppendTo(nil)
	require.NoError(t, err)
	require.Len(t, set, 1)
	require.Equal(t, radius.Type(26), set[0].Type)
	return set[0].Attribute
}

func TestAttributesOnTheWire(t *testing.T) {
	require.Equal(t, []byte{
		0, 0, 0x3a, 0x8c, // 14988
		8, 9, '1', '0', 'M', '/', '1', '0', 'M',
	}, wire(t, mikrotik.RateLimit.Of("10M/10M")))
	require.Equal(t, []byte{
		0, 0, 0x3a, 0x8c,
		17, 6, 0x01, 0x02, 0x03, 0x04,
	}, wire(t, mikrotik.TotalLimit.Of(0x01020304)))
	require.Equal(t, []byte{
		0, 0, 0x3a, 0x8c,
		19, 6, 's', 'l', 'o', 'w',
	}, wire(t, mikrotik.AddressList.Of("slow")))
	require.Equal(t, "Mikrotik-Wireless-PSK = [hidden]", mikrotik.WirelessPSK.Of("s3cret").String())
}

func TestLimitsHaveBothHalves(t *testing.T) {
	for name, c := range map[string]struct {
		a         attrs.Attr
		low, high attrs.Key[uint32]
	}{
		"receive": {mikrotik.SetRecvLimit(5<<32 + 7), mikrotik.RecvLimit, mikrotik.RecvLimitGigawords},
		"send":    {mikrotik.SetXmitLimit(5<<32 + 7), mikrotik.XmitLimit, mikrotik.XmitLimitGigawords},
		"total":   {mikrotik.SetTotalLimit(5<<32 + 7), mikrotik.TotalLimit, mikrotik.TotalLimitGigawords},
	} {
		set, err := c.a.AppendTo(nil)
		require.NoError(t, err)
		low, err := c.low.Get(set)
		require.NoError(t, err)
		high, err := c.high.Get(set)
		require.NoError(t, err)
		require.Equal(t, [2]uint32{7, 5}, [2]uint32{low, high}, name)
	}
}

func TestOT5_RateLimitText(t *testing.T) {
	same := func(n uint64) mikrotik.Rates { return mikrotik.Rates{Rx: n, Tx: n} }
	for text, l := range map[string]mikrotik.Limit{
		"0/0":      {},
		"10M/512k": {Rate: mikrotik.Rates{Rx: 10e6, Tx: 512e3}},
		"1/999":    {Rate: mikrotik.Rates{Rx: 1, Tx: 999}},
		"64k/64k 256k/256k 128k/128k 10/10": {Rate: same(64e3), Burst: same(256e3), Threshold: same(128e3),
			BurstTime: mikrotik.Times{Rx: 10 * time.Second, Tx: 10 * time.Second}},
		"64k/64k 0/0 0/0 0/0 8":           {Rate: same(64e3), Priority: 8},
		"64k/64k 0/0 0/0 0/0 1 32k/16k":   {Rate: same(64e3), Priority: 1, Min: mikrotik.Rates{Rx: 32e3, Tx: 16e3}},
		"384k/1536k 0/0 0/0 0/0 96k/384k": {Rate: mikrotik.Rates{Rx: 384e3, Tx: 1536e3}, Min: mikrotik.Rates{Rx: 96e3, Tx: 384e3}},
		"18446744073709551615/0":          {Rate: mikrotik.Rates{Rx: math.MaxUint64}},
	} {
		require.Equal(t, text, l.String())
		got, err := mikrotik.ParseRateLimit(text)
		require.NoError(t, err, text)
		require.Equal(t, l, got)
		set, err := mikrotik.SetRateLimit(l).AppendTo(nil)
		require.NoError(t, err)
		value, err := mikrotik.RateLimit.Get(set)
		require.NoError(t, err)
		require.Equal(t, text, value)
	}
}

func TestRateLimitIsReadAsTheRouterDoes(t *testing.T) {
	for text, want := range map[string]string{
		"128k":                       "128k/128k",
		"64k/128M":                   "64k/128M",
		"64k 256k":                   "64k/64k 256k/256k",
		" 1G/2g  ":                   "1000M/2000M",
		"1m 2m 1500K 10":             "1M/1M 2M/2M 1500k/1500k 10/10",
		"64k/64k 0 0 0 5 32k":        "64k/64k 0/0 0/0 0/0 5 32k/32k",
		"512k/1M 0/0 0/0 0/0 256k/0": "512k/1M 0/0 0/0 0/0 256k/0",
	} {
		l, err := mikrotik.ParseRateLimit(text)
		require.NoError(t, err, text)
		require.Equal(t, want, l.String())
	}
	for _, text := range []string{"", " ", "fast", "10M/", "/10M", "10M/10M/10M", "-1", "1.5M", "10T", "k", "1M 1M 1M 1M 9", "1M 1M 1M 1M 1 2 3", "1M 1M 1M 1M 5 9M", "1M 1M 1M x",
		"1M 1M 1M -1/1", "18446744073709551616", "18446744073709551615k", "1M 1M 1M 1M 1M 1M", "1M 1M 1M 1M 0 5"} {
		l, err := mikrotik.ParseRateLimit(text)
		require.ErrorIs(t, err, errcause.InvalidAttributeValue, text)
		require.Equal(t, mikrotik.Limit{}, l)
	}
}

func TestSetRateLimitRefuses(t *testing.T) {
	for name, l := range map[string]mikrotik.Limit{
		"priority 9":             {Priority: 9},
		"priority below 0":       {Priority: -1},
		"minimum above the rate": {Rate: mikrotik.Rates{Rx: 1, Tx: 1}, Min: mikrotik.Rates{Rx: 2}},
		"half a second":          {BurstTime: mikrotik.Times{Rx: time.Second / 2}},
		"negative time":          {BurstTime: mikrotik.Times{Tx: -time.Second}},
	} {
		require.Error(t, mikrotik.SetRateLimit(l).Err(), name)
	}
}

func FuzzParseRateLimit(f *testing.F) {
	for _, s := range []string{"128k", "64k/64k 256k/256k 128k/128k 10/10", "384k/1536k 0/0 0/0 0/0 96k/384k", "1M 0 0 0 8 1k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := mikrotik.ParseRateLimit(s)
		if err != nil {
			require.ErrorIs(t, err, errcause.InvalidAttributeValue)
			return
		}
		again, err := mikrotik.ParseRateLimit(l.String())
		require.NoError(t, err)
		require.Equal(t, l, again)
		require.NoError(t, mikrotik.SetRateLimit(l).Err())
	})
}
