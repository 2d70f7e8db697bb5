package webextest

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Server serves one organization, and those of its customers. Its methods may be called while requests are answered.
type Server struct {
	// URL is the base URL of the API, such as http://127.0.0.1:4711/v1.
	URL string
	// Token is an access token that allows everything.
	Token string

	config  config
	http    *httptest.Server
	handler http.Handler

	mu       sync.Mutex
	open     context.Context //nolint:containedctx // It ends with the server.
	end      context.CancelFunc
	initial  []byte // The first state, as JSON.
	state    *State
	served   map[string]*served
	limiters map[string]*rate.Limiter
	faults   []*ordered
	calls    callRecord
}

// served is an organization with the handler of its operations.
type served struct {
	*organization
	things  things
	handler http.Handler
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
	s := New(options...)
	s.http = httptest.NewUnstartedServer(s.handler)
	s.http.Config.ReadHeaderTimeout = readTimeout
	s.http.Start()
	s.URL = s.http.URL + basePath
	return s
}

// New makes an organization that listens to no port; [Server.Handler] answers its requests. It has no URL.
func New(options ...Option) *Server {
	c := config{seed: 1, people: 24, devices: 250, pageSize: 100, jobDuration: time.Second, clock: time.Now}
	for _, option := range options {
		if option == nil {
			panic("webextest: an option is nil")
		}
		option(&c)
	}
	s := &Server{config: c, limiters: map[string]*rate.Limiter{}}
	s.open, s.end = context.WithCancel(context.Background())
	if c.state != nil {
		s.install(copyOf(*c.state))
	} else {
		tokens := map[string]Access{"webextest-" + encodeToken(c.seed): {}}
		s.install(State{Organization: makeUp(c, "Acme"), Tokens: tokens})
	}
	s.Token = ownerToken(s.state.Tokens)
	s.initial = encode(s.state)
	s.handler = http.HandlerFunc(s.serve)
	return s
}

// encodeToken is the token of an organization that was made up. It is no secret: it opens nothing else.
func encodeToken(seed uint64) string { return "token-" + strconv.FormatUint(seed, 10) }

// ownerToken is the first of the tokens that allow everything; empty if there is none.
func ownerToken(tokens map[string]Access) string {
	for _, token := range slices.Sorted(maps.Keys(tokens)) {
		if a := tokens[token]; a.Role == "" && a.Scopes == nil && a.OrganizationID == "" && !a.Expired && a.Expires.IsZero() {
			return token
		}
	}
	return ""
}

// grace is the longest time that Close waits for clients that have not sent their whole request or not read their whole response.
const grace = 100 * time.Millisecond

// Close ends the server at once. It breaks the connections of requests that a fault or [WithLatency] keeps waiting. Other
// requests under way get their response, but a client that sends or reads too slowly has a tenth of a second left.
func (s *Server) Close() {
	s.end()
	if s.http == nil {
		return
	}
	breakOff := time.AfterFunc(grace, func() { _ = s.http.Config.Close() })
	defer breakOff.Stop()
	s.http.Close()
}

// Handler returns the handler of requests to the API, below /v1, for use without a port. [Server.Close] ends requests that a
// fault or [WithLatency] keeps waiting here too.
func (s *Server) Handler() http.Handler { return s.handler }

const basePath = "/v1"
