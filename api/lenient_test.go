package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

const errorObject = `{"message":"Something went wrong","errors":[{"description":"no"}],"trackingId":"T1"}`

// A response that is not what was asked for is an error, for every operation that returns something.
func TestSuccessMustBeWhatWasAskedFor(t *testing.T) {
	reads := 0
	for _, o := range operations() {
		if o.answer == "" {
			continue
		}
		if o.method == http.MethodGet {
			reads++
		}
		for _, body := range []string{"{}", errorObject} {
			if body == "{}" && (strings.HasSuffix(o.path, "autoTransferNumbers") || o.id == "assignLicenses") {
				continue // No number is set, or nothing was assigned, which NotApplied shows.
			}
			t.Run(o.id+" "+body[:min(10, len(body))], func(t *testing.T) {
				rec := o.record(t, reply(200, body))
				err := o.call(t.Context(), rec.client(t), "id1")
				require.ErrorIs(t, err, api.ErrBadResponse)
				assert.Equal(t, o.method != http.MethodGet, errors.Is(err, api.ErrOutcomeUnknown))
			})
		}
	}
	assert.Equal(t, 32, reads, "31 GET operations, and a second use of getLicense")
}

// An error with status 200 must not lead to an update that clears all numbers.
func TestTransferNumbersAreNotClearedByAnError(t *testing.T) {
	for _, body := range []string{errorObject, `{"x":null}`} {
		for _, kind := range entityKinds {
			_, err := kind.of(record(t, reply(200, body)).client(t), "id1").TransferNumbers.Get(t.Context())
			require.ErrorIs(t, err, api.ErrBadResponse, body)
		}
	}
	for _, body := range []string{"{}", `{"autoTransferNumber2":null,"x":1}`, `{"useCustomTransferNumbers":false}`} {
		_, err := record(t, reply(200, body)).client(t).OutgoingPermissions.Person("P1").TransferNumbers.Get(t.Context())
		require.NoError(t, err, body)
	}
}

func TestOddDates(t *testing.T) {
	valid := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"2026-01-01T08:00:00.000Z"`: valid, `"2026-01-01T09:00:00+01:00"`: valid, `null`: {}, `""`: {},
		`"2026-01-01T08:00:00"`: {}, `"2026-01-01 08:00:00Z"`: {}, `"2026-01-01"`: {}, `"soon"`: {}, `"\u0032026"`: {},
	} {
		client := record(t, reply(200, fmt.Sprintf(
			`{"items":[{"id":"D1","created":%[1]s,"lastSeen":%[1]s,"displayName":"Lobby"},{"id":"D2"}]}`, text))).client(t)
		devices, err := api.Collect(client.Devices.List(t.Context(), api.ListDevicesParams{}))
		require.NoError(t, err, text)
		require.Len(t, devices, 2, text)
		assert.True(t, want.Equal(devices[0].Created) && want.Equal(devices[0].LastSeen), "%s: %v", text, devices[0].Created)
		assert.Equal(t, "Lobby", devices[0].DisplayName)

		code, err := record(t, reply(200, `{"code":"4711","expiryTime":`+text+`}`)).client(t).Devices.CreateActivationCode(
			t.Context(), api.ActivationCodeRequest{PersonID: "P1"})
		require.NoError(t, err, text)
		assert.Equal(t, "4711", code.Code)
		job := `{"id":"J1","latestExecutionStatus":"COMPLETED","jobExecutionStatus":[{"id":1,"startTime":` + text + `}]}`
		_, err = record(t, reply(200, job)).client(t).DeviceSettingsJobs.Wait(t.Context(), "J1", nil)
		require.NoError(t, err, text)
	}
}

func TestOddWholeNumbers(t *testing.T) {
	for text, want := range map[string]int{`5`: 5, `5.0`: 5, `1e2`: 100, `"5"`: 5, `"1e2"`: 100, `-0.0`: 0, `null`: 0} {
		licenses, err := record(t, reply(200, `{"items":[{"id":"L1","totalUnits":`+text+`,"consumedByUsers":`+text+`}]}`)).
			client(t).Licenses.List(t.Context())
		require.NoError(t, err, text)
		assert.Equal(t, want, licenses[0].TotalUnits, text)
		if text != "null" {
			assert.Equal(t, want, *licenses[0].ConsumedByUsers, text)
		}
	}
	for _, text := range []string{`5.5`, `"five"`, `""`, `1e300`, `"NaN"`, `true`, `[]`, `99999999999999999999`} {
		licenses, err := record(t, reply(200, `{"items":[{"id":"L1","totalUnits":`+text+`},{"id":"L2"}]}`)).
			client(t).Licenses.List(t.Context())
		require.ErrorContains(t, err, "/items/0/totalUnits", text)
		assert.Equal(t, []api.License{{ID: "L2"}}, licenses, "the other licenses are returned beside the error")
	}
}

// pagesWithBadItems are two pages of devices, each with one that cannot be decoded.
func pagesWithBadItems(t *testing.T) *api.Client {
	t.Helper()
	return record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			w.Header().Set("Link", `<?start=3>; rel="next"`)
			_, _ = io.WriteString(w, `{"items":[{"id":"D1"},{"id":"D2","tags":[{"a":[1]},2],"mac":"x"},{"id":"D3"}]}`)
			return
		}
		_, _ = io.WriteString(w, `{"items":["D4",{"id":"D5"}],"after":{"a":1}}`)
	}).client(t)
}

func TestOneBadItemCostsOneItem(t *testing.T) {
	var ids []string
	var bad []*api.ItemError
	for device, err := range pagesWithBadItems(t).Devices.List(t.Context(), api.ListDevicesParams{}) {
		if item, ok := errors.AsType[*api.ItemError](err); ok {
			bad = append(bad, item)
			assert.Equal(t, api.Device{}, device)
			continue
		}
		require.NoError(t, err)
		ids = append(ids, device.ID)
	}
	assert.Equal(t, []string{"D1", "D3", "D5"}, ids)
	require.Len(t, bad, 2)
	for i, want := range []struct {
		page, index int
		pointer     string
	}{{1, 1, "/items/1/tags/0"}, {2, 0, "/items/0"}} {
		assert.Equal(t, want.page, bad[i].Page)
		assert.Equal(t, want.index, bad[i].Index)
		assert.Equal(t, want.pointer, bad[i].Pointer)
		require.ErrorIs(t, bad[i], api.ErrBadResponse)
		var failed *api.Error
		require.ErrorAs(t, bad[i], &failed)
		assert.Equal(t, "listDevices", failed.Operation)
		require.ErrorContains(t, bad[i], fmt.Sprintf("page %d, item %d", want.page, want.index))
	}
}

func TestCollectAndBadItems(t *testing.T) {
	list := func(options ...api.CollectOption) ([]api.Device, error) {
		return api.Collect(pagesWithBadItems(t).Devices.List(t.Context(), api.ListDevicesParams{}), options...)
	}
	devices, err := list()
	require.ErrorContains(t, err, "page 1, item 1")
	assert.Len(t, devices, 1)

	var reported []int
	report := func(item *api.ItemError) { reported = append(reported, item.Page) }
	devices, err = list(api.SkipBadItems(report))
	require.NoError(t, err)
	assert.Len(t, devices, 3)
	assert.Equal(t, []int{1, 2}, reported)
	devices, err = list(api.SkipBadItems(nil), api.AtMost(2))
	require.ErrorIs(t, err, api.ErrMore)
	assert.Len(t, devices, 2)

	// An error of a request still ends the list.
	failing := record(t, reply(500, "")).client(t)
	_, err = api.Collect(failing.Devices.List(t.Context(), api.ListDevicesParams{}), api.SkipBadItems(report))
	require.ErrorIs(t, err, api.ErrServer)
}

// A server that ignores the parameter start returns the same page for ever. A bad item on it must not look like a new one.
func TestBadItemsOnARepeatedPage(t *testing.T) {
	body := strings.Replace(deviceList(numbered(0, 100)), `"D7"`, `7`, 1)
	rec := record(t, reply(200, body))
	devices, err := api.Collect(rec.client(t).Devices.List(t.Context(), api.ListDevicesParams{}), api.SkipBadItems(nil))
	require.NoError(t, err)
	assert.Len(t, devices, 99)
	assert.Len(t, rec.requests(), 2)
}

// A caller that stops at a bad item gets no more of the list.
func TestBreakAtABadItem(t *testing.T) {
	yielded := 0
	for _, err := range pagesWithBadItems(t).Devices.List(t.Context(), api.ListDevicesParams{}) {
		if yielded++; err != nil {
			break
		}
	}
	assert.Equal(t, 2, yielded)
}

func TestOddFeatureAccess(t *testing.T) {
	const odd = `{"voicemail":"NO_ACCESS","hoteling":true,"bargeIn":{"level":"x"},"executive":null,"new":[1],` +
		`"speedDial":"SOME_ACCESS"}`
	want := api.FeatureAccess{api.FeatureVoicemail: api.NoAccess, api.FeatureSpeedDial: "SOME_ACCESS"}
	access, err := record(t, reply(200, odd)).client(t).FeatureAccess.Default(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, access)
	for _, name := range []string{"userSettingsPermissions", "userOrgSettingsPermissions"} {
		person, err := record(t, reply(200, `{"userOrgSettingsPermissionEnabled":false,"`+name+`":`+odd+`}`)).
			client(t).FeatureAccess.Get(t.Context(), "P1")
		require.NoError(t, err)
		assert.Equal(t, api.PersonFeatureAccess{Features: want}, person)
	}
}

func TestOddAccessCodes(t *testing.T) {
	for body, valid := range map[string]bool{
		`{"accessCodes":null}`: true, `{"useCustomAccessCodes":false}`: true, `{"accessCodes":[]}`: true,
		`{"accessCodes":{}}`: false, `{"accessCodes":{"message":"no"}}`: false, `{}`: false,
	} {
		codes, err := record(t, reply(200, body)).client(t).OutgoingPermissions.Location("L1").AccessCodes.List(t.Context())
		assert.Empty(t, codes.AccessCodes, body)
		if valid {
			require.NoError(t, err, body)
		} else {
			require.ErrorIs(t, err, api.ErrBadResponse, body)
		}
	}
}

// The second page of a customer's list must not come from the partner's own organization.
func TestNextLinksStayInTheOrganization(t *testing.T) {
	const customer = "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8xYTJi" // ciscospark://us/ORGANIZATION/1a2b
	for link, want := range map[string]string{
		`<?start=1&cursor=a%2Fb>; rel="next"`:               "start=1&cursor=a%2Fb&orgId=" + customer,
		`<?>; rel="next"`:                                   "orgId=" + customer + "&",
		`<?start=1&orgId=` + customer + `>; rel="next"`:     "start=1&orgId=" + customer,
		`<?start=1&orgId=` + customer + `%3D>; rel="next"`:  "start=1&orgId=" + customer + "%3D",
		`<?start=1&orgId=1A2B>; rel="next"`:                 "start=1&orgId=1A2B",
		`<?start=1&orgId=another>; rel="next"`:              "",
		`<?orgId=another&orgId=` + customer + `>; rel=next`: "",
		`<?orgId=` + customer + `&orgId=another>; rel=next`: "",
		`<?start=1&orgId=>; rel="next"`:                     "",
		`<?start=1&ORGID=another>; rel="next"`:              "",
		`<?start=1;orgId=another>; rel="next"`:              "",
	} {
		rec := record(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "orgId="+customer {
				w.Header().Set("Link", link)
			}
			reply(200, `{"items":[{"id":"D1"}]}`)(w, r)
		})
		_, err := listIDs(t.Context(), rec.client(t).ForOrganization(customer), api.ListDevicesParams{})
		switch want {
		case "":
			require.ErrorIs(t, err, api.ErrBadResponse, link)
			require.ErrorContains(t, err, "next link")
			assert.Len(t, rec.requests(), 1)
		case "orgId=" + customer + "&":
			require.ErrorContains(t, err, "repeats", "with the organization it is the first page again")
		default:
			require.NoError(t, err, link)
			assert.Equal(t, want, rec.requests()[1].query)
		}
	}

	// The users of a license are addressed without orgId.
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		if !r.URL.Query().Has("next") {
			w.Header().Set("Link", `<?next=2>; rel="next"`)
		}
		reply(200, `{"id":"L1","users":[]}`)(w, r)
	})
	_, err := api.Collect(rec.client(t).ForOrganization(customer).Licenses.AssignedUsers(t.Context(), "L1"))
	require.NoError(t, err)
	assert.Equal(t, "next=2", rec.requests()[1].query)
}

// A redirect must not lead a partner's call to another organization either.
func TestRedirectsStayInTheOrganization(t *testing.T) {
	for target, want := range map[string]string{
		"/v1/moved": "orgId=O1", "/v1/moved?x=1": "x=1&orgId=O1", "/v1/moved?orgId=o1": "orgId=o1",
		"/v1/moved?orgId=O2": "", "/v1/moved?orgId=O1&orgId=O2": "",
	} {
		rec := record(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v1/moved" {
				http.Redirect(w, r, target, http.StatusTemporaryRedirect)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
		err := rec.client(t).ForOrganization("O1").FeatureAccess.UpdateDefault(t.Context(),
			api.FeatureAccess{api.FeatureVoicemail: api.NoAccess})
		if want == "" {
			require.ErrorContains(t, err, "another organization", target)
			assert.Len(t, rec.requests(), 1)
			continue
		}
		require.NoError(t, err, target)
		assert.Equal(t, want, rec.requests()[1].query)
	}
}

// What users give and take are types made for encoding/json.
func TestDoUsesEncodingJSON(t *testing.T) {
	rec := record(t, reply(200, `{"N":5}`))
	var out struct{ N json.Number }
	body := map[string]any{"number": json.Number("5"), "list": []string(nil), "text": "<&>", "array": [2]byte{1, 2}}
	require.NoError(t, rec.client(t).Do(t.Context(), http.MethodPut, "/x", nil, body, &out))
	assert.Equal(t, json.Number("5"), out.N)
	assert.Equal(t, `{"array":[1,2],"list":null,"number":5,"text":"<&>"}`, rec.requests()[0].body)
}

func TestDoMatchesNamesAsEncodingJSONDoes(t *testing.T) {
	client := record(t, reply(200, `{"displayname":"Lobby","EMAIL":"a@example.com","tags":null,"big":9007199254740993}`)).client(t)
	var out struct {
		DisplayName string
		Email       string `json:"email"`
		Tags        []string
		Big         any `json:"big"`
	}
	out.Tags = []string{"kept"}
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/people/me", nil, nil, &out))
	assert.Equal(t, "Lobby", out.DisplayName)
	assert.Equal(t, "a@example.com", out.Email)
	assert.Nil(t, out.Tags)
}

func TestDoRejectsEmptySegments(t *testing.T) {
	rec := record(t, nil)
	for _, path := range []string{"/people//x", "//people", "/people//", "/people/%2F/x", "/", "/people/", "/people/%2e%2e/x"} {
		err := rec.client(t).Do(context.Background(), http.MethodDelete, path, nil, nil, nil)
		sent := path == "/" || path == "/people/%2F/x"
		assert.Equal(t, sent, err == nil, "%s: %v", path, err)
	}
	assert.Len(t, rec.requests(), 2)
}
