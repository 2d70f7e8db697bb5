package main

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// guard rejects what web pages of other origins send. The administration needs no token, so that a page that somebody opens
// on this machine could otherwise read tokens and reset the organization. Programs send no Origin and are not affected.
func guard(names []string, next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !isTrustedHost(r.Host, names):
			sendError(w, http.StatusForbidden, "The host "+r.Host+" is not known: name it with -allowed-hosts")
		case !isSameOrigin(r) || protection.Check(r) != nil:
			sendError(w, http.StatusForbidden, "A page of another origin may not use this server")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isTrustedHost reports whether a Host header is an address, localhost or one of the names. Any other name can belong to a page
// that had its own name resolved to this machine.
func isTrustedHost(host string, names []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") || slices.Contains(names, host)
}

// isSameOrigin reports whether a request comes from a page of this server, or from no page. CrossOriginProtection checks only
// requests that change something.
func isSameOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	return !slices.ContainsFunc(origins, func(origin string) bool {
		from, err := url.Parse(origin)
		return err != nil || !strings.EqualFold(from.Host, r.Host)
	})
}
