// Package faults spoils what a service answers, in every way in which services and networks were seen to fail. Tests of the
// client use it, and the organization in memory offers it to tests of users.
package faults

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// Fault stands before a service: it answers in its place, spoils its answer, or breaks the connection.
type Fault func(w http.ResponseWriter, r *http.Request, service http.Handler)

// Answer answers in place of the service. header gives names and values in turn.
func Answer(status int, body string, header ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		if body != "" {
			w.Header().Set("Content-Type", "application/json")
		}
		for i := 0; i+1 < len(header); i += 2 {
			w.Header()[http.CanonicalHeaderKey(header[i])] = []string{header[i+1]}
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// HTML answers a page as a proxy would.
func HTML(status int) Fault {
	const page = "<html><head><title>Gateway</title></head><body>Please come back later.</body></html>"
	return Answer(status, page, "Content-Type", "text/html")
}

// Done lets the service do its work and then answers by the fault instead.
func Done(fault Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		answerOf(r, service)
		fault(w, r, service)
	}
}

// Change lets the service answer and changes what it answered.
func Change(change func(r *http.Request, answer *httptest.ResponseRecorder)) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		answer := answerOf(r, service)
		change(r, answer)
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = answer.Body.WriteTo(w)
	}
}

// Body changes the body that the service answered.
func Body(change func([]byte) []byte) Fault {
	return Change(func(_ *http.Request, answer *httptest.ResponseRecorder) {
		answer.Header().Del("Content-Length")
		answer.Body = bytes.NewBuffer(change(answer.Body.Bytes()))
	})
}

// Header sets a header beside what the service answers. value is told the request.
func Header(name string, value func(*http.Request) string) Fault {
	return Change(func(r *http.Request, answer *httptest.ResponseRecorder) { answer.Header().Set(name, value(r)) })
}

// Gzip answers packed what the service answered, and lets spoil change the packed bytes.
func Gzip(spoil func([]byte) []byte) Fault {
	return Change(func(_ *http.Request, answer *httptest.ResponseRecorder) {
		var packed bytes.Buffer
		writer := gzip.NewWriter(&packed)
		_, _ = answer.Body.WriteTo(writer)
		_ = writer.Close()
		answer.Header().Del("Content-Length")
		answer.Header().Set("Content-Encoding", "gzip")
		answer.Body = bytes.NewBuffer(spoil(packed.Bytes()))
	})
}

// Informational answers a status below 200 before the service answers.
func Informational(status int) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		w.WriteHeader(status)
		service.ServeHTTP(w, r)
	}
}

// Redirect answers with the address that target makes out of the request.
func Redirect(status int, target func(*http.Request) string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Location", target(r))
		w.WriteHeader(status)
	}
}

// Slow keeps the request for a time before the service sees it.
func Slow(wait time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		Pause(r, wait)
		service.ServeHTTP(w, r)
	}
}

// SlowBody makes a pause in the middle of the body.
func SlowBody(wait time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		answer := answerOf(r, service)
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		half := answer.Body.Len() / 2
		_, _ = w.Write(answer.Body.Next(half))
		_ = http.NewResponseController(w).Flush()
		Pause(r, wait)
		_, _ = answer.Body.WriteTo(w)
	}
}

// forever is longer than any client waits.
const forever = 1000 * time.Hour

// Stalled never answers. The request ends when the client goes.
func Stalled() Fault { return Slow(forever) }

// StalledBody sends half of the answer and then nothing.
func StalledBody() Fault { return SlowBody(forever) }

// Pause waits. If the request ends before, because the client has gone or the server ends, it panics with [http.ErrAbortHandler],
// and the connection is closed.
func Pause(r *http.Request, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-timer.C:
	}
}

// Huge answers a JSON text of so many bytes.
func Huge(size int64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		writeSpaces(w, size)
	}
}

// HugeGzip answers the same packed, so that few bytes come over the wire.
func HugeGzip(size int64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		writeSpaces(packed, size)
		_ = packed.Close()
	}
}

func writeSpaces(w io.Writer, size int64) {
	block := bytes.Repeat([]byte(" "), 1<<16)
	for size > 0 {
		n, err := w.Write(block[:min(size, int64(len(block)))])
		if err != nil {
			return // The client went.
		}
		size -= int64(n)
	}
	_, _ = io.WriteString(w, "{}")
}

// Closed closes the connection without an answer.
func Closed() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { _ = hijack(w).Close() }
}

// Reset closes the connection without an answer, as a machine does that knows nothing of it.
func Reset() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { reset(hijack(w)) }
}

// Garbage answers what is no HTTP.
func Garbage() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		conn := hijack(w)
		_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n")
		_ = conn.Close()
	}
}

// Truncated closes the connection in the middle of the body.
func Truncated() Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		_ = sendHalf(w, r, service).Close()
	}
}

// ResetBody resets the connection in the middle of the body.
func ResetBody() Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		reset(sendHalf(w, r, service))
	}
}

// ShortLength tells a length that is less than that of the body.
func ShortLength() Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		answer := answerOf(r, service)
		conn := hijack(w)
		writeAnswer(conn, answer, answer.Body.Len()/2, answer.Body.Len())
		_ = conn.Close()
	}
}

func sendHalf(w http.ResponseWriter, r *http.Request, service http.Handler) net.Conn {
	answer := answerOf(r, service)
	conn := hijack(w)
	writeAnswer(conn, answer, answer.Body.Len(), answer.Body.Len()/2)
	return conn
}

// writeAnswer writes an answer that tells one length and has another.
func writeAnswer(conn net.Conn, answer *httptest.ResponseRecorder, told, sent int) {
	out := bufio.NewWriter(conn)
	_, _ = fmt.Fprintf(out, "HTTP/1.1 %d %s\r\n", answer.Code, http.StatusText(answer.Code))
	answer.Header().Set("Content-Length", strconv.Itoa(told))
	answer.Header().Set("Connection", "close")
	_ = answer.Header().Write(out)
	_, _ = io.WriteString(out, "\r\n")
	_, _ = out.Write(answer.Body.Bytes()[:sent])
	_ = out.Flush()
}

// answerOf lets the service answer a request.
func answerOf(r *http.Request, service http.Handler) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, r)
	return answer
}

// hijack takes the connection from the server. One that does not give it, as HTTP/2, is made to break it off.
func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return conn
}

// reset closes a connection so that the other side sees a reset, where the network knows one.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
