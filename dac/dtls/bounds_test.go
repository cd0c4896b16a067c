// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac/dactest"
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
				bubble(t, func(t *testing.T) {
					nas, aaa, peers := keys()
					for _, c := range []*Config{nas, aaa} {
						reflect.ValueOf(c).Elem().Field(i).SetInt(v)
					}
					if err := nas.check(false); err != nil {
						require.ErrorContains(t, err, field.Name)
						require.ErrorContains(t, aaa.check(true), field.Name)
						return
					}
					r := newRig(t, new(dactest.Network), nas, aaa, peers)
					c := r.client()
					for range 3 {
						_, err := c.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
						require.NoError(t, err)
						time.Sleep(5 * time.Second)
					}
					require.EqualValues(t, 1, nas.Stats().Opened, "and the session stays")
					require.NoError(t, c.Close())
					r.close()
				})
			})
		}
	}
}
