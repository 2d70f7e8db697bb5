package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// mostLogged is how much of a body is logged.
const mostLogged = 64 << 10

// callLog tells what calls do. Without [WithLogger] nothing of it is done but asking whether to.
type callLog struct {
	logger *slog.Logger
	bodies bool
}

// ended logs a call that is over.
func (l callLog) ended(req *http.Request, resp *http.Response, err error) {
	if !l.logger.Enabled(req.Context(), slog.LevelDebug) {
		return
	}
	call := wrappers.CallOf(req)
	last := Try{TrackingID: call.TrackingID}
	var waited time.Duration
	for _, last = range call.Tries {
		waited += last.Wait
	}
	if err == nil {
		err = last.Err
	}
	attributes := append(about(req),
		slog.Int("status", last.StatusCode),
		slog.Duration("duration", time.Since(call.Start)),
		slog.Duration("waited", waited),
		slog.Int("tries", len(call.Tries)),
		slog.String("trackingId", last.TrackingID))
	if err != nil {
		attributes = append(attributes, slog.String("error", call.RedactText(err.Error())))
	}
	if l.bodies {
		attributes = append(attributes, slog.String("request", bounded(call.Redact(call.RequestBody()))))
		if resp != nil {
			attributes = append(attributes, slog.String("response", bounded(call.Redact(peek(resp)))))
		}
	}
	l.logger.LogAttrs(req.Context(), slog.LevelDebug, "webex call", attributes...)
}

// repeated warns that the last try of a call failed and another follows.
func (l callLog) repeated(req *http.Request, wait time.Duration) {
	if !l.logger.Enabled(req.Context(), slog.LevelWarn) {
		return
	}
	call := wrappers.CallOf(req)
	last := call.Tries[len(call.Tries)-1]
	attributes := append(about(req),
		slog.Int("status", last.StatusCode),
		slog.Int("try", last.Number),
		slog.Duration("wait", wait),
		slog.String("trackingId", last.TrackingID))
	if last.Err != nil {
		attributes = append(attributes, slog.String("error", call.RedactText(last.Err.Error())))
	}
	l.logger.LogAttrs(req.Context(), slog.LevelWarn, "webex retry", attributes...)
}

// limited warns that the service refused a call, and all calls to that part of the API wait.
func (l callLog) limited(req *http.Request, family string, wait time.Duration) {
	if !l.logger.Enabled(req.Context(), slog.LevelWarn) {
		return
	}
	l.logger.LogAttrs(req.Context(), slog.LevelWarn, "webex limit", slog.String("part", "/"+family), slog.Duration("wait", wait))
}

// about is what every line on a call begins with.
func about(req *http.Request) []slog.Attr {
	call := wrappers.CallOf(req)
	return []slog.Attr{
		slog.String("operation", call.Operation.ID),
		slog.String("organization", call.OrganizationID),
		slog.String("method", req.Method),
		slog.String("path", call.HideTokens(req.URL.EscapedPath())),
	}
}

// peek reads the body of a response and puts it back.
func peek(resp *http.Response) []byte {
	body, err := io.ReadAll(resp.Body)
	resp.Body = newAnswer(body, err)
	return body
}

// bounded cuts what is too long for a line. What is cut was redacted before.
func bounded(text string) string {
	if len(text) <= mostLogged {
		return text
	}
	return strings.ToValidUTF8(text[:mostLogged], "") + "…"
}

// WithLogger logs to logger: at debug level a line for each call, when it has ended, with operation, organization, method,
// path, status, duration, the part of it that was waited, tries and tracking id; as a warning every try that is repeated, and
// every refusal that makes all calls to a part of the API wait. Lines have the context of the call. No line has a token, a
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

// WithLoggedBodies adds the bodies of request and answer to the line that [WithLogger] logs for a call, each to 64 KiB. What
// the OpenAPI document marks with x-sensitive is replaced by "[redacted]", by its name, wherever it stands: passwords, access
// codes, activation codes, phone numbers, addresses of people and their names. So is the token. What is not JSON is not logged.
func WithLoggedBodies() Option {
	return func(c *config) error {
		c.log.bodies = true
		return nil
	}
}
