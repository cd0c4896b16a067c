// SPDX-License-Identifier: Apache-2.0

package dac_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"net"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/route"
	_ "github.com/radius-dynauth/dynauth/internal/entropy" // FIPS
	"github.com/radius-dynauth/dynauth/session"
	"github.com/stretchr/testify/require"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
)

// A trial uses what has one field set to a number that a person writes for "no bound", or for
// "none", and says what is wrong: an error at the start that names the field is right too.
type trial struct {
	make func(t *testing.T) any // a pointer to a struct
	use  func(t *testing.T, v any) error
}

// once asks srv once over a network and expects to hear that it was done.
func once(t *testing.T, srv *dac.Server, client *dac.Client, peers dac.Peers) error {
	network := new(dactest.Network)
	if srv.Handler == nil {
		srv.Handler = dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			time.Sleep(5 * time.Millisecond)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return q.ACK()
		})
	}
	srv.Peers = dac.SharedSecret(secret)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, network.Listen(nasAddr)) }()
	synctest.Wait()
	select {
	case err := <-served:
		return err
	default:
	}
	client.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) { return network.Dial(ctx, to) }
	if client.Peers = peers; peers == nil {
		client.Peers = dac.SharedSecret(secret)
	}
	defer client.Close()
	for range 3 { // one after the other, and several at once
		if _, err := client.Disconnect(ctx, nasAddr, attrs.UserName.Of("bob")); err != nil {
			return err
		}
	}
	began := time.Now()
	jobs := make([]dac.Job, 20)
	for i := range jobs {
		q, err := dac.NewDisconnect(attrs.UserName.Of(fmt.Sprint(i)))
		require.NoError(t, err)
		jobs[i] = dac.Job{NAS: nasAddr, Request: q}
	}
	done := 0
	for o := range client.Each(ctx, slices.Values(jobs)) {
		if o.Err != nil {
			return o.Err
		}
		done++
	}
	if done != len(jobs) {
		return fmt.Errorf("%d of %d jobs", done, len(jobs))
	}
	if took := time.Since(began); took > time.Second {
		return fmt.Errorf("no bound is a wait of %v", took)
	}
	cancel()
	return <-served
}

var trials = map[string]trial{
	"dac.Server": {
		func(*testing.T) any { return new(dac.Server) },
		func(t *testing.T, v any) error { return once(t, v.(*dac.Server), new(dac.Client), nil) },
	},
	"dac.Client": {
		func(*testing.T) any { return new(dac.Client) },
		func(t *testing.T, v any) error { return once(t, new(dac.Server), v.(*dac.Client), nil) },
	},
	"dac.Peer": {
		func(*testing.T) any { return &dac.Peer{Secret: secret} },
		func(t *testing.T, v any) error {
			return once(t, new(dac.Server), new(dac.Client), dac.PeersFunc(func(context.Context, netip.AddrPort) (dac.Peer, error) { return *v.(*dac.Peer), nil }))
		},
	},
	"dac.Proxy": {
		func(*testing.T) any { return new(dac.Proxy) },
		func(t *testing.T, v any) error {
			p, network := v.(*dac.Proxy), new(dactest.Network)
			next := &dac.Server{Peers: dac.SharedSecret(secret), Handler: dac.HandlerFunc(func(_ context.Context, q *dac.Request) (*dac.Response, error) {
				time.Sleep(5 * time.Millisecond)
				return q.ACK()
			})}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			go next.Serve(ctx, network.Listen(proxyAddr))
			p.Router = dac.Target{Addr: proxyAddr}
			p.Client = &dac.Client{Peers: dac.SharedSecret(secret), Dial: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) { return network.Dial(ctx, to) }}
			defer p.Client.Close()
			return once(t, &dac.Server{Handler: p}, new(dac.Client), nil)
		},
	},
	"dac.Response": {
		func(*testing.T) any { return new(dac.Response) },
		func(t *testing.T, v any) error {
			return once(t, &dac.Server{Handler: dac.HandlerFunc(func(_ context.Context, q *dac.Request) (*dac.Response, error) {
				resp, err := q.ACK()
				mine := *v.(*dac.Response)
				mine.Packet = resp.Packet
				return &mine, err
			})}, new(dac.Client), nil)
		},
	},
	"session.Policy": {
		func(*testing.T) any { return new(session.Policy) },
		func(t *testing.T, v any) error {
			d := session.NewDispatcher(new(endless))
			d.Policy = *v.(*session.Policy)
			if _, ok := any(d).(dac.Checker); !ok && d.Policy.MaxSessions < 0 {
				t.Skip("each request is refused, and the log says why")
			}
			return once(t, &dac.Server{Handler: d}, new(dac.Client), nil)
		},
	},
	"route.Learned": {
		func(*testing.T) any { return new(route.Learned) },
		func(t *testing.T, v any) error { return learns(t, v.(*route.Learned)) },
	},
	"route.Memory": {
		func(*testing.T) any { return new(route.Memory) },
		func(t *testing.T, v any) error { return learns(t, &route.Learned{Store: v.(*route.Memory)}) },
	},
	"dactest.Network": {
		func(*testing.T) any { return new(dactest.Network) },
		func(t *testing.T, v any) error {
			n := v.(*dactest.Network)
			in := n.Listen(nasAddr)
			defer in.Close()
			out, err := n.Dial(context.Background(), nasAddr)
			require.NoError(t, err)
			defer out.Close()
			if _, err := out.Write([]byte("x")); err != nil {
				return err
			}
			in.SetReadDeadline(time.Now().Add(time.Hour))
			_, _, err = in.ReadFrom(make([]byte, 10))
			if never := max(n.Latency, n.Jitter) > time.Hour || n.Loss >= 1; never != errors.Is(err, net.ErrClosed) && never != (err != nil) {
				return fmt.Errorf("read: %v", err)
			}
			return nil
		},
	},
	"dactest.ScriptedClient": {
		func(t *testing.T) any {
			n := new(dactest.Network)
			srv := &dac.Server{Peers: dac.SharedSecret(dactest.Secret), Handler: dac.HandlerFunc(func(_ context.Context, q *dac.Request) (*dac.Response, error) { return q.ACK() })}
			ctx, cancel := context.WithCancel(context.Background())
			t.Cleanup(cancel)
			go srv.Serve(ctx, n.Listen(nasAddr))
			conn, err := n.Dial(ctx, nasAddr)
			require.NoError(t, err)
			return dactest.NewScriptedClientOn(t, conn)
		},
		func(t *testing.T, v any) error {
			c := v.(*dactest.ScriptedClient)
			q, err := dac.NewDisconnect(attrs.UserName.Of("bob"))
			require.NoError(t, err)
			c.Ask(q)
			if c.Quiet < time.Hour {
				c.Silence()
			}
			return nil
		},
	},
}

// What these structs hold is told, not asked for.
var told = []string{
	"dac.NoAnswerError", "dac.ClientCounters", "dac.AnswerCounters", "dac.Event", "dac.Hop", "dac.Request", "dac.ConnInfo", "dac.ServerStats", "dac.ServerCounters",
	"dac.RequestCounters", "session.Audit", "route.LearnedStats", "dactest.NetworkStats",
	"dac.Retry", "dac.Limit", "dac.ConnInfo", // in those that have them, or make them
}

// An endless host has one session, which is there however often it was ended.
type endless struct{ session.Unimplemented[string] }

func (*endless) Find(context.Context, attrs.Identity) ([]string, error)        { return []string{"bob"}, nil }
func (*endless) Disconnect(context.Context, string, *session.Disconnect) error { return nil }

func learns(t *testing.T, l *route.Learned) error {
	q, err := dac.NewDisconnect(attrs.UserName.Of("bob"))
	require.NoError(t, err)
	acct := *q.Packet
	acct.Code = 4
	require.NoError(t, rfc2866.AcctStatusType_Set(&acct, rfc2866.AcctStatusType_Value_Start))
	require.NoError(t, rfc2866.AcctSessionID_SetString(&acct, "1"))
	require.NoError(t, rfc2865.NASIdentifier_SetString(&acct, "bras1"))
	if err := l.Learn(context.Background(), &acct, nasAddr); err != nil {
		return err
	}
	time.Sleep(time.Second)
	to, err := l.Route(context.Background(), q)
	if err == nil && to.Addr.Addr() != nasAddr.Addr() {
		err = fmt.Errorf("to %v", to)
	}
	return err
}

// extremes are what a person writes for "no bound" and for "none".
func extremes(t reflect.Type) []any {
	switch t.Kind() {
	case reflect.Float64:
		return []any{math.MaxFloat64, math.Inf(1), -1.0, math.NaN()}
	case reflect.Int, reflect.Int64:
		return []any{int64(math.MaxInt64), int64(math.MaxInt64 / 2), int64(-1), int64(math.MinInt64)}
	case reflect.Uint32, reflect.Uint64:
		return []any{uint64(math.MaxUint32)}
	}
	return nil
}

// numbers calls f for the path of each numeric field below typ that can be set.
func numbers(typ reflect.Type, at []int, f func(at []int, name string, typ reflect.Type)) {
	for i := range typ.NumField() {
		field := typ.Field(i)
		switch here := append(slices.Clone(at), i); {
		case !field.IsExported():
		case field.Type.Kind() == reflect.Struct && field.Type.PkgPath() != "net/netip" && field.Type.PkgPath() != "time":
			numbers(field.Type, here, func(at []int, name string, typ reflect.Type) { f(at, field.Name+"."+name, typ) })
		case extremes(field.Type) != nil:
			f(here, field.Name, field.Type)
		}
	}
}

func TestEveryNumberAtItsLargestAndBelowZeroWorksOrIsAnErrorAtTheStart(t *testing.T) {
	for name, tr := range trials {
		numbers(reflect.TypeOf(tr.make(t)).Elem(), nil, func(at []int, field string, typ reflect.Type) {
			for _, v := range extremes(typ) {
				t.Run(fmt.Sprintf("%s.%s=%v", name, field, v), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						made := tr.make(t)
						reflect.ValueOf(made).Elem().FieldByIndex(at).Set(reflect.ValueOf(v).Convert(typ))
						if err := tr.use(t, made); err != nil {
							names := slices.ContainsFunc(strings.Split(field, "."), func(part string) bool { return strings.Contains(err.Error(), part) })
							require.True(t, names, "an error at the start that names the field, not: %v", err)
						}
					})
				})
			}
		})
	}
}

// TestEveryStructWithANumberIsTried reads the source for exported structs, so that a new one has a
// trial or is said to be told.
func TestEveryStructWithANumberIsTried(t *testing.T) {
	known := append(slices.Collect(maps.Keys(trials)), told...)
	for _, dir := range []string{".", "../session", "route", "dactest"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			require.NoError(t, err)
			ast.Inspect(f, func(n ast.Node) bool {
				spec, ok := n.(*ast.TypeSpec)
				if !ok {
					return true
				}
				if s, ok := spec.Type.(*ast.StructType); ok && spec.Name.IsExported() && hasNumber(s) {
					require.Contains(t, known, f.Name.Name+"."+spec.Name.Name, "%s: a trial of its numbers is missing", file)
				}
				return false
			})
		}
	}
}

func hasNumber(s *ast.StructType) bool {
	for _, field := range s.Fields.List {
		exported := slices.ContainsFunc(field.Names, (*ast.Ident).IsExported)
		switch typ := field.Type.(type) {
		case *ast.Ident:
			if exported && slices.Contains([]string{"int", "int32", "int64", "uint", "uint16", "uint32", "uint64", "float64"}, typ.Name) {
				return true
			}
		case *ast.SelectorExpr:
			if exported && typ.Sel.Name == "Duration" {
				return true
			}
		}
	}
	return false
}
