// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"layeh.com/radius"
)

// hush is a secret that is easy to find in an output, in each of the ways in which octets are
// printed.
const hush = "Tr0ub4dor&3"

// tellings are the forms in which hush would show.
func tellings() []string {
	var octets, goOctets []string
	for _, c := range []byte(hush) {
		octets = append(octets, fmt.Sprint(c))
		goOctets = append(goOctets, fmt.Sprintf("0x%x", c))
	}
	return []string{
		hush,
		"Tr0ub4dor\\u00263", // JSON
		"Tr0ub4dor&amp;3",   // XML
		fmt.Sprintf("%x", hush),
		fmt.Sprintf("%X", hush),
		strings.Join(octets, " "),
		strings.Join(octets, ","),
		strings.Join(goOctets, ", "),
		"VHIwdWI0ZG9yJjM", // base64
	}
}

// printed is v in every way that a program prints a value, by what printed it: under every verb but
// %w and %p, which fmt answers without asking the value, and which vet accepts for errors and
// pointers alone.
func printed(v any) map[string]string {
	out := make(map[string]string)
	for _, flags := range []string{"", "+", "#", "-40", "0", " "} {
		for _, verb := range "vTtbcdoOqxXUeEfFgGs" {
			format := "%" + flags + string(verb)
			out[format] = fmt.Sprintf(format, v)
		}
	}
	out["Sprint"] = fmt.Sprint(v)
	out["Errorf"] = fmt.Errorf("x: %v", v).Error()
	if b, err := json.Marshal(v); err == nil {
		out["json"] = string(b)
	}
	if b, err := xml.Marshal(v); err == nil {
		out["xml"] = string(b)
	}
	var b bytes.Buffer
	if gob.NewEncoder(&b).Encode(v) == nil {
		out["gob"] = b.String()
	}
	for name, h := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		l := slog.New(h(&b))
		l.Info("x", "v", v)
		l.With("v", v).WithGroup("g").Info("x", slog.Group("v", slog.Any("v", v)))
		out[name] = b.String()
	}
	return out
}

// keeps checks that v is silent on hush.
func keeps(t *testing.T, name string, v any) {
	t.Helper()
	for how, text := range printed(v) {
		for _, told := range tellings() {
			if strings.Contains(text, told) {
				t.Errorf("%s under %s tells the secret: %s", name, how, text)
			}
		}
	}
}

func TestSecretIsFoundWhereItIsPrinted(t *testing.T) {
	// The search itself: a string is found under each way that prints one.
	found := 0
	for _, text := range printed(hush) {
		for _, told := range tellings() {
			if strings.Contains(text, told) {
				found++
				break
			}
		}
	}
	assert.Greater(t, found, 15)
	assert.Contains(t, fmt.Sprint([]byte(hush)), tellings()[5])
	assert.Contains(t, fmt.Sprintf("%#v", []byte(hush)), tellings()[7])
}

func TestSecretPrintsAsItself(t *testing.T) {
	for how, text := range printed(Secret(hush)) {
		if how[0] == '%' && strings.HasSuffix(how, "T") {
			continue // the type
		}
		assert.Contains(t, text, "[secret]", how)
	}
	assert.Equal(t, "[secret]", fmt.Sprintf("%#v", Secret(hush)))
	assert.Equal(t, "[secret]", Secret(hush).String())
	assert.Equal(t, "[secret]", fmt.Sprint(Secret("")), "an empty one as well: that it is empty is nobody's business")
}

// TestWhatHasSecretsInsideKeepsThem is for types of this package; every exported one of the module
// is tried in examples.
func TestWhatHasSecretsInsideKeepsThem(t *testing.T) {
	p := Peer{Name: "aaa", Secret: hush, Previous: hush}
	m := PeerMap{prefix("192.0.2.0/24"): p}
	cached := CachePeers(m, time.Minute)
	_, err := cached.Peer(t.Context(), addr("192.0.2.1"))
	require.NoError(t, err)
	for name, v := range map[string]any{
		"Secret":                     Secret(hush),
		"*Secret":                    ptr(Secret(hush)),
		"[]Secret":                   []Secret{hush, hush},
		"map of Secret":              map[string]Secret{"a": hush},
		"Peer":                       p,
		"*Peer":                      &p,
		"PeerMap":                    m,
		"NamedPeer":                  NamedPeer{Peer: p},
		"*NamedPeer":                 &NamedPeer{Peer: p},
		"list for PeersByName":       map[string]*NamedPeer{"aaa": {Peer: p}},
		"SharedSecret":               SharedSecret(hush),
		"CachePeers":                 cached,
		"CachePeers of SharedSecret": CachePeers(SharedSecret(hush), time.Minute),
		"*PeerMap":                   &m,
		"*Server":                    &Server{Peers: m},
		"*Server of SharedSecret":    &Server{Peers: SharedSecret(hush)},
		"*Server with a Proxy":       &Server{Handler: &Proxy{Client: &Client{Peers: m}}, Peers: cached},
		"*Client":                    &Client{Peers: m},
		"*Client with a Peer":        (&Client{Peers: m}).With(p),
		"*Proxy":                     &Proxy{Client: &Client{Peers: m}},
		"Peers check":                peersCheck(PeerMap{prefix("192.0.2.1/24"): p, {}: p}),
	} {
		t.Run(name, func(t *testing.T) {
			keeps(t, name, v)
			type held struct {
				Any  any
				Many []any
				Map  map[string]any
			}
			keeps(t, name+" in a struct", held{v, []any{v}, map[string]any{"a": v}})
			keeps(t, name+" in a pointer to a struct", &held{Any: v})
			keeps(t, name+" in an interface of an interface", []any{[]any{held{Any: v}}})
		})
	}
	require.Equal(t, "<nil>", fmt.Sprint((*Server)(nil)))
	require.Contains(t, fmt.Sprint(&Server{Peers: m}), "192.0.2.0/24", "what is no secret is printed")
}

func TestSecretIsNotReadBackFromItsMask(t *testing.T) {
	type config struct {
		Peers map[string]Peer
		S     Secret `xml:"s"`
	}
	b, err := json.Marshal(config{Peers: map[string]Peer{"a": {Secret: hush}}, S: hush})
	require.NoError(t, err)
	var c config
	assert.ErrorIs(t, json.Unmarshal(b, &c), errRedacted)

	require.NoError(t, json.Unmarshal([]byte(`{"Peers": {"a": {"Secret": "Tr0ub4dor&3"}}, "S": ""}`), &c))
	assert.Equal(t, config{Peers: map[string]Peer{"a": {Secret: hush}}}, c)
	require.NoError(t, xml.Unmarshal([]byte(`<c><s>Tr0ub4dor&amp;3</s></c>`), &c))
	assert.Equal(t, Secret(hush), c.S)

	var buffer bytes.Buffer
	require.NoError(t, gob.NewEncoder(&buffer).Encode(Peer{Secret: hush}))
	var p Peer
	assert.ErrorIs(t, gob.NewDecoder(&buffer).Decode(&p), errRedacted)
	assert.Empty(t, p.Secret)
	var s Secret
	require.NoError(t, s.GobDecode([]byte(hush)))
	assert.Equal(t, Secret(hush), s)
	assert.Equal(t, hush, string(s))
}

// TestPanicKeepsASecret runs itself to see what a panic with a Secret, or in the midst of them,
// leaves on the screen.
func TestPanicKeepsASecret(t *testing.T) {
	if os.Getenv("DAC_TEST_PANIC") != "" {
		panic(Secret(hush))
	}
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^TestPanicKeepsASecret$")
	cmd.Env = append(os.Environ(), "DAC_TEST_PANIC=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "panic: ")
	assert.Contains(t, string(out), "[secret]")
	assert.NotContains(t, string(out), hush)
}

func TestPacketOfARequestHasNoSecret(t *testing.T) {
	got, _ := arrived(t, request(40), 1, hush)
	assert.Equal(t, &radius.Packet{
		Code: 40, Identifier: 1, Authenticator: got.Packet.Authenticator, Attributes: got.Packet.Attributes,
	}, got.Packet)
}
