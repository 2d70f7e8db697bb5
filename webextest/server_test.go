package webextest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// object is a decoded JSON object.
type object = map[string]any

// exchange sends a raw request, so that nothing of the client can hide a mistake.
func exchange(t *testing.T, s *webextest.Server, method, address, body string) (int, object, http.Header) {
	t.Helper()
	if strings.HasPrefix(address, "/") {
		address = s.URL + address
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+s.Token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPatch && strings.Contains(address, "/devices/") {
		req.Header.Set("Content-Type", "application/json-patch+json")
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.NotEmpty(t, resp.Header.Get("TrackingId"))
	if resp.StatusCode == http.StatusNoContent {
		assert.Empty(t, data)
		return resp.StatusCode, nil, resp.Header
	}
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	var answer object
	require.NoError(t, json.Unmarshal(data, &answer), string(data))
	return resp.StatusCode, answer, resp.Header
}

func get(t *testing.T, s *webextest.Server, path string) object {
	t.Helper()
	status, answer, _ := exchange(t, s, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, status, answer)
	return answer
}

func put(t *testing.T, s *webextest.Server, path, body string) {
	t.Helper()
	status, answer, _ := exchange(t, s, http.MethodPut, path, body)
	require.Equal(t, http.StatusNoContent, status, answer)
}

// refused checks that an answer is an error in the service's shape.
func refused(t *testing.T, s *webextest.Server, method, path, body string, status int, message string, code int) {
	t.Helper()
	got, answer, header := exchange(t, s, method, path, body)
	assert.Equal(t, status, got)
	assert.Contains(t, answer["message"], message)
	assert.Equal(t, header.Get("TrackingId"), answer["trackingId"])
	require.NotEmpty(t, answer["errors"], answer)
	detail := answer["errors"].([]any)[0].(object)
	assert.Equal(t, answer["message"], detail["description"])
	if code != 0 {
		assert.InDelta(t, code, detail["errorCode"], 0)
	}
}

func TestTokenIsNeeded(t *testing.T) {
	s := webextest.NewServer(t)
	for _, authorization := range []string{"", "Bearer", "Bearer wrong", s.Token} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/licenses", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", authorization)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	s := webextest.NewServer(t)
	person, location := s.People()[0].ID, s.Locations()[0].ID
	for _, path := range []string{
		"/nothing", "/licenses/x", "/devices/x", "/people/x/features/outgoingPermission", "/workspaces/x/features/outgoingPermission",
		"/telephony/config/people/x/settings/permissions", "/telephony/config/people/x/outgoingPermission/autoTransferNumbers",
		"/telephony/config/locations/" + person + "/outgoingPermission", "/people/" + location + "/features/outgoingPermission",
		"/telephony/config/virtualLines/x/outgoingPermission",
	} {
		refused(t, s, http.MethodGet, path, "", http.StatusNotFound, "There is no", 0)
	}
	refused(t, s, http.MethodDelete, "/devices/x", "", http.StatusNotFound, "There is no device x", 0)
	refused(t, s, http.MethodPut, "/telephony/config/people/x/settings/permissions", "{}",
		http.StatusNotFound, "There is no person x", 0)
	refused(t, s, http.MethodGet, "/licenses?orgId=other", "", http.StatusForbidden, "organization other", 0)
	get(t, s, "/licenses?orgId="+s.OrganizationID())
}

func TestSameOrganizationAgain(t *testing.T) {
	a, b := webextest.NewServer(t), webextest.NewServer(t)
	assert.Equal(t, a.People(), b.People())
	assert.Equal(t, a.VirtualLines(), b.VirtualLines())
	assert.Equal(t, get(t, a, "/devices"), get(t, b, "/devices"))
}

func TestHandlerNeedsNoPort(t *testing.T) {
	s := webextest.NewServer(t)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/licenses", nil)
	req.Header.Set("Authorization", "Bearer "+s.Token)
	answer := httptest.NewRecorder()
	s.Handler().ServeHTTP(answer, req)
	assert.Equal(t, http.StatusOK, answer.Code)
}

// next is the address of rel="next", which must be absolute.
func next(t *testing.T, header http.Header) string {
	t.Helper()
	link := header.Get("Link")
	if link == "" {
		return ""
	}
	address, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	require.True(t, ok, link)
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	require.True(t, parsed.IsAbs(), address)
	return address
}

func TestDevicesArePagedByNumber(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(23), webextest.WithPageSize(10))
	seen := map[string]bool{}
	var sizes []int
	for address := "/devices?type=phone&max=50"; address != ""; {
		status, answer, header := exchange(t, s, http.MethodGet, address, "")
		require.Equal(t, http.StatusOK, status)
		items := answer["items"].([]any)
		sizes = append(sizes, len(items))
		for _, item := range items {
			seen[item.(object)["id"].(string)] = true
		}
		address = next(t, header)
		if address != "" {
			assert.Contains(t, address, "type=phone")
		}
	}
	assert.Equal(t, []int{10, 10, 1}, sizes, "two of the 23 devices are no phones")
	assert.Len(t, seen, 21)
	assert.Empty(t, get(t, s, "/devices?start=23")["items"])
	refused(t, s, http.MethodGet, "/devices?max=0", "", http.StatusBadRequest, "max", 0)
	refused(t, s, http.MethodGet, "/devices?start=-1", "", http.StatusBadRequest, "start", 0)
	refused(t, s, http.MethodGet, "/devices?max=many", "", http.StatusBadRequest, "max", 0)
}

// Calls may run at the same time; a slow one does not keep others waiting.
func TestCallsAtTheSameTime(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(40))
	slow, writer := io.Pipe()
	defer writer.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+"/telephony/config/people/settings/permissions", slow)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+s.Token)
	go func() {
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	_, err = writer.Write([]byte("{"))
	require.NoError(t, err)

	ids := make(chan string, 40)
	for _, item := range get(t, s, "/devices")["items"].([]any) {
		ids <- item.(object)["id"].(string)
	}
	close(ids)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for id := range ids {
				get(t, s, "/devices?type=phone")
				status, _, _ := exchange(t, s, http.MethodDelete, "/devices/"+id, "")
				assert.Equal(t, http.StatusNoContent, status)
			}
		})
	}
	group.Wait()
	assert.Empty(t, get(t, s, "/devices")["items"])
}

func TestABodyThatIsTooLarge(t *testing.T) {
	s := webextest.NewServer(t)
	refused(t, s, http.MethodPut, "/telephony/config/people/settings/permissions", strings.Repeat(" ", 9<<20),
		http.StatusBadRequest, "too large", 0)
}

func TestDeviceFilters(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(48))
	person, workspace := s.People()[0], s.Workspaces()[1]
	for query, want := range map[string]int{
		"":                                  48,
		"personId=" + person.ID:             3,
		"workspaceId=" + workspace.ID:       2,
		"locationId=" + s.Locations()[0].ID: 28,
		"displayName=" + url.QueryEscape(person.DisplayName): 3,
		"connectionStatus=disconnected":                      5,
		"product=Cisco+8865":                                 10,
		"type=roomdesk":                                      4,
		"type=phone":                                         41,
		"type=accessory":                                     3,
		"tag=third+floor":                                    8,
		"serial=FVH27400003":                                 1,
		"mac=02:00:5e:00:00:03":                              1,
		"mac=02005E000003":                                   1,
		"tag=north":                                          0,
		"software=none":                                      0,
		"upgradeChannel=beta":                                0,
		"errorCode=e":                                        0,
		"capability=xapi":                                    4,
		"permission=xapi%3Aall":                              4,
		"permission=xapi":                                    0,
		"workspaceLocationId=x":                              0,
		"devicePlatform=cisco":                               47,
		"devicePlatform=microsoftTeamsRoom":                  1,
		"plannedMaintenance=off":                             45,
		"plannedMaintenance=on":                              1,
		"product=Cisco+8865&personId=" + person.ID:           1,
	} {
		assert.Len(t, get(t, s, "/devices?"+query)["items"], want, query)
	}
}

func TestADeletedDeviceIsGone(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(3))
	id := get(t, s, "/devices")["items"].([]any)[1].(object)["id"].(string)
	assert.Equal(t, id, get(t, s, "/devices/"+id)["id"])
	status, _, _ := exchange(t, s, http.MethodDelete, "/devices/"+id, "")
	assert.Equal(t, http.StatusNoContent, status)
	refused(t, s, http.MethodGet, "/devices/"+id, "", http.StatusNotFound, id, 0)
	refused(t, s, http.MethodDelete, "/devices/"+id, "", http.StatusNotFound, id, 0)
	assert.Len(t, get(t, s, "/devices")["items"], 2)
}

func TestUsersOfALicenseArePagedByCursor(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithPageSize(7))
	license := get(t, s, "/licenses")["items"].([]any)[0].(object)
	assert.Equal(t, "Webex Calling - Professional", license["name"])
	assert.Nil(t, license["consumedByWorkspaces"])
	assert.Contains(t, license, "consumedByWorkspaces")
	id := license["id"].(string)
	assert.NotContains(t, get(t, s, "/licenses/"+id), "users")
	var emails []string
	for address := "/licenses/" + id + "?includeAssignedTo=user&limit=300"; address != ""; {
		status, answer, header := exchange(t, s, http.MethodGet, address, "")
		require.Equal(t, http.StatusOK, status)
		for _, user := range answer["users"].([]any) {
			emails = append(emails, user.(object)["email"].(string))
		}
		address = next(t, header)
	}
	require.Len(t, emails, 18)
	assert.InDelta(t, 18, license["consumedByUsers"], 0)
	assert.Equal(t, s.People()[17].Email, emails[17])
	for _, query := range []string{"limit=301", "limit=0", "next=%21", "next=zzz"} {
		refused(t, s, http.MethodGet, "/licenses/"+id+"?includeAssignedTo=user&"+query, "", http.StatusBadRequest, "limit", 0)
	}
}

func TestFeatureAccess(t *testing.T) {
	s := webextest.NewServer(t)
	path := "/telephony/config/people/" + s.People()[0].ID + "/settings/permissions"
	const defaults = "/telephony/config/people/settings/permissions"
	person := get(t, s, path)
	assert.Equal(t, true, person["userOrgSettingsPermissionEnabled"])
	assert.Equal(t, any(get(t, s, defaults)), person["userSettingsPermissions"])

	put(t, s, path, `{"voicemail":"NO_ACCESS"}`)
	person = get(t, s, path)
	assert.Equal(t, false, person["userOrgSettingsPermissionEnabled"])
	assert.Equal(t, "NO_ACCESS", person["userSettingsPermissions"].(object)["voicemail"])
	assert.Equal(t, "FULL_ACCESS", person["userSettingsPermissions"].(object)["callWaiting"], "an update must leave the rest")
	assert.Equal(t, "FULL_ACCESS", get(t, s, defaults)["voicemail"])

	// Writing what is the default anyway still ends following it.
	other := "/telephony/config/people/" + s.People()[1].ID + "/settings/permissions"
	put(t, s, other, `{"voicemail":"FULL_ACCESS"}`)
	assert.Equal(t, false, get(t, s, other)["userOrgSettingsPermissionEnabled"])

	put(t, s, defaults, `{"hoteling":"NO_ACCESS"}`)
	assert.Equal(t, "FULL_ACCESS", get(t, s, path)["userSettingsPermissions"].(object)["hoteling"])
	status, _, _ := exchange(t, s, http.MethodPost, path+"/actions/reset/invoke", "")
	assert.Equal(t, http.StatusNoContent, status)
	person = get(t, s, path)
	assert.Equal(t, true, person["userOrgSettingsPermissionEnabled"])
	assert.Equal(t, "FULL_ACCESS", person["userSettingsPermissions"].(object)["hoteling"], "the default was not read since")
	assert.Equal(t, any(get(t, s, defaults)), get(t, s, path)["userSettingsPermissions"])

	refused(t, s, http.MethodPut, path, `{"voicemail":"SOME"}`, http.StatusBadRequest, "voicemail", 0)
	refused(t, s, http.MethodPut, path, `{"voicemail":`, http.StatusBadRequest, "not valid", 0)
	refused(t, s, http.MethodPut, defaults, `[]`, http.StatusBadRequest, "not valid", 0)
}

// entity is one of each kind that has outgoing permissions.
type entity struct {
	kind, permissions, numbers string
	switches                   bool
}

func entities(s *webextest.Server) []entity {
	person, workspace := s.People()[0].ID, s.Workspaces()[0].ID
	location := "/telephony/config/locations/" + s.Locations()[0].ID + "/outgoingPermission"
	line := "/telephony/config/virtualLines/" + s.VirtualLines()[0].ID + "/outgoingPermission"
	return []entity{
		{
			"person", "/people/" + person + "/features/outgoingPermission",
			"/telephony/config/people/" + person + "/outgoingPermission/autoTransferNumbers", true,
		},
		{
			"workspace", "/workspaces/" + workspace + "/features/outgoingPermission",
			"/workspaces/" + workspace + "/features/outgoingPermission/autoTransferNumbers", true,
		},
		{"location", location, location + "/autoTransferNumbers", false},
		{"virtual line", line, line + "/autoTransferNumbers", true},
	}
}

// forEachEntity runs a test for one of each kind.
func forEachEntity(t *testing.T, test func(t *testing.T, s *webextest.Server, e entity)) {
	t.Helper()
	s := webextest.NewServer(t, webextest.WithReadOnlyCallTypes())
	for _, e := range entities(s) {
		t.Run(e.kind, func(t *testing.T) { test(t, s, e) })
	}
}

func entry(t *testing.T, s *webextest.Server, path, callType string) object {
	t.Helper()
	for _, item := range get(t, s, path)["callingPermissions"].([]any) {
		if item.(object)["callType"] == callType {
			return item.(object)
		}
	}
	return nil
}

func permissions(callType, action string) string {
	return fmt.Sprintf(`"callingPermissions":[{"callType":%q,"action":%q,"transferEnabled":false}]`, callType, action)
}

func TestPermissions(t *testing.T) {
	forEachEntity(t, func(t *testing.T, s *webextest.Server, e entity) {
		settings := get(t, s, e.permissions)
		assert.Equal(t, e.switches, settings["useCustomEnabled"] != nil)
		assert.Equal(t, e.switches, settings["useCustomPermissions"] != nil)
		for _, callType := range []string{"URL_DIALING", "UNKNOWN", "CASUAL"} {
			assert.NotNil(t, entry(t, s, e.permissions, callType), "reads contain %s", callType)
			refused(t, s, http.MethodPut, e.permissions, "{"+permissions(callType, "BLOCK")+"}",
				http.StatusBadRequest, "not supported for updates", 25321)
		}
		refused(t, s, http.MethodPut, e.permissions, `{"callingPermissions":[{"callType":"NATIONAL","action":"BLOCK"}]}`,
			http.StatusBadRequest, "transferEnabled", 25008)
		refused(t, s, http.MethodPut, e.permissions, `{"callingPermissions":{}}`, http.StatusBadRequest, "not valid", 0)

		// While UseCustomEnabled is off an entry is accepted and forgotten. A location has no switches.
		want := entry(t, s, e.permissions, "NATIONAL")["action"]
		put(t, s, e.permissions, "{"+permissions("NATIONAL", "BLOCK")+"}")
		put(t, s, e.permissions, `{"useCustomPermissions":true,`+permissions("NATIONAL", "BLOCK")+"}")
		if !e.switches {
			want = "BLOCK"
		}
		assert.Equal(t, want, entry(t, s, e.permissions, "NATIONAL")["action"])

		put(t, s, e.permissions, `{"useCustomEnabled":true,"useCustomPermissions":true,`+permissions("NATIONAL", "AUTH_CODE")+"}")
		assert.Equal(t, object{
			"callType": "NATIONAL", "action": "AUTH_CODE", "transferEnabled": false, "isCallTypeRestrictionEnabled": false,
		}, entry(t, s, e.permissions, "NATIONAL"))
		assert.Equal(t, "ALLOW", entry(t, s, e.permissions, "TOLL_FREE")["action"], "call types that are left out stay")

		refused(t, s, http.MethodPut, e.permissions, "{"+permissions("MOON", "BLOCK")+"}",
			http.StatusBadRequest, "no call type MOON", 0)
	})
}

func TestTransferNumbers(t *testing.T) {
	forEachEntity(t, func(t *testing.T, s *webextest.Server, e entity) {
		numbers := get(t, s, e.numbers)
		assert.Equal(t, e.switches, numbers["useCustomTransferNumbers"] != nil)
		assert.Contains(t, numbers, "autoTransferNumber1")
		assert.Nil(t, numbers["autoTransferNumber1"], "a number that is not set is null")

		on := ""
		if e.switches {
			on = `"useCustomTransferNumbers":true,`
			put(t, s, e.numbers, `{`+on+`"autoTransferNumber1":"+31205550100"}`)
			assert.Nil(t, get(t, s, e.numbers)["autoTransferNumber1"], "useCustomEnabled is off: accepted without effect")
			put(t, s, e.permissions, `{"useCustomEnabled":true}`)
			put(t, s, e.numbers, `{"useCustomTransferNumbers":false,"autoTransferNumber1":"+31205550100"}`)
			assert.Nil(t, get(t, s, e.numbers)["autoTransferNumber1"], "the switch is off: accepted without effect")
		}
		put(t, s, e.numbers, `{`+on+`"autoTransferNumber1":"+31205550100","autoTransferNumber3":"+31205550103"}`)
		put(t, s, e.numbers, `{`+on+`"autoTransferNumber1":""}`)
		numbers = get(t, s, e.numbers)
		assert.Nil(t, numbers["autoTransferNumber1"], "an empty string unsets")
		assert.Equal(t, "+31205550103", numbers["autoTransferNumber3"], "what is left out stays")
		refused(t, s, http.MethodPut, e.numbers, `{"autoTransferNumber1":1}`, http.StatusBadRequest, "not valid", 0)
	})
}
