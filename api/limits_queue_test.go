package api_test

import (
	"context"
	"net/http"
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

// The organizations take turns, and the calls of each pass in the order in which they came.
func TestOrganizationsTakeTurns(t *testing.T) {
	var mu sync.Mutex
	var order []string
	service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		order = append(order, r.URL.Query().Get("orgId")+r.URL.Query().Get("number"))
		mu.Unlock()
		slowly().ServeHTTP(w, r)
	})
	inBubble(t, service, func(t *testing.T, client *api.Client) {
		for number, organization := range []string{"A", "A", "A", "A", "B", "B", "C"} {
			go func() {
				query := map[string][]string{"number": {strconv.Itoa(number)}}
				_ = client.ForOrganization(organization).Do(t.Context(), "GET", "/licenses", query, nil, nil)
			}()
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		assert.Equal(t, []string{"A0", "A1", "B4", "C6", "A2", "B5", "A3"}, order)
	}, api.WithConcurrency(1))
}

// Many calls for one organization do not delay a call for another.
func TestAnOrganizationDoesNotDelayAnother(t *testing.T) {
	inBubble(t, slowly(), func(t *testing.T, client *api.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		busy := client.ForOrganization("A")
		for range 100 {
			go func() { _, _ = busy.Licenses.List(ctx) }()
		}
		synctest.Wait()
		start := time.Now()
		_, err := client.ForOrganization("B").Licenses.List(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 2*time.Second, time.Since(start), "a second for a place, and a second for the response")
		cancel()
		synctest.Wait()
	})
}

// A call whose turn at the rate comes after the end of its context fails at once, at any place in the queue.
func TestRateObeysTheContext(t *testing.T) {
	for _, test := range []struct {
		name    string
		waiting []string // The organizations of the calls before.
		timeout time.Duration
		takes   time.Duration // When the call is sent; 0 if it fails.
	}{
		{"next, too late", []string{"A"}, 900 * time.Millisecond, 0},
		{"next, in time", []string{"A"}, 1100 * time.Millisecond, time.Second},
		{"sixth, too late", []string{"A", "A", "A", "A", "A"}, 4900 * time.Millisecond, 0},
		{"sixth, in time", []string{"A", "A", "A", "A", "A"}, 5100 * time.Millisecond, 5 * time.Second},
		{"behind the turn of another, too late", []string{"B", "B", "B", "B"}, 1900 * time.Millisecond, 0},
		{"behind the turn of another, in time", []string{"B", "B", "B", "B"}, 2100 * time.Millisecond, 2 * time.Second},
		{"among several, too late", []string{"B", "A", "B", "C", "B", "C"}, 3900 * time.Millisecond, 0},
		{"among several, in time", []string{"B", "A", "B", "C", "B", "C"}, 4100 * time.Millisecond, 4 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, reply(200, `{"items":[]}`), func(t *testing.T, client *api.Client) {
				for _, organization := range test.waiting {
					go func() { _, _ = client.ForOrganization(organization).Licenses.List(t.Context()) }()
					synctest.Wait()
				}
				ctx, cancel := context.WithTimeout(t.Context(), test.timeout)
				defer cancel()
				start := time.Now()
				_, err := client.ForOrganization("A").Licenses.List(ctx)
				assert.Equal(t, test.takes, time.Since(start))
				if test.takes > 0 {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.NotErrorIs(t, err, api.ErrTooManyRequests)
					require.ErrorContains(t, err, "not sent, since WithRate allows it at 2000-01-01T00:00:0")
				}
				time.Sleep(10 * time.Second)
			}, api.WithRate(1))
		})
	}
}

// A call of another organization may move a turn behind the end of a context. The call fails when that is certain.
func TestRateObeysTheContextWhenATurnMoves(t *testing.T) {
	inBubble(t, reply(200, `{"items":[]}`), func(t *testing.T, client *api.Client) {
		start := time.Now()
		list := func(ctx context.Context, organization string) {
			_, _ = client.ForOrganization(organization).Licenses.List(ctx)
		}
		for range 2 { // The first is sent at once, the second after a second.
			go list(t.Context(), "A")
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		time.AfterFunc(time.Second/2, func() { list(t.Context(), "B") })
		_, err := client.ForOrganization("A").Licenses.List(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "not sent, since WithRate")
		assert.Equal(t, 2*time.Second, time.Since(start))
	}, api.WithRate(1))
}

// The wait that the server asks for delays the turns of all calls in the queue.
func TestRateObeysTheContextBehindARefusal(t *testing.T) {
	inBubble(t, script(faults.Answer(429, "", "Retry-After", "10"), nil), func(t *testing.T, client *api.Client) {
		for range 3 {
			go func() { _, _ = client.Licenses.List(t.Context()) }()
			synctest.Wait()
		}
		start := time.Now()
		short, cancelShort := context.WithTimeout(t.Context(), 11*time.Second)
		defer cancelShort()
		_, err := client.Licenses.List(short)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, time.Since(start))
		long, cancelLong := context.WithTimeout(t.Context(), 13*time.Second)
		defer cancelLong()
		_, err = client.Licenses.List(long)
		require.NoError(t, err)
		assert.Equal(t, 12*time.Second, time.Since(start))
		time.Sleep(10 * time.Second)
	}, api.WithRate(1))
}

// A hook that calls the part of the API whose call it belongs to would wait for itself.
func TestACallInAHook(t *testing.T) {
	var client *api.Client
	var inside, elsewhere, deeper error
	var kept context.Context
	var calls atomic.Int64
	hooks := api.Hooks{AfterTry: func(ctx context.Context, _ api.Try) {
		switch calls.Add(1) {
		case 1:
			kept = ctx
			_, inside = client.Licenses.List(ctx)
			elsewhere = client.Do(ctx, "GET", "/devices", nil, nil, nil)
		case 2: // The call elsewhere, in the call to licenses.
			_, deeper = client.Licenses.List(ctx)
		}
	}}
	inBubble(t, reply(200, `{"items":[]}`), func(t *testing.T, made *api.Client) {
		client = made
		_, err := client.Licenses.List(t.Context()) //nolint:contextcheck // The hook keeps a context.
		require.NoError(t, err)
		for _, failed := range []error{inside, deeper} {
			require.ErrorContains(t, failed, "in a hook of a call to the same part of the API, /licenses")
			var apiErr *api.Error
			require.ErrorAs(t, failed, &apiErr)
			assert.Empty(t, apiErr.Tries)
		}
		require.NoError(t, elsewhere)

		// When the call has ended, its context is as good as any.
		_, err = client.Licenses.List(kept)
		require.NoError(t, err)
	}, api.WithConcurrency(1), api.WithHooks(hooks))
}
