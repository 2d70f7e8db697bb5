package webextest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/webex-calling/webex-calling-go/internal/faults"
)

const (
	// maxBody is larger than any body that the Webex API accepts.
	maxBody = 8 << 20
	// maxStrangerBody is the part of a body that is read into memory if the request has no valid token.
	maxStrangerBody = 4 << 10
	// readTimeout is the longest time to wait for the header of a request, and the longest time to wait for its body.
	readTimeout = 30 * time.Second
)

// serve records a request, and has the organization or the first matching fault respond to it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.open, cancel)() //nolint:contextcheck // Close ends what a fault keeps waiting.
	r = r.WithContext(ctx)
	trackingID := "WEBEXTEST_" + strings.ToUpper(uuid.NewString())
	w.Header().Set("TrackingId", trackingID)
	body, err := s.readBody(w, r)
	if err != nil {
		refuseBody(w, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	fault, recorded := s.record(s.callOf(r, body)) // Before the response: a client that has one finds its call in the record.
	seen := &watched{ResponseWriter: w}
	defer func() { s.complete(recorded, seen.status, seen.body.String()) }() // Also if a fault panics to break the connection.
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("TrackingId", trackingID)
		s.respond(w, r, recorded)
	})
	if fault != nil {
		effects[fault.Kind](*fault)(seen, r, service)
		return
	}
	service.ServeHTTP(seen, r)
}

// readBody reads the body of a request. Without a valid token it keeps only the beginning, since anybody can send such a request.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(readTimeout)) // A request without a connection has its body in memory.
	limited := http.MaxBytesReader(w, r.Body, maxBody)
	var kept io.Reader = limited
	if _, known := s.accessTo(r); !known {
		kept = io.LimitReader(limited, maxStrangerBody)
	}
	body, err := io.ReadAll(kept)
	if err == nil {
		_, err = io.Copy(io.Discard, limited)
	}
	if err == nil { // Otherwise net/http would wait for the rest of the body.
		_ = control.SetReadDeadline(time.Time{})
	}
	return body, err
}

func refuseBody(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if errors.Is(err, os.ErrDeadlineExceeded) {
		status = http.StatusRequestTimeout
	}
	refuse(w, status, 0, "The body cannot be read: "+err.Error())
}

// accessTo returns the access of the token of a request. It reports false if the token is not valid.
func (s *Server) accessTo(r *http.Request) (Access, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.access(r)
}

// access is accessTo for callers that hold the lock.
func (s *Server) access(r *http.Request) (Access, bool) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	access, known := s.state.Tokens[token]
	return access, bearer && known && !access.expired(s.config.clock())
}

// callOf returns what is recorded of a request before the response.
func (s *Server) callOf(r *http.Request, body []byte) Call {
	call := Call{
		Time: s.config.clock(), Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: string(body),
	}
	call.Token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	call.OrganizationID = s.requestedOrganization(r)
	if o := match(r); o != nil {
		call.Operation, call.IDs = o.id, o.ids(r.URL)
	}
	return call
}

// requestedOrganization returns the id of the organization that a request is for, or "" if neither orgId nor a valid token
// names one.
func (s *Server) requestedOrganization(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := wantedOrganization(r)
	if access, known := s.access(r); wanted == "" && known {
		wanted = s.home(access)
	}
	return wanted
}

// watched keeps a copy of the response.
type watched struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// Unwrap lets package net/http take over the connection.
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

// respond sends the response of the organization when it is complete, so that a slow reader does not block other requests.
func (s *Server) respond(w http.ResponseWriter, r *http.Request, recorded *entry) {
	if s.config.latency > 0 {
		faults.Pause(r, s.config.latency)
	}
	answer := httptest.NewRecorder()
	maps.Copy(answer.Header(), w.Header())
	s.answer(answer, r, recorded)
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = answer.Body.WriteTo(w) // The client may have gone.
}

// answer has the organization carry out a request if its token is valid and has not reached its limit.
func (s *Server) answer(w *httptest.ResponseRecorder, r *http.Request, recorded *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Context().Err() != nil || s.open.Err() != nil {
		return // The client has gone, or the server ends, while others held the lock.
	}
	if r.URL.Path == basePath+"/access_token" {
		s.exchangeRefreshToken(w, r)
		return
	}
	access, known := s.access(r)
	if !known {
		refuse(w, http.StatusUnauthorized, 0, "The request requires a valid access token set in the Authorization request header.")
		return
	}
	if wait := s.limit(recorded.Token); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		refuse(w, http.StatusTooManyRequests, 0, "Too many requests: wait as long as Retry-After tells.")
		return
	}
	if r.URL.Path != path.Clean(r.URL.Path) {
		refuse(w, http.StatusNotFound, 0, "There is no "+r.URL.Path)
		return
	}
	wanted := wantedOrganization(r)
	if o := match(r); o != nil && !slices.Contains(o.query, "orgId") && (wanted == "" || s.config.lenient) {
		wanted = cmp.Or(s.organizationOfID(o.ids(r.URL)), wanted)
	}
	organization, ok := s.reach(access, wanted)
	if !ok {
		refuse(w, http.StatusForbidden, 0, "The organization "+wanted+" is not managed by the owner of the token.")
		return
	}
	organization.handler.ServeHTTP(w, r.WithContext(withAccess(r.Context(), access)))
	recorded.Applied = recorded.isWrite() && w.Code < http.StatusMultipleChoices
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

// organizationOfID returns the organization of the license or the person that one of the ids names, or "" if there is none.
// Operations that take no orgId are addressed so.
func (s *Server) organizationOfID(ids []string) string {
	for _, id := range ids {
		for _, served := range s.served {
			if served.things.licenses[key(id)] != nil || served.things.people[key(id)] != nil {
				return served.ID
			}
		}
	}
	return ""
}

// home is the id of the organization of the owner of a token.
func (s *Server) home(access Access) string { return cmp.Or(access.OrganizationID, s.state.ID) }

// reach is the organization that a token works in. Owners in that of the server reach its customers too.
func (s *Server) reach(access Access, orgID string) (*served, bool) {
	home := s.home(access)
	wanted := cmp.Or(orgID, home)
	found, ok := s.served[key(wanted)]
	return found, ok && (key(wanted) == key(home) || key(home) == key(s.state.ID))
}
