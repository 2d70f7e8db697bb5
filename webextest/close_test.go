package webextest_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// closeWhileCalled closes a server while a client waits for a response, and returns the error that the client gets. The server
// is closed when the call is in the record or, if there is a body, when the server has asked for the body.
func closeWhileCalled(t *testing.T, s *webextest.Server, body io.Reader) error {
	t.Helper()
	arrived := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(arrived) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, s.URL+"/telephony/config/people/settings/permissions", body)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+s.Token)
	if body != nil {
		req.Header.Set("Expect", "100-continue")
	} else {
		req.Method = http.MethodGet
	}
	failed := make(chan error, 1)
	go func() {
		resp, err := (&http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Hour}}).Do(req)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		failed <- err
	}()
	if body != nil {
		<-arrived
	} else {
		require.Eventually(t, func() bool { return len(s.Calls()) == 1 }, time.Minute, time.Millisecond)
	}
	closed := make(chan struct{})
	go func() {
		s.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Minute): // Instead of waiting forever.
		require.Fail(t, "Close waits for the client")
	}
	if closer, ok := body.(io.Closer); ok {
		_ = closer.Close() // The client waits for the rest of the body.
	}
	return <-failed
}

func TestCloseDoesNotWaitForClients(t *testing.T) {
	hour := webextest.Duration(time.Hour)
	for name, fault := range map[string]webextest.Fault{
		"stalled":      {Kind: webextest.FaultStalled},
		"stalled body": {Kind: webextest.FaultStalledBody},
		"slow":         {Kind: webextest.FaultSlow, Delay: hour},
		"slow body":    {Kind: webextest.FaultSlowBody, Delay: hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := webextest.Start()
			require.NoError(t, s.Inject(fault))
			require.Error(t, closeWhileCalled(t, s, nil))
		})
	}
	t.Run("latency", func(t *testing.T) {
		s := webextest.Start(webextest.WithLatency(time.Hour))
		require.Error(t, closeWhileCalled(t, s, nil))
		assert.Zero(t, s.Calls()[0].Status, "there was no response")
	})
	t.Run("unfinished body", func(t *testing.T) {
		body, writer := io.Pipe()
		defer writer.Close()
		require.Error(t, closeWhileCalled(t, webextest.Start(), body))
	})
}

// pipes is a listener in memory, so that the time of a bubble goes on while both sides of a connection wait.
type pipes struct{ conns chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
func (p pipes) Close() error   { close(p.conns); return nil }

func (p pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// serveInBubble serves an organization over connections in memory.
func serveInBubble(t *testing.T, s *webextest.Server) pipes {
	t.Helper()
	listener := pipes{make(chan net.Conn)}
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Minute}
	go func() { assert.ErrorIs(t, server.Serve(listener), http.ErrServerClosed) }()
	t.Cleanup(func() { assert.NoError(t, server.Close()) }) // It closes the listener once.
	return listener
}

func TestUnfinishedBodiesHaveADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := webextest.New()
		for _, token := range []string{s.Token, "wrong"} {
			began, conn := time.Now(), serveInBubble(t, s).dial()
			_, err := io.WriteString(conn, "PUT /v1/telephony/config/people/settings/permissions HTTP/1.1\r\nHost: x\r\n"+
				"Content-Type: application/json\r\nContent-Length: 10\r\nAuthorization: Bearer "+token+"\r\n\r\n{")
			require.NoError(t, err)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			assert.Equal(t, http.StatusRequestTimeout, resp.StatusCode)
			assert.Equal(t, 30*time.Second, time.Since(began))
			_, err = io.Copy(io.Discard, conn)
			require.NoError(t, err, "the connection is closed")
			_ = resp.Body.Close()
		}
	})
}

// The deadline of the body does not end what a fault keeps waiting.
func TestStalledCallsOutliveTheDeadlineOfTheirBody(t *testing.T) {
	for _, body := range []string{"", "{}"} {
		synctest.Test(t, func(t *testing.T) {
			s := webextest.New()
			require.NoError(t, s.Inject(webextest.Fault{Kind: webextest.FaultStalled}))
			listener := serveInBubble(t, s)
			transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				return listener.dial(), nil
			}}
			defer transport.CloseIdleConnections()
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://x/v1/licenses", strings.NewReader(body))
			require.NoError(t, err)
			_, err = (&http.Client{Transport: transport}).Do(req) //nolint:bodyclose // There is no response.
			var failed *url.Error
			require.ErrorAs(t, err, &failed)
			assert.ErrorIs(t, failed.Err, context.DeadlineExceeded)
		})
	}
}
