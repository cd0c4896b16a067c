// SPDX-License-Identifier: Apache-2.0

package dtls

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/dac/radsec/radsectest"
	"github.com/stretchr/testify/require"
)

var nasAddr = netip.MustParseAddrPort("192.0.2.1:2083")

const testKey = Key("an octet, or 16, or some 20")

// A rig is a NAS that listens on a network in memory, and what its handler has seen.
type rig struct {
	t    *testing.T
	net  *dactest.Network
	nas  *Config // of the NAS
	aaa  *Config // of the AAA server
	srv  *dac.Server
	stop context.CancelFunc
	end  chan error

	mu   sync.Mutex
	hold func()         // called by the handler first; nil: nothing
	seen map[string]int // requests by User-Name
	from map[string]int // and by peer
}

// newRig serves a NAS at nasAddr.
func newRig(t *testing.T, network *dactest.Network, nas, aaa *Config, peers dac.IdentityPeers) *rig {
	r := &rig{t: t, net: network, nas: nas, aaa: aaa, end: make(chan error, 1), seen: make(map[string]int), from: make(map[string]int)}
	r.srv = &dac.Server{Peers: peers, Handler: dac.HandlerFunc(r.handle)}
	aaa.Dial = r.dial
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	pc := network.Listen(nasAddr)
	go func() { r.end <- Serve(ctx, r.srv, pc, nas) }()
	return r
}

func (r *rig) dial(ctx context.Context, _, address string) (net.Conn, error) {
	return r.net.Dial(ctx, netip.MustParseAddrPort(address))
}

func (r *rig) handle(_ context.Context, q *dac.Request) (*dac.Response, error) {
	user, err := attrs.UserName.Get(q.Attributes())
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	if hold := r.hold; hold != nil {
		r.mu.Unlock()
		hold()
		r.mu.Lock()
	}
	defer r.mu.Unlock()
	r.seen[user]++
	r.from[q.Peer]++
	return q.ACK()
}

// executed is how often the NAS has executed what names each user.
func (r *rig) executed() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.seen)
}

// asked is how often each peer has had something executed.
func (r *rig) asked() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.from)
}

func (r *rig) client() *dac.Client {
	return &dac.Client{Peers: dac.PeerMap{netip.PrefixFrom(nasAddr.Addr(), 32): {Via: r.aaa}}}
}

// close ends the NAS, and then nothing is left of it.
func (r *rig) close() {
	r.stop()
	require.NoError(r.t, <-r.end)
	require.Zero(r.t, r.nas.Stats().Open)
}

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// keys are the ends of a session that a key proves, and the peers of the NAS.
func keys() (nas, aaa *Config, peers KeyPeers) {
	peers = KeyPeers{"aaa-1": {Key: testKey}}
	return &Config{Keys: peers}, &Config{Identity: "aaa-1", Key: testKey}, peers
}

// certificates are the ends of a session that certificates prove, and the peers of the NAS.
func certificates() (nas, aaa *Config, peers dac.CertPeers) {
	ca := radsectest.NewCA() // good by the clock of the bubble
	of := func(name string) *Config { return Certificates(ca.Issue([]string{name}), ca.Pool()) }
	return of("192.0.2.1"), of("aaa.example.net"), dac.CertPeers{"aaa.example.net": {}}
}
