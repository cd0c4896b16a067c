// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/dac/dactest"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/stretchr/testify/require"
)

// A reloading is the program with a configuration that changes.
type reloading struct {
	t       *testing.T
	file    string
	reloads chan struct{}
	addrs   []netip.AddrPort // listening, accounting, metrics
	out     *command.Lines
	text    *bytes.Buffer
	stop    func()
}

func startReloading(t *testing.T, c map[string]any, args ...string) *reloading {
	r := &reloading{t: t, file: filepath.Join(t.TempDir(), "proxy.json"), reloads: make(chan struct{}), text: &bytes.Buffer{}}
	r.write(c)
	ctx, cancel := context.WithCancel(command.WithReloads(context.Background(), r.reloads))
	out, in := io.Pipe()
	status := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		status <- Run(ctx, append([]string{"-config", r.file}, args...), in, &stderr, nil)
		in.Close()
	}()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	require.NoError(t, err, stderr.String())
	if len(args) > 0 {
		second, err := lines.ReadString('\n')
		require.NoError(t, err)
		first += second
	}
	for _, addr := range regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(first, -1) {
		r.addrs = append(r.addrs, netip.MustParseAddrPort(addr))
	}
	r.out = command.NewLines(r.text)
	copied := make(chan bool)
	go func() {
		_, _ = lines.WriteTo(r.out)
		close(copied)
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		require.Zero(t, <-status, stderr.String())
		<-copied
	})
	t.Cleanup(r.stop)
	return r
}

func (r *reloading) write(c map[string]any) {
	text, err := json.Marshal(c)
	require.NoError(r.t, err)
	require.NoError(r.t, os.WriteFile(r.file+".new", text, 0o600))
	require.NoError(r.t, os.Rename(r.file+".new", r.file)) // never half of it
}

// reload has the program read its configuration; it has done so when the next one is taken.
func (r *reloading) reload() { r.reloads <- struct{}{} }

// settled waits until that many reloads have been done, of which so many have failed.
func (r *reloading) settled(done, failed int) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		return r.metric(`dynauth_reloads_total{result="ok"}`) == fmt.Sprint(done-failed) && r.metric(`dynauth_reloads_total{result="failed"}`) == fmt.Sprint(failed)
	}, 20*time.Second, time.Millisecond)
}

// metric is what one series says.
func (r *reloading) metric(series string) string {
	resp, err := http.Get("http://" + r.addrs[len(r.addrs)-1].String() + "/metrics")
	require.NoError(r.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	found := regexp.MustCompile("(?m)^" + regexp.QuoteMeta(series) + " (.*)$").FindSubmatch(text)
	require.NotNil(r.t, found, "%s in %s", series, text)
	return string(found[1])
}

func targetOf(name string, n *dactest.NAS) map[string]any {
	return map[string]any{"name": name, "address": n.Addr.String(), "secret": dactest.Secret, "nas_identifiers": []string{name}}
}

// Executions are what NASes have done for orders, and what the senders of those have heard.
type executions struct {
	mu              sync.Mutex
	of              map[string]int // by Acct-Session-Id
	acked, unrouted atomic.Int64
}

// count is the handler of a NAS.
func (e *executions) count(_ context.Context, q *dac.Request) (*dac.Response, error) {
	id, err := attrs.AcctSessionID.Get(q.Packet.Attributes)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.of == nil {
		e.of = make(map[string]int)
	}
	e.of[id]++
	return q.ACK()
}

// send sends orders to the NASes in turn, by the proxy at addr, until ctx is done. Each is answered,
// and executed once where the answer says so, and not at all where it says that there is no way,
// which may be so for the NAS comesAndGoes alone.
func (e *executions) send(ctx context.Context, t *testing.T, sender string, client *dac.Client, addr netip.AddrPort, nases []string, comesAndGoes string) {
	defer client.Close()
	for n := 0; ctx.Err() == nil; n++ {
		to, id := nases[n%len(nases)], fmt.Sprint(sender, "-", n)
		_, err := client.Disconnect(t.Context(), addr, attrs.NASIdentifier.Of(to), attrs.AcctSessionID.Of(id))
		e.mu.Lock()
		times := e.of[id]
		e.mu.Unlock()
		switch {
		case err == nil && times == 1:
			e.acked.Add(1)
		case to == comesAndGoes && errors.Is(err, errcause.RequestNotRoutable) && times == 0:
			e.unrouted.Add(1)
		default:
			t.Errorf("order %s to %s: %v, executed %d times", id, to, err, times)
			return
		}
	}
}

// A thousand reloads under load lose no request and double none: each is answered, and executed
// once where the answer says so and not at all where it says that there is no way.
func TestReloadsLoseAndDoubleNothing(t *testing.T) {
	const reloads = 1000
	var done executions
	counting := func() *dactest.NAS { return dactest.NewNAS(t, dac.HandlerFunc(done.count)) }
	nases := map[string]*dactest.NAS{"a": counting(), "b": counting(), "c": counting()}
	conf := func(i int) map[string]any {
		client := map[string]any{"prefix": "127.0.0.0/8", "name": "aaa", "secret": "of the sender"}
		if i%3 == 1 {
			client = map[string]any{"prefix": "127.0.0.1", "name": "aaa", "secret": fmt.Sprint("rolled out ", i), "previous": "of the sender"}
		}
		targets := []map[string]any{targetOf("a", nases["a"]), targetOf("b", nases["b"])}
		if i%2 == 0 {
			targets = append(targets, targetOf("c", nases["c"]))
		}
		listen := []string{"127.0.0.1:0"}
		if i%5 == 4 {
			listen = append(listen, "127.0.0.1:0")
		}
		c := map[string]any{"listen": listen, "clients": []any{client}, "targets": targets}
		if i%10 == 9 {
			c["colour"] = "blue" // a mistake: it stays as it is
		}
		return c
	}
	r := startReloading(t, conf(0), "-metrics", "127.0.0.1:0")
	ctx, stop := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	for i := range 4 {
		senders.Go(func() {
			client := &dac.Client{Peers: dac.SharedSecret("of the sender"), Retry: dac.Retry{Initial: 5 * time.Second}}
			done.send(ctx, t, fmt.Sprint(i), client, r.addrs[0], []string{"a", "b", "c"}, "c")
		})
	}
	for i := range reloads {
		r.write(conf(i + 1))
		r.reload()
	}
	r.reload() // the last one is done when this is taken
	stop()
	senders.Wait()
	require.Greater(t, done.acked.Load(), int64(100))
	require.Greater(t, done.unrouted.Load(), int64(10))
	require.NotEqual(t, "0", r.metric(`dynauth_reloads_total{result="failed"}`))
	t.Logf("%d done, %d without a way", done.acked.Load(), done.unrouted.Load())
}

// What goes is drained: a request that came in by a socket, from a client and for a target that are
// there no more is answered when the NAS has.
func TestReloadDrainsWhatGoes(t *testing.T) {
	came, goOn := make(chan bool, 1), make(chan bool)
	slow := dactest.NewNAS(t, dac.HandlerFunc(func(ctx context.Context, q *dac.Request) (*dac.Response, error) {
		came <- true
		<-goOn
		return q.ACK()
	}))
	other := nas(t, "other")
	client := func(prefix string) []map[string]any {
		return []map[string]any{{"prefix": prefix, "secret": "of the sender"}}
	}
	r := startReloading(t, map[string]any{"listen": []string{"127.0.0.1:0", "127.0.0.1:0"}, "clients": client("127.0.0.1"), "targets": []any{targetOf("slow", slow)}})
	answered := make(chan error, 1)
	go func() {
		c := &dac.Client{Peers: dac.SharedSecret("of the sender"), Retry: dac.Retry{Transmissions: 1, Initial: 20 * time.Second}}
		defer c.Close()
		_, err := c.Disconnect(t.Context(), r.addrs[1], attrs.NASIdentifier.Of("slow"), attrs.AcctSessionID.Of("1"))
		answered <- err
	}()
	<-came
	r.write(map[string]any{"listen": []string{"127.0.0.1:0"}, "clients": client("127.0.0.2"), "targets": []any{targetOf("other", other)}})
	r.reload()
	r.write(map[string]any{"listen": []string{"127.0.0.1:0"}, "clients": client("127.0.0.1"), "targets": []any{targetOf("other", other)}})
	r.reload()
	resp, err := asks(t).Disconnect(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("other"))
	require.NoError(t, err)
	require.Equal(t, "other", who(t, resp))
	_, err = asks(t).Disconnect(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("slow"))
	require.ErrorIs(t, err, errcause.RequestNotRoutable)
	close(goOn)
	require.NoError(t, <-answered)
}

// Secrets stand in files and in the environment too, and are read anew; permissions change.
func TestReloadReadsSecretsAndPermissions(t *testing.T) {
	a := nas(t, "a")
	dir := t.TempDir()
	of := func(name, text string) string {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		return filepath.Join(dir, name)
	}
	t.Setenv("DYNAUTH_TEST_SECRET", dactest.Secret)
	target := func(deny ...string) map[string]any {
		return map[string]any{"name": "a", "address": a.Addr.String(), "secret_env": "DYNAUTH_TEST_SECRET", "nas_identifiers": []string{"a"}, "deny": deny}
	}
	conf := func(deny ...string) map[string]any {
		return map[string]any{"listen": []string{"127.0.0.1:0"}, "clients": []any{map[string]any{"prefix": "127.0.0.1", "secret_file": of("secret", "of the sender\n")}}, "targets": []any{target(deny...)}}
	}
	r := startReloading(t, conf(), "-metrics", "127.0.0.1:0")
	_, err := asks(t).CoA(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("a"), attrs.UserName.Of("bob"))
	require.NoError(t, err)
	r.write(conf("coa"))
	r.reload()
	r.settled(1, 0)
	// Of another user: with the identifier and in the second of the one before, which is chance, it
	// would be the same octets, and a retransmission gets the answer that there was.
	_, err = asks(t).CoA(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("a"), attrs.UserName.Of("alice"))
	require.ErrorIs(t, err, errcause.AdministrativelyProhibited)
	of("secret", "another of the sender")
	r.reload()
	r.settled(2, 0)
	changed := &dac.Client{Peers: dac.SharedSecret("another of the sender")}
	defer changed.Close()
	_, err = changed.Disconnect(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("a"), attrs.UserName.Of("bob"))
	require.NoError(t, err)
	of("secret", "")
	r.reload()
	r.settled(3, 1)
	_, err = changed.Disconnect(t.Context(), r.addrs[0], attrs.NASIdentifier.Of("a"), attrs.UserName.Of("bob"))
	require.NoError(t, err, "a mistake leaves it as it was")
}

// What is wrong is said with its file, line and column.
func TestConfigurationErrorsSayWhere(t *testing.T) {
	for text, says := range map[string]string{
		"{\n  \"listen\": [\"127.0.0.1:0\"],\n  \"listen\": []\n}":                                                                      `:3:3: "listen" is there twice`,
		"{\"targets\": [\n  {\"address\": \"192.0.2.1:3799\", \"secret\": \"s\"},\n  {\"address\": \"192.0.2.2\", \"secret\": \"s\"}]}": `:3:15: target 2: address "192.0.2.2": give HOST:PORT`,
		"{\"targets\": [{\"address\": \"192.0.2.1:1\", \"secret\": \"s\",\n \"deny\": [\"all\"]}]}":                                     `:2:10: target 1: deny "all"`,
		"{\"targets\": [\n{\"address\": \"nas.invalid:3799\", \"secret\": \"s\"}]}":                                                     `:2:13: target 1: address "nas.invalid:3799": lookup nas.invalid`,
		"{\"clients\": [\n{\"prefix\": \"192.0.2.1\", \"secret_file\": \"/nowhere/secret\"}]}":                                          `:2:1: client 1: open /nowhere/secret`,
		"{\"clients\": [\n{\"prefix\": \"192.0.2.1\", \"secret_env\": \"DYNAUTH_NOT_SET\"}]}":                                           "the environment has no DYNAUTH_NOT_SET",
		"{\"clients\": [\n{\"prefix\": \"192.0.2.1\", \"secret\": \"s3cret\", \"secret_env\": \"HOME\"}]}":                              "one place",
		"{\n \"colour\": 1}":   `:2:2: unknown field "colour"`,
		"{\n \"Listen\": []}":  `it is written "listen"`,
		"{\n \"listen\": [,]}": `:2:13: `,
		"{\"visited\": {\n\"realm\": \"a\", \"keys\": [\"b\"]}}": `:1:13: route: key 1`,
	} {
		name := filepath.Join(t.TempDir(), "proxy.json")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		var stderr bytes.Buffer
		require.Equal(t, 2, Run(t.Context(), []string{"-config", name}, io.Discard, &stderr, nil))
		require.Contains(t, stderr.String(), says, text)
		require.Contains(t, stderr.String(), name+":")
		require.NotContains(t, stderr.String(), "s3cret")
	}
}
