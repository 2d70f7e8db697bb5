package wire

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Responses hold dates and whole numbers in forms that no schema allows. One of them must not make a whole page unreadable.
var lenient = json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFromFunc(unmarshalTime),
	json.UnmarshalFromFunc(unmarshalWhole[int]),
	json.UnmarshalFromFunc(unmarshalWhole[int64]),
))

// unmarshalTime decodes a date in the form of RFC 3339. Any other text is the zero time: empty, without a zone, with a space, or
// only a day.
func unmarshalTime(decoder *jsontext.Decoder, date *time.Time) error {
	if decoder.PeekKind() != jsontext.KindString {
		return errors.ErrUnsupported // Null is decoded as usual, and a wrong type is rejected as usual.
	}
	text, err := decoder.ReadValue()
	if err != nil {
		return err
	}
	if date.UnmarshalText(bytes.Trim(text, `"`)) != nil {
		*date = time.Time{}
	}
	return nil
}

// unmarshalWhole decodes a whole number that is written as 5, 5.0, 5e0 or "5".
func unmarshalWhole[T int | int64](decoder *jsontext.Decoder, number *T) error {
	switch decoder.PeekKind() {
	case jsontext.KindNumber, jsontext.KindString:
	default:
		return errors.ErrUnsupported
	}
	token, err := decoder.ReadToken()
	if err != nil {
		return err
	}
	text := token.String()
	whole, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		const exact = 1 << 53 // Beyond it a float64 does not hold every whole number.
		value, err := strconv.ParseFloat(text, 64)
		if err != nil || value != math.Trunc(value) || math.Abs(value) > exact {
			return errors.New("the value is not a whole number")
		}
		whole = int64(value)
	}
	if *number = T(whole); int64(*number) != whole {
		return errors.New("the number is too large")
	}
	return nil
}
