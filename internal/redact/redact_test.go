package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTextsAreHiddenInEveryForm(t *testing.T) {
	const secret = "a B\"\\\n/<é>  &"
	texts := NewTexts(secret, "Test-Token", "Test-Token.4711", "4711", "!", " ", "")
	for name, test := range map[string]struct{ text, want string }{
		"as it is":           {"x" + secret + "y", "x[redacted]y"},
		"in lower case":      {"http://test-token.example", "http://[redacted].example"},
		"in upper case":      {"TEST-TOKEN", "[redacted]"},
		"the longer one":     {"Test-Token.4711", "[redacted]"},
		"in JSON":            {`a B\"\\\n/<é>  &`, "[redacted]"},
		"in escaped JSON":    {`a B\"\\\n/\u003cé\u003e  \u0026`, "[redacted]"},
		"in JSON in JSON":    {`a B\\\"\\\\\\n/<é>  &`, "[redacted]"},
		"in Go":              {`a B\"\\\n/<é>  &`, "[redacted]"},
		"in a query":         {"a+B%22%5C%0A%2F%3C%C3%A9%3E++%26", "[redacted]"},
		"in a path":          {"a%20B%22%5C%0A%2F%3C%C3%A9%3E%20%20&", "[redacted]"},
		"on a page":          {"a B&#34;\\\n/&lt;é&gt;  &amp;", "[redacted]"},
		"with folded spaces": {`a B"\ /<é> &`, "[redacted]"},
		"a short one":        {"4711, 47110, a4711, 4711!", "[redacted], 47110, a4711, [redacted]!"},
		"none":               {"What a B!", "What a B!"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, texts.Hide(test.text)) })
	}
	assert.Equal(t, "x", Texts{}.Hide("x"))
	// A control character is quoted by Go alone.
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
			redacted, err := JSON([]byte(test.body), names, NewTexts("secret text", "12345678"))
			require.NoError(t, err)
			assert.Equal(t, test.want, string(redacted))
		})
	}
	for _, body := range []string{``, `{`, `{"code"`, `{"code":`, `[}`, `{"a":1}}`, `1 2`, `<html>`, `{"a":1]`} {
		_, err := JSON([]byte(body), names, Texts{})
		require.Error(t, err, body)
	}
	assert.Equal(t, []string{"1", "2"}, Values([]byte(`{"code":["1",{"a":2}],"other":"3","code":`), names))
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
