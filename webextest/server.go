// Package webextest is a Webex Calling organization in memory, for tests and demonstrations. It answers all operations of the
// OpenAPI document over real HTTP on a port of this machine, behaves as the service is known to behave, and needs no account.
//
//	func TestLockdown(t *testing.T) {
//		server := webextest.NewServer(t)
//		client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
//		…
//		before := server.State()
//		… // the program under test
//		assert.Equal(t, []string{…}, webextest.Diff(before, server.State()))
//	}
//
// Every request is checked against the document: what it does not allow, unknown query parameters and members of bodies among
// it, is answered 400 by an error that says where. Where it is not known how the service behaves, the server has the stricter
// reading:
//
//   - Permissions, transfer numbers and so on take effect only under their own switch, and permissions and transfer numbers only
//     if UseCustomEnabled is on as well. Permissions are stored while UseCustomEnabled is on, and transfer numbers while both
//     switches are on; otherwise a write is accepted and forgotten. While UseCustomEnabled is off, a read of permissions
//     returns those of the location, or the stored ones with [WithStoredEntriesVisible].
//   - A call type that is restricted may be sent as it is; a change is refused with code 25024.
//   - Calls that take no orgId reach the organization of the token only, not its customers.
//   - The access code that is one too many is refused with 400. The service was seen to answer 502.
//   - Codes and names that are there already are refused with 409.
//   - A license without units left is not assigned: with others that can be, the answer is 206.
package webextest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/webex-calling/webex-calling-go/gen/server"
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
	initial  State
	state    *State
	served   map[string]*served
	limiters map[string]*rate.Limiter
	faults   []*ordered
	calls    []*Call
}

// served is an organization with the handler of its operations.
type served struct {
	*organization
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
	s.http = httptest.NewServer(s.handler)
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
	state := c.state
	if state == nil {
		state = &State{Organization: makeUp(c, "Acme"), Tokens: map[string]Access{}}
		state.Tokens["webextest-"+encodeToken(c.seed)] = Access{}
	}
	s.Token = ownerToken(state.Tokens)
	s.install(copyOf(*state))
	s.initial = copyOf(*s.state)
	s.handler = http.HandlerFunc(s.serve)
	return s
}

// encodeToken is the token of an organization that was made up. It is no secret: it opens nothing else.
func encodeToken(seed uint64) string { return "token-" + strconv.FormatUint(seed, 10) }

// ownerToken is the first of the tokens that allow everything; empty if there is none.
func ownerToken(tokens map[string]Access) string {
	for _, token := range slices.Sorted(maps.Keys(tokens)) {
		if a := tokens[token]; a.Role == "" && a.Scopes == nil && a.OrganizationID == "" && !a.Expired {
			return token
		}
	}
	return ""
}

// Close ends the server. Requests that are under way are waited for; those that a fault keeps are broken off.
func (s *Server) Close() {
	s.end()
	if s.http != nil {
		s.http.Close()
	}
}

// Handler answers the requests of the API, below /v1, for use without a port.
func (s *Server) Handler() http.Handler { return s.handler }

const basePath = "/v1"

// serve answers a request, or lets a fault strike that was ordered for it, and notes both.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	trackingID := "WEBEXTEST_" + strings.ToUpper(uuid.NewString())
	w.Header().Set("TrackingId", trackingID)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusBadRequest, 0, "The body cannot be read: "+err.Error())
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call, seen := s.callOf(r, body), &watched{ResponseWriter: w}
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("TrackingId", trackingID)
		s.answerWhole(w, r)
	})
	fault := s.strike(call)
	if fault != nil {
		call.Fault = fault.Kind
	}
	s.record(&call) // Before it is answered: a client that was answered, or cut off, finds it.
	defer func() {  // Also when a fault breaks off by a panic.
		s.mu.Lock()
		defer s.mu.Unlock()
		call.Status, call.Answer = seen.status, seen.body.String()
	}()
	if fault != nil {
		effects[fault.Kind](*fault)(seen, r, service)
		return
	}
	service.ServeHTTP(seen, r)
}

// callOf is what there is to note of a request.
func (s *Server) callOf(r *http.Request, body []byte) Call {
	call := Call{
		Time: s.config.clock(), Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: string(body),
	}
	call.Token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if o := match(r); o != nil {
		call.Operation, call.IDs = o.id, o.ids(r.URL)
	}
	return call
}

// watched notes what is answered.
type watched struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// Unwrap gives package net/http what it needs to hand out the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watched) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.body.Write(data)
	return w.ResponseWriter.Write(data)
}

// answerWhole lets the organization answer, and sends that when it is done, so that a slow reader keeps no others waiting.
func (s *Server) answerWhole(w http.ResponseWriter, r *http.Request) {
	if !s.delay(r) {
		return
	}
	answer := httptest.NewRecorder()
	maps.Copy(answer.Header(), w.Header())
	s.answer(answer, r)
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = answer.Body.WriteTo(w) // A client that has gone is no concern of the organization.
}

// maxBody is larger than any body that the service takes.
const maxBody = 8 << 20

func (s *Server) delay(r *http.Request) bool {
	if s.config.latency <= 0 {
		return true
	}
	timer := time.NewTimer(s.config.latency)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
		return false
	case <-timer.C:
		return true
	}
}

// answer knows the token, keeps the limits, and hands over to the organization.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	access, known := s.state.Tokens[token]
	if !bearer || !known || access.Expired {
		refuse(w, http.StatusUnauthorized, 0, "The request requires a valid access token set in the Authorization request header.")
		return
	}
	if wait := s.limit(token); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		refuse(w, http.StatusTooManyRequests, 0, "Too many requests: wait as long as Retry-After tells.")
		return
	}
	if r.URL.Path != path.Clean(r.URL.Path) {
		refuse(w, http.StatusNotFound, 0, "There is no "+r.URL.Path)
		return
	}
	wanted := wantedOrganization(r)
	organization, ok := s.reach(access, wanted)
	if !ok {
		refuse(w, http.StatusForbidden, 0, "The organization "+wanted+" is not managed by the owner of the token.")
		return
	}
	organization.handler.ServeHTTP(w, r.WithContext(withAccess(r.Context(), access)))
}

// limit is how long a token has to wait; 0 if it may go on.
func (s *Server) limit(token string) time.Duration {
	if s.config.burst == 0 {
		return 0
	}
	limiter, ok := s.limiters[token]
	if !ok {
		limiter = rate.NewLimiter(s.config.rate, s.config.burst)
		s.limiters[token] = limiter
	}
	now := s.config.clock()
	turn := limiter.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

// wantedOrganization is the id of the organization that a request is for: in the query, or in the body where licenses are
// assigned; empty if it names none.
func wantedOrganization(r *http.Request) string {
	wanted := r.URL.Query().Get("orgId")
	if wanted != "" || r.Method != http.MethodPatch || r.URL.Path != basePath+"/licenses/users" {
		return wanted
	}
	var body struct {
		OrgID string `json:"orgId"`
	}
	data, _ := io.ReadAll(r.Body)   // It is in memory.
	_ = json.Unmarshal(data, &body) // What is not valid is refused later.
	r.Body = io.NopCloser(bytes.NewReader(data))
	return body.OrgID
}

// reach is the organization that a token works in. Owners in that of the server reach its customers too.
func (s *Server) reach(access Access, orgID string) (*served, bool) {
	home := access.OrganizationID
	if home == "" {
		home = s.state.ID
	}
	wanted := orgID
	if wanted == "" {
		wanted = home
	}
	found, ok := s.served[key(wanted)]
	return found, ok && (key(wanted) == key(home) || key(home) == key(s.state.ID))
}

// routes are the operations of an organization.
func (s *Server) routes(o *organization) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { noOperation(mux, w, r) })
	return server.HandlerWithOptions(o, server.StdHTTPServerOptions{
		BaseURL:     basePath,
		BaseRouter:  mux,
		Middlewares: []server.MiddlewareFunc{admit},
		ErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
			refuse(w, http.StatusBadRequest, 0, err.Error())
		},
	})
}

// admit lets requests pass that the token allows and the document too.
func admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operation := operations()[r.Pattern]
		if reason, ok := accessOf(r.Context()).allows(operation); !ok {
			refuse(w, http.StatusForbidden, 0, reason)
			return
		}
		if operation.check(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// noOperation answers a request that is for none: 405 if another method is for one. A path that the document names as it
// stands, such as /licenses/users, has the methods of that alone, and not those of /licenses/{licenseId}.
func noOperation(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allowed, named []string
	for _, method := range []string{"DELETE", "GET", "PATCH", "POST", "PUT"} {
		other := r.Clone(r.Context())
		other.Method = method
		_, pattern := mux.Handler(other)
		if pattern == method+" "+r.URL.Path {
			named = append(named, method)
		}
		if pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(named) > 0 {
		allowed = named
	}
	if len(allowed) == 0 {
		refuse(w, http.StatusNotFound, 0, "There is no "+r.URL.Path)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	refuse(w, http.StatusMethodNotAllowed, 0, "There is no "+r.Method+" of "+r.URL.Path)
}

// link is the address of another page: that of the request with some parameters changed.
func link(r *http.Request, parameters map[string]string) string {
	query := r.URL.Query()
	for name, value := range parameters {
		query.Set(name, value)
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	target := url.URL{Scheme: scheme, Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: query.Encode()}
	return fmt.Sprintf(`<%s>; rel="next"`, &target)
}
