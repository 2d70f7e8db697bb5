package wrappers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/webex-calling/webex-calling-go/gen"
	"github.com/webex-calling/webex-calling-go/internal/redact"
)

// There are two policies. The methods Hide… are for errors and attempts, which have neither a token nor a secret of the request.
// The methods Log… are for logs, which have nothing personal of a body either.

var (
	// oauth are the secrets of RFC 6749, which the document does not describe but a call of Do may send.
	oauth = []redact.Property{
		{Name: "access_token", Sensitivity: "secret"}, {Name: "refresh_token", Sensitivity: "secret"},
		{Name: "client_secret", Sensitivity: "secret"},
	}
	known     = slices.Concat(gen.SensitiveProperties, oauth)
	secret    = redact.NamesOf(known, "secret")
	sensitive = redact.NamesOf(known, "secret", "personal")
)

// HideText returns a text without the secrets of the call. The tracking id and the path that the call was made with are
// returned as they are; those of a response, a link or a redirect may be anything.
//
//aliasgen:internal
func (c *Call) HideText(text string) string {
	request := c.firstPage().Request
	if text == "" || text == c.TrackingID || request != nil && text == request.URL.EscapedPath() {
		return text
	}
	return redact.NewTexts(c.secrets()...).Hide(text)
}

// Hide returns an error without the secrets of the call: the server may repeat them, and net/http quotes what it cannot read.
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

// hiding is an error that had a secret in its text. errors.Is finds the errors in it; errors.As does not, since their texts may
// have the secret too.
type hiding struct {
	text string
	err  *error // A pointer, which package fmt does not follow.
}

func (h *hiding) Error() string        { return h.text }
func (h *hiding) Is(target error) bool { return errors.Is(*h.err, target) }

// LogText returns a text as it may be logged.
//
//aliasgen:internal
func (c *Call) LogText(text string) string { return redact.NewTexts(c.sensitive()...).Hide(text) }

// LogRequest returns the body of the request as it may be logged.
//
//aliasgen:internal
func (c *Call) LogRequest() string { return c.log(c.requestBody(), false) }

// LogAnswer returns the body of a response as it may be logged.
//
//aliasgen:internal
func (c *Call) LogAnswer(status int, body []byte) string {
	return c.log(body, status < 200 || status > 299)
}

const (
	// maxLogged is how much of a body is logged, in bytes. A longer body than maxRead is not read for that.
	maxLogged = 64 << 10
	maxRead   = 1 << 20
	// maxSought is the length of the longest value of a body that is looked for elsewhere in it. It bounds the time that takes.
	maxSought = 256
)

// log returns a body without the members that the document marks, and without their values elsewhere in it. A body that is
// not JSON is not logged, since it is not known what is in it.
func (c *Call) log(body []byte, isError bool) string {
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return ""
	case len(body) > maxRead:
		return fmt.Sprintf("[%d bytes]", len(body))
	}
	own := append(redact.Values(body, isError, secret), long(redact.Values(body, isError, sensitive))...)
	own = slices.DeleteFunc(own, func(text string) bool { return len(text) > maxSought })
	redacted := redact.JSON(body, isError, sensitive, redact.NewTexts(append(own, c.sensitive()...)...))
	switch {
	case redacted == nil:
		return fmt.Sprintf("[%d bytes that are not JSON]", len(body))
	case len(redacted) > maxLogged:
		return strings.ToValidUTF8(string(redacted[:maxLogged]), "") + "…"
	}
	return string(redacted)
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

// firstPage returns the call for the first page of a list, or the call itself.
func (c *Call) firstPage() *Call {
	if c.first != nil {
		return c.first
	}
	return c
}

// secrets returns the tokens, and the values in the request that the document marks as secret.
func (c *Call) secrets() []string {
	secrets := c.sent(secret)
	for _, call := range []*Call{c, c.firstPage()} {
		for _, token := range call.Tokens {
			secrets = append(secrets, token.Value())
		}
	}
	return secrets
}

// sensitive returns the secrets, and the values in the request that the document marks as personal.
func (c *Call) sensitive() []string { return append(c.secrets(), long(c.sent(sensitive))...) }

// sent returns the values of the named members in the body of the request and in the query, or in that for the first page.
func (c *Call) sent(names redact.Names) []string {
	sent := redact.Values(c.requestBody(), false, names)
	if first := c.firstPage().Request; first != nil {
		for name, values := range first.URL.Query() {
			if names.Has(name) {
				sent = append(sent, strings.Split(strings.Join(values, ","), ",")...)
			}
		}
	}
	return sent
}

// long returns the texts that are not a part of others by chance, as the name of a phone may be.
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
