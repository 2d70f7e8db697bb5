package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

func TestPagesOfOtherOriginsAreRejected(t *testing.T) {
	p := launch(t, "-allowed-hosts", "sim, Other.example")
	port := p.root[strings.LastIndex(p.root, ":"):]
	before := p.expect(t, http.StatusOK, http.MethodGet, "/admin/state", "")
	for _, test := range []struct {
		name   string
		header map[string]string
		ok     bool
	}{
		{"a program", nil, true},
		{"localhost", map[string]string{"Host": "localhost" + port}, true},
		{"localhost below", map[string]string{"Host": "sim.localhost" + port}, true},
		{"IPv6", map[string]string{"Host": "[::1]" + port}, true},
		{"an allowed name", map[string]string{"Host": "SIM" + port}, true},
		{"another allowed name", map[string]string{"Host": "other.example."}, true},
		{"its own page", map[string]string{"Origin": p.root, "Sec-Fetch-Site": "same-origin"}, true},
		{"its own page as localhost", map[string]string{"Host": "localhost" + port, "Origin": "http://localhost" + port}, true},
		{"an address typed in", map[string]string{"Sec-Fetch-Site": "none"}, true},

		{"another name", map[string]string{"Host": "evil.example" + port}, false},
		{"a name that begins alike", map[string]string{"Host": "localhost.evil.example"}, false},
		{"a name that ends alike", map[string]string{"Host": "evillocalhost"}, false},
		{"an address as a name", map[string]string{"Host": "127.0.0.1.evil.example"}, false},
		{"another name, same origin", map[string]string{"Host": "evil.example", "Origin": "http://evil.example"}, false},
		{"another origin", map[string]string{"Origin": "https://evil.example"}, false},
		{"another port", map[string]string{"Origin": "http://127.0.0.1:1"}, false},
		{"no origin", map[string]string{"Origin": "null"}, false},
		{"what is no origin", map[string]string{"Origin": "http://[::1"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, request := range []string{
				"GET /admin/state", "GET /admin/calls", "GET /", "GET /openapi.yaml", "DELETE /admin/faults", "POST /admin/faults",
				"POST /admin/reset", "GET /v1/licenses",
			} {
				method, path, _ := strings.Cut(request, " ")
				status, answer := p.browse(t, method, path, test.header)
				assert.Equal(t, test.ok, status/100 == 2, "%s: %d %s", request, status, answer)
				if !test.ok {
					assert.Equal(t, http.StatusForbidden, status)
					assert.NotContains(t, answer, p.token)
				}
			}
		})
	}
	t.Run("a form of another site", func(t *testing.T) {
		header := map[string]string{"Sec-Fetch-Site": "cross-site"}
		for _, request := range []string{"POST /admin/reset", "POST /admin/faults", "DELETE /admin/faults"} {
			method, path, _ := strings.Cut(request, " ")
			status, _ := p.browse(t, method, path, header)
			assert.Equal(t, http.StatusForbidden, status, request)
		}
	})
	assert.Equal(t, before, p.expect(t, http.StatusOK, http.MethodGet, "/admin/state", ""))
	assert.Equal(t, "[]\n", p.expect(t, http.StatusOK, http.MethodGet, "/admin/faults", ""))
}

// browse sends what a browser sends without asking first: a body of the type text/plain.
func (p *program) browse(t *testing.T, method, path string, header map[string]string) (status int, answer string) {
	t.Helper()
	body := io.Reader(http.NoBody)
	if method == http.MethodPost {
		body = strings.NewReader(`{"kind":"reset","operation":"createDevice"}`)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, p.root+path, body)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+p.token)
	request.Header.Set("Content-Type", "text/plain")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	request.Host = header["Host"]
	response, err := p.client.Do(request)
	require.NoError(t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, string(content)
}

func TestListenHostIsAllowed(t *testing.T) {
	s, err := parse([]string{"-host", "Sim.Example", "-allowed-hosts", "a, B"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, []string{"sim.example", "a", "b"}, s.names())
	s, err = parse(nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1", s.host, "it listens on this machine only")
	assert.False(t, isTrustedHost("", s.names()))
}

func TestLastCalls(t *testing.T) {
	p := launch(t)
	for i := range 5 {
		p.expect(t, http.StatusOK, http.MethodGet, fmt.Sprintf("/v1/devices?start=%d", i), "")
	}
	queries := func(path string) (list []string) {
		var calls []webextest.Call
		require.NoError(t, json.Unmarshal([]byte(p.expect(t, http.StatusOK, http.MethodGet, path, "")), &calls))
		for _, call := range calls {
			list = append(list, call.Query[strings.LastIndex(call.Query, "=")+1:])
		}
		return list
	}
	assert.Equal(t, []string{"0", "1", "2", "3", "4"}, queries("/admin/calls"))
	assert.Equal(t, []string{"3", "4"}, queries("/admin/calls?max=2"))
	assert.Len(t, queries("/admin/calls?max=100"), 5)
	for _, limit := range []string{"0", "-1", "x", "99999999999999999999"} {
		assert.Contains(t, p.expect(t, http.StatusBadRequest, http.MethodGet, "/admin/calls?max="+limit, ""), `max is`)
	}

	large := `{"voicemail":"` + strings.Repeat("x", maxBodyShown) + `"}`
	for range 10 {
		p.expect(t, http.StatusBadRequest, http.MethodPut, features, large)
	}
	answer := p.expect(t, http.StatusOK, http.MethodGet, "/admin/calls", "")
	assert.Equal(t, 7, strings.Count(answer, `"method"`), "the last calls that have less together")
	assert.Contains(t, answer, `xxx…"`, "the beginning of a long body")
}

func TestLargeFaultsAreRejected(t *testing.T) {
	p := launch(t)
	fault := `{"kind":"answer","status":503,"body":"` + strings.Repeat("x", maxFault) + `"}`
	assert.Contains(t, p.expect(t, http.StatusBadRequest, http.MethodPost, "/admin/faults", fault), "too large")
}

// pipes is a listener in memory, so that the time of a bubble goes on while both sides of a connection wait.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   *sync.Once
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours, nil
}

// inBubble serves an organization as the program does, in the time of a bubble.
func inBubble(t *testing.T, test func(t *testing.T, listener pipes, s *webextest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := webextest.New()
		listener := pipes{make(chan net.Conn), make(chan struct{}), &sync.Once{}}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- serve(ctx, listener, newHandler(s.Token, s, nil)) }()
		test(t, listener, s)
		stop()
		require.NoError(t, <-ended)
	})
}

func TestSlowConnectionsAreClosed(t *testing.T) {
	inBubble(t, func(t *testing.T, listener pipes, s *webextest.Server) {
		const slow = 1000
		put := "PUT " + features + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nAuthorization: Bearer "
		beginnings := []string{
			"", "GET /v1/licenses HTTP/1.1\r\nHost: loc", put + "wrong\r\n\r\n{", put + s.Token + "\r\n\r\n{",
			"POST /admin/faults HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
		}
		began := time.Now()
		var closed sync.WaitGroup
		for i := range slow {
			conn, _ := listener.dial(t.Context(), "", "")
			_, err := io.WriteString(conn, beginnings[i%len(beginnings)])
			require.NoError(t, err)
			closed.Go(func() {
				_, err := io.Copy(io.Discard, conn)
				assert.NoError(t, err, "the server closes it")
			})
		}
		synctest.Wait()
		transport := &http.Transport{DialContext: listener.dial}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/v1/licenses", http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+s.Token)
		response, err := (&http.Client{Transport: transport}).Do(request)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode, "others are answered")
		require.NoError(t, response.Body.Close())
		transport.CloseIdleConnections()
		assert.Zero(t, time.Since(began))
		closed.Wait()
		assert.LessOrEqual(t, time.Since(began), readTimeout+time.Second)
	})
}

// What a fault keeps waiting is not ended by the time that a request has.
func TestStalledCallsOutliveTheReadTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, listener pipes, s *webextest.Server) {
		require.NoError(t, s.Inject(webextest.Fault{Kind: webextest.FaultSlow, Delay: webextest.Duration(time.Hour)}))
		for _, body := range []string{"", "{}"} {
			conn, _ := listener.dial(t.Context(), "", "")
			_, err := fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", features, len(body), body)
			require.NoError(t, err)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			assert.Equal(t, http.StatusUnauthorized, response.StatusCode)
			_ = response.Body.Close()
			require.NoError(t, conn.Close())
		}
	})
}
