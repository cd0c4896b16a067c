// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pageSessions are whom the picture in the README shows.
func pageSessions(t *testing.T, more ...map[string]any) string {
	t.Helper()
	names := []string{"anna", "ben", "carla", "dora", "elif", "farid", "greta", "hugo", "ines", "jonas", "karin", "luis", "mei", "nadia", "otto", "paula"}
	list := more
	for i, name := range names {
		list = append(list, map[string]any{
			"Acct-Session-Id": "4f2a10" + string("0123456789abcdef"[i]) + "7", "User-Name": name + "@example.net", "Framed-IP-Address": "198.51.100." + []string{"10", "27", "31", "8"}[i%4],
			"Filter-Id": []string{"silver", "gold", "bronze"}[i%3], "Session-Timeout": []int{3600, 86400}[i%2],
		})
	}
	text, err := json.Marshal(list)
	require.NoError(t, err)
	file := tempFile(t, "sessions.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

// startPage starts a NAS with its page, and a browser that shows it.
func startPage(t *testing.T, args ...string) (*nasProcess, *chromium) {
	t.Helper()
	nas := startNAS(t, append([]string{"-secret", interopSecret, "-web", "127.0.0.1:0"}, args...)...)
	line := ""
	for !strings.Contains(line, "http://") {
		var err error
		line, err = nas.out.ReadString('\n')
		require.NoError(t, err)
		if strings.Contains(line, "over TLS") {
			nas.overTLS = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(line)
		}
	}
	c := startChromium(t)
	c.open(regexp.MustCompile(`http://\S+/`).FindString(line))
	c.until(`document.querySelector("#live").textContent.startsWith("live")`)
	return nas, c
}

// A person ends a session with the form: its row goes, and the request stands in the list with its
// answer.
func TestInteropPageDisconnects(t *testing.T) {
	nas, c := startPage(t, "-web-control", "-sessions", pageSessions(t))
	c.until(`document.querySelectorAll("#sessions tbody tr").length === 16`)
	c.eval(`[...document.querySelectorAll("#sessions tbody button")].find((b) => b.textContent === "4f2a1027").click()`)
	c.press("Enter")
	c.until(`document.querySelector("#told").textContent.startsWith("ACK")`)
	c.until(`!document.querySelector("#sessions tbody").textContent.includes("carla@example.net")`)
	c.until(`document.querySelector("#found").textContent === "15"`)
	assert.Regexp(t, `^\d\d:\d\d:\d\d\.\d{3}Disconnect-Request127\.0\.0\.1:\d+ · \d+.*User-Name carla@example\.net.*ACK`, c.eval(`document.querySelector("#requests tbody tr").textContent`))

	nas.stop(t)
	assert.Equal(t, counted{"Requests": 1, "ACKs": 1, "Sessions": 1}, nas.disconnect(t))
	c.until(`document.querySelector("#live").className !== "on"`)
}

// The same without a mouse: from the search to the session, to the button.
func TestInteropPageWorksByKeyboard(t *testing.T) {
	nas, c := startPage(t, "-web-control", "-n", "1000000")
	c.until(`document.querySelector("#found").textContent === "the first 200 of 1,000,000"`)
	c.eval(`document.querySelector("#query").focus()`)
	c.write("USER0999999")
	c.until(`document.querySelector("#found").textContent === "1 of 1,000,000"`)
	c.press("Tab")
	c.press("Tab")
	assert.Equal(t, "000f423f", c.eval(`document.activeElement.textContent`))
	assert.Equal(t, true, c.eval(`document.activeElement.matches(":focus-visible") && getComputedStyle(document.activeElement).outlineStyle === "solid"`))
	c.press("Enter")
	assert.Equal(t, "Send Disconnect-Request", c.eval(`document.activeElement.textContent`))
	c.press("Enter")
	c.until(`document.querySelector("#told").textContent.startsWith("ACK")`)
	c.until(`document.querySelector("#found").textContent === "0 of 999,999"`)
	nas.stop(t)
	assert.Equal(t, counted{"Requests": 1, "ACKs": 1, "Sessions": 1}, nas.disconnect(t))
}

// What comes from the wire is text on the page, whatever it looks like.
func TestInteropPageEscapes(t *testing.T) {
	const hostile = "<img src=x onerror=document.title='taken'>\u202e</td><script>document.title='taken'</script>"
	nas, c := startPage(t, "-support", "Tunnel-Password,Reply-Message", "-sessions", pageSessions(t, map[string]any{"Acct-Session-Id": hostile, "User-Name": hostile, "Filter-Id": hostile}))
	file := tempFile(t, "packets")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "Acct-Session-Id = \"%[1]s\"\nFilter-Id = \"%[1]s\"\nTunnel-Password:1 = \"hush-hush\"\n", hostile), 0o600))
	dacctl(t, "coa", "-nas", nas.addr, "-secret", interopSecret, "-f", file)
	c.until(`document.querySelector("#requests tbody .ack")`)
	shown := c.eval(`document.querySelector("main").textContent`)
	assert.Equal(t, 5, strings.Count(shown.(string), "<img src=x onerror"), "thrice as a session, twice in the request")
	assert.Contains(t, shown, "Tunnel-Password:1 [hidden]")
	assert.NotContains(t, shown, "\u202e")
	assert.NotContains(t, c.eval(`document.documentElement.outerHTML`), "hush-hush")
	assert.EqualValues(t, 0, c.eval(`document.querySelectorAll("img, main script").length`))
	assert.Equal(t, "NAS", c.eval(`document.title`))
	assert.Equal(t, false, c.eval(`(() => { try { document.body.innerHTML = "<b>x</b>"; return true } catch { return false } })()`), "the browser itself refuses")
}

// A page of somebody else, open in the same browser, ends no session and learns nothing.
func TestInteropPageKeepsOthersOut(t *testing.T) {
	nas, c := startPage(t, "-web-control", "-sessions", pageSessions(t))
	page := c.eval(`location.href`)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<!doctype html>") }))
	defer elsewhere.Close()
	body := `{"kind":"disconnect","attributes":"Acct-Session-Id=4f2a1007"}`
	for _, from := range []string{elsewhere.URL, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)} {
		c.open(from)
		for _, attack := range []string{
			`fetch("%[1]srequests", {method: "POST", mode: "no-cors", body: %[2]q}).then(() => "sent", () => "refused")`,
			`fetch("%[1]srequests", {method: "POST", headers: {"Content-Type": "application/json"}, body: %[2]q}).then(() => "done", () => "refused")`,
			`fetch("%[1]sevents").then(() => "read", () => "refused")`,
			`new Promise((done) => { const s = new EventSource("%[1]sevents"); s.onmessage = () => done("read"); s.onerror = () => done("refused"); })`,
			`new Promise((done) => { const f = document.createElement("form"); f.action = "%[1]srequests"; f.method = "POST"; f.enctype = "text/plain"; f.target = "x"; f.append(document.createElement("input")); f.firstChild.name = %[2]q; document.body.append(f); f.submit(); setTimeout(() => done("sent"), 300); })`,
		} {
			assert.Contains(t, []any{"refused", "sent"}, c.eval(fmt.Sprintf(attack, page, body)), attack)
		}
	}
	nas.stop(t)
	assert.Empty(t, nas.disconnect(t), "no request has come of it")
}

// The pictures in the README: go test -tags interop ./examples -run PagePicture -update
func TestInteropPagePicture(t *testing.T) {
	c := visited(t)
	assert.Contains(t, c.eval(`document.querySelector("#requests tbody tr").textContent`), "aaa-1.example.net · TLS", "who has proved to be whom")
	assert.Regexp(t, `^UDP 127\.0\.0\.1:\d+, TLS 127\.0\.0\.1:\d+$`, c.eval(`document.querySelector("#listening").textContent`))
	c.eval(`document.querySelector("#send [value=coa]").click()`)
	c.eval(`[...document.querySelectorAll("#sessions tbody button")].find((b) => b.textContent === "4f2a1057").click()`)
	c.write(`Filter-Id = "gold"`)
	c.press("Tab")
	c.press("Enter")
	c.until(`document.querySelector("#told").textContent.startsWith("ACK")`)
	c.eval(`document.activeElement.blur()`)
	c.until(`document.getAnimations().length === 0`)
	grounds := map[any]bool{}
	for _, scheme := range []string{"light", "dark"} {
		c.scheme(scheme)
		grounds[c.eval(`getComputedStyle(document.body).backgroundColor`)] = true
		assert.Equal(t, true, c.eval(contrast), "text is legible in %s", scheme)
		picture := c.screenshot(1440, 900)
		assert.Empty(t, c.eval(sticksOut), "nothing is cut")
		if *update {
			require.NoError(t, os.WriteFile(filepath.Join(root, ".github", "nas-"+scheme+".png"), picture, 0o644))
		}
		assert.Equal(t, []byte("\x89PNG"), picture[:4])
	}
	assert.Len(t, grounds, 2, "dark is not light")
	assert.Equal(t, true, c.eval(`document.documentElement.scrollWidth <= innerWidth`), "nothing is cut off at the side")
}

// contrast is whether all text stands out from its ground as WCAG asks: 4.5 to 1. The zeros of the
// counters are faint on purpose.
const contrast = `(() => {
	const numbers = (color) => color.match(/[\d.]+/g).map(Number);
	const bright = (rgb) => rgb.slice(0, 3).map((v) => v / 255).map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const ground = (e) => { for (; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor); if (c[3] !== 0) return c; } };
	const faint = [...document.querySelectorAll("body *")].filter((e) => !e.closest(".zero, [hidden]") && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())).filter((e) => {
		const [a, b] = [bright(numbers(getComputedStyle(e).color)), bright(ground(e))].sort((x, y) => y - x);
		return (a + .05) / (b + .05) < 4.5;
	});
	return faint.length === 0 || faint.map((e) => e.className + " " + e.textContent).join("; ");
})()`

// visited starts examples/nas over UDP and TLS, with a page, and lets AAA servers of all kinds come
// by: eight requests.
func visited(t *testing.T) *chromium {
	l := newTLSLab(t)
	l.issue(t, l.ca, "nas", []string{"bng-1.example.net"})
	l.issue(t, l.ca, "aaa", []string{"aaa-1.example.net"})
	nas, c := startPage(t, "-web-control", "-nas-id", "bng-1.example.net", "-sessions", pageSessions(t),
		"-listen-tls", "127.0.0.1:0", "-cert", l.file("nas.pem"), "-key", l.file("nas.key"), "-ca", l.file("ca.pem"))
	visit(t, nas)
	out, status := dacctl(t, "coa", "-nas", nas.overTLS, "-tls", "-server-name", "bng-1.example.net", "-cert", l.file("aaa.pem"), "-key", l.file("aaa.key"), "-ca", l.file("ca.pem"),
		"Acct-Session-Id=4f2a1087", "User-Name=ines@example.net", "Session-Timeout=3600")
	require.Zero(t, status, out)
	c.until(`document.querySelectorAll("#requests tbody tr").length === 8`)
	return c
}

// visit lets AAA servers come by over UDP.
func visit(t *testing.T, nas *nasProcess) {
	ask := func(args ...string) {
		dacctl(t, append([]string{args[0], "-nas", nas.addr, "-secret", interopSecret, "-t", "0.2", "-r", "1"}, args[1:]...)...)
	}
	ask("coa", "Acct-Session-Id=4f2a1007", "User-Name=anna@example.net", "Filter-Id=gold", "Session-Timeout=7200")
	ask("disconnect", "Acct-Session-Id=4f2a1047", "User-Name=elif@example.net")
	ask("coa", "User-Name=hugo@example.net", "Mikrotik-Rate-Limit=50M/10M")
	ask("disconnect", "-secret", "another secret", "User-Name=mei@example.net")
	ask("coa", "User-Name=nadia@example.net", "Framed-Pool=vip")
	request, socket := disconnectRequest("4f2a1097").signed(interopSecret), dial(t, nas.addr)
	require.Equal(t, exchange(t, socket, request), exchange(t, socket, request))
	ask("disconnect", "Acct-Session-Id=4f2a1097", "User-Name=jonas@example.net")
}
