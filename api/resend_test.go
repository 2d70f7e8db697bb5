package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// TestLostKeptConnections resets a connection that a call before has left open. Package net/http sends a GET again by itself: the
// try counts that. All other methods are left to the client, which knows what may be repeated.
func TestLostKeptConnections(t *testing.T) {
	for _, call := range methodCalls {
		if call.requests > 1 {
			continue
		}
		t.Run(call.name, func(t *testing.T) {
			var received, resets atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if received.Add(1) == 2 {
					resets.Add(1)
					faults.Reset()(w, r, nil)
					return
				}
				(&wire{}).answer(w, r)
			}))
			defer server.Close()
			var tries []api.Try
			client := faultCase{options: []api.Option{
				api.WithHooks(api.Hooks{AfterTry: func(_ context.Context, try api.Try) { tries = append(tries, try) }}),
				api.WithRetryPolicy(api.NoRetry),
			}}.client(t, server.URL, nil)
			defer client.CloseIdleConnections()
			_, err := client.Devices.Get(t.Context(), "D1")
			require.NoError(t, err)

			_, err = call.call(t.Context(), client)

			require.Len(t, tries, 2)
			assert.Equal(t, 1, tries[0].Connections)
			assert.EqualValues(t, 1, resets.Load())
			if call.method == http.MethodGet {
				require.NoError(t, err)
				assert.Equal(t, 2, tries[1].Connections)
				assert.EqualValues(t, 3, received.Load())
				return
			}
			require.Error(t, err)
			assert.Equal(t, call.once(), errors.Is(err, api.ErrOutcomeUnknown))
			assert.Equal(t, 1, tries[1].Connections)
			assert.EqualValues(t, 2, received.Load())
		})
	}
}
