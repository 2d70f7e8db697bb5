package api

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
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

// defaultTimeout bounds a request, its body included, when no HTTP client is given.
const defaultTimeout = 2 * time.Minute

// Option sets one thing about a [Client]. Where two set the same, the later one counts.
type Option func(*config) error

type config struct {
	token      string
	baseURL    *url.URL
	httpClient *http.Client
}

// WithToken sets the access token. It is sent to the origin of the base URL (scheme, host and port) and nowhere else.
func WithToken(token string) Option {
	return func(c *config) error {
		if err := checkToken(token); err != nil {
			return fmt.Errorf("webex: WithToken: %w", err)
		}
		c.token = token
		return nil
	}
}

// WithBaseURL sets another address than [DefaultBaseURL]. It must be https; plain http is accepted for this machine only,
// so that no token goes over a network unprotected.
func WithBaseURL(baseURL string) Option {
	return func(c *config) error {
		parsed, err := parseBaseURL(baseURL)
		if err != nil {
			return fmt.Errorf("webex: WithBaseURL: %w", err)
		}
		c.baseURL = parsed
		return nil
	}
}

// WithHTTPClient sets the client that sends the requests, for proxies, certificates, timeouts or tests. It is copied and
// never changed. The copy keeps no cookies and, beside the client's own rule, follows no redirect that would leave the
// origin or change the method. Without this option a request may take two minutes.
func WithHTTPClient(client *http.Client) Option {
	return func(c *config) error {
		if client == nil {
			return errors.New("webex: WithHTTPClient: the client is nil")
		}
		c.httpClient = client
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
		c.token = token
		if baseURL := os.Getenv(EnvironmentBaseURL); baseURL != "" {
			parsed, err := parseBaseURL(baseURL)
			if err != nil {
				return fmt.Errorf("webex: FromEnvironment: %s: %w", EnvironmentBaseURL, err)
			}
			c.baseURL = parsed
		}
		return nil
	}
}

func newConfig(options []Option) (*config, error) {
	c := &config{httpClient: &http.Client{Timeout: defaultTimeout, Transport: newTransport()}}
	for _, option := range append([]Option{WithBaseURL(DefaultBaseURL)}, options...) {
		if option == nil {
			return nil, errors.New("webex: NewClient: an option is nil")
		}
		if err := option(c); err != nil {
			return nil, err
		}
	}
	if c.token == "" {
		return nil, errors.New("webex: NewClient: there is no token: use WithToken or FromEnvironment")
	}
	return c, nil
}

// newTransport is like that of net/http, with connections of its own: those are shared by a whole program, and whoever closes
// them there, as every httptest.Server does at its end, would break calls here.
func newTransport() http.RoundTripper {
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		return standard.Clone()
	}
	return http.DefaultTransport
}

// client is the HTTP client that the calls go through.
func (c *config) client() *http.Client {
	client := *c.httpClient
	client.Jar = nil
	client.CheckRedirect = checkRedirect(client.CheckRedirect)
	client.Transport = &tokenTransport{token: c.token, origin: originOf(c.baseURL), next: client.Transport}
	return &client
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

// parseBaseURL checks a base URL. No error repeats it whole, since it may hold credentials.
func parseBaseURL(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return nil, errors.New("it must begin with https://")
	case parsed.Hostname() == "":
		return nil, errors.New("it has no host")
	case !isPort(parsed.Port()):
		return nil, fmt.Errorf("its port %s does not exist", parsed.Port())
	case parsed.User != nil:
		return nil, errors.New("it must not hold credentials")
	case parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return nil, errors.New("it must not have a query or a fragment")
	case parsed.Scheme == "http" && !isLoopback(parsed.Hostname()):
		return nil, fmt.Errorf("plain http to %q would send the token over the network unprotected; use https", parsed.Host)
	}
	return parsed.JoinPath(), nil
}

// isPort tells whether a port can be reached; none at all is the usual one.
func isPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && number > 0
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
