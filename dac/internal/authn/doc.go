// SPDX-License-Identifier: Apache-2.0

// Package authn signs and verifies the octets of a RADIUS packet: the Request and the Response
// Authenticator (RFC 5176, section 2.3), the Message-Authenticator (section 3.4) and values
// hidden with the shared secret (RFC 2868, section 3.5). Every MD5 of the packages of this module
// is computed here, for one packet or, by package md5lanes, for many at once. Package attrs knows
// which attributes are hidden and finds them in a packet; package dac hands it Hide and Reveal as
// functions, so that attrs holds no secret and computes no digest.
//
// Package dac and the rooms call it, with packets that packet.Cut has checked. It knows neither
// peers nor sockets, keeps no packet, and never prints a Secret. An empty Secret verifies
// nothing: VerifyRequest and VerifyResponse return ErrNoSecret. Everything but a Digester is safe
// for concurrent use.
//
// RADIUS rests on MD5, which FIPS 140-3 does not approve: OutsideFIPS runs it outside that
// enforcement, and nothing else in this module may be run there.
package authn
