package wrappers

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/gen"
	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// caller sends the calls of one organization. The generated client uses it as its HTTP client, so every request, those
// for further pages included, passes Do.
type caller struct {
	client         *gen.Client
	base           *url.URL
	http           *http.Client
	organizationID *string
	operations     *http.ServeMux
	ended          func(*http.Request, *http.Response, error)
	personPath     *knownPath
}

// Do sends the request of a call, or of the first page of a list.
func (c *caller) Do(req *http.Request) (*http.Response, error) { return c.send(req, nil) }

// send sends a request and turns a failure to get a response into an *Error. previous is the call for the page before, or nil.
// It is an argument because a context may have the call of somebody else: hooks and token functions make calls of their own
// with the context of the call that they serve.
func (c *caller) send(req *http.Request, previous *Call) (*http.Response, error) {
	operation, known := c.operation(req)
	call := &Call{Request: req}
	if previous != nil {
		call.first = previous.firstPage()
		if !known { // The link may lead anywhere.
			operation = previous.Operation
		}
	}
	call.Operation = operation
	if c.organizationID != nil {
		call.OrganizationID = *c.organizationID
	}
	req = req.WithContext(WithCall(req.Context(), call))
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		resp, err = nil, noAnswer(req, err)
	}
	if c.ended != nil {
		c.ended(req, resp, err)
	}
	return resp, err
}

// addOrganization is the request editor that sends orgId. The addresses of further pages do not pass it: the service has
// put there what they need. What the document does not know gets orgId too, because a call that loses it would change the
// partner's own organization.
func (c *caller) addOrganization(_ context.Context, req *http.Request) error {
	if c.organizationID == nil {
		return nil
	}
	if strings.TrimSpace(*c.organizationID) == "" {
		return errors.New("webex: organizationID is empty")
	}
	operation, known := c.operation(req)
	query := req.URL.Query()
	if known && !operation.TakesOrgID || query.Has("orgId") {
		return nil
	}
	query.Set("orgId", *c.organizationID)
	req.URL.RawQuery = query.Encode()
	return nil
}

// operation tells which operation of the document a request is for.
func (c *caller) operation(req *http.Request) (gen.Operation, bool) {
	handler, _ := c.operations.Handler(req)
	operation, known := handler.(operationHandler)
	return gen.Operation(operation), known
}

// operationHandler lets http.ServeMux match requests to operations; it serves nothing.
type operationHandler gen.Operation

func (operationHandler) ServeHTTP(http.ResponseWriter, *http.Request) {}

func operationIndex(basePath string) *http.ServeMux {
	mux := http.NewServeMux()
	for _, operation := range gen.Operations {
		mux.Handle(operation.Method+" "+strings.TrimSuffix(basePath, "/")+operation.Path, operationHandler(operation))
	}
	return mux
}

// The shapes of the generated calls: addressed by no id, by one, and by two.
type (
	editor        = gen.RequestEditorFn
	postCall      = func(*gen.Client, context.Context, string, io.Reader, ...editor) (*http.Response, error)
	getCall       = func(*gen.Client, context.Context, string, ...editor) (*http.Response, error)
	updateCall    = func(*gen.Client, context.Context, string, string, io.Reader, ...editor) (*http.Response, error)
	getOneCall    = func(*gen.Client, context.Context, string, string, ...editor) (*http.Response, error)
	updateOneCall = func(*gen.Client, context.Context, string, string, string, io.Reader, ...editor) (*http.Response, error)
)

// get reads what is addressed by one id. argument is the name of the id in errors; is reports whether a value is what was
// asked for.
func get[T any](ctx context.Context, c *caller, argument, id string, send getCall, is func(T) bool) (T, error) {
	resp, err := open(ctx, c, argument, id, send)
	return read(resp, err, is)
}

// open asks for what is addressed by one id.
func open(ctx context.Context, c *caller, argument, id string, send getCall) (*http.Response, error) {
	if err := checkID(argument, id); err != nil {
		return nil, err
	}
	return send(c.client, ctx, id)
}

// act does something to what is addressed by one id, without a body either way.
func act(ctx context.Context, c *caller, argument, id string, send getCall) error {
	return finish(open(ctx, c, argument, id, send))
}

// update writes to what is addressed by one id.
func update(ctx context.Context, c *caller, argument, id string, body any, send updateCall) error {
	if err := checkID(argument, id); err != nil {
		return err
	}
	return finish(deliver(body, func(contentType string, body io.Reader) (*http.Response, error) {
		return send(c.client, ctx, id, contentType, body)
	}))
}

// post sends body to what is not addressed by an id.
func post(ctx context.Context, c *caller, body any, send postCall) (*http.Response, error) {
	return deliver(body, func(contentType string, body io.Reader) (*http.Response, error) {
		return send(c.client, ctx, contentType, body)
	})
}

// deliver encodes body and sends it. It is the only place that does: the generated calls that take models would use
// encoding/json, which loses what is unknown.
func deliver(body any, send func(contentType string, body io.Reader) (*http.Response, error)) (*http.Response, error) {
	data, err := encode(body)
	if err != nil {
		return nil, err
	}
	return send("application/json", bytes.NewReader(data))
}

func encode(body any) (jsontext.Value, error) {
	data, err := json.Marshal(body, wire.Writing)
	if err != nil {
		return nil, fmt.Errorf("webex: encoding the request: %w", err)
	}
	return data, nil
}

// checkID refuses what would address something else than one thing: an empty id the whole collection, a dot segment
// what lies above. Everything else is escaped on its way into a path.
func checkID(argument, id string) error {
	switch strings.TrimFunc(id, func(char rune) bool { return char <= ' ' }) {
	case "":
		return fmt.Errorf("webex: %s is empty", argument)
	case ".", "..":
		return fmt.Errorf("webex: %s is %q, which is not an ID", argument, id)
	}
	return nil
}

// Do sends a request that the document does not describe. It has the same token, checks and errors as any other call.
//
// path lies below the base URL, begins with a slash and is already escaped. body is sent as JSON unless it is nil; the
// answer is decoded into out, a pointer, unless that is nil. Both are types of users, which are made for encoding/json.
func (s *Services) Do(ctx context.Context, method, path string, query url.Values, body, out any) error {
	if target := reflect.ValueOf(out); out != nil && (target.Kind() != reflect.Pointer || target.IsNil()) {
		return fmt.Errorf("webex: out must be a pointer that is not nil; its type is %T", out)
	}
	req, err := s.caller.request(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	resp, err := s.caller.Do(req)
	if out == nil {
		return finish(resp, err)
	}
	return readForeign(resp, err, out)
}

// request makes a request out of what a user gave.
func (c *caller) request(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	target, err := c.below(path)
	if err != nil {
		return nil, err
	}
	target.RawQuery = query.Encode()
	var content io.Reader
	if body != nil {
		data, err := encodeForeign(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), content)
	if err != nil {
		return nil, fmt.Errorf("webex: method: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, c.addOrganization(ctx, req)
}

// encodeForeign encodes a value of a type of a user.
func encodeForeign(body any) ([]byte, error) {
	var data bytes.Buffer
	encoder := stdjson.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, fmt.Errorf("webex: body: %w", err)
	}
	text := bytes.TrimSpace(data.Bytes())
	if string(text) == "null" {
		return nil, fmt.Errorf("webex: body is a %T that is nil", body)
	}
	return text, nil
}

// below resolves a path that a user gave, which may not lead out of the base URL.
func (c *caller) below(path string) (*url.URL, error) {
	target, err := url.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("webex: path: %w", errors.Unwrap(err))
	}
	if !strings.HasPrefix(path, "/") || target.Host != "" || target.RawQuery != "" || target.Fragment != "" {
		return nil, fmt.Errorf("webex: path is %q, which is not a path below the base URL that begins with a slash", path)
	}
	for segment := range strings.SplitSeq(target.Path, "/") {
		if segment == "." || segment == ".." {
			return nil, fmt.Errorf("webex: path is %q, which has a dot segment", path)
		}
	}
	if escaped := target.EscapedPath() + "/"; path != "/" && strings.Contains(escaped, "//") {
		return nil, fmt.Errorf("webex: path is %q, which has an empty segment", path) // The server would take it for its parent.
	}
	return c.base.JoinPath(target.EscapedPath()), nil
}
