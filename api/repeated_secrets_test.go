package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

// TestAnswersThatRepeatSecretsOddly has a service repeat what it was sent where nobody looks for it.
func TestAnswersThatRepeatSecretsOddly(t *testing.T) {
	const password, code, short, script = "Quite-Secret.1", "31415926", "#*#*", "日本"
	body := map[string]any{"password": password, "code": code, "deleteCodes": []string{short, script}}
	// redirected answers by a redirect to a path, and there by a status.
	redirected := func(path string, status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.EscapedPath() == path {
				w.WriteHeader(status)
				return
			}
			w.Header().Set("Location", path)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	}
	header := func(id string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("TrackingId", id)
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	for _, test := range []struct {
		name, secret string
		answer       http.HandlerFunc
	}{
		{"a password as tracking id", password, header(password)},
		{"a token as tracking id", token, header(token)},
		{"a password as tracking id of a success", password, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("TrackingId", password)
			_, _ = io.WriteString(w, "no JSON")
		}},
		{"a short password of other characters", short, reply(400, `{"message":"`+short+` is too weak","x":["`+short+`"]}`)},
		{"a short password in other script", script, reply(400, `{"message":"`+script+` is too weak","x":["`+script+`"]}`)},
		{"access codes of the request", code, reply(400, `{"message":"no","request":{"accessCodes":[{"code":"`+code+`"}]}}`)},
		{"an access code of others", "16180339", reply(400, `{"message":"no","accessCodes":[{"code":"16180339"}]}`)},
		{"an activation code of others", "1414213562373095", reply(400, `{"code":"400","device":{"code":"1414213562373095"}}`)},
		{"a password in the path of a redirect", password, redirected("/v1/"+password, 400)},
		{"a token in the name of the part that is limited", token, redirected("/v1/"+token, 429)},
		{"a code as a number", code, reply(400, `{"given":`+code+`,"list":[`+code+`]}`)},
		// A part of a secret helps to guess the rest.
		{"a token at the end of what is told of a text", token[:10], reply(400, strings.Repeat("x", 290)+token)},
	} {
		t.Run(test.name, func(t *testing.T) {
			said := &sayings{}
			logger := slog.New(slog.NewJSONHandler(&said.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			hooks := api.Hooks{AfterTry: func(_ context.Context, try api.Try) { said.print(try) }}
			client := record(t, test.answer).client(t, api.WithLogger(logger), api.WithLoggedBodies(), api.WithHooks(hooks))
			err := client.Do(t.Context(), http.MethodPost, "/x", nil, body, nil)
			require.Error(t, err)
			said.print(err)
			said.printCauses(err)
			checkUntold(t, said.prints.String(), test.secret, "a print tells the secret")
			checkUntold(t, said.log.String(), test.secret, "the log tells the secret")
		})
	}
}

// The service knows from the first page what may not be told of the second.
func TestFurtherPagesKeepTheSecretsOfTheFirst(t *testing.T) {
	const code = "16180339"
	var log bytes.Buffer
	client := record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/2" {
			reply(400, `{"message":"no code `+code+`"}`)(w, r)
			return
		}
		w.Header().Set("Link", `</v1/2>; rel="next"`)
		_, _ = io.WriteString(w, `{"accessCodes":[]}`)
	}).client(t, logTo(&log, slog.LevelDebug), api.WithLoggedBodies())
	params := api.ListOrganizationAccessCodesParams{Codes: []string{code}}
	_, err := api.Collect(client.OrganizationAccessCodes.List(t.Context(), params))
	require.ErrorContains(t, err, "no code [redacted]")
	assert.NotContains(t, log.String(), code)
}

// A token that was refused before a redirect is still one.
func TestTokensBeforeARedirectAreNotTold(t *testing.T) {
	tokens, answers := 0, 0
	source := api.WithTokenFunc(func(context.Context, api.Token) (api.Token, error) {
		tokens++
		return api.NewToken(fmt.Sprintf("access-token-%d", tokens)), nil
	})
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		answers++
		w.Header().Set("Location", "/v1/y")
		status := []int{401, 307, 401, 400}[answers-1]
		reply(status, `{"message":"access-token-1, access-token-2, access-token-3"}`)(w, r)
	})
	err := rec.client(t, source).Do(t.Context(), http.MethodGet, "/x", nil, nil, nil)
	require.ErrorIs(t, err, api.ErrBadRequest)
	assert.NotContains(t, err.Error(), "access-token")
}

type textError string

func (e textError) Error() string { return string(e) }

// What package fmt and errors.As find inside of an error has no secret either.
func TestErrorsHoldNoSecrets(t *testing.T) {
	long := strings.Repeat("Token", 30) // Package json leaves texts of 100 bytes out of its message, but not of its error.
	transports := map[string]roundTripper{
		"a text": func(r *http.Request) (*http.Response, error) { return nil, textError(r.Header.Get("Authorization")) },
		"a value that was not read": func(r *http.Request) (*http.Response, error) {
			body := io.NopCloser(strings.NewReader(`{"id":"` + long + `"}`))
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, Request: r}, nil
		},
	}
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			said := &sayings{}
			hooks := api.Hooks{AfterTry: func(_ context.Context, try api.Try) { said.print(try, try.Err) }}
			client, err := api.NewClient(api.WithToken(long), api.WithHTTPClient(&http.Client{Transport: transport}),
				api.WithHooks(hooks), api.WithRetryPolicy(api.NoRetry))
			require.NoError(t, err)
			var out struct {
				ID int `json:"id,string"`
			}
			err = client.Do(t.Context(), http.MethodGet, "/x", nil, nil, &out)
			require.Error(t, err)
			said.printCauses(err)
			checkUntold(t, said.prints.String(), long, "a print tells the token")
		})
	}
}

// Hiding must neither panic nor take minutes, whatever is to be hidden.
func TestHidingTakesAnything(t *testing.T) {
	long := strings.Repeat("a", 1<<18)
	link := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			w.Header().Set("Link", `</v1/y?code=%ff>; rel="next"`)
		}
		reply(200+200*len(r.URL.RawQuery[:min(1, len(r.URL.RawQuery))]), `{"items":[],"message":"no"}`)(w, r)
	}
	codes := make([]map[string]string, 10_000)
	for i := range codes {
		codes[i] = map[string]string{"code": strconv.Itoa(1_000_000 + i), "description": fmt.Sprint("The code of number ", i)}
	}
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		call   func(context.Context, *api.Client) error
	}{
		{"what is no UTF-8, in a link", link, func(ctx context.Context, client *api.Client) error {
			_, err := api.Collect(client.Devices.List(ctx, api.ListDevicesParams{}))
			return err
		}},
		{"what is no UTF-8, in a query", reply(400, `{"message":"no"}`), func(ctx context.Context, client *api.Client) error {
			return client.Do(ctx, http.MethodGet, "/x", url.Values{"code": {"\xff"}}, nil, nil)
		}},
		// Nearly the same text at every place: a search that compares it anew each time takes long.
		{"a long text that is nearly repeated", reply(400, `{"code":"`+long+`b","x":"`+long+long+`"}`),
			func(ctx context.Context, client *api.Client) error {
				return client.Do(ctx, http.MethodGet, "/x", nil, nil, nil)
			}},
		{"a long text that is nearly repeated, in a success", reply(200, `{"code":"`+long+`b","x":"`+long+long+`"}`),
			func(ctx context.Context, client *api.Client) error {
				_, err := client.Licenses.List(ctx)
				return err
			}},
		{"many codes", reply(400, `{"message":"no"}`), func(ctx context.Context, client *api.Client) error {
			return client.Do(ctx, http.MethodPost, "/x", nil, codes, nil)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := record(t, test.answer).client(t, logTo(&bytes.Buffer{}, slog.LevelDebug), api.WithLoggedBodies())
			require.Error(t, test.call(t.Context(), client))
		})
	}
}

// Names below a marked property are values too, and a marked nothing is no reason to hide every space.
func TestRedactedBodies(t *testing.T) {
	for _, test := range []struct{ name, sent, logged string }{
		{"a name below a marked property", `{"deleteCodes":{"31415926":true}}`, `{"deleteCodes":{"[redacted]":true}}`},
		{"a blank password", `{"password":" ","x":"a b"}`, `{"password":"[redacted]","x":"a b"}`},
		{
			"what the document does not have", `{"Access_Token":"a","refresh_token":"b","client_secret":"c"}`,
			`{"Access_Token":"[redacted]","refresh_token":"[redacted]","client_secret":"[redacted]"}`,
		},
		{"a number that repeats a code", `{"code":"31415926","x":31415926}`, `{"code":"[redacted]","x":"[redacted]"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			client := record(t, nil).client(t, api.WithLogger(logger), api.WithLoggedBodies())
			require.NoError(t, client.Do(t.Context(), http.MethodPost, "/x", nil, json.RawMessage(test.sent), nil))
			var line struct{ Request string }
			require.NoError(t, json.Unmarshal(log.Bytes(), &line))
			assert.JSONEq(t, test.logged, line.Request)
		})
	}
}

// The code of an error stays, although it is equal to a code that was sent.
func TestErrorCodesAreTold(t *testing.T) {
	client := record(t, reply(400, `{"errors":[{"description":"400 is taken","code":"400"}]}`)).client(t)
	code := api.AccessCodeDefinition{Code: "400", Description: "Lobby"}
	err := client.OutgoingPermissions.Person("P1").AccessCodes.Create(t.Context(), code)
	var refused *api.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, []api.ErrorDetail{{Description: "[redacted] is taken", Code: "400"}}, refused.Details)
}

// What the token endpoint has just issued is told neither by its odd answers nor by a store that fails.
func TestNewTokensAreNotTold(t *testing.T) {
	const issued = "Newly-Issued"
	failing := func(_ context.Context, refresh api.Token) error { return fmt.Errorf("open %s", refresh.Value()) }
	for name, test := range map[string]struct {
		status int
		body   string
		text   string
	}{
		"a lifetime": {200, `{"access_token":"a","expires_in":"` + issued + `"}`, "cannot be read as a token"},
		"an error":   {400, `{"error":"` + issued + `"}`, "the token endpoint answered 400 Bad Request"},
		"a store":    {200, `{"access_token":"a","refresh_token":"` + issued + `"}`, "storing the refresh token: open [redacted]"},
	} {
		t.Run(name, func(t *testing.T) {
			client := record(t, reply(test.status, test.body)).client(t, api.WithRefreshToken("C1", "S1", "Old", failing))
			_, err := client.Licenses.List(t.Context())
			require.ErrorContains(t, err, test.text)
			assert.NotContains(t, err.Error(), issued)
		})
	}
}
