package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/internal/faults"
)

// The token belongs to one origin: neither a redirect nor a next link takes it, or the request, elsewhere.
func TestNothingGoesToAnotherOrigin(t *testing.T) {
	other := record(t, reply(200, `{"items":[]}`))
	redirect := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.url+r.URL.Path, status)
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"redirect 302": redirect(302),
		"redirect 307": redirect(307),
		"redirect 308": redirect(308),
		"next link by another scheme": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "<https://"+r.Host+`/v1/devices?start=1>; rel="next"`)
			_, _ = w.Write([]byte(`{"items":[]}`))
		},
		"next link": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "<"+other.url+`/devices?start=1>; rel="next"`)
			_, _ = w.Write([]byte(`{"items":[]}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec := record(t, handler)
			client := rec.client(t)
			_, err := api.Collect(client.Devices.List(t.Context(), api.ListDevicesParams{}))
			require.ErrorContains(t, err, "not sent to ")
			require.ErrorContains(t, err, "the token is for "+strings.TrimSuffix(rec.url, "/v1")+" only")
			var failed *api.Error
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, "listDevices", failed.Operation)
			if strings.HasPrefix(name, "redirect") {
				err = client.FeatureAccess.UpdateDefault(t.Context(), api.FeatureAccess{api.FeatureVoicemail: api.NoAccess})
				require.Error(t, err)
			}
		})
	}
	assert.Empty(t, other.requests())
}

func TestRedirectsWithinTheOrigin(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			_, _ = w.Write([]byte(`{"items":[{"id":"L1"}]}`))
		case "/v1/licenses":
			http.Redirect(w, r, "/moved", http.StatusFound)
		case "/v1/devices":
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		default:
			http.Redirect(w, r, "/moved", http.StatusSeeOther)
		}
	})
	client := rec.client(t)
	licenses, err := client.Licenses.List(t.Context())
	require.NoError(t, err)
	assert.Len(t, licenses, 1)
	for _, r := range rec.requests() {
		assert.Equal(t, "Bearer "+token, r.authorization)
	}

	// A change must not become a look that says 200.
	err = client.FeatureAccess.UpdateDefault(t.Context(), api.FeatureAccess{api.FeatureVoicemail: api.NoAccess})
	require.ErrorContains(t, err, "turn PUT into GET")

	_, err = api.Collect(client.Devices.List(t.Context(), api.ListDevicesParams{}))
	require.ErrorContains(t, err, "too many redirects")
}

func TestOwnRedirectRuleStaysInForce(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/moved", http.StatusFound) })
	own := errors.New("no redirects here")
	client := rec.client(t, api.WithHTTPClient(&http.Client{
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			assert.Empty(t, req.Header.Get("Authorization"), "the token is seen outside the transport")
			assert.Empty(t, via[0].Header.Get("Authorization"), "the token is seen outside the transport")
			return own
		},
	}))
	_, err := client.Licenses.List(t.Context())
	require.ErrorIs(t, err, own)
}

func TestContextEndsInsideABody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"items":[`))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	afterTheHeader := roundTripper(func(r *http.Request) (*http.Response, error) {
		defer cancel()
		return http.DefaultTransport.RoundTrip(r)
	})
	_, err := rec.client(t, api.WithHTTPClient(&http.Client{Transport: afterTheHeader})).Licenses.List(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, api.ErrBadResponse)
}

func TestABodyWithoutEndIsNotReadToTheEnd(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, _ *http.Request) {
		megabyte := bytes.Repeat([]byte(" "), 1<<20)
		for {
			if _, err := w.Write(megabyte); err != nil {
				return
			}
		}
	})
	_, err := rec.client(t).Licenses.List(t.Context())
	require.ErrorIs(t, err, api.ErrBadResponse)
	require.ErrorContains(t, err, "longer than")
}

// closing counts the bodies that were given out and not closed.
type closing struct {
	io.ReadCloser
	open *int
}

func (c closing) Close() error {
	*c.open--
	return c.ReadCloser.Close()
}

func TestBodiesAreClosed(t *testing.T) {
	open := 0
	counting := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			open++
			resp.Body = closing{resp.Body, &open}
		}
		return resp, err
	})}
	for name, handler := range map[string]http.HandlerFunc{
		"success": reply(200, `{"items":[{"id":"D1"}]}`), "error": reply(500, "<html>"), "broken": reply(200, `{"items":`),
		"cut":     func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "9") },
		"no JSON": reply(200, "<html>"),
	} {
		client := record(t, handler).client(t, api.WithHTTPClient(counting))
		_, _ = client.Licenses.List(t.Context())
		_ = client.Devices.Delete(t.Context(), "D1")
		for _, err := range client.Devices.List(t.Context(), api.ListDevicesParams{}) {
			_ = err // Only the body matters.
			break
		}
		assert.Zero(t, open, name)
	}
}

func TestAnErrorOfTheConnectionTellsNoQuery(t *testing.T) {
	rec := record(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := listIDs(t.Context(), rec.client(t), api.ListDevicesParams{DisplayName: "private"})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "private")
}

func TestBodyThatEndsEarly(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Header().Set("TrackingId", "T")
		_, _ = w.Write([]byte(`{"items":[]}`))
	})
	_, err := rec.client(t).Licenses.List(t.Context())
	require.ErrorIs(t, err, api.ErrBadResponse)
	var failed *api.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "T", failed.TrackingID)
}

func TestRetryAfter(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"30":                            30 * time.Second,
		"1.5":                           1500 * time.Millisecond,
		"":                              0,
		"0":                             0,
		"-1":                            0,
		"NaN":                           0,
		"rand(30),add(30)":              0,
		"soon":                          0,
		"Thu, 01 Jan 1970 00:00:00 GMT": 0,
	} {
		rec := record(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, err := rec.client(t).Licenses.List(t.Context())
		require.ErrorIs(t, err, api.ErrTooManyRequests)
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, want, failed.RetryAfter, "Retry-After: %s", header)
	}
	for _, header := range []string{"1e300", "Inf", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
		rec := record(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusLocked)
		})
		_, err := rec.client(t).Licenses.List(t.Context())
		require.ErrorIs(t, err, api.ErrLocked)
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		assert.Greater(t, failed.RetryAfter, 59*time.Minute, "Retry-After: %s", header)
	}
}

// A call has one tracking id, over its tries and redirects, and names the program that makes it.
func TestIdentity(t *testing.T) {
	var mu sync.Mutex
	seen := map[string][]http.Header{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		number := r.URL.Query().Get("number")
		seen[number] = append(seen[number], r.Header)
		switch len(seen[number]) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
		default:
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	ids := map[string]bool{}
	inBubble(t, handler, func(t *testing.T, client *api.Client) {
		for _, number := range []string{"1", "2"} {
			err := client.Do(t.Context(), "PUT", "/x", map[string][]string{"number": {number}}, map[string]string{}, nil)
			var failed *api.Error
			require.ErrorAs(t, err, &failed)
			require.Len(t, seen[number], 3)
			for _, header := range seen[number] {
				assert.Equal(t, failed.TrackingID, header.Get("TrackingId"))
				agent := header.Get("User-Agent")
				assert.Regexp(t, `^webex-calling-go/\S+ \(go1\.\S+\) acme-provisioning/1\.4$`, agent)
			}
			ids[failed.TrackingID] = true
		}
	}, api.WithApplication("acme-provisioning/1.4"))
	assert.Len(t, ids, 2)
}

func TestTriesAreTold(t *testing.T) {
	type key struct{}
	var told []string
	hooks := api.Hooks{
		BeforeTry: func(ctx context.Context, try api.Try) context.Context {
			told = append(told, fmt.Sprintf("before %d %s", try.Number, try.Operation))
			return context.WithValue(ctx, key{}, try.Number)
		},
		AfterTry: func(ctx context.Context, try api.Try) {
			told = append(told, fmt.Sprintf("after %v %d %v", ctx.Value(key{}), try.StatusCode, try.Wait+try.Duration))
		},
	}
	slow := func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		faults.Slow(2*time.Second)(w, r, reply(503, ""))
	}
	handler := script(
		faults.Answer(429, "", "Retry-After", "5"), slow, faults.Truncated(), faults.Answer(403, "", "TrackingId", "ANSWER"))
	inBubble(t, handler, func(t *testing.T, client *api.Client) {
		start := time.Now()
		for _, failure := range client.ForOrganization("O1").DeviceSettingsJobs.List(t.Context()) {
			var failed *api.Error
			require.ErrorAs(t, failure, &failed)
			require.Len(t, failed.Tries, 4)
			assert.Equal(t, []int{429, 503, 200, 403}, []int{
				failed.Tries[0].StatusCode, failed.Tries[1].StatusCode, failed.Tries[2].StatusCode, failed.Tries[3].StatusCode,
			})
			assert.Equal(t, api.Try{
				Operation: "listDeviceSettingsJobs", OrganizationID: "O1", Method: "GET", Host: "127.0.0.1",
				Path: "/v1/telephony/config/jobs/devices/callDeviceSettings", Number: 2,
				Start: start.Add(5 * time.Second), Wait: 5 * time.Second,
				Duration: 2 * time.Second, Sent: true, Connections: 1, StatusCode: 503, TrackingID: failed.Tries[0].TrackingID,
			}, failed.Tries[1])
			require.Error(t, failed.Tries[2].Err)
			assert.Equal(t, "ANSWER", failed.Tries[3].TrackingID)
		}
	}, api.WithHooks(hooks))
	assert.Equal(t, []string{
		"before 1 listDeviceSettingsJobs", "after 1 429 0s", "before 2 listDeviceSettingsJobs", "after 2 503 7s",
	}, told[:4])
	assert.Len(t, told, 8)

	// One hook alone will do.
	none := func(context.Context, api.Try) context.Context { return nil }
	for _, alone := range []api.Hooks{{BeforeTry: hooks.BeforeTry}, {AfterTry: hooks.AfterTry}, {BeforeTry: none}} {
		_, err := record(t, reply(200, `{"items":[]}`)).client(t, api.WithHooks(alone)).Licenses.List(t.Context())
		require.NoError(t, err)
	}
}
