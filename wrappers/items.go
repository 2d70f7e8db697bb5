package wrappers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// ItemError is an item of a list that cannot be decoded. It is an [*Error] and [ErrBadResponse]. The other items of the list are
// not affected: an iterator returns the error in the place of the item and continues.
type ItemError struct {
	// Page is the number of the page, from 1.
	Page int
	// Index is the position of the item on the page, from 0.
	Index int
	// Pointer is the place in the body of the page that cannot be decoded, as a JSON Pointer (RFC 6901).
	Pointer string

	err error
}

// Error describes the request, the item and the reason.
func (e *ItemError) Error() string { return e.err.Error() }

// Unwrap returns the [*Error] of the response that holds the item.
func (e *ItemError) Unwrap() error { return e.err }

// listShape is where a response holds a list.
type listShape struct {
	// names are the members that hold the items.
	names []string
	// instead is a member that shows, without any of the names, that the list is empty.
	instead string
}

// itemList is the usual shape. The access codes of the organization have a name of their own.
var itemList = listShape{names: []string{"items", "accessCodes"}}

// readItems reads a list that is not paged. Items that cannot be decoded are left out; the error is that of the first.
func readItems[T any](resp *http.Response, err error) ([]T, error) {
	body, err := content(resp, err)
	if err != nil {
		return nil, err
	}
	var items []T
	var bad error
	_, err = eachItem(resp, body, itemList, 1, func(item T, err error) bool {
		if err == nil {
			items = append(items, item)
		} else if bad == nil {
			bad = err
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	return items, bad
}

// eachItem decodes the items of a body one by one and passes them to visit, until that returns false, so that a page takes no
// more memory than its body. It returns the number of items. An item that cannot be decoded is passed as an [*ItemError].
func eachItem[T any](
	resp *http.Response, body []byte, shape listShape, page int, visit func(item T, err error) bool,
) (count int, err error) {
	if len(body) == 0 {
		return 0, badResponse(resp, errNoBody)
	}
	weight := weightOf[T]()
	reader := itemReader[T]{
		resp: resp, body: body, page: page, visit: visit, weight: weight, most: weight.allows(body),
		decoder: jsontext.NewDecoder(bytes.NewBuffer(body), wire.Reading),
	}
	found, err := reader.object(shape)
	switch {
	case errors.Is(err, errStopped):
		return reader.count, nil
	case err != nil:
		return reader.count, badResponse(resp, err)
	case !found:
		return 0, badResponse(resp, fmt.Errorf("the body has no %s", shape.names[0]))
	}
	return reader.count, nil
}

// errStopped ends the reading of a page whose caller wants no more items.
var errStopped = errors.New("stopped")

type itemReader[T any] struct {
	resp    *http.Response
	body    []byte
	page    int
	visit   func(item T, err error) bool
	decoder *jsontext.Decoder
	weight  weight
	most    int // The number of items that the page may have.
	count   int
}

// object reads the object that holds the list, to the end of the body.
func (r *itemReader[T]) object(shape listShape) (found bool, err error) {
	if r.decoder.PeekKind() != jsontext.KindBeginObject {
		return false, r.wrongKind()
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return false, err
	}
	for r.decoder.PeekKind() == jsontext.KindString {
		name, err := r.decoder.ReadToken()
		if err != nil {
			return false, err
		}
		text := name.String()
		found = found || text == shape.instead || slices.Contains(shape.names, text)
		if !slices.Contains(shape.names, text) || r.decoder.PeekKind() == jsontext.KindNull {
			err = r.decoder.SkipValue()
		} else {
			err = r.items()
		}
		if err != nil {
			return false, err
		}
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return false, err
	}
	if _, err := r.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return false, errors.New("the body has more than one value")
	}
	return found, nil
}

// items reads the list.
func (r *itemReader[T]) items() error {
	if r.decoder.PeekKind() != jsontext.KindBeginArray {
		return r.wrongKind()
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return err
	}
	depth := r.decoder.StackDepth()
	for r.decoder.PeekKind() != jsontext.KindEndArray {
		if r.count >= r.most {
			if r.most = r.weight.allowsExactly(r.body); r.count >= r.most {
				return errTooHeavy
			}
		}
		start := r.decoder.InputOffset()
		var item T
		err := json.UnmarshalDecode(r.decoder, &item, wire.Reading)
		if bad, ok := errors.AsType[*json.SemanticError](err); ok {
			item, err = *new(T), r.bad(bad)
			if skipped := r.skip(start, depth); skipped != nil {
				return skipped
			}
		} else if err != nil {
			return err
		}
		r.count++
		if !r.visit(item, err) {
			return errStopped
		}
	}
	_, err := r.decoder.ReadToken()
	return err
}

// skip passes over what is left of an item that cannot be decoded.
func (r *itemReader[T]) skip(start int64, depth int) error {
	if r.decoder.StackDepth() == depth && r.decoder.InputOffset() == start {
		return r.decoder.SkipValue()
	}
	for r.decoder.StackDepth() > depth {
		if _, err := r.decoder.ReadToken(); err != nil {
			return err
		}
	}
	return nil
}

func (r *itemReader[T]) bad(reason *json.SemanticError) *ItemError {
	return &ItemError{
		Page: r.page, Index: r.count, Pointer: string(reason.JSONPointer),
		err: badResponse(r.resp, fmt.Errorf("page %d, item %d: %w", r.page, r.count, unexpected(reason))),
	}
}

// wrongKind returns the error of a value that is not the object or the list that is needed.
func (r *itemReader[T]) wrongKind() error {
	value, err := r.decoder.ReadValue()
	switch {
	case err != nil:
		return err
	case value.Kind() == jsontext.KindNull:
		return errNull
	}
	return &json.SemanticError{JSONKind: value.Kind(), JSONPointer: r.decoder.StackPointer()}
}
