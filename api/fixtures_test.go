package api_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

// fixturesVariable names the folder with published sample bodies. They are not part of this repository.
const fixturesVariable = "WEBEX_CALLING_FIXTURES"

func fixture(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv(fixturesVariable)
	if folder == "" {
		t.Skip("the published sample bodies are not here: set " + fixturesVariable + " to their folder")
	}
	data, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	return string(data)
}

// Published answers pass through the client without losing a value.
func TestFixturesThatAreRead(t *testing.T) {
	for name, test := range map[string]struct {
		read func(ctx context.Context, c *api.Client) (any, error)
		// under is the member of the sample that read answers; empty for the whole.
		under string
	}{
		"GET_devices_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return api.Collect(c.Devices.List(ctx, api.ListDevicesParams{}))
		}, "items"},
		"GET_devices_deviceId_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return c.Devices.Get(ctx, "D1")
		}, ""},
		"GET_licenses_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return c.Licenses.List(ctx)
		}, "items"},
		"GET_licenses_licenseId_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return api.Collect(c.Licenses.AssignedUsers(ctx, "L1"))
		}, "users"},
		"GET_people_personId_features_outgoingPermission_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return c.OutgoingPermissions.Person("P1").Get(ctx)
		}, ""},
		"GET_workspaces_workspaceId_features_outgoingPermission_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return c.OutgoingPermissions.Workspace("W1").Get(ctx)
		}, ""},
		"GET_telephony_config_people_personId_outgoingPermission_autoTransferNumbers_200_1.json": {
			func(ctx context.Context, c *api.Client) (any, error) {
				return c.OutgoingPermissions.Person("P1").TransferNumbers.Get(ctx)
			}, "",
		},
		"PATCH_licenses_users_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return c.Licenses.Assign(ctx, assignment)
		}, ""},
		"PATCH_licenses_users_206_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return c.Licenses.Assign(ctx, assignment)
		}, ""},
		"POST_devices_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return c.Devices.Create(ctx, phone)
		}, ""},
		"POST_devices_activationCode_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return c.Devices.CreateActivationCode(ctx, api.ActivationCodeRequest{PersonID: "P1"})
		}, ""},
		"GET_telephony_config_jobs_devices_callDeviceSettings_200_1.json": {func(ctx context.Context, c *api.Client) (any, error) {
			return api.Collect(c.DeviceSettingsJobs.List(ctx))
		}, "items"},
		"GET_telephony_config_jobs_devices_callDeviceSettings_jobId_errors_200_1.json": {
			func(ctx context.Context, c *api.Client) (any, error) {
				return api.Collect(c.DeviceSettingsJobs.Errors(ctx, "J1"))
			}, "items",
		},
		"GET_telephony_config_people_personId_outgoingPermission_accessCodes_200_1.json": {
			func(ctx context.Context, c *api.Client) (any, error) {
				return c.OutgoingPermissions.Person("P1").AccessCodes.List(ctx)
			}, "",
		},
		"GET_telephony_config_locations_locationId_outgoingPermission_accessCodes_200_1.json": {
			func(ctx context.Context, c *api.Client) (any, error) {
				return c.OutgoingPermissions.Location("L1").AccessCodes.List(ctx)
			}, "",
		},
		"GET_telephony_config_people_personId_outgoingPermission_digitPatterns_200_1.json": {
			func(ctx context.Context, c *api.Client) (any, error) {
				return c.OutgoingPermissions.Person("P1").DigitPatterns.List(ctx)
			}, "",
		},
		"POST_telephony_config_people_personId_outgoingPermission_digitPatterns_201_1.json": {
			func(ctx context.Context, c *api.Client) (any, error) {
				id, err := c.OutgoingPermissions.Person("P1").DigitPatterns.Create(ctx, api.CreateDigitPatternRequest{
					Name: "n", Pattern: "1", Action: api.ActionBlock,
				})
				return map[string]string{"id": id}, err
			}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			sample := fixture(t, name)
			got, err := test.read(t.Context(), record(t, reply(200, sample)).client(t))
			require.NoError(t, err)
			data, err := json.Marshal(got)
			require.NoError(t, err)
			want := decoded(t, sample)
			if test.under != "" {
				want = want.(map[string]any)[test.under]
			}
			assert.Equal(t, meaningful(want), meaningful(decoded(t, string(data))))
		})
	}
}

// Published bodies that are read, changed and written come out exactly, but for what may not be sent.
func TestFixturesThatAreWritten(t *testing.T) {
	for _, name := range []string{"people_personId", "workspaces_workspaceId"} {
		sample := fixture(t, "GET_"+name+"_features_outgoingPermission_200_1.json")
		rec := record(t, reply(200, sample))
		outgoing := rec.client(t).OutgoingPermissions.Person("P1")
		settings, err := outgoing.Get(t.Context())
		require.NoError(t, err)
		settings.Set(api.CallTypeNational, api.ActionBlock, false)
		require.NoError(t, outgoing.Update(t.Context(), settings))
		want := decoded(t, sample).(map[string]any)
		for _, entry := range want["callingPermissions"].([]any) {
			entry := entry.(map[string]any)
			delete(entry, "isCallTypeRestrictionEnabled")
			if entry["callType"] == "NATIONAL" {
				entry["action"], entry["transferEnabled"] = "BLOCK", false
			}
		}
		assert.Equal(t, any(want), decoded(t, rec.requests()[1].body))
	}

	sample := fixture(t, "PUT_telephony_config_people_personId_outgoingPermission_autoTransferNumbers_req_1.json")
	rec := record(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	var update api.TransferNumbersUpdate
	require.NoError(t, json.Unmarshal([]byte(sample), &update))
	require.NoError(t, rec.client(t).OutgoingPermissions.Person("P1").TransferNumbers.Update(t.Context(), update))
	assert.Equal(t, decoded(t, sample), decoded(t, rec.requests()[0].body))
}

// Published requests pass through the models without losing a value, null included.
func TestFixturesThatAreSent(t *testing.T) {
	rec := record(t, reply(200, `{"id":"1","code":"1"}`))
	client := rec.client(t)
	for name, send := range map[string]func(ctx context.Context, sample []byte) error{
		"PATCH_licenses_users_req_1.json":                                  sending(client.Licenses.Assign),
		"POST_devices_req_1.json":                                          sending(client.Devices.Create),
		"POST_devices_activationCode_req_1.json":                           sending(client.Devices.CreateActivationCode),
		"POST_telephony_config_jobs_devices_callDeviceSettings_req_1.json": sending(client.DeviceSettingsJobs.Start),
		"POST_telephony_config_people_personId_outgoingPermission_digitPatterns_req_1.json": sending(
			client.OutgoingPermissions.Person("P1").DigitPatterns.Create),
		"POST_telephony_config_locations_locationId_outgoingPermission_accessCodes_req_1.json": sending(
			func(ctx context.Context, sample struct {
				AccessCodes []api.AccessCodeDefinition `json:"accessCodes"`
			},
			) (any, error) {
				return nil, client.OutgoingPermissions.Location("L1").AccessCodes.Create(ctx, sample.AccessCodes...)
			}),
	} {
		sample := fixture(t, name)
		require.NoError(t, send(t.Context(), []byte(sample)), name)
		requests := rec.requests()
		assert.Equal(t, decoded(t, sample), decoded(t, requests[len(requests)-1].body), name)
	}

	// The published change of tags is a list; the one operation in it is what is sent.
	sample := decoded(t, fixture(t, "PATCH_devices_deviceId_req_1.json")).([]any)
	_, err := client.Devices.ReplaceTags(t.Context(), "D1", "First Tag", "Second Tag")
	require.NoError(t, err)
	requests := rec.requests()
	assert.Equal(t, sample[0], decoded(t, requests[len(requests)-1].body))
}

// The published change of a workspace's codes turns the switch and deletes; here these are two calls.
func TestFixtureOfAccessCodes(t *testing.T) {
	sample := decoded(t, fixture(t, "PUT_workspaces_workspaceId_features_outgoingPermission_accessCodes_req_1.json"))
	rec := record(t, nil)
	codes := rec.client(t).OutgoingPermissions.Workspace("W1").AccessCodes
	require.NoError(t, codes.UseCustom(t.Context(), true))
	require.NoError(t, codes.Delete(t.Context(), "4856", "2421"))
	sent := decoded(t, rec.requests()[0].body).(map[string]any)
	maps.Copy(sent, decoded(t, rec.requests()[1].body).(map[string]any))
	assert.Equal(t, sample, any(sent))
}

func sending[Request, Answer any](call func(context.Context, Request) (Answer, error)) func(context.Context, []byte) error {
	return func(ctx context.Context, sample []byte) error {
		var request Request
		if err := json.Unmarshal(sample, &request); err != nil {
			return err
		}
		_, err := call(ctx, request)
		return err
	}
}

func TestFixturesThatAreErrors(t *testing.T) {
	for name, want := range map[string]api.LicenseErrorCode{
		"PATCH_licenses_users_400_1.json": api.LicenseErrorCodeLocationNotFound,
		"PATCH_licenses_users_400_5.json": api.LicenseErrorCodeInvalidAttendeeSite,
	} {
		_, err := record(t, reply(400, fixture(t, name))).client(t).Licenses.Assign(t.Context(), assignment)
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		require.ErrorIs(t, err, api.ErrBadRequest)
		assert.Equal(t, want, failed.Details[0].LicenseErrorCode())
		assert.NotEmpty(t, failed.Message)
		assert.NotEmpty(t, failed.TrackingID)
	}
}

func decoded(t *testing.T, body string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	var value any
	require.NoError(t, decoder.Decode(&value))
	return value
}

// meaningful leaves out what plain values do not tell from absent, and writes dates in one way.
func meaningful(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, member := range value {
			member = meaningful(member)
			if member != nil && member != json.Number("0") && !reflect.ValueOf(member).IsZero() && !isEmptyList(member) {
				kept[name] = member
			}
		}
		return kept
	case []any:
		kept := make([]any, len(value))
		for i := range value {
			kept[i] = meaningful(value[i])
		}
		return kept
	case string:
		if date, err := time.Parse(time.RFC3339, value); err == nil {
			return date.UTC().Format(time.RFC3339Nano)
		}
	}
	return value
}

func isEmptyList(value any) bool {
	list, ok := value.([]any)
	return ok && len(list) == 0
}
