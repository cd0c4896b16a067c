// SPDX-License-Identifier: Apache-2.0

// Package examples holds nothing but tests: of what the README shows, of what every file of this
// repository keeps to, and, with the build tag interop, of the programs below this folder against
// FreeRADIUS, Wireshark and Chromium.
//
// The programs:
//
//   - quickstart: a NAS and an AAA side in one process; the place to start reading
//   - embed: a BNG with a map of its own, and the 40 lines that make it answer
//   - nas: a simulated BNG whose policies are flags, to send requests to and, with -web, to look at
//   - dacctl: sends Disconnect-Requests and CoA-Requests, one or a million
//   - bench: measures the server beside one made of layeh.com/radius and two bare ones
package examples
