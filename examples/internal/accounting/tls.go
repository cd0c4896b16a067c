// SPDX-License-Identifier: Apache-2.0

package accounting

import (
	"log/slog"

	"github.com/radius-dynauth/dynauth/dac/radsec"
	"github.com/radius-dynauth/dynauth/errcause"
	"layeh.com/radius"
)

// Handler takes in what the NASes send that connect to hub, as Serve takes in datagrams; a NAS is
// known by its handle. An Access-Request is refused with a Protocol-Error once it was learned from:
// its sender does not send it again, and would wait 30 s for what never comes.
func (r *Receiver) Handler(hub *radsec.Server) radius.Handler {
	return radius.HandlerFunc(func(w radius.ResponseWriter, q *radius.Request) {
		from := hub.NAS(radsec.InfoFrom(q.Context()).Identity.Name)
		r.learn(q.Context(), q.Packet, from)
		if q.Code == radius.CodeAccessRequest {
			if one, ok := w.(interface{ Refuse(errcause.Cause) }); ok {
				one.Refuse(errcause.UnsupportedExtension)
			}
			return
		}
		if err := w.Write(response(q.Packet)); err != nil {
			r.log(slog.LevelWarn, "an Accounting-Response could not be sent", from, err)
			return
		}
		r.answered.Add(1)
	})
}
