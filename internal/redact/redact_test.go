package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHide(t *testing.T) {
	const secret = "a B\"\\\n/<é>  &"
	texts := NewTexts(secret, "Test-Token", "Test-Token.4711", "4711", "#*#*", "!@#$%^&", "日本", "!", " ", "")
	for name, test := range map[string]struct{ text, want string }{
		"as it is":                    {"x" + secret + "y", "x[redacted]y"},
		"the host of an address":      {"http://test-token.example", "http://[redacted].example"},
		"the longer of two":           {"Test-Token.4711", "[redacted]"},
		"JSON":                        {`a B\"\\\n/<é>  &`, "[redacted]"},
		"a Go string":                 {`a B\"\\\n/<é>  &`, "[redacted]"},
		"JSON in a Go string":         {`a B\\\"\\\\\\n/<é>  &`, "[redacted]"},
		"a query":                     {"a+B%22%5C%0A%2F%3C%C3%A9%3E++%26", "[redacted]"},
		"a path":                      {"a%20B%22%5C%0A%2F%3C%C3%A9%3E%20%20&", "[redacted]"},
		"a short word":                {"4711, 47110, a4711, 4711!", "[redacted], 47110, a4711, [redacted]!"},
		"a short one without letters": {"!@#$%^& #*#* is weak", "[redacted] [redacted] is weak"},
		"a short one in other script": {"密码日本。", "密码[redacted]。"},
		"too short to be found":       {"What a B!", "What a B!"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, texts.Hide(test.text)) })
	}
	assert.Equal(t, "x", Texts{}.Hide("x"))
	// Only Go quotes some control characters in this way.
	assert.Equal(t, "[redacted]", NewTexts("long enough\a").Hide(`long enough\a`))
}

func TestJSON(t *testing.T) {
	names := NamesOf([]Property{{Name: "Code", Sensitivity: "secret"}, {Name: "other", Sensitivity: "none"}}, "secret")
	for name, test := range map[string]struct{ body, want string }{
		"a text":                {`{"code": "1", "x": "1"}`, `{"code":"[redacted]","x":"1"}`},
		"a name in other case":  {`{"CODE":1}`, `{"CODE":"[redacted]"}`},
		"an empty text":         {`{"code":""}`, `{"code":""}`},
		"what tells nothing":    {`{"code":[null,true,[],{}]}`, `{"code":[null,true,[],{}]}`},
		"what is deep below":    {`{"code":[{"a":["b",2]}]}`, `{"code":[{"[redacted]":["[redacted]","[redacted]"]}]}`},
		"a name twice":          {`{"code":"1","code":"2"}`, `{"code":"[redacted]","code":"[redacted]"}`},
		"a known text":          {`{"a secret text":"b secret text","n":12345678}`, `{"a [redacted]":"b [redacted]","n":"[redacted]"}`},
		"numbers as they stand": {`[1e400,-0,9007199254740993]`, `[1e400,-0,9007199254740993]`},
	} {
		t.Run(name, func(t *testing.T) {
			redacted := JSON([]byte(test.body), false, names, NewTexts("secret text", "12345678"))
			assert.Equal(t, test.want, string(redacted))
		})
	}
	for _, body := range []string{``, `{`, `{"code"`, `{"code":`, `[}`, `{"a":1}}`, `1 2`, `<html>`, `{"a":1]`} {
		assert.Nil(t, JSON([]byte(body), false, names, Texts{}), body)
	}
	assert.Equal(t, []string{"1", "2"}, Values([]byte(`{"code":["1",{"a":2}],"other":"3","code":`), false, names))
}

// Code is the name of a secret and of the code of an error: only where a body describes an error, it is the latter.
func TestErrorCodes(t *testing.T) {
	names := Names{"code": true}
	for name, test := range map[string]struct{ body, want string }{
		"top level":                  {`{"code":1}`, `{"code":1}`},
		"list of errors":             {`{"errors":[{"Code":"1"}]}`, `{"errors":[{"Code":"1"}]}`},
		"error in an error":          {`{"error":{"message":[{"code":1}]}}`, `{"error":{"message":[{"code":1}]}}`},
		"details":                    {`{"details":{"code":1}}`, `{"details":{"code":1}}`},
		"root list":                  {`[{"code":1}]`, `[{"code":1}]`},
		"repeated request":           {`{"accessCodes":[{"code":"1"}]}`, `{"accessCodes":[{"code":"[redacted]"}]}`},
		"repeated request, in error": {`{"errors":[{"value":{"code":1}}]}`, `{"errors":[{"value":{"code":"[redacted]"}}]}`},
		"after a repeated request":   {`{"a":{"code":1},"code":2}`, `{"a":{"code":"[redacted]"},"code":2}`},
		"error in something else":    {`{"a":{"errors":[{"code":1}]}}`, `{"a":{"errors":[{"code":"[redacted]"}]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			redacted := JSON([]byte(test.body), true, names, Texts{})
			assert.Equal(t, test.want, string(redacted))
		})
	}
	redacted := JSON([]byte(`{"code":1}`), false, names, Texts{})
	assert.JSONEq(t, `{"code":"[redacted]"}`, string(redacted), "not an error")
}

func TestFieldsOfEveryType(t *testing.T) {
	text, list := "secret", []string{"a", "b"}
	assert.Equal(t, Mark, Field(text))
	assert.Empty(t, Field(""))
	assert.Equal(t, Mark, *Field(&text))
	assert.Nil(t, Field[*string](nil))
	assert.Equal(t, []string{Mark, Mark}, Field(list))
	assert.Equal(t, "secret", text, "the value itself is left alone")
	assert.Equal(t, []string{"a", "b"}, list)
}
