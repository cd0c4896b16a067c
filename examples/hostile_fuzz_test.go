// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzHostile sends whatever the fuzzer makes to a whole NAS, as it is and then signed, and holds
// what comes back to what the packet layer of the RFCs asks for: silence, or one answer that is in
// order; the same octets for the same packet again; nothing done twice, and nothing done that is
// not acknowledged.
func FuzzHostile(f *testing.F) {
	text, err := os.ReadFile("testdata/hostile.tsv")
	require.NoError(f, err)
	for line := range strings.Lines(string(text)) {
		packet, _, _ := strings.Cut(strings.Split(line, "\t")[3], " ; ")
		if p, err := parseHostile(packet, 1, time.Now(), nil); err == nil && len(p.octets) < 600 {
			f.Add(p.octets)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4200 {
			return
		}
		inMemory(t, "-authorize-only", func(t *testing.T, nas *memoryNAS) {
			p := &hostilePacket{from: "aaa", octets: bytes.Clone(b)}
			if len(b) >= 20 {
				clear(p.octets[4:20])
			}
			require.Nil(t, nas.exchange(t, "aaa", p.octets, false), "nobody has signed this")
			p.setLength(len(b))
			p.findMAs()
			p.stampNow(time.Now())
			p.sign("", hostileSecrets["aaa"])
			answer := nas.exchange(t, "aaa", p.octets, true)
			require.Equal(t, p.answerable(), answer != nil, "%x", p.octets)
			acts := nas.host.acted()
			if answer == nil {
				require.Zero(t, acts)
				return
			}
			require.NoError(t, checkAnswer(p.octets, answer, hostileSecrets["aaa"]))
			require.Equal(t, answer[0] == p.octets[0]+1, acts == 1, "%d done, answered with code %d", acts, answer[0])
			require.LessOrEqual(t, acts, 1)
			require.Equal(t, answer, nas.exchange(t, "aaa", p.octets, true), "a duplicate")
			require.Equal(t, acts, nas.host.acted())
			require.Nil(t, nas.exchange(t, "stranger", p.octets, false))
			require.Nil(t, nas.exchange(t, "peer2", p.octets, false))
			require.Equal(t, acts, nas.host.acted())
			_, stray := nas.end(t)
			require.Empty(t, stray)
		})
	})
}

// walk returns where the attributes start, or false where they do not fit.
func (p *hostilePacket) walk() (starts []int, ok bool) {
	b := p.octets
	if len(b) < 20 || len(b) > 4096 {
		return nil, false
	}
	for at := 20; at < len(b); at += int(b[at+1]) {
		if len(b)-at < 2 || b[at+1] < 2 || at+int(b[at+1]) > len(b) {
			return nil, false
		}
		starts = append(starts, at)
	}
	return starts, true
}

// findMAs notes the Message-Authenticators that can be signed.
func (p *hostilePacket) findMAs() {
	starts, _ := p.walk()
	for _, at := range starts {
		if p.octets[at] == 80 && p.octets[at+1] == 18 {
			p.mas = append(p.mas, at+2)
			clear(p.octets[at+2 : at+18])
		}
	}
}

// stampNow makes the Event-Timestamps current that a fuzzer would hardly hit.
func (p *hostilePacket) stampNow(now time.Time) {
	starts, _ := p.walk()
	for _, at := range starts {
		if p.octets[at] == 55 && p.octets[at+1] == 6 && p.octets[at+5]&1 == 0 {
			binary.BigEndian.PutUint32(p.octets[at+2:], uint32(now.Unix()))
		}
	}
}

// answerable says whether the RFCs ask for an answer to the packet, which is signed: any answer.
func (p *hostilePacket) answerable() bool {
	starts, ok := p.walk()
	if !ok || p.octets[0] != 40 && p.octets[0] != 43 {
		return false
	}
	mas := 0
	for _, at := range starts {
		value := p.octets[at+2 : at+int(p.octets[at+1])]
		switch p.octets[at] {
		case 80:
			if mas++; mas > 1 || len(value) != 16 {
				return false
			}
		case 55:
			if len(value) != 4 {
				return false
			}
			off := time.Now().Unix() - int64(binary.BigEndian.Uint32(value))
			if off < -300 || off > 300 {
				return false
			}
		}
	}
	return true
}
