package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"golang.org/x/oauth2"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// refresher exchanges a refresh token for access tokens, at the token endpoint of the service.
type refresher struct {
	config  oauth2.Config
	client  *http.Client
	refresh Token
	store   func(context.Context, Token) error
	// unstored is what was got and may not be used before its refresh token is stored.
	unstored *oauth2.Token
	// failed is the last error response. It is returned again until retryAfter: the endpoint is not asked again and again.
	failed     error
	retryAfter time.Time
	backOff    time.Duration
}

// token is a tokenSource.
func (r *refresher) token(ctx context.Context, _ Token) (Token, time.Time, error) {
	got := r.unstored
	if got == nil {
		var err error
		if got, err = r.exchange(ctx); err != nil {
			return Token{}, time.Time{}, err
		}
	}
	if got.RefreshToken != r.refresh.Value() {
		r.unstored = got
		if err := r.store(ctx, NewToken(got.RefreshToken)); err != nil {
			news := &wrappers.Call{Tokens: [4]Token{NewToken(got.RefreshToken), NewToken(got.AccessToken)}}
			return Token{}, time.Time{}, news.Hide(fmt.Errorf("storing the refresh token: %w", err))
		}
		r.refresh = NewToken(got.RefreshToken)
	}
	r.unstored = nil
	return NewToken(got.AccessToken), got.Expiry, nil
}

// exchange asks the token endpoint, unless it returned an error a moment ago.
func (r *refresher) exchange(ctx context.Context) (*oauth2.Token, error) {
	if time.Now().Before(r.retryAfter) {
		return nil, r.failed
	}
	call := &wrappers.Call{Tokens: r.secrets()}
	ctx = context.WithValue(wrappers.WithCall(ctx, call), oauth2.HTTPClient, r.client)
	got, err := r.config.TokenSource(ctx, &oauth2.Token{RefreshToken: r.refresh.Value()}).Token()
	if err == nil {
		r.backOff = 0
		return got, nil
	}
	err = call.Hide(explainRefresh(err))
	if _, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		r.backOff = min(max(2*r.backOff, firstBackOff), maxBackOff)
		r.failed, r.retryAfter = err, time.Now().Add(r.backOff)
	}
	return nil, err
}

// secrets are what the endpoint may not make us tell.
func (r *refresher) secrets() [4]Token { return [4]Token{r.refresh, NewToken(r.config.ClientSecret)} }

// refusalCode are the error codes of RFC 6749; what else stands in their place may be anything.
var refusalCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// explainRefresh leaves out what the error of package oauth2 repeats: the body of the response, or parts of it, which may be
// tokens, and the address.
func explainRefresh(err error) error {
	if failed, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return newExchangeError(failed)
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return errors.New("the token endpoint answered what cannot be read as a token")
}

// exchangeError is an error response of the token endpoint. errors.As finds an oauth2.RetrieveError with the status and the
// error code alone.
type exchangeError struct {
	status int
	cause  *oauth2.RetrieveError
}

func newExchangeError(failed *oauth2.RetrieveError) *exchangeError {
	code := failed.Response.StatusCode
	status := fmt.Sprintf("%d %s", code, http.StatusText(code))
	cause := &oauth2.RetrieveError{Response: &http.Response{StatusCode: code, Status: status, Body: http.NoBody}}
	if refusalCode.MatchString(failed.ErrorCode) {
		cause.ErrorCode = failed.ErrorCode
	}
	return &exchangeError{code, cause}
}

func (e *exchangeError) Error() string {
	text := "the token endpoint answered " + e.cause.Response.Status
	if e.cause.ErrorCode != "" {
		text += ": " + e.cause.Error()
	}
	return text
}

func (e *exchangeError) Unwrap() error { return e.cause }

// Is reports whether target is the sentinel error of the status. The token endpoint rejects a refresh token with status 400
// (RFC 6749); a success with an error code is a rejection too.
func (e *exchangeError) Is(target error) bool {
	switch {
	case e.status == http.StatusTooManyRequests:
		return target == ErrTooManyRequests
	case e.status >= http.StatusInternalServerError:
		return target == ErrServer
	case e.status < 300, e.status == http.StatusBadRequest, e.status == http.StatusUnauthorized, e.status == http.StatusForbidden:
		return target == ErrUnauthorized
	}
	return false
}
