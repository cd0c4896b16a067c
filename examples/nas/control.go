// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/examples/internal/strictjson"
)

const (
	maxAsked   = 8        // requests of the page at a time
	maxRequest = 64 << 10 // octets of one as text: more than a packet can hold
	bodyTime   = 5 * time.Second
)

// A control sends what the form of the page says to this NAS itself, as any AAA server would; nil:
// the page is read-only.
type control struct {
	client *dac.Client
	nas    netip.AddrPort
	places chan struct{}
}

func newControl(nas netip.AddrPort, peers dac.Peers) *control {
	if nas.Addr().IsUnspecified() {
		nas = netip.AddrPortFrom(ownAddr(nas.Addr()), nas.Port())
	}
	known := dac.PeersFunc(func(ctx context.Context, addr netip.AddrPort) (dac.Peer, error) {
		p, err := peers.Peer(ctx, addr)
		return dac.Peer{Name: p.Name, Secret: p.Secret}, err
	})
	return &control{client: &dac.Client{Peers: known}, nas: nas, places: make(chan struct{}, maxAsked)}
}

// ownAddr is where the NAS that listens at addr sees the page come from.
func ownAddr(addr netip.Addr) netip.Addr {
	switch {
	case addr == netip.IPv6Unspecified():
		return netip.IPv6Loopback()
	case addr.IsUnspecified():
		return loopback
	}
	return addr
}

// Asked is what the form says.
type asked struct {
	Kind       string `json:"kind"`       // "disconnect" or "coa"
	Attributes string `json:"attributes"` // as radclient reads them, a line each
}

// Told is what came of it.
type told struct {
	Answer     string   `json:"answer,omitempty"`
	Cause      uint32   `json:"cause,omitempty"`
	CauseName  string   `json:"cause_name,omitempty"`
	Attributes []string `json:"attributes,omitempty"`
	Took       float64  `json:"took,omitempty"` // ms
	Sent       int      `json:"sent,omitempty"` // transmissions
	Error      string   `json:"error,omitempty"`
}

func (c *control) ask(rw http.ResponseWriter, r *http.Request) {
	if c == nil {
		http.Error(rw, "this page is read-only: start nas with -web-control", http.StatusForbidden)
		return
	}
	// No form of another page can say this type without asking first.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		http.Error(rw, "send application/json", http.StatusUnsupportedMediaType)
		return
	}
	conn := http.NewResponseController(rw)
	conn.SetReadDeadline(time.Now().Add(bodyTime))
	var a asked
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxRequest))
	if err == nil {
		_, err = strictjson.Read(body, &a)
	}
	if err != nil {
		http.Error(rw, "send an object with kind and attributes", http.StatusBadRequest)
		return
	}
	conn.SetReadDeadline(time.Time{})
	rw.Header().Set("Content-Type", "application/json")
	json.NewEncoder(rw).Encode(c.send(r.Context(), a))
}

// send sends one request and waits for its answer, as long as dac.Retry does.
func (c *control) send(ctx context.Context, a asked) told {
	do := map[string]func(context.Context, netip.AddrPort, ...attrs.Attr) (*dac.Response, error){
		"disconnect": c.client.Disconnect, "coa": c.client.CoA,
	}[a.Kind]
	if do == nil {
		return told{Error: "kind is disconnect or coa"}
	}
	list, err := attrs.ParseList(a.Attributes)
	if err != nil {
		return told{Error: plain(err)}
	}
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	default:
		return told{Error: fmt.Sprintf("%d requests wait for their answers already", maxAsked)}
	}
	r, err := do(ctx, c.nas, list...)
	if r == nil {
		return told{Error: plain(err)}
	}
	t := told{Answer: r.Packet.Code.String(), Took: float64(r.RTT) / float64(time.Millisecond), Sent: r.Sent}
	if cause := r.Cause(); cause != 0 {
		t.Cause, t.CauseName = uint32(cause), cause.String()
	}
	t.Attributes = slices.Collect(attrs.Format(attrs.Filter(r.Packet.Attributes, func(id attrs.ID) bool {
		return id.Role() != attrs.RoleProtocol
	})))
	return t
}

// plain is what an error says, without the names of packages, which mean nothing to who reads the
// page.
func plain(err error) string {
	text := err.Error()
	for _, name := range []string{"attrs: ", "dac: ", "errcause: "} {
		text = strings.ReplaceAll(text, name, "")
	}
	return text
}
