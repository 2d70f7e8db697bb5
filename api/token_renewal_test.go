package api_test

import (
	"context"
	"fmt"
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
