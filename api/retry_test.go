package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// inBubble runs a test with a client of a handler, in time that passes by itself.
func inBubble(t *testing.T, handler http.Handler, test func(t *testing.T, client *api.Client), options ...api.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		url, dial := servePipe(t, handler)
		client := faultCase{options: options}.client(t, url, dial)
		defer client.CloseIdleConnections()
		test(t, client)
	})
}

// script answers by one fault after the other, then always by the last. nil is the service itself.
func script(answers ...faults.Fault) http.Handler {
	var count atomic.Int64
	service := reply(200, `{"items":[{"id":"L1"}]}`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer := answers[min(int(count.Add(1)), len(answers))-1]
		if answer == nil {
			service(w, r)
			return
		}
		answer(w, r, service)
	})
}

// The wait is what the service asks for, up to a bound, and otherwise our own.
func TestWaits(t *testing.T) {
	for _, test := range []struct {
		name, retryAfter string
		status           int
		from, to         time.Duration
	}{
		{"seconds", "7", 429, 7 * time.Second, 7 * time.Second},
		{"spaces", " 7 ", 429, 7 * time.Second, 7 * time.Second},
		{"decimals", "1.5", 429, 1500 * time.Millisecond, 1500 * time.Millisecond},
		{"date", "Sat, 01 Jan 2000 00:00:21 GMT", 429, 21 * time.Second, 21 * time.Second},
		{"of 503", "9", 503, 9 * time.Second, 9 * time.Second},
		{"of 423", "8", 423, 8 * time.Second, 8 * time.Second},
		{"above the bound", "3600", 429, time.Minute, time.Minute},
		{"far above", "1e300", 429, time.Minute, time.Minute},
		{"a date above the bound", "Sat, 01 Jan 2050 00:00:00 GMT", 429, time.Minute, time.Minute},
		{"zero", "0", 429, 1, time.Second},
		{"negative", "-1", 429, 1, time.Second},
		{"a date before", "Sat, 01 Jan 1999 00:00:00 GMT", 429, 1, time.Second},
		{"wild", "rand(30),add(30)", 429, 1, time.Second},
		{"empty", "", 429, 1, time.Second},
		{"none of 503", "", 503, 1, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			handler := script(faults.Answer(test.status, "", "Retry-After", test.retryAfter), nil)
			inBubble(t, handler, func(t *testing.T, client *api.Client) {
				start := time.Now()
				_, err := client.Licenses.List(t.Context())
				require.NoError(t, err)
				waited := time.Since(start)
				assert.GreaterOrEqual(t, waited, test.from)
				assert.LessOrEqual(t, waited, test.to)
			})
		})
	}
}

// Without Retry-After the longest possible wait doubles; the wait itself is any part of it.
func TestOwnWaitsGrow(t *testing.T) {
	longest := make([]time.Duration, 4)
	shortest := []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}
	for range 300 {
		inBubble(t, script(faults.Answer(503, "")), func(t *testing.T, client *api.Client) {
			_, err := client.Licenses.List(t.Context())
			var failed *api.Error
			require.ErrorAs(t, err, &failed)
			require.Len(t, failed.Tries, 5)
			for i, try := range failed.Tries[1:] {
				longest[i] = max(longest[i], try.Wait)
				shortest[i] = min(shortest[i], try.Wait)
			}
		})
	}
	for i := range longest {
		bound := time.Second << i
		assert.LessOrEqual(t, longest[i], bound)
		assert.Greater(t, longest[i], bound*9/10, "300 random waits should come near the bound")
		assert.Less(t, shortest[i], bound/10, "300 random waits should come near zero")
	}
}

func TestOwnWaitsAreBounded(t *testing.T) {
	inBubble(t, script(faults.Answer(503, "")), func(t *testing.T, client *api.Client) {
		_, err := client.Licenses.List(t.Context())
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		require.ErrorContains(t, err, "(100 tries)")
		for _, try := range failed.Tries {
			assert.LessOrEqual(t, try.Wait, 3*time.Second)
		}
	}, api.WithRetryPolicy(api.RetryPolicy{Tries: 100, MaxWait: 3 * time.Second}))
}

// 429 is repeated for a time, however often; other failures are counted.
func TestRefusalsAreBoundedByTime(t *testing.T) {
	flood := script(faults.Answer(429, "", "Retry-After", "10"))
	inBubble(t, flood, func(t *testing.T, client *api.Client) {
		start := time.Now()
		_, err := client.Licenses.List(t.Context())
		require.ErrorIs(t, err, api.ErrTooManyRequests)
		assert.Equal(t, 5*time.Minute, time.Since(start))
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		assert.Len(t, failed.Tries, 31)
		assert.ErrorContains(t, err, "(31 tries)")
	})
	mixed := script(
		faults.Answer(429, "", "Retry-After", "1"), faults.Answer(503, ""), faults.Answer(429, "", "Retry-After", "1"),
		faults.Answer(503, ""), faults.Answer(429, "", "Retry-After", "1"), faults.Answer(503, ""), nil)
	inBubble(t, mixed, func(t *testing.T, client *api.Client) {
		_, err := client.Licenses.List(t.Context())
		require.ErrorIs(t, err, api.ErrServer)
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		assert.Len(t, failed.Tries, 6)
	}, api.WithRetryPolicy(api.RetryPolicy{Tries: 3}))
}

func TestRetryOfOneCall(t *testing.T) {
	refusing, failing := faults.Answer(429, "", "Retry-After", "1"), faults.Answer(503, "")
	for name, test := range map[string]struct {
		policy api.RetryPolicy
		fault  faults.Fault
		tries  int
	}{
		"not at all":               {api.NoRetry, failing, 1},
		"not when refused":         {api.NoRetry, refusing, 1},
		"twice":                    {api.RetryPolicy{Tries: 2}, failing, 2},
		"for ten seconds":          {api.RetryPolicy{MaxRefused: 10 * time.Second}, refusing, 11},
		"as all must wait":         {api.RetryPolicy{MaxWait: 1, MaxRefused: 2 * time.Second}, refusing, 3},
		"as the client":            {api.RetryPolicy{}, failing, 4},
		"with what makes no sense": {api.RetryPolicy{Tries: -1, MaxWait: -1}, failing, 4},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, script(test.fault), func(t *testing.T, client *api.Client) {
				_, err := client.Licenses.List(api.WithRetry(t.Context(), test.policy))
				var failed *api.Error
				require.ErrorAs(t, err, &failed)
				assert.Len(t, failed.Tries, test.tries)
			}, api.WithRetryPolicy(api.RetryPolicy{Tries: 4}))
		})
	}
}

// A server that asks for almost no wait does not get a request in every moment.
func TestRefusalsHaveALeastWait(t *testing.T) {
	second := time.Second
	for _, test := range []struct {
		name, retryAfter string
		policy           api.RetryPolicy
		waits            []time.Duration
	}{
		{"almost none", "1e-9", api.RetryPolicy{}, []time.Duration{
			second / 10, second / 5, second * 2 / 5, second * 4 / 5, second, second, second,
		}},
		{"half a second", "0.5", api.RetryPolicy{}, []time.Duration{
			second / 2, second / 2, second / 2, second * 4 / 5, second, second, second,
		}},
		{"two seconds", "2", api.RetryPolicy{}, []time.Duration{2 * second, 2 * second, 2 * second, 2 * second, 2 * second}},
		{"a short MaxWait", "1e-9", api.RetryPolicy{MaxWait: second / 4}, []time.Duration{
			second / 10, second / 5, second / 4, second / 4, second / 4, second / 4,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, script(faults.Answer(429, "", "Retry-After", test.retryAfter)), func(t *testing.T, client *api.Client) {
				ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
				defer cancel()
				_, err := client.Licenses.List(ctx)
				var failed *api.Error
				require.ErrorAs(t, err, &failed)
				for i, wait := range test.waits {
					assert.Equal(t, wait, failed.Tries[i+1].Wait, "wait %d", i+1)
				}
			}, api.WithRetryPolicy(test.policy))
		})
	}
	inBubble(t, script(faults.Answer(429, "")), func(t *testing.T, client *api.Client) {
		_, err := client.Licenses.List(api.WithRetry(t.Context(), api.RetryPolicy{MaxRefused: 10 * time.Second}))
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		for i, least := range []time.Duration{second / 10, second / 5} { // The next wait may be too long for the policy.
			if i+1 < len(failed.Tries) {
				assert.GreaterOrEqual(t, failed.Tries[i+1].Wait, least, "wait %d is random", i+1)
			}
		}
	})
}

// The error of a call that was sent many times has the first and the last tries, and the number of all.
func TestTriesOfAnErrorAreBounded(t *testing.T) {
	flood := faults.Answer(429, "", "Retry-After", "1")
	inBubble(t, script(flood), func(t *testing.T, client *api.Client) {
		_, err := client.Licenses.List(t.Context())
		require.ErrorContains(t, err, "(1001 tries)")
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		var numbers []int
		for _, try := range failed.Tries {
			numbers = append(numbers, try.Number)
		}
		var want []int
		for i := 1; i <= 16; i++ {
			want = append(want, i)
		}
		for i := 986; i <= 1001; i++ {
			want = append(want, i)
		}
		assert.Equal(t, want, numbers)
	}, api.WithRetryPolicy(api.RetryPolicy{MaxWait: time.Millisecond, MaxRefused: time.Second}))
}

// Tries that the error does not have count all the same.
func TestAllTriesCount(t *testing.T) {
	refused := slices.Repeat([]faults.Fault{faults.Answer(429, "", "Retry-After", "1")}, 20)
	failing, gone := faults.Answer(503, ""), faults.Answer(404, "")
	answers := func(parts ...[]faults.Fault) http.Handler { return script(slices.Concat(parts...)...) }
	policy := api.WithRetryPolicy(api.RetryPolicy{Tries: 3, MaxWait: time.Millisecond, MaxRefused: time.Minute})

	deleting := answers(refused, []faults.Fault{failing}, refused, refused, []faults.Fault{gone})
	inBubble(t, deleting, func(t *testing.T, client *api.Client) {
		require.NoError(t, client.Devices.Delete(t.Context(), "D1"), "the try that was answered 503 may have deleted it")
	}, policy)

	reading := answers(refused, []faults.Fault{failing, failing}, refused, refused, []faults.Fault{failing, nil})
	inBubble(t, reading, func(t *testing.T, client *api.Client) {
		_, err := client.Licenses.List(t.Context())
		require.ErrorIs(t, err, api.ErrServer, "the third failure is the last one")
		require.ErrorContains(t, err, "(63 tries)")
	}, policy)

	var lines bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	inBubble(t, answers(refused, refused, []faults.Fault{nil}), func(t *testing.T, client *api.Client) {
		_, err := client.Licenses.List(t.Context())
		require.NoError(t, err)
	}, policy, api.WithLogger(logger))
	assert.Contains(t, lines.String(), "waited=40ms tries=41")
}

// The waits of the other calls depend on the policy of the client. The policy of the refused call has no effect on them.
func TestThePolicyOfACallConcernsNoOther(t *testing.T) {
	for name, retryAfter := range map[string]string{"asked for": "0.1", "random": ""} {
		t.Run(name, func(t *testing.T) {
			shortest := time.Hour
			for range 20 {
				inBubble(t, script(faults.Answer(429, "", "Retry-After", retryAfter), nil), func(t *testing.T, client *api.Client) {
					start := time.Now()
					hasty := api.WithRetry(t.Context(), api.RetryPolicy{MaxWait: time.Microsecond, MaxRefused: -1})
					_, err := client.Licenses.List(hasty)
					require.ErrorIs(t, err, api.ErrTooManyRequests)
					_, err = client.Licenses.List(t.Context())
					require.NoError(t, err)
					shortest = min(shortest, time.Since(start))
				})
			}
			assert.GreaterOrEqual(t, shortest, 100*time.Millisecond)
		})
	}
}

// A wait that the context would not outlast is not begun.
func TestACallEndsAtOnceWhenItsContextIsTooShort(t *testing.T) {
	for name, test := range map[string]struct {
		fault  faults.Fault
		status int
		is     error
	}{
		"429":   {faults.Answer(429, `{"message":"slowly"}`, "Retry-After", "30"), 429, api.ErrTooManyRequests},
		"503":   {faults.Answer(503, "", "Retry-After", "30"), 503, api.ErrServer},
		"reset": {faults.Reset(), 0, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, script(test.fault), func(t *testing.T, client *api.Client) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond+10*time.Second)
				defer cancel()
				if name == "reset" { // The wait is our own, at most a second.
					ctx, cancel = context.WithTimeout(t.Context(), time.Nanosecond)
					defer cancel()
				}
				start := time.Now()
				_, err := client.Licenses.List(ctx)
				assert.Less(t, time.Since(start), time.Millisecond)
				require.ErrorIs(t, err, test.is)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorContains(t, err, "the context ends before")
				var failed *api.Error
				require.ErrorAs(t, err, &failed)
				assert.Equal(t, test.status, failed.StatusCode)
				assert.Len(t, failed.Tries, 1)
			})
		})
	}
}

func TestACallEndsWhenItIsCanceledWhileItWaits(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"429": faults.Answer(429, "", "Retry-After", "30"), "reset": faults.Reset(),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, script(fault), func(t *testing.T, client *api.Client) {
				ctx, cancel := context.WithCancel(t.Context())
				var err error
				go func() { _, err = client.Licenses.List(ctx) }()
				synctest.Wait()
				cancel()
				synctest.Wait()
				require.ErrorIs(t, err, context.Canceled)
				var failed *api.Error
				require.ErrorAs(t, err, &failed)
				assert.Len(t, failed.Tries, 1)
				if name == "429" {
					require.ErrorIs(t, err, api.ErrTooManyRequests)
				}
			})
		})
	}
}

// What is gone after a try that may have deleted it was deleted; what is gone after a refusal was not there.
func TestADeleteThatIsRepeated(t *testing.T) {
	gone := faults.Answer(404, `{"message":"no such device"}`)
	for name, test := range map[string]struct {
		first faults.Fault
		is    error
	}{
		"after 503":         {faults.Answer(503, ""), nil},
		"after a reset":     {faults.Reset(), nil},
		"after a cut body":  {faults.Truncated(), nil},
		"after 429":         {faults.Answer(429, "", "Retry-After", "1"), api.ErrNotFound},
		"after 423":         {faults.Answer(423, "", "Retry-After", "1"), api.ErrNotFound},
		"at the first time": {gone, api.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, script(test.first, gone), func(t *testing.T, client *api.Client) {
				require.ErrorIs(t, client.Devices.Delete(t.Context(), "D1"), test.is)
			})
		})
	}
}

// What came before counts: also before a redirect, and with another token.
func TestTheTriesOfACallCountTogether(t *testing.T) {
	gone := faults.Answer(404, `{"message":"no such device"}`)
	for name, second := range map[string]faults.Fault{
		"a renewed token": faults.Answer(401, ""), "a redirect": faults.Redirect(307, samePlace),
	} {
		inBubble(t, script(faults.Answer(503, ""), second, gone), func(t *testing.T, client *api.Client) {
			require.NoError(t, client.Devices.Delete(t.Context(), "D1"), name)
		}, renewing())
	}
	moving := func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		if r.Header.Get("TrackingId") == "" || rand.IntN(2) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	}
	inBubble(t, script(moving), func(t *testing.T, client *api.Client) {
		_, err := client.Licenses.List(t.Context())
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		failures := 0
		for _, try := range failed.Tries {
			if try.StatusCode == http.StatusServiceUnavailable {
				failures++
			}
		}
		assert.LessOrEqual(t, failures, 5)
	})
}

// The waits of our own grow over failures of all kinds.
func TestWaitsGrowOverAllFailures(t *testing.T) {
	longest := time.Duration(0)
	for range 100 {
		mixed := script(faults.Answer(429, ""), faults.Answer(503, ""), faults.Answer(503, ""), faults.Answer(429, ""), nil)
		inBubble(t, mixed, func(t *testing.T, client *api.Client) {
			start := time.Now()
			_, err := client.Licenses.List(t.Context())
			require.NoError(t, err)
			longest = max(longest, time.Since(start))
		})
	}
	assert.Greater(t, longest, 9*time.Second, "at most 1 + 2 + 4 + 8 seconds")
}

// A panic in the user's code passes through, and leaves no trace in the client.
func TestAPanicLeavesTheGateOpen(t *testing.T) {
	panicking := true
	hooks := api.Hooks{AfterTry: func(context.Context, api.Try) {
		if panicking {
			panic("the hook is broken")
		}
	}}
	inBubble(t, script(nil), func(t *testing.T, client *api.Client) {
		for range 3 {
			assert.Panics(t, func() { _, _ = client.Licenses.List(t.Context()) })
		}
		panicking = false
		_, err := client.Licenses.List(t.Context())
		require.NoError(t, err)
	}, api.WithConcurrency(2), api.WithHooks(hooks))
}

// What surely was not sent is not unknown; what a strange HTTP client may have sent is, and is not repeated.
func TestWhetherAPostWasSent(t *testing.T) {
	dialing := &net.OpError{Op: "dial", Err: errors.New("refused")}
	other := errors.New("broken")
	gives := func(resp *http.Response, err error) http.RoundTripper {
		return roundTripper(func(*http.Request) (*http.Response, error) { return resp, err })
	}
	proxy := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return nil, other }}
	for name, test := range map[string]struct {
		transport http.RoundTripper
		sends     int
		unknown   bool
		is        error
	}{
		"a proxy that cannot be found": {proxy, 5, false, other},
		"no connection":                {gives(nil, dialing), 5, false, dialing},
		"an error without a reason":    {gives(nil, other), 1, true, other},
		"neither answer nor error":     {gives(nil, nil), 1, true, nil},
		"an answer without a body":     {gives(&http.Response{StatusCode: http.StatusOK}, nil), 1, true, api.ErrBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, "http://127.0.0.1:1", api.WithHTTPClient(&http.Client{Transport: test.transport}),
				api.WithRetryPolicy(api.RetryPolicy{MaxWait: time.Millisecond}))
			_, err := client.Devices.CreateActivationCode(t.Context(), api.ActivationCodeRequest{PersonID: "P1"})
			var failed *api.Error
			require.ErrorAs(t, err, &failed)
			assert.Len(t, failed.Tries, test.sends)
			assert.Equal(t, test.unknown, errors.Is(err, api.ErrOutcomeUnknown))
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
		})
	}
}

// The text says whose time was up.
func TestWhoseTimeWasUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		url, dial := servePipe(t, script(faults.Stalled()))
		client := faultCase{timeout: 5 * time.Second}.client(t, url, dial, api.WithRetryPolicy(api.NoRetry))
		defer client.CloseIdleConnections()
		_, err := client.Licenses.List(t.Context())
		require.ErrorContains(t, err, "no answer within 5s")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = client.Licenses.List(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotContains(t, err.Error(), "no answer within")
	})
}

// Why a call was not repeated is told beside why it failed.
func TestABrokenAnswerThatIsNotRepeated(t *testing.T) {
	inBubble(t, script(faults.Truncated()), func(t *testing.T, client *api.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 1)
		defer cancel()
		_, err := client.Licenses.List(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "unexpected EOF")
	})
}

// A certificate that is not trusted, a name that does not exist: another try cannot help.
func TestWhatCannotBeMendedIsNotRepeated(t *testing.T) {
	server := httptest.NewTLSServer(reply(200, `{"items":[]}`))
	defer server.Close()
	server.Config.ErrorLog = nil
	untrusted, err := api.NewClient(api.WithToken(token), api.WithBaseURL(server.URL))
	require.NoError(t, err)
	nowhere := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
	}
	for name, client := range map[string]*api.Client{
		"certificate": untrusted, "name": faultCase{}.client(t, "https://webexapis.example", nowhere),
	} {
		_, err = client.Devices.CreateActivationCode(t.Context(), api.ActivationCodeRequest{PersonID: "P1"})
		var failed *api.Error
		require.ErrorAs(t, err, &failed, name)
		assert.Len(t, failed.Tries, 1, name)
		assert.False(t, failed.Tries[0].Sent, name)
		require.NotErrorIs(t, err, api.ErrOutcomeUnknown, name)
	}
	busy := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}
	}
	client := faultCase{}.client(t, "https://webexapis.example", busy, api.WithRetryPolicy(api.RetryPolicy{MaxWait: 1}))
	_, err = client.Licenses.List(t.Context())
	var failed *api.Error
	require.ErrorAs(t, err, &failed)
	assert.Len(t, failed.Tries, 5, "a name service that is busy may come back")
}

// TestNeverTwice sends changes through a service that fails at random. Each carries a number, and the service counts.
func TestNeverTwice(t *testing.T) {
	const changes, workers = 10_000, 32
	var done [changes]atomic.Int32
	carryOut := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var number int
		_, _ = fmt.Sscan(r.URL.Query().Get("number"), &number)
		done[number].Add(1)
		reply(200, `{}`)(w, r)
	})
	failures := []faults.Fault{
		faults.Answer(429, "", "Retry-After", "0.001"), faults.Answer(423, "", "Retry-After", "0.001"), faults.Answer(409, ""),
		faults.Answer(500, ""), faults.Answer(503, ""), faults.Done(faults.Answer(502, "")), faults.Done(faults.Answer(503, "")),
		faults.Done(faults.Answer(504, "")), faults.Done(faults.HTML(200)), faults.Reset(), faults.Closed(),
		faults.Done(faults.Reset()), faults.Done(faults.Closed()), faults.Truncated(), faults.ResetBody(), faults.Garbage(),
		faults.Slow(time.Millisecond), faults.SlowBody(time.Millisecond), faults.Redirect(302, samePlace),
		faults.Done(faults.Stalled()), faults.Answer(401, ""),
	}
	network := &wire{fault: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		if n := rand.IntN(3 * len(failures)); n < len(failures) {
			failures[n](w, r, carryOut)
			return
		}
		carryOut(w, r)
	}}
	server := httptest.NewServer(network)
	defer server.Close()
	network.home = server.Listener.Addr().String()
	dial := func(ctx context.Context, kind, address string) (net.Conn, error) {
		if rand.IntN(20) == 0 {
			return nil, &net.OpError{Op: "dial", Net: kind, Err: errors.New("refused")}
		}
		return (&net.Dialer{}).DialContext(ctx, kind, address)
	}
	client := faultCase{timeout: 50 * time.Millisecond}.client(t, server.URL, network.dial(dial), renewing(),
		api.WithConcurrency(workers), api.WithRetryPolicy(api.RetryPolicy{MaxWait: time.Millisecond}))
	defer client.CloseIdleConnections()

	var succeeded, without, unknown, lied atomic.Int64
	numbers := make(chan int)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for number := range numbers {
				query := map[string][]string{"number": {strconv.Itoa(number)}}
				method := []string{http.MethodPost, http.MethodPatch}[number%2]
				part := []string{"/devices", "/people", "/workspaces", "/locations", "/licenses"}[number%5]
				err := client.Do(t.Context(), method, part, query, map[string]int{"number": number}, nil)
				times := done[number].Load()
				switch {
				case err == nil:
					succeeded.Add(1)
					lied.Add(int64(1 - times))
				case errors.Is(err, api.ErrOutcomeUnknown):
					unknown.Add(1)
				default:
					without.Add(1)
					lied.Add(int64(times))
				}
			}
		})
	}
	for number := range changes {
		numbers <- number
	}
	close(numbers)
	working.Wait()
	for number := range done {
		assert.LessOrEqual(t, done[number].Load(), int32(1), "change %d was carried out more than once", number)
	}
	assert.Zero(t, lied.Load(), "changes that were reported otherwise than they went")
	for name, count := range map[string]*atomic.Int64{"succeeded": &succeeded, "without effect": &without, "unknown": &unknown} {
		assert.Positive(t, count.Load(), name)
	}
	t.Logf("%d changes, %d requests: %d done, %d failed without effect, %d unknown",
		changes, network.received.Load(), succeeded.Load(), without.Load(), unknown.Load())
}
