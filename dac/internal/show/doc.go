// SPDX-License-Identifier: Apache-2.0

// Package show makes what people read of packets and configurations: text, attributes of log/slog
// and JSON. Package dac calls it in the String, Format, LogValue and Marshal methods of its types,
// which hand it their fields; it knows none of those types.
//
// Packets hold octets of lawful intercept, passwords and keys, and a configuration holds shared
// secrets. Hidden and sensitive values of attributes are [hidden] here, by package attrs, and what
// is not printable is escaped, so that octets which have not been verified may be shown. A shared
// secret prints as "[secret]" by itself where fmt asks it how: Fields and Exported see to that.
//
// A View is one packet on one line, Dump is one on several, Cause and CauseHint say an Error-Cause,
// and Steady is a logger that no handler of the host's can bring down. All of it is safe for
// concurrent use, and nothing is kept.
package show
