// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/examples/internal/fips"
)

// The packets of testdata/hostile.tsv are written like this:
//
//	disconnect User-Name=bob Event-Timestamp=now-299 MA | pad=0x0102
//
// First what it is: disconnect, coa, code:N, raw:HEX for octets as they are, again:N for the octets
// of the N-th packet of the case, wait:D for none. Before it from:WHO, where it is not aaa, and
// id:N. Then attributes: by name, MA for a Message-Authenticator, [HEX] for octets as they are, N*
// before an attribute or before an octet in [HEX] for many, fill:N for Proxy-States up to N octets.
// Behind the bar what is done to it, in order; unless one of these is sign, the packet is signed
// first.
//
//	sign, sign=SECRET    Message-Authenticator, then the authenticator, over all octets that are there
//	sign:HOW             as a sender would that has it wrong: see mistakes
//	length=N, +N, -N     writes Length
//	code=N               writes Code
//	cut=N, to=N          loses the last N octets, or all but the first N
//	pad=0xHEX, pad=N     adds octets, or N zeros
//	flip=N               flips the lowest bit of octet N
//
// These packets owe nothing to package dac, which is to be judged by them.
type hostilePacket struct {
	from   string // who sends it
	octets []byte
	again  int           // the number of the packet that it repeats; 0: none
	wait   time.Duration // instead of a packet
	mas    []int         // where the values of Message-Authenticators stand
	padded int           // octets at its end that were there before it was signed and are no attributes
}

// secrets of those who send. A stranger has learned one.
var hostileSecrets = map[string]string{"aaa": "s3cret-of-aaa", "port2": "s3cret-of-aaa", "peer2": "s3cret-of-bbb", "stranger": "s3cret-of-aaa"}

// parsePacket makes the packet that text describes. before are the packets of the case so far.
func parseHostile(text string, id byte, now time.Time, before []*hostilePacket) (*hostilePacket, error) {
	p := &hostilePacket{from: "aaa"}
	text, done, _ := strings.Cut(text, "|")
	words := hostileWords(text)
	for len(words) > 0 {
		key, value, _ := strings.Cut(words[0], ":")
		if key != "from" && key != "id" {
			break
		}
		words = words[1:]
		if key == "from" {
			p.from = value
			continue
		}
		n, err := strconv.ParseUint(value, 10, 8)
		if err != nil {
			return nil, err
		}
		id = byte(n)
	}
	if hostileSecrets[p.from] == "" || len(words) == 0 {
		return nil, errors.New("who sends what?")
	}
	if err := p.start(words[0], id, before); err != nil {
		return nil, err
	}
	for _, word := range words[1:] {
		if err := p.add(word, now); err != nil {
			return nil, fmt.Errorf("%s: %w", word, err)
		}
	}
	return p, p.do(strings.Fields(done))
}

// hostileWords splits at spaces that are not in brackets.
func hostileWords(text string) (words []string) {
	depth := 0
	for word := range strings.FieldsSeq(text) {
		if depth > 0 {
			words[len(words)-1] += " " + word
		} else {
			words = append(words, word)
		}
		depth += strings.Count(word, "[") - strings.Count(word, "]")
	}
	return words
}

// start makes the header.
func (p *hostilePacket) start(word string, id byte, before []*hostilePacket) (err error) {
	kind, value, _ := strings.Cut(word, ":")
	code := uint64(0)
	switch kind {
	case "disconnect":
		code = 40
	case "coa":
		code = 43
	case "code":
		code, err = strconv.ParseUint(value, 10, 8)
	case "raw":
		p.octets, err = hex.DecodeString(value)
		return err
	case "wait":
		p.wait, err = time.ParseDuration(value)
		return err
	case "again":
		p.again, err = strconv.Atoi(value)
		if err == nil {
			p.octets = append([]byte(nil), before[p.again-1].octets...)
		}
		return err
	default:
		err = fmt.Errorf("%q is no packet", word)
	}
	p.octets = append([]byte{byte(code), id, 0, 20}, make([]byte, 16)...)
	return err
}

// add adds an attribute.
func (p *hostilePacket) add(word string, now time.Time) error {
	if head, rest, many := strings.Cut(word, "*"); many && !strings.Contains(head, "[") && !strings.Contains(head, "=") {
		n, err := strconv.Atoi(head)
		for range n {
			err = errors.Join(err, p.add(rest, now))
		}
		return err
	}
	name, value, _ := strings.Cut(word, "=")
	switch {
	case word == "MA":
		p.mas = append(p.mas, len(p.octets)+2)
		p.octets = append(append(p.octets, 80, 18), make([]byte, 16)...)
	case name == "Event-Timestamp":
		off, err := hostileOffset(strings.TrimPrefix(value, "now"))
		if err != nil {
			return err
		}
		p.octets = binary.BigEndian.AppendUint32(append(p.octets, 55, 6), uint32(now.Add(off).Unix()))
	case word[0] == '[':
		b, err := hostileOctets(strings.Trim(word, "[]"))
		if err != nil {
			return err
		}
		p.octets = append(p.octets, b...)
	case strings.HasPrefix(word, "fill:"):
		n, err := strconv.Atoi(word[5:])
		if err != nil {
			return err
		}
		p.fill(n)
	default:
		a, err := attrs.Parse(name, value)
		if err != nil {
			return err
		}
		set, err := a.AppendTo(nil)
		if err != nil {
			return err
		}
		for _, avp := range set {
			if strings.HasPrefix(value, "0x") && string(avp.Attribute) == value {
				return errors.New("a text is what it says: give octets as [HEX]")
			}
			p.octets = append(append(p.octets, byte(avp.Type), byte(2+len(avp.Attribute))), avp.Attribute...)
		}
	}
	p.setLength(len(p.octets))
	return nil
}

// hostileOffset reads "", "-301", "+5".
func hostileOffset(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	return time.Duration(n) * time.Second, err
}

// hostileOctets reads "01 02 3*ff".
func hostileOctets(text string) (b []byte, err error) {
	for word := range strings.FieldsSeq(text) {
		n := 1
		if times, octet, many := strings.Cut(word, "*"); many {
			if n, err = strconv.Atoi(times); err != nil {
				return nil, err
			}
			word = octet
		}
		octet, err := hex.DecodeString(word)
		if err != nil {
			return nil, err
		}
		for range n {
			b = append(b, octet...)
		}
	}
	return b, nil
}

// fill adds Proxy-States until the packet is n octets long.
func (p *hostilePacket) fill(n int) {
	for len(p.octets) < n {
		size := min(n-len(p.octets), 255)
		if rest := n - len(p.octets) - size; rest == 1 {
			size--
		}
		p.octets = append(p.octets, 33, byte(size))
		for i := range size - 2 {
			p.octets = append(p.octets, byte(i))
		}
	}
}

func (p *hostilePacket) setLength(n int) {
	if len(p.octets) >= 4 {
		binary.BigEndian.PutUint16(p.octets[2:], uint16(n))
	}
}

// do does what stands behind the bar.
func (p *hostilePacket) do(words []string) error {
	signed := p.again != 0 || p.wait != 0 || len(p.octets) < 20
	for _, word := range words {
		signed = signed || strings.HasPrefix(word, "sign")
	}
	if !signed {
		p.sign("", hostileSecrets[p.from])
	}
	for _, word := range words {
		if err := p.one(word); err != nil {
			return fmt.Errorf("%s: %w", word, err)
		}
	}
	return nil
}

func (p *hostilePacket) one(word string) error {
	op, value, given := strings.Cut(word, "=")
	n, err := strconv.Atoi(value)
	switch op {
	case "length":
		if value[0] == '+' || value[0] == '-' {
			n += int(binary.BigEndian.Uint16(p.octets[2:]))
		}
		p.setLength(n)
	case "code":
		p.octets[0] = byte(n)
	case "cut":
		p.octets = p.octets[:len(p.octets)-n]
	case "to":
		p.octets = p.octets[:n]
	case "flip":
		p.octets[n] ^= 1
	case "pad":
		pad := make([]byte, max(n, 0))
		if octets, isHex := strings.CutPrefix(value, "0x"); isHex {
			pad, err = hex.DecodeString(octets)
		}
		p.octets = append(p.octets, pad...)
		p.padded += len(pad)
		return err
	default:
		how, isSign := strings.CutPrefix(op, "sign")
		if !isSign {
			return errors.New("is nothing to do")
		}
		secret := hostileSecrets[p.from]
		if given {
			secret, err = strconv.Unquote(`"` + value + `"`)
		} else {
			err = nil
		}
		p.sign(strings.TrimPrefix(how, ":"), secret)
	}
	return err
}

// sign signs the packet, rightly where how is "".
func (p *hostilePacket) sign(how, secret string) {
	if len(p.octets) < 20 {
		return
	}
	end := len(p.octets) - p.padded
	if n := int(binary.BigEndian.Uint16(p.octets[2:])); n >= 20 && n < end {
		end = n
	}
	if how == "padding" {
		end = len(p.octets)
	}
	b := p.octets[:end]
	right := hostileSecrets[p.from]
	switch mistake := mistakes[how]; {
	case how == "":
		p.hmacs(b, secret)
		copy(b[4:20], hostileMD5(b, secret))
	case strings.HasPrefix(how, "hmac"):
		mistake(p, b, secret)
		clear(b[4:20])
		copy(b[4:20], hostileMD5(b, right))
	default:
		mistake(p, b, right)
	}
}

// hmacs writes every Message-Authenticator, each as if it and the others were zeros.
func (p *hostilePacket) hmacs(b []byte, secret string) {
	sum := hostileHMAC(b, secret)
	for _, at := range p.mas {
		if at+16 <= len(b) {
			copy(b[at:], sum)
		}
	}
}

// mistakes are the ways in which senders get RFC 5176, sections 2.3 and 3.4, wrong. Those that
// begin with hmac are signed over with a good authenticator.
var mistakes = map[string]func(p *hostilePacket, b []byte, secret string){
	"none":    func(p *hostilePacket, b []byte, secret string) {},
	"random":  func(p *hostilePacket, b []byte, secret string) { copy(b[4:20], "a random request") },
	"padding": func(p *hostilePacket, b []byte, secret string) { copy(b[4:20], hostileMD5(b, secret)) },
	"secretless": func(p *hostilePacket, b []byte, secret string) {
		copy(b[4:20], hostileMD5(b, ""))
	},
	"secret-first": func(p *hostilePacket, b []byte, secret string) {
		copy(b[4:20], hostileMD5(append([]byte(secret), b...), ""))
	},
	"as-answer": func(p *hostilePacket, b []byte, secret string) {
		copy(b[4:20], "the one before..")
		copy(b[4:20], hostileMD5(b, secret))
	},
	"access": func(p *hostilePacket, b []byte, secret string) {
		copy(b[4:20], "a random request")
		p.hmacs(b, secret)
	},
	"md5-first": func(p *hostilePacket, b []byte, secret string) {
		sum := hostileHMAC(b, secret)
		copy(b[4:20], hostileMD5(b, secret))
		for _, at := range p.mas {
			copy(b[at:], sum)
		}
	},
	"hmac":      func(p *hostilePacket, b []byte, secret string) { p.hmacs(b, secret) },
	"hmac-zero": func(p *hostilePacket, b []byte, secret string) {},
	"hmac-bit": func(p *hostilePacket, b []byte, secret string) {
		p.hmacs(b, secret)
		b[p.mas[0]+15] ^= 1
	},
	"hmac-first": func(p *hostilePacket, b []byte, secret string) {
		copy(b[p.mas[1]:], "sixteen octets..")
		copy(b[p.mas[0]:], hostileHMAC(b, secret))
	},
	"hmac-last": func(p *hostilePacket, b []byte, secret string) {
		copy(b[p.mas[0]:], "sixteen octets..")
		copy(b[p.mas[1]:], hostileHMAC(b, secret))
	},
	"hmac-wire": func(p *hostilePacket, b []byte, secret string) {
		copy(b[4:20], hostileMD5(b, secret))
		p.hmacs(b, secret)
	},
	"hmac-itself": func(p *hostilePacket, b []byte, secret string) {
		copy(b[p.mas[0]:], "sixteen octets..")
		p.hmacs(b, secret)
	},
}

// The two formulas, over the octets as they are.

func hostileMD5(b []byte, secret string) []byte {
	return hostileHash(md5.New, append(append([]byte(nil), b...), secret...))
}

func hostileHMAC(b []byte, secret string) []byte {
	return hostileHash(func() hash.Hash { return hmac.New(md5.New, []byte(secret)) }, b)
}

func hostileHash(with func() hash.Hash, b []byte) (sum []byte) {
	fips.Outside(func() {
		h := with()
		h.Write(b)
		sum = h.Sum(nil)
	})
	return sum
}
