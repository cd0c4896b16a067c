// SPDX-License-Identifier: Apache-2.0

//go:build interop

package examples

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// browsers are the names under which systems have Chromium; of Chrome too, which is the same here.
var browsers = []string{"chromium", "google-chrome", "chromium-browser"}

// A chromium is a browser without a screen and one page in it, driven through its DevTools
// protocol: JSON with a NUL behind each message, over descriptors 3 and 4.
type chromium struct {
	t       *testing.T
	in      *os.File
	out     *bufio.Reader
	calls   int
	session string
}

func startChromium(t *testing.T) *chromium {
	t.Helper()
	program := ""
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	require.NotEmpty(t, program, "none of %q is installed", browsers)
	toBrowser, in, err := os.Pipe()
	require.NoError(t, err)
	out, fromBrowser, err := os.Pipe()
	require.NoError(t, err)

	args := []string{"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + t.TempDir(), "--no-first-run", "--disable-gpu",
		"--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--force-color-profile=srgb"}
	if os.Getuid() == 0 {
		args = append(args, "--no-sandbox") // as root it has none
	}
	cmd := exec.Command(program, append(args, "about:blank")...)
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser}
	require.NoError(t, cmd.Start())
	toBrowser.Close()
	fromBrowser.Close()
	c := &chromium{t: t, in: in, out: bufio.NewReaderSize(out, 1<<20)}
	require.NoError(t, out.SetReadDeadline(time.Now().Add(2*time.Minute)))
	t.Cleanup(func() {
		in.Close() // which ends it
		cmd.Wait()
		out.Close()
	})
	target := c.call("Target.createTarget", map[string]any{"url": "about:blank"})["targetId"]
	c.session = c.call("Target.attachToTarget", map[string]any{"targetId": target, "flatten": true})["sessionId"].(string)
	return c
}

// call asks the browser for something and returns the result.
func (c *chromium) call(method string, params map[string]any) map[string]any {
	c.t.Helper()
	c.calls++
	message := map[string]any{"id": c.calls, "method": method, "params": params}
	if c.session != "" {
		message["sessionId"] = c.session
	}
	text, err := json.Marshal(message)
	require.NoError(c.t, err)
	_, err = c.in.Write(append(text, 0))
	require.NoError(c.t, err)
	for {
		text, err := c.out.ReadBytes(0)
		require.NoError(c.t, err, method)
		var reply struct {
			ID     int
			Result map[string]any
			Error  *struct{ Message string }
		}
		require.NoError(c.t, json.Unmarshal(text[:len(text)-1], &reply))
		if reply.ID != c.calls {
			continue // what happened meanwhile
		}
		require.Nil(c.t, reply.Error, "%s: %s", method, text)
		return reply.Result
	}
}

// open shows a page.
func (c *chromium) open(url string) {
	c.t.Helper()
	c.call("Page.enable", nil)
	result := c.call("Page.navigate", map[string]any{"url": url})
	require.Empty(c.t, result["errorText"], url)
}

// eval evaluates JavaScript, waits for it where it is a promise, and returns what JSON can hold of
// it.
func (c *chromium) eval(script string) any {
	c.t.Helper()
	result := c.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true})
	require.NotContains(c.t, result, "exceptionDetails", "%s: %v", script, result)
	return result["result"].(map[string]any)["value"]
}

// until waits until JavaScript is true of the page.
func (c *chromium) until(condition string) {
	c.t.Helper()
	done := c.eval(fmt.Sprintf(`new Promise((done) => {
		const end = Date.now() + 30000;
		const look = () => { try { if (%s) return done(true); } catch {} Date.now() > end ? done(false) : setTimeout(look, 20); };
		look();
	})`, condition))
	if done != true {
		c.t.Logf("the page: %v", c.eval("document.body.innerText"))
		require.Equal(c.t, true, done, condition)
	}
}

// press presses a key as a person does.
func (c *chromium) press(key string) {
	code := map[string]int{"Tab": 9, "Enter": 13, "ArrowRight": 39}[key]
	press := map[string]any{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code}
	if key == "Enter" {
		press["text"] = "\r"
	}
	c.call("Input.dispatchKeyEvent", press)
	c.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code})
}

// write types text where the focus is.
func (c *chromium) write(text string) { c.call("Input.insertText", map[string]any{"text": text}) }

// scheme is what the system prefers: "light" or "dark".
func (c *chromium) scheme(name string) {
	c.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]any{{"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": "reduce"}}})
}

// screenshot is the page as PNG, in a window of that size.
func (c *chromium) screenshot(width, height int) []byte {
	c.t.Helper()
	c.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1.5, "mobile": false})
	c.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
	png, err := base64.StdEncoding.DecodeString(c.call("Page.captureScreenshot", map[string]any{"format": "png"})["data"].(string))
	require.NoError(c.t, err)
	return png
}
