package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// issuer issues access tokens that are valid for a time, and serves the API that validates them.
type issuer struct {
	life time.Duration
	// rejectAll makes the API reject every token. Requests to /v1/forbidding are always rejected.
	rejectAll bool

	mu        sync.Mutex
	valid     string
	expires   time.Time
	issued    []time.Time
	rejected  int
	delivered []time.Time
}

func (s *issuer) issue() (token string, expires time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued = append(s.issued, time.Now())
	s.valid, s.expires = fmt.Sprintf("access-%d", len(s.issued)), time.Now().Add(s.life)
	return s.valid, s.expires
}

func (s *issuer) revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.valid = "none"
}

func (s *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/access_token" {
		token, _ := s.issue()
		reply(200, fmt.Sprintf(`{"access_token":%q,"expires_in":%d}`, token, int(s.life.Seconds())))(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := r.Header.Get("Authorization") == "Bearer "+s.valid && time.Now().Before(s.expires)
	if !known || s.rejectAll || r.URL.Path == "/v1/forbidding" {
		s.rejected++
		reply(401, `{"message":"the token is not valid"}`)(w, r)
		return
	}
	s.delivered = append(s.delivered, time.Now())
	reply(200, `{"items":[]}`)(w, r)
}

func (s *issuer) refreshToken() api.Option {
	return api.WithRefreshToken("C1", "S1", "refresh-0", keep)
}

// tokenFunc does not report when a token expires: the API has to reject it first.
func (s *issuer) tokenFunc() api.Option {
	return api.WithTokenFunc(func(context.Context, api.Token) (api.Token, error) {
		token, _ := s.issue()
		return api.NewToken(token), nil
	})
}

func (s *issuer) tokenSource() api.Option {
	return api.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) {
		token, expires := s.issue()
		return &oauth2.Token{AccessToken: token, Expiry: expires}, nil
	}))
}

func list(t *testing.T, client *api.Client) error {
	t.Helper()
	_, err := client.Licenses.List(t.Context())
	return err
}

// A token endpoint that refuses is not asked again by every call, and a token function that has no other token neither.
func TestFailingRenewalsAreSpacedOut(t *testing.T) {
	service := &tokenService{refresh: "another"}
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		for range 100 {
			_, err := client.Licenses.List(t.Context())
			require.ErrorIs(t, err, api.ErrUnauthorized)
			time.Sleep(100 * time.Millisecond)
		}
		assert.Len(t, service.forms, 4, "after 0, 1, 3 and 7 seconds of ten")
	}, api.WithRefreshToken("C1", "S1", "refresh-0", func(context.Context, api.Token) error { return nil }))

	asked := 0
	inBubble(t, reply(401, "{}"), func(t *testing.T, client *api.Client) {
		for range 100 {
			_, err := client.Licenses.List(t.Context())
			require.ErrorIs(t, err, api.ErrUnauthorized)
			time.Sleep(100 * time.Millisecond)
		}
		assert.Equal(t, 5, asked, "once for the first call, and after 0, 1, 3 and 7 seconds")
	}, api.WithTokenFunc(func(context.Context, api.Token) (api.Token, error) {
		asked++
		return api.NewToken("always-the-same"), nil
	}))
}

func TestRenewalUsesTheRetryPolicyOfTheClient(t *testing.T) {
	service := &tokenService{refresh: "refresh-0"}
	exchanges := 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/access_token" {
			if exchanges++; exchanges == 1 {
				time.Sleep(time.Second)
				faults.Answer(429, "", "Retry-After", "1")(w, r, nil)
				return
			}
		}
		service.ServeHTTP(w, r)
	})
	inBubble(t, handler, func(t *testing.T, client *api.Client) {
		var failed atomic.Int64
		call := func(ctx context.Context) {
			if _, err := client.Licenses.List(ctx); err != nil {
				failed.Add(1)
			}
		}
		go call(api.WithRetry(t.Context(), api.NoRetry))
		synctest.Wait() // This call has started the renewal.
		inParallel(20, func(int) { call(t.Context()) })
		synctest.Wait()
		assert.Zero(t, failed.Load(), "calls that failed")
		assert.Equal(t, 2, exchanges)
	}, api.WithRefreshToken("C1", "S1", "refresh-0", keep))
}

func TestTokenIsReadWhenTheAttemptIsSent(t *testing.T) {
	const calls = 300
	for name, test := range map[string]struct {
		option   func(*issuer) api.Option
		rejected int
	}{
		"refresh token":            {(*issuer).refreshToken, 0},
		"source with expiry":       {(*issuer).tokenSource, 0},
		"function, unknown expiry": {(*issuer).tokenFunc, 6},
	} {
		t.Run(name, func(t *testing.T) {
			service := &issuer{life: time.Minute}
			inBubble(t, service, func(t *testing.T, client *api.Client) {
				var failed atomic.Int64
				inParallel(calls, func(int) {
					if list(t, client) != nil {
						failed.Add(1)
					}
				})
				t.Logf("%d of %d calls failed; %d requests rejected; %d tokens issued",
					failed.Load(), calls, service.rejected, len(service.issued))
				assert.Zero(t, failed.Load(), "calls that failed")
				assert.LessOrEqual(t, service.rejected, test.rejected, "requests with an expired token")
				assert.LessOrEqual(t, len(service.issued), 7)
			}, test.option(service), api.WithRate(1))
		})
	}
}

func TestTokenIsReadAgainForARepeatedAttempt(t *testing.T) {
	service := &issuer{life: 30 * time.Second}
	failing := faults.Answer(503, "", "Retry-After", "45")
	first := true
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/access_token" && first {
			first = false
			failing(w, r, nil)
			return
		}
		service.ServeHTTP(w, r)
	})
	inBubble(t, handler, func(t *testing.T, client *api.Client) {
		start := time.Now()
		// The exchange does not wait for the limit of this part of the API, which the call has reached.
		require.NoError(t, client.Do(t.Context(), http.MethodGet, "/access_token/sessions", nil, nil, nil))
		assert.Equal(t, 45*time.Second, time.Since(start))
		assert.Zero(t, service.rejected, "requests with an expired token")
	}, service.refreshToken(), api.WithConcurrency(1))
}

// Calls that wait for a token are outside the limiter: they neither fill it nor leave it all at once.
func TestCallsWaitForATokenOutsideTheLimiter(t *testing.T) {
	service := &issuer{life: time.Hour}
	var asked atomic.Int64
	broken := errors.New("the vault is closed")
	source := api.WithTokenFunc(func(context.Context, api.Token) (api.Token, error) {
		time.Sleep(10 * time.Second)
		if asked.Add(1) == 1 {
			return api.Token{}, broken
		}
		token, _ := service.issue()
		return api.NewToken(token), nil
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		start := time.Now()
		inParallel(100, func(int) { assert.ErrorIs(t, list(t, client), broken) })
		assert.Equal(t, 10*time.Second, time.Since(start))
		assert.EqualValues(t, 1, asked.Load())
		inParallel(20, func(int) { assert.NoError(t, list(t, client)) })
		for i := range service.delivered[1:] {
			assert.GreaterOrEqual(t, service.delivered[i+1].Sub(service.delivered[i]), time.Second-time.Microsecond)
		}
	}, source, api.WithRate(1))
}

// A call ends when there is no token for its next attempt. What its last attempt came to is kept.
func TestTokenErrorEndsTheCall(t *testing.T) {
	broken := errors.New("the vault is closed")
	all, repeated := []string{"GET", "POST", "DELETE"}, []string{"GET", "DELETE"}
	for name, test := range map[string]struct {
		methods  []string
		handler  http.Handler
		requests int
		is       error
	}{
		"before the first attempt":  {all, script(nil), 0, broken},
		"after 429":                 {all, script(faults.Answer(429, "", "Retry-After", "45")), 1, api.ErrTooManyRequests},
		"after 503":                 {repeated, script(faults.Answer(503, "", "Retry-After", "45")), 1, api.ErrServer},
		"after a closed connection": {repeated, script(faults.Closed()), 1, io.EOF},
		"after a rejected token":    {all, script(faults.Answer(401, "")), 1, api.ErrUnauthorized},
	} {
		for _, method := range test.methods {
			t.Run(name+" of "+method, func(t *testing.T) {
				measured := &gauge{next: test.handler}
				asked := 0
				source := api.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) {
					if asked++; asked > test.requests {
						return nil, broken
					}
					return &oauth2.Token{AccessToken: "brief", Expiry: time.Now().Add(time.Nanosecond)}, nil
				}))
				inBubble(t, measured, func(t *testing.T, client *api.Client) {
					err := client.Do(t.Context(), method, "/licenses", nil, nil, nil)
					require.ErrorIs(t, err, broken)
					require.ErrorIs(t, err, test.is)
					require.NotErrorIs(t, err, api.ErrOutcomeUnknown)
					assert.Len(t, measured.arrived, test.requests)
					assert.Equal(t, test.requests+1, asked, "the source is asked once for each attempt")
				}, source)
			})
		}
	}
}

func TestRejectedRenewalsAreSpacedOut(t *testing.T) {
	options := map[string]func(*issuer) api.Option{
		"refresh token": (*issuer).refreshToken, "function": (*issuer).tokenFunc, "source": (*issuer).tokenSource,
	}
	for name, option := range options {
		t.Run(name+", all calls at once", func(t *testing.T) {
			service := &issuer{life: time.Hour, rejectAll: true}
			inBubble(t, service, func(t *testing.T, client *api.Client) {
				inParallel(100, func(int) { assert.ErrorIs(t, list(t, client), api.ErrUnauthorized) })
				assert.Len(t, service.issued, 2)
				require.ErrorContains(t, list(t, client), "not renewed again for 1s")
			}, option(service))
		})
		t.Run(name+", one call after the other", func(t *testing.T) {
			service := &issuer{life: time.Hour, rejectAll: true}
			inBubble(t, service, func(t *testing.T, client *api.Client) {
				for range 1000 {
					require.ErrorIs(t, list(t, client), api.ErrUnauthorized)
					time.Sleep(time.Second / 2)
				}
				var gaps []int
				for i := range service.issued[1:] {
					gaps = append(gaps, int(service.issued[i+1].Sub(service.issued[i]).Seconds()))
				}
				assert.Equal(t, []int{0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60}, gaps)

				service.rejectAll = false
				time.Sleep(time.Minute)
				for range 3 { // A renewal that helps ends the back-off.
					require.NoError(t, list(t, client))
					service.revoke()
				}
			}, option(service))
		})
		t.Run(name+", one operation only", func(t *testing.T) {
			service := &issuer{life: time.Hour}
			inBubble(t, service, func(t *testing.T, client *api.Client) {
				for range 100 {
					require.NoError(t, list(t, client))
					require.ErrorIs(t, client.Do(t.Context(), http.MethodGet, "/forbidding", nil, nil, nil), api.ErrUnauthorized)
				}
				assert.Len(t, service.issued, 2)
			}, option(service))
		})
	}
}

// A call is repeated with a second renewed token if the first one expired while it waited in the limiter, and never more often.
func TestACallIsRepeatedForTwoTokensAtMost(t *testing.T) {
	service := &issuer{life: time.Hour, rejectAll: true}
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		require.ErrorIs(t, list(t, client), api.ErrUnauthorized)
		assert.Equal(t, 3, service.rejected)
	}, service.tokenFunc(), api.WithRate(0.01))
}
