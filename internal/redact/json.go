package redact

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// JSON returns a body without the values of the named members, and without the secrets wherever else they are in it. It returns
// nil if the body is not one JSON value. isError reports whether the body is that of an error response.
func JSON(body []byte, isError bool, names Names, secrets Texts) []byte {
	if !jsontext.Value(body).IsValid(wire.Reading) {
		return nil
	}
	var redacted bytes.Buffer
	to := jsontext.NewEncoder(&redacted, wire.Writing)
	scan(body, isError, names, func(token jsontext.Token, at place) {
		if isText(token) {
			text := token.String()
			hidden := secrets.Hide(text)
			if at.marked && text != "" {
				hidden = Mark
			}
			if hidden != text {
				token = jsontext.String(hidden)
			}
		}
		_ = to.WriteToken(token) // The tokens of valid JSON can be written.
	})
	return bytes.TrimSpace(redacted.Bytes())
}

// Values returns the values of the named members. Of an invalid body it returns those before the error.
func Values(body []byte, isError bool, names Names) []string {
	var values []string
	scan(body, isError, names, func(token jsontext.Token, at place) {
		if at.marked && !at.isName && isText(token) && token.String() != "" {
			values = append(values, token.String())
		}
	})
	return values
}

func isText(token jsontext.Token) bool {
	return token.Kind() == jsontext.KindString || token.Kind() == jsontext.KindNumber
}

// place is the place of a token in a body.
type place struct {
	isName bool
	// marked reports whether it is in the value of a named member.
	marked bool
	// inError reports whether it is in an object that describes an error.
	inError bool
}

// errorMembers are the members of an error that describe it further, in lower case.
var errorMembers = Names{"error": true, "errors": true, "details": true, "message": true}

// member returns the place of the value of a member. The code of an error is harmless, unlike an access code or activation code.
func (p place) member(name string, names Names) place {
	isErrorCode := p.inError && strings.EqualFold(name, "code")
	return place{
		marked:  p.marked || names.Has(name) && !isErrorCode,
		inError: p.inError && errorMembers.Has(name),
	}
}

// scan visits every token of a body, up to an error.
func scan(body []byte, isError bool, names Names, visit func(jsontext.Token, place)) {
	from := jsontext.NewDecoder(bytes.NewReader(body), wire.Reading)
	next := place{inError: isError} // The place of the next value.
	open := []place{next}           // Those of the body and of the objects and lists that are open.
	for token, err := from.ReadToken(); err == nil; token, err = from.ReadToken() {
		at := next
		container, count := from.StackIndex(from.StackDepth())
		switch kind := token.Kind(); {
		case kind == jsontext.KindBeginObject, kind == jsontext.KindBeginArray:
			open = append(open, next)
		case kind == jsontext.KindEndObject, kind == jsontext.KindEndArray:
			open = open[:len(open)-1]
			next = open[len(open)-1]
		case container == jsontext.KindBeginObject && count%2 == 1: // Names and values alternate.
			at = open[len(open)-1]
			next = at.member(token.String(), names)
			at.isName = true
		}
		visit(token, at)
	}
}
