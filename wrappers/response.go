package wrappers

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

var (
	errNoBody = errors.New("no body")
	errNull   = errors.New("the body is null")
)

// read decodes the body of a response and rejects one that is not the thing that was asked for, such as {} or an error with
// status 200: is reports whether the value holds what makes it that thing. read, readItems and finish are the only places that
// look at a status.
func read[T any](resp *http.Response, err error, is func(T) bool) (T, error) {
	var value T
	weight := weightOf[T]()
	err = decode(resp, err, func(body []byte) error {
		if weight.allows(body) < 1 && weight.allowsExactly(body) < 1 {
			return errTooHeavy
		}
		return json.Unmarshal(body, &value, wire.Reading)
	})
	if err != nil {
		return *new(T), err
	}
	if !is(value) {
		return *new(T), badResponse(resp, errors.New("the body is not what was asked for"))
	}
	return value, nil
}

// readForeign decodes the body of a response into a type of a user.
func readForeign(resp *http.Response, err error, out any) error {
	return decode(resp, err, func(body []byte) error {
		err := stdjson.Unmarshal(body, out)
		if wrong, ok := errors.AsType[*stdjson.UnmarshalTypeError](err); ok {
			kind, _, _ := strings.Cut(wrong.Value, " ") // What follows is the number itself, which may be a secret.
			return fmt.Errorf("unexpected JSON %s at %q", kind, wrong.Field)
		}
		return err
	})
}

// decode passes the body of a response to a function, unless it has none.
func decode(resp *http.Response, err error, into func(body []byte) error) error {
	body, err := content(resp, err)
	switch {
	case err != nil:
		return err
	case len(body) == 0:
		err = errNoBody
	case string(body) == "null":
		err = errNull
	default:
		err = into(body)
	}
	if err != nil {
		return badResponse(resp, err)
	}
	return nil
}

// member is a member of a response that may be null, as against missing.
type member[T any] struct {
	value T
	found bool
}

// UnmarshalJSONFrom decodes the member.
func (m *member[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	m.found = true
	return json.UnmarshalDecode(decoder, &m.value)
}

// finish ends a call that has no result. A body is let pass if it is JSON; anything else did not come from the service
// but from something before it, which has not done what was asked.
func finish(resp *http.Response, err error) error {
	body, err := content(resp, err)
	if err != nil {
		return err
	}
	if len(body) > 0 && !jsontext.Value(body).IsValid(wire.Reading) {
		return badResponse(resp, errors.New("the body is not JSON"))
	}
	return nil
}

// content gives the body of a response that says success, without white space around it, and closes it.
func content(resp *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, refused(resp)
	}
	body, err := bytesOf(resp.Body)
	if err != nil {
		return nil, badResponse(resp, err)
	}
	return bytes.TrimSpace(body), nil
}

// bytesOf reads a body. One that is in memory already is not copied.
func bytesOf(body io.Reader) ([]byte, error) {
	if whole, ok := body.(interface{ Bytes() ([]byte, error) }); ok {
		return whole.Bytes()
	}
	return io.ReadAll(body)
}
