// SPDX-License-Identifier: Apache-2.0

// Package redisroutes keeps learned routes in Redis, so that several proxies share them and a
// restart loses none. It is a route.Store:
//
//	client := redis.NewClient(redisroutes.Options("127.0.0.1:6379"))
//	store := redisroutes.New(client, "dynauth:")
//	routes := &route.Routes{Learned: route.Learned{Store: store, Logger: log}}
//	proxy := &dac.Proxy{Client: nases, Router: routes}
//
// The command in the folder proxy is examples/proxy with such a Store.
//
// While Redis is away, what is known without it goes on: the NASes of the configuration, the sole
// forwarding server, realms. Learned says so in the log, once, and again when Redis is back, which
// takes no restart; requests that only the table could place are refused with 506 meanwhile, which
// tells their sender to ask again.
//
// # Keys
//
// A session is one value, <prefix>s: and its route.Key of Kind BySession, in the form of
// route.Session, and expires with it. For each thing by which it is found there is a set of such
// names, <prefix>k:<kind>:<value>. Names are octets: parts that a NAS chooses have their length
// before them, so that none looks like another one's. A session and its sets change together, by
// one script, and only where what was seen of it is still there. What is in a set and has expired
// is passed over and taken out when it is come by. In a Redis Cluster all of it has to be in one
// slot: give a prefix with a hash tag, "{dynauth}:". See to it that maxmemory-policy evicts nothing
// that is needed.
//
// A program that may write to this Redis decides where requests go. It belongs behind a password,
// on a network of one's own.
package redisroutes

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

// Options are those of a client for the Redis at addr, "host:port" or the path of a socket, with
// times that a request can wait for: the sender sends it again after two seconds.
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
	_, err := s.keep(ctx, &v, false)
	return err
}

// Claim keeps v, unless another peer has reported the session that it would replace. Of several
// proxies that hear of a new session at the same time one is first.
func (s *Store) Claim(ctx context.Context, v route.Session) (other netip.Addr, err error) {
	return s.keep(ctx, &v, true)
}

// keep reads what there is and replaces it, unless it has become something else meanwhile: then it
// looks again.
func (s *Store) keep(ctx context.Context, v *route.Session, claim bool) (other netip.Addr, err error) {
	b, err := v.MarshalBinary()
	if err != nil {
		return other, fmt.Errorf("redisroutes: a session that cannot be kept: %w", err)
	}
	name := nameOf(v.Keys())
	for n := range tries {
		if err := rest(ctx, n); err != nil {
			return other, err
		}
		seen, old, err := s.load(ctx, name)
		if err != nil {
			return other, err
		}
		if claim && old != nil && old.From.Addr() != v.From.Addr() && old.Expires.After(time.Now()) {
			return old.From.Addr(), nil
		}
		if done, err := s.replace(ctx, name, seen, old, b, v); done || err != nil {
			return other, err
		}
	}
	return other, fmt.Errorf("redisroutes: session %q changes too often", name)
}

// tries is how often what has changed meanwhile is looked at again.
const tries = 32

// rest waits before try n, for a random time that grows to 32 ms, so that of several proxies that
// change one session each has its turn.
func rest(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	timer := time.NewTimer(rand.N(time.Millisecond << min(n, 5)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return failed(ctx.Err())
	}
}

// replace puts made, the octets of v, in the place of seen, those of old: by one script, so that no
// reader sees a part of it. It is false where something else is there by now. v nil: nothing comes
// in its place.
func (s *Store) replace(ctx context.Context, name, seen string, old *route.Session, made []byte, v *route.Session) (done bool, err error) {
	keys := []string{s.session(name)}
	gone, come := s.sets(old), s.sets(v)
	gone = slices.DeleteFunc(gone, func(set string) bool { return slices.Contains(come, set) })
	expires := int64(0)
	if v != nil {
		expires = v.Expires.Unix()
	}
	keys = append(append(keys, gone...), come...)
	n, err := replaceScript.Run(ctx, s.client, keys, name, seen, made, expires, len(gone)).Int()
	return n == 1, failed(err)
}

// sets are those that a session is in, each once; none of nil.
func (s *Store) sets(v *route.Session) (sets []string) {
	if v == nil {
		return nil
	}
	for _, k := range v.Keys() {
		if set := s.set(k); k.Kind != route.BySession && !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
	}
	return sets
}

// The first of KEYS is the session, then come the sets that it leaves and those that it is in.
// ARGV: its name, what was seen of it ("": nothing), what it is to be ("": nothing), until when,
// and the number of the sets that it leaves. A set lives as long as the last of its sessions.
var replaceScript = redis.NewScript(`
local have = redis.call('TYPE', KEYS[1]).ok
if have == 'string' then have = redis.call('GET', KEYS[1]) elseif have == 'none' then have = '' else redis.call('DEL', KEYS[1]) have = '' end
if have ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[3], 'EXAT', ARGV[4]) end
for i = 2, #KEYS do
	if i <= 1 + tonumber(ARGV[5]) then
		redis.call('SREM', KEYS[i], ARGV[1])
	else
		local first = redis.call('EXISTS', KEYS[i]) == 0
		redis.call('SADD', KEYS[i], ARGV[1])
		if first then redis.call('EXPIREAT', KEYS[i], ARGV[4]) else redis.call('EXPIREAT', KEYS[i], ARGV[4], 'GT') end
	end
end
return 1
`)

// The first of KEYS is a set, the others are sessions; ARGV are for each of these its name and what
// was seen of it. The name leaves the set where the session is what was seen: no proxy has put it
// there since.
var dropScript = redis.NewScript(`
for i = 2, #KEYS do
	local have = ''
	if redis.call('TYPE', KEYS[i]).ok == 'string' then have = redis.call('GET', KEYS[i]) end
	if have == ARGV[2*i-2] then redis.call('SREM', KEYS[1], ARGV[2*i-3]) end
end
return 0
`)

// load returns what is under a name, as octets and as a session: nil where it is none, being of
// another version or of another program.
func (s *Store) load(ctx context.Context, name string) (seen string, v *route.Session, err error) {
	seen, err = s.client.Get(ctx, s.session(name)).Result()
	if errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "WRONGTYPE") {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, failed(err)
	}
	return seen, parse(seen), nil
}

// parse is the session in b, nil where there is none.
func parse(b string) *route.Session {
	v := new(route.Session)
	if v.UnmarshalBinary([]byte(b)) != nil {
		return nil
	}
	return v
}

// Find returns the Sessions that have k.
func (s *Store) Find(ctx context.Context, k route.Key, most int) ([]route.Session, error) {
	if k.Kind == route.BySession {
		_, v, err := s.load(ctx, k.Value)
		if v == nil || err != nil || !has(v, k) {
			return nil, err
		}
		return []route.Session{*v}, nil
	}
	names, err := s.client.SRandMemberN(ctx, s.set(k), int64(most)).Result()
	if err != nil {
		return nil, failed(err)
	}
	all, err := s.live(ctx, k, names)
	found := make([]route.Session, 0, len(all))
	for _, one := range all {
		found = append(found, *one.session)
	}
	return found, err
}

// A kept is a session as it is kept.
type kept struct {
	name, octets string
	session      *route.Session
}

// live returns the sessions of names that have k, and takes the others out of its set.
func (s *Store) live(ctx context.Context, k route.Key, names []string) (found []kept, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = s.session(name)
	}
	values, err := s.client.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, failed(err)
	}
	gone, seen := []string{s.set(k)}, []any(nil)
	for i, value := range values {
		octets, _ := value.(string)
		if v := parse(octets); v != nil && has(v, k) {
			found = append(found, kept{names[i], octets, v})
			continue
		}
		gone, seen = append(gone, keys[i]), append(seen, names[i], octets)
	}
	if len(seen) > 0 {
		err = failed(dropScript.Run(ctx, s.client, gone, seen...).Err())
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
		for n := range tries {
			if err := rest(ctx, n); err != nil {
				return err
			}
			octets, v, err := s.load(ctx, k.Value)
			if v == nil || err != nil {
				return err
			}
			if done, err := s.replace(ctx, k.Value, octets, v, nil, nil); done || err != nil {
				return err
			}
		}
		return fmt.Errorf("redisroutes: session %q changes too often", k.Value)
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
		for _, one := range found { // what has changed meanwhile is looked at again
			if _, err := s.replace(ctx, one.name, one.octets, one.session, nil, nil); err != nil {
				return err
			}
		}
	}
}

// failed is err with where it comes from.
func failed(err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	return fmt.Errorf("redisroutes: %w", err)
}
