// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sticksOut are the texts of the requests and sessions that are cut off, by their box or by the
// side of the screen.
const sticksOut = `[...document.querySelectorAll("main tbody *, header *")].filter((e) => e.textContent.trim() && getComputedStyle(e).display !== "none" &&
	(e.getBoundingClientRect().right > innerWidth + 1 || e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline" && getComputedStyle(e).overflowX !== "visible" && !e.closest("header")) || e.closest("header") && e.scrollWidth > e.clientWidth + 1)
	.map((e) => e.tagName + "." + e.className + ": " + e.textContent).join("; ")`

// On a phone what became of a request comes first, and nothing of it is cut off.
func TestInteropPageOnAPhone(t *testing.T) {
	c := visited(t)
	for _, scheme := range []string{"light", "dark"} {
		c.scheme(scheme)
		for name, size := range map[string][2]int{"phone": {390, 844}, "long-phone": {390, 3600}, "desktop": {1440, 900}} {
			picture := c.screenshot(size[0], size[1])
			if folder := os.Getenv("PICTURES"); folder != "" { // for who wants to look at them
				require.NoError(t, os.WriteFile(filepath.Join(folder, name+"-"+scheme+".png"), picture, 0o644))
			}
			assert.Equal(t, true, c.eval(contrast), "%s, %s: text is legible", name, scheme)
			assert.Equal(t, true, c.eval(`document.documentElement.scrollWidth <= innerWidth`), "%s: nothing sticks out at the side", name)
			assert.Empty(t, c.eval(sticksOut), "%s: nothing is cut", name)
			if name == "desktop" {
				continue
			}
			assert.Equal(t, true, c.eval(`[...document.querySelectorAll("#requests tbody tr")].every((tr) => [...tr.cells].every((td) => td.offsetHeight === 0 || td.offsetTop >= tr.cells[4].offsetTop))`), "the verdict comes first")
			assert.Less(t, c.eval(`document.querySelector("#requests tbody tr").getBoundingClientRect().top`), 200.0, "the header is short")
		}
	}
}

// A packet that was dropped has a row with its reason and where it came from.
func TestInteropPageShowsWhatWasDropped(t *testing.T) {
	nas, c := startPage(t, "-sessions", pageSessions(t))
	dacctl(t, "disconnect", "-nas", nas.addr, "-secret", "another secret", "-t", "0.2", "-r", "2", "User-Name=mei@example.net")
	c.until(`document.querySelector("#requests tbody .none")?.textContent === "dropped 2 times"`)
	assert.Regexp(t, `127\.0\.0\.1:\d+ · \d+`, c.eval(`document.querySelector("#requests tbody tr").textContent`))
	assert.NotEmpty(t, c.eval(`document.querySelector("#requests tbody tr td:nth-child(5) .sub").textContent`))

	dial(t, nas.addr).Write([]byte("not RADIUS at all, and of no length"))
	c.until(`document.querySelectorAll("#requests tbody tr").length === 2`)
	assert.NotEmpty(t, c.eval(`document.querySelector("#requests tbody tr td:nth-child(5) .sub").textContent`))
}

// What is wrong with the form is said in red, in words of the form.
func TestInteropPageSaysWhatIsWrongWithTheForm(t *testing.T) {
	_, c := startPage(t, "-web-control", "-sessions", pageSessions(t))
	c.eval(`document.querySelector("#who").value = "User-Nam = bob"`)
	c.eval(`document.querySelector("#form").requestSubmit()`)
	c.until(`document.querySelector("#told").className === "bad"`)
	assert.Contains(t, c.eval(`document.querySelector("#told").textContent`), `unknown attribute "User-Nam"`)
	assert.NotContains(t, c.eval(`document.querySelector("#told").textContent`), "attrs:")
	assert.Equal(t, c.eval(`getComputedStyle(document.querySelector("#told")).color`), c.eval(`(() => { const e = document.createElement("span"); e.className = "nak"; document.body.append(e); const color = getComputedStyle(e).color; e.remove(); return color })()`))

	c.eval(`document.querySelector("#who").value = "Acct-Session-Id = 4f2a1007"`)
	c.eval(`document.querySelector("#form").requestSubmit()`)
	c.until(`document.querySelector("#told").textContent.startsWith("ACK")`)
	assert.Equal(t, "", c.eval(`document.querySelector("#told").className`))
}
