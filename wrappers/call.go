package wrappers

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/webex-calling/webex-calling-go/gen"
)

// Call is what is known of a call beside its request, and what became of it. It travels in the context of the request: down
// to what sends it, and back to the error that tells of it. One call is sent by one goroutine.
//
//aliasgen:internal
type Call struct {
	// Operation is that of the document; empty where it describes none.
	Operation gen.Operation
	// OrganizationID is the organization that the client was made for; empty for that of the token.
	OrganizationID string
	// TrackingID is sent with every try. WithCall makes it.
	TrackingID string
	// Start is when the call began. WithCall sets it.
	Start time.Time
	// Request is the one that was made for the call; it has no token.
	Request *http.Request
	// Tokens are the last tokens that it was sent with, the newest first. No error and no log contains them.
	Tokens [4]Token
	// Tries are the tries that have ended: the first and the last ones, if there are more than mostTries. The members that
	// follow are about all of them.
	Tries []Try
	// Ended is the number of tries that have ended.
	Ended int
	// Failed is the number of tries that count against the maximum number of tries.
	Failed int
	// Refused is the number of tries with status 429. The first of them ended at FirstRefused.
	Refused      int
	FirstRefused time.Time
	// MaybeDone is whether one of the tries may have been carried out although it did not succeed.
	MaybeDone bool
	// Waited is the sum of the waits.
	Waited time.Duration
	// Ready is when the next try could have been sent, were there nothing to wait for.
	Ready time.Time
	// first is the call for the first page of a list, if this one is for a further page.
	first *Call
	// GaveUp is why no other try was made although one might have helped; nil otherwise.
	GaveUp error
}

// mostTries is the maximum number of tries that a call keeps, since it may be refused hundreds of times.
const mostTries = 32

// Add adds a try that has ended.
//
//aliasgen:internal
func (c *Call) Add(try Try) {
	c.Ended++
	c.Waited += try.Wait
	c.MaybeDone = c.MaybeDone || try.Uncertain()
	switch {
	case try.StatusCode == http.StatusTooManyRequests:
		c.Refused++
		if c.Refused == 1 {
			c.FirstRefused = try.Start.Add(try.Duration)
		}
	case try.failed():
		c.Failed++
	}
	if len(c.Tries) == mostTries {
		c.Tries = slices.Delete(c.Tries, mostTries/2, mostTries/2+1)
	}
	c.Tries = append(c.Tries, try)
}

type callKey struct{}

// WithCall returns a context that carries a new call, and gives the call an id that Cisco support can find it by.
//
//aliasgen:internal
func WithCall(ctx context.Context, call *Call) context.Context {
	call.TrackingID, call.Start = "WXCGO_"+rand.Text(), time.Now()
	return context.WithValue(ctx, callKey{}, call)
}

// CallOf is the call that a request belongs to; nil if it belongs to none.
//
//aliasgen:internal
func CallOf(req *http.Request) *Call {
	call, _ := req.Context().Value(callKey{}).(*Call)
	return call
}

// Try is one sending of the request of a call.
type Try struct {
	// Operation is the operationId in the OpenAPI document; empty for calls that it does not describe.
	Operation string
	// OrganizationID is the organization that the client was made for; empty for that of the token.
	OrganizationID string
	// Method is the HTTP method.
	Method string
	// Host is the host of the service, with its port unless that is the usual one.
	Host string
	// Path is the path without the query.
	Path string
	// Number counts the tries of a call, from 1. A page of a list is a call of its own.
	Number int
	// Start is when it was sent.
	Start time.Time
	// Wait is how long the call was kept back before, by the limits of the client or to repeat it.
	Wait time.Duration
	// Duration is the time from the sending until the answer was read.
	Duration time.Duration
	// Sent tells whether the request may have reached the service: a connection was there.
	Sent bool
	// Connections is the number of connections that package net/http took. It is more than 1 if the server closed one that was kept
	// open: net/http then sends the request again at once on another, as a part of the same try. It does that with a GET, and
	// with other methods if nothing had been sent.
	Connections int
	// StatusCode is the HTTP status, or 0 if no answer came.
	StatusCode int
	// TrackingID is the id in the answer, or that of the request.
	TrackingID string
	// Err is why no answer came, or why its body could not be read.
	Err error
}

// failed reports whether the try counts against the maximum number of tries.
func (t Try) failed() bool {
	switch t.StatusCode {
	case http.StatusLocked, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return t.Err != nil
}

// Uncertain tells whether the request may have been carried out or not: it was sent, and neither did it succeed nor was it
// refused.
func (t Try) Uncertain() bool {
	switch code := t.StatusCode; {
	case !t.Sent:
		return false
	case code == http.StatusTemporaryRedirect, code == http.StatusPermanentRedirect, code == http.StatusNotImplemented:
		return false
	case code >= 400 && code < 500:
		return false
	}
	return t.Err != nil || t.StatusCode < 200 || t.StatusCode > 299
}

// uncertain tells whether the last try of a call was. Those before it were not, or were of a kind that does no harm.
func (c *Call) uncertain() bool {
	return len(c.Tries) > 0 && c.Tries[len(c.Tries)-1].Uncertain()
}
