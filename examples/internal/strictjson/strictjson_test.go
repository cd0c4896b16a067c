// SPDX-License-Identifier: Apache-2.0

package strictjson_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"testing"

	"github.com/radius-dynauth/dynauth/examples/internal/strictjson"
	"github.com/stretchr/testify/require"
)

type inner struct {
	A int          `json:"a"`
	M netip.Prefix `json:"m"`
	S []inner      `json:"s"`
}

type doc struct {
	Name string            `json:"name"`
	In   *inner            `json:"in"`
	Free map[string]picky  `json:"free"`
	Any  map[string]any    `json:"any"`
	Text map[string]string `json:"text"`
	Flag bool              `json:"flag"`
}

type picky string

func (p *picky) UnmarshalJSON(b []byte) error {
	if string(b) == `"no"` {
		return errors.New("that is no value")
	}
	return json.Unmarshal(b, (*string)(p))
}

func TestWhatCouldBeMeantOtherwiseIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"name": "a", "name": "b"}`:           `1:15: "name" is there twice`,
		"{\n \"in\": {\"a\": 1,\n  \"a\": 2}}": `3:3: "a" is there twice`,
		`{"any": {"x": [{"y": 1, "y": 2}]}}`:   `1:25: "y" is there twice`,
		`{"text": {"x": "1", "x": "1"}}`:       `1:21: "x" is there twice`,
		`{"free": {"x": {"y": 1, "y": 2}}}`:    `1:16: x: `,
		`{"NAME": "a"}`:                        `1:2: unknown field "NAME": it is written "name"`,
		`{"in": {"s": [{}, {"b": 1}]}}`:        `1:20: unknown field "b"`,
		`{"name": "a"} {}`:                     `1:15: something follows`,
		`{"name": "a"`:                         `1:13: unexpected EOF`,
		``:                                     `1:1: unexpected EOF`,
		"{\"name\":\n  1}":                     `2:3: name is a number where a string is expected`,
		`{"flag": "yes"}`:                      `where true or false is expected`,
		"{\n\n  \"name\": tru}":                `3:14: `,
		`{"free": {"x": "no"}}`:                `1:16: x: that is no value`,
		"{\"in\": {\"s\": [\n{\"m\": \"192.0.2.0/33\"}]}}": `2:7: m: `,
		"{\"name\":\n \"a\xff\"}":                          `2:4: octet 0xff is not UTF-8`,
		"{\"na\xc3\": 1}":                                  `1:5: octet 0xc3 is not UTF-8`,
		"{\"name\": \"\xed\xa0\x80\"}":                     `1:11: octet 0xed is not UTF-8`,
		`{"text": {"a": "\\\ud83d!"}}`:                     `1:19: half of a surrogate pair`,
		`{"text": {"a": "\ude00"}}`:                        `1:17: half of a surrogate pair`,
		`{"text": {"a\ud83d": "x"}}`:                       `1:13: half of a surrogate pair`,
		`{"free": {"x": "\ud83d\ud83d\ude00"}}`:            `1:17: half of a surrogate pair`,
		`[1]`:                                              `where an object is expected`,
		`{"in": [1]}`:                                      `where an object is expected`,
	} {
		var d doc
		_, err := strictjson.Read([]byte(text), &d)
		var placed *strictjson.Error
		require.ErrorAs(t, err, &placed, text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestWhatIsUTF8IsRead(t *testing.T) {
	var d doc
	_, err := strictjson.Read([]byte(`{"name": "\ud83d\ude00 \\ud83d \u00e9é \ufffd"}`), &d)
	require.NoError(t, err)
	require.Equal(t, "😀 \\ud83d éé \ufffd", d.Name)
}

func TestTexts(t *testing.T) {
	var got map[string]strictjson.Texts
	_, err := strictjson.Read([]byte(`{"a": "b", "c": 12345678901234567890, "d": ["e", 1]}`), &got)
	require.NoError(t, err)
	require.Equal(t, map[string]strictjson.Texts{"a": {"b"}, "c": {"12345678901234567890"}, "d": {"e", "1"}}, got)
	for _, text := range []string{`{"a": null}`, `{"a": []}`, `{"a": [["b"]]}`, `{"a": true}`, `{"a": {}}`} {
		_, err := strictjson.Read([]byte(text), &got)
		require.ErrorContains(t, err, "1:7: a: ", text)
	}
}

func TestPositions(t *testing.T) {
	var d doc
	at, err := strictjson.Read([]byte("{\n  \"in\": {\"s\": [{},\n    {\"a\": 5}]},\n \"free\": {\"x\": \"yes\"}}"), &d)
	require.NoError(t, err)
	require.Equal(t, 5, d.In.S[1].A)
	require.EqualValues(t, "yes", d.Free["x"])
	require.Equal(t, strictjson.Position{3, 11}, at.At("in.s[1].a"))
	require.Equal(t, strictjson.Position{3, 5}, at.At("in.s[1].m"), "where it would stand")
	require.Equal(t, strictjson.Position{2, 9}, at.At("in.nothing"))
	require.Equal(t, strictjson.Position{1, 1}, at.At("nothing"))
	require.Equal(t, "4:16", at.At("free.x").String())
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"name": "a", "in": {"a": 1, "s": [{"a": 2}]}, "any": {"x": [1, null, {"y": "z"}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d, again doc
		if _, err := strictjson.Read(b, &d); err != nil {
			var placed *strictjson.Error
			require.ErrorAs(t, err, &placed)
			return
		}
		require.NoError(t, json.Unmarshal(b, &again))
		require.Equal(t, again, d)
	})
}
