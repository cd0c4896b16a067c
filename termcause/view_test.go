// SPDX-License-Identifier: Apache-2.0

package termcause

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is a table with a row of each kind.
func small(t *testing.T) *Table {
	t.Helper()
	var table Table
	require.NoError(t, table.UnmarshalText([]byte(textHeader+textMapped+"\n"+
		"aaa\tidle\t4\tThe idle timer ran out\n"+
		"aaa\tparent\tinherit\tThe parent ended\n"+
		"ppp\tadmin\t6\tAn operator's order\t4711\n"+
		"ppp\techo\t4\tNo echo\n"+
		"ppp\tother\tunknown\tAnything else\n")))
	return &table
}

func written(t *testing.T, table *Table, v View, families ...string) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, table.Write(&b, v, families...))
	return b.String()
}

func TestTC11_Views(t *testing.T) {
	table := small(t)
	for v, want := range map[View]string{
		Summary: "" +
			"FAMILY  REASONS  REMAPPED  NO CODE\n" +
			"aaa     1        0         0\n" +
			"ppp     3        1         1\n",
		Brief: "" +
			"FAMILY  REASON  CODE\n" +
			"aaa     idle    4\n" +
			"ppp     admin   4711\n" +
			"ppp     echo    4\n" +
			"ppp     other   -\n",
		Detail: "" +
			"FAMILY  REASON  CODE  CAUSE         DEFAULT  DESCRIPTION\n" +
			"aaa     idle    4     Idle-Timeout  4        The idle timer ran out\n" +
			"ppp     admin   4711  -             6        An operator's order\n" +
			"ppp     echo    4     Idle-Timeout  4        No echo\n" +
			"ppp     other   -     -             unknown  Anything else\n",
		Reverse: "" +
			"CODE  CAUSE         FAMILY  REASON\n" +
			"4     Idle-Timeout  aaa     idle\n" +
			"4     Idle-Timeout  ppp     echo\n" +
			"4711  -             ppp     admin\n",
	} {
		assert.Equal(t, want, written(t, table, v), "%v", v)
	}
	assert.Equal(t, "FAMILY  REASON  CODE\naaa     idle    4\n", written(t, table, Brief, "aaa"))
	assert.Equal(t, written(t, table, Brief), written(t, table, Brief, "ppp", "aaa", "ppp"))
}

func TestTC11_ViewsAsJSON(t *testing.T) {
	table := small(t)
	for v, want := range map[View]string{
		Summary: `[{"family":"aaa","reasons":1,"remapped":0,"no_code":0},{"family":"ppp","reasons":3,"remapped":1,"no_code":1}]`,
		Brief: `[{"family":"aaa","name":"idle","code":4},{"family":"ppp","name":"admin","code":4711},
			{"family":"ppp","name":"echo","code":4},{"family":"ppp","name":"other"}]`,
		Detail: `[{"family":"aaa","name":"idle","code":4,"cause":"Idle-Timeout","default":4,"description":"The idle timer ran out"},
			{"family":"ppp","name":"admin","code":4711,"cause":"Cause(4711)","default":6,"description":"An operator's order"},
			{"family":"ppp","name":"echo","code":4,"cause":"Idle-Timeout","default":4,"description":"No echo"},
			{"family":"ppp","name":"other","description":"Anything else"}]`,
		Reverse: `[{"code":4,"cause":"Idle-Timeout","reasons":[{"family":"aaa","name":"idle"},{"family":"ppp","name":"echo"}]},
			{"code":4711,"cause":"Cause(4711)","reasons":[{"family":"ppp","name":"admin"}]}]`,
	} {
		var b bytes.Buffer
		require.NoError(t, table.WriteJSON(&b, v))
		assert.JSONEq(t, want, b.String(), "%v", v)

		b.Reset()
		require.NoError(t, new(Table).WriteJSON(&b, v))
		assert.Equal(t, "[]\n", b.String(), "%v of nothing", v)
	}
}

func TestTC8_ViewsListTheInheritedReasonOnlyOnceMapped(t *testing.T) {
	table := Junos()
	shown := func(v View) bool { return strings.Contains(written(t, table, v), logout.Name) }
	for _, v := range []View{Brief, Detail, Reverse} {
		assert.False(t, shown(v), "%v", v)
	}
	assert.Contains(t, written(t, table, Summary), "aaa            13       0         0\n")

	require.NoError(t, table.Remap(logout, 4711))
	for _, v := range []View{Brief, Detail, Reverse} {
		assert.True(t, shown(v), "%v", v)
	}
	assert.Contains(t, written(t, table, Summary), "aaa            14       1         0\n")
	assert.Contains(t, written(t, table, Detail, "aaa"), "inherit")
	var b bytes.Buffer
	require.NoError(t, table.WriteJSON(&b, Detail, "aaa"))
	var rows []map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &rows))
	at := slices.IndexFunc(rows, func(r map[string]any) bool { return r["name"] == logout.Name })
	assert.Equal(t, true, rows[at]["inherited"])

	require.NoError(t, table.Reset(logout))
	assert.False(t, shown(Brief))
}

// full is a disk without room.
type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestViewsRefuse(t *testing.T) {
	table := small(t)
	for _, write := range []func(io.Writer, View, ...string) error{table.Write, table.WriteJSON} {
		var b bytes.Buffer
		assert.ErrorContains(t, write(&b, Brief, "aaa", "l2tp"), `no family "l2tp"`)
		assert.ErrorContains(t, write(&b, View(9)), "View(9)")
		assert.Zero(t, b.Len())
		for v := range View(len(views)) {
			assert.ErrorIs(t, write(full{}, v), errFull)
		}
	}
}

func TestViewText(t *testing.T) {
	for v := range View(len(views)) {
		b, err := v.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, v.String(), string(b))
		got := v + 1
		require.NoError(t, got.UnmarshalText(b))
		assert.Equal(t, v, got)
	}
	_, err := View(9).MarshalText()
	assert.ErrorContains(t, err, "View(9)")
	for _, text := range []string{"", "Brief", "View(9)", "all"} {
		v := Reverse
		assert.ErrorContains(t, v.UnmarshalText([]byte(text)), "summary", "%q", text)
		assert.Equal(t, Reverse, v)
	}

	var v View
	fs := flag.NewFlagSet("nas", flag.ContinueOnError)
	fs.TextVar(&v, "view", Brief, "")
	require.NoError(t, fs.Parse([]string{"-view", "detail"}))
	assert.Equal(t, Detail, v)
}

func TestTC9_TwoLogLines(t *testing.T) {
	table := Junos()
	for name, test := range map[string]struct {
		reason Reason
		want   []string
		cause  Cause
	}{
		"a default": {idle, []string{
			`level=INFO msg="session terminated" session=4f2a family=aaa reason=shutdown-idle-timeout`,
			`level=INFO msg="session terminate code" session=4f2a cause=Idle-Timeout value=4`,
		}, IdleTimeout},
		"inherited": {logout, []string{
			`level=INFO msg="session terminated" session=4f2a family=aaa reason=service-shutdown-subscriber-logout`,
			`level=INFO msg="session terminate code" session=4f2a cause=Cause(4711) value=4711`,
		}, 4711},
		"no code": {iccn, []string{
			`level=INFO msg="session terminated" session=4f2a family=l2tp reason=session-receive-iccn-unexpected`,
			`level=WARN msg="session has no terminate code" session=4f2a family=l2tp reason=session-receive-iccn-unexpected`,
		}, 0},
		"unknown and hostile": {Reason{"a\nlevel=INFO", "x"}, []string{
			`level=INFO msg="session terminated" session=4f2a family="a\nlevel=INFO" reason=x`,
			`level=WARN msg="session has no terminate code" session=4f2a family="a\nlevel=INFO" reason=x`,
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			l := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}}))
			got, ok := table.Log(t.Context(), l.With("session", "4f2a"), test.reason, 4711)
			assert.Equal(t, test.cause, got)
			assert.Equal(t, test.cause != 0, ok)
			assert.Equal(t, strings.Join(test.want, "\n")+"\n", b.String())

			got, ok = table.Log(t.Context(), nil, test.reason, 4711)
			assert.Equal(t, test.cause, got, "without a logger")
			assert.Equal(t, test.cause != 0, ok)
		})
	}
}

// What its accounting says is for others to decide, and the log does not contradict it.
func TestLogOfAnInheritedReasonWithoutAParent(t *testing.T) {
	var b strings.Builder
	c, ok := Junos().Log(t.Context(), slog.New(slog.NewTextHandler(&b, nil)), logout, 0)
	assert.False(t, ok)
	assert.Zero(t, c)
	assert.Contains(t, b.String(), `level=WARN msg="session inherits its terminate code and no parent is known" family=aaa reason=service-shutdown-subscriber-logout`)
	assert.NotContains(t, b.String(), "no terminate code")
}
