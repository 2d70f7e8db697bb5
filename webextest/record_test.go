package webextest_test

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

const largeBody = 8 << 20

// send sends a body to the default feature access and returns the status.
func send(t *testing.T, s *webextest.Server, token string, body io.Reader) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+"/telephony/config/people/settings/permissions", body)
	require.NoError(t, err)
	req.ContentLength = largeBody
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// zeros is a body without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func liveHeap() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

func TestBodiesWithoutValidTokenAreNotKept(t *testing.T) {
	s := webextest.NewServer(t)
	expired := s.NewToken(webextest.Access{Expired: true})
	before := liveHeap()
	const calls = 10
	for i := range calls {
		assert.Equal(t, http.StatusUnauthorized, send(t, s, []string{"", "wrong", expired}[i%3], io.LimitReader(zeros{}, largeBody)))
	}
	assert.Less(t, liveHeap()-before, largeBody)
	require.Len(t, s.Calls(), calls)
	for _, call := range s.Calls() {
		assert.Len(t, call.Body, 4<<10)
		assert.Equal(t, http.StatusUnauthorized, call.Status)
	}
}

func TestRecordHasLimitedSize(t *testing.T) {
	s := webextest.NewServer(t)
	for range 6 {
		assert.Equal(t, http.StatusBadRequest, send(t, s, s.Token, io.LimitReader(zeros{}, largeBody)))
	}
	get(t, s, "/licenses")
	calls, size := s.Calls(), 0
	for _, call := range calls {
		size += len(call.Body) + len(call.Answer)
	}
	assert.LessOrEqual(t, size, 32<<20)
	assert.Len(t, calls, 4, "the oldest are forgotten")
	assert.Contains(t, calls[3].Answer, "Professional")

	s.ForgetCalls()
	send(t, s, s.Token, io.LimitReader(zeros{}, largeBody))
	assert.Len(t, s.Calls(), 1, "there is room again")
}

func TestLargeResponsesDoNotDisplaceWrites(t *testing.T) {
	s := webextest.NewServer(t)
	put(t, s, "/telephony/config/people/settings/permissions", `{"voicemail":"NO_ACCESS"}`)
	large := `{"text":"` + strings.Repeat("x", largeBody-100) + `"}`
	require.NoError(t, s.Inject(webextest.Fault{Kind: webextest.FaultAnswer, Status: 200, Body: large}))
	const reads = 6
	for range reads {
		get(t, s, "/licenses")
	}
	assert.True(t, s.AssertWrites(t, `updateDefaultFeatureAccess {"voicemail":"NO_ACCESS"}`))
	calls := s.Calls()
	require.Len(t, calls, 1+reads)
	assert.Empty(t, calls[1].Answer)
	assert.Equal(t, large, calls[reads].Answer)
}

// AssertWrites compares what was sent, and AssertAppliedWrites what was done.
func TestAssertAppliedWrites(t *testing.T) {
	const path, update = "/telephony/config/people/settings/permissions", "updateDefaultFeatureAccess"
	for _, test := range []struct {
		name    string
		fault   webextest.Fault
		body    string
		applied bool
	}{
		{"accepted", webextest.Fault{Kind: webextest.FaultMissingLink}, `{"voicemail":"NO_ACCESS"}`, true},
		{"rejected", webextest.Fault{Kind: webextest.FaultMissingLink}, `{"voicemail":"SOME"}`, false},
		{"refused by a fault", teapot(503), `{"voicemail":"NO_ACCESS"}`, false},
		{"hidden by a status", webextest.Fault{Kind: webextest.FaultDone, Status: 503}, `{"voicemail":"NO_ACCESS"}`, true},
		{"hidden by a reset", webextest.Fault{Kind: webextest.FaultDoneReset}, `{"voicemail":"NO_ACCESS"}`, true},
		{"reset", webextest.Fault{Kind: webextest.FaultReset}, `{"voicemail":"NO_ACCESS"}`, false},
		{"lost", webextest.Fault{Kind: webextest.FaultLost}, `{"voicemail":"NO_ACCESS"}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := webextest.NewServer(t)
			before := s.State()
			require.NoError(t, s.Inject(test.fault))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+path, strings.NewReader(test.body))
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+s.Token)
			req.Header.Set("Content-Type", "application/json")
			if resp, err := http.DefaultClient.Do(req); err == nil {
				require.NoError(t, resp.Body.Close())
			}
			assert.True(t, s.AssertWrites(t, update))
			assert.True(t, s.AssertWrites(t, update+" "+test.body))
			assert.Equal(t, test.applied, len(webextest.Diff(before, s.State())) > 0)
			if test.applied {
				assert.True(t, s.AssertAppliedWrites(t, update))
				assert.True(t, s.AssertAppliedWrites(t, update+" "+test.body))
			} else {
				assert.True(t, s.AssertAppliedWrites(t))
			}
			var told failer
			assert.False(t, s.AssertAppliedWrites(&told, "deleteDevice"))
			assert.Contains(t, told.told[0], "the calls that changed something differ")
		})
	}
}
