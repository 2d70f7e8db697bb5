package webextest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/gen/server"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// allDevices returns every device of the made-up organization as the API writes it.
func allDevices(t *testing.T, s *webextest.Server) []object {
	t.Helper()
	var all []object
	for _, page := range pages(t, s, "/devices") {
		for _, item := range page {
			all = append(all, item.(object))
		}
	}
	return all
}

// Every filter of the API matches some devices of the made-up organization, and not all of them.
func TestEveryFilterMatchesSomeDevices(t *testing.T) {
	s := webextest.NewServer(t)
	j := newJudge(t)
	first := func(t *testing.T, member string) string {
		t.Helper()
		for _, device := range allDevices(t, s) {
			switch value := device[member].(type) {
			case string:
				return value
			case []any:
				if len(value) > 0 {
					return value[0].(string)
				}
			}
		}
		require.Fail(t, "no device has "+member)
		return ""
	}
	members := map[string]string{
		"tag": "tags", "errorCode": "errorCodes", "capability": "capabilities", "permission": "permissions",
	}
	for _, name := range parameters(j.routes["listDevices"], "query") {
		if slices.Contains([]string{"start", "max", "orgId"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			member := name
			if other, ok := members[name]; ok {
				member = other
			}
			values := []string{first(t, member)}
			switch name {
			case "connectionStatus":
				values = nil
				for _, value := range j.routes["listDevices"].Spec.Components.Schemas["DeviceConnectionStatus"].Value.Enum {
					values = append(values, value.(string))
				}
				require.Len(t, values, 8)
			case "type":
				values = []string{"phone", "roomdesk", "accessory"}
			case "plannedMaintenance":
				values = []string{"off", "on", "upcoming"}
			case "devicePlatform":
				values = []string{"cisco", "microsoftTeamsRoom"}
			}
			for _, value := range values {
				found := 0
				for _, page := range pages(t, s, "/devices?"+name+"="+url.QueryEscape(value)) {
					found += len(page)
				}
				assert.Positive(t, found, value)
				assert.Less(t, found, 250, value)
			}
		})
	}
}

func TestMadeUpDevices(t *testing.T) {
	s := webextest.NewServer(t)
	owners, lobby := map[any]bool{}, s.Workspaces()[0].ID
	var lobbyPhone bool
	for _, device := range allDevices(t, s) {
		owners[device["personId"]] = true
		phone := device["type"] == "phone"
		lobbyPhone = lobbyPhone || phone && device["workspaceId"] == lobby
		pattern := `^([0-9A-F]{2}:){5}[0-9A-F]{2}$`
		if phone {
			pattern = `^[0-9A-F]{12}$`
		}
		assert.Regexp(t, pattern, device["mac"])
		assert.Equal(t, phone, device["callingDeviceId"] != nil)
		assert.Equal(t, device["type"] == "roomdesk", device["webexDeviceId"] != nil)
		assert.Equal(t, device["connectionStatus"] == "connected_with_issues", len(device["errorCodes"].([]any)) > 0)
		if device["product"] == "Cisco Room Kit" {
			assert.Equal(t, "roomdesk", device["type"])
		}
	}
	assert.True(t, lobbyPhone, "a workspace has a phone")
	var without, overriding int
	for _, person := range s.People() {
		if !owners[person.ID] {
			without++
		}
		if person.Outgoing.UseCustomEnabled && person.Outgoing.UseCustomPermissions {
			overriding++
		}
	}
	assert.Equal(t, []int{24, 3, 3}, []int{len(s.People()), without, overriding})
	assert.Len(t, s.VirtualLines(), 2)

	kit := s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, Product: "Cisco Room Kit", MAC: "0a0b0c0d0e0f"})
	assert.Equal(t, "roomdesk", kit.Type)
	assert.Equal(t, "0A:0B:0C:0D:0E:0F", get(t, s, "/devices/"+url.PathEscape(kit.ID))["mac"])
}

func TestMadeUpLocationsDiffer(t *testing.T) {
	s := webextest.NewServer(t)
	found := map[string]bool{}
	for _, l := range s.Locations() {
		permission, _ := s.InForce(l.ID, "PREMIUM_SERVICES_I")
		found[permission.Action] = true
	}
	assert.Equal(t, map[string]bool{"ALLOW": true, "BLOCK": true}, found)
}

func TestMadeUpJobFailed(t *testing.T) {
	s := webextest.NewServer(t)
	list := items(t, s, jobs)
	require.Len(t, list, 1)
	job := list[0].(object)
	assert.Equal(t, []any{"FAILED", "FAILED"}, []any{job["latestExecutionStatus"], job["latestExecutionExitCode"]})
	errors := items(t, s, jobs+"/"+job["id"].(string)+"/errors")
	require.Len(t, errors, 2)
	for _, failed := range errors {
		device := get(t, s, "/devices/"+url.PathEscape(failed.(object)["item"].(string)))
		assert.NotEmpty(t, device["errorCodes"])
	}
	client, err := api.NewClient(api.WithToken(s.Token), api.WithBaseURL(s.URL))
	require.NoError(t, err)
	_, err = client.DeviceSettingsJobs.Wait(t.Context(), job["id"].(string), nil)
	require.ErrorIs(t, err, api.ErrJobFailed)
	assert.Empty(t, items(t, webextest.NewServer(t, webextest.WithDevices(5)), jobs), "no device rejects its settings")
}

// A default that was changed is not shown to its followers until it is read.
func TestFollowersOfAChangedDefault(t *testing.T) {
	s := webextest.NewServer(t)
	const defaults = "/telephony/config/people/settings/permissions"
	follower := "/telephony/config/people/" + s.People()[0].ID + "/settings/permissions"
	shown := func() any { return get(t, s, follower)["userSettingsPermissions"].(object)["voicemail"] }
	before := s.State()
	for _, level := range []string{"NO_ACCESS", "FULL_ACCESS", "NO_ACCESS"} {
		put(t, s, defaults, fmt.Sprintf(`{"voicemail":%q}`, level))
	}
	assert.Equal(t, "FULL_ACCESS", shown())
	assert.Equal(t, true, get(t, s, follower)["userOrgSettingsPermissionEnabled"])
	assert.Equal(t, "NO_ACCESS", get(t, s, defaults)["voicemail"])
	assert.Equal(t, "NO_ACCESS", shown())
	assert.Equal(t, []string{`featureAccess.voicemail: "FULL_ACCESS" -> "NO_ACCESS"`}, webextest.Diff(before, s.State()))
}

// Extensions are unique in a location, phone numbers in the organization.
func TestNumbersThatAreTaken(t *testing.T) {
	for name, test := range map[string]struct {
		properties string
		status     int
	}{
		"extension of the location":          {`{"extension":"1001","locationId":"LOCATION"}`, http.StatusConflict},
		"extension of another location":      {`{"extension":"1000","locationId":"LOCATION"}`, http.StatusOK},
		"extension of nobody":                {`{"extension":"4711","locationId":"LOCATION"}`, http.StatusOK},
		"phone number":                       {`{"phoneNumber":"+31205551000"}`, http.StatusConflict},
		"phone number without the plus sign": {`{"phoneNumber":"31205551000"}`, http.StatusConflict},
		"the own extension":                  {`{"extension":"1005","locationId":"LOCATION"}`, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			s := webextest.NewServer(t)
			before := s.State()
			status, answer := assign(t, s, byID(s.People()[pro]), []string{toPro + "|" + test.properties})
			assert.Equal(t, test.status, status, answer)
			if status != http.StatusOK {
				assert.Contains(t, answer["message"], "in use")
				assert.Empty(t, webextest.Diff(before, s.State()))
			}
		})
	}
	// A person who moves takes the extension along.
	s := webextest.NewServer(t)
	s.Change(func(state *webextest.State) { state.People[1].Extension = state.People[0].Extension })
	status, answer := assign(t, s, byID(s.People()[0]), []string{toPro + `|{"phoneNumber":"+31205559999","locationId":"LOCATION"}`})
	assert.Equal(t, http.StatusConflict, status, answer)
}

// A phone number belongs to a location, so that a person without one is at the location of the number.
func TestLocationOfANumber(t *testing.T) {
	for number, place := range map[string]int{"+31205559876": 0, "+351225559876": 1, "351225559876": 1, "+4915550100": 0} {
		s := webextest.NewServer(t)
		s.Change(func(state *webextest.State) { state.People[pro].LocationID = "" })
		status, answer := assign(t, s, byID(s.People()[pro]), []string{toPro + fmt.Sprintf(`|{"phoneNumber":%q}`, number)})
		require.Equal(t, http.StatusOK, status, answer)
		assert.Equal(t, s.Locations()[place].ID, s.People()[pro].LocationID, number)
		permission, found := s.InForce(s.People()[pro].ID, string(server.CallTypePremiumServicesI))
		assert.True(t, found)
		assert.Equal(t, []string{"BLOCK", "ALLOW"}[place], permission.Action)
	}
}
