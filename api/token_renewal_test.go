package api_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

func TestRenewalUsesTheRetryPolicyOfTheClient(t *testing.T) {
	service := &tokenService{refresh: "refresh-0"}
	exchanges := 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/access_token" {
			if exchanges++; exchanges == 1 {
				time.Sleep(time.Second)
				faults.Answer(429, "", "Retry-After", "1")(w, r, nil)
				return
			}
		}
		service.ServeHTTP(w, r)
	})
	inBubble(t, handler, func(t *testing.T, client *api.Client) {
		var failed atomic.Int64
		call := func(ctx context.Context) {
			if _, err := client.Licenses.List(ctx); err != nil {
				failed.Add(1)
			}
		}
		go call(api.WithRetry(t.Context(), api.NoRetry))
		synctest.Wait() // This call has started the renewal.
		inParallel(20, func(int) { call(t.Context()) })
		synctest.Wait()
		assert.Zero(t, failed.Load(), "calls that failed")
		assert.Equal(t, 2, exchanges)
	}, api.WithRefreshToken("C1", "S1", "refresh-0", keep))
}
