package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/webex-calling/webex-calling-go/api"
)

func TestATokenIsNeverPrinted(t *testing.T) {
	const secret = "planted-secret"
	hidden := api.NewToken(secret)
	type holder struct {
		Open   api.Token
		closed api.Token
		linked *api.Token
	}
	held := holder{hidden, hidden, &hidden}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%10.3v", "%!"} {
		for _, value := range []any{hidden, &hidden, held, &held, []api.Token{hidden}, map[api.Token]api.Token{hidden: hidden}} {
			text := fmt.Sprintf(verb, value)
			assert.NotContains(t, text, secret, verb)
			assert.NotContains(t, text, fmt.Sprintf("%x", secret), verb)
		}
	}
	assert.Equal(t, "[redacted]", fmt.Sprintf("%q", hidden))
	assert.Equal(t, "[redacted]", hidden.String())
	assert.Equal(t, "[redacted]", hidden.GoString())
	for _, value := range []any{hidden, &hidden, held, map[string]api.Token{"a": hidden}, map[api.Token]int{hidden: 1}} {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		assert.NotContains(t, string(text), secret)
		assert.Contains(t, string(text), "[redacted]")
	}
	var log strings.Builder
	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil),
	} {
		slog.New(handler).Info("token", "plain", hidden, "pointer", &hidden, "held", held)
	}
	assert.NotContains(t, log.String(), secret)
	assert.Equal(t, 5, strings.Count(log.String(), `"[redacted]"`)+strings.Count(log.String(), "=[redacted]"))

	assert.Equal(t, secret, hidden.Value())
	assert.Empty(t, api.Token{}.Value())
	client, err := api.NewClient(api.WithToken(secret))
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		assert.NotContains(t, fmt.Sprintf(verb, client), secret)
		assert.NotContains(t, fmt.Sprintf(verb, *client), secret)
	}
	text, err := json.Marshal(client)
	require.NoError(t, err)
	assert.NotContains(t, string(text), secret)
}

// accepting answers 401 unless the token is the one that it accepts.
func accepting(accepted *atomic.Value) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+accepted.Load().(string) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"items":[]}`))
	}
}

// A token that is refused is renewed once for all calls that wait, and each call is repeated once.
func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	var accepted atomic.Value
	accepted.Store("token-1")
	measured := &gauge{next: accepting(&accepted)}
	var refusals []string
	renew := func(_ context.Context, refused api.Token) (api.Token, error) {
		refusals = append(refusals, refused.Value())
		time.Sleep(time.Second)
		return api.NewToken(accepted.Load().(string)), nil
	}
	inBubble(t, measured, func(t *testing.T, client *api.Client) {
		for _, current := range []string{"token-1", "token-2"} {
			accepted.Store(current)
			inParallel(50, func(number int) {
				_, err := client.ForOrganization(strconv.Itoa(number)).Licenses.List(t.Context())
				assert.NoError(t, err)
			})
		}
		assert.Equal(t, []string{"", "token-1"}, refusals)
		assert.Len(t, measured.arrived, 50+50+50)
		_, err := client.Licenses.List(t.Context())
		require.NoError(t, err)
		assert.Len(t, refusals, 2, "a token that works was renewed")
	}, api.WithTokenFunc(renew), api.WithConcurrency(50))
}

func TestATokenThatCannotBeRenewed(t *testing.T) {
	broken := errors.New("the vault is closed")
	for name, test := range map[string]struct {
		second func() (api.Token, error)
		sends  int
		is     []error
	}{
		"the same token": {func() (api.Token, error) { return api.NewToken("old"), nil }, 1, nil},
		"another":        {func() (api.Token, error) { return api.NewToken("new"), nil }, 2, nil},
		"an error":       {func() (api.Token, error) { return api.Token{}, broken }, 1, []error{broken}},
		"no token":       {func() (api.Token, error) { return api.Token{}, nil }, 1, nil},
		"a broken token": {func() (api.Token, error) { return api.NewToken("a\nb"), nil }, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rec := record(t, reply(401, `{"message":"who are you?"}`))
			client := rec.client(t, api.WithTokenFunc(func(_ context.Context, refused api.Token) (api.Token, error) {
				if refused.Value() == "" {
					return api.NewToken("old"), nil
				}
				return test.second()
			}))
			_, err := client.Licenses.List(t.Context())
			require.ErrorIs(t, err, api.ErrUnauthorized)
			require.ErrorContains(t, err, "who are you?")
			for _, is := range test.is {
				require.ErrorIs(t, err, is)
			}
			assert.Len(t, rec.requests(), test.sends)
		})
	}
}

func TestNothingIsSentWithoutAToken(t *testing.T) {
	broken := errors.New("the vault is closed")
	rec := record(t, nil)
	client := rec.client(t, api.WithTokenFunc(func(context.Context, api.Token) (api.Token, error) { return api.Token{}, broken }))
	err := client.Devices.Delete(t.Context(), "D1")
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, api.ErrOutcomeUnknown)
	assert.Empty(t, rec.requests())
}

// Waiting for a token ends with the context; getting it does not, for it is got for others too.
func TestWaitingForATokenObeysTheContext(t *testing.T) {
	var got atomic.Int64
	slow := func(ctx context.Context, _ api.Token) (api.Token, error) {
		got.Add(1)
		time.Sleep(10 * time.Second)
		return api.NewToken("token"), ctx.Err()
	}
	inBubble(t, reply(200, `{"items":[]}`), func(t *testing.T, client *api.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := client.Licenses.List(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		_, err = client.Licenses.List(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 10*time.Second, time.Since(start))
		assert.EqualValues(t, 1, got.Load())
	}, api.WithTokenFunc(slow))

	stuck := func(ctx context.Context, _ api.Token) (api.Token, error) {
		<-ctx.Done()
		return api.Token{}, ctx.Err()
	}
	inBubble(t, reply(200, `{"items":[]}`), func(t *testing.T, client *api.Client) {
		start := time.Now()
		_, err := client.Licenses.List(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Minute, time.Since(start))
	}, api.WithTokenFunc(stuck))
}

// sourceFunc is an oauth2.TokenSource.
type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

func TestTokenSource(t *testing.T) {
	var accepted atomic.Value
	accepted.Store("token-1")
	var asked int
	source := sourceFunc(func() (*oauth2.Token, error) {
		asked++
		return &oauth2.Token{AccessToken: accepted.Load().(string), Expiry: time.Now().Add(time.Hour)}, nil
	})
	inBubble(t, accepting(&accepted), func(t *testing.T, client *api.Client) {
		call := func() {
			_, err := client.Licenses.List(t.Context())
			require.NoError(t, err)
		}
		call()
		call()
		assert.Equal(t, 1, asked)
		time.Sleep(time.Hour - 11*time.Second)
		call()
		assert.Equal(t, 1, asked)
		time.Sleep(2 * time.Second)
		call()
		assert.Equal(t, 2, asked, "a token that ends soon is renewed before it is refused")
		accepted.Store("token-2")
		call()
		assert.Equal(t, 3, asked)
	}, api.WithTokenSource(source))

	broken := errors.New("no token today")
	failing := sourceFunc(func() (*oauth2.Token, error) { return nil, broken })
	inBubble(t, accepting(&accepted), func(t *testing.T, client *api.Client) {
		_, err := client.Licenses.List(t.Context())
		require.ErrorIs(t, err, broken)
	}, api.WithTokenSource(failing))
}

// tokenService is the token endpoint, and a service that takes the tokens from it.
type tokenService struct {
	mu       sync.Mutex
	refresh  string
	access   string
	rotate   bool
	forms    []url.Values
	refuse   int
	exchange int
}

func (s *tokenService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path != "/v1/access_token" {
		if r.Header.Get("Authorization") != "Bearer "+s.access {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"items":[]}`))
		return
	}
	_ = r.ParseForm()
	s.forms = append(s.forms, r.PostForm)
	if r.Header.Get("Authorization") != "" {
		panic("the access token was sent to the token endpoint")
	}
	if s.refuse != 0 || r.PostForm.Get("refresh_token") != s.refresh {
		w.WriteHeader(max(s.refuse, 400))
		_, _ = fmt.Fprintf(w, `{"error":"invalid_grant","message":"%s is unknown"}`, r.PostForm.Get("refresh_token"))
		return
	}
	s.exchange++
	s.access = fmt.Sprintf("access-%d", s.exchange)
	if s.rotate {
		s.refresh = fmt.Sprintf("refresh-%d", s.exchange)
	}
	_, _ = fmt.Fprintf(w, `{"access_token":"%s","expires_in":3600,"refresh_token":"%s","refresh_token_expires_in":7776000}`,
		s.access, s.refresh)
}

func TestRefreshToken(t *testing.T) {
	service := &tokenService{refresh: "refresh-0", rotate: true}
	var stored []string
	store := func(_ context.Context, refresh api.Token) error {
		stored = append(stored, refresh.Value())
		return nil
	}
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		call := func() {
			_, err := client.ForOrganization("O1").Licenses.List(t.Context())
			require.NoError(t, err)
		}
		call()
		call()
		assert.Equal(t, []string{"refresh-1"}, stored)
		assert.Equal(t, []url.Values{{
			"grant_type": {"refresh_token"}, "refresh_token": {"refresh-0"}, "client_id": {"C1"}, "client_secret": {"S1"},
		}}, service.forms)
		time.Sleep(time.Hour)
		call()
		assert.Equal(t, []string{"refresh-1", "refresh-2"}, stored)
		service.access = "revoked"
		call()
		assert.Equal(t, []string{"refresh-1", "refresh-2", "refresh-3"}, stored)
		service.rotate, service.access = false, "revoked"
		call()
		assert.Len(t, stored, 3, "the same token was stored again")
	}, api.WithRefreshToken("C1", "S1", "refresh-0", store))
}

// A refresh token that was exchanged is not lost when it cannot be stored.
func TestARefreshTokenThatCannotBeStored(t *testing.T) {
	service := &tokenService{refresh: "refresh-0", rotate: true}
	full := errors.New("the disk is full")
	var stored []string
	store := func(_ context.Context, refresh api.Token) error {
		stored = append(stored, refresh.Value())
		if len(stored) < 3 {
			return full
		}
		return nil
	}
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		for range 2 {
			_, err := client.Licenses.List(t.Context())
			require.ErrorIs(t, err, full)
		}
		_, err := client.Licenses.List(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"refresh-1", "refresh-1", "refresh-1"}, stored)
		assert.Equal(t, 1, service.exchange)
	}, api.WithRefreshToken("C1", "S1", "refresh-0", store))
}

func TestARefreshTokenThatIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		service *tokenService
		text    string
	}{
		"unknown": {&tokenService{refresh: "another"}, "400 Bad Request: oauth2: \"invalid_grant\""},
		"failing": {&tokenService{refresh: "secret-0", refuse: 503}, "503 Service Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, test.service, func(t *testing.T, client *api.Client) {
				_, err := client.Licenses.List(t.Context())
				require.ErrorContains(t, err, test.text)
				require.ErrorContains(t, err, "getting a token")
				for _, secret := range []string{"secret-0", "S1"} {
					assert.NotContains(t, err.Error(), secret)
					assert.NotContains(t, fmt.Sprintf("%+v %#v", err, err), secret)
				}
				assert.Len(t, test.service.forms, 1, "an exchange is not repeated")
			}, api.WithRefreshToken("C1", "S1", "secret-0", func(context.Context, api.Token) error { return nil }))
		})
	}
}

// The program may end a call while the exchange is under way: it goes on, and the token is stored.
func TestAnExchangeOutlivesItsCall(t *testing.T) {
	service := &tokenService{refresh: "refresh-0", rotate: true}
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * time.Second)
		service.ServeHTTP(w, r)
	})
	var stored []string
	store := func(_ context.Context, refresh api.Token) error {
		stored = append(stored, refresh.Value())
		return nil
	}
	inBubble(t, slow, func(t *testing.T, client *api.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.Licenses.List(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"refresh-1"}, stored)
	}, api.WithRefreshToken("C1", "S1", "refresh-0", store))
}

// The exchange names the program as every call does, and goes nowhere else.
func TestTheExchangeKeepsToTheRules(t *testing.T) {
	store := func(context.Context, api.Token) error { return nil }
	var seen []*http.Request
	for status, target := range map[int]string{307: elsewhere, 302: "/v1/elsewhere"} {
		inBubble(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r)
			http.Redirect(w, r, target, status)
		}), func(t *testing.T, client *api.Client) {
			_, err := client.Licenses.List(t.Context())
			require.ErrorContains(t, err, "getting a token")
			assert.NotContains(t, err.Error(), "access_token", "the address is not repeated")
		}, api.WithRefreshToken("C1", "S1", "secret-0", store), api.WithApplication("acme/1"))
	}
	require.Len(t, seen, 2)
	for _, r := range seen {
		assert.Equal(t, "/v1/access_token", r.URL.Path)
		assert.Contains(t, r.Header.Get("User-Agent"), "acme/1")
		assert.NotEmpty(t, r.Header.Get("TrackingId"))
	}
	inBubble(t, &tokenService{refresh: "another"}, func(t *testing.T, client *api.Client) {
		_, err := client.Licenses.List(t.Context())
		var refused *oauth2.RetrieveError
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, "invalid_grant", refused.ErrorCode)
		assert.Empty(t, refused.Body)
	}, api.WithRefreshToken("C1", "S1", "secret-0", store))
}

// A source that never answers, or panics, fails the calls and does not hang or end the program.
func TestASourceThatIsBroken(t *testing.T) {
	hanging := make(chan struct{})
	inBubble(t, reply(200, `{"items":[]}`), func(t *testing.T, client *api.Client) {
		release := make(chan struct{})
		hanging = release
		for range 2 {
			start := time.Now()
			_, err := client.Licenses.List(t.Context())
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.LessOrEqual(t, time.Since(start), time.Minute)
		}
		close(release)
		synctest.Wait()
		_, err := client.Licenses.List(t.Context())
		require.NoError(t, err)
	}, api.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) {
		<-hanging
		return &oauth2.Token{AccessToken: "late"}, nil
	})))

	client := record(t, nil).client(t, api.WithTokenFunc(func(context.Context, api.Token) (api.Token, error) { panic("oops") }))
	_, err := client.Licenses.List(t.Context())
	require.ErrorContains(t, err, "panicked")
}

// A token that lives for seconds only is used for half of its life.
func TestATokenWithAShortLife(t *testing.T) {
	asked := 0
	source := sourceFunc(func() (*oauth2.Token, error) {
		asked++
		return &oauth2.Token{AccessToken: "brief", Expiry: time.Now().Add(8 * time.Second)}, nil
	})
	inBubble(t, reply(200, `{"items":[]}`), func(t *testing.T, client *api.Client) {
		for range 9 { // Over eight seconds.
			_, err := client.Licenses.List(t.Context())
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		assert.Equal(t, 3, asked)
	}, api.WithTokenSource(source))
}

// A renewal that fails does not put a worse token in the place of the one that is there.
func TestAFailedRenewalKeepsTheToken(t *testing.T) {
	var accepted atomic.Value
	accepted.Store("good")
	asked := 0
	source := func(_ context.Context, refused api.Token) (api.Token, error) {
		if asked++; refused.Value() != "" {
			return api.NewToken("bad\n"), nil
		}
		return api.NewToken("good"), nil
	}
	inBubble(t, accepting(&accepted), func(t *testing.T, client *api.Client) {
		for _, current := range []string{"good", "other", "good"} {
			accepted.Store(current)
			_, err := client.Licenses.List(t.Context())
			assert.Equal(t, current != "good", errors.Is(err, api.ErrUnauthorized))
		}
		assert.Equal(t, 2, asked)
	}, api.WithTokenFunc(source))
}
