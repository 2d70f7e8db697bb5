package wrappers

import (
	"bytes"
	"errors"
	"reflect"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// errTooHeavy is a body whose values would take much more memory than it has bytes: an empty object has two bytes as JSON, and
// may have a thousand in memory.
var errTooHeavy = errors.New("the body has too many items for its size")

// budgetOf returns the memory, in bytes, that the values of a body may take beside their texts. With the body, the texts and a
// slice that grows, half of its size keeps the whole below four times the body. The constant allows pages of 2,500 devices,
// which is far more than the server is known to return.
func budgetOf(body []byte) int { return max(len(body)/2, 2<<20) }

// weight is the memory, in bytes, that values of a type take: the type itself, and the largest element of the lists and maps
// inside it.
type weight struct {
	value, element int
	hasMap         bool
}

func weightOf[T any]() weight {
	t := reflect.TypeFor[T]()
	w := weight{value: int(t.Size())}
	w.add(t)
	return w
}

// add adds the elements that a type may hold.
func (w *weight) add(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		w.element = max(w.element, int(t.Elem().Size()))
		w.add(t.Elem())
	case reflect.Map:
		const entry = 64 // What a map needs for an entry, more or less.
		w.element, w.hasMap = max(w.element, int(t.Key().Size()+t.Elem().Size())+entry), true
	case reflect.Struct:
		for field := range t.Fields() {
			if field.Type != reflect.TypeFor[time.Time]() {
				w.add(field.Type)
			}
		}
	}
}

// allows returns how many values a body can hold within the budget. Commas are an upper bound of the elements that takes no
// time to find.
func (w weight) allows(body []byte) int {
	return (budgetOf(body) - bytes.Count(body, []byte{','})*w.element) / w.value
}

// allowsExactly is the same, by the true number of elements. It takes as long as decoding.
func (w weight) allowsExactly(body []byte) int {
	return (budgetOf(body) - w.countElements(body)*w.element) / w.value
}

func (w weight) countElements(body []byte) int {
	decoder, count := jsontext.NewDecoder(bytes.NewBuffer(body), wire.Reading), 0
	for {
		kind := decoder.PeekKind()
		if kind == jsontext.KindEndArray || kind == jsontext.KindEndObject && w.hasMap {
			_, length := decoder.StackIndex(decoder.StackDepth())
			count += int(length)
		}
		if _, err := decoder.ReadToken(); err != nil {
			return count
		}
	}
}
