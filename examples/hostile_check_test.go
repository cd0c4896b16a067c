// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// A hostileAttr is one attribute of a packet.
type hostileAttr struct {
	t byte
	v string
}

// hostileAttrs takes a packet apart; it has been seen to be well formed.
func hostileAttrs(b []byte) (all []hostileAttr) {
	for rest := b[20:]; len(rest) > 1 && rest[1] >= 2 && int(rest[1]) <= len(rest); rest = rest[rest[1]:] {
		all = append(all, hostileAttr{rest[0], string(rest[2:rest[1]])})
	}
	return all
}

func valuesOf(all []hostileAttr, t byte) (values []string) {
	for _, a := range all {
		if a.t == t {
			values = append(values, a.v)
		}
	}
	return values
}

// answerTable is how often an attribute may stand in an answer: RFC 5176, section 3.6. An
// Error-Cause in a Disconnect-ACK is 201 (section 3.5).
var answerTable = map[byte]map[byte]int{
	41: {33: 4096, 49: 1, 55: 1, 79: 1, 80: 1, 101: 1},
	42: {33: 4096, 55: 1, 80: 1, 101: 4096},
	44: {24: 1, 33: 4096, 55: 1, 79: 1, 80: 1},
	45: {6: 1, 24: 1, 33: 4096, 55: 1, 80: 1, 101: 4096},
}

// checkAnswer says what is wrong with an answer to a request, whatever it says.
func checkAnswer(request, b []byte, secret string) error {
	if len(b) < 20 || len(b) > 4096 || int(binary.BigEndian.Uint16(b[2:])) != len(b) {
		return fmt.Errorf("%d octets with Length %x", len(b), b[2:4])
	}
	n := 20
	for n < len(b)-1 && b[n+1] >= 2 {
		n += int(b[n+1])
	}
	if n != len(b) {
		return fmt.Errorf("attributes end at octet %d of %d", n, len(b))
	}
	request = request[:binary.BigEndian.Uint16(request[2:])]
	all, asked := hostileAttrs(b), hostileAttrs(request)
	ack, nak := request[0]+1, request[0]+2
	if b[0] != ack && b[0] != nak {
		return fmt.Errorf("code %d answers %d", b[0], request[0])
	}
	if b[1] != request[1] {
		return fmt.Errorf("identifier %d answers %d", b[1], request[1])
	}
	if err := checkSigned(request, b, secret); err != nil {
		return err
	}
	for t, count := range countsOf(all) {
		if count > answerTable[b[0]][t] {
			return fmt.Errorf("%d attributes %d in a packet of code %d", count, t, b[0])
		}
	}
	return checkEchoes(b, all, asked)
}

func countsOf(all []hostileAttr) map[byte]int {
	counts := make(map[byte]int)
	for _, a := range all {
		counts[a.t]++
	}
	return counts
}

// checkSigned checks the authenticators: RFC 5176, sections 2.3 and 3.4.
func checkSigned(request, b []byte, secret string) error {
	over := append([]byte(nil), b...)
	copy(over[4:20], request[4:20])
	if !bytes.Equal(hostileMD5(over, secret), b[4:20]) {
		return fmt.Errorf("a wrong Response Authenticator")
	}
	has := len(valuesOf(hostileAttrs(request), 80)) > 0
	for at := 20; at < len(b); at += int(b[at+1]) {
		if b[at] != 80 {
			continue
		}
		if !has {
			return fmt.Errorf("Message-Authenticator, and the request had none")
		}
		sum := append([]byte(nil), b[at+2:at+18]...)
		clear(over[at+2 : at+18])
		if !bytes.Equal(hostileHMAC(over, secret), sum) {
			return fmt.Errorf("a wrong Message-Authenticator")
		}
		return nil
	}
	if has {
		return fmt.Errorf("no Message-Authenticator, and the request had one")
	}
	return nil
}

// checkEchoes checks what is given back, and the causes: RFC 5176, sections 3.1, 3.2, 3.3 and 3.5.
func checkEchoes(b []byte, all, asked []hostileAttr) error {
	if got, want := valuesOf(all, 33), valuesOf(asked, 33); fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("Proxy-State %q for %q", got, want)
	}
	var state []string
	if b[0] >= 44 {
		if state = valuesOf(asked, 24); len(state) > 1 {
			state = state[:1]
		}
	}
	if got := valuesOf(all, 24); fmt.Sprint(got) != fmt.Sprint(state) {
		return fmt.Errorf("State %q for %q", got, state)
	}
	for _, v := range valuesOf(all, 101) {
		if len(v) != 4 {
			return fmt.Errorf("Error-Cause of %d octets", len(v))
		}
		cause := binary.BigEndian.Uint32([]byte(v))
		ack, disconnect := b[0] == 41 || b[0] == 44, b[0] < 43
		switch {
		case ack && !(disconnect && cause == 201), !ack && (cause < 400 || cause > 599):
			return fmt.Errorf("Error-Cause %d in a packet of code %d", cause, b[0])
		case cause == 502, cause == 405 && disconnect, cause == 504 && !disconnect, cause == 507 && disconnect:
			return fmt.Errorf("Error-Cause %d in a packet of code %d", cause, b[0])
		}
	}
	service := valuesOf(all, 6)
	initiated := fmt.Sprint(valuesOf(all, 101)) == fmt.Sprint([]string{"\x00\x00\x01\xfb"})
	if (len(service) > 0 || initiated) && (!initiated || fmt.Sprint(service) != fmt.Sprint([]string{"\x00\x00\x00\x11"})) {
		return fmt.Errorf("Service-Type %q, where 507 and Authorize Only go together", service)
	}
	return nil
}

// A reaction is what a packet draws, as the file has it: "ACK", "ACK sessions=2", "ACK cause=201",
// "NAK 402", "NAK 404|503", "NAK", "again:1", "drop malformed", "-", or several with "|" between.
type reaction string

// answered reports whether there is an answer to wait for.
func (r reaction) answered() bool {
	return !strings.HasPrefix(string(r), "drop") && r != "-"
}

// matches checks what came, nil for nothing, against r, and adds to want what the counters should
// say.
func (r reaction) matches(p *hostilePacket, b []byte, replies [][]byte, want counts) error {
	word, rest, _ := strings.Cut(string(r), " ")
	if again, ok := strings.CutPrefix(word, "again:"); ok {
		return matchAgain(p, again, b, replies, want)
	}
	if b == nil {
		switch {
		case word == "drop":
			want.drop(p, rest)
		case word != "-":
			return fmt.Errorf("no answer, %s asked for", r)
		}
		return nil
	}
	all := hostileAttrs(b)
	causes := valuesOf(all, 101)
	got := "NAK"
	if b[0] == 41 || b[0] == 44 {
		got = "ACK"
	}
	for _, c := range causes {
		got += " " + strconv.Itoa(int(binary.BigEndian.Uint32([]byte(c))))
	}
	sessions := 1
	switch {
	case word == "ACK" && got == "ACK" && rest == "":
	case word == "ACK" && got == "ACK" && strings.HasPrefix(rest, "sessions="):
		sessions, _ = strconv.Atoi(rest[9:])
	case rest == "cause=201" && got == "ACK 201":
	case word == "NAK" && got == "NAK" && rest == "":
	case word == "NAK" && rest != "" && oneOf(got, rest):
	default:
		return fmt.Errorf("%s, %s asked for", got, r)
	}
	want.answer(p.octets, all, got, sessions)
	return checkAnswer(p.octets, b, hostileSecrets[p.from])
}

func oneOf(got, causes string) bool {
	for cause := range strings.SplitSeq(causes, "|") {
		if got == "NAK "+cause {
			return true
		}
	}
	return false
}

// matchAgain wants the octets of an earlier answer, or where "|drop replay" is added silence will
// do.
func matchAgain(p *hostilePacket, again string, b []byte, replies [][]byte, want counts) error {
	number, or, _ := strings.Cut(again, "|")
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	switch {
	case b == nil && or == "drop":
		want.drop(p, "replay")
	case b == nil:
		return fmt.Errorf("no answer, and it was answered before")
	case !bytes.Equal(b, replies[n-1]):
		return fmt.Errorf("another answer than before")
	default:
		want.add(p.octets, "Duplicates")
	}
	return nil
}

// counts are counters by name.
type counts map[string]uint64

// add counts a packet under its kind.
func (c counts) add(b []byte, name string) {
	if b[0] == 40 {
		c["Disconnect."+name]++
	} else {
		c["CoA."+name]++
	}
}

// drop counts a packet that nothing answers, in one of the classes of RFC 4673.
func (c counts) drop(p *hostilePacket, class string) {
	switch class {
	case "type":
		c["UnknownType"]++
	case "stranger":
		c.add(p.octets, "Unknown")
	case "malformed":
		c.add(p.octets, "Malformed")
	case "authenticator":
		c.add(p.octets, "BadAuthenticator")
	default:
		c.add(p.octets, "Dropped")
		if name := map[string]string{"stale": "Stale", "replay": "Replays"}[class]; name != "" {
			c.add(p.octets, name)
		}
	}
}

// answer counts an answered first arrival.
func (c counts) answer(request []byte, all []hostileAttr, got string, sessions int) {
	c.add(request, "Requests")
	if service := valuesOf(hostileAttrs(request), 6); len(service) > 0 && service[0] == "\x00\x00\x00\x11" {
		c.add(request, "AuthOnlyRequests")
	}
	if strings.HasPrefix(got, "ACK") {
		c.add(request, "ACKs")
		for range sessions {
			c.add(request, "Sessions")
		}
		return
	}
	c.add(request, "NAKs")
	if got == "NAK 503" {
		c.add(request, "NoContextNAKs")
	}
	if len(valuesOf(all, 6)) > 0 {
		c.add(request, "AuthOnlyNAKs")
	}
}
