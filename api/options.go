package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/time/rate"
)

// DefaultBaseURL is the address of the service, below which all paths lie.
const DefaultBaseURL = "https://webexapis.com/v1"

// The names of the environment variables that [FromEnvironment] reads.
const (
	// EnvironmentToken names the variable that holds the access token.
	EnvironmentToken = "WEBEX_ACCESS_TOKEN"
	// EnvironmentBaseURL names the variable that holds another address than [DefaultBaseURL]; it may be unset.
	EnvironmentBaseURL = "WEBEX_BASE_URL"
)

const (
	defaultTimeout     = 2 * time.Minute
	defaultMaxBody     = 64 << 20
	defaultConcurrency = 10
	// parts is the number of parts of the API that there is room for at once.
	parts = 10
)

// Option sets one thing about a [Client]. Where two set the same, the later one counts.
type Option func(*config) error

type config struct {
	// tokens makes the source of tokens, which may need the client to send requests that need no token.
	tokens      func(client *http.Client, baseURL *url.URL) tokenSource
	baseURL     *url.URL
	baseURLFrom string
	plainHTTP   bool
	userClient  *http.Client
	application string
	maxBody     int64
	retry       RetryPolicy
	concurrency int
	rate        rate.Limit
	hooks       Hooks
	log         callLog
}

// WithToken sets the access token. It is sent to the origin of the base URL (scheme, host and port) and nowhere else.
func WithToken(token string) Option {
	return func(c *config) error {
		if err := checkToken(token); err != nil {
			return fmt.Errorf("webex: WithToken: %w", err)
		}
		c.useTokens(fixedToken(NewToken(token)))
		return nil
	}
}

// WithTokenSource takes the access token from a source of package oauth2. A source that has no other token than the one that
// the service refused cannot be made to get one; see [WithTokenFunc].
func WithTokenSource(source oauth2.TokenSource) Option {
	return func(c *config) error {
		if source == nil {
			return errors.New("webex: WithTokenSource: the source is nil")
		}
		c.useTokens(func(context.Context, Token) (Token, time.Time, error) {
			token, err := source.Token()
			if err != nil {
				return Token{}, time.Time{}, err
			}
			if token == nil {
				return Token{}, time.Time{}, errors.New("the token source returned neither a token nor an error")
			}
			return NewToken(token.AccessToken), token.Expiry, nil
		})
		return nil
	}
}

// WithTokenFunc takes the access token from a function.
func WithTokenFunc(get TokenFunc) Option {
	return func(c *config) error {
		if get == nil {
			return errors.New("webex: WithTokenFunc: the function is nil")
		}
		c.useTokens(func(ctx context.Context, refused Token) (Token, time.Time, error) {
			token, err := get(ctx, refused)
			return token, time.Time{}, err
		})
		return nil
	}
}

// WithRefreshToken exchanges the refresh token of a Webex service app or integration for access tokens, at /access_token below
// the base URL: before the first call, when an access token ends, and when one is refused. A refresh token that comes in place
// of the old one is handed to store before the access token is used; when store fails, so does the call, and the next call
// hands over the same token again.
//
// If the token endpoint rejects the refresh token, the error of the call is [ErrUnauthorized]. If it fails, the error is
// [ErrServer], [ErrTooManyRequests] or a connection error. The call itself was not sent, and its StatusCode is 0. Redirects
// of the token endpoint are not followed. New access tokens that the server rejects too are renewed less and less often, as
// [TokenFunc] describes. The panic of store is an error without its text.
func WithRefreshToken(
	clientID, clientSecret, refreshToken string, store func(ctx context.Context, refreshToken Token) error,
) Option {
	return func(c *config) error {
		for _, argument := range []struct{ name, value string }{
			{"clientID", clientID}, {"clientSecret", clientSecret}, {"refreshToken", refreshToken},
		} {
			if strings.TrimSpace(argument.value) == "" {
				return fmt.Errorf("webex: WithRefreshToken: %s is empty", argument.name)
			}
		}
		if store == nil {
			return errors.New("webex: WithRefreshToken: store is nil: a refresh token that is lost cannot be got again")
		}
		c.tokens = func(client *http.Client, baseURL *url.URL) tokenSource {
			r := &refresher{client: client, refresh: NewToken(refreshToken), store: store}
			r.config = oauth2.Config{ClientID: clientID, ClientSecret: clientSecret, Endpoint: oauth2.Endpoint{
				TokenURL: baseURL.JoinPath("access_token").String(), AuthStyle: oauth2.AuthStyleInParams,
			}}
			return r.token
		}
		return nil
	}
}

// WithBaseURL sets another address than [DefaultBaseURL]. It must be https. Plain http is accepted for localhost and loopback
// addresses only, and without a proxy on another machine, so that no token goes over a network unprotected.
func WithBaseURL(baseURL string) Option {
	return func(c *config) error { return c.setBaseURL("WithBaseURL", baseURL) }
}

// WithTokenOverPlainHTTP accepts every base URL with http, and for a loopback base URL the proxy of [WithHTTPClient]: everyone
// on the way can read the token and use it.
func WithTokenOverPlainHTTP() Option {
	return func(c *config) error {
		c.plainHTTP = true
		return nil
	}
}

// WithHTTPClient sets the client that sends the requests, for proxies, certificates, timeouts or tests. It is copied and
// never changed. The copy keeps no cookies and, beside the client's own rule, follows no redirect that would leave the
// origin or change the method. Its Timeout bounds each try with its answer, not the call; without this option it is two
// minutes.
//
// The default client takes its proxy from the environment, and never uses one for a loopback base URL. With a client that does,
// [NewClient] returns an error if that base URL is plain http and the proxy is on another machine. It asks the Proxy function
// of an [http.Transport] once; it cannot know the proxies of other transports.
func WithHTTPClient(client *http.Client) Option {
	return func(c *config) error {
		if client == nil {
			return errors.New("webex: WithHTTPClient: the client is nil")
		}
		if allowsOldTLS(cmp.Or(client.Transport, http.DefaultTransport)) {
			return errors.New("webex: WithHTTPClient: the TLS configuration of its transport allows versions before 1.2")
		}
		c.userClient = client
		return nil
	}
}

// WithApplication names the program in the User-Agent of every request, as in "acme-provisioning/1.4".
func WithApplication(name string) Option {
	return func(c *config) error {
		if strings.TrimSpace(name) == "" || strings.ContainsFunc(name, func(char rune) bool { return char < ' ' || char > '~' }) {
			return fmt.Errorf("webex: WithApplication: the name is %q; it must be printable ASCII", name)
		}
		c.application = name
		return nil
	}
}

// WithMaxBody bounds the body of an answer, in bytes, after it was unpacked; 64 MiB without this option. A longer one is
// [ErrBadResponse].
func WithMaxBody(bytes int64) Option {
	return func(c *config) error {
		if bytes < 1 || bytes == math.MaxInt64 {
			return fmt.Errorf("webex: WithMaxBody: the number of bytes is %d; it must be from 1 to %d", bytes, int64(math.MaxInt64-1))
		}
		c.maxBody = bytes
		return nil
	}
}

// WithRetryPolicy sets how calls are repeated. For single calls use [WithRetry].
func WithRetryPolicy(policy RetryPolicy) Option {
	return func(c *config) error {
		if policy.Tries < 0 || policy.MaxWait < 0 {
			return errors.New("webex: WithRetryPolicy: Tries and MaxWait must not be negative; zero is the default")
		}
		c.retry = policy.or(defaultRetry)
		return nil
	}
}

// WithConcurrency bounds the calls under way at once to one part of the API, such as /licenses or /telephony/config/people;
// 10 without this option. Others wait: the organizations of [Client.ForOrganization] take turns, and the calls of one keep their
// order. Ten times as many connections are opened at most, unless [WithHTTPClient] brings others.
func WithConcurrency(calls int) Option {
	return func(c *config) error {
		if calls < 1 {
			return fmt.Errorf("webex: WithConcurrency: the number of calls is %d; it must be at least 1", calls)
		}
		c.concurrency = calls
		return nil
	}
}

// WithRate bounds the calls in a second to one part of the API, spread evenly. A call whose turn would come after the end of
// its context fails at once. Without this option the calls are as fast as the service takes them: after refusals the client
// finds the pace that it allows.
func WithRate(perSecond float64) Option {
	return func(c *config) error {
		if !(perSecond > 0) {
			return fmt.Errorf("webex: WithRate: the rate is %v; it must be above 0", perSecond)
		}
		c.rate = rate.Limit(perSecond)
		return nil
	}
}

// WithHooks has every try told to functions, for metrics and traces.
func WithHooks(hooks Hooks) Option {
	return func(c *config) error {
		c.hooks = hooks
		return nil
	}
}

// FromEnvironment takes the token from WEBEX_ACCESS_TOKEN and, if it is set, the base URL from WEBEX_BASE_URL. Without this
// option the environment is not read.
func FromEnvironment() Option {
	return func(c *config) error {
		token := os.Getenv(EnvironmentToken)
		if err := checkToken(token); err != nil {
			return fmt.Errorf("webex: FromEnvironment: %s: %w", EnvironmentToken, err)
		}
		c.useTokens(fixedToken(NewToken(token)))
		if baseURL := os.Getenv(EnvironmentBaseURL); baseURL != "" {
			return c.setBaseURL("FromEnvironment: "+EnvironmentBaseURL, baseURL)
		}
		return nil
	}
}

func newConfig(options []Option) (*config, error) {
	c := &config{
		maxBody: defaultMaxBody, retry: defaultRetry, concurrency: defaultConcurrency, rate: rate.Inf,
	}
	for _, option := range append([]Option{WithBaseURL(DefaultBaseURL)}, options...) {
		if option == nil {
			return nil, errors.New("webex: NewClient: an option is nil")
		}
		if err := option(c); err != nil {
			return nil, err
		}
	}
	if c.tokens == nil {
		return nil, errors.New("webex: NewClient: there is no token: use WithToken, FromEnvironment or another option for tokens")
	}
	if c.userClient == nil {
		c.userClient = &http.Client{Timeout: defaultTimeout, Transport: newTransport(min(c.concurrency, math.MaxInt/parts) * parts)}
	}
	if c.log.logger == nil {
		if c.log.bodies {
			return nil, errors.New("webex: WithLoggedBodies: there is no logger: use WithLogger too")
		}
		c.log.logger = slog.New(slog.DiscardHandler)
	}
	if err := c.checkPlainHTTP(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *config) useTokens(source tokenSource) {
	c.tokens = func(*http.Client, *url.URL) tokenSource { return source }
}

// newTransport is like that of net/http, with connections of its own: those are shared by a whole program, and whoever closes
// them there, as every httptest.Server does at its end, would break calls here. It opens so many at most, and keeps them.
func newTransport(connections int) http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := standard.Clone()
	if proxy := own.Proxy; proxy != nil {
		own.Proxy = func(r *http.Request) (*url.URL, error) {
			if isLoopback(r.URL.Hostname()) { // Even if a proxy is set for all hosts: it may be on another machine.
				return nil, nil //nolint:nilnil // No proxy and no error.
			}
			return proxy(r)
		}
	}
	own.MaxConnsPerHost, own.MaxIdleConnsPerHost, own.MaxIdleConns = connections, connections, connections
	if own.TLSClientConfig == nil {
		own.TLSClientConfig = &tls.Config{}
	}
	own.TLSClientConfig.MinVersion = max(own.TLSClientConfig.MinVersion, tls.VersionTLS12)
	return own
}

// allowsOldTLS tells whether a transport was told to accept what is broken. Left alone, package tls does not.
func allowsOldTLS(transport http.RoundTripper) bool {
	known, ok := transport.(*http.Transport)
	if !ok || known.TLSClientConfig == nil {
		return false
	}
	low, high := known.TLSClientConfig.MinVersion, known.TLSClientConfig.MaxVersion
	return low != 0 && low < tls.VersionTLS12 || high != 0 && high < tls.VersionTLS12
}

// checkToken refuses what cannot stand in a header, mostly a line break from a file. The error does not repeat the token.
func checkToken(token string) error {
	if token == "" {
		return errors.New("the token is empty")
	}
	for _, char := range token {
		if char <= ' ' || char > '~' {
			return errors.New("the token has a character that a token cannot have, such as a space or a line break")
		}
	}
	return nil
}
