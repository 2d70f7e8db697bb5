package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// RetryPolicy tells how long to repeat a call that failed. A field that is zero takes the value of the client or, in that of
// the client, the default.
//
// Repeated are, for every method: 429, since nothing was done, and 423 if it says when to come again. For GET, PUT and DELETE:
// 502, 503, 504, connections that failed, and answers that broke off. POST and PATCH are repeated only if there was no
// connection at all: see [ErrOutcomeUnknown]. A DELETE that is answered 404 after a try that may have been carried out is a
// success.
//
// The wait is the Retry-After of the response, in seconds or as a date. If there is none that can be read, the wait is random:
// less than one second before the second try, less than two before the third, and so on. After a 429 the wait is at least
// 100 ms, 200 ms after the second 429 of the call, and so on up to one second. MaxWait bounds all of these. If the context would
// end before the wait does, the call ends at once, with the error of the last try.
type RetryPolicy struct {
	// Tries is how often a call is sent that fails otherwise than by 429; 5 by default. With 1 it is sent once.
	Tries int
	// MaxWait bounds each wait, whatever the service asks for; 60 seconds by default. That of a single call does not shorten
	// the wait of all calls after a 429, which is bounded by that of the client.
	MaxWait time.Duration
	// MaxRefused is for how long a call is repeated that is refused with 429, counted from the first time; five minutes by
	// default. If it is negative, such a call is not repeated.
	MaxRefused time.Duration
}

// NoRetry is the policy that sends a call once.
var NoRetry = RetryPolicy{Tries: 1, MaxRefused: -1}

var defaultRetry = RetryPolicy{Tries: 5, MaxWait: time.Minute, MaxRefused: 5 * time.Minute}

const (
	// firstWait bounds the first random wait.
	firstWait = time.Second
	// leastRefusedWait is the least wait after a first refusal. Without it a server that asks for almost no wait would get
	// thousands of requests in a second.
	leastRefusedWait = 100 * time.Millisecond
)

// or fills what p leaves open, or sets to what has no meaning.
func (p RetryPolicy) or(other RetryPolicy) RetryPolicy {
	if p.Tries < 1 {
		p.Tries = other.Tries
	}
	if p.MaxWait <= 0 {
		p.MaxWait = other.MaxWait
	}
	p.MaxRefused = cmp.Or(p.MaxRefused, other.MaxRefused)
	return p
}

type retryKey struct{}

// WithRetry returns a context whose calls are repeated as policy tells, in place of that of the client.
func WithRetry(ctx context.Context, policy RetryPolicy) context.Context {
	return context.WithValue(ctx, retryKey{}, policy)
}

// retryTransport sends a request again while that helps and does no harm.
type retryTransport struct {
	policy RetryPolicy
	gates  *gates
	log    callLog
	next   http.RoundTripper
}

// RoundTrip sends a request, once or more often.
func (t *retryTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	policy, _ := req.Context().Value(retryKey{}).(RetryPolicy)
	r := retrying{
		client: t.policy, policy: policy.or(t.policy), req: req, call: wrappers.CallOf(req), gate: t.gates.of(req.URL), log: t.log,
	}
	defer closeBody(req)
	for {
		r.call.Ready = time.Now()
		if err := r.pause(r.wait); err != nil {
			return r.giveUp(err)
		}
		entered, err := r.gate.enter(req.Context(), r.call.OrganizationID)
		if err != nil {
			return r.giveUp(err)
		}
		if again := r.try(entered, t.next); !again {
			return r.resp, r.err
		}
	}
}

// replay is a request with the same body from its beginning.
func replay(req *http.Request) *http.Request {
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		again.Body, _ = req.GetBody() // It is made of bytes in memory, which cannot fail.
	}
	return again
}

// retrying is one request under way. Its call counts how often it failed before, also for another address or with another
// token.
type retrying struct {
	client RetryPolicy
	policy RetryPolicy
	req    *http.Request
	call   *wrappers.Call
	gate   *gate
	log    callLog

	// What the last try came to, and how long to wait before another.
	resp *http.Response
	err  error
	wait time.Duration
}

// try sends the request that has entered the gate, and reports whether to send it again.
func (r *retrying) try(entered *waiter, next http.RoundTripper) (again bool) {
	defer r.gate.leave(entered) // Also after a panic of the user's code, which must not leave the gate narrower.
	resp, err := next.RoundTrip(r.gate.inside(replay(r.req), entered))
	if missing, ok := errors.AsType[*tokenError](err); ok { // Nothing was sent.
		r.resp, r.err = r.giveUp(missing.err)
		return false
	}
	r.resp, r.err = resp, err
	if r.err == nil && r.resp.StatusCode == http.StatusTooManyRequests {
		return r.refused(entered)
	}
	if r.err == nil {
		r.gate.answered(entered)
	}
	if r.isGone() {
		r.resp.StatusCode, r.resp.Status, r.resp.Body = http.StatusNoContent, "204 No Content", http.NoBody
	}
	r.wait = r.nextWait(r.policy.MaxWait)
	return r.failed() && r.call.Failed < r.policy.Tries
}

// refused closes the gate for all calls, and reports whether this one goes on. The other calls wait as the policy of the client
// says. The policy of this call has no effect on them.
func (r *retrying) refused(entered *waiter) (again bool) {
	if wait := r.nextWait(r.client.MaxWait); r.gate.close(entered, wait) {
		r.log.limited(r.req, r.gate.family, wait)
	}
	r.wait = r.nextWait(r.policy.MaxWait)
	return time.Since(r.call.FirstRefused)+r.wait <= r.policy.MaxRefused
}

// failed tells whether the last try failed in a way that another may mend, and may be made.
func (r *retrying) failed() bool {
	harmless := r.req.Method != http.MethodPost && r.req.Method != http.MethodPatch
	if r.err != nil {
		return !isFinal(r.req, r.err) && (harmless || !r.lastTry().Sent)
	}
	switch r.resp.StatusCode {
	case http.StatusLocked:
		return wrappers.RetryAfter(r.resp.Header) > 0
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return harmless
	}
	err := r.lastTry().Err
	return err != nil && harmless && !isFinal(r.req, err)
}

func (r *retrying) lastTry() Try { return r.call.Tries[len(r.call.Tries)-1] }

// isFinal tells errors that another try cannot mend.
func isFinal(req *http.Request, err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	name, _ := errors.AsType[*net.DNSError](err)
	return req.Context().Err() != nil || untrusted || name != nil && name.IsNotFound || errors.Is(err, errTooLong)
}

// isGone tells whether what the request deletes is gone because a try before did delete it.
func (r *retrying) isGone() bool {
	if r.err != nil || r.req.Method != http.MethodDelete || r.resp.StatusCode != http.StatusNotFound {
		return false
	}
	return r.call.MaybeDone
}

// nextWait returns how long to wait after the last try: as long as the server asks or, if it does not, a random time. After a
// refusal it is at least a time that doubles with each further refusal. It is never more than longest, which comes from a
// MaxWait: a user who sets a short one gets short waits.
func (r *retrying) nextWait(longest time.Duration) time.Duration {
	least := time.Duration(0)
	if r.resp != nil && r.resp.StatusCode == http.StatusTooManyRequests {
		least = doubled(leastRefusedWait, r.call.Refused-1, firstWait)
	}
	if r.resp != nil {
		if asked := wrappers.RetryAfter(r.resp.Header); asked > 0 {
			return min(max(asked, least), longest)
		}
	}
	bound := doubled(firstWait, r.call.Failed+r.call.Refused-1, longest)
	wait := rand.N(bound) + 1 //nolint:gosec // Jitter is no secret.
	return min(max(wait, least), longest)
}

// doubled returns a wait that is doubled so many times, but at most longest.
func doubled(wait time.Duration, times int, longest time.Duration) time.Duration {
	const enough = 30 // Doublings, which do not overflow and are more than any bound.
	return min(wait<<min(max(times, 0), enough), longest)
}

// pause waits, unless the context would end before.
func (r *retrying) pause(wait time.Duration) error {
	ctx := r.req.Context()
	if wait == 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return fmt.Errorf("not repeated, since the context ends before the wait of %v does: %w", wait, context.DeadlineExceeded)
	}
	r.log.repeated(r.req, wait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// giveUp ends a call that cannot wait any longer with what the last try came to.
func (r *retrying) giveUp(err error) (*http.Response, error) {
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("%w; before: %w", err, r.err)
	case r.resp != nil:
		r.call.GaveUp = err
		return r.resp, nil
	}
	return nil, err
}
