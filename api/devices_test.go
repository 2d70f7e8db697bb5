package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

func TestMACAddresses(t *testing.T) {
	rec := record(t, reply(200, `{"id":"D1"}`))
	client := rec.client(t)
	for _, mac := range []string{"02005EA1B2C3", "02005ea1b2c3", "02:00:5e:a1:b2:c3", "02-00-5E-A1-B2-C3", "0200.5ea1.b2c3"} {
		request := phone
		request.MAC = mac
		_, err := client.Devices.Create(t.Context(), request)
		require.NoError(t, err)
		requests := rec.requests()
		assert.Contains(t, requests[len(requests)-1].body, `"mac":"02005EA1B2C3"`)
	}
	sent := len(rec.requests())
	for _, mac := range []string{
		"", "02005EA1B2C", "02005EA1B2C34", "02005EA1B2CG", "02 00 5e a1 b2 c3", "０2005EA1B2C3",
		"02005EA1B2C3FF", "--02005EA1B2C3::", "02:00-5e.a1b2c3", "02:00:5e:a1:b2:c3\n",
	} {
		request := phone
		request.MAC = mac
		_, err := client.Devices.Create(t.Context(), request)
		require.ErrorContains(t, err, "MAC", mac)
	}
	assert.Len(t, rec.requests(), sent)
}

func TestOwnersAndModelsAreChecked(t *testing.T) {
	rec := record(t, nil)
	devices := rec.client(t).Devices
	const mac = "02005EA1B2C3"
	for _, owner := range [][2]string{{"", ""}, {"P1", "W1"}} {
		_, err := devices.Create(t.Context(), api.CreateDeviceRequest{MAC: mac, Model: "m", PersonID: owner[0], WorkspaceID: owner[1]})
		require.ErrorContains(t, err, "exactly one of PersonID and WorkspaceID")
		_, err = devices.CreateActivationCode(t.Context(), api.ActivationCodeRequest{PersonID: owner[0], WorkspaceID: owner[1]})
		require.ErrorContains(t, err, "exactly one of PersonID and WorkspaceID")
	}
	_, err := devices.Create(t.Context(), api.CreateDeviceRequest{MAC: mac, PersonID: "P1", Password: "p"})
	require.ErrorContains(t, err, "Model")
	_, err = devices.AddTags(t.Context(), "D1")
	require.ErrorContains(t, err, "tags are empty")
	_, err = devices.ReplaceTags(t.Context(), "D1", "a", "")
	require.ErrorContains(t, err, "tags have an empty one")
	_, err = devices.AddTags(t.Context(), "D1", "a", "")
	require.ErrorContains(t, err, "tags have an empty one")
	assert.Empty(t, rec.requests())
}

// An empty answer to a new device is never an empty device.
func TestAnEmptyAnswerToANewDevice(t *testing.T) {
	for name, test := range map[string]struct {
		list   string
		status int
		id     string
	}{
		"found":             {`{"items":[{"id":"D1","mac":"02:00:5E:A1:B2:C3"}]}`, 200, "D1"},
		"found among some":  {`{"items":[{"id":"D0","mac":"x"},{"id":"D1","mac":"02005ea1b2c3"}]}`, 200, "D1"},
		"another one":       {`{"items":[{"id":"D0","mac":"02005EA1B2C4"}]}`, 200, ""},
		"a stranger's":      {`{"items":[{"id":"D0","mac":"02005EA1B2C3","personId":"P2"}]}`, 200, ""},
		"a workspace's":     {`{"items":[{"id":"D0","mac":"02005EA1B2C3","workspaceId":"W9","personId":null}]}`, 200, ""},
		"of the owner":      {`{"items":[{"id":"D1","mac":"02005EA1B2C3","personId":"p1"}]}`, 200, "D1"},
		"none":              {`{"items":[]}`, 200, ""},
		"looking is failed": {`{}`, 500, ""},
	} {
		for _, empty := range []string{"", "null", "{}", `{"id":null,"mac":"02005EA1B2C3"}`} {
			rec := record(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					_, _ = io.WriteString(w, empty)
					return
				}
				reply(test.status, test.list)(w, r)
			})
			device, err := rec.client(t).Devices.Create(t.Context(), phone)
			if test.id == "" {
				require.ErrorIs(t, err, api.ErrOutcomeUnknown, name)
				assert.Equal(t, test.status == 500, errors.Is(err, api.ErrServer), name)
			} else {
				require.NoError(t, err, name)
			}
			assert.Equal(t, test.id, device.ID, name)
			assert.Equal(t, "mac=02005EA1B2C3", rec.requests()[1].query)
		}
	}
}

// What is secret stays out of errors.
func TestErrorsTellNoSecrets(t *testing.T) {
	client := record(t, reply(500, "<html>")).client(t)
	request := phone
	request.Password = "sip-secret"
	_, err := client.Devices.Create(t.Context(), request)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "sip-secret")
	_, err = record(t, reply(200, `{"code":"4711081547110815","expiryTime":1}`)).client(t).Devices.CreateActivationCode(
		t.Context(), api.ActivationCodeRequest{PersonID: "P1"})
	require.ErrorIs(t, err, api.ErrBadResponse)
	assert.NotContains(t, err.Error(), "4711081547110815")
}

func TestJobRequestsAreChecked(t *testing.T) {
	rec := record(t, nil)
	for want, request := range map[string]api.StartDeviceSettingsJobRequest{
		"nothing to apply":       {},
		"nothing to apply ":      {LocationID: new("O1")},
		"only with a LocationID": {LocationCustomizationsEnabled: new(true), Customizations: customizations},
		"LocationID is empty":    {LocationID: new(""), LocationCustomizationsEnabled: new(false)},
		"nothing to apply  ":     {LocationID: new("O1"), LocationCustomizationsEnabled: new(true)},
		"nothing to apply   ":    {Customizations: &api.DeviceCustomizations{}},
		"Customizations have no meaning": {
			LocationID: new("O1"), LocationCustomizationsEnabled: new(false), Customizations: customizations,
		},
	} {
		_, err := rec.client(t).DeviceSettingsJobs.Start(t.Context(), request)
		require.ErrorContains(t, err, strings.TrimSpace(want))
	}
	assert.Empty(t, rec.requests())

	rec = record(t, reply(200, `{"id":"J1"}`))
	_, err := rec.client(t).DeviceSettingsJobs.Start(t.Context(), api.StartDeviceSettingsJobRequest{
		LocationID: new("O1"), LocationCustomizationsEnabled: new(false),
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"locationCustomizationsEnabled":false,"locationId":"O1"}`, rec.requests()[0].body)
}

// What an answer is there for must be in it.
func TestAnswersThatLackTheirPoint(t *testing.T) {
	client := record(t, reply(200, `{"other":1}`)).client(t)
	ctx := t.Context()
	_, err := client.DeviceSettingsJobs.Start(ctx, api.StartDeviceSettingsJobRequest{Customizations: customizations})
	require.ErrorIs(t, err, api.ErrBadResponse)
	_, err = client.Devices.CreateActivationCode(ctx, api.ActivationCodeRequest{PersonID: "P1"})
	require.ErrorIs(t, err, api.ErrBadResponse)
	_, err = client.OutgoingPermissions.Person("P1").DigitPatterns.Create(ctx,
		api.CreateDigitPatternRequest{Name: "n", Pattern: "1", Action: api.ActionBlock})
	require.ErrorIs(t, err, api.ErrBadResponse)
	_, err = api.Collect(client.Licenses.AssignedUsers(ctx, "L1"))
	require.ErrorIs(t, err, api.ErrBadResponse)
	_, err = client.FeatureAccess.Get(ctx, "P1")
	require.ErrorIs(t, err, api.ErrBadResponse)
	_, err = client.DeviceSettingsJobs.Wait(ctx, "J1", nil)
	require.ErrorIs(t, err, api.ErrBadResponse)
	for _, kind := range entityKinds {
		_, err = kind.of(client, "id1").AccessCodes.List(ctx)
		require.ErrorIs(t, err, api.ErrBadResponse)
	}
	users, err := api.Collect(record(t, reply(200, `{"id":"L1"}`)).client(t).Licenses.AssignedUsers(ctx, "L1"))
	require.NoError(t, err, "a license that nobody holds")
	assert.Empty(t, users)
}

func TestAJobThatCannotStart(t *testing.T) {
	client := record(t, reply(409, `{"message":"running"}`)).client(t)
	_, err := client.DeviceSettingsJobs.Start(t.Context(), api.StartDeviceSettingsJobRequest{Customizations: customizations})
	require.ErrorIs(t, err, api.ErrJobRunning)
	require.ErrorIs(t, err, api.ErrConflict)
	_, err = client.DeviceSettingsJobs.Get(t.Context(), "J1")
	require.NotErrorIs(t, err, api.ErrJobRunning)
	_, err = record(t, reply(403, `{}`)).client(t).DeviceSettingsJobs.Start(t.Context(),
		api.StartDeviceSettingsJobRequest{Customizations: customizations})
	require.NotErrorIs(t, err, api.ErrJobRunning)
}

// waiting is a client whose answers come without a network, so that a bubble's clock can pass.
func waiting(t *testing.T, answer func(poll int) string) *api.Client {
	t.Helper()
	polls := 0
	client, err := api.NewClient(api.WithToken("t"), api.WithHTTPClient(&http.Client{
		Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			polls++
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(answer(polls)))}, nil
		}),
	}))
	require.NoError(t, err)
	return client
}

func TestWaitForAJob(t *testing.T) {
	for end, failed := range map[string]bool{
		`"COMPLETED","latestExecutionExitCode":"COMPLETED"`: false,
		`"COMPLETED"`: false,
		`"COMPLETED","latestExecutionExitCode":"COMPLETED_WITH_ERRORS"`: true,
		`"COMPLETED","latestExecutionExitCode":"STOPPED"`:               true,
		`"FAILED","latestExecutionExitCode":"FAILED"`:                   true,
		`"FAILED"`: true,
		`"COMPLETED","latestExecutionExitCode":"FAILED"`:  true,
		`"COMPLETED","latestExecutionExitCode":"UNKNOWN"`: true,
		`"STOPPED","latestExecutionExitCode":"STOPPED"`:   true,
		`null,"latestExecutionExitCode":"FAILED"`:         true,
		`"STOPPED"`: true,
		`"STOPPED","latestExecutionExitCode":"UNKNOWN"`: true,
		`"ABANDONED"`: true,
		`"ABANDONED","latestExecutionExitCode":"UNKNOWN"`: true,
		`"DONE","latestExecutionExitCode":"COMPLETED"`:    false,
		`null,"latestExecutionExitCode":"COMPLETED"`:      false,
		`"DONE","latestExecutionExitCode":"FAILED"`:       true,
		`"FAILED","latestExecutionExitCode":"COMPLETED"`:  true,
		`"STARTED","latestExecutionExitCode":"STOPPED"`:   true,
	} {
		synctest.Test(t, func(t *testing.T) {
			client := waiting(t, func(poll int) string {
				if poll < 12 {
					return `{"id":"J1","latestExecutionStatus":"STARTED","latestExecutionExitCode":"UNKNOWN"}`
				}
				return `{"id":"J1","latestExecutionStatus":` + end + `}`
			})
			began := time.Now()
			var seen []api.JobStatus
			var gaps []time.Duration
			last := began
			job, err := client.DeviceSettingsJobs.Wait(t.Context(), "J1", func(job api.DeviceSettingsJob) {
				seen = append(seen, job.LatestExecutionStatus)
				gaps = append(gaps, time.Since(last))
				last = time.Now()
			})
			assert.Equal(t, "J1", job.ID)
			assert.Equal(t, failed, errors.Is(err, api.ErrJobFailed), end)
			if failed {
				var jobError *api.JobError
				require.ErrorAs(t, err, &jobError)
				assert.Equal(t, job, jobError.Job)
				require.ErrorContains(t, err, "J1")
				require.ErrorContains(t, err, string(job.LatestExecutionExitCode))
			} else {
				require.NoError(t, err)
			}
			assert.Len(t, seen, 12)
			assert.IsIncreasing(t, gaps[1:9])
			assert.Equal(t, 30*time.Second, gaps[11], "the longest pause")
		})
	}
}

// Combinations that may still change are polled again.
func TestWaitContinues(t *testing.T) {
	for _, state := range []string{
		`"STARTED","latestExecutionExitCode":"COMPLETED"`,
		`"STARTED","latestExecutionExitCode":"EXECUTING"`, `"STOPPING"`, `"NEW"`, `"NEW","latestExecutionExitCode":"UNKNOWN"`,
	} {
		synctest.Test(t, func(t *testing.T) {
			client := waiting(t, func(poll int) string {
				if poll < 3 {
					return `{"id":"J1","latestExecutionStatus":` + state + `}`
				}
				return `{"id":"J1","latestExecutionStatus":"COMPLETED"}`
			})
			job, err := client.DeviceSettingsJobs.Wait(t.Context(), "J1", nil)
			require.NoError(t, err, state)
			assert.Equal(t, api.JobStatusCompleted, job.LatestExecutionStatus, state)
		})
	}
}

// A server that fails for a moment does not end the waiting; one that goes on failing does, and so does one that fails at once.
func TestWaitSurvivesFailedPolls(t *testing.T) {
	for failing, polls := range map[[2]int]int{{2, 2}: 3, {2, 4}: 5, {2, 5}: 5, {1, 1}: 1} {
		synctest.Test(t, func(t *testing.T) {
			count := 0
			service := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				count++
				switch {
				case count >= failing[0] && count <= failing[1]:
					reply(500, `{"message":"try later"}`)(w, r)
				case count == 1:
					reply(200, `{"id":"J1","latestExecutionStatus":"STARTED"}`)(w, r)
				default:
					reply(200, `{"id":"J1","latestExecutionStatus":"COMPLETED"}`)(w, r)
				}
			})
			client, err := api.NewClient(api.WithToken("t"), api.WithHTTPClient(&http.Client{
				Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
					recorder := httptest.NewRecorder()
					service.ServeHTTP(recorder, req)
					return recorder.Result(), nil
				}),
			}))
			require.NoError(t, err)
			_, err = client.DeviceSettingsJobs.Wait(t.Context(), "J1", nil)
			assert.Equal(t, polls, count)
			assert.Equal(t, polls != 3 && failing != [2]int{2, 4}, errors.Is(err, api.ErrServer), "%v: %v", failing, err)
		})
	}
}

// Create looks the phone up after every error that leaves the outcome open.
func TestCreateLooksUpUnknownOutcomes(t *testing.T) {
	for name, fault := range map[string]webextest.Fault{
		"503":       {Kind: webextest.FaultDone, Status: 503},
		"504":       {Kind: webextest.FaultDone, Status: 504},
		"500":       {Kind: webextest.FaultDone, Status: 500},
		"truncated": {Kind: webextest.FaultTruncated},
		"reset":     {Kind: webextest.FaultDoneReset},
		"page":      {Kind: webextest.FaultDone, Status: 200, Body: "<html>"},
		"error":     {Kind: webextest.FaultDone, Status: 200, Body: errorObject},
	} {
		t.Run(name, func(t *testing.T) {
			server := webextest.NewServer(t, webextest.WithDevices(0))
			client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
			require.NoError(t, err)
			request := api.CreateDeviceRequest{MAC: "02:00:5e:a1:b2:c3", Model: "DMS Cisco 8865", PersonID: server.People()[0].ID}
			fault.Operation = "createDevice"
			require.NoError(t, server.Inject(fault))
			device, err := client.Devices.Create(t.Context(), request)
			require.NoError(t, err)
			assert.Equal(t, "02005EA1B2C3", strings.ReplaceAll(device.MAC, ":", ""))
			server.AssertWrites(t, "createDevice")

			// If nothing was created, Create returns the error of its request.
			server.ClearFaults()
			require.NoError(t, server.Inject(webextest.Fault{Kind: webextest.FaultAnswer, Status: 503, Operation: "createDevice"}))
			request.MAC = "02005EA1B2C4"
			_, err = client.Devices.Create(t.Context(), request)
			require.ErrorIs(t, err, api.ErrOutcomeUnknown)
			require.ErrorIs(t, err, api.ErrServer)
			require.ErrorContains(t, err, "no device of that owner has the MAC address 02005EA1B2C4")
		})
	}
}

func TestListDevicesNormalizesMAC(t *testing.T) {
	for mac, want := range map[string]string{
		"02:00:5e:a1:b2:c3": "02005EA1B2C3", "0200.5ea1.b2c3": "02005EA1B2C3", "02005EA1B2C3": "02005EA1B2C3", "02005": "02005",
	} {
		rec := record(t, reply(200, `{"items":[]}`))
		_, err := api.Collect(rec.client(t).Devices.List(t.Context(), api.ListDevicesParams{MAC: mac}))
		require.NoError(t, err)
		assert.Equal(t, "mac="+want, rec.requests()[0].query)
	}
}

func TestWaitKeepsTheLastState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := waiting(t, func(poll int) string {
			if poll == 3 {
				return "<html>"
			}
			return `{"id":"J1","latestExecutionStatus":"STARTED"}`
		})
		job, err := client.DeviceSettingsJobs.Wait(t.Context(), "J1", nil)
		require.ErrorIs(t, err, api.ErrBadResponse)
		assert.Equal(t, "J1", job.ID)
	})
}

func TestWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := waiting(t, func(int) string { return `{"id":"J1","latestExecutionStatus":"STARTING"}` })
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		job, err := client.DeviceSettingsJobs.Wait(ctx, "J1", nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, "J1", job.ID, "the last state is lost")
		assert.Equal(t, 10*time.Second, time.Since(began))
	})
}
