// SPDX-License-Identifier: Apache-2.0

// Package report says what became of the requests of a Client: the texts and hints of its errors,
// and the lines of its log. Package dac calls it in the Error and Hint methods of its types, and
// hands it what package exchange has found out.
//
// The text of an error is short, and alike for what is alike, so that it fits into a table and can
// be counted: what differs from one request to the next, as a port does, is left out. What to do
// about it is the Hint, in the words of the API of package dac. Neither has an octet of a packet in
// it, nor a secret.
//
// Everything here is safe for concurrent use and keeps nothing.
package report
