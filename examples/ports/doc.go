// SPDX-License-Identifier: Apache-2.0

// Package ports is Disconnect and CoA code in four manners in which Go programs write it by hand,
// each as it was and as it is on this module, with tests that run both and count their lines:
//
//	serial     a BNG with a loop over radius.Parse, which answers one request after another
//	indexes    a BNG with one index for each attribute, on radius.PacketServer
//	database   an AAA server whose NASes and secrets are rows of a database
//	command    a command line over radius.Exchange, which logs as zerolog does
//
// What the four do beside RADIUS, the host, is in a file of its own and is not counted.
package ports
