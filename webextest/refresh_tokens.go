package webextest

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
)

// RefreshToken is a refresh token of a service app or an integration, with the credentials that are sent with it.
type RefreshToken struct {
	Token        string `json:"token"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	// Access is what the access tokens allow that are exchanged for it.
	Access Access `json:"access"`
	// Expires is the time from which it is refused, by the clock of the server. The zero time is never.
	Expires time.Time `json:"expires,omitzero"`
}

const (
	// accessTokenLife is how long an access token is valid that was exchanged for a refresh token.
	accessTokenLife = 14 * 24 * time.Hour
	// refreshTokenLife is how long a refresh token is valid after it was exchanged.
	refreshTokenLife = 90 * 24 * time.Hour
)

// NewRefreshToken makes a refresh token. POST /v1/access_token exchanges it for access tokens that allow what access says, for
// 14 days by the clock of the server. The refresh token is valid for 90 days, and again from each exchange.
func (s *Server) NewRefreshToken(access Access) RefreshToken {
	t := RefreshToken{
		Token: newRefreshToken(), ClientID: "webextest-client-" + uuid.NewString(),
		ClientSecret: "webextest-secret-" + uuid.NewString(), Access: access,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Expires = s.config.clock().UTC().Add(refreshTokenLife)
	s.state.RefreshTokens = append(s.state.RefreshTokens, t)
	return t
}

func newRefreshToken() string { return "webextest-refresh-" + uuid.NewString() }

// exchangeRefreshToken answers POST /v1/access_token, with the errors of RFC 6749.
func (s *Server) exchangeRefreshToken(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, 0, "There is no "+r.Method+" of "+r.URL.Path)
		return
	}
	form, reason := exchangeForm(r)
	switch {
	case reason != "":
		refuseExchange(w, http.StatusBadRequest, "invalid_request", reason)
		return
	case form.Get("grant_type") != "refresh_token":
		refuseExchange(w, http.StatusBadRequest, "unsupported_grant_type", "grant_type must be refresh_token")
		return
	case !slices.ContainsFunc(s.state.RefreshTokens, func(t RefreshToken) bool { return t.belongsTo(form) }):
		refuseExchange(w, http.StatusUnauthorized, "invalid_client", "client_id or client_secret is wrong")
		return
	}
	now := s.config.clock().UTC()
	i := slices.IndexFunc(s.state.RefreshTokens, func(t RefreshToken) bool {
		return t.Token == form.Get("refresh_token") && t.belongsTo(form) && (t.Expires.IsZero() || now.Before(t.Expires))
	})
	if i < 0 {
		refuseExchange(w, http.StatusBadRequest, "invalid_grant", "The refresh token is unknown, was replaced, or has expired")
		return
	}
	answer(w, s.exchange(&s.state.RefreshTokens[i], now))
}

// exchange makes an access token for a refresh token.
func (s *Server) exchange(t *RefreshToken, now time.Time) map[string]any {
	if s.config.rotateRefresh {
		t.Token = newRefreshToken()
	}
	t.Expires = now.Add(refreshTokenLife)
	token, access := "webextest-"+uuid.NewString(), t.Access
	access.Expires = now.Add(accessTokenLife)
	s.state.Tokens[token] = access
	return map[string]any{
		"access_token": token, "expires_in": int(accessTokenLife / time.Second), "token_type": "Bearer",
		"refresh_token": t.Token, "refresh_token_expires_in": int(refreshTokenLife / time.Second),
	}
}

// belongsTo reports whether a form has the credentials of the client of a refresh token.
func (t RefreshToken) belongsTo(form url.Values) bool {
	return t.ClientID == form.Get("client_id") && t.ClientSecret == form.Get("client_secret")
}

// exchangeForm reads the body of an exchange. reason says what is wrong with it, or is empty.
func exchangeForm(r *http.Request) (form url.Values, reason string) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, "The media type must be application/x-www-form-urlencoded"
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		form, err = url.ParseQuery(string(body))
	}
	if err != nil {
		return nil, "The body cannot be read"
	}
	for _, name := range []string{"grant_type", "client_id", "client_secret"} {
		if len(form[name]) != 1 || form.Get(name) == "" {
			return nil, "Exactly one " + name + " is needed"
		}
	}
	if form.Get("grant_type") == "refresh_token" && (len(form["refresh_token"]) != 1 || form.Get("refresh_token") == "") {
		return nil, "Exactly one refresh_token is needed"
	}
	return form, ""
}

// refuseExchange sends an error of RFC 6749.
func refuseExchange(w http.ResponseWriter, status int, code, description string) {
	send(w, status, map[string]string{"error": code, "error_description": description})
}
