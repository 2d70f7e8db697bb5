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
	// Operation is the operationId; empty if the document has none for it.
	Operation string `json:"operation,omitempty"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	// IDs are those in the path, in order.
	IDs   []string `json:"ids,omitempty"`
	Query string   `json:"query,omitempty"`
	Body  string   `json:"body,omitempty"`
	Token string   `json:"token,omitempty"`
	// Fault is the kind of the fault that struck it; empty if none did.
	Fault FaultKind `json:"fault,omitempty"`
	// Status and Answer are what was answered; 0 if a fault took the connection, and until the answer is whole.
	Status int    `json:"status"`
	Answer string `json:"answer,omitempty"`
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

// isWrite tells calls that change something.
func (c Call) isWrite() bool { return c.Method != http.MethodGet && c.Method != http.MethodHead }

// mostCalls is how many calls are kept; of more the first are forgotten.
const mostCalls = 10_000

// Calls are the calls that the server received, at most the last 10,000.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var calls []Call
	for _, call := range s.calls {
		calls = append(calls, *call)
	}
	return calls
}

// Writes are the calls among them that change something.
func (s *Server) Writes() []Call {
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return !c.isWrite() })
}

// ForgetCalls empties the record.
func (s *Server) ForgetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

func (s *Server) record(c *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) >= mostCalls {
		s.calls = slices.Delete(s.calls, 0, len(s.calls)-mostCalls+1)
	}
	s.calls = append(s.calls, c)
}

// Failer is what the assertions need of *testing.T.
type Failer interface {
	Helper()
	Errorf(format string, arguments ...any)
}

// AssertWrites fails the test unless the calls that change something were these, in this order. Each is an operationId, or
// an operationId and a body as in `updateDefaultFeatureAccess {"voicemail":"NO_ACCESS"}`. It answers whether they were.
func (s *Server) AssertWrites(t Failer, want ...string) bool {
	t.Helper()
	var got []string
	for i, c := range s.Writes() {
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
	t.Errorf("the calls that change something differ (- wanted, + received):\n%s", difference(want, got))
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
