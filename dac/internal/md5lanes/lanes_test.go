// SPDX-License-Identifier: Apache-2.0

package md5lanes_test

import (
	"bytes"

	"crypto/md5"
	"math/rand/v2"
	"testing"

	"github.com/radius-dynauth/dynauth/dac/internal/authn"
	"github.com/radius-dynauth/dynauth/dac/internal/md5lanes"
	"github.com/stretchr/testify/require"
)

func needLanes(t testing.TB) {
	if !md5lanes.Available() {
		t.Skip("this processor has no AVX2")
	}
}

// padded is a Text of octets, whole.
func padded(octets []byte) md5lanes.Text {
	return md5lanes.Text{State: md5lanes.Initial, Octets: md5lanes.AppendPadding(bytes.Clone(octets), 0, 0)}
}

func sum(octets []byte) (sum [md5.Size]byte) {
	authn.OutsideFIPS(func() { sum = md5.Sum(octets) })
	return sum
}

func random(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

func TestSumsOfEveryLength(t *testing.T) {
	needLanes(t)
	for _, ofOne := range []bool{false, true} {
		var all [][]byte
		var texts []md5lanes.Text
		for n := range 300 {
			if ofOne {
				n = 100
			}
			all = append(all, random(n))
			texts = append(texts, padded(all[len(all)-1]))
		}
		md5lanes.Hash(texts)
		for i := range texts {
			require.Equal(t, sum(all[i]), texts[i].State.Sum(), "%d octets", len(all[i]))
		}
	}
}

func TestAnyNumberOfTexts(t *testing.T) {
	needLanes(t)
	md5lanes.Hash(nil)
	for n := range 3*md5lanes.Lanes + 2 {
		var all [][]byte
		var texts []md5lanes.Text
		for range n {
			all = append(all, random(rand.IntN(400)))
			texts = append(texts, padded(all[len(all)-1]))
		}
		md5lanes.Hash(texts)
		for i := range texts {
			require.Equal(t, sum(all[i]), texts[i].State.Sum(), "of %d", n)
		}
	}
}

func TestAStateGoesOn(t *testing.T) {
	needLanes(t)
	b := random(1000)
	texts := []md5lanes.Text{{State: md5lanes.Initial, Octets: b[:128]}}
	md5lanes.Hash(texts)
	texts[0].Octets = md5lanes.AppendPadding(bytes.Clone(b), 128, 128)[128:]
	md5lanes.Hash(texts)
	require.Equal(t, sum(b), texts[0].State.Sum())
}

func TestNoOctetsLeaveAStateAsItIs(t *testing.T) {
	needLanes(t)
	texts := []md5lanes.Text{{State: md5lanes.State{1, 2, 3, 4}}, padded(random(100))}
	md5lanes.Hash(texts)
	require.Equal(t, md5lanes.State{1, 2, 3, 4}, texts[0].State)
}

func TestATextThatIsNotPaddedIsNoText(t *testing.T) {
	needLanes(t)
	for _, n := range []int{1, 63, 65} {
		require.Panics(t, func() { md5lanes.Hash([]md5lanes.Text{{Octets: make([]byte, n, 128)}}) }, "%d", n)
	}
}

func FuzzSums(f *testing.F) {
	needLanes(f)
	f.Add([]byte(nil), []byte("a"), []byte("message digest"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		texts := []md5lanes.Text{padded(a), padded(b), padded(c)}
		md5lanes.Hash(texts)
		for i, octets := range [][]byte{a, b, c} {
			require.Equal(t, sum(octets), texts[i].State.Sum())
		}
	})
}

// BenchmarkSums hashes sixteen texts of 119 octets, two blocks each, together and one after the
// other.
func BenchmarkSums(b *testing.B) {
	b.Run("lanes", func(b *testing.B) {
		needLanes(b)
		var texts []md5lanes.Text
		for range md5lanes.Lanes {
			texts = append(texts, padded(random(119)))
		}
		for b.Loop() {
			md5lanes.Hash(texts)
		}
	})
	b.Run("one by one", func(b *testing.B) {
		text := random(119)
		for b.Loop() {
			for range md5lanes.Lanes {
				md5.Sum(text)
			}
		}
	})
}
