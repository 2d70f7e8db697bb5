//go:build load

package api_test

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

const (
	loadWorkers = 1000
	loadCalls   = 100_000
	loadSamples = 10
	// allowed is the number of connections that a client opens at most: ten times those of WithConcurrency.
	allowed = 10 * 10
	// growth is what the heap may grow after the first fifth of the calls, in bytes: chance moves it.
	growth = 4 << 20
)

// load is what became of the calls.
type load struct {
	calls, failed, repeated, opened atomic.Int64

	heap [loadSamples]uint64 // Each is measured by one goroutine.
}

// TestLoad makes 100,000 calls with one client by 1,000 goroutines, each for a person of its own, while a few calls go wrong.
func TestLoad(t *testing.T) {
	leaks := goleak.IgnoreCurrent()
	server := webextest.NewServer(t, webextest.WithPeople(loadWorkers), webextest.WithDevices(20))
	require.NoError(t, server.Inject(
		webextest.Fault{Kind: webextest.FaultAnswer, Status: http.StatusServiceUnavailable, Operation: "listLicenses", Share: 0.001},
		webextest.Fault{Kind: webextest.FaultDone, Status: http.StatusBadGateway, Operation: "updatePersonFeatureAccess", Share: 0.001},
	))
	people := server.People()
	var load load
	client := load.client(t, server)
	start := time.Now()
	inParallel(loadWorkers, func(worker int) {
		caller := client
		if worker%2 == 0 {
			caller = client.ForOrganization(server.OrganizationID())
		}
		ctx := load.trace(t.Context())
		for round := range loadCalls / loadWorkers {
			load.count(t, loadCall(ctx, caller, people[worker].ID, round))
		}
	})
	took := time.Since(start)
	t.Logf("%d calls in %v, %.0f a second; %d repeated, %d connections opened, heap %v",
		load.calls.Load(), took, loadCalls/took.Seconds(), load.repeated.Load(), load.opened.Load(), load.heap)

	assert.EqualValues(t, loadCalls, load.calls.Load())
	assert.Zero(t, load.failed.Load(), "calls failed")
	assert.Positive(t, load.repeated.Load(), "no call went wrong")
	assert.LessOrEqual(t, load.opened.Load(), int64(allowed), "connections")
	for _, person := range server.People() {
		require.Equal(t, "NO_ACCESS", person.FeatureAccess["voicemail"], "the last change is in force")
	}
	assert.LessOrEqual(t, load.heap[loadSamples-1], load.heap[loadSamples/5-1]+growth, "the heap grows")
	client.CloseIdleConnections()
	server.Close()
	goleak.VerifyNone(t, leaks)
}

// client is a client as users have it, whose repeated tries are counted.
func (l *load) client(t *testing.T, server *webextest.Server) *api.Client {
	t.Helper()
	client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL), api.WithHooks(api.Hooks{
		AfterTry: func(_ context.Context, try api.Try) {
			if try.Number > 1 {
				l.repeated.Add(1)
			}
		},
	}))
	require.NoError(t, err)
	return client
}

// trace counts the connections that are opened for calls.
func (l *load) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{ConnectStart: func(string, string) { l.opened.Add(1) }})
}

// count notes a call, and at times the heap.
func (l *load) count(t *testing.T, err error) {
	if err != nil && l.failed.Add(1) < 10 { // One is enough to know, and few are enough to understand.
		t.Error(err)
	}
	const each = loadCalls / loadSamples
	if number := l.calls.Add(1); number%each == 0 {
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		l.heap[number/each-1] = memory.HeapAlloc
	}
}

// loadCall is one of the calls in turn, for a person.
func loadCall(ctx context.Context, client *api.Client, person string, round int) error {
	switch round % 5 {
	case 0:
		_, err := client.Licenses.List(ctx)
		return err
	case 1:
		_, err := client.OutgoingPermissions.Person(person).Get(ctx)
		return err
	case 2:
		_, err := client.FeatureAccess.Get(ctx, person)
		return err
	case 3:
		_, err := api.Collect(client.Devices.List(ctx, api.ListDevicesParams{PersonID: person}))
		return err
	}
	level := api.FullAccess
	if round%2 == 1 {
		level = api.NoAccess
	}
	return client.FeatureAccess.Update(ctx, person, api.FeatureAccess{api.FeatureVoicemail: level})
}
