// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"html"
)

// plot draws requests a second and CPU of each server, without and with Message-Authenticator, as
// an SVG that is legible on light and on dark.
func plot(by map[bool][]measure, caption string) []byte {
	const (
		width, left, bar, gap, group = 860, 90, 13, 3, 12
		chart                        = 300 // width of each of the two
		right                        = left + chart + 110
	)
	names := by[false]
	if names == nil {
		names = by[true]
	}
	most := measure{perSecond: 1, cpu: 1}
	for _, ms := range by {
		for _, m := range ms {
			most.perSecond, most.cpu = max(most.perSecond, m.perSecond), max(most.cpu, m.cpu)
		}
	}
	height := 62 + len(names)*(2*bar+gap+group) + 44
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%d" role="img">
<title>Requests a second and CPU of RADIUS Disconnect servers on one core</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.head { font-weight: 600 }
.quiet { font-size: 11px; fill: #57606a }
.off { fill: #2f81f7 } .on { fill: #8250df }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .quiet { fill: #9198a1 } .on { fill: #a371f7 } }
</style>
<text class="head" x="%d" y="18">requests a second</text>
<text class="head" x="%d" y="18">CPU seconds for a million</text>
`, width, height, left, right)
	legend(&b, left, 38)
	for i, m := range names {
		y := 56 + i*(2*bar+gap+group)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-8, y+bar+5, html.EscapeString(m.name))
		for k, ma := range []bool{false, true} {
			if i >= len(by[ma]) {
				continue
			}
			m, top, class := by[ma][i], y+k*(bar+gap), [...]string{"off", "on"}[k]
			draw(&b, class, left, top, bar, chart*m.perSecond/most.perSecond, fmt.Sprintf("%.0f,000", m.perSecond/1000))
			draw(&b, class, right, top, bar, chart*m.cpu/most.cpu, fmt.Sprintf("%.1f", m.cpu))
		}
	}
	fmt.Fprintf(&b, `<text class="quiet" x="8" y="%d">%s</text>`+"\n</svg>\n", height-14, html.EscapeString(caption))
	return b.Bytes()
}

func legend(b *bytes.Buffer, x, y int) {
	for i, name := range []string{"without Message-Authenticator", "with"} {
		at := x + i*200
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="10" height="10" rx="2"/><text class="quiet" x="%d" y="%d">%s</text>`+"\n",
			[...]string{"off", "on"}[i], at, y-9, at+15, y, name)
	}
}

func draw(b *bytes.Buffer, class string, x, y, height int, length float64, value string) {
	fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/><text class="quiet" x="%.1f" y="%d">%s</text>`+"\n",
		class, x, y, length, height, float64(x)+length+5, y+height-3, value)
}
