// SPDX-License-Identifier: Apache-2.0

package redisroutes_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/redisroutes"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// How do several proxies share what they have learned? Each has a Store on the same Redis.
func Example() {
	client := redis.NewClient(redisroutes.Options("127.0.0.1:6379"))
	defer client.Close()
	routes := &route.Routes{Learned: route.Learned{Store: redisroutes.New(client, "dynauth:")}}
	proxy := &dac.Proxy{Client: &dac.Client{Peers: dac.SharedSecret("of the NASes")}, Router: routes}
	defer proxy.Client.Close()
	fmt.Println(routes.Learned.Store != nil)
	// Output: true
}

// Where there is no Redis the answer is 506: ask again.
func TestNoRedis(t *testing.T) {
	client := redis.NewClient(redisroutes.Options(filepath.Join(t.TempDir(), "nobody.sock")))
	defer client.Close()
	store := redisroutes.New(client, "")
	routes := &route.Routes{Learned: route.Learned{Store: store}}
	q, err := dac.NewDisconnect(attrs.AcctSessionID.Of("1"))
	require.NoError(t, err)
	_, err = routes.Route(t.Context(), q)
	require.ErrorIs(t, err, errcause.ResourcesUnavailable)
	require.True(t, errors.Is(err, dac.ErrNoRoute))
	require.Error(t, store.Put(t.Context(), route.Session{}))
	require.Error(t, store.Delete(context.Background(), route.Key{Kind: route.ByUserName, Value: "bob"}))
}
