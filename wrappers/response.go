package wrappers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

var (
	errNoBody  = errors.New("no body")
	errNoItems = errors.New("the body has no items")
	errNull    = errors.New("the body is null")
)

// read decodes the body of a response. It and finish are the only places that look at a status.
func read[T any](resp *http.Response, err error) (T, error) {
	var value T
	err = readInto(resp, err, &value)
	if err != nil {
		return *new(T), err
	}
	return value, nil
}

func readInto(resp *http.Response, err error, value any) error {
	body, err := content(resp, err)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return badResponse(resp, errNoBody)
	}
	if string(body) == "null" {
		return badResponse(resp, errNull)
	}
	if err := json.Unmarshal(body, value, wire.Reading); err != nil {
		if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
			semantic.JSONValue = nil // It may be a secret; where it stands is told.
		}
		return badResponse(resp, err)
	}
	return nil
}

// itemList is an answer that holds a list. It tells an empty list from an answer that is none, such as the error of a proxy.
// The codes of the organization stand under a name of their own.
type itemList[T any] struct {
	Items       items[T] `json:"items"`
	AccessCodes items[T] `json:"accessCodes"`
}

type items[T any] struct {
	list  []T
	found bool
}

// UnmarshalJSONFrom reads the list.
func (i *items[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	i.found = true
	return json.UnmarshalDecode(decoder, &i.list)
}

// readItems reads the list that a response holds.
func readItems[T any](resp *http.Response, err error) ([]T, error) {
	answer, err := read[itemList[T]](resp, err)
	if err == nil && !answer.Items.found && !answer.AccessCodes.found {
		err = badResponse(resp, errNoItems)
	}
	return append(answer.Items.list, answer.AccessCodes.list...), err
}

// demand makes an error of an answer that lacks what it is there for.
func demand(resp *http.Response, err error, value, name string) error {
	if err == nil && value == "" {
		return badResponse(resp, fmt.Errorf("the body has no %s", name))
	}
	return err
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
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, badResponse(resp, err)
	}
	return bytes.TrimSpace(body), nil
}
