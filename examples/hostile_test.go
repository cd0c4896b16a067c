// SPDX-License-Identifier: Apache-2.0

package examples

import (
	_ "embed"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/dac"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Hostile and unusual datagrams, each with the reaction that the standards ask for:
// testdata/hostile.tsv. The columns are its name, the row of the standards, flags that the NAS is
// started with, the packets (see hostilePacket) and the reactions to them, with " ; " between, and
// a remark. After the packets of each case an ordinary request is answered, and the counters say
// exactly what happened.
//
// The reactions:
//
//	ACK, ACK sessions=2, ACK cause=201
//	NAK 402           with that Error-Cause; NAK 404|503: with one of these, where the standards
//	                  leave it open; NAK: with none
//	again:1           the octets that answered the first packet of the case once more;
//	                  again:1|drop replay: or nothing
//	drop CLASS        no answer; CLASS says which counter tells of it: malformed, authenticator,
//	                  type, stale, replay, stranger, other
//	-                 not a packet

//go:embed testdata/hostile.tsv
var hostileTSV string

// A hostileCase is a row.
type hostileCase struct {
	name, rule, setup string
	packets           []string
	reactions         []reaction
}

func hostileCases(t *testing.T) (all []hostileCase) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSpace(hostileTSV), "\n") {
		cells := strings.Split(line, "\t")
		require.Len(t, cells, 6, "line %d", i+1)
		if i == 0 {
			continue
		}
		c := hostileCase{name: cells[0], rule: cells[1], setup: cells[2], packets: strings.Split(cells[3], " ; ")}
		for r := range strings.SplitSeq(cells[4], " ; ") {
			c.reactions = append(c.reactions, reaction(r))
		}
		require.Len(t, c.reactions, len(c.packets), c.name)
		all = append(all, c)
	}
	return all
}

func TestHostileSetIsLarge(t *testing.T) {
	known, seen := make(map[string]bool), make(map[string]bool)
	for _, r := range standards(t) {
		known[r.id] = true
	}
	for _, c := range hostileCases(t) {
		assert.False(t, seen[c.name], c.name)
		seen[c.name] = true
		// Of proxies, of Protocol-Error and of Status-Server a NAS needs to know no more than to
		// leave them alone.
		elsewhere := regexp.MustCompile(`^(A-\d+|R8559-4.3.2-3|R7930-\d-\d|R5997-4.2-1)$`)
		assert.True(t, known[c.rule] || elsewhere.MatchString(c.rule), "%s: %s is no row of the standards", c.name, c.rule)
	}
	assert.GreaterOrEqual(t, len(seen), 180)
}

// A hostileNAS is a NAS that packets go to, over whichever network.
type hostileNAS interface {
	// exchange sends b and returns what came back to who sent it, nil for nothing. Where no answer
	// is asked for, it need not wait for one: end tells of it.
	exchange(t *testing.T, from string, b []byte, wait bool) []byte
	pass(d time.Duration)
	end(t *testing.T) (counts, [][]byte) // and answers that nobody has waited for
}

// run sends the packets of a case and judges what comes.
func (c *hostileCase) run(t *testing.T, nas hostileNAS) {
	want := make(counts)
	var sent []*hostilePacket
	var replies [][]byte
	for i, text := range c.packets {
		p, err := parseHostile(text, byte(i+1), time.Now(), sent)
		require.NoError(t, err, text)
		sent = append(sent, p)
		if p.wait != 0 {
			nas.pass(p.wait)
			replies = append(replies, nil)
			continue
		}
		b := nas.exchange(t, p.from, p.octets, c.reactions[i].answered())
		replies = append(replies, b)
		require.NoError(t, c.reactions[i].matches(p, b, replies, want), "packet %d of %s: %x\nanswer %x", i+1, c.name, p.octets, b)
	}
	after, err := parseHostile("id:200 disconnect MA Acct-Session-Id=spare1 Proxy-State=0x01 Event-Timestamp=now", 0, time.Now(), nil)
	require.NoError(t, err)
	b := nas.exchange(t, after.from, after.octets, true)
	ordinary := reaction("ACK")
	if c.setup == "-residual" {
		ordinary = "ACK cause=201"
	}
	require.NoError(t, ordinary.matches(after, b, nil, want), "an ordinary request afterwards")
	got, stray := nas.end(t)
	require.Empty(t, stray, "answers that nobody asked for")
	assert.Equal(t, want, got, "the counters")
}

// TestHostile sends the set to a dac.Server with a session.Dispatcher over a session.Table, in
// memory and in virtual time.
func TestHostile(t *testing.T) {
	for _, c := range hostileCases(t) {
		t.Run(c.name, func(t *testing.T) {
			inMemory(t, c.setup, func(t *testing.T, nas *memoryNAS) {
				before := nas.host.snapshot()
				c.run(t, nas)
				acks, sessions := 0, 0
				for _, r := range c.reactions {
					if strings.HasPrefix(string(r), "ACK") {
						acks++
						sessions++
					}
					if r == "ACK sessions=2" {
						sessions++
					}
				}
				assert.Equal(t, sessions+1, nas.host.acted(), "what is acknowledged is done, once, and nothing else is done")
				if acks == 0 {
					delete(before, "spare1")
					assert.Equal(t, before, nas.host.snapshot(), "what is refused changes nothing")
				}
			})
		})
	}
}

// countersOf are the counters that are not zero, by name.
func countersOf(s dac.ServerStats) counts {
	c := counts{"UnknownType": s.Total.UnknownType, "Disconnect.Unknown": s.UnknownDisconnect, "CoA.Unknown": s.UnknownCoA, "UnknownOther": s.UnknownOther}
	for kind, counters := range map[string]dac.RequestCounters{"Disconnect": s.Total.Disconnect, "CoA": s.Total.CoA} {
		v := reflect.ValueOf(counters)
		for i := range v.NumField() {
			c[kind+"."+v.Type().Field(i).Name] = v.Field(i).Uint()
		}
	}
	for name, n := range c {
		if n == 0 {
			delete(c, name)
		}
	}
	return c
}

// hostileSource is where a sender sends from; the port is free to choose.
func hostileSource(from string) netip.Addr {
	switch from {
	case "peer2":
		return netip.MustParseAddr("127.0.0.2")
	case "stranger":
		return netip.MustParseAddr("127.0.0.3")
	}
	return netip.MustParseAddr("127.0.0.1")
}

// checkSource checks where an answer came from: RFC 5176, section 2.3.
func checkSource(got, want netip.AddrPort) error {
	if netip.AddrPortFrom(got.Addr().Unmap(), got.Port()) != want {
		return fmt.Errorf("an answer from %v, where %v was asked", got, want)
	}
	return nil
}
