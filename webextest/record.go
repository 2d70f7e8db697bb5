package webextest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Call is a call that the server received.
type Call struct {
	Time time.Time `json:"time"`
	// Operation is the operationId, as in string([OpCreateDevice]). It is empty if the document has no operation for the call.
	Operation string `json:"operation,omitempty"`
	// OrganizationID is the organization that the call was for: that of orgId or, without it, that of the token. It is empty if
	// neither names one.
	OrganizationID string `json:"organizationId,omitempty"`
	Method         string `json:"method"`
	Path           string `json:"path"`
	// IDs are those in the path, in order.
	IDs   []string `json:"ids,omitempty"`
	Query string   `json:"query,omitempty"`
	Body  string   `json:"body,omitempty"`
	Token string   `json:"token,omitempty"`
	// Fault is the kind of the fault that struck it; empty if none did.
	Fault FaultKind `json:"fault,omitempty"`
	// Status and Answer are the response. Status is 0 if a fault broke the connection, and until the response is complete.
	Status int    `json:"status"`
	Answer string `json:"answer,omitempty"`
	// Applied reports whether the organization carried out a call that changes something. The response may say otherwise: a fault
	// can hide a change ([FaultDone], [FaultDoneReset]) or claim one ([FaultLost]).
	Applied bool `json:"applied,omitempty"`
}

// String is the call in a line: method, path, query, body and status.
func (c Call) String() string {
	text := c.Method + " " + c.Path
	if c.Query != "" {
		text += "?" + c.Query
	}
	if c.Body != "" {
		text += " " + c.Body
	}
	return fmt.Sprintf("%s -> %d", text, c.Status)
}

// isWrite reports whether a call is to change something. The exchange of a token is not.
func (c Call) isWrite() bool {
	return c.Method != http.MethodGet && c.Method != http.MethodHead && c.Path != basePath+"/access_token"
}

// size is the number of bytes that the record keeps for a call.
func (c Call) size() int {
	return len(c.Path) + len(c.Query) + len(c.Token) + len(c.Body) + len(c.Answer)
}

const (
	maxCalls       = 10_000
	maxRecordBytes = 32 << 20
)

// callRecord has the calls in the order in which they came.
type callRecord struct {
	entries []*entry
	bytes   int
}

// entry is a call in the record, until it is forgotten.
type entry struct {
	Call
	forgotten bool
}

func (r *callRecord) add(c Call) *entry {
	e := &entry{Call: c}
	r.entries = append(r.entries, e)
	r.bytes += c.size()
	r.forget(len(r.entries) - maxCalls)
	r.limit()
	return e
}

func (r *callRecord) complete(e *entry, status int, answer string) {
	e.Status = status
	if e.forgotten {
		return
	}
	e.Answer = answer
	r.bytes += len(answer)
	r.limit()
}

// forget removes the first calls.
func (r *callRecord) forget(count int) {
	for i := range count {
		r.bytes -= r.entries[i].size()
		r.entries[i].forgotten = true
	}
	r.entries = slices.Delete(r.entries, 0, max(0, count))
}

// limit keeps the record below maxRecordBytes. Bodies of responses go first, so that a test still finds all its writes.
func (r *callRecord) limit() {
	for i := 0; r.bytes > maxRecordBytes && i < len(r.entries); i++ {
		r.bytes -= len(r.entries[i].Answer)
		r.entries[i].Answer = ""
	}
	for r.bytes > maxRecordBytes {
		r.forget(1)
	}
}

// record finds the fault for a call, and adds the call to the record.
func (s *Server) record(c Call) (*Fault, *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault := s.strike(c)
	if fault != nil {
		c.Fault = fault.Kind
	}
	return fault, s.calls.add(c)
}

// complete adds the response to a call in the record.
func (s *Server) complete(e *entry, status int, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls.complete(e, status, answer)
}

// Calls returns the calls that the server received: at most the last 10,000, and at most 32 MiB. Above that the oldest calls
// lose their Answer first, and are forgotten then. Of a body that came without a valid token, 4 KiB are kept.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var calls []Call
	for _, e := range s.calls.entries {
		calls = append(calls, e.Call)
	}
	return calls
}

// Writes returns the calls among [Server.Calls] that are to change something, refused ones and repeated ones too.
func (s *Server) Writes() []Call {
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return !c.isWrite() })
}

// ForgetCalls empties the record.
func (s *Server) ForgetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls.forget(len(s.calls.entries))
}

// Failer is what the assertions need of *testing.T.
type Failer interface {
	Helper()
	Errorf(format string, arguments ...any)
}

// AssertWrites fails the test unless the server received these calls that are to change something, in this order. It compares
// every attempt: calls that the organization refused, calls that a fault struck, and repetitions by a client that retries.
// [Server.AssertAppliedWrites] compares only the changes that were made.
//
// Each call is an operationId, or an operationId and a body as in `updateDefaultFeatureAccess {"voicemail":"NO_ACCESS"}`.
// AssertWrites reports whether the calls were these.
func (s *Server) AssertWrites(t Failer, want ...string) bool {
	t.Helper()
	return assertCalls(t, "the calls that change something", s.Writes(), want)
}

// AssertAppliedWrites is [Server.AssertWrites] for the calls that the organization carried out, without those that were refused
// or lost. A call counts if it was carried out but a fault hid that from the client.
func (s *Server) AssertAppliedWrites(t Failer, want ...string) bool {
	t.Helper()
	applied := slices.DeleteFunc(s.Writes(), func(c Call) bool { return !c.Applied })
	return assertCalls(t, "the calls that changed something", applied, want)
}

func assertCalls(t Failer, what string, calls []Call, want []string) bool {
	t.Helper()
	var got []string
	for i, c := range calls {
		text := c.Operation
		whole, at := text+" "+c.Body, ""
		if i < len(want) {
			at = want[i]
		}
		if at != text && (strings.HasPrefix(at, text+" ") || slices.Contains(want, whole)) {
			text = whole
		}
		got = append(got, text)
	}
	if slices.Equal(want, got) {
		return true
	}
	t.Errorf("%s differ (- wanted, + received):\n%s", what, difference(want, got))
	return false
}

// difference shows two lists as one, with what only one of them has marked.
func difference(want, got []string) string {
	var lines strings.Builder
	for len(want) > 0 || len(got) > 0 {
		switch {
		case len(want) > 0 && len(got) > 0 && want[0] == got[0]:
			fmt.Fprintf(&lines, "  %s\n", want[0])
			want, got = want[1:], got[1:]
		case len(want) > 0 && !slices.Contains(got, want[0]):
			fmt.Fprintf(&lines, "- %s\n", want[0])
			want = want[1:]
		case len(got) > 0:
			fmt.Fprintf(&lines, "+ %s\n", got[0])
			got = got[1:]
		default:
			fmt.Fprintf(&lines, "- %s\n", want[0])
			want = want[1:]
		}
	}
	return lines.String()
}
