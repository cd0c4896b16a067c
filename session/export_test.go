// SPDX-License-Identifier: Apache-2.0

package session

import "slices"

// Idle reports whether nothing is left of all requests: nobody waits, and no session is anybody's.
func (d *Dispatcher[S]) Idle() bool {
	o := &d.order
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, last := range o.unsettled {
		if last != nil {
			return false
		}
	}
	return o.count == 0 && o.named == 0 && len(o.lines) == 0 && len(o.arrived) == 0 &&
		o.recent == [len(o.recent)]*arrival{} && !slices.ContainsFunc(o.solos[:], func(s solo) bool { return s != solo{} })
}
