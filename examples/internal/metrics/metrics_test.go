// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/radius-dynauth/dynauth/examples/internal/metrics"
	"github.com/stretchr/testify/require"
)

func TestTextFormat(t *testing.T) {
	var w metrics.Writer
	w.Counter("b_total", "Second.", 7, "peer", "a\"\\\n\xff", "kind", "coa")
	w.Gauge("a", "First\nof two.", 0.5)
	w.Counter("b_total", "Second.", 8)
	var b strings.Builder
	_, err := w.WriteTo(&b)
	require.NoError(t, err)
	require.Equal(t, `# HELP a First\nof two.
# TYPE a gauge
a 0.5
# HELP b_total Second.
# TYPE b_total counter
b_total{peer="a\"\\\n\\xff",kind="coa"} 7
b_total 8
`, b.String())
}

func TestServe(t *testing.T) {
	var r metrics.Reloads
	r.OK.Add(3)
	bound, stop, err := metrics.Serve("127.0.0.1:0", r.Source)
	require.NoError(t, err)
	defer stop()
	resp, err := http.Get("http://" + bound.String() + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), `dynauth_reloads_total{result="ok"} 3`)
	require.Contains(t, resp.Header.Get("Content-Type"), "version=0.0.4")
	_, _, err = metrics.Serve(bound.String())
	require.ErrorContains(t, err, "-metrics")
	_, none, err := metrics.Serve("")
	require.NoError(t, err)
	none()
}
