package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// Hooks are told of every try. They run in the goroutine of the call, which waits for them; for the exchange of a refresh
// token in one that may go on when the call that began it has ended. A call that ends before it is sent has no try.
//
// A hook may make calls itself. It should pass them the context that it was given: one to the same part of the API, such as
// /licenses, then fails, because it could wait forever for the call of the hook to end. With another context it is not
// recognized and may wait forever.
type Hooks struct {
	// BeforeTry is called before a request is sent. What it returns is the context that the request is sent with; it must
	// be made from the one given. Of the Try only what precedes an answer is set. Headers, as for a trace that the service
	// shall go on with, are added by a transport of [WithHTTPClient], which has this context.
	BeforeTry func(context.Context, Try) context.Context
	// AfterTry is called with the context that BeforeTry returned when the answer was read, or failed to come.
	AfterTry func(context.Context, Try)
}

// maxErrorBody is how much is read of an answer that is no success.
const maxErrorBody = 64 << 10

var errTooLong = errors.New("the body is longer than the client takes")

// tryTransport sends a request once and reads the answer to its end, so that a try is over when RoundTrip returns: nothing
// is left open, and what went wrong inside the body is known to those who may repeat the request.
type tryTransport struct {
	timeout time.Duration
	maxBody int64
	agent   string
	hooks   Hooks
	next    http.RoundTripper
}

// answer is a body that was read. err is what ended it early.
type answer struct {
	*bytes.Reader
	body []byte
	err  error
}

func newAnswer(body []byte, err error) *answer { return &answer{bytes.NewReader(body), body, err} }

// Bytes returns the whole body without a copy, and what ended it early.
func (a *answer) Bytes() ([]byte, error) { return a.body, a.err }

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err != nil && a.err != nil {
		err = a.err
	}
	return n, err
}

func (a *answer) Close() error { return nil }

// RoundTrip sends a request and notes the try.
func (t *tryTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	call := wrappers.CallOf(req)
	try := newTry(req, call)
	ctx := req.Context()
	if t.hooks.BeforeTry != nil {
		if own := t.hooks.BeforeTry(ctx, try); own != nil {
			ctx = own
		}
	}
	resp, err := t.send(ctx, req, &try)
	try.Duration = time.Since(try.Start)
	if err == nil {
		try.StatusCode = resp.StatusCode
		try.TrackingID = cmp.Or(call.HideText(resp.Header.Get("TrackingId")), try.TrackingID)
		err = resp.Body.(*answer).err
	}
	try.Err = call.Hide(err)
	call.Add(try)
	if t.hooks.AfterTry != nil {
		t.hooks.AfterTry(ctx, try)
	}
	if resp == nil {
		return nil, err
	}
	return resp, nil
}

func newTry(req *http.Request, call *wrappers.Call) Try {
	now := time.Now()
	return Try{
		Operation: call.Operation.ID, OrganizationID: call.OrganizationID,
		Method: req.Method, Host: req.URL.Host, Path: call.HideText(req.URL.EscapedPath()),
		Number: call.Ended + 1, Start: now, Wait: now.Sub(call.Ready), TrackingID: call.TrackingID,
	}
}

// send gets an answer whole. The request is a copy made for this try, so that headers may be added.
func (t *tryTransport) send(ctx context.Context, req *http.Request, try *Try) (*http.Response, error) {
	limited, cancel := ctx, func() {}
	if t.timeout > 0 {
		limited, cancel = context.WithTimeout(ctx, t.timeout)
	}
	defer cancel()
	explain := func(err error) error { // That a try took too long and that the call did both come as the same error.
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			return fmt.Errorf("no answer within %v: %w", t.timeout, err)
		}
		return err
	}
	req.Header.Set("TrackingId", try.TrackingID)
	req.Header.Set("User-Agent", t.agent)
	traced, connections := traceConnections(limited)
	resp, err := t.next.RoundTrip(req.WithContext(traced))
	if err == nil && resp == nil {
		err = errors.New("the HTTP client gave neither an answer nor an error")
	}
	try.Connections = connections()
	try.Sent = err == nil || try.Connections > 0 || !t.isUnsent(err)
	if err != nil {
		return nil, explain(err)
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	body, err := t.read(resp)
	_ = resp.Body.Close()
	resp.Body = newAnswer(body, explain(err))
	return resp, nil
}

// read reads the body of a response; of one that is no success, as far as it may help to understand it.
func (t *tryTransport) read(resp *http.Response) ([]byte, error) {
	switch {
	case resp.StatusCode < 200: // 101 has a connection in place of a body.
		return nil, nil
	case resp.StatusCode > 299:
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.maxBody+1))
	if int64(len(body)) > t.maxBody {
		return nil, fmt.Errorf("%w, %d bytes", errTooLong, t.maxBody)
	}
	return body, err
}

// traceConnections counts the connections that package net/http takes for a request.
func traceConnections(ctx context.Context) (traced context.Context, count func() int) {
	var connections atomic.Int64 // net/http may still work on a request after it returned an error.
	traced = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connections.Add(1) },
	})
	return traced, func() int { return int(connections.Load()) }
}

// isUnsent tells whether a request that had no connection surely did not reach the service: only net/http itself is known to
// tell of every connection. From others nothing but a failure to connect is proof.
func (t *tryTransport) isUnsent(err error) bool {
	_, known := t.next.(*http.Transport)
	connection, _ := errors.AsType[*net.OpError](err)
	return known || connection != nil && connection.Op == "dial"
}
