// SPDX-License-Identifier: Apache-2.0

package metrics

import "github.com/radius-dynauth/dynauth/dac/radsec"

// TLS shows the connections of cfg.
func TLS(cfg *radsec.Config) Source {
	return func(w *Writer) {
		s := cfg.Stats()
		w.Gauge("dynauth_tls_connections", "Connections that are open.", float64(s.Open))
		w.Counter("dynauth_tls_opened_total", "Connections whose handshake was good.", s.Opened)
		for _, one := range []struct {
			name, help string
			by         map[string]uint64
		}{
			{"dynauth_tls_refused_total", "Connections refused at a limit.", s.Refused},
			{"dynauth_tls_failed_total", "Handshakes and dials that failed.", s.Failed},
			{"dynauth_tls_closed_total", "Open connections that ended.", s.Closed},
		} {
			for reason, n := range one.by {
				w.Counter(one.name, one.help, n, "reason", reason)
			}
		}
	}
}
