// Package webextest is a Webex Calling organization in memory, for tests and demonstrations. It answers over real HTTP on a
// port of this machine, behaves as the service is known to behave, and needs no account.
//
//	func TestLockdown(t *testing.T) {
//		server := webextest.NewServer(t)
//		client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
//		…
//	}
package webextest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"

	"github.com/google/uuid"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// Server serves one organization. Its methods may be called while requests are answered.
type Server struct {
	// URL is the base URL of the API, such as http://127.0.0.1:4711/v1.
	URL string
	// Token is the access token that every request must carry.
	Token string

	organization *organization
	http         *httptest.Server
	handler      http.Handler
}

// TB is what NewServer needs of *testing.T.
type TB interface {
	Helper()
	Cleanup(func())
}

// NewServer starts an organization for a test, and ends it with the test.
func NewServer(t TB, options ...Option) *Server {
	t.Helper()
	s := Start(options...)
	t.Cleanup(s.Close)
	return s
}

// Start starts an organization outside a test. The caller ends it with [Server.Close].
func Start(options ...Option) *Server {
	c := config{seed: 1, people: 24, devices: 250, pageSize: 100}
	for _, option := range options {
		if option == nil {
			panic("webextest: an option is nil")
		}
		option(&c)
	}
	o := newOrganization(c)
	s := &Server{Token: "webextest-" + o.newUUID().String(), organization: o}
	s.handler = s.newHandler()
	s.http = httptest.NewServer(s.handler)
	s.URL = s.http.URL + basePath
	return s
}

// Close ends the server. Requests that are under way are waited for.
func (s *Server) Close() { s.http.Close() }

// Handler answers the requests of the API without a port, under the path of [Server.URL].
func (s *Server) Handler() http.Handler { return s.handler }

// Option sets one thing about a [Server].
type Option func(*config)

type config struct {
	seed     uint64
	people   int
	devices  int
	pageSize int
}

// WithPeople sets the number of persons in the organization, 24 if not given; there is at least one.
func WithPeople(count int) Option {
	return func(c *config) { c.people = max(1, count) }
}

// WithDevices sets the number of devices in the organization, 250 if not given.
func WithDevices(count int) Option {
	return func(c *config) { c.devices = max(0, count) }
}

// WithPageSize sets the largest number of items on a page of any list, 100 if not given.
func WithPageSize(size int) Option {
	return func(c *config) { c.pageSize = max(1, size) }
}

const basePath = "/v1"

func (s *Server) newHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, 0, "There is no "+r.Method+" "+r.URL.Path)
	})
	handler := server.HandlerWithOptions(s.organization, server.StdHTTPServerOptions{
		BaseURL:    basePath,
		BaseRouter: mux,
		ErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
			refuse(w, http.StatusBadRequest, 0, err.Error())
		},
	})
	return s.admit(atOnce(excuse(handler)))
}

// admit lets requests pass that carry the token and ask for this organization.
func (s *Server) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("TrackingId", "WEBEXTEST_"+strings.ToUpper(uuid.NewString()))
		if r.Header.Get("Authorization") != "Bearer "+s.Token {
			refuse(w, http.StatusUnauthorized, 0, "The request requires a valid access token set in the Authorization request header.")
			return
		}
		if orgID := r.URL.Query().Get("orgId"); orgID != "" && orgID != s.organization.id {
			refuse(w, http.StatusForbidden, 0, "The organization "+orgID+" is not managed by the owner of the token.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// maxBody is larger than any body that the service takes.
const maxBody = 8 << 20

// atOnce reads the request before the organization sees it and sends the answer when it is done, so that neither a slow
// request nor a slow reader keeps others waiting.
func atOnce(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			refuse(w, http.StatusBadRequest, 0, "The body cannot be read: "+err.Error())
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		maps.Copy(answer.Header(), w.Header())
		next.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = answer.Body.WriteTo(w) // A client that has gone is no concern of the organization.
	})
}

// excuse answers operations that the organization cannot do yet: calling one falls through to a nil interface.
func excuse(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch failure := recover().(type) {
			case nil:
			case runtime.Error:
				if !strings.Contains(failure.Error(), "nil pointer") {
					panic(failure)
				}
				refuse(w, http.StatusNotImplemented, 0, "The organization in memory does not know "+r.Method+" "+r.URL.Path+" yet")
			default:
				panic(failure)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// link is the address of another page: that of the request with some parameters changed.
func link(r *http.Request, parameters map[string]string) string {
	query := r.URL.Query()
	for name, value := range parameters {
		query.Set(name, value)
	}
	target := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: query.Encode()}
	return fmt.Sprintf(`<%s>; rel="next"`, &target)
}
