package webextest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// Fault makes calls fail on purpose. It is plain data, so that programs in other languages can inject it too.
type Fault struct {
	// Kind is what goes wrong.
	Kind FaultKind `json:"kind"`

	// Operation restricts the fault to calls of one operation. The default is all.
	Operation Operation `json:"operation,omitempty"`
	// OrganizationID restricts the fault to calls that reach one organization: by orgId or, without it, by the token.
	OrganizationID string `json:"organizationId,omitempty"`
	// ID restricts the fault to calls with this id in their path.
	ID string `json:"id,omitempty"`
	// Token restricts the fault to calls with this token.
	Token string `json:"token,omitempty"`

	// After is the number of these calls that succeed first.
	After int `json:"after,omitempty"`
	// Times is the number of calls that fail then. 0 is all of them.
	Times int `json:"times,omitempty"`
	// Share is the part of these calls that fail, by chance, above 0 and up to 1. 0 is each of them.
	Share float64 `json:"share,omitempty"`

	// Status is the status of the response of the kinds "answer", "done", "html" and "redirect".
	Status int `json:"status,omitempty"`
	// Body is the body of the response of the kinds "answer" and "done".
	Body string `json:"body,omitempty"`
	// Header has header fields of the response of the kinds "answer" and "done", by name.
	Header map[string]string `json:"header,omitempty"`
	// Delay is the delay of the kinds "slow" and "slowBody", in JSON a text such as "1.5s".
	Delay Duration `json:"delay,omitempty"`
	// Target is the address of the kinds "redirect" and "foreignLink".
	Target string `json:"target,omitempty"`
	// Members are the values that the kind "change" puts into the response, by path: {"items.0.type": "hovercraft", "new": null}.
	Members map[string]any `json:"members,omitempty"`
}

// Operation is an operationId of the OpenAPI document, such as [OpCreateDevice].
type Operation string

// FaultKind is a way in which a call goes wrong.
type FaultKind string

// The kinds of faults.
const (
	// FaultAnswer answers with a status in place of the organization; nothing is done.
	FaultAnswer FaultKind = "answer"
	// FaultDone lets the organization do its work, and then answers with a status as if it had not.
	FaultDone FaultKind = "done"
	// FaultLost says that all went well, and does nothing: 204 to PUT and DELETE, 200 with {} to others.
	FaultLost FaultKind = "lost"
	// FaultHTML answers a page, as a proxy does.
	FaultHTML FaultKind = "html"
	// FaultRedirect sends to another address.
	FaultRedirect FaultKind = "redirect"
	// FaultReset breaks the connection before an answer.
	FaultReset FaultKind = "reset"
	// FaultDoneReset lets the organization do its work, and breaks the connection before the answer.
	FaultDoneReset FaultKind = "doneReset"
	// FaultTruncated breaks the connection inside the body of the answer, if it has one.
	FaultTruncated FaultKind = "truncated"
	// FaultGarbage answers what is no HTTP.
	FaultGarbage FaultKind = "garbage"
	// FaultSlow answers later.
	FaultSlow FaultKind = "slow"
	// FaultSlowBody makes a pause inside the answer.
	FaultSlowBody FaultKind = "slowBody"
	// FaultStalled never answers.
	FaultStalled FaultKind = "stalled"
	// FaultStalledBody sends half of the body of the answer, if it has one.
	FaultStalledBody FaultKind = "stalledBody"
	// FaultLoopingLink answers a next link to the same page.
	FaultLoopingLink FaultKind = "loopingLink"
	// FaultForeignLink answers a next link to another machine.
	FaultForeignLink FaultKind = "foreignLink"
	// FaultMissingLink leaves out the next link.
	FaultMissingLink FaultKind = "missingLink"
	// FaultChange puts members into the answer: unknown ones, unknown values, null.
	FaultChange FaultKind = "change"
)

// TooManyRequests is the fault of a call that comes too soon. retryAfter is the header as it is sent; with none there is none.
func TooManyRequests(retryAfter ...string) Fault {
	fault := Fault{Kind: FaultAnswer, Status: http.StatusTooManyRequests, Body: `{"message":"Too many requests"}`}
	if len(retryAfter) > 0 {
		fault.Header = map[string]string{"Retry-After": retryAfter[0]}
	}
	return fault
}

// Duration is a time.Duration that JSON has as a text, such as "1.5s".
type Duration time.Duration

// MarshalText encodes d as in "1.5s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText decodes what time.ParseDuration takes.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// effects are what the kinds do.
var effects = map[FaultKind]func(Fault) faults.Fault{
	FaultAnswer: func(f Fault) faults.Fault { return f.answer() },
	FaultDone:   func(f Fault) faults.Fault { return faults.Done(f.answer()) },
	FaultLost:   func(Fault) faults.Fault { return lost },
	FaultHTML:   func(f Fault) faults.Fault { return faults.HTML(f.Status) },
	FaultRedirect: func(f Fault) faults.Fault {
		return faults.Redirect(f.Status, func(*http.Request) string { return f.Target })
	},
	FaultReset:       func(Fault) faults.Fault { return faults.Reset() },
	FaultDoneReset:   func(Fault) faults.Fault { return faults.Done(faults.Reset()) },
	FaultTruncated:   func(Fault) faults.Fault { return faults.Truncated() },
	FaultGarbage:     func(Fault) faults.Fault { return faults.Garbage() },
	FaultSlow:        func(f Fault) faults.Fault { return faults.Slow(time.Duration(f.Delay)) },
	FaultSlowBody:    func(f Fault) faults.Fault { return faults.SlowBody(time.Duration(f.Delay)) },
	FaultStalled:     func(Fault) faults.Fault { return faults.Stalled() },
	FaultStalledBody: func(Fault) faults.Fault { return faults.StalledBody() },
	FaultLoopingLink: func(Fault) faults.Fault {
		return faults.Header("Link", func(r *http.Request) string { return link(r, nil) })
	},
	FaultForeignLink: func(f Fault) faults.Fault {
		return faults.Header("Link", func(*http.Request) string { return "<" + f.Target + `>; rel="next"` })
	},
	FaultMissingLink: func(Fault) faults.Fault {
		return faults.Change(func(_ *http.Request, answer *httptest.ResponseRecorder) { answer.Header().Del("Link") })
	},
	FaultChange: func(f Fault) faults.Fault { return faults.Body(f.change) },
}

func (f Fault) answer() faults.Fault {
	var header []string
	for name, value := range f.Header {
		header = append(header, name, value)
	}
	return faults.Answer(f.Status, f.Body, header...)
}

// lost says that all went well.
func lost(w http.ResponseWriter, r *http.Request, service http.Handler) {
	if r.Method == http.MethodPut || r.Method == http.MethodDelete {
		faults.Answer(http.StatusNoContent, "")(w, r, service)
		return
	}
	faults.Answer(http.StatusOK, "{}")(w, r, service)
}

// change puts the members into a body.
func (f Fault) change(body []byte) []byte {
	var decoded any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&decoded) != nil {
		return body
	}
	for _, path := range slices.Sorted(maps.Keys(f.Members)) { // What lies deeper comes later.
		decoded = put(decoded, strings.Split(path, "."), copyOf(f.Members[path]))
	}
	changed, err := json.Marshal(decoded)
	if err != nil {
		return body
	}
	return changed
}

// put sets what lies at a path, if the way there exists.
func put(into any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	switch into := into.(type) {
	case map[string]any:
		if member, there := into[path[0]]; there || len(path) == 1 {
			into[path[0]] = put(member, path[1:], value)
		}
	case []any:
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i < len(into) {
			into[i] = put(into[i], path[1:], value)
		}
	}
	return into
}

// check returns an error that names the invalid field.
func (f Fault) check() error {
	_, known := effects[f.Kind]
	_, operation := operationIDs()[string(f.Operation)]
	needsStatus := slices.Contains([]FaultKind{FaultAnswer, FaultDone, FaultHTML, FaultRedirect}, f.Kind)
	switch {
	case !known:
		return fmt.Errorf("webextest: Fault.Kind %q is not a kind of fault", f.Kind)
	case f.Operation != "" && !operation:
		return fmt.Errorf("webextest: Fault.Operation %q is not an operation of the OpenAPI document", f.Operation)
	case needsStatus && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("webextest: Fault.Status is %d; it must be from 200 to 599", f.Status)
	case f.After < 0 || f.Times < 0 || f.Delay < 0:
		return errors.New("webextest: Fault.After, Fault.Times and Fault.Delay must not be negative")
	case !(f.Share >= 0 && f.Share <= 1):
		return fmt.Errorf("webextest: Fault.Share is %v; it must be from 0 to 1", f.Share)
	case f.Kind == FaultRedirect && (f.Status < 300 || f.Status > 399):
		return fmt.Errorf("webextest: Fault.Status of a redirect is %d; it must be from 300 to 399", f.Status)
	case (f.Kind == FaultSlow || f.Kind == FaultSlowBody) && f.Delay == 0:
		return fmt.Errorf("webextest: a fault of the kind %q needs Fault.Delay", f.Kind)
	case f.Kind == FaultChange && len(f.Members) == 0:
		return fmt.Errorf("webextest: a fault of the kind %q needs Fault.Members", f.Kind)
	case (f.Kind == FaultForeignLink || f.Kind == FaultRedirect) && f.Target == "":
		return fmt.Errorf("webextest: a fault of the kind %q needs Fault.Target", f.Kind)
	}
	if _, err := json.Marshal(f.Members); err != nil {
		return fmt.Errorf("webextest: Fault.Members: %w", err)
	}
	return nil
}

// ordered is a fault with the number of calls that matched it, and of those that it struck.
type ordered struct {
	Fault
	matched, struck int
}

// Inject adds faults to those that are there. The first fault that matches a call strikes it. If one of the faults is invalid,
// Inject returns an error and adds none of them.
func (s *Server) Inject(list ...Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fault := range list {
		if err := fault.check(); err != nil {
			return err
		}
		if id := fault.OrganizationID; id != "" && s.served[key(id)] == nil {
			return fmt.Errorf("webextest: Fault.OrganizationID %q is not an organization of this server", id)
		}
	}
	for _, fault := range list {
		s.faults = append(s.faults, &ordered{Fault: fault})
	}
	return nil
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// strike returns the fault for a call, or nil. The caller holds the lock.
func (s *Server) strike(c Call) *Fault {
	for _, fault := range s.faults {
		if fault.strikes(c) {
			return &fault.Fault
		}
	}
	return nil
}

func (f *ordered) strikes(c Call) bool {
	named := slices.ContainsFunc(c.IDs, func(id string) bool { return key(id) == key(f.ID) })
	switch {
	case f.Operation != "" && string(f.Operation) != c.Operation, f.ID != "" && !named, f.Token != "" && f.Token != c.Token,
		f.OrganizationID != "" && key(f.OrganizationID) != key(c.OrganizationID):
		return false
	}
	if f.matched++; f.matched <= f.After {
		return false
	}
	if f.Times > 0 && f.struck >= f.Times || f.Share > 0 && rand.Float64() >= f.Share {
		return false
	}
	f.struck++
	return true
}
