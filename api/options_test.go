package api_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

func keep(context.Context, api.Token) error { return nil }

// withTLS is an HTTP client that accepts versions of TLS.
func withTLS(low, high uint16) *http.Client {
	config := &tls.Config{MinVersion: low, MaxVersion: high}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
}

func TestNewClientTellsWhichOptionIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		options []api.Option
		want    string
	}{
		"no token":           {nil, "WithToken"},
		"empty token":        {[]api.Option{api.WithToken("")}, "WithToken: the token is empty"},
		"token with newline": {[]api.Option{api.WithToken("abc\n")}, "WithToken: the token has a character"},
		"nil option":         {[]api.Option{nil}, "option is nil"},
		"nil HTTP client":    {[]api.Option{api.WithHTTPClient(nil)}, "WithHTTPClient: the client is nil"},
		"old TLS":            {[]api.Option{api.WithHTTPClient(withTLS(tls.VersionTLS11, 0))}, "WithHTTPClient: the TLS"},
		"only old TLS":       {[]api.Option{api.WithHTTPClient(withTLS(0, tls.VersionTLS11))}, "WithHTTPClient: the TLS"},
		"nil source":         {[]api.Option{api.WithTokenSource(nil)}, "WithTokenSource: the source is nil"},
		"nil function":       {[]api.Option{api.WithTokenFunc(nil)}, "WithTokenFunc: the function is nil"},
		"no client id":       {[]api.Option{api.WithRefreshToken(" ", "abc", "abc", keep)}, "WithRefreshToken: clientID is empty"},
		"no client secret":   {[]api.Option{api.WithRefreshToken("abc", "", "abc", keep)}, "WithRefreshToken: clientSecret is empty"},
		"no refresh token":   {[]api.Option{api.WithRefreshToken("abc", "abc", "\n", keep)}, "WithRefreshToken: refreshToken is empty"},
		"no store":           {[]api.Option{api.WithRefreshToken("abc", "abc", "abc", nil)}, "WithRefreshToken: store is nil"},
		"no name":            {[]api.Option{api.WithApplication("")}, "WithApplication"},
		"name with newline":  {[]api.Option{api.WithApplication("x\r\nX-Evil: 1")}, "WithApplication"},
		"no body":            {[]api.Option{api.WithMaxBody(0)}, "WithMaxBody: the number of bytes is 0"},
		"endless body":       {[]api.Option{api.WithMaxBody(math.MaxInt64)}, "WithMaxBody"},
		"negative tries":     {[]api.Option{api.WithRetryPolicy(api.RetryPolicy{Tries: -1})}, "WithRetryPolicy: Tries and MaxWait"},
		"negative wait":      {[]api.Option{api.WithRetryPolicy(api.RetryPolicy{MaxWait: -1})}, "WithRetryPolicy: Tries and MaxWait"},
		"no calls":           {[]api.Option{api.WithConcurrency(0)}, "WithConcurrency: the number of calls is 0"},
		"no rate":            {[]api.Option{api.WithRate(0)}, "WithRate: the rate is 0"},
		"rate without sense": {[]api.Option{api.WithRate(math.NaN())}, "WithRate: the rate is NaN"},
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
		"http://localhost./v1":          "plain http",
		"http://localhoſt/v1":           "plain http",
		"http://127.1/v1":               "plain http",
		"http://[::1%25lo]/v1":          "plain http",
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

func TestPlainHTTPIsAcceptedOnlyByItsOption(t *testing.T) {
	const address = "http://10.0.0.1/v1"
	for _, options := range [][]api.Option{
		{api.WithBaseURL(address), api.WithTokenOverPlainHTTP()}, {api.WithTokenOverPlainHTTP(), api.WithBaseURL(address)},
	} {
		_, err := api.NewClient(append(options, api.WithToken("t"))...)
		require.NoError(t, err)
	}
	t.Setenv(api.EnvironmentToken, "t")
	t.Setenv(api.EnvironmentBaseURL, address)
	_, err := api.NewClient(api.FromEnvironment())
	require.ErrorContains(t, err, "FromEnvironment: WEBEX_BASE_URL: plain http")
}

func TestModernTLSIsAccepted(t *testing.T) {
	for _, client := range []*http.Client{
		withTLS(0, 0), withTLS(tls.VersionTLS12, 0), withTLS(tls.VersionTLS13, tls.VersionTLS13), {Transport: &http.Transport{}},
	} {
		_, err := api.NewClient(api.WithToken("t"), api.WithHTTPClient(client))
		require.NoError(t, err)
	}
}

// The least version of TLS holds without an HTTP client of the user too, whatever the environment allows.
func TestOldTLSIsNotSpoken(t *testing.T) {
	t.Setenv("GODEBUG", "tls10server=1")
	server := httptest.NewUnstartedServer(reply(200, `{"items":[]}`))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	_, err := newClient(t, server.URL, api.WithRetryPolicy(api.NoRetry)).Licenses.List(t.Context())
	require.ErrorContains(t, err, "protocol version")
}

func TestMaxBody(t *testing.T) {
	body := `{"items":[]}` + strings.Repeat(" ", 88)
	rec := record(t, reply(200, body))
	_, err := rec.client(t, api.WithMaxBody(100)).Licenses.List(t.Context())
	require.NoError(t, err)
	_, err = rec.client(t, api.WithMaxBody(99)).Licenses.List(t.Context())
	require.ErrorIs(t, err, api.ErrBadResponse)
	require.ErrorContains(t, err, "99 bytes")
}

// loopbackBaseURLs are spellings of addresses of this machine, at a port where nothing listens.
var loopbackBaseURLs = []string{
	"http://localhost:9/v1", "http://LOCALHOST:9/v1", "http://LocalHost:9/v1", "http://127.0.0.1:9/v1", "http://127.0.0.2:9/v1",
	"http://[::1]:9/v1", "http://[0:0:0:0:0:0:0:1]:9/v1", "http://[::ffff:127.0.0.1]:9/v1",
}

const proxyTestVariable = "WEBEX_CALLING_TEST_PROXY"

// net/http reads the proxy variables once, so the test runs itself in a process that has them from its start.
func TestLoopbackRequestsUseNoProxy(t *testing.T) {
	if os.Getenv(proxyTestVariable) != "" {
		callEveryLoopback(t)
		return
	}
	var mu sync.Mutex
	var seen []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.URL.String()+" "+r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer proxy.Close()
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLoopbackRequestsUseNoProxy$", "-test.v")
	again.Env = append(os.Environ(),
		proxyTestVariable+"=1", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
	output, err := again.CombinedOutput()
	require.NoError(t, err, "%s", output)
	assert.Equal(t, []string{"http://proxied.example/v1/x Bearer " + token}, seen, "what the proxy received")
}

func callEveryLoopback(t *testing.T) {
	t.Helper()
	for _, base := range loopbackBaseURLs {
		options := []api.Option{api.WithToken(token), api.WithBaseURL(base), api.WithRetryPolicy(api.NoRetry)}
		for range 2 {
			client, err := api.NewClient(options...)
			require.NoError(t, err, base)
			err = client.Devices.Delete(t.Context(), "D1")
			require.ErrorContains(t, err, "dial tcp", base)
			options = append(options, api.WithHTTPClient(&http.Client{})) // The same with a client of the user.
		}
	}
	// The environment of this process does have a proxy.
	client, err := api.NewClient(api.WithToken(token), api.WithBaseURL("http://proxied.example/v1"), api.WithTokenOverPlainHTTP())
	require.NoError(t, err)
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/x", nil, nil, nil))
}

// A link may spell the host of the base URL differently. The proxy is chosen by the spelling of the base URL.
func TestLinksAreFollowedToTheHostOfTheBaseURL(t *testing.T) {
	var rec *recorder
	rec = record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("start") == "" {
			port := rec.url[strings.LastIndex(rec.url, ":"):]
			w.Header().Set("Link", "<http://LOCALHOST"+port+`/devices?start=1>; rel="next"`)
		}
		_, _ = io.WriteString(w, `{"items":[]}`)
	})
	var hosts []string
	transport := &http.Transport{Proxy: func(r *http.Request) (*url.URL, error) {
		hosts = append(hosts, r.URL.Hostname())
		return nil, nil
	}}
	defer transport.CloseIdleConnections()
	client := rec.client(t, api.WithBaseURL(strings.Replace(rec.url, "127.0.0.1", "LocalHost", 1)),
		api.WithHTTPClient(&http.Client{Transport: transport}))
	_, err := api.Collect(client.Devices.List(t.Context(), api.ListDevicesParams{}))
	require.NoError(t, err)
	assert.Equal(t, []string{"localhost", "localhost", "localhost"}, hosts, "once for NewClient, and for two pages")
}

func TestAProxyForAPlainHTTPLoopbackBaseURL(t *testing.T) {
	through := func(proxy string) api.Option {
		parsed, err := url.Parse(proxy)
		require.NoError(t, err)
		return api.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(parsed)}})
	}
	far := through("http://user:abc@10.0.0.1:3128")
	failing := api.WithHTTPClient(&http.Client{Transport: &http.Transport{
		Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("no proxy found") },
	}})
	const plain, refusal = "http://localhost:9/v1", "WithHTTPClient: its proxy"
	for name, test := range map[string]struct {
		base    string
		options []api.Option
		want    string
	}{
		"another machine":           {plain, []api.Option{far}, refusal + ` "10.0.0.1:3128"`},
		"another machine, over TLS": {"http://[::1]:9/v1", []api.Option{through("https://proxy.example")}, refusal},
		"this machine":              {plain, []api.Option{through("http://127.0.0.1:3128")}, ""},
		"https":                     {"https://localhost:9/v1", []api.Option{far}, ""},
		"the opt-in":                {plain, []api.Option{far, api.WithTokenOverPlainHTTP()}, ""},
		"a proxy that fails":        {plain, []api.Option{failing}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := api.NewClient(append(test.options, api.WithToken("abc"), api.WithBaseURL(test.base))...)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "abc")
		})
	}
}
