// SPDX-License-Identifier: Apache-2.0

// Package redisroutes keeps learned routes in Redis, so that several proxies share them and a restart loses none. It is a route.Store:
//
//	client := redis.NewClient(redisroutes.Options("127.0.0.1:6379"))
//	routes := &route.Routes{Learned: route.Learned{Store: redisroutes.New(client, "dynauth:"), Logger: log}}
//	proxy := &dac.Proxy{Client: nases, Router: routes}
//
// The command in the folder proxy is examples/proxy with such a Store.
//
// While Redis is away, what is known without it goes on: the NASes of the configuration, the sole forwarding server, realms. Learned says so in
// the log, once, and again when Redis is back, which takes no restart; requests that only the table could place are refused with 506
// meanwhile, which tells their sender to ask again.
//
// # Keys
//
// A session is one value, <prefix>s:<NAS>\0<Acct-Session-Id>, in the form of route.Session, and expires with it. For each thing by which it
// is found there is a set of such names, <prefix>k:<kind>:<value>. What is in a set and not in its session any more, since that has changed or has expired, is
// passed over and taken out when it is come by. See to it that maxmemory-policy
// evicts nothing that is needed.
//
// Whoever may write to this Redis decides where requests go. It belongs behind a password, on a network of one's own.
package redisroutes

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/radius-dynauth/dynauth/dac/route"
	"github.com/redis/go-redis/v9"
)

// A Store is a route.Store in Redis 7 or later. Make one with New. It is safe for concurrent use.
type Store struct {
	client redis.UniversalClient
	prefix string
}

// New returns a Store that keeps everything under prefix. Closing client is the caller's.
func New(client redis.UniversalClient, prefix string) *Store { return &Store{client, prefix} }

// Options are those of a client for the Redis at addr, "host:port" or the path of a socket, with times that a request can wait for: whoever asked sends it again
// after two seconds.
func Options(addr string) *redis.Options {
	return &redis.Options{
		Addr: addr, MaxRetries: 1, DialTimeout: 500 * time.Millisecond, ReadTimeout: 500 * time.Millisecond, WriteTimeout: 500 * time.Millisecond,
		PoolTimeout: time.Second, ContextTimeoutEnabled: true,
	}
}

// batch is how many sessions Delete takes at a time.
const batch = 512

func (s *Store) session(name string) string { return s.prefix + "s:" + name }
func (s *Store) set(k route.Key) string     { return s.prefix + "k:" + k.String() }

// nameOf is the name of a session: its Key of Kind BySession.
func nameOf(keys []route.Key) string {
	for _, k := range keys {
		if k.Kind == route.BySession {
			return k.Value
		}
	}
	return ""
}

// Put keeps v, and takes the one that it replaces out of the sets that it is not in any more.
func (s *Store) Put(ctx context.Context, v route.Session) error {
	old, err := s.load(ctx, nameOf(v.Keys()))
	if err != nil {
		return err
	}
	return s.put(ctx, &v, old)
}

// Claim keeps v, unless another peer has reported the session that it would replace. Of several proxies that hear of a new session at the same time one is
// first: a session is made only where there is none (SET NX).
func (s *Store) Claim(ctx context.Context, v route.Session) (other netip.Addr, err error) {
	name := nameOf(v.Keys())
	b, err := v.MarshalBinary()
	if err != nil {
		return other, tooLong(err)
	}
	for range claims {
		ok, err := s.client.SetArgs(ctx, s.session(name), b, redis.SetArgs{Mode: "NX", ExpireAt: v.Expires}).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return other, failed(err)
		}
		if ok != "" {
			return other, s.put(ctx, &v, nil)
		}
		old, found, err := s.loaded(ctx, name)
		switch {
		case err != nil:
			return other, err
		case !found: // it has gone this instant
			continue
		case old != nil && old.From.Addr() != v.From.Addr() && old.Expires.After(time.Now()):
			return old.From.Addr(), nil
		}
		return other, s.put(ctx, &v, old)
	}
	return other, errors.New("redisroutes: the session comes and goes")
}

// claims is how often Claim looks again.
const claims = 3

func tooLong(err error) error {
	return fmt.Errorf("redisroutes: a session that cannot be kept: %w", err)
}

// put keeps v in place of old, nil for none.
func (s *Store) put(ctx context.Context, v, old *route.Session) error {
	b, err := v.MarshalBinary()
	if err != nil {
		return tooLong(err)
	}
	keys := v.Keys()
	name := nameOf(keys)
	_, err = s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, s.session(name), b, 0)
		p.ExpireAt(ctx, s.session(name), v.Expires)
		if old != nil {
			for _, k := range old.Keys() {
				p.SRem(ctx, s.set(k), name)
			}
		}
		for _, k := range keys {
			if k.Kind == route.BySession {
				continue
			}
			set := s.set(k)
			p.SAdd(ctx, set, name)
			p.Do(ctx, "EXPIREAT", set, v.Expires.Unix(), "NX") // a set lives as long as the last of its sessions
			p.Do(ctx, "EXPIREAT", set, v.Expires.Unix(), "GT")
		}
		return nil
	})
	return failed(err)
}

// load returns one session, nil where there is none.
func (s *Store) load(ctx context.Context, name string) (*route.Session, error) {
	v, _, err := s.loaded(ctx, name)
	return v, err
}

// loaded is load that says whether there is anything; what is no session is of another version, or of somebody else: it is written anew.
func (s *Store) loaded(ctx context.Context, name string) (v *route.Session, found bool, err error) {
	b, err := s.client.Get(ctx, s.session(name)).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, failed(err)
	}
	v = new(route.Session)
	if v.UnmarshalBinary(b) != nil {
		return nil, true, nil
	}
	return v, true, nil
}

// Find returns the Sessions that have k.
func (s *Store) Find(ctx context.Context, k route.Key, most int) ([]route.Session, error) {
	if k.Kind == route.BySession {
		v, err := s.load(ctx, k.Value)
		if v == nil || err != nil || !has(v, k) {
			return nil, err
		}
		return []route.Session{*v}, nil
	}
	names, err := s.client.SRandMemberN(ctx, s.set(k), int64(most)).Result()
	if err != nil {
		return nil, failed(err)
	}
	return s.live(ctx, k, names)
}

// live returns the sessions of names that have k, and takes the others out of its set.
func (s *Store) live(ctx context.Context, k route.Key, names []string) (found []route.Session, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	gets := make([]*redis.StringCmd, len(names))
	_, err = s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, name := range names {
			gets[i] = p.Get(ctx, s.session(name))
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, failed(err)
	}
	var gone []any
	for i, get := range gets {
		var v route.Session
		b, err := get.Bytes()
		if err != nil && !errors.Is(err, redis.Nil) {
			return nil, failed(err)
		}
		if err != nil || v.UnmarshalBinary(b) != nil || !has(&v, k) {
			gone = append(gone, names[i])
			continue
		}
		found = append(found, v)
	}
	if len(gone) > 0 {
		err = failed(s.client.SRem(ctx, s.set(k), gone...).Err())
	}
	return found, err
}

// has reports whether v is still there and has k.
func has(v *route.Session, k route.Key) bool {
	if !v.Expires.After(time.Now()) {
		return false
	}
	return slices.Contains(v.Keys(), k)
}

// Delete forgets every Session that has k.
func (s *Store) Delete(ctx context.Context, k route.Key) error {
	if k.Kind == route.BySession {
		v, err := s.load(ctx, k.Value)
		if v == nil || err != nil {
			return err
		}
		return s.remove(ctx, []route.Session{*v})
	}
	for {
		names, err := s.client.SRandMemberN(ctx, s.set(k), batch).Result()
		if err != nil || len(names) == 0 {
			return failed(err)
		}
		found, err := s.live(ctx, k, names)
		if err != nil {
			return err
		}
		if err := s.remove(ctx, found); err != nil {
			return err
		}
	}
}

// remove forgets sessions and their places in all sets.
func (s *Store) remove(ctx context.Context, all []route.Session) error {
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, v := range all {
			keys := v.Keys()
			name := nameOf(keys)
			p.Del(ctx, s.session(name))
			for _, k := range keys {
				p.SRem(ctx, s.set(k), name)
			}
		}
		return nil
	})
	return failed(err)
}

// failed is err with where it comes from.
func failed(err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	return fmt.Errorf("redisroutes: %w", err)
}
