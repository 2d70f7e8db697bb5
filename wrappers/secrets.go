package wrappers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/webex-calling/webex-calling-go/gen"
	"github.com/webex-calling/webex-calling-go/internal/redact"
)

// marks are the names that the document marks.
type marks struct{ secret, sensitive redact.Names }

var (
	// oauth are the names of RFC 6749 for what the document does not have, but a call of Do may.
	oauth = []redact.Property{
		{Name: "access_token", Sensitivity: "secret"}, {Name: "refresh_token", Sensitivity: "secret"},
		{Name: "client_secret", Sensitivity: "secret"},
	}
	known  = slices.Concat(gen.SensitiveProperties, oauth)
	marked = marks{redact.NamesOf(known, "secret"), redact.NamesOf(known, "secret", "personal")}
	// inRefusals leaves out what is harmless elsewhere: a refusal has the code of an error, not one to dial.
	inRefusals = marks{harmful(marked.secret), harmful(marked.sensitive)}
)

func harmful(names redact.Names) redact.Names {
	harmless := redact.NamesOf(known, "none")
	names = maps.Clone(names)
	maps.DeleteFunc(names, func(name string, _ bool) bool { return harmless.Has(name) })
	return names
}

// LogRequest is the body of the request as it may be logged.
//
//aliasgen:internal
func (c *Call) LogRequest() string { return c.log(c.requestBody(), marked) }

// LogAnswer is the body of an answer as it may be logged.
//
//aliasgen:internal
func (c *Call) LogAnswer(status int, body []byte) string {
	if status < 200 || status > 299 {
		return c.log(body, inRefusals)
	}
	return c.log(body, marked)
}

const (
	// mostLogged is how much of a body is logged, and tooLong how much is not even looked at, in bytes.
	mostLogged = 64 << 10
	tooLong    = 1 << 20
	// longest is how long a text of an answer may be to be looked for elsewhere: a service could make the search last.
	longest = 256
)

// log is a body without what the document marks, and without the values of the marked members of request and answer wherever
// else they stand. A body that is not JSON is not repeated, since nothing is known of what is in it.
func (c *Call) log(body []byte, names marks) string {
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return ""
	case len(body) > tooLong:
		return fmt.Sprintf("[%d bytes]", len(body))
	}
	own := append(redact.Values(body, names.secret), long(redact.Values(body, names.sensitive))...)
	own = slices.DeleteFunc(own, func(text string) bool { return len(text) > longest })
	redacted, err := redact.JSON(body, names.sensitive, redact.NewTexts(append(own, c.sensitive()...)...))
	switch {
	case err != nil:
		return fmt.Sprintf("[%d bytes that are not JSON]", len(body))
	case len(redacted) > mostLogged:
		return strings.ToValidUTF8(string(redacted[:mostLogged]), "") + "…"
	}
	return string(redacted)
}

// LogText is a text as it may be logged.
//
//aliasgen:internal
func (c *Call) LogText(text string) string { return redact.NewTexts(c.sensitive()...).Hide(text) }

// HideText takes the secrets of the call out of a text that others have chosen.
//
//aliasgen:internal
func (c *Call) HideText(text string) string { return c.texts().Hide(text) }

// HideTokens takes the tokens out of a text, and costs nothing when they are not in it.
//
//aliasgen:internal
func (c *Call) HideTokens(text string) string {
	for _, token := range c.Tokens {
		if token.Value() != "" {
			text = strings.ReplaceAll(text, token.Value(), redact.Mark)
		}
	}
	return text
}

// AddToken notes the token of the next attempt. If there are more tokens than places, the oldest is dropped.
//
//aliasgen:internal
func (c *Call) AddToken(token Token) {
	if c.Tokens[0].Value() != token.Value() {
		copy(c.Tokens[1:], c.Tokens[:])
		c.Tokens[0] = token
	}
}

// HidePath takes secrets out of a path, unless it is that which the call was made for: links and redirects may lead anywhere.
//
//aliasgen:internal
func (c *Call) HidePath(path string) string {
	if request := c.firstPage().Request; request != nil && path == request.URL.EscapedPath() {
		return path
	}
	return c.HideText(path)
}

// Hide takes the secrets of the call out of an error: the service may repeat them, and net/http quotes what it cannot read.
//
//aliasgen:internal
func (c *Call) Hide(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if hidden := c.HideText(text); hidden != text {
		return &hiding{hidden, &err}
	}
	return err
}

// hiding is an error whose text, and that of those in it, has a secret. What it is can be asked, what it says cannot.
type hiding struct {
	text string
	err  *error // A pointer, which package fmt does not follow.
}

func (h *hiding) Error() string        { return h.text }
func (h *hiding) Is(target error) bool { return errors.Is(*h.err, target) }

// firstPage is the call for the first page of a list, or the call itself.
func (c *Call) firstPage() *Call {
	if c.first != nil {
		return c.first
	}
	return c
}

// secrets are what no error and no log may tell: the tokens, and what the document marks as secret in the request.
func (c *Call) secrets() []string {
	secrets := c.sent(marked.secret)
	for _, call := range []*Call{c, c.firstPage()} {
		for _, token := range call.Tokens {
			secrets = append(secrets, token.Value())
		}
	}
	return secrets
}

// sent are the values that stand under some names in the request, or in that for the first page.
func (c *Call) sent(names redact.Names) []string {
	sent := redact.Values(c.requestBody(), names)
	if first := c.firstPage().Request; first != nil {
		for name, values := range first.URL.Query() {
			if names.Has(name) {
				sent = append(sent, strings.Split(strings.Join(values, ","), ",")...)
			}
		}
	}
	return sent
}

func (c *Call) texts() redact.Texts { return redact.NewTexts(c.secrets()...) }

// sensitive are what no log may tell: the secrets, and what is personal in the request.
func (c *Call) sensitive() []string {
	return append(c.secrets(), long(c.sent(marked.sensitive))...)
}

// long are those texts that are not a part of others by chance, as the name of a phone may be.
func long(texts []string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return len(text) < redact.Short })
}

func (c *Call) requestBody() []byte {
	if c.Request == nil || c.Request.GetBody == nil {
		return nil
	}
	body, _ := c.Request.GetBody() // It is made of bytes in memory, which cannot fail.
	data, _ := io.ReadAll(body)
	return data
}
