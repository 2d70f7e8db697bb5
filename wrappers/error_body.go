package wrappers

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/internal/redact"
	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// readBody sets the message, the details and the tracking id from the body of an error. It reads every shape that the service and
// the gateways before it were seen to send, also if the end is missing. A text is cut after a few hundred bytes; its secrets are
// hidden before that, because half of a secret would not be found any more.
func (e *Error) readBody(body []byte, secrets redact.Texts) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	object, list, ok := parts(body)
	if !ok {
		e.Message = plainText(body, secrets)
		return
	}
	inner, _ := object["error"].(map[string]any)
	e.TrackingID = cmp.Or(firstText(object, "trackingId", "trackingID", "tracking_id"), firstText(inner, "trackingId"))
	e.Message = cmp.Or(
		firstText(object, "message", "errorMessage", "error_description", "error", "description", "title", "detail", "details"),
		firstText(inner, "message", "description"))
	for _, reasons := range []any{list, object["message"], object["errors"], object["error"], object["details"]} {
		e.addDetails(reasons)
	}
	if code := firstText(object, "errorCode", "code"); code != "" {
		e.addCode(code)
	}
	if e.Message == "" && len(e.Details) > 0 {
		e.Message = e.Details[0].Description
	}
}

// parts decodes a list, or an object up to where it is invalid.
func parts(body []byte) (object map[string]any, list []any, ok bool) {
	if len(body) == 0 || body[0] != '{' {
		return nil, list, json.Unmarshal(body, &list, wire.Reading, numbersAsText) == nil
	}
	object = map[string]any{}
	decoder := jsontext.NewDecoder(bytes.NewReader(body), wire.Reading)
	_, _ = decoder.ReadToken() // The brace.
	for decoder.PeekKind() == jsontext.KindString {
		name, _ := decoder.ReadToken()
		key := name.String()
		var value any
		if json.UnmarshalDecode(decoder, &value, numbersAsText) != nil {
			break
		}
		object[key] = value
	}
	return object, nil, len(object) > 0 || string(body) == "{}"
}

// numbersAsText keeps codes of any length exact.
var numbersAsText = json.WithUnmarshalers(json.UnmarshalFromFunc(func(decoder *jsontext.Decoder, value *any) error {
	if decoder.PeekKind() != jsontext.KindNumber {
		return errors.ErrUnsupported
	}
	number, err := decoder.ReadValue()
	*value = string(number)
	return err
}))

// addDetails adds the reasons in a list, in a list in one of its entries, or a single one that is not in a list.
func (e *Error) addDetails(reasons any) {
	list, _ := reasons.([]any)
	if single, ok := reasons.(map[string]any); ok {
		list = []any{single}
	}
	for _, entry := range list {
		object, _ := entry.(map[string]any)
		text, _ := entry.(string)
		detail := ErrorDetail{
			Description: cmp.Or(text, firstText(object, "description", "message", "errorMessage")),
			Code:        firstText(object, "errorCode", "code"),
		}
		if detail != (ErrorDetail{}) {
			e.Details = append(e.Details, detail)
		}
		if _, nested := object["message"].([]any); nested {
			e.addDetails(object["message"])
		}
	}
}

// addCode adds a code that is not in one of the details.
func (e *Error) addCode(code string) {
	if len(e.Details) == 0 {
		e.Details = []ErrorDetail{{}}
	}
	e.Details[0].Code = cmp.Or(e.Details[0].Code, code)
}

func firstText(object map[string]any, names ...string) string {
	for _, name := range names {
		if text, ok := object[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// plainText returns the title of a body that is HTML, and the beginning of any other text.
func plainText(body []byte, secrets redact.Texts) string {
	var text string
	if json.Unmarshal(body, &text, wire.Reading) != nil {
		text = strings.ToValidUTF8(string(body), "")
	}
	if title := htmlTitle.FindStringSubmatch(text); title != nil {
		text = title[1]
	} else if strings.HasPrefix(strings.TrimSpace(text), "<") || text == "null" {
		return ""
	}
	text = oneLine(secrets.Hide(text))
	const enough = 300
	if len(text) > enough {
		text = strings.ToValidUTF8(text[:enough], "") + "…"
	}
	return text
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// unexpected returns the error of a value with the wrong type. The text of package json differs from one run to the next, and
// names types that a caller does not know.
func unexpected(err *json.SemanticError) error {
	kind := err.JSONKind.String()
	switch err.JSONKind {
	case jsontext.KindBeginObject:
		kind = "object"
	case jsontext.KindBeginArray:
		kind = "array"
	case jsontext.KindInvalid:
		kind = "value"
	}
	text := "unexpected JSON " + kind
	if err.JSONPointer != "" {
		text += " at " + strconv.Quote(string(err.JSONPointer))
	}
	if err.Err != nil {
		return fmt.Errorf("%s: %w", text, err.Err)
	}
	return errors.New(text)
}
