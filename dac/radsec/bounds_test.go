// SPDX-License-Identifier: Apache-2.0

package radsec

import (
	"fmt"
	"math"
	"net"
	"reflect"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/require"
)

// Every number of a Config, at either end, works at what a person writes for "no bound", or is an
// error at the start that names it.
func TestEveryNumberAtItsLargestAndBelowZeroWorksOrIsAnErrorAtTheStart(t *testing.T) {
	typ := reflect.TypeFor[Config]()
	for i := range typ.NumField() {
		field := typ.Field(i)
		if k := field.Type.Kind(); !field.IsExported() || k != reflect.Int && k != reflect.Int64 {
			continue
		}
		for _, v := range []int64{math.MaxInt64, math.MaxInt64 / 2, -1, math.MinInt64} {
			t.Run(fmt.Sprintf("%s=%d", field.Name, v), func(t *testing.T) {
				set := func(c *Config) *Config {
					reflect.ValueOf(c).Elem().Field(i).SetInt(v)
					return c
				}
				here, there := set(TLS(client("nas.example.net"))), set(TLS(client("aaa.example.net")))
				if err := here.check(false); err != nil {
					require.ErrorContains(t, err, field.Name)
					require.ErrorContains(t, there.check(true), field.Name)
					return
				}
				addr := serve(t, ack(nasPeers), here)
				slow, err := net.Dial("tcp", addr) // says nothing
				require.NoError(t, err)
				defer slow.Close()
				eventually(t, "its handshake has begun", func() bool { return here.Stats().Handshaking == 1 })
				nas := &dac.Client{Peers: dac.AnyPeer(dac.Peer{Via: there, ServerName: "nas.example.net"})}
				defer nas.Close()
				for range 50 { // which takes some milliseconds
					_, err = nas.Disconnect(t.Context(), netipAddrPort(addr), attrs.UserName.Of("bob"))
					require.NoError(t, err)
				}
				require.EqualValues(t, 1, here.Stats().Opened, "and the connection stays")
			})
		}
	}
}
