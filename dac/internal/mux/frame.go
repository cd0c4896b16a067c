// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"encoding/binary"
	"fmt"

	"github.com/radius-dynauth/dynauth/dac/internal/packet"
)

// What is wrong with a stream that cannot be read further (RFC 6613, section 2.6.4).
var (
	errLength    = fmt.Errorf("%w: Length below 20 or above the longest packet", packet.ErrMalformed)
	errAttribute = fmt.Errorf("%w: an attribute of a Length below 2 or beyond the packet", packet.ErrMalformed)
)

// RADIUS over TLS has no framing of its own: packets follow one another, and each says its Length
// in octets 3 and 4 (radiusdtls-bis, section 4.1). A peer that lies there makes everything behind
// it unreadable, so the connection ends.

// A frames cuts a stream into packets by their Length alone. The packets that next returns are
// slices of its own buffer, good until space is called.
type frames struct {
	buf        []byte // of packet.MaxLen octets, or of the packet that needs more
	start, end int    // of what has been read and not been returned
	max        int
	small      []byte // the buffer to go back to
}

// newFrames makes a frames for packets of most octets. Its room is that of a packet of RADIUS/UDP;
// a longer one is given room while it comes.
func newFrames(most int) frames {
	b := make([]byte, packet.MaxLen)
	return frames{buf: b, small: b, max: most}
}

// space returns room for the next octets, one at least. It moves what is left of a packet to the
// front, and gives back a large buffer that has done its work. What next has returned is
// overwritten.
func (f *frames) space() []byte {
	rest := f.buf[f.start:f.end]
	need := packet.HeaderLen // until Length is known
	if len(rest) >= 4 {
		need = int(binary.BigEndian.Uint16(rest[2:4]))
	}
	switch {
	case need > len(f.buf):
		f.buf = make([]byte, need)
	case len(f.buf) > len(f.small) && need <= len(f.small) && len(rest) < len(f.small):
		f.buf = f.small
	}
	f.end = copy(f.buf, rest)
	f.start = 0
	return f.buf[f.end:]
}

// read notes that n octets were put into what space returned.
func (f *frames) read(n int) { f.end += n }

// partial reports whether a packet has begun and is not complete.
func (f *frames) partial() bool { return f.end > f.start }

// next returns the next complete packet, whose attributes can be walked; nil: there is none yet.
func (f *frames) next() ([]byte, error) {
	rest := f.buf[f.start:f.end]
	if len(rest) < 4 {
		return nil, nil
	}
	n := int(binary.BigEndian.Uint16(rest[2:4]))
	if n < packet.HeaderLen || n > f.max {
		return nil, errLength
	}
	if n > len(rest) {
		return nil, nil
	}
	f.start += n
	return rest[:n:n], walk(rest[:n])
}

// whole returns the packet in what one Read gave, where that is one packet and padding: a datagram
// of DTLS, as one of RADIUS/UDP, may have octets behind its Length, which are dropped (RFC 2865,
// section 3).
func (f *frames) whole() ([]byte, error) {
	rest := f.buf[f.start:f.end]
	p, err := f.next()
	f.start, f.end = 0, 0
	if err == nil && p == nil && len(rest) > 0 {
		err = errLength
	}
	return p, err
}

// walk checks the lengths of the attributes of a packet, so that no other code has to: RFC 6613,
// section 2.6.4, has the connection end for one that is wrong.
func walk(p []byte) error {
	for rest := p[packet.HeaderLen:]; len(rest) > 0; rest = rest[rest[1]:] {
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return errAttribute
		}
	}
	return nil
}
