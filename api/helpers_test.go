package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

const token = "Test-Token.4711"

// request is what a server received.
type request struct {
	method, path, query, contentType, body, authorization string
}

// recorder is a server that notes what it receives and answers as it is told.
type recorder struct {
	url string

	mu       sync.Mutex
	received []request
}

// record starts a recorder. With no handler it responds with 204.
func record(t *testing.T, handler http.HandlerFunc) *recorder {
	t.Helper()
	return recordUnless(t, func(http.ResponseWriter, *http.Request) bool { return false }, handler)
}

// recordUnless starts a recorder of the requests that other does not handle.
func recordUnless(
	t *testing.T, other func(http.ResponseWriter, *http.Request) (handled bool), handler http.HandlerFunc,
) *recorder {
	t.Helper()
	rec := &recorder{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if other(w, r) {
			return
		}
		body, _ := io.ReadAll(r.Body)
		rec.mu.Lock()
		rec.received = append(rec.received, request{
			r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Content-Type"), string(body), r.Header.Get("Authorization"),
		})
		rec.mu.Unlock()
		if handler == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	rec.url = server.URL + "/v1"
	return rec
}

// requests is what was received so far.
func (rec *recorder) requests() []request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return append([]request(nil), rec.received...)
}

// client is a client of the recorder. It repeats nothing: what the transport does is tested elsewhere.
func (rec *recorder) client(t *testing.T, options ...api.Option) *api.Client {
	t.Helper()
	client, err := api.NewClient(append([]api.Option{
		api.WithToken(token), api.WithBaseURL(rec.url), api.WithRetryPolicy(api.NoRetry),
	}, options...)...)
	require.NoError(t, err)
	return client
}

// reply answers with a status and a JSON body.
func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
