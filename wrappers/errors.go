package wrappers

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"

	"github.com/webex-calling/webex-calling-go/internal/redact"
)

// What errors.Is tells an [Error] by.
var (
	// ErrBadRequest is status 400: the request is malformed, or a rule refuses it.
	ErrBadRequest = errors.New("bad request")
	// ErrUnauthorized is status 401: the token is missing, wrong or expired.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden is status 403: the scopes of the token or the role of its owner do not allow the call, or the owner does not
	// manage the organization.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound is status 404: what was asked for is unknown.
	ErrNotFound = errors.New("not found")
	// ErrMethodNotAllowed is status 405.
	ErrMethodNotAllowed = errors.New("method not allowed")
	// ErrConflict is status 409: the request clashes with the current state.
	ErrConflict = errors.New("conflict")
	// ErrGone is status 410: what was asked for no longer exists.
	ErrGone = errors.New("gone")
	// ErrLocked is status 423: what was asked for is in use; [Error.RetryAfter] may tell for how long.
	ErrLocked = errors.New("locked")
	// ErrTooManyRequests is status 429: nothing was done; [Error.RetryAfter] tells how long to wait.
	ErrTooManyRequests = errors.New("too many requests")
	// ErrServer is any status from 500 on: the service failed.
	ErrServer = errors.New("server error")
	// ErrBadResponse is an answer that says success but cannot be read: no body, HTML, broken or unexpected JSON.
	ErrBadResponse = errors.New("bad response")
	// ErrOutcomeUnknown is a POST or PATCH that failed after it was sent and may have been carried out: look before
	// repeating it. An error that is also [ErrServer] or [ErrBadResponse] tells what came back.
	ErrOutcomeUnknown = errors.New("the outcome is unknown")
	// ErrJobRunning is a device settings job that cannot start because another runs.
	ErrJobRunning = errors.New("another job is running")
	// ErrJobFailed is a device settings job that ended otherwise than well; the error is a [*JobError].
	ErrJobFailed = errors.New("job failed")
)

var statusErrors = map[int]error{
	http.StatusBadRequest:       ErrBadRequest,
	http.StatusUnauthorized:     ErrUnauthorized,
	http.StatusForbidden:        ErrForbidden,
	http.StatusNotFound:         ErrNotFound,
	http.StatusMethodNotAllowed: ErrMethodNotAllowed,
	http.StatusConflict:         ErrConflict,
	http.StatusGone:             ErrGone,
	http.StatusLocked:           ErrLocked,
	http.StatusTooManyRequests:  ErrTooManyRequests,
}

// Error is a call that failed after it was sent: refused by the service, answered in a way that cannot be read, or not
// answered at all. Use errors.As to get it, and errors.Is with the Err… values, or with the errors of package context and
// of the connection, to tell the causes apart. What is wrong with an argument is found before sending and is no Error.
type Error struct {
	// StatusCode is the HTTP status, or 0 if no answer came.
	StatusCode int
	// Message is what the service says went wrong; empty if it does not say.
	Message string
	// Details are the single reasons, where the service tells them apart.
	Details []ErrorDetail
	// TrackingID names the call to Cisco support: by the id of the answer, or by that of the request if it has none.
	TrackingID string
	// RetryAfter is how long the service asks to wait; 0 if it does not, or not in a form that can be read.
	RetryAfter time.Duration
	// Method is the HTTP method of the request.
	Method string
	// Path is the path of the request as it was sent, without the query.
	Path string
	// Operation is the operationId in the OpenAPI document; empty for calls that it does not describe.
	Operation string
	// OrganizationID is the organization that the client was made for; empty for that of the token.
	OrganizationID string
	// Scopes are set with status 403: what the token must hold, all scopes of one of the alternatives.
	Scopes [][]string
	// Roles are set with status 403: the kinds of administrator that may make the call; empty if they are not documented.
	Roles []string
	// Tries lists every time that the request was sent, the last one with this outcome. It is empty if the request was not
	// sent. Of more than 32 tries it has the first 16 and the last 16. The Number of the last one is the number of all tries.
	Tries []Try

	cause          error
	outcomeUnknown bool
	// organization is the orgId that was sent, or the organization of the client. It is set with status 403.
	organization string
}

// ErrorDetail is one reason of an [Error].
type ErrorDetail struct {
	// Description is the reason in words.
	Description string
	// Code tells the reason apart from others of the same operation. Most are numbers; some services send text.
	Code string
}

// Error returns the operation, the request, the status, and what the service says about it.
func (e *Error) Error() string {
	parts := []string{"webex", e.Operation, e.Method + " " + e.Path}
	if e.StatusCode != 0 {
		parts = append(parts, strconv.Itoa(e.StatusCode)+" "+http.StatusText(e.StatusCode))
	}
	parts = append(parts, e.reasons()...)
	if e.cause != nil {
		parts = append(parts, oneLine(e.cause.Error()))
	}
	if e.outcomeUnknown {
		parts = append(parts, ErrOutcomeUnknown.Error())
	}
	parts = slices.DeleteFunc(append(parts, e.possibleCauses()), func(part string) bool { return part == "" })
	text := strings.Join(parts, ": ")
	if count := len(e.Tries); count > 1 {
		text += fmt.Sprintf(" (%d tries)", max(count, e.Tries[count-1].Number))
	}
	if e.TrackingID != "" {
		text += " (tracking id " + oneLine(e.TrackingID) + ")"
	}
	return text
}

// reasons returns the message and the details, each with its code. A detail that repeats the message only adds its code to it.
func (e *Error) reasons() []string {
	reasons := []string{phrase(e.Message)}
	for _, detail := range e.Details {
		if text := phrase(detail.Description); text != "" && text != reasons[0] {
			reasons = append(reasons, text)
		}
		if detail.Code != "" {
			last := &reasons[len(reasons)-1]
			*last = strings.TrimSpace(*last + " [" + oneLine(detail.Code) + "]")
		}
	}
	return reasons
}

// phrase returns a text without the punctuation at its end, so that more can follow it.
func phrase(text string) string { return strings.TrimRight(oneLine(text), ".:;, ") }

// possibleCauses returns the documented reasons for status 403. The service does not say which one it is.
func (e *Error) possibleCauses() string {
	var scopes, causes []string
	for _, alternative := range e.Scopes {
		scopes = append(scopes, strings.Join(alternative, " with "))
	}
	if len(scopes) > 0 {
		causes = append(causes, "the token lacks the scope "+strings.Join(scopes, " or "))
	}
	if len(e.Roles) > 0 {
		causes = append(causes, "its owner is none of these administrators: "+strings.Join(e.Roles, ", "))
	}
	if e.organization != "" {
		causes = append(causes, "the owner of the token does not manage the organization "+oneLine(e.organization))
	}
	switch len(causes) {
	case 0:
		return ""
	case 1:
		return "possible cause: " + causes[0]
	}
	return "possible causes: " + strings.Join(causes, "; ")
}

// Unwrap gives the cause of an Error that no refusal of the service is.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the Err… value of the status.
func (e *Error) Is(target error) bool {
	if target == ErrOutcomeUnknown {
		return e.outcomeUnknown
	}
	if e.StatusCode >= http.StatusInternalServerError {
		return target == ErrServer
	}
	if target == ErrJobRunning {
		return e.StatusCode == http.StatusConflict && e.Operation == "startDeviceSettingsJob"
	}
	known, ok := statusErrors[e.StatusCode]
	return ok && target == known
}

// errorFor begins the Error of a request.
func errorFor(req *http.Request) *Error {
	call := CallOf(req)
	return &Error{
		Method: req.Method, Path: req.URL.EscapedPath(), Operation: call.Operation.ID, OrganizationID: call.OrganizationID,
		TrackingID: call.TrackingID, Tries: call.Tries, cause: call.GaveUp,
		outcomeUnknown: isOnce(req) && call.uncertain(),
	}
}

// isOnce tells requests that may do something else when they are sent twice.
func isOnce(req *http.Request) bool {
	return req.Method == http.MethodPost || req.Method == http.MethodPatch
}

// noAnswer is the error of a request that got no response.
func noAnswer(req *http.Request, err error) error {
	e := errorFor(req)
	e.cause = err
	// url.Error repeats method and address, query included.
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		e.cause = wrapped.Err
	}
	return e.hideSecrets(CallOf(req))
}

// badResponse is the error of a response that says success but cannot be read.
func badResponse(resp *http.Response, reason error) error {
	e := errorFor(resp.Request)
	e.StatusCode = resp.StatusCode
	e.TrackingID = cmp.Or(trackingID(resp.Header), e.TrackingID)
	e.outcomeUnknown = isOnce(resp.Request)
	if decoding, ok := errors.AsType[*json.SemanticError](reason); ok {
		reason = unexpected(decoding)
	}
	switch gaveUp := e.cause; {
	case resp.Request.Context().Err() != nil: // That the caller gave up is not the fault of the service.
		e.cause = reason
	case gaveUp != nil:
		e.cause = fmt.Errorf("%w: %w: %w", ErrBadResponse, reason, gaveUp)
	default:
		e.cause = fmt.Errorf("%w: %w", ErrBadResponse, reason)
	}
	return e.hideSecrets(CallOf(resp.Request))
}

// refused is the error of a response whose status is not a success. It reads what it can of the body; whatever that is,
// the status is kept.
func refused(resp *http.Response) error {
	e := errorFor(resp.Request)
	e.StatusCode = resp.StatusCode
	e.RetryAfter = RetryAfter(resp.Header)
	body, _ := io.ReadAll(resp.Body)
	sent := e.TrackingID
	e.TrackingID = ""
	e.readBody(body, redact.NewTexts(CallOf(resp.Request).secrets()...))
	e.TrackingID = cmp.Or(fold(e.TrackingID), trackingID(resp.Header), sent)
	if e.StatusCode == http.StatusForbidden {
		operation := CallOf(resp.Request).Operation
		for _, scopes := range operation.Scopes {
			e.Scopes = append(e.Scopes, slices.Clone(scopes))
		}
		e.Roles = slices.Clone(operation.Roles)
		e.organization = cmp.Or(resp.Request.URL.Query().Get("orgId"), e.OrganizationID)
	}
	return e.hideSecrets(CallOf(resp.Request))
}

// errorCode are the codes that errors have, which may be equal to a short code to dial.
var errorCode = regexp.MustCompile(`^[0-9]{1,6}$`)

// hideSecrets takes out what an answer may have repeated of the request.
func (e *Error) hideSecrets(call *Call) *Error {
	secrets := redact.NewTexts(call.secrets()...)
	e.Message, e.TrackingID, e.organization = secrets.Hide(e.Message), secrets.Hide(e.TrackingID), secrets.Hide(e.organization)
	for i, detail := range e.Details {
		e.Details[i].Description = secrets.Hide(detail.Description)
		if !errorCode.MatchString(detail.Code) {
			e.Details[i].Code = secrets.Hide(detail.Code)
		}
	}
	e.Path, e.cause = call.HideText(e.Path), call.Hide(e.cause)
	return e
}

func trackingID(header http.Header) string {
	return fold(strings.Join(header.Values("TrackingId"), ","))
}

// fold undoes the repetition of a tracking id, "X, X".
func fold(id string) string {
	first, rest, _ := strings.Cut(id, ",")
	for other := range strings.SplitSeq(rest, ",") {
		if other = strings.TrimSpace(other); other != "" && other != strings.TrimSpace(first) {
			return id
		}
	}
	return strings.TrimSpace(first)
}

// RetryAfter is how long a response asks to wait; 0 if it does not, or not in a form that can be read.
//
//aliasgen:internal
func RetryAfter(header http.Header) time.Duration {
	return retryAfter(header.Get("Retry-After"), time.Now())
}

// retryAfter reads seconds, decimals or a date (RFC 9110). Anything else, as "rand(30),add(30)", says nothing.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(min(seconds*float64(time.Second), math.MaxInt64/2))
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// oneLine returns a text as one line without control and format characters, which would deceive a terminal or a reader of a log.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(char rune) bool {
		return unicode.IsSpace(char) || unicode.IsControl(char) || unicode.Is(unicode.Cf, char)
	}), " ")
}
