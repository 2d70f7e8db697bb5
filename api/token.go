package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// TokenFunc returns an access token. It is called with the zero Token when a token is needed for the first time, and with the
// rejected token when the server returns status 401. If it returns another token, the call is sent again with that one.
//
// Only one call of the function runs at a time, and all API calls that need a token wait for it. It continues, for at most a
// minute, when the API call that needed the token has ended.
//
// The client does not renew tokens again and again when that does not help. If the server rejects the new token of the repeated
// call too, the next renewal is a second later at the earliest. That time doubles with each renewal, up to a minute, until a
// repeated call is accepted. Other calls that are rejected meanwhile return their 401, and the error contains the reason. The
// same holds if the function returns the rejected token again.
//
// If the function panics or ends its goroutine, the calls fail. Their error has the type of the panic value and not its text,
// which could contain a token. The function must not call the client that it gets the token for, since that call would wait for
// the function.
type TokenFunc func(ctx context.Context, refused Token) (Token, error)

// tokenSource gets a token and the time until when it can be used; the zero time is until it is refused.
type tokenSource func(ctx context.Context, refused Token) (Token, time.Time, error)

func fixedToken(token Token) tokenSource {
	return func(context.Context, Token) (Token, time.Time, error) { return token, time.Time{}, nil }
}

// tokenTransport waits for a token before a call enters the gate, and sends a call again if its token is rejected and there is
// another one. It waits outside the gate, so that calls without a token do not fill it.
type tokenTransport struct {
	tokens *tokenCache
	log    callLog
	next   http.RoundTripper
}

// maxRenewals is how often a call is sent again with another token. The second time is for a token that expired while the
// call waited at the gate.
const maxRenewals = 2

// RoundTrip sends a request, and again if its token is rejected.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := t.tokens.get(req.Context(), Token{}); err != nil {
		closeBody(req)
		return nil, err
	}
	resp, err := t.next.RoundTrip(req)
	for renewals := 0; err == nil && resp.StatusCode == http.StatusUnauthorized && renewals < maxRenewals; renewals++ {
		if !t.renew(req) {
			return resp, nil
		}
		t.log.repeated(req, 0)
		resp, err = t.next.RoundTrip(replay(req))
		if err == nil && isAccepted(resp.StatusCode) {
			t.tokens.renewalHelped()
		}
	}
	return resp, err
}

// renew reports whether there is another token than the one that was rejected.
func (t *tokenTransport) renew(req *http.Request) bool {
	call := wrappers.CallOf(req)
	rejected := call.Tokens[0]
	token, err := t.tokens.get(req.Context(), rejected)
	if err != nil {
		call.GaveUp = err
		return false
	}
	return token.Value() != rejected.Value()
}

// isAccepted reports whether a status shows that the server accepted the token: limits and failures may come before that check.
func isAccepted(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusUnauthorized && status != http.StatusTooManyRequests
}

// bearerTransport adds the token that is valid when an attempt is sent: the wait at the gate can be longer than its life.
type bearerTransport struct {
	tokens *tokenCache
	next   http.RoundTripper
}

// RoundTrip sends a request, which is a copy made for this attempt, with the token.
func (t *bearerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := t.tokens.get(req.Context(), Token{})
	if err != nil {
		closeBody(req)
		return nil, &tokenError{err}
	}
	wrappers.CallOf(req).AddToken(token)
	req.Header.Set("Authorization", "Bearer "+token.Value())
	return t.next.RoundTrip(req)
}

// tokenError is the reason that an attempt was not sent. The call ends with it, as nothing is wrong with the connection.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

const (
	// spare is how long before its end a token is not used any more; half of its life if that is shorter.
	spare = 10 * time.Second
	// renewalTimeout bounds the time to get a token.
	renewalTimeout = time.Minute
	// firstBackOff and maxBackOff bound the time between renewals that do not help.
	firstBackOff = time.Second
	maxBackOff   = time.Minute
)

// tokenCache holds a token while it can be used.
type tokenCache struct {
	source tokenSource

	mu          sync.Mutex
	token       Token
	usableUntil time.Time // Zero if until it is rejected.
	renewal     *renewal
	// renewAfter is when a rejected token may be renewed: backOff after the last time, unless that renewal helped.
	renewAfter time.Time
	backOff    time.Duration
}

// renewal is a token that is being got. The result may be read when done is closed.
type renewal struct {
	rejected Token
	done     chan struct{}
	token    Token
	err      error
	// over ends the waiting when the source does not.
	over <-chan struct{}
}

// get returns a token that can be used and is not the rejected one, unless the source has no other. All calls that need one
// wait for the same renewal.
func (c *tokenCache) get(ctx context.Context, rejected Token) (Token, error) {
	c.mu.Lock()
	usable := c.usableUntil.IsZero() || time.Now().Before(c.usableUntil)
	if token := c.token; token.Value() != rejected.Value() && usable {
		c.mu.Unlock()
		return token, nil
	}
	if c.renewal == nil {
		if wait := time.Until(c.renewAfter); rejected.Value() != "" && usable && wait > 0 {
			c.mu.Unlock()
			return Token{}, fmt.Errorf("the token of the last renewal was rejected too: it is not renewed again for %v",
				wait.Round(time.Millisecond))
		}
		c.renewal = c.startRenewal(ctx, rejected)
	}
	current := c.renewal
	c.mu.Unlock()
	return current.wait(ctx)
}

// startRenewal gets a token. The renewal does not end with the call that started it, and does not use its retry policy: others
// wait for the token, and a refresh token that was exchanged must be stored.
func (c *tokenCache) startRenewal(ctx context.Context, rejected Token) *renewal {
	own := WithRetry(wrappers.WithCall(context.WithoutCancel(ctx), &wrappers.Call{}), RetryPolicy{})
	own, cancel := context.WithTimeout(own, renewalTimeout)
	r := &renewal{rejected: rejected, done: make(chan struct{}), over: own.Done()}
	go func() {
		defer cancel()
		c.renew(own, r)
	}()
	return r
}

// wait returns the result of a renewal.
func (r *renewal) wait(ctx context.Context) (Token, error) {
	select {
	case <-ctx.Done():
		return Token{}, ctx.Err()
	case <-r.done:
		return r.token, r.err
	case <-r.over:
	}
	select {
	case <-r.done: // It may have ended by that.
		return r.token, r.err
	default:
		return Token{}, fmt.Errorf("getting a token: nothing within %v: %w", renewalTimeout, context.DeadlineExceeded)
	}
}

// renew gets a token from the source. That runs functions of the user, which may panic or end the goroutine.
func (c *tokenCache) renew(ctx context.Context, r *renewal) {
	var expires time.Time
	r.err = errors.New("the function that gets or stores tokens ended its goroutine")
	defer func() {
		if value := recover(); value != nil { // Its text could contain a token.
			r.err = fmt.Errorf("the function that gets or stores tokens panicked with a value of type %T", value)
		}
		if r.err != nil {
			r.err = fmt.Errorf("getting a token: %w", r.err)
		}
		c.end(r, expires)
	}()
	r.token, expires, r.err = c.source(ctx, r.rejected)
	if r.err == nil {
		r.err = checkToken(r.token.Value())
	}
}

// end keeps a token that was got, and wakes the calls that wait for it.
func (c *tokenCache) end(r *renewal, expires time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.err == nil {
		c.token, c.usableUntil = r.token, time.Time{}
		if !expires.IsZero() {
			c.usableUntil = expires.Add(-min(spare, time.Until(expires)/2))
		}
		if r.rejected.Value() != "" {
			c.backOff = min(max(2*c.backOff, firstBackOff), maxBackOff)
			c.renewAfter = time.Now().Add(c.backOff)
		}
	}
	c.renewal = nil
	close(r.done)
}

// renewalHelped ends the back-off: the server accepted a renewed token of a call whose token it had rejected.
func (c *tokenCache) renewalHelped() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.renewAfter, c.backOff = time.Time{}, 0
}
