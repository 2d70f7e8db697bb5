package redact

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// JSON is a body without the values of some members, and without texts wherever else they stand.
func JSON(body []byte, names Names, texts Texts) ([]byte, error) {
	var redacted bytes.Buffer
	c := copying{names: names, texts: texts, to: jsontext.NewEncoder(&redacted, wire.Writing)}
	err := c.run(body)
	return bytes.TrimSpace(redacted.Bytes()), err
}

// Values are the values that a body has under some names, as far as it can be read.
func Values(body []byte, names Names) []string {
	c := copying{names: names, to: jsontext.NewEncoder(io.Discard, wire.Writing)}
	_ = c.run(body)
	return c.found
}

// copying copies JSON without the values under some names, which it remembers.
type copying struct {
	names Names
	texts Texts
	found []string

	from *jsontext.Decoder
	to   *jsontext.Encoder
}

func (c *copying) run(body []byte) error {
	c.from = jsontext.NewDecoder(bytes.NewReader(body), wire.Reading)
	if err := c.value(false); err != nil {
		return err
	}
	if _, err := c.from.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one value")
	}
	return nil
}

// value copies a value; marked tells whether it stands under one of the names.
func (c *copying) value(marked bool) error {
	switch c.from.PeekKind() {
	case jsontext.KindBeginObject:
		return c.container(func() error {
			name, err := c.from.ReadToken()
			if err != nil {
				return err
			}
			under, text := marked || c.names.Has(name.String()), c.texts.Hide(name.String())
			if marked {
				text = Mark
			}
			if err := c.to.WriteToken(jsontext.String(text)); err != nil {
				return err
			}
			return c.value(under)
		})
	case jsontext.KindBeginArray:
		return c.container(func() error { return c.value(marked) })
	case jsontext.KindString, jsontext.KindNumber:
		return c.scalar(marked)
	}
	value, err := c.from.ReadValue()
	if err != nil {
		return err
	}
	return c.to.WriteValue(value)
}

// container copies an object or a list, of which member copies a member.
func (c *copying) container(member func() error) error {
	begin, err := c.from.ReadToken()
	if err != nil {
		return err
	}
	if err := c.to.WriteToken(begin); err != nil {
		return err
	}
	for kind := c.from.PeekKind(); kind != jsontext.KindEndObject && kind != jsontext.KindEndArray; kind = c.from.PeekKind() {
		if err := member(); err != nil {
			return err
		}
	}
	end, err := c.from.ReadToken()
	if err != nil {
		return err
	}
	return c.to.WriteToken(end)
}

// scalar copies a text or a number.
func (c *copying) scalar(marked bool) error {
	token, err := c.from.ReadToken()
	if err != nil {
		return err
	}
	text := token.String()
	hidden := c.texts.Hide(text)
	if marked && text != "" {
		c.found = append(c.found, text)
		hidden = Mark
	}
	if token.Kind() == jsontext.KindNumber && hidden == text {
		return c.to.WriteToken(token)
	}
	return c.to.WriteToken(jsontext.String(hidden))
}
