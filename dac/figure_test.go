// SPDX-License-Identifier: Apache-2.0

package dac

import (
	"encoding/hex"
	"strings"

	"layeh.com/radius"
)

// figure makes octets of rows laid out as in the figures of the RFCs.
func figure(rows ...string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(rows, ""), " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// avp is one attribute.
func avp(t radius.Type, value string) *radius.AVP {
	return &radius.AVP{Type: t, Attribute: radius.Attribute(value)}
}

// request is a request of code with set.
func request(code radius.Code, set ...*radius.AVP) *Request {
	return &Request{Packet: &radius.Packet{Code: code, Attributes: set}}
}

// answer is an answer of code with set.
func answer(code radius.Code, set ...*radius.AVP) *Response {
	return &Response{Packet: &radius.Packet{Code: code, Attributes: set}}
}

// lines are the non-empty lines of a TSV, without its first, split at the tabs.
func lines(tsv string) (rows [][]string) {
	for line := range strings.Lines(tsv) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows[1:]
}
