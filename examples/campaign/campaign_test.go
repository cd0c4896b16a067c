// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/radius-dynauth/dynauth/attrs"
	"github.com/radius-dynauth/dynauth/dac"
	"github.com/radius-dynauth/dynauth/errcause"
	"github.com/radius-dynauth/dynauth/examples/internal/command"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
)

// The test binary is the program too: the workers that the tests kill are processes.
func TestMain(m *testing.M) {
	if os.Getenv("DYNAUTH_CAMPAIGN_PROGRAM") != "" {
		os.Exit(run(command.Context(), os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func TestDemonstration(t *testing.T) {
	var out, stderr bytes.Buffer
	began := time.Now()
	require.Zero(t, run(t.Context(), []string{"-n", "200"}, &out, &stderr), stderr.String())
	require.Equal(t, 4, strings.Count(out.String(), "completed  done"), out.String())
	require.Less(t, time.Since(began), time.Minute)
	require.NotContains(t, out.String(), demoSecret)
}

func TestOrders(t *testing.T) {
	all, err := readOrders(strings.NewReader("# a comment\n\n192.0.2.1:3799 disconnect Acct-Session-Id = \"1\", User-Name = \"bob\"\n[2001:db8::1]:1700 coa Acct-Session-Id=2,Filter-Id=gold\n"))
	require.NoError(t, err)
	require.Equal(t, []Order{{"192.0.2.1:3799", false, `Acct-Session-Id = "1", User-Name = "bob"`}, {"[2001:db8::1]:1700", true, "Acct-Session-Id=2,Filter-Id=gold"}}, all)
	require.Equal(t, "nas-192-0-2-1-3799", all[0].queue())
	require.Equal(t, "nas-2001-0db8-0000-0000-0000-0000-0000-0001-1700", all[1].queue())
	for text, says := range map[string]string{
		"192.0.2.1:3799 dance a=b":                   "disconnect or coa",
		"192.0.2.1:3799 disconnect":                  "line 1",
		"bng:3799 disconnect User-Name=bob":          "line 1",
		"192.0.2.1:0 disconnect User-Name=bob":       "no port",
		"\n192.0.2.1:3799 disconnect Rainbow=bob":    "line 2",
		"192.0.2.1:3799 disconnect Session-Timeout=": "line 1",
	} {
		_, err := readOrders(strings.NewReader(text))
		require.ErrorContains(t, err, says, text)
	}
}

// What was interrupted, or had no answer, may have been executed; what was refused, or not sent,
// was not.
func TestDoubt(t *testing.T) {
	attempts := func(errs ...string) []rivertype.AttemptError {
		var all []rivertype.AttemptError
		for _, e := range errs {
			all = append(all, rivertype.AttemptError{Error: e})
		}
		return all
	}
	for name, c := range map[string]struct {
		row   rivertype.JobRow
		doubt bool
	}{
		"first":              {rivertype.JobRow{Attempt: 1}, false},
		"interrupted":        {rivertype.JobRow{Attempt: 2}, true},
		"refused before":     {rivertype.JobRow{Attempt: 2, Errors: attempts(notExecuted + "506")}, false},
		"silence before":     {rivertype.JobRow{Attempt: 2, Errors: attempts("dac: no answer")}, true},
		"both":               {rivertype.JobRow{Attempt: 3, Errors: attempts(notExecuted+"506", "dac: no answer")}, true},
		"interrupted, later": {rivertype.JobRow{Attempt: 3, Errors: attempts(notExecuted + "506")}, true},
	} {
		require.Equal(t, c.doubt, doubtful(&c.row), name)
	}
}

func TestUsageIsExplained(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"dance"}, "enqueue, work or report"},
		{[]string{"work"}, "-database"},
		{[]string{"work", "-database", "x"}, "-nases"},
		{[]string{"enqueue", "-database", "x"}, "-file"},
		{[]string{"-n", "0"}, "-n"},
		{[]string{"report", "-database", "x", "y"}, "no flag"},
	} {
		var stderr bytes.Buffer
		require.Equal(t, 2, run(t.Context(), c.args, io.Discard, &stderr), c.args)
		require.Contains(t, stderr.String(), c.says)
	}
}

// A testNAS counts what it executes, and loses packets.
type testNAS struct {
	addr string
	dead atomic.Bool
	loss float64

	mu    sync.Mutex // guards what follows
	ended map[string]int
	coas  map[string]int
	times []time.Time // of requests that were executed or refused
}

// A lossyConn loses packets of both ways.
type lossyConn struct {
	net.PacketConn
	nas *testNAS
}

func (c lossyConn) lost() bool { return c.nas.dead.Load() || rand.Float64() < c.nas.loss }

func (c lossyConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(b)
		if err != nil || !c.lost() {
			return n, from, err
		}
	}
}

func (c lossyConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if c.lost() {
		return len(b), nil
	}
	return c.PacketConn.WriteTo(b, to)
}

func startNAS(t *testing.T, loss float64) *testNAS {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	n := &testNAS{addr: pc.LocalAddr().String(), loss: loss, ended: map[string]int{}, coas: map[string]int{}}
	server := &dac.Server{Peers: dac.SharedSecret(demoSecret), Handler: dac.HandlerFunc(n.handle)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, lossyConn{pc, n}) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	return n
}

func (n *testNAS) handle(ctx context.Context, r *dac.Request) (*dac.Response, error) {
	id, err := attrs.AcctSessionID.Get(r.Packet.Attributes)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.times = append(n.times, time.Now())
	if !r.Disconnect() {
		n.coas[id]++
		return r.ACK()
	}
	if n.ended[id] > 0 {
		return nil, errcause.SessionContextNotFound
	}
	n.ended[id]++
	return r.ACK()
}

// await waits until the NAS has had so many requests.
func (n *testNAS) await(t *testing.T, requests int) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for had := 0; had < requests; <-tick.C {
		require.NoError(t, t.Context().Err())
		n.mu.Lock()
		had = len(n.times)
		n.mu.Unlock()
	}
}

// writeNASes makes a file with the secret of every testNAS.
func writeNASes(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "nases.json")
	require.NoError(t, os.WriteFile(name, []byte(`[{"prefix": "127.0.0.1", "secret": "`+demoSecret+`"}]`), 0o600))
	return name
}

// A child is a worker process that is killed and started again.
type child struct {
	t    *testing.T
	args []string
	cmd  *exec.Cmd
	log  bytes.Buffer
}

func (c *child) start() {
	program, err := os.Executable()
	require.NoError(c.t, err)
	c.cmd = exec.Command(program, c.args...)
	c.cmd.Env = append(os.Environ(), "DYNAUTH_CAMPAIGN_PROGRAM=1")
	c.cmd.Stdout, c.cmd.Stderr = &c.log, &c.log
	require.NoError(c.t, c.cmd.Start())
}

// kill ends it with SIGKILL and returns the most memory that it had, in KiB.
func (c *child) kill() int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	_, text, _ := strings.Cut(string(status), "VmHWM:")
	text, _, _ = strings.Cut(strings.TrimSpace(text), " ")
	kib, _ := strconv.Atoi(text)
	return kib
}

// Three workers on PostgreSQL, ten of which are killed in the middle, over a network that loses
// packets and with a NAS that is dead for a while: each session is ended once, each change is made
// once at most and reported where nobody knows, and no NAS is asked quicker than its rate.
func TestCrashes(t *testing.T) {
	url := os.Getenv("DYNAUTH_POSTGRES")
	if url == "" {
		t.Skip("DYNAUTH_POSTGRES says where PostgreSQL is")
	}
	n, dead, rate := 4000, 5*time.Second, 100.0
	if text := os.Getenv("DYNAUTH_CAMPAIGN"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(t, err)
		dead, rate = time.Minute, 600
	}
	ctx := t.Context()
	d, err := openDatabase(ctx, url)
	require.NoError(t, err)
	defer d.close()
	_, err = d.ExecContext(ctx, `DELETE FROM river_job`)
	require.NoError(t, err)
	var nases []*testNAS
	var orders []Order
	for i := range 8 {
		nases = append(nases, startNAS(t, 0.02))
		for j := i; j < n; j += 8 {
			orders = append(orders, Order{NAS: nases[i].addr, Change: j%100 == i, Attributes: fmt.Sprintf("Acct-Session-Id = \"%08x\"", j)})
		}
	}
	require.NoError(t, d.enqueue(ctx, orders, func(func(context.Context, string, ...any) error) error { return nil }))
	secrets := writeNASes(t)
	began := time.Now()
	var workers []*child
	for range 3 {
		c := &child{t: t, args: []string{"work", "-database", url, "-nases", secrets, "-rate", fmt.Sprint(rate), "-in-flight", "64", "-t", "500ms"}}
		c.start()
		workers = append(workers, c)
	}
	most := 0
	t.Cleanup(func() {
		for _, c := range workers {
			_ = c.cmd.Process.Kill()
		}
	})
	nases[3].dead.Store(true)
	revive := time.AfterFunc(dead, func() { nases[3].dead.Store(false) })
	defer revive.Stop()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	every := min(5*time.Second, max(time.Second, time.Duration(n)*time.Second/20_000))
	var answered time.Duration // when the NASes that are not dead had answered all
	for kills, next := 0, began.Add(every); ; <-tick.C {
		if now := time.Now(); kills < 10 && now.After(next) {
			next = now.Add(every)
			c := workers[kills%3]
			most = max(most, c.kill())
			c.start()
			kills++
		}
		if answered == 0 && d.isOver(t, "queue <> '"+Order{NAS: nases[3].addr}.queue()+"'") {
			answered = time.Since(began)
		}
		if answered > 0 && kills == 10 && d.isOver(t, "true") {
			break
		}
		require.Less(t, time.Since(began), 20*time.Minute, workers[0].log.String())
	}
	took := time.Since(began)
	for _, c := range workers {
		most = max(most, c.kill())
	}
	all, err := d.report(ctx)
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, printReport(&text, all))
	t.Logf("%d orders in %v, %.0f/s; %d of them, of NASes that were not dead, in %v, %.0f/s; a worker had %d MiB at most\n%s",
		n, took.Round(time.Millisecond), float64(n)/took.Seconds(), n*7/8, answered.Round(time.Millisecond), float64(n*7/8)/answered.Seconds(), most/1024, text.String())
	checkCrashes(t, nases, orders, all, rate)
	require.Less(t, most/1024, 128, "MiB of a worker")
}

// isOver reports whether no job is left at the NASes for which the condition holds.
func (d *database) isOver(t *testing.T, where string) (over bool) {
	require.NoError(t, d.QueryRowContext(t.Context(), `SELECT NOT EXISTS (SELECT 1 FROM campaign_lease WHERE `+where+` AND `+unfinished+`)`).Scan(&over))
	return over
}

// checkCrashes compares what the NASes did with what is reported.
func checkCrashes(t *testing.T, nases []*testNAS, orders []Order, all []line, rate float64) {
	verdicts := map[string]int{}
	for _, l := range all {
		verdicts[l.Verdict] += l.Jobs
	}
	executed, changes := 0, 0
	byAddr := map[string]*testNAS{}
	for _, n := range nases {
		byAddr[n.addr] = n
	}
	for _, o := range orders {
		n, id := byAddr[o.NAS], strings.Trim(strings.TrimPrefix(o.Attributes, "Acct-Session-Id = "), `"`)
		if o.Change {
			changes++
			require.LessOrEqual(t, n.coas[id], 1, "a change was made twice: %s", id)
			executed += n.coas[id]
			continue
		}
		require.Equal(t, 1, n.ended[id], "session %s of %s", id, o.NAS)
	}
	require.Equal(t, len(orders)-changes, verdicts[acked]+verdicts[gone]-(changes-verdicts[possibly]), verdicts)
	require.LessOrEqual(t, changes-verdicts[possibly], executed, "what is reported as done was")
	require.Equal(t, len(orders), verdicts[acked]+verdicts[gone]+verdicts[possibly], verdicts)
	// A test that is short of processor time finds what waits in the socket at once, so that a
	// second has more than the rate: three are the window.
	const window = 3 * time.Second
	for _, n := range nases {
		slices.SortFunc(n.times, time.Time.Compare)
		for i, j := 0, 0; i < len(n.times); i++ {
			for n.times[i].Sub(n.times[j]) > window {
				j++
			}
			require.LessOrEqual(t, float64(i-j+1), (1.25*rate+10)*window.Seconds(), "requests to %s within %v", n.addr, window)
		}
	}
}

// ordered is a database with n orders for one NAS.
func ordered(t *testing.T, n int) (where string, d *database, nas *testNAS) {
	where = filepath.Join(t.TempDir(), "campaign.db")
	d, err := openDatabase(t.Context(), where)
	require.NoError(t, err)
	t.Cleanup(func() { d.close() })
	nas = startNAS(t, 0)
	var orders []Order
	for i := range n {
		orders = append(orders, Order{NAS: nas.addr, Attributes: fmt.Sprintf("Acct-Session-Id = \"%08x\"", i)})
	}
	require.NoError(t, d.enqueue(t.Context(), orders, func(func(context.Context, string, ...any) error) error { return nil }))
	return where, d, nas
}

// A worker that is told to end gives a lease back when all that it knows stands in the table: the
// next one would ask again what was answered.
func TestLeaseIsGivenBackLast(t *testing.T) {
	_, d, nas := ordered(t, 2000)
	for _, statement := range []string{
		`CREATE TABLE freed (running integer)`,
		`CREATE TRIGGER freed AFTER UPDATE ON campaign_lease WHEN NEW.until = 0 BEGIN INSERT INTO freed SELECT count(*) FROM river_job WHERE state = 'running'; END`,
	} {
		_, err := d.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- d.work(ctx, config{peers: dac.SharedSecret(demoSecret), log: slog.New(slog.DiscardHandler)}, false)
	}()
	nas.await(t, 300)
	stop()
	require.NoError(t, <-done)
	var running int // a lease that no worker could give back in time runs out, and is none of these
	require.NoError(t, d.QueryRowContext(t.Context(), `SELECT coalesce(sum(running), 0) FROM freed`).Scan(&running))
	require.Zero(t, running)
}

// A worker needs as much memory for a table of 500 orders as for one of 64,000, of which all wait.
func TestMemoryDoesNotGrowWithTheTable(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/proc says how much memory a process had")
	}
	small, large := 0, 0
	for doublings, peak := range map[int]*int{0: &small, 7: &large} {
		where, d, nas := ordered(t, 500)
		for range doublings {
			_, err := d.ExecContext(t.Context(), `INSERT INTO river_job (args, kind, max_attempts, queue, state) SELECT args, kind, max_attempts, queue, state FROM river_job`)
			require.NoError(t, err)
		}
		require.NoError(t, d.close())
		c := &child{t: t, args: []string{"work", "-database", where, "-nases", writeNASes(t)}}
		c.start()
		nas.await(t, 500)
		*peak = c.kill() / 1024
	}
	t.Logf("%d MiB for 500 orders, %d MiB for 64,000", small, large)
	require.NotZero(t, small)
	require.Less(t, large, small+16, "MiB of a worker")
}

// A transaction that is rolled back leaves neither the billing change nor an order.
func TestOrdersStandWithTheirReason(t *testing.T) {
	d, err := openDatabase(t.Context(), filepath.Join(t.TempDir(), "campaign.db"))
	require.NoError(t, err)
	defer d.close()
	orders := []Order{{NAS: "192.0.2.1:3799", Attributes: `Acct-Session-Id = "1"`}}
	_, err = d.ExecContext(t.Context(), `CREATE TABLE bill (name text)`)
	require.NoError(t, err)
	bill := func(exec func(context.Context, string, ...any) error) error {
		return exec(t.Context(), `INSERT INTO bill VALUES ($1)`, "bob")
	}
	failing := errors.New("the subscriber has paid meanwhile")
	require.ErrorIs(t, d.enqueue(t.Context(), orders, func(exec func(context.Context, string, ...any) error) error {
		return errors.Join(bill(exec), failing)
	}), failing)
	require.Error(t, d.enqueue(t.Context(), append(orders, Order{NAS: "nowhere"}), bill))
	count := func(query string) (n int) {
		require.NoError(t, d.QueryRowContext(t.Context(), query).Scan(&n))
		return n
	}
	require.Zero(t, count(`SELECT count(*) FROM bill`))
	require.Zero(t, count(`SELECT count(*) FROM river_job`))
	require.NoError(t, d.enqueue(t.Context(), orders, bill))
	require.Equal(t, 1, count(`SELECT count(*) FROM bill`))
	require.Equal(t, 1, count(`SELECT count(*) FROM river_job`))
}
