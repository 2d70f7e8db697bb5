package api

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// A request passes these transports, each in a file of its own:
//
//	http.Client           follows redirects
//	originTransport       rejects every other origin
//	tokenTransport        waits for a token, and repeats a call whose token was rejected
//	retryTransport        waits at the gate, and repeats what may be repeated
//	bearerTransport       adds the token
//	tryTransport          sends once, reads the answer, and notes both
//	http.RoundTripper     of the user, or that of net/http
//
// The exchange of a refresh token passes the same transports, but for the two of the token.

// httpClient is what the calls go through.
func (c *config) httpClient() *http.Client {
	client := *c.userClient
	client.Jar = nil
	client.Timeout = 0 // It bounds each try.
	client.CheckRedirect = checkRedirect(client.CheckRedirect)
	try := &tryTransport{
		timeout: c.userClient.Timeout, maxBody: c.maxBody, agent: userAgent(c.application), hooks: c.hooks,
		next: cmp.Or(c.userClient.Transport, http.DefaultTransport),
	}
	exchange := &http.Client{Transport: c.withinOrigin(c.repeating(try)), CheckRedirect: rejectRedirect}
	tokens := &tokenCache{source: c.tokens(exchange, c.baseURL)}
	client.Transport = c.withinOrigin(&tokenTransport{tokens, c.log, c.repeating(&bearerTransport{tokens, try})})
	return &client
}

// repeating returns a transport with limits of its own, so that an exchange never waits for the calls that wait for it.
func (c *config) repeating(next http.RoundTripper) http.RoundTripper {
	return &retryTransport{policy: c.retry, gates: newGates(c.baseURL, c.concurrency, c.rate), log: c.log, next: next}
}

func (c *config) withinOrigin(next http.RoundTripper) http.RoundTripper {
	return &originTransport{originOf(c.baseURL), c.baseURL.Host, next}
}

// origin is what a token belongs to.
type origin struct{ scheme, host, port string }

func originOf(u *url.URL) origin {
	o := origin{strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()}
	if o.port == "" {
		o.port = map[string]string{"http": "80", "https": "443"}[o.scheme]
	}
	return o
}

func (o origin) String() string { return o.scheme + "://" + net.JoinHostPort(o.host, o.port) }

// originTransport lets requests for one origin pass, and no others. Every request goes through it: calls, further pages and
// redirects.
type originTransport struct {
	origin origin
	host   string // As in the base URL.
	next   http.RoundTripper
}

// RoundTrip sends a request, or refuses it.
func (t *originTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if originOf(req.URL) != t.origin {
		closeBody(req)
		return nil, fmt.Errorf("not sent to %s: the token is for %s only", originOf(req.URL), t.origin)
	}
	same := req
	if req.URL.Host != t.host { // A link or a redirect has another spelling, and a transport could choose another proxy by it.
		same = req.Clone(req.Context())
		same.URL.Host, same.Host = t.host, t.host
	}
	resp, err := t.next.RoundTrip(same)
	if err == nil {
		resp.Request = req // Not the one that was sent, which has the token.
	}
	return resp, err
}

// closeBody keeps the promise of every http.RoundTripper for a request that is not sent.
func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// maxRedirects is the number that net/http follows too.
const maxRedirects = 10

// checkRedirect adds our rules to those of the user's client, if it has any. A redirect that changes the method, as 302
// does to PUT, would turn a change into a look and report success.
func checkRedirect(own func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if req.Method != via[0].Method {
			return fmt.Errorf("a redirect would turn %s into %s", via[0].Method, req.Method)
		}
		if orgID := via[0].URL.Query().Get("orgId"); orgID != "" { // Else a partner would change the own organization.
			same, err := wrappers.KeepOrganization(req.URL, orgID, true)
			if err != nil {
				return fmt.Errorf("the target of the redirect: %w", err)
			}
			req.URL = same
		}
		if own != nil {
			return own(req, via)
		}
		if len(via) >= maxRedirects {
			return errors.New("too many redirects")
		}
		return nil
	}
}

// rejectRedirect is the rule for the token endpoint: its request contains the refresh token and the client secret.
func rejectRedirect(*http.Request, []*http.Request) error {
	return errors.New("the token endpoint redirects, and its redirects are not followed")
}
