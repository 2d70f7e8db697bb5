package api_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// methodCall is a call of each kind that the transport tells apart, with what it gives when all is well.
type methodCall struct {
	name   string
	method string
	call   func(ctx context.Context, client *api.Client) (result any, err error)
	want   any
	// requests is the number of requests when all is well.
	requests int
}

// once tells whether a call may do something else when it is sent twice.
func (c methodCall) once() bool { return c.method == http.MethodPost || c.method == http.MethodPatch }

var methodCalls = []methodCall{
	{"get", http.MethodGet, func(ctx context.Context, client *api.Client) (any, error) {
		device, err := client.Devices.Get(ctx, "D1")
		return device.DisplayName, err
	}, "Phone", 1},
	{"paged get", http.MethodGet, func(ctx context.Context, client *api.Client) (any, error) {
		devices, err := api.Collect(client.Devices.List(ctx, api.ListDevicesParams{}))
		return len(devices), err
	}, 4, 2},
	{"put", http.MethodPut, func(ctx context.Context, client *api.Client) (any, error) {
		return nil, client.FeatureAccess.UpdateDefault(ctx, api.FeatureAccess{api.FeatureVoicemail: api.NoAccess})
	}, nil, 1},
	{"post", http.MethodPost, func(ctx context.Context, client *api.Client) (any, error) {
		code, err := client.Devices.CreateActivationCode(ctx, api.ActivationCodeRequest{PersonID: "P1"})
		return code.Code, err
	}, "4711", 1},
	{"patch", http.MethodPatch, func(ctx context.Context, client *api.Client) (any, error) {
		device, err := client.Devices.AddTags(ctx, "D1", "lobby")
		return device.DisplayName, err
	}, "Phone", 1},
	{"delete", http.MethodDelete, func(ctx context.Context, client *api.Client) (any, error) {
		return nil, client.Devices.Delete(ctx, "D1")
	}, nil, 1},
}

// wire is a service behind a fault, on a network of its own.
type wire struct {
	fault   faults.Fault
	service http.Handler // Behind the fault; answer if it is nil.
	times   int64        // How often the fault strikes; 0 is always.
	dialing int64        // How many connections cannot be made; below 0 all.

	received atomic.Int64
	done     atomic.Int64
	dialed   atomic.Int64
	deleted  atomic.Bool

	// home is the address of the service; strayed counts the connections to others.
	home    string
	strayed atomic.Int64

	mu     sync.Mutex
	tokens []string
	bodies []string
}

// ServeHTTP lets the fault strike, or answers.
func (f *wire) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	f.tokens = append(f.tokens, r.Header.Get("Authorization"))
	f.bodies = append(f.bodies, string(body))
	f.mu.Unlock()
	service := f.service
	if service == nil {
		service = http.HandlerFunc(f.answer)
	}
	if n := f.received.Add(1); f.fault != nil && (f.times == 0 || n <= f.times) {
		f.fault(w, r, service)
		return
	}
	service.ServeHTTP(w, r)
}

func (f *wire) answer(w http.ResponseWriter, r *http.Request) {
	f.done.Add(1)
	status, body := 200, `{"id":"D1","displayName":"Phone","code":"4711","activationCode":"4711"}`
	switch {
	case r.Method == http.MethodDelete && f.deleted.Swap(true):
		status, body = 404, `{"message":"no such device"}`
	case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/devices"):
		body = `{"items":[{"id":"A` + r.URL.RawQuery + `"},{"id":"B` + r.URL.RawQuery + `"}]}`
		if r.URL.Query().Get("start") == "" {
			w.Header().Set("Link", "<http://"+r.Host+`/v1/devices?start=2>; rel="next"`)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// dial fails as often as the network is told to.
func (f *wire) dial(next dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != f.home {
			f.strayed.Add(1)
		}
		if n := f.dialed.Add(1); f.dialing < 0 || n <= f.dialing {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		return next(ctx, network, address)
	}
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// fault is a row of the table.
type faultCase struct {
	name  string
	fault faults.Fault
	times int64
	// dialing is the number of connections that cannot be made.
	dialing int64
	// timeout bounds each try; a minute if it is 0.
	timeout time.Duration
	options []api.Option
	// repeat is the outcome of calls that may be repeated, once that of the others.
	repeat, once outcome
	// echo tells that the answers repeat the request.
	echo bool
	// by overrides them for a call.
	by map[string]outcome
}

// outcome is what becomes of a call.
type outcome struct {
	// sends is the number of requests received; with atLeast, the least.
	sends   int
	atLeast bool
	// is and isNot are what the error is and is not; without is the call succeeds.
	is    []error
	isNot []error
	// status is that of the error.
	status int
}

var (
	ok1 = outcome{sends: 1}
	ok2 = outcome{sends: 2}
	// unknown is the outcome of what is sent once and may have been carried out.
	unknown = func(status int, is ...error) outcome {
		return outcome{sends: 1, status: status, is: append(is, api.ErrOutcomeUnknown)}
	}
	fails = func(sends, status int, is ...error) outcome {
		return outcome{sends: sends, status: status, is: is, isNot: []error{api.ErrOutcomeUnknown}}
	}
)

var errAny = errors.New("any error")

// always is a row where a status comes every time and is final.
func always(status int, is error) faultCase {
	return faultCase{
		name: strconv.Itoa(status), fault: faults.Answer(status, `{"message":"no"}`),
		repeat: fails(1, status, is), once: fails(1, status, is),
	}
}

// failing is a row where repeating is worth it but does not help.
func failing(name string, fault faults.Fault, status int, is error) faultCase {
	return faultCase{name: name, fault: fault, repeat: fails(tries, status, is), once: unknown(status, is)}
}

// failingBody is a row where the status comes and the body breaks off. What was deleted is known to be gone at the second try.
func failingBody(name string, fault faults.Fault) faultCase {
	row := failing(name, fault, 200, api.ErrBadResponse)
	row.by = map[string]outcome{"delete": ok2}
	return row
}

// once is a row where the first request fails and the next does not.
func once(name string, fault faults.Fault, status int, is error) faultCase {
	return faultCase{name: name, fault: fault, times: 1, repeat: ok2, once: unknown(status, is)}
}

// unreadable is a row where a success cannot be read, and would not be readable the next time.
func unreadable(name string, fault faults.Fault, options ...api.Option) faultCase {
	return faultCase{
		name: name, fault: fault, options: options,
		repeat: fails(1, 200, api.ErrBadResponse), once: unknown(200, api.ErrBadResponse),
	}
}

// refusedOnce is a row where the first request comes too soon.
func refusedOnce(status int, name, retryAfter string) faultCase {
	header := []string{"Retry-After", retryAfter}
	if name == "missing" {
		header = nil
	}
	return faultCase{
		name: strconv.Itoa(status) + " once, Retry-After " + name, fault: faults.Answer(status, `{"message":"wait"}`, header...),
		times: 1, repeat: ok2, once: ok2,
	}
}

// tries is how often a call is sent in the table.
const tries = 3

// elsewhere is where no request may go.
const elsewhere = "http://127.0.0.2:9/v1/devices"

func samePlace(r *http.Request) string { return r.URL.Path + "?" + r.URL.RawQuery }

// moved redirects once.
func moved(status int) faults.Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		if r.URL.Query().Has("moved") {
			service.ServeHTTP(w, r)
			return
		}
		query := r.URL.Query()
		query.Set("moved", "yes")
		faults.Redirect(status, func(r *http.Request) string { return r.URL.Path + "?" + query.Encode() })(w, r, service)
	}
}

// endlessPages is a list that goes on for ever without an item.
func endlessPages() faults.Fault {
	var page atomic.Int64
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/devices") {
			service.ServeHTTP(w, r)
			return
		}
		next := "<http://" + r.Host + "/v1/devices?page=" + strconv.FormatInt(page.Add(1), 10) + `>; rel="next"`
		faults.Answer(200, `{"items":[]}`, "Link", next)(w, r, service)
	}
}

const (
	soon     = 300 * time.Millisecond
	moderate = 20 * time.Millisecond
)

func renewing() api.Option {
	var count atomic.Int64
	return api.WithTokenFunc(func(context.Context, api.Token) (api.Token, error) {
		return api.NewToken(token + strconv.FormatInt(count.Add(1), 10)), nil
	})
}

// faultCases is the table.
func faultCases() []faultCase {
	deadline := context.DeadlineExceeded
	gibibyte := int64(1 << 30)
	small := api.WithMaxBody(1 << 20)
	brief := api.WithRetryPolicy(api.RetryPolicy{MaxWait: 30 * time.Millisecond, MaxRefused: 300 * time.Millisecond})
	return []faultCase{
		{name: "none", repeat: ok1, once: ok1},
		always(400, api.ErrBadRequest),
		always(401, api.ErrUnauthorized),
		always(403, api.ErrForbidden),
		always(404, api.ErrNotFound),
		always(405, api.ErrMethodNotAllowed),
		always(408, errAny),
		always(409, api.ErrConflict),
		always(410, api.ErrGone),
		always(415, errAny),
		always(423, api.ErrLocked),
		always(428, errAny),
		always(501, api.ErrServer),
		{
			name: "500", fault: faults.Answer(500, ""), repeat: fails(1, 500, api.ErrServer), once: unknown(500, api.ErrServer),
		},
		failing("502", faults.HTML(502), 502, api.ErrServer),
		failing("503", faults.Answer(503, ""), 503, api.ErrServer),
		failing("504", faults.Answer(504, ""), 504, api.ErrServer),
		once("502 once", faults.HTML(502), 502, api.ErrServer),
		once("503 once", faults.Answer(503, "", "Retry-After", "1"), 503, api.ErrServer),
		once("504 once", faults.Answer(504, ""), 504, api.ErrServer),
		once("503 once, although it was done", faults.Done(faults.Answer(503, "")), 503, api.ErrServer),
		once("reset once, although it was done", faults.Done(faults.Reset()), 0, errAny),

		refusedOnce(429, "in seconds", "1"),
		refusedOnce(429, "in decimals", "0.5"),
		refusedOnce(429, "as a date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)),
		refusedOnce(429, "in the past", "Thu, 01 Jan 1970 00:00:00 GMT"),
		refusedOnce(429, "in the wild form", "rand(30),add(30)"),
		refusedOnce(429, "empty", ""),
		refusedOnce(429, "missing", ""),
		refusedOnce(429, "without bound", "1e300"),
		refusedOnce(429, "negative", "-5"),
		refusedOnce(423, "in seconds", "2"),
		{
			name: "423 always, Retry-After", fault: faults.Answer(423, "", "Retry-After", "1"),
			repeat: fails(tries, 423, api.ErrLocked), once: fails(tries, 423, api.ErrLocked),
		},
		{
			name: "flood of 429", fault: faults.Answer(429, "", "Retry-After", "1"), options: []api.Option{brief},
			repeat: outcome{sends: 2, atLeast: true, status: 429, is: []error{api.ErrTooManyRequests}},
			once: outcome{
				sends: 2, atLeast: true, status: 429, is: []error{api.ErrTooManyRequests}, isNot: []error{api.ErrOutcomeUnknown},
			},
		},

		{name: "401 once", fault: faults.Answer(401, ""), times: 1, options: []api.Option{renewing()}, repeat: ok2, once: ok2},
		{
			name: "401 always, with other tokens", fault: faults.Answer(401, ""), options: []api.Option{renewing()},
			repeat: fails(2, 401, api.ErrUnauthorized), once: fails(2, 401, api.ErrUnauthorized),
		},

		{name: "connection refused once", dialing: 1, repeat: ok1, once: ok1},
		{
			name: "connection refused", dialing: -1,
			repeat: fails(0, 0, syscall.ECONNREFUSED), once: fails(0, 0, syscall.ECONNREFUSED),
		},
		failing("closed", faults.Closed(), 0, io.EOF),
		failing("reset", faults.Reset(), 0, errAny),
		once("closed once", faults.Closed(), 0, io.EOF),
		once("reset once", faults.Reset(), 0, errAny),
		failing("no HTTP", faults.Garbage(), 0, errAny),
		failingBody("truncated", faults.Truncated()),
		failingBody("reset in the body", faults.ResetBody()),
		once("truncated once", faults.Truncated(), 200, api.ErrBadResponse),
		once("reset in the body once", faults.ResetBody(), 200, api.ErrBadResponse),
		unreadable("length too short", faults.ShortLength()),
		failingBody("bad gzip", faults.Gzip(func([]byte) []byte { return []byte("no gzip at all") })),
		failingBody("cut gzip", faults.Gzip(func(b []byte) []byte { return b[:len(b)/2] })),
		{name: "gzip", fault: faults.Gzip(func(b []byte) []byte { return b }), repeat: ok1, once: ok1},
		unreadable("HTML as JSON", faults.HTML(200)),
		unreadable("cut JSON", faults.Body(func(b []byte) []byte { return b[:len(b)/2] })),
		{
			name: "no content", fault: faults.Answer(204, ""), repeat: ok1, once: unknown(204, api.ErrBadResponse),
			by: map[string]outcome{"get": fails(1, 204, api.ErrBadResponse), "paged get": fails(1, 204, api.ErrBadResponse)},
		},
		unreadable("1 GiB", faults.Huge(gibibyte), small),
		unreadable("1 GiB packed", faults.HugeGzip(gibibyte), small),
		{
			name: "1 GiB of an error", fault: faults.Change(func(_ *http.Request, answer *httptest.ResponseRecorder) {
				answer.Code, answer.Body = 400, bytes.NewBuffer(make([]byte, 1<<24))
			}),
			repeat: fails(1, 400, api.ErrBadRequest), once: fails(1, 400, api.ErrBadRequest),
		},

		{name: "slow header", fault: faults.Slow(moderate), repeat: ok1, once: ok1},
		{name: "slow body", fault: faults.SlowBody(moderate), repeat: ok1, once: ok1},
		{
			name: "stalled", fault: faults.Stalled(), timeout: soon,
			repeat: fails(tries, 0, deadline), once: unknown(0, deadline),
		},
		{
			name: "stalled once", fault: faults.Stalled(), times: 1, timeout: soon,
			repeat: ok2, once: unknown(0, deadline),
		},
		{
			name: "stalled body", fault: faults.StalledBody(), timeout: soon,
			repeat: fails(tries, 200, deadline, api.ErrBadResponse), once: unknown(200, deadline, api.ErrBadResponse),
			by: map[string]outcome{"delete": ok2},
		},

		{name: "103 before the answer", fault: faults.Informational(103), repeat: ok1, once: ok1},
		{
			name: "101", fault: faults.Answer(101, "", "Upgrade", "h2c", "Connection", "Upgrade"),
			repeat: fails(1, 101, errAny), once: unknown(101, errAny),
		},
		{name: "redirect 307", fault: moved(307), repeat: ok2, once: ok2},
		{name: "redirect 308", fault: moved(308), repeat: ok2, once: ok2},
		{
			name: "redirect 302", fault: moved(302), repeat: fails(1, 0, errAny), once: unknown(0, errAny),
			by: map[string]outcome{"get": ok2, "paged get": {sends: 4}},
		},
		{
			name: "redirect without a target", fault: faults.Answer(302, ""),
			repeat: fails(1, 302, errAny), once: unknown(302, errAny),
		},
		{
			name: "redirect 307 elsewhere", fault: faults.Redirect(307, func(*http.Request) string { return elsewhere }),
			repeat: fails(1, 0, errAny), once: fails(1, 0, errAny),
		},
		{
			name: "redirect 302 elsewhere", fault: faults.Redirect(302, func(*http.Request) string { return elsewhere }),
			repeat: fails(1, 0, errAny), once: unknown(0, errAny),
		},
		{name: "endless redirect", fault: faults.Redirect(307, samePlace), repeat: fails(10, 0, errAny), once: fails(10, 0, errAny)},

		{
			name: "endless empty pages", fault: endlessPages(), repeat: ok1, once: ok1,
			by: map[string]outcome{"paged get": fails(1001, 200, api.ErrBadResponse)},
		},
		{
			name: "next link to the same page", repeat: ok1, once: ok1,
			fault: faults.Header("Link", func(r *http.Request) string { return "<http://" + r.Host + r.URL.String() + `>; rel="next"` }),
			by:    map[string]outcome{"paged get": fails(1, 200, api.ErrBadResponse)},
		},
		{
			name: "next link elsewhere", repeat: ok1, once: ok1,
			fault: faults.Header("Link", func(*http.Request) string { return "<" + elsewhere + `>; rel="next"` }),
			by:    map[string]outcome{"paged get": fails(1, 0, errAny)},
		},
	}
}

// outcome is what the table expects of a call.
func (f faultCase) outcome(call methodCall) outcome {
	want, overridden := f.by[call.name]
	switch {
	case overridden:
		return want
	case call.once():
		return f.once
	}
	want = f.repeat
	if len(want.is) == 0 && want.sends > 0 { // All pages of a list have to come.
		want.sends += (call.requests - 1) * f.sendsOfAPage()
	}
	return want
}

// sendsOfAPage is the number of requests of a page behind the first.
func (f faultCase) sendsOfAPage() int {
	if f.times == 0 {
		return f.repeat.sends
	}
	return 1
}

// TestFaults lets every fault strike every kind of call over real connections.
func TestFaults(t *testing.T) {
	var cells, sends atomic.Int64
	for _, row := range faultCases() {
		t.Run(row.name, func(t *testing.T) {
			leaks := goleak.IgnoreCurrent()
			var calls sync.WaitGroup
			for _, call := range methodCalls {
				calls.Go(func() {
					network := &wire{fault: row.fault, times: row.times, dialing: row.dialing}
					checkFault(t, row, call, network)
					cells.Add(1)
					sends.Add(network.received.Load())
				})
			}
			calls.Wait()
			goleak.VerifyNone(t, leaks)
		})
	}
	t.Logf("%d faults × %d calls = %d cells, %d requests", len(faultCases()), len(methodCalls), cells.Load(), sends.Load())
}

// checkFault makes a call over a network and compares what becomes of it.
func checkFault(t *testing.T, row faultCase, call methodCall, network *wire) {
	server := httptest.NewServer(network)
	defer server.Close()
	network.home = server.Listener.Addr().String()
	client := row.client(t, server.URL, network.dial((&net.Dialer{}).DialContext), api.WithRetryPolicy(
		api.RetryPolicy{Tries: tries, MaxWait: 2 * time.Millisecond, MaxRefused: time.Minute}))
	defer client.CloseIdleConnections()

	result, err := call.call(t.Context(), client)

	assert.Zero(t, network.strayed.Load(), "%s: connections to another origin", call.name)
	want := row.outcome(call)
	received := int(network.received.Load())
	if want.atLeast {
		assert.GreaterOrEqual(t, received, want.sends, "%s: requests", call.name)
		assert.Less(t, received, want.sends+20, "%s: requests", call.name)
	} else {
		assert.Equal(t, want.sends, received, "%s: requests", call.name)
	}
	for i, body := range network.bodies {
		assert.Equal(t, network.bodies[0], body, "%s: the body of request %d", call.name, i)
		assert.True(t, strings.HasPrefix(network.tokens[i], "Bearer "+token), "%s: the token of request %d", call.name, i)
	}
	if len(want.is) == 0 {
		assert.NoError(t, err, call.name) //nolint:testifylint // In a goroutine of its own.
		assert.Equal(t, call.want, result, call.name)
		return
	}
	checkFailure(t, call, want, err)
}

// checkFailure compares the error of a call.
func checkFailure(t *testing.T, call methodCall, want outcome, err error) {
	var failed *api.Error
	if !assert.ErrorAs(t, err, &failed, call.name) { //nolint:testifylint // In a goroutine of its own.
		return
	}
	assert.Equal(t, want.status, failed.StatusCode, "%s: %v", call.name, err)
	for _, kind := range want.is {
		assert.True(t, errors.Is(kind, errAny) || errors.Is(err, kind), "%s: it is not %q: %v", call.name, kind, err)
	}
	for _, kind := range want.isNot {
		assert.NotErrorIs(t, err, kind, call.name) //nolint:testifylint // In a goroutine of its own.
	}
	assert.NotContains(t, err.Error(), token, call.name)
	if call.requests == 1 && want.sends > 0 && !want.atLeast {
		assert.Len(t, failed.Tries, want.sends, "%s: tries", call.name)
	}
}

// client is a client on a network.
func (f faultCase) client(t *testing.T, url string, dial dialFunc, options ...api.Option) *api.Client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = dial
	client, err := api.NewClient(append(append([]api.Option{
		api.WithToken(token), api.WithBaseURL(url + "/v1"),
		api.WithHTTPClient(&http.Client{Transport: transport, Timeout: cmp.Or(f.timeout, time.Minute)}),
	}, options...), f.options...)...)
	require.NoError(t, err)
	return client
}

// TestFaultsEndWithTheContext lets every fault strike as it waits in real use, in the time of a bubble: no call goes on
// when its context has ended, and nothing is left behind, or the bubble would not end.
func TestFaultsEndWithTheContext(t *testing.T) {
	const enough = 10 * time.Second
	for _, row := range faultCases() {
		t.Run(row.name, func(t *testing.T) {
			for _, call := range methodCalls {
				synctest.Test(t, func(t *testing.T) {
					network := &wire{fault: row.fault, times: row.times, dialing: row.dialing, home: "127.0.0.1:80"}
					row.timeout = time.Minute
					url, dial := servePipe(t, network)
					client := row.client(t, url, network.dial(dial))
					defer client.CloseIdleConnections()
					ctx, cancel := context.WithTimeout(t.Context(), enough)
					defer cancel()
					start := time.Now()
					_, err := call.call(ctx, client)
					assert.LessOrEqual(t, time.Since(start), enough, call.name)
					assert.Zero(t, network.strayed.Load(), call.name)
					if len(row.outcome(call).is) > 0 && row.times == 0 {
						assert.Error(t, err, call.name)
					}
				})
			}
		})
	}
}

// pipes is a network without machines.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.connections:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.connections <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// servePipe serves without a network, for tests in the time of a bubble.
func servePipe(t *testing.T, handler http.Handler) (url string, dial dialFunc) {
	t.Helper()
	listener := &pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Hour}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	return "http://127.0.0.1", listener.dial
}
