package webextest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// grant returns the form that exchanges a refresh token.
func grant(r webextest.RefreshToken) url.Values {
	return url.Values{
		"grant_type": {"refresh_token"}, "client_id": {r.ClientID}, "client_secret": {r.ClientSecret}, "refresh_token": {r.Token},
	}
}

// exchangeToken posts a form to the token endpoint.
func exchangeToken(t *testing.T, s *webextest.Server, form url.Values) (int, object) {
	t.Helper()
	resp, err := http.PostForm(s.URL+"/access_token", form) //nolint:noctx // The test ends the server.
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	var answer object
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	return resp.StatusCode, answer
}

func TestRefreshTokenExchange(t *testing.T) {
	clock := &hand{now: time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)}
	s := webextest.NewServer(t, webextest.WithClock(clock.Now))
	refresh := s.NewRefreshToken(webextest.Access{Role: webextest.RoleReadOnly})
	status, answer := exchangeToken(t, s, grant(refresh))
	require.Equal(t, http.StatusOK, status, answer)
	assert.Equal(t, []any{"Bearer", 1209600.0, refresh.Token, 7776000.0}, []any{
		answer["token_type"], answer["expires_in"], answer["refresh_token"], answer["refresh_token_expires_in"],
	})
	program := as(s, answer["access_token"].(string))
	get(t, program, "/licenses")
	const defaults = "/telephony/config/people/settings/permissions"
	expect(t, program, http.StatusForbidden, "PUT", defaults, "{}")

	clock.Move(14*24*time.Hour - time.Second)
	get(t, program, "/licenses")
	clock.Move(time.Second)
	expect(t, program, http.StatusUnauthorized, "GET", "/licenses", "")
	for range 2 { // Each exchange prolongs the refresh token.
		clock.Move(75 * 24 * time.Hour)
		status, _ = exchangeToken(t, s, grant(refresh))
		assert.Equal(t, http.StatusOK, status)
	}
	clock.Move(90 * 24 * time.Hour)
	status, answer = exchangeToken(t, s, grant(refresh))
	assert.Equal(t, []any{http.StatusBadRequest, "invalid_grant"}, []any{status, answer["error"]})
}

func TestRefreshTokenErrors(t *testing.T) {
	s := webextest.NewServer(t)
	refresh, other := s.NewRefreshToken(webextest.Access{}), s.NewRefreshToken(webextest.Access{})
	before := s.State()
	for _, test := range []struct {
		name, value string
		status      int
		code        string
	}{
		{"grant_type", "password", 400, "unsupported_grant_type"},
		{"grant_type", "", 400, "invalid_request"},
		{"client_id", "", 400, "invalid_request"},
		{"client_secret", "", 400, "invalid_request"},
		{"refresh_token", "", 400, "invalid_request"},
		{"client_id", "x", 401, "invalid_client"},
		{"client_secret", "x", 401, "invalid_client"},
		{"refresh_token", "x", 400, "invalid_grant"},
		{"refresh_token", other.Token, 400, "invalid_grant"},
	} {
		form := grant(refresh)
		form.Set(test.name, test.value)
		status, answer := exchangeToken(t, s, form)
		assert.Equal(t, []any{test.status, test.code}, []any{status, answer["error"]}, "%s=%s", test.name, test.value)
		assert.NotEmpty(t, answer["error_description"])
	}
	form := grant(refresh)
	form.Add("client_id", refresh.ClientID)
	status, answer := exchangeToken(t, s, form)
	assert.Equal(t, []any{400, "invalid_request"}, []any{status, answer["error"]}, "twice")

	resp, err := http.Post(s.URL+"/access_token", "application/json", strings.NewReader("{}")) //nolint:noctx // As above.
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	resp, err = http.Get(s.URL + "/access_token") //nolint:noctx // As above.
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []any{http.StatusMethodNotAllowed, "POST"}, []any{resp.StatusCode, resp.Header.Get("Allow")})
	assert.Empty(t, webextest.Diff(before, s.State()))
}

func TestRotatingRefreshTokens(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithRotatingRefreshTokens())
	first := s.NewRefreshToken(webextest.Access{})
	_, answer := exchangeToken(t, s, grant(first))
	second := first
	second.Token = answer["refresh_token"].(string)
	assert.NotEqual(t, first.Token, second.Token)
	status, answer := exchangeToken(t, s, grant(first))
	assert.Equal(t, []any{http.StatusBadRequest, "invalid_grant"}, []any{status, answer["error"]})
	status, _ = exchangeToken(t, s, grant(second))
	assert.Equal(t, http.StatusOK, status)
}

// A program that uses WithRefreshToken runs on, with and without rotation.
func TestProgramWithARefreshToken(t *testing.T) {
	for name, options := range map[string][]webextest.Option{"kept": nil, "rotated": {webextest.WithRotatingRefreshTokens()}} {
		t.Run(name, func(t *testing.T) {
			s := webextest.NewServer(t, options...)
			refresh := s.NewRefreshToken(webextest.Access{})
			var stored []string
			client, err := api.NewClient(api.WithBaseURL(s.URL), api.WithRefreshToken(refresh.ClientID, refresh.ClientSecret,
				refresh.Token, func(_ context.Context, token api.Token) error {
					stored = append(stored, token.Value())
					return nil
				}))
			require.NoError(t, err)
			for range 3 {
				_, err = client.Licenses.List(t.Context())
				require.NoError(t, err)
				s.Change(func(state *webextest.State) { // All access tokens end.
					for token := range state.Tokens {
						state.Tokens[token] = webextest.Access{Expired: true}
					}
				})
			}
			assert.Len(t, stored, map[string]int{"kept": 0, "rotated": 3}[name])
			assert.True(t, s.AssertWrites(t), "the exchange of a token is no write")
			s.Change(func(state *webextest.State) { state.RefreshTokens = nil })
			_, err = client.Licenses.List(t.Context())
			require.ErrorIs(t, err, api.ErrUnauthorized)
		})
	}
}

func TestRefreshTokensInAFile(t *testing.T) {
	s := webextest.NewServer(t)
	refresh := s.NewRefreshToken(webextest.Access{})
	_, answer := exchangeToken(t, s, grant(refresh))
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, s.State().Save(path))
	state, err := webextest.LoadState(path)
	require.NoError(t, err)
	again := webextest.NewServer(t, webextest.WithState(state))
	assert.Equal(t, s.Token, again.Token, "an exchanged token is not Server.Token")
	get(t, as(again, answer["access_token"].(string)), "/licenses")
	status, _ := exchangeToken(t, again, grant(refresh))
	assert.Equal(t, http.StatusOK, status)
}
