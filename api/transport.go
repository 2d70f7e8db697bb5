package api

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

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

// tokenTransport adds the token to requests for its origin, and lets no others pass. Every request goes through it: calls,
// further pages and redirects.
type tokenTransport struct {
	token  string
	origin origin
	next   http.RoundTripper
}

// RoundTrip sends a request with the token, or refuses it.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if originOf(req.URL) != t.origin {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, fmt.Errorf("not sent to %s: the token is for %s only", originOf(req.URL), t.origin)
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+t.token)
	next := t.next
	if next == nil {
		next = http.DefaultTransport
	}
	return next.RoundTrip(req)
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
		if own != nil {
			return own(req, via)
		}
		if len(via) >= maxRedirects {
			return errors.New("too many redirects")
		}
		return nil
	}
}
