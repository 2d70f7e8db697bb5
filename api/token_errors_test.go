package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// secretPanic has a secret in its text, like a panic with a formatted error.
type secretPanic struct{ text string }

// A function of the user that does not return makes the call fail, without the text of its panic, and nothing is sent.
func TestTokenFunctionsThatDoNotReturn(t *testing.T) {
	const secret = "refresh-1"
	for name, test := range map[string]struct {
		end  func()
		want string
	}{
		"panic with a text":   {func() { panic("cannot store " + secret) }, "panicked with a value of type string"},
		"panic with an error": {func() { panic(errors.New(secret)) }, "panicked with a value of type *errors.errorString"},
		"panic with a struct": {func() { panic(secretPanic{secret}) }, "panicked with a value of type api_test.secretPanic"},
		"a runtime error":     {func() { _ = any(secret).(int) }, "panicked with a value of type *runtime.TypeAssertionError"},
		"Goexit":              {runtime.Goexit, "ended its goroutine"},
		"a test that ends":    {func() { (&testing.T{}).SkipNow() }, "ended its goroutine"},
	} {
		broken := true
		function := api.WithTokenFunc(func(context.Context, api.Token) (api.Token, error) {
			if broken {
				test.end()
			}
			return api.NewToken("access-1"), nil
		})
		source := api.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) {
			if broken {
				test.end()
			}
			return &oauth2.Token{AccessToken: "access-1"}, nil
		}))
		var stored []string
		store := api.WithRefreshToken("C1", "S1", "refresh-0", func(_ context.Context, refresh api.Token) error {
			stored = append(stored, refresh.Value())
			if broken {
				test.end()
			}
			return nil
		})
		for kind, option := range map[string]api.Option{"function": function, "source": source, "store": store} {
			t.Run(name+", "+kind, func(t *testing.T) {
				broken = true
				service := &tokenService{refresh: "refresh-0", rotate: true, access: "access-1"}
				measured := &gauge{next: service}
				inBubble(t, measured, func(t *testing.T, client *api.Client) {
					err := list(t, client)
					require.ErrorContains(t, err, test.want)
					require.NotErrorIs(t, err, api.ErrUnauthorized)
					for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err), fmt.Sprintf("%#v", errors.Unwrap(err))} {
						assert.NotContains(t, text, secret)
					}
					assert.Len(t, measured.arrived, len(service.forms), "a request was sent without a token")
					broken = false
					require.NoError(t, list(t, client))
				}, option)
			})
		}
		assert.Equal(t, []string{secret, secret}, stored, "the refresh token is passed to store again")
	}
}

func TestTokenEndpointRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			var mu sync.Mutex
			var seen []string
			rec := record(t, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, r.URL.Path)
				http.Redirect(w, r, "/v1/elsewhere", status)
			})
			client := rec.client(t, api.WithRefreshToken("C1", "S1", "secret-0", keep))
			err := list(t, client)
			require.ErrorContains(t, err, "redirects")
			require.NotErrorIs(t, err, api.ErrUnauthorized)
			assert.Equal(t, []string{"/v1/access_token"}, seen)
		})
	}
}

// errors.Is separates a rejected refresh token from a token endpoint that fails. The call was not sent.
func TestErrorsOfTheTokenEndpoint(t *testing.T) {
	const (
		grant = `{"error":"invalid_grant"}`
		odd   = `{"error":"refresh token secret-0 of S1 is unknown"}`
	)
	for name, test := range map[string]struct {
		fault  faults.Fault
		is     error
		status string
		code   string
	}{
		"invalid_grant, 400":    {faults.Answer(400, grant), api.ErrUnauthorized, "400 Bad Request", "invalid_grant"},
		"invalid_grant, 401":    {faults.Answer(401, grant), api.ErrUnauthorized, "401 Unauthorized", "invalid_grant"},
		"invalid_grant, 200":    {faults.Answer(200, grant), api.ErrUnauthorized, "200 OK", "invalid_grant"},
		"forbidden":             {faults.Answer(403, `{"message":"no"}`), api.ErrUnauthorized, "403 Forbidden", ""},
		"HTML, 400":             {faults.HTML(400), api.ErrUnauthorized, "400 Bad Request", ""},
		"HTML, 401":             {faults.HTML(401), api.ErrUnauthorized, "401 Unauthorized", ""},
		"no body, 400":          {faults.Answer(400, ""), api.ErrUnauthorized, "400 Bad Request", ""},
		"no body, 401":          {faults.Answer(401, ""), api.ErrUnauthorized, "401 Unauthorized", ""},
		"an odd code":           {faults.Answer(400, odd), api.ErrUnauthorized, "400 Bad Request", ""},
		"an object as the code": {faults.Answer(400, `{"error":{"code":7}}`), api.ErrUnauthorized, "400 Bad Request", ""},
		"too many requests":     {faults.Answer(429, "", "Retry-After", "1"), api.ErrTooManyRequests, "429 Too Many Requests", ""},
		"server error":          {faults.Answer(500, ""), api.ErrServer, "500 Internal Server Error", ""},
		"503 with a code":       {faults.Answer(503, grant), api.ErrServer, "503 Service Unavailable", "invalid_grant"},
		"a page of a gateway":   {faults.HTML(502), api.ErrServer, "502 Bad Gateway", ""},
		"not found":             {faults.Answer(404, ""), nil, "404 Not Found", ""},
		"a closed connection":   {faults.Closed(), io.EOF, "", ""},
		"no token in a success": {faults.Answer(200, `{}`), nil, "", ""},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+", "+method, func(t *testing.T) {
				inBubble(t, script(test.fault), func(t *testing.T, client *api.Client) {
					err := client.Do(t.Context(), method, "/licenses", nil, nil, nil)
					checkSentinels(t, err, test.is)
					var failed *api.Error
					require.ErrorAs(t, err, &failed)
					assert.Zero(t, failed.StatusCode)
					assert.Empty(t, failed.Tries)
					checkUntold(t, fmt.Sprintf("%v %+v %#v", err, err, failed), "secret-0", "an error has the refresh token")
					var refused *oauth2.RetrieveError
					require.Equal(t, test.status != "", errors.As(err, &refused))
					if refused != nil {
						require.ErrorContains(t, err, test.status)
						assert.Equal(t, test.status, refused.Response.Status)
						assert.Equal(t, test.code, refused.ErrorCode)
						assert.Empty(t, refused.Body)
						assert.NotPanics(t, func() { _ = refused.Error() })
					}
				}, api.WithRefreshToken("C1", "S1", "secret-0", keep), api.WithRetryPolicy(api.NoRetry))
			})
		}
	}
}

// checkSentinels checks that an error is the wanted one, which may be nil for any other error, and no other sentinel error.
func checkSentinels(t *testing.T, err, want error) {
	t.Helper()
	require.Error(t, err)
	if want != nil {
		require.ErrorIs(t, err, want)
	}
	for _, sentinel := range []error{
		api.ErrBadRequest, api.ErrUnauthorized, api.ErrForbidden, api.ErrNotFound, api.ErrConflict, api.ErrTooManyRequests,
		api.ErrServer, api.ErrOutcomeUnknown,
	} {
		if !errors.Is(want, sentinel) {
			require.NotErrorIs(t, err, sentinel)
		}
	}
}

// A rejected refresh token and the status of the call are both in the error of a call whose token was rejected.
func TestARenewalThatFailsKeepsTheStatusOfTheCall(t *testing.T) {
	service := &tokenService{refresh: "secret-0"}
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		require.NoError(t, list(t, client))
		service.access, service.refuse = "revoked", 503
		err := list(t, client)
		require.ErrorIs(t, err, api.ErrUnauthorized, "the status of the call")
		require.ErrorIs(t, err, api.ErrServer, "the reason that the token was not renewed")
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, 401, failed.StatusCode)
	}, api.WithRefreshToken("C1", "S1", "secret-0", keep))
}
