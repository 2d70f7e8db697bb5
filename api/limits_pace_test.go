package api_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// Refusals in a row, of which some come after the wait, say nothing about the pace that the server allows.
func TestABurstOfRefusalsDoesNotSetThePace(t *testing.T) {
	t.Run("most arrive together", func(t *testing.T) { checkBurst(t, 8*time.Millisecond-time.Microsecond) }) // Eight or nine.
	t.Run("one by one", func(t *testing.T) { checkBurst(t, 0) })
}

// checkBurst has a server refuse ten calls after the first hundred, each after a time.
func checkBurst(t *testing.T, after time.Duration) {
	t.Helper()
	const calls, workers, accepted, refusals = 300, 10, 100, 10
	var received, late atomic.Int64
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := received.Add(1); n > accepted && n <= accepted+refusals {
			if time.Now().Second() > 0 {
				late.Add(1)
			}
			time.Sleep(after)
			faults.Answer(429, "", "Retry-After", "1")(w, r, nil)
			return
		}
		time.Sleep(10 * time.Millisecond)
		reply(200, `{"items":[]}`)(w, r)
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		start := time.Now()
		inParallel(workers, func(worker int) {
			time.Sleep(time.Duration(worker) * time.Millisecond)
			for range calls / workers {
				_, err := client.Licenses.List(t.Context())
				assert.NoError(t, err)
			}
		})
		t.Logf("%v, %d refused after the first wait", time.Since(start), late.Load())
		assert.LessOrEqual(t, time.Since(start), 5*time.Second)
		assert.Positive(t, late.Load(), "without such refusals the test proves nothing")
	})
}

// The first call after a wait may hang. It does not keep the others out for as long as it may take.
func TestAHangingProbe(t *testing.T) {
	var count atomic.Int64
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch count.Add(1) {
		case 1:
			faults.Answer(429, "", "Retry-After", "1")(w, r, nil)
		case 2:
			faults.Stalled()(w, r, nil)
		default:
			reply(200, `{"items":[]}`)(w, r)
		}
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		hanging, cancel := context.WithCancel(t.Context())
		start := time.Now()
		go func() { _, _ = client.Licenses.List(hanging) }()
		synctest.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		inParallel(50, func(int) {
			_, err := client.Licenses.List(t.Context())
			assert.NoError(t, err)
		})
		assert.Equal(t, 11*time.Second, time.Since(start))
		cancel()
		synctest.Wait()
	})
}

// The refusal of a call that was sent before the last wait prolongs the wait, and does not begin anew.
func TestALateRefusal(t *testing.T) {
	var start time.Time
	var count atomic.Int64
	at := map[time.Duration]int{}
	var mu sync.Mutex
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		at[time.Since(start)]++
		mu.Unlock()
		switch count.Add(1) {
		case 1:
			time.Sleep(4500 * time.Millisecond)
			faults.Answer(429, "", "Retry-After", "2")(w, r, nil)
		case 2:
			faults.Answer(429, "", "Retry-After", "1")(w, r, nil)
		default:
			time.Sleep(time.Second)
			reply(200, `{"items":[]}`)(w, r)
		}
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		start = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for range 100 {
			go func() { _, _ = client.Licenses.List(ctx) }()
			synctest.Wait()
		}
		time.Sleep(7 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		// Behind the first wait 1, 2, 3 and 4 calls, while the late one is under way. At 4.5 s it is refused for two seconds,
		// after which as many pass as before.
		assert.Equal(t, map[time.Duration]int{
			0: 2, time.Second: 1, 2 * time.Second: 2, 3 * time.Second: 4, 4 * time.Second: 4, 6500 * time.Millisecond: 5,
		}, at)
		cancel()
		synctest.Wait()
		time.Sleep(10 * time.Second)
	}, api.WithConcurrency(5))
}

// The first pace is a little below the measured one, so that it is not refused at once.
func TestTheFirstPace(t *testing.T) {
	var mu sync.Mutex
	var start time.Time
	var refused []time.Time
	answers, later := 0, 0
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		passed := time.Since(start)
		mu.Lock()
		refuse := passed >= time.Second && len(refused) == 0 || passed >= 4*time.Second && len(refused) == 1
		switch {
		case refuse:
			refused = append(refused, time.Now())
		case len(refused) == 1:
			answers++
		case passed >= 8*time.Second && passed < 10*time.Second:
			later++
		}
		mu.Unlock()
		if refuse {
			faults.Answer(429, "", "Retry-After", "1")(w, r, nil)
			return
		}
		time.Sleep(20 * time.Millisecond)
		reply(200, `{"items":[]}`)(w, r)
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		start = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		inParallel(64, func(int) {
			for ctx.Err() == nil {
				_, _ = client.Licenses.List(ctx)
			}
		})
		time.Sleep(time.Second) // The server is done with the last calls.
		mu.Lock()
		defer mu.Unlock()
		measured := float64(answers) / refused[1].Sub(refused[0]).Seconds()
		share := float64(later) / 2 / measured
		t.Logf("%.1f a second measured, %.3f of that kept", measured, share)
		assert.Greater(t, share, 0.97)
		assert.Less(t, share, 0.995)
	})
}
