package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// callLog tells what calls do. Without [WithLogger] nothing of it is done but asking whether to.
type callLog struct {
	logger *slog.Logger
	bodies bool
}

// ended logs a call that was answered, or failed to be.
func (l callLog) ended(req *http.Request, resp *http.Response, err error) {
	if !l.logger.Enabled(req.Context(), slog.LevelDebug) {
		return
	}
	call := wrappers.CallOf(req)
	last := Try{TrackingID: call.TrackingID}
	if len(call.Tries) > 0 {
		last = call.Tries[len(call.Tries)-1]
	}
	line := about(req, last)
	line.add(
		slog.Duration("duration", time.Since(call.Start)),
		slog.Duration("waited", call.Waited),
		slog.Int("tries", call.Ended),
		slog.String("error", reason(call, last, err)))
	if l.bodies {
		line.add(slog.String("request", call.LogRequest()))
		if resp != nil {
			line.add(slog.String("response", call.LogAnswer(resp.StatusCode, peek(resp))))
		}
	}
	l.logger.LogAttrs(req.Context(), slog.LevelDebug, "webex call", line...)
}

// repeated warns that the last try of a call failed, and when the next one follows.
func (l callLog) repeated(req *http.Request, wait time.Duration) {
	if !l.logger.Enabled(req.Context(), slog.LevelWarn) {
		return
	}
	call := wrappers.CallOf(req)
	last := call.Tries[len(call.Tries)-1]
	line := about(req, last)
	line.add(slog.Int("try", last.Number), slog.Duration("wait", wait), slog.String("error", reason(call, last, nil)))
	l.logger.LogAttrs(req.Context(), slog.LevelWarn, "webex retry", line...)
}

// limited warns that the service refused a call, and all calls to that part of the API wait.
func (l callLog) limited(req *http.Request, family string, wait time.Duration) {
	if !l.logger.Enabled(req.Context(), slog.LevelWarn) {
		return
	}
	tries := wrappers.CallOf(req).Tries
	line := about(req, tries[len(tries)-1])
	line.add(slog.String("part", wrappers.CallOf(req).HideText("/"+family)), slog.Duration("wait", wait))
	l.logger.LogAttrs(req.Context(), slog.LevelWarn, "webex limit", line...)
}

// attributes are those of a line. What says nothing is left out.
type attributes []slog.Attr

func (a *attributes) add(list ...slog.Attr) {
	for _, attribute := range list {
		if attribute.Value.Kind() != slog.KindString || attribute.Value.String() != "" {
			*a = append(*a, attribute)
		}
	}
}

// about is what every line begins with.
func about(req *http.Request, last Try) attributes {
	call := wrappers.CallOf(req)
	var line attributes
	line.add(
		slog.String("operation", call.Operation.ID),
		slog.String("organization", call.OrganizationID),
		slog.String("method", req.Method),
		slog.String("path", call.HideText(req.URL.EscapedPath())))
	if last.StatusCode != 0 {
		line.add(slog.Int("status", last.StatusCode))
	}
	line.add(slog.String("trackingId", last.TrackingID))
	return line
}

// reason is why a call or a try failed, if something else than the status tells it.
func reason(call *wrappers.Call, last Try, err error) string {
	switch {
	case last.Err != nil:
		err = last.Err
	case call.GaveUp != nil:
		err = call.GaveUp
	case err == nil:
		return ""
	}
	if failed, ok := errors.AsType[*Error](err); ok {
		err = errors.Unwrap(failed)
	}
	return call.LogText(err.Error())
}

// peek reads the body of a response and puts it back.
func peek(resp *http.Response) []byte {
	body, err := io.ReadAll(resp.Body)
	resp.Body = newAnswer(body, err)
	return body
}

// WithLogger logs to logger. There are no lines but these:
//
//   - "webex call", at debug level, when a call was answered or failed to be: operation, organization, method, path, status,
//     trackingId, duration, waited (the part of the duration that it was kept back), tries, and error if there was no answer,
//     or if no other try was made although it might have helped. A further page of a list is a call of its own. An answer
//     that cannot be understood is known only to the caller.
//   - "webex retry", a warning, before a try is repeated: the same of the try that failed, its number as try, and wait.
//   - "webex limit", a warning, when the service answers 429 and all calls wait: part, which is that of the API, and wait.
//
// Durations are of type [time.Duration]. What is empty is left out. Lines have the context of the call. No line has a token, a
// query or a body; see [WithLoggedBodies]. Without this option nothing is logged.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return errors.New("webex: WithLogger: the logger is nil")
		}
		c.log.logger = logger
		return nil
	}
}

// WithLoggedBodies adds the bodies as request and response to the line that [WithLogger] logs for a call. What the OpenAPI
// document marks with x-sensitive is replaced by "[redacted]", by its name, wherever it stands: passwords, access codes,
// activation codes, phone numbers, addresses and names of people. So are its values, and the token, in other texts. The code
// of an error is logged. A body above 64 KiB is cut; of one above 1 MiB, or that is not JSON, only the length is logged.
func WithLoggedBodies() Option {
	return func(c *config) error {
		c.log.bodies = true
		return nil
	}
}
