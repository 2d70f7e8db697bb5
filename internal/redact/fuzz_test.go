package redact

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// FuzzJSON checks that a redacted body is JSON, and has neither a marked value nor a known secret.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"code":"4711","x":[{"Code":1e400,"deep":{"a":"secret-text"}}]}`, `{"code":{"a":["b",{"c":null}],"":true}}`, `[]`, `"x"`,
		`{"code":"1","code":"2"}`, `{"a\u0000b":"\ud800","code":"\xff"}`, `{"code":"4711"`, `{"code":"4711"} {"code":"1"}`, ``,
	} {
		f.Add([]byte(seed), "secret-text")
	}
	f.Add([]byte(`{"x":"a\"b\\c d  e <f> é"}`), `a"b\c d  e <f> é`)
	names := Names{"code": true}
	f.Fuzz(func(t *testing.T, body []byte, secret string) {
		redacted := JSON(body, false, names, NewTexts(secret))
		if redacted == nil {
			return
		}
		require.True(t, jsontext.Value(redacted).IsValid(wire.Reading), "%s", redacted)
		for _, value := range Values(redacted, false, names) {
			require.Equal(t, Mark, value)
		}
		again := JSON(redacted, false, names, NewTexts(secret))
		if len(secret) < Short || strings.ContainsAny(secret, "[]") || strings.Contains(Mark, secret) {
			return // With the mark, what is left may be the secret again.
		}
		for _, value := range Values(redacted, false, everyName(redacted)) {
			assert.NotContains(t, value, secret)
		}
		assert.Equal(t, string(redacted), string(again), "there is nothing left to redact")
	})
}

// everyName returns all names of a body.
func everyName(body []byte) Names {
	names := Names{}
	decoder := jsontext.NewDecoder(strings.NewReader(string(body)), wire.Reading)
	for token, err := decoder.ReadToken(); err == nil; token, err = decoder.ReadToken() {
		if token.Kind() == jsontext.KindString {
			names[strings.ToLower(token.String())] = true
		}
	}
	return names
}
