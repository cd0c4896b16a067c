// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// An errorAnswerer has the Server's memory in an error.
type errorAnswerer struct{ dac.Handler }

func (e errorAnswerer) Answerer(dac.Handler) dac.Answerer { return e }

func (errorAnswerer) Answer(_ context.Context, q *dac.Request, into *dac.Response) (*dac.Response, error) {
	into.Packet.Code = q.Packet.Code + 2
	into.Packet.Add(101, radius.Attribute{0, 0, 1, 250}) // Error-Cause 506
	return nil, &dac.NAKError{Response: into}
}

// What an Answerer has written is the Server's again once it is encoded, and not before.
func TestAnErrorOfAnAnswererHasWhatItWrote(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serve(t, &dac.Server{Handler: errorAnswerer{dac.HandlerFunc(nil)}})
		c := r.from(aaaAddr)
		for i := range byte(3) {
			q := disconnect(t, i, attrs.UserName.Of("bob"))
			require.Equal(t, errcause.ResourcesUnavailable, r.verdict(r.sends(c, q), q).Cause())
		}
		r.ends()
	})
}
