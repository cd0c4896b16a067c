// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/stretchr/testify/require"
)

// A wait for the next hop ends with Span, with HandlerTimeout and when the Server has drained,
// whether no handler waits, one with the Server's own context, or one with a context that
// middleware has made of it, and whether the request was sent or waits for its turn.
func TestProxyWaitsNoLonger(t *testing.T) {
	type key struct{}
	front := netip.MustParseAddrPort("198.51.100.7:3799")
	for name, wrap := range map[string]func(h dac.Handler) dac.Handler{
		"no handler": func(h dac.Handler) dac.Handler { return h },
		"the Server's context": func(h dac.Handler) dac.Handler {
			return dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return h.Handle(ctx, q) })
		},
		"middleware's context": func(h dac.Handler) dac.Handler {
			return dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
				return h.Handle(context.WithValue(ctx, key{}, 1), q)
			})
		},
	} {
		for of, c := range map[string]struct {
			span, timeout, stop, want time.Duration
		}{
			"Span":             {span: 3 * time.Second, want: 3 * time.Second},
			"HandlerTimeout":   {timeout: 5 * time.Second, want: 5 * time.Second},
			"the Server's end": {stop: 2 * time.Second, want: 7 * time.Second},
		} {
			for turn, cause := range map[string]errcause.Cause{"sent": 505, "waiting for its turn": 506} {
				t.Run(name+", "+of+", "+turn, func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						p := &dac.Proxy{Span: c.span, AnswerSilence: true, Client: &dac.Client{Peers: dac.SharedSecret(nextSecret), PerNAS: dac.Limit{InFlight: 1}}}
						r := proxied(t, p, func(ctx context.Context, q *dac.Request) (*dac.Response, error) { return nil, dac.ErrSilent })
						p.Trace = nil // which would have a handler wait
						r.serve(&dac.Server{Peers: dac.SharedSecret(secret), Handler: wrap(p), HandlerTimeout: c.timeout, MaxHandlers: 1}, front)
						if cause == 506 { // somebody else has the turn, for 30 s
							go p.Client.Disconnect(t.Context(), nasAddr, attrs.UserName.Of("bob"))
							synctest.Wait()
						}
						sender, err := r.net.Dial(t.Context(), front)
						require.NoError(t, err)
						defer sender.Close()
						began := time.Now()
						q := coa(t, 1, attrs.UserName.Of("eve"))
						_, err = sender.Write(q)
						require.NoError(t, err)
						if c.stop > 0 {
							time.Sleep(c.stop)
							last := len(r.stops) - 1
							go r.stops[last]()
							r.stops = r.stops[:last]
						}
						buf := make([]byte, 4096)
						require.NoError(t, sender.SetReadDeadline(time.Now().Add(29*time.Second)))
						n, err := sender.Read(buf)
						require.NoError(t, err)
						resp, err := dac.ParseResponse(buf[:n], q, secret)
						require.NoError(t, err)
						require.Equal(t, cause, resp.Cause())
						require.Equal(t, c.want, time.Since(began).Round(time.Second))
					})
				})
			}
		}
	}
}
