// SPDX-License-Identifier: Apache-2.0

package peers

import "log/slog"

// shortSecret is the length in octets up to which a secret is warned of
// (draft-ietf-radext-deprecating-radius, section 7.1).
const shortSecret = 12

// WarnOfShort says of a peer that a secret can be found by trying, once a packet was heard. It is
// one line, since the cure is the same for all of them.
func WarnOfShort[S ~string](log *slog.Logger, peer string, secrets ...S) {
	for _, s := range secrets {
		if s != "" && len(s) <= shortSecret {
			log.Warn("dac: a shared secret of 12 octets or fewer can be found by trying: use 24 random ones or more", "addr", peer)
			return
		}
	}
}
