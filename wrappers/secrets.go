package wrappers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/gen"
	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// What the document marks is known by its name, in lower case, wherever it stands: the service, and what lies before it, may
// answer what the document does not tell.
var (
	sensitive = names(func(gen.SensitiveProperty) bool { return true })
	secret    = names(func(p gen.SensitiveProperty) bool { return p.Secret })
)

func names(which func(gen.SensitiveProperty) bool) map[string]bool {
	names := map[string]bool{}
	for _, property := range gen.SensitiveProperties {
		if which(property) {
			names[strings.ToLower(property.Name)] = true
		}
	}
	return names
}

// Redact is a body as it may be logged: without what the document marks as sensitive, and without the secrets of the call. A
// body that is not JSON is not repeated, since nothing is known of what is in it.
//
//aliasgen:internal
func (c *Call) Redact(body []byte) string {
	if len(bytes.TrimSpace(body)) == 0 {
		return ""
	}
	var redacted bytes.Buffer
	known := newHider(slices.Concat(c.sensitiveValues(), valuesIn(body, secret), long(valuesIn(body, sensitive)))...)
	r := redaction{names: sensitive, known: known, to: jsontext.NewEncoder(&redacted, wire.Writing)}
	if r.run(body) != nil {
		return fmt.Sprintf("[%d bytes that are not JSON]", len(body))
	}
	return strings.TrimSpace(redacted.String())
}

// RedactText is a text as it may be logged: without the secrets of the call, and without what is personal in its request.
//
//aliasgen:internal
func (c *Call) RedactText(text string) string { return newHider(c.sensitiveValues()...).hide(text) }

// HideTokens takes the tokens out of a text that others may have chosen, such as the path of a link.
//
//aliasgen:internal
func (c *Call) HideTokens(text string) string {
	for _, token := range c.Tokens {
		if token != "" {
			text = strings.ReplaceAll(text, token, wire.Redacted)
		}
	}
	return text
}

// Hide takes the secrets of the call out of an error: the service may repeat them, and net/http quotes what it cannot read.
//
//aliasgen:internal
func (c *Call) Hide(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if hidden := newHider(c.secrets()...).hide(text); hidden != text {
		return &hiding{hidden, err}
	}
	return err
}

// hiding is an error whose text, and that of those in it, has a secret. What it is can be asked, what it says cannot.
type hiding struct {
	text string
	err  error
}

func (h *hiding) Error() string        { return h.text }
func (h *hiding) Is(target error) bool { return errors.Is(h.err, target) }

// RequestBody is the body of the request.
//
//aliasgen:internal
func (c *Call) RequestBody() []byte {
	if c.Request == nil || c.Request.GetBody == nil {
		return nil
	}
	body, _ := c.Request.GetBody() // It is made of bytes in memory, which cannot fail.
	data, _ := io.ReadAll(body)
	return data
}

// secrets are what no error and no log may tell: the tokens, and what the document marks as secret in the request.
func (c *Call) secrets() []string {
	secrets := append(valuesIn(c.RequestBody(), secret), c.Tokens[:]...)
	if c.Request != nil {
		for name, values := range c.Request.URL.Query() {
			if secret[strings.ToLower(name)] {
				secrets = append(secrets, strings.Split(strings.Join(values, ","), ",")...)
			}
		}
	}
	return secrets
}

// sensitiveValues are what no log may tell: the secrets, and what is personal in the request.
func (c *Call) sensitiveValues() []string {
	return append(c.secrets(), long(valuesIn(c.RequestBody(), sensitive))...)
}

// valuesIn are the values that a body has under some names.
func valuesIn(body []byte, names map[string]bool) []string {
	r := redaction{names: names, known: newHider(), to: jsontext.NewEncoder(io.Discard, wire.Writing)}
	_ = r.run(body) // What is found before a mistake counts too.
	return r.found
}

// long are those values that are not a part of other texts by chance, as the name of a phone may be.
func long(values []string) []string {
	return slices.DeleteFunc(values, func(value string) bool { return len(value) < short })
}

// redaction copies JSON without what is under some names, and remembers what that was.
type redaction struct {
	names map[string]bool
	known hider // Of what is taken out of all other texts.
	found []string

	from *jsontext.Decoder
	to   *jsontext.Encoder
}

func (r *redaction) run(body []byte) error {
	r.from = jsontext.NewDecoder(bytes.NewReader(body), wire.Reading)
	if err := r.value(false); err != nil {
		return err
	}
	if _, err := r.from.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one value")
	}
	return nil
}

// value copies a value; marked tells whether it is to be redacted.
func (r *redaction) value(marked bool) error {
	switch r.from.PeekKind() {
	case jsontext.KindBeginObject:
		return r.container(func() error {
			name, err := r.text()
			if err != nil {
				return err
			}
			if err := r.to.WriteToken(jsontext.String(r.known.hide(name))); err != nil {
				return err
			}
			return r.value(marked || r.names[strings.ToLower(name)])
		})
	case jsontext.KindBeginArray:
		return r.container(func() error { return r.value(marked) })
	case jsontext.KindString:
		text, err := r.text()
		if err != nil {
			return err
		}
		if marked && text != "" {
			r.found = append(r.found, text)
			text = wire.Redacted
		}
		return r.to.WriteToken(jsontext.String(r.known.hide(text)))
	}
	value, err := r.from.ReadValue()
	if err != nil {
		return err
	}
	if marked && value.Kind() == jsontext.KindNumber {
		r.found = append(r.found, string(value))
		return r.to.WriteToken(jsontext.String(wire.Redacted))
	}
	return r.to.WriteValue(value)
}

// container copies an object or a list, of which member copies a member.
func (r *redaction) container(member func() error) error {
	begin, err := r.from.ReadToken()
	if err != nil {
		return err
	}
	if err := r.to.WriteToken(begin); err != nil {
		return err
	}
	for {
		switch r.from.PeekKind() {
		case jsontext.KindEndObject, jsontext.KindEndArray:
			end, err := r.from.ReadToken()
			if err != nil {
				return err
			}
			return r.to.WriteToken(end)
		}
		if err := member(); err != nil {
			return err
		}
	}
}

func (r *redaction) text() (string, error) {
	token, err := r.from.ReadToken()
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// hider takes texts out of others.
type hider struct {
	parts *strings.Replacer
	words map[string]bool
}

var word = regexp.MustCompile(`\w+`)

// short is the length below which a text may be a part of another by chance: it is hidden where it stands as a word.
const short = 8

func newHider(texts ...string) hider {
	// The longest come first, lest what is left of one is not known any more.
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	h := hider{words: map[string]bool{}}
	var pairs []string
	for _, text := range texts {
		switch {
		case text == "":
		case len(text) < short && word.FindString(text) == text:
			h.words[strings.ToLower(text)] = true
		default:
			for _, form := range forms(text) {
				pairs = append(pairs, form, wire.Redacted)
			}
		}
	}
	h.parts = strings.NewReplacer(pairs...)
	return h
}

// forms are how a text may come back: as it is, inside of JSON, in an address, and in its host.
func forms(text string) []string {
	quoted, _ := jsontext.AppendQuote(nil, text)
	return []string{text, string(quoted[1 : len(quoted)-1]), url.QueryEscape(text), url.PathEscape(text), strings.ToLower(text)}
}

func (h hider) hide(text string) string {
	text = h.parts.Replace(text)
	if len(h.words) == 0 {
		return text
	}
	return word.ReplaceAllStringFunc(text, func(word string) string {
		if h.words[strings.ToLower(word)] {
			return wire.Redacted
		}
		return word
	})
}
