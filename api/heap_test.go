package api_test

import (
	"context"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/webex-calling/webex-calling-go/api"
)

// repeatedBody returns a body of 16 MiB that repeats an element.
func repeatedBody(before, element, after string) string {
	const size = 16 << 20
	return before + strings.Repeat(element+",", size/(len(element)+1)) + element + after
}

// keepAll collects a list and keeps what was read.
func keepAll[T any](devices []T, err error) (any, error) { return devices, err }

// The worst bodies take much more memory decoded than as JSON: an empty object of two bytes is a device of 700. The body itself
// is read into memory, which takes up to twice its size on the way.
func TestBodiesTakeLimitedMemory(t *testing.T) {
	for name, test := range map[string]struct {
		before, element, after string
		read                   func(ctx context.Context, client *api.Client) (any, error)
	}{
		"empty devices":   {`{"items":[`, `{}`, `]}`, listDevices},
		"devices with id": {`{"items":[`, `{"id":"1"}`, `]}`, listDevices},
		"bad devices":     {`{"items":[`, `1`, `]}`, listAllDevices},
		"a device with empty tags": {
			`{"items":[{"id":"1","tags":[`, `""`, `]}]}`, listDevices,
		},
		"devices with empty tags": {
			`{"items":[`, `{"id":"1","errorCodes":["","","","","","","","","","","","","","",""]}`, `]}`, listDevices,
		},
		"devices with long texts": {
			`{"items":[`, `{"id":"` + strings.Repeat("x", 5000) + `"}`, `]}`, listDevices,
		},
		"devices that just fit": {
			`{"items":[`, `{"id":"` + strings.Repeat("x", 620) + `"}`, `]}`, listDevices,
		},
		"tags that just fit": {
			`{"id":"1","tags":[`, `"xxxxxxxxxxxx"`, `]}`, getDevice,
		},
		"jobs with empty steps": {
			`{"items":[{"id":"1","jobExecutionStatus":[{"stepExecutionStatuses":[`, `{}`, `]}]}]}`, listJobs,
		},
		"empty licenses":   {`{"items":[`, `{}`, `]}`, listLicenses},
		"empty codes":      {`{"accessCodes":[`, `{}`, `]}`, listCodes},
		"null codes":       {`{"accessCodes":[`, `null`, `]}`, listCodes},
		"empty patterns":   {`{"digitPatterns":[`, `{}`, `]}`, listPatterns},
		"empty entries":    {`{"callingPermissions":[`, `{}`, `]}`, getPermissions},
		"many features":    {`{`, `"":""`, `}`, getFeatures},
		"a device of tags": {`{"id":"1","tags":[`, `""`, `]}`, getDevice},
	} {
		t.Run(name, func(t *testing.T) {
			body := repeatedBody(test.before, test.element, test.after)
			client := record(t, reply(200, body)).client(t)
			var peak atomic.Uint64
			before := liveHeap()
			done, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				for {
					peak.Store(max(peak.Load(), liveHeap()))
					select {
					case <-done:
						return
					default:
					}
				}
			}()
			kept, err := test.read(t.Context(), client)
			peak.Store(max(peak.Load(), liveHeap()))
			close(done)
			<-stopped
			factor := float64(peak.Load()-min(before, peak.Load())) / float64(len(body))
			t.Logf("%.1f times the body, error: %v", factor, err)
			assert.LessOrEqual(t, factor, 4.0)
			runtime.KeepAlive(kept)
		})
	}
}

// liveHeap returns the bytes of the heap that can be reached. What others allocate after the collection does not count: it may be
// garbage already.
func liveHeap() uint64 {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

func listDevices(ctx context.Context, client *api.Client) (any, error) {
	return keepAll(api.Collect(client.Devices.List(ctx, api.ListDevicesParams{})))
}

func listAllDevices(ctx context.Context, client *api.Client) (any, error) {
	return keepAll(api.Collect(client.Devices.List(ctx, api.ListDevicesParams{}), api.SkipBadItems(nil)))
}

func listJobs(ctx context.Context, client *api.Client) (any, error) {
	return keepAll(api.Collect(client.DeviceSettingsJobs.List(ctx)))
}

func listLicenses(ctx context.Context, client *api.Client) (any, error) {
	return keepAll(client.Licenses.List(ctx))
}

func listCodes(ctx context.Context, client *api.Client) (any, error) {
	return client.OutgoingPermissions.Location("L1").AccessCodes.List(ctx)
}

func listPatterns(ctx context.Context, client *api.Client) (any, error) {
	return client.OutgoingPermissions.Location("L1").DigitPatterns.List(ctx)
}

func getPermissions(ctx context.Context, client *api.Client) (any, error) {
	return client.OutgoingPermissions.Location("L1").Get(ctx)
}

func getFeatures(ctx context.Context, client *api.Client) (any, error) {
	return client.FeatureAccess.Default(ctx)
}

func getDevice(ctx context.Context, client *api.Client) (any, error) {
	return client.Devices.Get(ctx, "D1")
}
