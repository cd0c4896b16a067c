// SPDX-License-Identifier: Apache-2.0

package route

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Learned is a Router that knows where sessions are from the Access-Requests and Accounting-Requests that were seen. The zero Learned is ready, and
// takes no memory before it has learned something. It is safe for concurrent use; do not copy or change it once used.
type Learned struct {
	Store Store         // nil: a Memory of its own
	TTL   time.Duration // of a session since it was heard of; zero is 24 h: interim updates come far more often

	// Target says where requests about s go: what sends accounting is not always what takes requests. nil: the address it came from, at dac.Port.
	Target func(ctx context.Context, s Session) (dac.Target, error)

	Logger *slog.Logger // nil: silent

	once   sync.Once
	store  Store
	failed atomic.Bool          // the Store did, when it was asked last
	turns  [learners]sync.Mutex // held while what is known of a session is looked at and then changed, which a Store does in two steps
}

// learners is how many sessions are learned of at the same time.
const learners = 64

const (
	defaultTTL = 24 * time.Hour
	mostFound  = 1024 // sessions that one attribute may fit
)

// What Learn refuses.
var (
	ErrOtherPeer = errors.New("route: the session was reported by another peer")
	ErrNoSession = errors.New("route: the packet names no session")
)

// What Learn reads of RFC 2866, section 5.1.
const (
	statusStart   = 1
	statusStop    = 2
	statusInterim = 3
	statusOn      = 7
	statusOff     = 8
)

func (l *Learned) sessions() Store {
	l.once.Do(func() {
		if l.store = l.Store; l.store == nil {
			l.store = new(Memory)
		}
	})
	return l.store
}

// Learn takes in what p, an Access-Request or Accounting-Request from from, says about a session. Only packets that were verified may be given
// to it: it is the secret of from that p was verified with. A session stays with the peer that reported it first, as long as it lives:
// what another one says about it is ErrOtherPeer. Accounting-On and -Off end all sessions of their NAS that the same peer has reported. A packet
// that names no session is ErrNoSession; one of another code, an error; what says nothing about the place of a session is passed over.
func (l *Learned) Learn(ctx context.Context, p *radius.Packet, from netip.AddrPort) error {
	if p == nil || !from.IsValid() {
		return errors.New("route: Learn needs a packet and the address it came from")
	}
	from = netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port())
	s := Session{From: from, Expires: time.Now().Add(cmp.Or(l.TTL, defaultTTL))}
	s.NAS, s.Identity = identify(p.Attributes)
	s.OperatorName, s.OperatorNASIdentifier = operatorOf(p.Attributes)
	if s.NAS.Identifier == "" && len(s.NAS.Addrs) == 0 {
		s.NAS.Addrs = []netip.Addr{from.Addr()} // RFC 2866, section 4.1, demands one; who leaves it out is the NAS
	}
	switch p.Code {
	case radius.CodeAccessRequest:
		s.Access = true
		return l.put(ctx, &s)
	case radius.CodeAccountingRequest:
	default:
		return fmt.Errorf("route: %v tells nothing about sessions", p.Code)
	}
	status, err := attrs.AcctStatusType.Get(p.Attributes)
	if err != nil {
		return err
	}
	switch status {
	case statusStart, statusInterim:
		return l.put(ctx, &s)
	case statusStop:
		return l.end(ctx, &s)
	case statusOn, statusOff:
		return l.endAll(ctx, &s)
	}
	return nil
}

func (l *Learned) put(ctx context.Context, s *Session) error {
	if s.Identity.IsZero() {
		return ErrNoSession
	}
	key := s.key(BySession)
	defer l.turn(key)()
	have, err := l.mine(ctx, s, key)
	if err != nil {
		return err
	}
	if have != nil && s.Access && !have.Access { // asked anew while it lives: accounting has said more
		have.Expires = s.Expires
		s = have
	}
	if err := l.keep(ctx, s); err != nil || s.Access || s.Identity.AcctSessionID == "" {
		return err
	}
	return l.forgetAccess(ctx, s)
}

// turn waits until nobody else here learns of the session with that key, and keeps it so until it is told.
func (l *Learned) turn(key string) (over func()) {
	mu := &l.turns[maphash.String(turnSeed, key)%learners]
	mu.Lock()
	return mu.Unlock
}

var turnSeed = maphash.MakeSeed()

// keep puts s into the Store; one that others write to as well says whether one of them was first.
func (l *Learned) keep(ctx context.Context, s *Session) error {
	store, shared := l.sessions().(Claimer)
	if !shared {
		return l.noted(ctx, l.sessions().Put(ctx, *s))
	}
	other, err := store.Claim(ctx, *s)
	if l.noted(ctx, err) == nil && other.IsValid() {
		err = otherPeer(other, s)
	}
	return err
}

func otherPeer(other netip.Addr, s *Session) error {
	return fmt.Errorf("%w: %v, and not %v", ErrOtherPeer, other, s.From.Addr())
}

// mine returns the session with that key, nil for none, where it is one that the same peer reported.
func (l *Learned) mine(ctx context.Context, s *Session, key string) (*Session, error) {
	have, err := l.sessions().Find(ctx, Key{BySession, key}, 1)
	if l.noted(ctx, err) != nil || len(have) == 0 {
		return nil, err
	}
	if have[0].From.Addr() != s.From.Addr() {
		return nil, otherPeer(have[0].From.Addr(), s)
	}
	return &have[0], nil
}

// forgetAccess forgets what an Access-Request without Acct-Session-Id said of s: accounting knows more.
func (l *Learned) forgetAccess(ctx context.Context, s *Session) error {
	key := string(s.appendAccessKey(nil))
	have, err := l.mine(ctx, s, key)
	if have == nil || err != nil {
		return nil // it is another's, or nothing
	}
	return l.noted(ctx, l.sessions().Delete(ctx, Key{BySession, key}))
}

func (l *Learned) end(ctx context.Context, s *Session) error {
	if s.Identity.AcctSessionID == "" {
		return ErrNoSession
	}
	key := s.key(BySession)
	defer l.turn(key)()
	have, err := l.mine(ctx, s, key)
	if err != nil {
		return err
	}
	if have != nil {
		if err := l.noted(ctx, l.sessions().Delete(ctx, Key{BySession, key})); err != nil {
			return err
		}
	}
	return l.forgetAccess(ctx, s)
}

// endAll forgets the sessions of a NAS, under every name by which it may have been known.
func (l *Learned) endAll(ctx context.Context, s *Session) error {
	names := []attrs.NAS{{Identifier: s.NAS.Identifier}}
	for _, a := range s.NAS.Addrs {
		names = append(names, attrs.NAS{Addrs: []netip.Addr{a}})
	}
	for _, name := range names {
		if name.Identifier == "" && len(name.Addrs) == 0 {
			continue
		}
		of := Session{From: s.From, NAS: name}
		if err := l.noted(ctx, l.sessions().Delete(ctx, Key{ByNAS, of.key(ByNAS)})); err != nil {
			return err
		}
	}
	return nil
}

// Find returns the sessions that a request with this identification may mean, those that accounting knows before those of Access-Requests alone: the
// home side of RFC 8559 sends what it finds in them. None is no error. One that NAS and Acct-Session-Id name, and something else does not fit,
// is errcause.SessionContextNotFound (RFC 8559, section 4.3.1); more than 1,024, errcause.MultipleSessionSelectionUnsupported.
func (l *Learned) Find(ctx context.Context, nas attrs.NAS, id attrs.Identity) ([]Session, error) {
	var buf [keyRoom]byte
	for _, kind := range searched {
		key := appendKeyOf(buf[:0], &nas, &id, kind)
		if len(key) == 0 {
			continue
		}
		fit, all, err := l.search(ctx, search{kind, key, &nas, &id})
		switch {
		case err != nil:
			return nil, err
		case all > mostFound:
			return nil, fmt.Errorf("route: more than %d sessions of one %v: %w", mostFound, kind, errcause.MultipleSessionSelectionUnsupported)
		case len(fit) > 0:
			return known(fit), nil
		case kind == BySession && all > 0:
			return nil, fmt.Errorf("route: the session has other attributes: %w", errcause.SessionContextNotFound)
		}
	}
	return nil, nil
}

// search asks the Store: for the Sessions that have the Key and agree, and how many have the Key alone.
func (l *Learned) search(ctx context.Context, q search) (fit []Session, all int, err error) {
	store := l.sessions()
	if m, ok := store.(*Memory); ok {
		fit, all = m.search(q, mostFound)
		return fit, all, nil
	}
	found, err := store.Find(ctx, Key{q.kind, string(q.key)}, mostFound+1)
	if err := l.noted(ctx, err); err != nil {
		return nil, 0, err
	}
	all = len(found)
	return slices.DeleteFunc(found, func(s Session) bool { return !s.agrees(*q.nas, *q.id) }), all, nil
}

// known keeps, in place, what accounting knows, where it knows anything.
func known(fit []Session) []Session {
	if len(fit) > 1 && slices.ContainsFunc(fit, func(s Session) bool { return !s.Access }) {
		fit = slices.DeleteFunc(fit, func(s Session) bool { return s.Access })
	}
	return fit
}

// Route returns where the sessions are that r may mean. Where that is more than one place the error is
// errcause.MultipleSessionSelectionUnsupported. A Store that fails is dac.ErrNoRoute with errcause.ResourcesUnavailable (506), so that
// another Router may still know the way.
func (l *Learned) Route(ctx context.Context, r *dac.Request) (dac.Target, error) {
	nas, id := identify(r.Attributes())
	found, err := l.Find(ctx, nas, id)
	if err != nil {
		if _, ok := errcause.Of(err); !ok {
			err = fmt.Errorf("%w: %w: %w", errcause.ResourcesUnavailable, dac.ErrNoRoute, err)
		}
		return dac.Target{}, err
	}
	var to dac.Target
	for i := range found {
		one, err := l.target(ctx, &found[i])
		if err != nil {
			return dac.Target{}, err
		}
		if i > 0 && one.Addr != to.Addr {
			return dac.Target{}, fmt.Errorf("route: sessions at %v and at %v: %w", to, one, errcause.MultipleSessionSelectionUnsupported)
		}
		to = one
	}
	if len(found) == 0 {
		return dac.Target{}, dac.ErrNoRoute
	}
	return to, nil
}

func (l *Learned) target(ctx context.Context, s *Session) (dac.Target, error) {
	if l.Target != nil {
		return l.Target(ctx, *s)
	}
	return dac.Target{Addr: netip.AddrPortFrom(s.From.Addr(), dac.Port)}, nil
}

// noted says in the log when the Store begins to fail, and when that is over.
func (l *Learned) noted(ctx context.Context, err error) error {
	down := err != nil && !errors.Is(err, ErrFull) && ctx.Err() == nil
	if l.failed.Load() == down || err != nil && !down {
		return err
	}
	if l.failed.Swap(down) == down || l.Logger == nil {
		return err
	}
	if down {
		l.Logger.LogAttrs(ctx, slog.LevelError, "route: the store of learned routes fails: only static routes are left until it is back", slog.Any("err", err))
	} else {
		l.Logger.LogAttrs(ctx, slog.LevelInfo, "route: the store of learned routes is back")
	}
	return err
}
