// SPDX-License-Identifier: Apache-2.0

package session

// Idle reports whether nothing is left of all requests: none waits, and no session is held.
func (d *Dispatcher[S]) Idle() bool { return d.order.Idle() && d.arrived.Len() == 0 }
