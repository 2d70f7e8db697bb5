package api_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

func TestNewClientTellsWhichOptionIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		options []api.Option
		want    string
	}{
		"no token":           {nil, "WithToken"},
		"empty token":        {[]api.Option{api.WithToken("")}, "WithToken: the token is empty"},
		"token with newline": {[]api.Option{api.WithToken("abc\n")}, "WithToken: the token has a character"},
		"nil option":         {[]api.Option{nil}, "option is nil"},
		"nil HTTP client":    {[]api.Option{api.WithToken("t"), api.WithHTTPClient(nil)}, "WithHTTPClient"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := api.NewClient(test.options...)
			assert.Nil(t, client)
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "abc")
		})
	}
}

func TestWithBaseURL(t *testing.T) {
	for _, good := range []string{
		"https://webexapis.com/v1", "https://webexapis.com/v1/", "HTTPS://proxy.example:8443/a/b", "https://10.0.0.1",
		"http://localhost:8080/v1", "http://127.0.0.1", "http://127.9.9.9:1/x", "http://[::1]:9/v1",
	} {
		_, err := api.NewClient(api.WithToken("t"), api.WithBaseURL(good))
		require.NoError(t, err, good)
	}
	for bad, want := range map[string]string{
		"":                              "https://",
		"webexapis.com/v1":              "https://",
		"//webexapis.com/v1":            "https://",
		"ftp://webexapis.com":           "https://",
		"https:///v1":                   "no host",
		"https://:443/v1":               "no host",
		"https://host:99999/secret":     "port",
		"https://host:0/secret":         "port",
		"https://user:secret@host/v1":   "credentials",
		"https://secret@host/v1":        "credentials",
		"https://host/v1?key=secret":    "query",
		"https://host/v1?":              "query",
		"https://host/v1#secret":        "fragment",
		"http://webexapis.com/v1":       "plain http",
		"http://10.0.0.1/v1":            "plain http",
		"http://localhost.example/v1":   "plain http",
		"http://127.0.0.1.example/v1":   "plain http",
		"https://host:port/secret\x7f/": "not a URL",
	} {
		client, err := api.NewClient(api.WithToken("t"), api.WithBaseURL(bad))
		assert.Nil(t, client, bad)
		require.ErrorContains(t, err, "WithBaseURL", bad)
		require.ErrorContains(t, err, want, bad)
		assert.NotContains(t, err.Error(), "secret", bad)
	}
}

// A slash at the end of the base URL, a port that is the usual one and the case of the host make no difference.
func TestBaseURLForms(t *testing.T) {
	for _, base := range []string{"https://Api.example/v1", "https://api.example/v1/", "https://api.example:443/v1"} {
		var asked []string
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.Path+"?"+r.URL.RawQuery)
			answer := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"items":[]}`))}
			if len(asked) == 1 {
				answer.Header.Set("Link", `<https://API.example:443/v1/devices?start=1>; rel="next"`)
			}
			return answer, nil // A transport for tests may leave out the request.
		})
		client, err := api.NewClient(api.WithToken("t"), api.WithBaseURL(base),
			api.WithHTTPClient(&http.Client{Transport: transport}))
		require.NoError(t, err)
		_, err = api.Collect(client.Devices.List(t.Context(), api.ListDevicesParams{}))
		require.NoError(t, err, base)
		assert.Equal(t, []string{"/v1/devices?", "/v1/devices?start=1"}, asked, base)
	}
}

func TestFromEnvironment(t *testing.T) {
	rec := record(t, reply(200, `{"items":[]}`))
	t.Setenv(api.EnvironmentToken, "env-token")
	t.Setenv(api.EnvironmentBaseURL, rec.url)

	client, err := api.NewClient(api.FromEnvironment())
	require.NoError(t, err)
	_, err = client.Licenses.List(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "Bearer env-token", rec.requests()[0].authorization)

	_, err = api.NewClient()
	require.Error(t, err, "the environment was read without being asked for")

	// What is said later counts.
	client, err = api.NewClient(api.FromEnvironment(), api.WithToken("other"))
	require.NoError(t, err)
	_, err = client.Licenses.List(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "Bearer other", rec.requests()[1].authorization)

	t.Setenv(api.EnvironmentBaseURL, "http://example.com")
	_, err = api.NewClient(api.FromEnvironment())
	require.ErrorContains(t, err, api.EnvironmentBaseURL)
	t.Setenv(api.EnvironmentToken, "")
	_, err = api.NewClient(api.FromEnvironment())
	require.ErrorContains(t, err, api.EnvironmentToken)
}

// The user's HTTP client is used as it is set up, and stays as it was.
func TestWithHTTPClient(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		w.WriteHeader(200)
		_, _ = w.Write([]byte(`{"items":[]}`))
	})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	used := 0
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		used++
		assert.Empty(t, r.Header.Get("Cookie"))
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
		return http.DefaultTransport.RoundTrip(r)
	})
	own := &http.Client{Jar: jar, Timeout: time.Minute, Transport: transport}
	client := rec.client(t, api.WithHTTPClient(own))
	for range 2 {
		_, err = client.Licenses.List(t.Context())
		require.NoError(t, err)
	}
	assert.Equal(t, 2, used)
	assert.Same(t, jar, own.Jar)
	assert.Nil(t, own.CheckRedirect)
	assert.NotNil(t, own.Transport.(roundTripper))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
