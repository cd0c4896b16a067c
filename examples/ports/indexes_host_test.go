// SPDX-License-Identifier: Apache-2.0

package ports

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// A sub is a session of the BNG with indexes.
type sub struct {
	AcctID  string
	User    string
	IP      netip.Addr
	MAC     string
	Port    string
	Down    bool
	Profile string
	Timeout time.Duration
}

// A store has one index for each attribute. It knows nothing of RADIUS.
type store struct {
	mu     sync.RWMutex
	byAcct map[string]*sub
	byUser map[string][]*sub
	byIP   map[netip.Addr]*sub
	byMAC  map[string][]*sub
	byPort map[string]*sub
}

func newStore() *store {
	st := &store{byAcct: map[string]*sub{}, byUser: map[string][]*sub{}, byIP: map[netip.Addr]*sub{}, byMAC: map[string][]*sub{}, byPort: map[string]*sub{}}
	for n, user := range []string{"bob", "eve", "eve"} {
		st.add(&sub{
			AcctID: fmt.Sprintf("a%d", n+1), User: user, IP: netip.AddrFrom4([4]byte{192, 0, 2, byte(20 + n)}),
			MAC: fmt.Sprintf("02-00-00-00-00-%02d", n+1), Port: fmt.Sprintf("xe-0/0/%d", n+1), Profile: "silver",
		})
	}
	return st
}

func (st *store) add(x *sub) {
	st.byAcct[x.AcctID], st.byIP[x.IP], st.byPort[x.Port] = x, x, x
	st.byUser[x.User] = append(st.byUser[x.User], x)
	st.byMAC[x.MAC] = append(st.byMAC[x.MAC], x)
}

func (st *store) down(x *sub) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	was := x.Down
	x.Down = true
	return !was
}

func (st *store) apply(x *sub, profile string, timeout time.Duration) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if x.Down {
		return false
	}
	if profile != "" {
		x.Profile = profile
	}
	if timeout != 0 {
		x.Timeout = timeout
	}
	return true
}

func (st *store) profileOf(acct string) (profile string, timeout time.Duration, down bool) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	x := st.byAcct[acct]
	return x.Profile, x.Timeout, x.Down
}

// A sugared is a logger in the manner of zap.
type sugared struct{ lines []string }

func (l *sugared) Infow(msg string, kv ...any) {
	l.lines = append(l.lines, fmt.Sprint("info ", msg, kv))
}
func (l *sugared) Warnw(msg string, kv ...any) {
	l.lines = append(l.lines, fmt.Sprint("warn ", msg, kv))
}
func (l *sugared) Errorw(msg string, kv ...any) {
	l.lines = append(l.lines, fmt.Sprint("error ", msg, kv))
}
