package wrappers

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/gen"
	"github.com/webex-calling/webex-calling-go/internal/redact"
	"github.com/webex-calling/webex-calling-go/internal/wire"
)

func FuzzNextLink(f *testing.F) {
	for _, seed := range []string{
		`<https://webexapis.com/v1/devices?start=100>; rel="next"`, `<a>;rel=next`, `<a>; rel="prev", <b>; rel=next`,
		`<a>; title="x, y; rel=next"; rel="last"`, `<>; rel=next`,
		`<a`, `a>; rel=next`, `"`, `<a>;rel="next`, `,;,;<`, "<\x00>;;rel = next",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		target, found := nextLink(header)
		if found {
			assert.Contains(t, header, target)
			assert.Contains(t, strings.ToLower(header), "next")
		}
		// Whatever stands before it, a well-formed link is found, unless that opens quotes or a target of its own.
		if !strings.ContainsAny(header, `<>"`) {
			target, found = nextLink(header + `, <https://example.com/?a=b>; rel="next"`)
			assert.True(t, found)
			assert.Equal(t, "https://example.com/?a=b", target)
		}
	})
}

func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		`{"message":"m","errors":[{"description":"d","errorCode":1}],"trackingId":"T"}`, `[{"description":"d"}]`, `[[[]]]`, `null`,
		``,
		`{"error":{"message":[{"code":"c"}]}}`, `{"errors":{"message":1}}`, `<title>x</title>`,
		`<title>`, "\xff\xfe", `{"errorCode":1e999}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e := &Error{StatusCode: 500, Method: http.MethodGet, Path: "/x"}
		e.readBody(body, redact.Texts{})
		assert.Equal(t, 500, e.StatusCode)
		assert.True(t, strings.HasPrefix(e.Error(), "webex: GET /x: 500 Internal Server Error"))
		if utf8.Valid(body) {
			assert.True(t, utf8.ValidString(e.Error()))
		}
		for _, detail := range e.Details {
			assert.NotEqual(t, ErrorDetail{}, detail)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{
		"1", "1.5", "rand(30),add(30)", "-1", "1e400", "NaN", "Thu, 01 Jan 2026 00:00:00 GMT", "0x10", " 5 ",
	} {
		f.Add(seed)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		assert.GreaterOrEqual(t, retryAfter(value, now), time.Duration(0))
	})
}

func FuzzIDs(f *testing.F) {
	for _, seed := range []string{
		"", ".", "..", "...", "a/../b", "%2e%2e", "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8x", "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8=",
		"Y2lzY29zcGFyazovL3VybjpURUFNOnVzLWVhc3QtMV9hL1dPUktTUEFDRV9MT0NBVElPTi85ZiMxYTJi", "====", "ciscospark://us/PEOPLE/1",
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		bare := strings.TrimFunc(a, func(char rune) bool { return char <= ' ' })
		refused := bare == "" || bare == "." || bare == ".."
		assert.Equal(t, refused, checkID("personID", a) != nil)
		assert.Equal(t, SameID(a, b), SameID(b, a))
		assert.Equal(t, idKey(a) != "", SameID(a, a))
		assert.Equal(t, SameID(a, b), IDKey(a) == IDKey(b))
	})
}

func FuzzDevicePage(f *testing.F) {
	for _, seed := range []string{
		`{"items":[{"id":"D1","created":"2026-03-04T05:06:07.000Z","tags":["a"],"plannedMaintenance":{"mode":"on"}}]}`,
		`{"items":null}`, `{"items":[null]}`, `{}`, `null`, ``, `{"items":[{"id":1}]}`, `{"items":[{"id":"` + "\xff" + `","id":null}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		req := httptest.NewRequestWithContext(WithCall(t.Context(), &Call{}), http.MethodGet, "/v1/devices", nil)
		answer := &http.Response{StatusCode: http.StatusOK, Request: req, Body: io.NopCloser(bytes.NewReader(body))}
		devices, err := readItems[gen.Device](answer, nil)
		if err != nil {
			assert.ErrorIs(t, err, ErrBadResponse)
			return
		}
		// What could be read can be written, and read again to the same.
		data, err := wire.Marshal(map[string]any{"items": devices})
		require.NoError(t, err)
		answer.Body = io.NopCloser(bytes.NewReader(data))
		again, err := readItems[gen.Device](answer, nil)
		require.NoError(t, err)
		assert.Equal(t, append([]gen.Device{}, devices...), append([]gen.Device{}, again...))
	})
}

func FuzzPermissions(f *testing.F) {
	for _, seed := range []string{
		`{"useCustomEnabled":true,"callingPermissions":[{"callType":"NATIONAL","action":"ALLOW","transferEnabled":true,"x":1.0}]}`,
		`{"callingPermissions":null,"a":9007199254740993,"a":{"b":null}}`, `{"callingPermissions":[null,{}]}`, `{}`, `null`,
	} {
		f.Add([]byte(seed), "INTERNATIONAL")
	}
	f.Fuzz(func(t *testing.T, body []byte, callType string) {
		var settings OutgoingPermissions
		if settings.UnmarshalJSON(body) != nil {
			return
		}
		settings.Set(gen.CallType(callType), gen.ActionBlock, false)
		first, err := settings.sendable(fixedCallTypes, true).MarshalJSON()
		require.NoError(t, err)
		var again OutgoingPermissions
		require.NoError(t, again.UnmarshalJSON(first))
		second, err := again.sendable(fixedCallTypes, true).MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, string(first), string(second))
		entry, found := again.For(gen.CallType(callType))
		if callType != "" && utf8.ValidString(callType) && !isOneOf(gen.CallType(callType), fixedCallTypes) {
			assert.True(t, found)
			assert.Equal(t, gen.ActionBlock, entry.Action)
		}
	})
}

// Whatever is read of numbers and patterns can be written, and says the same when it is read again.
func FuzzNumbersAndPatterns(f *testing.F) {
	for _, seed := range []string{
		`{"useCustomTransferNumbers":true,"autoTransferNumber1":"+49","autoTransferNumber2":null,"x":1.0}`,
		`{"id":"X","name":"n","pattern":"1XX","action":"BLOCK","transferEnabled":false,"y":{"z":null}}`, `{}`, `null`, `{"x":1,"x":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var numbers TransferNumbers
		if numbers.UnmarshalJSON(body) == nil {
			first, err := numbers.ClearUnset().MarshalJSON()
			require.NoError(t, err)
			var again TransferNumbers
			require.NoError(t, again.UnmarshalJSON(first))
			second, err := again.ClearUnset().MarshalJSON()
			require.NoError(t, err)
			assert.Equal(t, string(first), string(second))
		}
		var pattern DigitPattern
		if pattern.UnmarshalJSON(body) == nil {
			first, err := pattern.AsUpdate().MarshalJSON()
			require.NoError(t, err)
			var again DigitPattern
			require.NoError(t, again.UnmarshalJSON(first))
			second, err := again.AsUpdate().MarshalJSON()
			require.NoError(t, err)
			assert.Equal(t, string(first), string(second))
		}
	})
}
