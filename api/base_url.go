package api

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// setBaseURL sets the base URL. from is what the user set it by.
func (c *config) setBaseURL(from, baseURL string) error {
	parsed, err := parseBaseURL(baseURL)
	if err != nil {
		return fmt.Errorf("webex: %s: %w", from, err)
	}
	c.baseURL, c.baseURLFrom = parsed, from
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
	}
	parsed.Host = strings.ToLower(parsed.Host) // As net/http compares it to "localhost" when it chooses a proxy.
	return parsed.JoinPath(), nil
}

// isPort reports whether a port is valid. An empty port is the default port of the scheme.
func isPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && number > 0
}

// checkPlainHTTP rejects a base URL by which the token would leave this machine unprotected.
func (c *config) checkPlainHTTP() error {
	if c.baseURL.Scheme != "http" || c.plainHTTP {
		return nil
	}
	if !isLoopback(c.baseURL.Hostname()) {
		return fmt.Errorf("webex: %s: plain http to %q would send the token over the network unprotected; use https",
			c.baseURLFrom, c.baseURL.Host)
	}
	if proxy := proxyFor(c.userClient, c.baseURL); proxy != nil && !isLoopback(proxy.Hostname()) {
		return fmt.Errorf("webex: WithHTTPClient: its proxy %q would get the token unprotected, since the base URL is plain http; "+
			"use no proxy for %q", proxy.Host, c.baseURL.Host)
	}
	return nil
}

// proxyFor returns the proxy of a client for a URL; nil if there is none, or if it is not known.
func proxyFor(client *http.Client, target *url.URL) *url.URL {
	transport, ok := cmp.Or(client.Transport, http.DefaultTransport).(*http.Transport)
	if !ok || transport.Proxy == nil {
		return nil
	}
	proxy, err := transport.Proxy(&http.Request{Method: http.MethodGet, URL: target, Host: target.Host, Header: http.Header{}})
	if err != nil { // Requests fail with it too.
		return nil
	}
	return proxy
}

func isLoopback(host string) bool {
	host = strings.ToLower(host)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
