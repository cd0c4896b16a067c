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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Learned is a Router that knows where sessions are, and NASes, from the Access-Requests and
// Accounting-Requests that were seen. The zero Learned is ready, and takes no memory before it has
// learned something. It is safe for concurrent use; do not copy or change it once used.
type Learned struct {
	Store Store // nil: a Memory of its own
	// TTL is that of a session since it was heard of; zero is 24 h: interim updates come far more
	// often.
	TTL time.Duration

	// Target says where requests about s go: what sends accounting is not always what takes
	// requests. nil: the address it came from, at dac.Port.
	Target func(ctx context.Context, s Session) (dac.Target, error)

	// Also are attributes by which sessions are found beside those of RFC 5176, section 3: vendors'
	// mostly. NAS-Port-Type, Originating-Line-Info, Framed-IPv6-Address and Delegated-IPv6-Prefix
	// are among them as it is.
	Also []attrs.AnyKey

	Logger *slog.Logger // nil: silent

	once   sync.Once
	store  Store
	also   []attrs.AnyKey
	failed atomic.Bool // the Store did, when it was asked last
	counts learnedCounts
	lost   lostNASes
	// Held while what is known of a session is looked at and then changed, which a Store does in
	// two steps.
	turns [learners]sync.Mutex
	nases [learners]sync.Mutex // the same for NASes, taken after that of a session
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
	l.once.Do(l.prepare)
	return l.store
}

func (l *Learned) prepare() {
	if l.store = l.Store; l.store == nil {
		l.store = new(Memory)
	}
	l.also = append([]attrs.AnyKey{attrs.NASPortType, attrs.OriginatingLineInfo, attrs.FramedIPv6Address, attrs.DelegatedIPv6Prefix}, l.Also...)
}

// identify reads the identification in a packet, with the further attributes by which sessions are
// found here, in the form in which it is kept.
func (l *Learned) identify(set radius.Attributes) (attrs.NAS, attrs.Identity, error) {
	l.once.Do(l.prepare)
	nas, id, err := identify(set, l.also...)
	return nas, id.Normal(), err
}

// Learn takes in what p, an Access-Request or Accounting-Request from from, says about a session
// and about its NAS. Only packets that were verified may be given to it: it is the secret of from
// that p was verified with. A session stays with the peer that reported it first, as long as it
// lives: what another one says about it is ErrOtherPeer. An interim update adds to what is known
// and changes it; what it leaves out stays. Accounting-On and -Off end all sessions of their NAS
// that the same peer has reported. A packet that names no session is ErrNoSession; one of another
// code, or with identification that contradicts itself, is an error; what says nothing about the
// place of a session is passed over.
func (l *Learned) Learn(ctx context.Context, p *radius.Packet, from netip.AddrPort) error {
	err := l.learn(ctx, p, from)
	switch {
	case err == nil:
	case errors.Is(err, ErrOtherPeer):
		l.counts.otherPeer.Add(1)
	default:
		l.counts.failed.Add(1)
	}
	return err
}

func (l *Learned) learn(ctx context.Context, p *radius.Packet, from netip.AddrPort) error {
	if p == nil || !from.IsValid() {
		return errors.New("route: Learn needs a packet and the address it came from")
	}
	if l.TTL < 0 {
		return fmt.Errorf("route: Learned.TTL is %v: nothing would be known; leave it zero for 24 h", l.TTL)
	}
	s, err := l.reported(p, from)
	if err != nil {
		return err
	}
	switch p.Code {
	case radius.CodeAccessRequest:
		s.Access = true
		return l.put(ctx, s, false)
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
		return l.put(ctx, s, status == statusStart)
	case statusStop:
		return l.end(ctx, s)
	case statusOn, statusOff:
		return l.endAll(ctx, s, status == statusOn)
	}
	return nil
}

// reported is what p says.
func (l *Learned) reported(p *radius.Packet, from netip.AddrPort) (s *Session, err error) {
	from = netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port())
	s = &Session{From: from, Expires: time.Now().Add(cmp.Or(l.TTL, defaultTTL))}
	if s.NAS, s.Identity, err = l.identify(p.Attributes); err != nil {
		return nil, err
	}
	s.OperatorName, s.OperatorNASIdentifier = operatorOf(p.Attributes)
	if s.NAS.Identifier == "" && len(s.NAS.Addrs) == 0 {
		// RFC 2866, section 4.1, demands one; who leaves it out is the NAS.
		s.NAS.Addrs = []netip.Addr{from.Addr()}
	}
	return s, nil
}

func (l *Learned) put(ctx context.Context, s *Session, start bool) error {
	if !s.namesOne() {
		return ErrNoSession
	}
	key := s.key(BySession)
	defer turn(&l.turns, key)()
	have, err := l.mine(ctx, s, key)
	if err != nil {
		return err
	}
	reported := *s
	switch {
	case have == nil:
	case s.Access && !have.Access: // asked again while it lives: accounting has said more
		s.Access = false
		expires := s.Expires
		s, have = have, s
		s.inherit(have)
		s.Expires = expires
	case !start || have.agrees(s.NAS, s.Identity):
		// A Start of which nothing fits is another session, after a restart of the NAS.
		s.inherit(have)
	}
	if err := l.keep(ctx, s); err != nil {
		return err
	}
	l.counts.learned.Add(1)
	l.lookForTarget(ctx, s)
	if err := l.noteNAS(ctx, &reported); err != nil || s.Access || s.Identity.AcctSessionID == "" {
		return err
	}
	return l.forgetAccess(ctx, s)
}

// noteNAS remembers which peer reports of the NAS of s. What says the same again is written down
// once in an eighth of the TTL.
func (l *Learned) noteNAS(ctx context.Context, s *Session) error {
	n := Session{From: netip.AddrPortFrom(s.From.Addr(), 0), NAS: s.NAS, Expires: s.Expires}
	key := n.key(BySession)
	defer turn(&l.nases, key)()
	have, err := l.sessions().Find(ctx, Key{BySession, key}, 1)
	if l.noted(ctx, err) != nil {
		return err
	}
	if len(have) > 0 {
		n.inherit(&have[0])
		fresh := have[0].Expires.After(s.Expires.Add(-cmp.Or(l.TTL, defaultTTL) / 8))
		if fresh && n.NAS.Identifier == have[0].NAS.Identifier && sameAddrs(n.NAS.Addrs, have[0].NAS.Addrs) {
			return nil
		}
	}
	return l.noted(ctx, l.sessions().Put(ctx, n))
}

func sameAddrs(a, b []netip.Addr) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(addr netip.Addr) bool { return !slices.Contains(b, addr) })
}

// turn waits until no other goroutine learns of the session with that key, and keeps it so until it
// is told.
func turn(of *[learners]sync.Mutex, key string) (over func()) {
	mu := &of[maphash.String(turnSeed, key)%learners]
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

// mine returns the session with that key, nil for none, where it is one that the same peer
// reported.
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

// forgetAccess forgets what an Access-Request without Acct-Session-Id said of s: accounting knows
// more.
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
	defer turn(&l.turns, key)()
	have, err := l.mine(ctx, s, key)
	if err != nil {
		return err
	}
	if have != nil {
		if err := l.noted(ctx, l.sessions().Delete(ctx, Key{BySession, key})); err != nil {
			return err
		}
		l.counts.ended.Add(1)
	}
	if err := l.noteNAS(ctx, s); err != nil {
		return err
	}
	return l.forgetAccess(ctx, s)
}

// endAll forgets the sessions of a NAS, under every name by which it may have been known; the NAS
// itself where it does not begin again.
func (l *Learned) endAll(ctx context.Context, s *Session, on bool) error {
	names := []attrs.NAS{{Identifier: s.NAS.Identifier}}
	for _, a := range s.NAS.Addrs {
		names = append(names, attrs.NAS{Addrs: []netip.Addr{a}})
	}
	for _, name := range names {
		if name.Identifier == "" && len(name.Addrs) == 0 {
			continue
		}
		all := Key{ByNAS, string(appendReporter(nil, s.From.Addr(), &name))}
		if err := l.noted(ctx, l.sessions().Delete(ctx, all)); err != nil {
			return err
		}
	}
	l.counts.restarts.Add(1)
	if on {
		return l.noteNAS(ctx, s)
	}
	n := Session{From: s.From, NAS: s.NAS}
	key := n.key(BySession)
	defer turn(&l.nases, key)()
	return l.noted(ctx, l.sessions().Delete(ctx, Key{BySession, key}))
}

// Find returns the sessions that a request with this identification may mean, those that accounting
// knows before those of Access-Requests alone: the home side of RFC 8559 sends what it finds in
// them. None is no error. One that NAS and Acct-Session-Id name, and something else does not fit,
// is errcause.SessionContextNotFound (RFC 8559, section 4.3.1); more than 1,024,
// errcause.MultipleSessionSelectionUnsupported.
func (l *Learned) Find(ctx context.Context, nas attrs.NAS, id attrs.Identity) ([]Session, error) {
	id = id.Normal()
	var buf [keyRoom]byte
	var tooMany error
	for _, kind := range searched {
		key := appendKeyOf(buf[:0], &nas, &id, kind)
		if len(key) == 0 {
			continue
		}
		if found, over, err := l.findBy(ctx, search{kind, key, &nas, &id}, &tooMany); over {
			return found, err
		}
	}
	if len(id.Other) > 0 {
		for _, key := range others(&id) {
			if found, over, err := l.findBy(ctx, search{ByOther, []byte(key), &nas, &id}, &tooMany); over {
				return found, err
			}
		}
	}
	return nil, tooMany
}

// findBy is Find by one Key; over: there is an answer, or none needs to be looked for.
func (l *Learned) findBy(ctx context.Context, q search, tooMany *error) (found []Session, over bool, err error) {
	fit, all, err := l.search(ctx, q)
	switch {
	case err != nil:
		return nil, true, err
	case all > mostFound: // another attribute may mean fewer
		if *tooMany == nil {
			*tooMany = fmt.Errorf("route: more than %d sessions of one %v: %w", mostFound, q.kind, errcause.MultipleSessionSelectionUnsupported)
		}
	case len(fit) > 0:
		return known(fit), true, nil
	case q.kind == BySession && all > 0:
		return nil, true, fmt.Errorf("route: the session has other attributes: %w", errcause.SessionContextNotFound)
	}
	return nil, false, nil
}

// search asks the Store: for the Sessions that have the Key and agree, and how many have the Key
// alone.
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

// What is not known.
var (
	errNotLearned = fmt.Errorf("route: no such session was reported: %w", dac.ErrNoRoute)
	errNoTarget   = fmt.Errorf("route: what was reported is at no target: %w", dac.ErrNoRoute)
)

// Route returns where the sessions are that r may mean. Where that is more than one place the error
// is errcause.MultipleSessionSelectionUnsupported; where r contradicts itself,
// errcause.InvalidRequest. A Store that fails is dac.ErrNoRoute with errcause.ResourcesUnavailable
// (506), so that another Router may still know the way. An error that is dac.ErrNoRoute says which
// it is: that no peer has reported the session, or that it is known and Target knows no way to its
// NAS.
func (l *Learned) Route(ctx context.Context, r *dac.Request) (dac.Target, error) {
	nas, id, err := l.identify(r.Attributes())
	if err != nil {
		return dac.Target{}, err
	}
	found, err := l.Find(ctx, nas, id)
	switch cause, _ := errcause.Of(err); {
	case err == nil:
	case cause == 0:
		return dac.Target{}, fmt.Errorf("%w: %w: %w", errcause.ResourcesUnavailable, dac.ErrNoRoute, err)
	case cause == errcause.MultipleSessionSelectionUnsupported && len(found) == 0:
		// They were not looked at one by one: their NAS may be named.
		return dac.Target{}, fmt.Errorf("%w: %w", err, dac.ErrNoRoute)
	default:
		return dac.Target{}, err
	}
	if len(found) == 0 {
		return dac.Target{}, errNotLearned
	}
	return l.place(ctx, found)
}

// place is the one place of all that were found.
func (l *Learned) place(ctx context.Context, found []Session) (to dac.Target, err error) {
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
	return to, nil
}

// RouteNAS returns where the NAS is that r names, by the peer that has reported of it: for a
// session that no peer has reported yet. A name that is not known does not count, since proxies
// before a NAS rewrite either; two that are known must lead to one place, else r means no NAS at
// all (403). A NAS of which several peers in different places report is at none of them
// (dac.ErrNoRoute): no peer can take another's.
func (l *Learned) RouteNAS(ctx context.Context, r *dac.Request) (to dac.Target, err error) {
	name, addrs, err := nasOf(r.Attributes())
	if err != nil {
		return to, err
	}
	nas := attrs.NAS{Identifier: string(name)}
	for _, a := range addrs {
		if a.IsValid() {
			nas.Addrs = append(nas.Addrs, a)
		}
	}
	known, unknown := false, error(errNotReported)
	var buf [keyRoom]byte
	eachNASName(&nas, buf[:0], func(key []byte) bool {
		one, oneErr := l.placeOfNAS(ctx, string(key))
		switch {
		case oneErr != nil && !errors.Is(oneErr, dac.ErrNoRoute):
			err = oneErr
		case oneErr != nil:
			if oneErr != errNotReported {
				unknown = oneErr
			}
		case known && one.Addr != to.Addr:
			err = fmt.Errorf("route: a request names two NASes, at %v and at %v: %w", to, one, errcause.NASIdentificationMismatch)
		default:
			to, known = one, true
		}
		return err == nil
	})
	if err == nil && (!known || unknown != errNotReported) {
		err = unknown
	}
	if err != nil {
		return dac.Target{}, err
	}
	return to, nil
}

var errNotReported = fmt.Errorf("route: no such NAS was reported: %w", dac.ErrNoRoute)

// mostPeers is how many peers may report of one NAS, a name that access points share say, before
// nothing is made of it.
const mostPeers = 64

// placeOfNAS is where the peers are that report of the NAS with that name.
func (l *Learned) placeOfNAS(ctx context.Context, name string) (to dac.Target, err error) {
	found, err := l.sessions().Find(ctx, Key{ByNASName, name}, mostPeers+1)
	if l.noted(ctx, err) != nil {
		return to, fmt.Errorf("%w: %w: %w", errcause.ResourcesUnavailable, dac.ErrNoRoute, err)
	}
	if len(found) == 0 {
		return to, errNotReported
	}
	for i := range found {
		one, err := l.target(ctx, &found[i])
		if err != nil {
			return dac.Target{}, err
		}
		if i > 0 && one.Addr != to.Addr || len(found) > mostPeers {
			return dac.Target{}, fmt.Errorf("route: several peers report of NAS %q, %v and %v say: %w", name, found[0].From.Addr(), found[i].From.Addr(), dac.ErrNoRoute)
		}
		to = one
	}
	return to, nil
}

func (l *Learned) target(ctx context.Context, s *Session) (dac.Target, error) {
	if l.Target == nil {
		return dac.Target{Addr: netip.AddrPortFrom(s.From.Addr(), dac.Port)}, nil
	}
	to, err := l.Target(ctx, *s)
	if err != nil && errors.Is(err, dac.ErrNoRoute) {
		err = fmt.Errorf("%w; %v reports of NAS %v: %w", errNoTarget, s.From.Addr(), nasText(&s.NAS), err)
	}
	return to, err
}

// nasText is how s is known, for an error.
func nasText(nas *attrs.NAS) string {
	var names []string
	eachNASName(nas, nil, func(key []byte) bool {
		names = append(names, strconv.Quote(string(key)))
		return true
	})
	return strings.Join(names, ", ")
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
