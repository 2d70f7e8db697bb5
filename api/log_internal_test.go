package api

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// What logging adds to a call is these functions. Without a logger they cost nothing.
func TestLoggingOffAllocatesNothing(t *testing.T) {
	off := callLog{logger: slog.New(slog.DiscardHandler), bodies: true}
	call := &wrappers.Call{Tries: []Try{{StatusCode: http.StatusServiceUnavailable}}}
	req := httptest.NewRequestWithContext(wrappers.WithCall(t.Context(), call), http.MethodGet, "/v1/devices", http.NoBody)
	resp := &http.Response{Body: http.NoBody}
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		off.ended(req, resp, nil)
		off.repeated(req, 1)
		off.limited(req, "devices", 1)
	}))
}
