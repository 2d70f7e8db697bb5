package api_test

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// gauge notes how many requests are under way and when they came.
type gauge struct {
	next http.Handler

	mu      sync.Mutex
	under   int
	most    int
	arrived []time.Time
}

func (g *gauge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.under++
	g.most = max(g.most, g.under)
	g.arrived = append(g.arrived, time.Now())
	g.mu.Unlock()
	defer func() { // Also when the client went, and the handler breaks off.
		g.mu.Lock()
		g.under--
		g.mu.Unlock()
	}()
	g.next.ServeHTTP(w, r)
}

func (g *gauge) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.most = 0
}

// slowly answers after a second.
func slowly() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		faults.Slow(time.Second)(w, r, reply(200, `{"items":[{"id":"L1"}]}`))
	})
}

// inParallel makes calls from as many goroutines and waits for them.
func inParallel(count int, call func(number int)) {
	var calls sync.WaitGroup
	for number := range count {
		calls.Go(func() { call(number) })
	}
	calls.Wait()
}

func TestCallsUnderWayAreLimited(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []api.Option
		most    int
		lasts   time.Duration
	}{
		{"ten by default", nil, 10, 4 * time.Second},
		{"as the option tells", []api.Option{api.WithConcurrency(3)}, 3, 14 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			measured := &gauge{next: slowly()}
			inBubble(t, measured, func(t *testing.T, client *api.Client) {
				start := time.Now()
				partner := client.ForOrganization("O1")
				inParallel(40, func(number int) {
					caller := client
					if number%2 == 0 {
						caller = partner
					}
					_, err := caller.Licenses.List(t.Context())
					assert.NoError(t, err)
				})
				assert.Equal(t, test.most, measured.most)
				assert.Equal(t, test.lasts, time.Since(start))
			}, test.options...)
		})
	}
}

// Ten times as many connections are opened as calls are under way to one part of the API.
func TestConnectionsAreLimited(t *testing.T) {
	const limit = 10
	var arrived, opened atomic.Int64
	enough := make(chan struct{})
	rec := record(t, func(w http.ResponseWriter, _ *http.Request) {
		if arrived.Add(1) == limit {
			close(enough)
		}
		<-enough
		w.WriteHeader(http.StatusNoContent)
	})
	client := rec.client(t, api.WithConcurrency(1))
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{ConnectStart: func(string, string) { opened.Add(1) }})
	inParallel(3*limit, func(number int) {
		assert.NoError(t, client.Do(ctx, http.MethodGet, "/part"+strconv.Itoa(number), nil, nil, nil))
	})
	assert.EqualValues(t, limit, opened.Load())

	// However many may be open, they are used again.
	opened.Store(0)
	client = record(t, nil).client(t, api.WithConcurrency(math.MaxInt))
	for range 3 {
		require.NoError(t, client.Do(ctx, http.MethodGet, "/part", nil, nil, nil))
	}
	assert.EqualValues(t, 1, opened.Load())
}

func TestCallsPassInTheirOrder(t *testing.T) {
	var mu sync.Mutex
	var order []string
	inBubble(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		order = append(order, r.URL.Query().Get("number"))
		mu.Unlock()
		slowly().ServeHTTP(w, r)
	}), func(t *testing.T, client *api.Client) {
		for _, number := range []string{"0", "1", "2", "3", "4", "5", "6", "7"} {
			go func() {
				_ = client.Do(t.Context(), "GET", "/licenses", map[string][]string{"number": {number}}, nil, nil)
			}()
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		assert.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "7"}, order)
	}, api.WithConcurrency(1))
}

func TestRate(t *testing.T) {
	measured := &gauge{next: reply(200, `{"items":[]}`)}
	inBubble(t, measured, func(t *testing.T, client *api.Client) {
		inParallel(21, func(int) {
			_, err := client.Licenses.List(t.Context())
			assert.NoError(t, err)
		})
		for i := range measured.arrived[1:] {
			gap := measured.arrived[i+1].Sub(measured.arrived[i])
			assert.InDelta(t, float64(250*time.Millisecond), float64(gap), float64(time.Microsecond))
		}
	}, api.WithRate(4))
}

// A call that is refused keeps all others back, and they start again one by one.
func TestAllWaitWhenOneIsRefused(t *testing.T) {
	refuse := &atomic.Bool{}
	measured := &gauge{next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse.Swap(false) {
			time.Sleep(time.Second / 2) // So that the others are under way.
			faults.Answer(429, "", "Retry-After", "30")(w, r, nil)
			return
		}
		slowly().ServeHTTP(w, r)
	})}
	inBubble(t, measured, func(t *testing.T, client *api.Client) {
		refuse.Store(true)
		start := time.Now()
		inParallel(30, func(int) {
			_, err := client.ForOrganization("O1").Licenses.List(t.Context())
			assert.NoError(t, err)
		})
		var seconds []int
		for _, arrived := range measured.arrived {
			seconds = append(seconds, int(arrived.Sub(start).Seconds()))
		}
		at := map[int]int{}
		for _, second := range seconds {
			at[second]++
		}
		// Ten at first, of which one is refused and nine are answered; behind the wait 1, then 2, then 4, then 8, and the rest.
		assert.Equal(t, map[int]int{0: 10, 30: 1, 31: 2, 32: 4, 33: 8, 34: 6}, at)

		// Another part of the API is not concerned.
		refuse.Store(true)
		go func() { _, _ = client.Licenses.List(t.Context()) }()
		synctest.Wait()
		start = time.Now()
		require.NoError(t, client.Do(t.Context(), "GET", "/telephony/config/people/P1/x", nil, nil, nil))
		assert.Equal(t, time.Second, time.Since(start))
		time.Sleep(time.Minute)

		// Nor are two parts of the telephony configuration, while all of a part are.
		refuse.Store(true)
		go func() { _ = client.Do(t.Context(), "GET", "/telephony/config/people/P1/x", nil, nil, nil) }()
		time.Sleep(time.Second)
		start = time.Now()
		require.NoError(t, client.Do(t.Context(), "GET", "/telephony/config/locations/L1/x", nil, nil, nil))
		assert.Equal(t, time.Second, time.Since(start))
		require.NoError(t, client.Do(t.Context(), "GET", "/telephony/config/people/P2/y", nil, nil, nil))
		assert.Greater(t, time.Since(start), 29*time.Second)
		time.Sleep(time.Minute)
	})
}

func TestWaitingAtTheGateObeysTheContext(t *testing.T) {
	inBubble(t, slowly(), func(t *testing.T, client *api.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = client.Licenses.List(t.Context()) }()
		synctest.Wait()
		var err error
		go func() { _, err = client.Licenses.List(ctx) }()
		synctest.Wait()
		start := time.Now()
		cancel()
		synctest.Wait()
		require.ErrorIs(t, err, context.Canceled)
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		assert.Empty(t, failed.Tries)
		// The place in the queue is free again.
		_, err = client.Licenses.List(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 2*time.Second, time.Since(start))
	}, api.WithConcurrency(1))

	// Who cannot wait for the moment that the service named need not wait for the end of the context.
	inBubble(t, script(faults.Answer(429, "", "Retry-After", "30"), nil), func(t *testing.T, client *api.Client) {
		go func() { _, _ = client.Licenses.List(t.Context()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		start := time.Now()
		require.NoError(t, client.Do(ctx, "GET", "/devices", nil, nil, nil), "another part of the API")
		_, err := client.Licenses.List(ctx)
		require.ErrorIs(t, err, api.ErrTooManyRequests)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "not sent")
		assert.Zero(t, time.Since(start))
		time.Sleep(time.Minute)
	})
}

// floods answers 429 for a time from its start.
type floods struct {
	next       http.Handler
	from, to   time.Duration
	retryAfter string
	begin      time.Time
	mu         sync.Mutex
	refused    int
}

func (f *floods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	if f.begin.IsZero() {
		f.begin = time.Now()
	}
	passed := time.Since(f.begin)
	flooded := passed >= f.from && passed < f.to
	if flooded {
		f.refused++
	}
	f.mu.Unlock()
	if flooded {
		faults.Answer(429, "", "Retry-After", f.retryAfter)(w, r, nil)
		return
	}
	f.next.ServeHTTP(w, r)
}

// After a long time of nothing but refusals the client is back soon.
func TestAFloodIsOvercome(t *testing.T) {
	const over = 21 * time.Minute
	service := &floods{next: reply(200, `{"items":[]}`), from: time.Second, to: over, retryAfter: "30"}
	var after atomic.Int64
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), over+2*time.Minute)
		defer cancel()
		inParallel(64, func(int) {
			for ctx.Err() == nil {
				if _, err := client.Licenses.List(ctx); err == nil && time.Since(start) > over {
					after.Add(1)
				}
				time.Sleep(100 * time.Millisecond)
			}
		})
	})
	assert.Greater(t, service.refused, 30, "it is tried about every 30 seconds")
	assert.Greater(t, after.Load(), int64(500), "calls within the two minutes after")
}

// A limit that becomes a fifth, and then what it was, is followed both ways.
func TestALimitThatChangesIsFollowed(t *testing.T) {
	service := &bucket{limiter: rate.NewLimiter(50, 50)}
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		service.limiter = rate.NewLimiter(50, 50)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var counts []int64
		var changing sync.WaitGroup
		changing.Go(func() {
			for _, limit := range []rate.Limit{50, 10, 50} {
				service.limiter.SetLimit(limit)
				before := service.received.Load() - service.refused.Load()
				time.Sleep(100 * time.Second)
				counts = append(counts, service.received.Load()-service.refused.Load()-before)
			}
			cancel()
		})
		inParallel(64, func(int) {
			for ctx.Err() == nil {
				_ = client.FeatureAccess.Update(ctx, "P1", api.FeatureAccess{api.FeatureVoicemail: api.NoAccess})
				time.Sleep(time.Millisecond)
			}
		})
		changing.Wait()
		for i, limit := range []int64{50, 10, 50} {
			assert.Greater(t, counts[i], limit*100/2, "part %d", i)
		}
		t.Logf("%v answered, %d refused", counts, service.refused.Load())
		assert.Less(t, service.refused.Load(), service.received.Load()*2/100)
	})
}

// Refusals by chance, which say nothing of a limit, slow the calls down, since they look like one, and do not stop them.
func TestRefusalsByChanceDoNotStarve(t *testing.T) {
	var answers atomic.Int64
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		if rand.IntN(50) == 0 {
			faults.Answer(429, "", "Retry-After", "1")(w, r, nil)
			return
		}
		answers.Add(1)
		reply(200, `{"items":[]}`)(w, r)
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var last atomic.Int64
		time.AfterFunc(9*time.Minute, func() { last.Store(-answers.Load()) })
		time.AfterFunc(10*time.Minute-time.Second, func() { last.Add(answers.Load()) })
		inParallel(64, func(int) {
			for ctx.Err() == nil {
				_, _ = client.Licenses.List(ctx)
				time.Sleep(time.Millisecond)
			}
		})
		t.Logf("%d answers in ten minutes, %d in the last", answers.Load(), last.Load())
		assert.Greater(t, last.Load(), int64(59*2))
	})
}

// Whoever is alone sets the pace, not the service: pauses of the program must not slow it down later.
func TestPausesOfTheProgramAreNoPace(t *testing.T) {
	refuse := &atomic.Bool{}
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse.Swap(false) {
			faults.Answer(429, "", "Retry-After", "1")(w, r, nil)
			return
		}
		reply(200, `{"items":[]}`)(w, r)
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		for range 3 {
			refuse.Store(true)
			_, err := client.Licenses.List(t.Context())
			require.NoError(t, err)
			time.Sleep(10 * time.Second)
		}
		start := time.Now()
		for range 50 {
			_, err := client.Licenses.List(t.Context())
			require.NoError(t, err)
		}
		assert.Less(t, time.Since(start), time.Second)
	})
}

// A later refusal may ask for a longer time than the first.
func TestTheLongerWaitCounts(t *testing.T) {
	var count atomic.Int64
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch count.Add(1) {
		case 1:
			time.Sleep(time.Second)
			faults.Answer(429, "", "Retry-After", "5")(w, r, nil)
		case 2:
			time.Sleep(2 * time.Second)
			faults.Answer(429, "", "Retry-After", "30")(w, r, nil)
		default:
			reply(200, `{"items":[]}`)(w, r)
		}
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		start := time.Now()
		inParallel(2, func(int) {
			_, err := client.Licenses.List(t.Context())
			assert.NoError(t, err)
		})
		assert.Equal(t, 32*time.Second, time.Since(start))
	})
}

// A call that hangs since before the refusal does not keep the others out.
func TestACallThatHangsDoesNotShutTheGate(t *testing.T) {
	var count atomic.Int64
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch count.Add(1) {
		case 1:
			faults.Stalled()(w, r, nil)
		case 2:
			faults.Answer(429, "", "Retry-After", "1")(w, r, nil)
		default:
			reply(200, `{"items":[]}`)(w, r)
		}
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		hanging, cancel := context.WithCancel(t.Context())
		go func() { _, _ = client.Licenses.List(hanging) }()
		synctest.Wait()
		start := time.Now()
		_, err := client.Licenses.List(t.Context())
		require.NoError(t, err)
		assert.Equal(t, time.Second, time.Since(start))
		cancel()
		synctest.Wait()
	}, api.WithConcurrency(2))
}

// Who waits in the queue is told as soon as the gate closes for longer than they can wait.
func TestQueuedCallsLearnThatTheyCannotWait(t *testing.T) {
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Second)
		faults.Answer(429, "", "Retry-After", "30")(w, r, nil)
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		first, cancelFirst := context.WithCancel(t.Context())
		go func() { _, _ = client.Licenses.List(first) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		start := time.Now()
		_, err := client.Licenses.List(ctx)
		require.ErrorIs(t, err, api.ErrTooManyRequests)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		cancelFirst()
		synctest.Wait()
	}, api.WithConcurrency(1))
}

// An even rate stays even, whatever the service refuses.
func TestRateHoldsAfterRefusals(t *testing.T) {
	refusals := map[int]bool{3: true, 60: true, 61: true, 150: true}
	var mu sync.Mutex
	var arrived []time.Time
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		arrived = append(arrived, time.Now())
		refused := refusals[len(arrived)]
		mu.Unlock()
		if refused {
			faults.Answer(429, "", "Retry-After", "30")(w, r, nil)
			return
		}
		reply(200, `{"items":[]}`)(w, r)
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		inParallel(300, func(int) {
			_, err := client.Licenses.List(t.Context())
			assert.NoError(t, err)
		})
		for i := range arrived[5:] {
			assert.Greater(t, arrived[i+5].Sub(arrived[i]), time.Second, "six calls in a second, from the call %d", i)
		}
	}, api.WithRate(4))
}

// Calls that end at the moment of their turn, before it, and at the head of the queue leave nothing behind.
func TestCallsThatLeaveTheQueue(t *testing.T) {
	measured := &gauge{next: slowly()}
	inBubble(t, measured, func(t *testing.T, client *api.Client) {
		for range 20 {
			inParallel(12, func(number int) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(number%5)*500*time.Millisecond)
				defer cancel()
				_, _ = client.Licenses.List(ctx)
			})
			time.Sleep(2 * time.Second) // The service is done with those that left.
			measured.forget()
			start := time.Now()
			inParallel(6, func(int) {
				_, err := client.Licenses.List(t.Context())
				assert.NoError(t, err)
			})
			assert.Equal(t, 2*time.Second, time.Since(start), "all three places are free again")
			assert.Equal(t, 3, measured.most)
		}
	}, api.WithConcurrency(3))
}

// bucket refuses calls as the service does.
type bucket struct {
	limiter  *rate.Limiter
	refused  atomic.Int64
	received atomic.Int64
}

const latency = time.Millisecond

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	b.received.Add(1)
	if !b.limiter.Allow() {
		b.refused.Add(1)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	time.Sleep(latency)
	w.WriteHeader(http.StatusNoContent)
}

const (
	limitedCalls   = 5000
	limitedWorkers = 64
	perSecond      = 500
	burst          = 500
	leastTime      = time.Duration(limitedCalls-burst) * time.Second / perSecond
)

// work makes the calls of the limits, by as many goroutines, and answers how long it took.
func work(tb testing.TB, clientOf func(worker int) *api.Client) time.Duration {
	tb.Helper()
	numbers := make(chan int, limitedCalls)
	for number := range limitedCalls {
		numbers <- number
	}
	close(numbers)
	start := time.Now()
	inParallel(limitedWorkers, func(worker int) {
		client := clientOf(worker)
		for range numbers {
			err := client.FeatureAccess.Update(tb.Context(), "P1", api.FeatureAccess{api.FeatureVoicemail: api.NoAccess})
			assert.NoError(tb, err)
		}
	})
	return time.Since(start)
}

// The limits in the time of a bubble: the same as BenchmarkLimits, without the noise of a machine.
func TestLimits(t *testing.T) {
	service := &bucket{limiter: rate.NewLimiter(perSecond, burst)}
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		service.limiter = rate.NewLimiter(perSecond, burst)
		took := work(t, func(int) *api.Client { return client })
		t.Logf("%v, %.3f of the least time; %d refused", took, float64(took)/float64(leastTime), service.refused.Load())
		assert.LessOrEqual(t, took, leastTime*11/10)
		assert.LessOrEqual(t, service.refused.Load(), int64(limitedCalls*2/100))
	})
}

// BenchmarkLimits makes 5,000 updates against a bucket of 500 calls that gains 500 a second. It reports the time as a
// multiple of the least possible, and the part of the calls that were refused: with one client, and with one for each of the
// goroutines, which know nothing of each other.
func BenchmarkLimits(b *testing.B) {
	for _, bench := range []struct {
		name    string
		clients int
	}{{"one gate", 1}, {"no common gate", limitedWorkers}} {
		b.Run(bench.name, func(b *testing.B) {
			var took time.Duration
			var refused int64
			for b.Loop() {
				service := &bucket{limiter: rate.NewLimiter(perSecond, burst)}
				server := httptest.NewServer(service)
				clients := make([]*api.Client, bench.clients)
				for i := range clients {
					clients[i] = newClient(b, server.URL)
				}
				took += work(b, func(worker int) *api.Client { return clients[worker%len(clients)] })
				refused += service.refused.Load()
				for _, client := range clients {
					client.CloseIdleConnections()
				}
				server.Close()
			}
			b.ReportMetric(float64(took)/float64(b.N)/float64(leastTime), "×least-time")
			b.ReportMetric(float64(refused)/float64(b.N)/limitedCalls*100, "%refused")
		})
	}
}

func newClient(tb testing.TB, url string, options ...api.Option) *api.Client {
	tb.Helper()
	client, err := api.NewClient(append([]api.Option{api.WithToken(token), api.WithBaseURL(url + "/v1")}, options...)...)
	require.NoError(tb, err)
	return client
}

// bubbled counts the goroutines in bubbles: others may belong to tests that are over.
func bubbled() int {
	const enough = 1 << 20
	stacks := make([]byte, enough)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "synctest bubble")
}

// A small answer costs no more goroutines, connections and timers, once it is there, than with net/http alone.
func TestACallLeavesNoMoreThanNetHTTP(t *testing.T) {
	atRest := func(call func(t *testing.T, client *http.Client, url string)) (goroutines, connections int) {
		synctest.Test(t, func(t *testing.T) {
			var opened atomic.Int64
			url, dial := servePipe(t, reply(200, `{"items":[]}`))
			transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				opened.Add(1)
				return dial(ctx, network, address)
			}}
			defer transport.CloseIdleConnections()
			synctest.Wait()
			before := bubbled()
			for range 3 {
				call(t, &http.Client{Transport: transport}, url)
			}
			synctest.Wait()
			goroutines, connections = bubbled()-before, int(opened.Load())
			start := time.Now()
			time.Sleep(24 * time.Hour) // A timer that was left would wake somebody.
			synctest.Wait()
			assert.Equal(t, 24*time.Hour, time.Since(start))
		})
		return goroutines, connections
	}
	plainGoroutines, plainConnections := atRest(func(t *testing.T, client *http.Client, url string) {
		t.Helper()
		resp, err := client.Get(url + "/v1/licenses") //nolint:noctx // As plain as can be.
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	})
	goroutines, connections := atRest(func(t *testing.T, client *http.Client, url string) {
		t.Helper()
		_, err := newClient(t, url, api.WithHTTPClient(client)).Licenses.List(t.Context())
		require.NoError(t, err)
	})
	assert.Equal(t, plainGoroutines, goroutines)
	assert.Equal(t, plainConnections, connections)
}
