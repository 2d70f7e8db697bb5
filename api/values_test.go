package api_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

// What is read, changed and written keeps what nobody here knows, byte for byte, at every level.
func TestPermissionsComeBackAsTheyWent(t *testing.T) {
	const before = `{"useCustomEnabled":true,"useCustomPermissions":true,"callingPermissions":[` +
		`{"callType":"INTERNATIONAL","action":"ALLOW","transferEnabled":true,"budget":9007199254740993,"rate":1.0,"since":null,` +
		`"zones":{"deep":[1.0,{"x":null,"big":9007199254740993,"esc":"\u00e9\/","twice":1,"twice":2}]}},` +
		`{"callType":"SATELLITE","action":"ASK_A_HUMAN","transferEnabled":false,"f":1E400,"g":-0}` +
		`],"revision":9007199254740993,"factor":1.0,"nested":{"a":{"b":null}},"empty":{},"list":[]}`
	var after string
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			reply(200, before)(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	for _, kind := range entityKinds {
		outgoing := kind.of(rec.client(t), "id1")
		settings, err := outgoing.Get(t.Context())
		require.NoError(t, err)
		settings.Set(api.CallTypeInternational, api.ActionBlock, false)
		require.NoError(t, outgoing.Update(t.Context(), settings))
		requests := rec.requests()
		after = requests[len(requests)-1].body
		want := strings.Replace(before, `"action":"ALLOW","transferEnabled":true`, `"action":"BLOCK","transferEnabled":false`, 1)
		if !kind.switches {
			want = strings.Replace(want, `"useCustomEnabled":true,"useCustomPermissions":true,`, "", 1)
		}
		assert.Equal(t, want, after)
	}
}

// Null and what may only be read are never sent.
func TestPermissionsThatMayNotBeSent(t *testing.T) {
	const before = `{"useCustomEnabled":null,"useCustomPermissions":false,"callingPermissions":[` +
		`{"callType":"NATIONAL","action":"ALLOW","transferEnabled":null,"isCallTypeRestrictionEnabled":true},` +
		`{"callType":"URL_DIALING","action":"ALLOW","transferEnabled":true},{"callType":"Casual","action":"ALLOW"},` +
		`{"callType":"UNKNOWN","action":null},{"callType":"LOCAL","action":"BLOCK","isCallTypeRestrictionEnabled":null}]}`
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			reply(200, before)(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	outgoing := rec.client(t).OutgoingPermissions.Person("P1")
	settings, err := outgoing.Get(t.Context())
	require.NoError(t, err)
	own, err := json.Marshal(settings)
	require.NoError(t, err)
	const rest = `{"callType":"NATIONAL","action":"ALLOW"},`
	for name, test := range map[string]struct {
		options []api.UpdateOption
		want    string
	}{
		"by default": {nil, rest + `{"callType":"LOCAL","action":"BLOCK"}`},
		"others": {
			[]api.UpdateOption{api.DropCallTypes("local", "casual")},
			rest + `{"callType":"URL_DIALING","action":"ALLOW","transferEnabled":true},{"callType":"UNKNOWN"}`,
		},
		"none": {
			[]api.UpdateOption{api.DropNoCallTypes()},
			rest + `{"callType":"URL_DIALING","action":"ALLOW","transferEnabled":true},{"callType":"Casual","action":"ALLOW"},` +
				`{"callType":"UNKNOWN"},{"callType":"LOCAL","action":"BLOCK"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, outgoing.Update(t.Context(), settings, test.options...))
			requests := rec.requests()
			want := `{"useCustomPermissions":false,"callingPermissions":[` + test.want + `]}`
			assert.Equal(t, want, requests[len(requests)-1].body)
			now, err := json.Marshal(settings)
			require.NoError(t, err)
			assert.Equal(t, string(own), string(now), "the caller's value was changed")
		})
	}
}

func TestUpdatesThatHoldNothingAreRefused(t *testing.T) {
	rec := record(t, nil)
	client := rec.client(t)
	person, location := client.OutgoingPermissions.VirtualLine("V1"), client.OutgoingPermissions.Location("L1")
	var casual api.OutgoingPermissions
	casual.Set(api.CallTypeCasual, api.ActionBlock, false)
	ctx := t.Context()
	for name, err := range map[string]error{
		"settings hold nothing":    person.Update(ctx, api.OutgoingPermissions{}),
		"settings hold nothing ":   location.Update(ctx, casual),
		"access is empty":          client.FeatureAccess.Update(ctx, "P1", nil),
		"access is empty ":         client.FeatureAccess.UpdateDefault(ctx, api.FeatureAccess{}),
		`"voicemail"`:              client.FeatureAccess.Update(ctx, "P1", api.FeatureAccess{api.FeatureVoicemail: ""}),
		`""`:                       client.FeatureAccess.UpdateDefault(ctx, api.FeatureAccess{"": api.NoAccess}),
		"numbers are empty":        location.TransferNumbers.Update(ctx, api.TransferNumbersUpdate{}),
		"UseCustomTransferNumbers": person.TransferNumbers.Update(ctx, api.TransferNumbersUpdate{AutoTransferNumber1: api.Clear()}),
		"UseCustomTransferNumbers ": location.TransferNumbers.Update(ctx, api.TransferNumbersUpdate{
			UseCustomTransferNumbers: new(true),
		}),
	} {
		require.ErrorContains(t, err, strings.TrimSpace(name))
	}
	require.ErrorContains(t, person.Update(ctx, casual, nil), "option is nil")
	assert.Empty(t, rec.requests())

	require.NoError(t, person.Update(ctx, api.OutgoingPermissions{UseCustomEnabled: new(false)}), "switches alone are valid")
	require.ErrorContains(t, person.Update(ctx, casual), "only call types that are dropped")
	casual.Inherit()
	require.ErrorContains(t, person.Update(ctx, casual), "no callingPermissions")
	var unread api.OutgoingPermissions
	unread.Inherit()
	require.ErrorContains(t, person.Update(ctx, unread), "read them with Get before Inherit")
	require.Len(t, rec.requests(), 1)
	assert.Equal(t, `{"useCustomEnabled":false}`, rec.requests()[0].body)
}

func TestSet(t *testing.T) {
	var settings api.OutgoingPermissions
	require.NoError(t, json.Unmarshal([]byte(`{"useCustomPermissions":false,"callingPermissions":[`+
		`{"callType":"TOLL_FREE","action":"ALLOW","transferEnabled":true,"x":1},`+
		`{"callType":"toll_free","action":"ALLOW","transferEnabled":true}]}`), &settings))
	before := settings
	settings.Set(api.CallTypeTollFree, api.ActionAuthCode, false)
	settings.Set(api.CallTypeInternational, api.ActionTransferNumber2, true)
	got, err := json.Marshal(settings)
	require.NoError(t, err)
	assert.Equal(t, `{"useCustomEnabled":true,"useCustomPermissions":true,"callingPermissions":[`+
		`{"callType":"TOLL_FREE","action":"AUTH_CODE","transferEnabled":false,"x":1},`+
		`{"callType":"toll_free","action":"AUTH_CODE","transferEnabled":false},`+
		`{"callType":"INTERNATIONAL","action":"TRANSFER_NUMBER_2","transferEnabled":true}]}`, string(got))
	assert.Equal(t, api.ActionAllow, before.CallingPermissions[0].Action, "a copy was changed along")
	assert.False(t, *before.UseCustomPermissions)
}

func TestTransferNumbers(t *testing.T) {
	const before = `{"useCustomTransferNumbers":true,"autoTransferNumber1":"+31-205550100","autoTransferNumber2":null,"limit":1.0}`
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			reply(200, before)(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	numbers := rec.client(t).OutgoingPermissions.Workspace("W1").TransferNumbers
	got, err := numbers.Get(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "+31-205550100", got.AutoTransferNumber1)
	assert.Empty(t, got.AutoTransferNumber2)
	assert.Empty(t, got.AutoTransferNumber3)
	require.NoError(t, numbers.Update(t.Context(), got.ClearUnset()))
	assert.Equal(t, `{"useCustomTransferNumbers":true,"autoTransferNumber1":"+31205550100","autoTransferNumber2":"",`+
		`"autoTransferNumber3":"","limit":1.0}`, rec.requests()[1].body)
	require.NoError(t, numbers.Update(t.Context(), api.TransferNumbersUpdate{
		UseCustomTransferNumbers: new(false), AutoTransferNumber3: new("0005550"),
	}))
	assert.Equal(t, `{"useCustomTransferNumbers":false,"autoTransferNumber3":"0005550"}`, rec.requests()[2].body)

	// What users print or store is the JSON of the service.
	var stored api.TransferNumbers
	data, err := json.Marshal(got)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &stored))
	assert.Equal(t, got, stored)
	var update api.TransferNumbersUpdate
	data, err = json.Marshal(got.ClearUnset())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &update))
	assert.Equal(t, got.ClearUnset(), update)
}

func TestFeatureAccess(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   api.PersonFeatureAccess
	}{
		"seen name": {
			`{"userOrgSettingsPermissionEnabled":true,` +
				`"userSettingsPermissions":{"voicemail":"NO_ACCESS","newOne":"HALF_ACCESS","x":null}}`,
			api.PersonFeatureAccess{
				FollowsDefault: true, Features: api.FeatureAccess{api.FeatureVoicemail: api.NoAccess, "newOne": "HALF_ACCESS"},
			},
		},
		"published name": {
			`{"userOrgSettingsPermissionEnabled":false,"userOrgSettingsPermissions":{"speedDial":"FULL_ACCESS"}}`,
			api.PersonFeatureAccess{Features: api.FeatureAccess{api.FeatureSpeedDial: api.FullAccess}},
		},
		"both names": {
			`{"userOrgSettingsPermissionEnabled":false,"userSettingsPermissions":{"x":null},` +
				`"userOrgSettingsPermissions":{"speedDial":"FULL_ACCESS"}}`,
			api.PersonFeatureAccess{Features: api.FeatureAccess{api.FeatureSpeedDial: api.FullAccess}},
		},
		"the flag alone": {`{"userOrgSettingsPermissionEnabled":true}`, api.PersonFeatureAccess{FollowsDefault: true}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := record(t, reply(200, test.answer)).client(t).FeatureAccess.Get(t.Context(), "P1")
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
	got, err := record(t, reply(200, `{"voicemail":null,"bargeIn":"NO_ACCESS"}`)).client(t).FeatureAccess.Default(t.Context())
	require.NoError(t, err)
	assert.Equal(t, api.FeatureAccess{api.FeatureBargeIn: api.NoAccess}, got)
}

// A 200 that holds no list is not an empty list.
func TestAnAnswerWithoutItems(t *testing.T) {
	for _, body := range []string{`{}`, `{"message":"unauthorized"}`} {
		client := record(t, reply(200, body)).client(t)
		_, err := client.Licenses.List(t.Context())
		require.ErrorIs(t, err, api.ErrBadResponse, body)
		_, err = listIDs(t.Context(), client, api.ListDevicesParams{})
		require.ErrorIs(t, err, api.ErrBadResponse, body)
	}
	licenses, err := record(t, reply(200, `{"items":null}`)).client(t).Licenses.List(t.Context())
	require.NoError(t, err)
	assert.Empty(t, licenses)
}

// The models keep what is unknown wherever JSON is written: with encoding/json, by itself or inside something else.
func TestModelsAreJSONOfTheService(t *testing.T) {
	const entry = `{"callType":"NATIONAL","action":"BLOCK","transferEnabled":false,` +
		`"esc":"\u00e9","twice":1,"twice":2,"bad":"` + "\xff" + `"}`
	for body, value := range map[string]any{
		entry: new(api.CallPermission),
		`{"callingPermissions":[` + entry + `],"x":1.0}`: new(api.OutgoingPermissions),
		`{"autoTransferNumber1":"1","x":1.0}`:            new(api.TransferNumbers),
		`{"autoTransferNumber1":"","x":1.0}`:             new(api.TransferNumbersUpdate),
		`[` + entry + `]`:                                new([]api.CallPermission),
		`{"callType":"NATIONAL","x":1.0,"x":2}`:          new(api.CallPermission),
	} {
		var raw json.RawMessage
		rec := record(t, reply(200, body))
		client := rec.client(t)
		require.NoError(t, client.Do(t.Context(), "GET", "/x", nil, nil, value), body)
		require.NoError(t, client.Do(t.Context(), "PUT", "/x", nil, value, &raw), body)
		assert.Equal(t, body, rec.requests()[1].body)

		if !utf8.ValidString(body) {
			continue // encoding/json has its own way with what is not UTF-8.
		}
		again := reflect.New(reflect.TypeOf(value).Elem()).Interface()
		require.NoError(t, json.Unmarshal([]byte(body), again))
		data, err := json.Marshal(again)
		require.NoError(t, err)
		assert.Equal(t, body, string(data))
	}
}

// What cannot be encoded is refused before anything is sent.
func TestUnknownMembersMustBeJSON(t *testing.T) {
	rec := record(t, nil)
	outgoing := rec.client(t).OutgoingPermissions.Person("P1")
	require.ErrorContains(t, outgoing.Update(t.Context(), api.OutgoingPermissions{Unknown: []byte(`{"a":`)}), "encoding the request")
	require.ErrorContains(t, outgoing.Update(t.Context(), api.OutgoingPermissions{Unknown: []byte(`[1]`)}), "encoding the request")
	assert.Empty(t, rec.requests())
}

// Null may stand anywhere, enumerations are open, and planned maintenance comes in two shapes.
func TestOddDevices(t *testing.T) {
	created := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for answer, want := range map[string]api.Device{
		`"id":null,"displayName":null,"tags":null,"created":null,"plannedMaintenance":null,"type":null`: {},
		`"type":"hologram","connectionStatus":"dreaming","capabilities":["x",null],"created":"2026-03-04T05:06:07.000Z"`: {
			Type: "hologram", ConnectionStatus: "dreaming", Capabilities: []api.DeviceCapability{"x", ""}, Created: created,
		},
		`"plannedMaintenance":"upcoming"`:         {PlannedMaintenance: api.PlannedMaintenanceUpcoming},
		`"plannedMaintenance":{"mode":"on"}`:      {PlannedMaintenance: api.PlannedMaintenanceOn},
		`"plannedMaintenance":{"mode":null}`:      {},
		`"plannedMaintenance":{}`:                 {},
		`"id":"D1","id":"D2","somethingNew":[{}]`: {ID: "D2"},
	} {
		want.WebexDeviceID = "W1"
		got, err := record(t, reply(200, `{"webexDeviceId":"W1",`+answer+`}`)).client(t).Devices.Get(t.Context(), "D")
		require.NoError(t, err, answer)
		assert.Equal(t, want, got, answer)
	}
	for answer, place := range map[string]string{
		`{"items":[{"id":"D1"},{"id":4711}]}`:           "/items/1/id",
		`{"items":[{"created":1767225600}]}`:            "/items/0/created",
		`{"items":[{"plannedMaintenance":["off"]}]}`:    "/items/0/plannedMaintenance",
		`{"items":[{"tags":"one"}]}`:                    "/items/0/tags",
		`{"items":{"id":"D1"}}`:                         "/items",
		`{"items":[{"id":"D1"}]} trailing`:              "",
		`{"items":[{"plannedMaintenance":{"mode":1}}]}`: "/items/0/plannedMaintenance",
	} {
		_, err := listIDs(t.Context(), record(t, reply(200, answer)).client(t), api.ListDevicesParams{})
		require.ErrorIs(t, err, api.ErrBadResponse, answer)
		assert.ErrorContains(t, err, place, answer)
	}
}

func TestCountsTellNullFromZero(t *testing.T) {
	rec := record(t, reply(200, `{"items":[{"consumedByUsers":null,"consumedByWorkspaces":0,"siteType":"Linked site"}]}`))
	licenses, err := rec.client(t).Licenses.List(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []api.License{{ConsumedByWorkspaces: new(0), SiteType: api.SiteTypeLinked}}, licenses)
}

func TestErrorBodies(t *testing.T) {
	for body, want := range map[string]api.Error{
		`{"message":"m","errors":[{"description":"d","errorCode":"25008"}],"trackingId":"T"}`: {
			Message: "m", TrackingID: "T", Details: []api.ErrorDetail{{Description: "d", Code: "25008"}},
		},
		`{"errorMessage":"m","errorCode":4711}`: {
			Message: "m", Details: []api.ErrorDetail{{Code: "4711"}},
		},
		`{"error":[{"description":"d","code":"c"}]}`: {Message: "d", Details: []api.ErrorDetail{{Description: "d", Code: "c"}}},
		`{"error":{"key":"400","message":[{"description":"d"}]}}`: {
			Message: "d", Details: []api.ErrorDetail{{Description: "d"}},
		},
		`[{"description":"d","errorCode":1}]`: {
			Message: "d", Details: []api.ErrorDetail{{Description: "d", Code: "1"}},
		},
		`{"error":"invalid_token","error_description":"expired"}`: {Message: "expired"},
		`{"error":{"message":"m","code":403}}`: {
			Message: "m", Details: []api.ErrorDetail{{Description: "m", Code: "403"}},
		},
		`{"errors":{"description":"d"}}`: {Message: "d", Details: []api.ErrorDetail{{Description: "d"}}},
		`{"message":"m","x":1e400,"errorCode":9007199254740993}`: {
			Message: "m", Details: []api.ErrorDetail{{Code: "9007199254740993"}},
		},
		"\ufeff" + `{"message":"m"}`: {Message: "m"},
		`{"message":"m","errorCode":25008,"errors":[{"description":"d"}]}`: {
			Message: "m", Details: []api.ErrorDetail{{Description: "d", Code: "25008"}},
		},
		`{"error":[{"key":"400","message":[{"description":"d","code":"c"}]}]}`: {
			Message: "d", Details: []api.ErrorDetail{{Description: "d", Code: "c"}},
		},
		`{"message":[{"description":"d"}]}`: {Message: "d", Details: []api.ErrorDetail{{Description: "d"}}},
		`{"details":[{"description":"d"}]}`: {Message: "d", Details: []api.ErrorDetail{{Description: "d"}}},
		`{"error":{"description":"d","trackingId":"T"}}`: {
			Message: "d", TrackingID: "T", Details: []api.ErrorDetail{{Description: "d"}},
		},
		`{"details":"m","trackingID":"T"}`:                            {Message: "m", TrackingID: "T"},
		`{"title":"m","tracking_id":"T"}`:                             {Message: "m", TrackingID: "T"},
		`<HTML><TITLE lang="en">Oops</TITLE>`:                         {Message: "Oops"},
		`{"message":"m","errors":[{"description":"cut off in the mid`: {Message: "m"},
		`{"errors":["plain"]}`: {
			Message: "plain", Details: []api.ErrorDetail{{Description: "plain"}},
		},
		`{"message":null,"errors":null,"trackingId":"A, A ,A"}`: {TrackingID: "A"},
		`{"trackingId":"of the body","message":"m"}`:            {TrackingID: "of the body", Message: "m"},
		`{"trackingId":"A, B"}`:                                 {TrackingID: "A, B"},
		`"just text"`:                                           {Message: "just text"},
		`null`:                                                  {},
		`12`:                                                    {Message: "12"},
		`upstream connect error`:                                {Message: "upstream connect error"},
		"<html>\n<title>504\nGateway</title>":                   {Message: "504 Gateway"},
		`<html><body>no title</body>`:                           {},
		"":                                                      {},
		strings.Repeat("é", 400):                                {Message: strings.Repeat("é", 150) + "…"},
		`{"message":"m","trackingId":"T","errors":"` + strings.Repeat("x", 80<<10) + `"}`: {Message: "m", TrackingID: "T"},
		`{"trackingId":"T","x":"` + strings.Repeat("x", 40<<10) + `","message":"m"}`:      {Message: "m", TrackingID: "T"},
	} {
		rec := record(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(body, "of the body") {
				w.Header().Set("TrackingId", "of the header")
			}
			reply(http.StatusConflict, body)(w, r)
		})
		_, err := rec.client(t).Licenses.List(t.Context())
		require.ErrorIs(t, err, api.ErrConflict)
		var got *api.Error
		require.ErrorAs(t, err, &got)
		want.StatusCode, want.Method, want.Path, want.Operation = 409, "GET", "/v1/licenses", "listLicenses"
		assert.Equal(t, want, exported(got), body)
	}
}

func TestErrorText(t *testing.T) {
	rec := record(t, reply(400, `{"message":"Refused","trackingId":"T",`+
		`"errors":[{"description":"Refused","errorCode":25321},{"description":"Wh\ny"}]}`))
	err := rec.client(t).ForOrganization("O1").Devices.Delete(t.Context(), "D1")
	require.ErrorContains(t, record(t, reply(400, `{"message":"a\nb"}`)).client(t).Devices.Delete(t.Context(), "x\ny/z"),
		"DELETE /v1/devices/x%0Ay%2Fz: 400 Bad Request: a b")
	require.EqualError(t, err, "webex: deleteDevice: DELETE /v1/devices/D1: 400 Bad Request: Refused [25321]: Wh y (tracking id T)")
	var got *api.Error
	require.ErrorAs(t, err, &got)
	assert.Equal(t, "O1", got.OrganizationID)
}

// Scopes and roles are told where they are the matter, and telling them spoils nothing.
func TestScopesAreToldByA403Alone(t *testing.T) {
	for status, told := range map[int]bool{401: false, 403: true, 404: false} {
		var failed *api.Error
		for range 2 {
			err := record(t, reply(status, `{}`)).client(t).OutgoingPermissions.Person("P1").AccessCodes.DeleteAll(t.Context())
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, told, len(failed.Scopes) > 0)
			assert.Equal(t, told, len(failed.Roles) > 0)
			if told {
				assert.Equal(t, "spark-admin:telephony_config_write", failed.Scopes[0][0])
				failed.Scopes[0][0] = "spoiled"
			}
		}
	}
}

func TestTrackingIDsOfTheHeader(t *testing.T) {
	for want, lines := range map[string][]string{"A": {"A", "A"}, "A,B": {"A", "B"}, "C": {"C, C"}} {
		rec := record(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Trackingid"] = lines
			w.WriteHeader(500)
		})
		var failed *api.Error
		require.ErrorAs(t, rec.client(t).Devices.Delete(t.Context(), "D1"), &failed)
		assert.Equal(t, want, failed.TrackingID)
	}
}

func TestStatusSentinels(t *testing.T) {
	all := map[error][]int{
		api.ErrBadRequest: {400}, api.ErrUnauthorized: {401}, api.ErrForbidden: {403}, api.ErrNotFound: {404},
		api.ErrMethodNotAllowed: {405}, api.ErrConflict: {409}, api.ErrGone: {410}, api.ErrLocked: {423},
		api.ErrTooManyRequests: {429}, api.ErrServer: {500, 502, 503, 504, 599}, nil: {304, 402, 415, 428},
	}
	for _, statuses := range all {
		for _, status := range statuses {
			err := record(t, reply(status, `{}`)).client(t).Devices.Delete(t.Context(), "D1")
			require.Error(t, err)
			for other := range all {
				if other != nil {
					assert.Equal(t, slices.Contains(all[other], status), errors.Is(err, other), "%d is %v", status, other)
				}
			}
		}
	}
}
