package webextest_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// The tests of this file send what a widely used client in another language sends, and read responses as that client does. Its
// tests run on the Webex API.

// nullMembers is a change of permissions in which the members that do not change are null.
const nullMembers = `{"useCustomEnabled":%s,"useCustomPermissions":null,"callingPermissions":%s}`

func nullEntry(action string) string {
	return fmt.Sprintf(`[{"callType":"NATIONAL","action":%q,"transferEnabled":false,"isCallTypeRestrictionEnabled":null}]`, action)
}

func TestNullInAChangeOfPermissionsIsAbsent(t *testing.T) {
	forEachEntity(t, func(t *testing.T, s *webextest.Server, e entity) {
		put(t, s, e.permissions, fmt.Sprintf(nullMembers, "true", nullEntry("BLOCK")))
		if e.switches {
			settings := get(t, s, e.permissions)
			assert.Equal(t, []any{true, false}, []any{settings["useCustomEnabled"], settings["useCustomPermissions"]})
		}
		before := get(t, s, e.permissions)
		assert.Equal(t, "BLOCK", entry(t, s, e.permissions, "NATIONAL")["action"])
		put(t, s, e.permissions, fmt.Sprintf(nullMembers, "null", "null"))
		assert.Equal(t, before, get(t, s, e.permissions), "null changes nothing")
	})
	s := webextest.NewServer(t)
	path := "/telephony/config/people/" + s.People()[0].ID + "/outgoingPermission" // the newer path
	put(t, s, path, fmt.Sprintf(nullMembers, "true", nullEntry("BLOCK")))
	assert.Equal(t, "BLOCK", entry(t, s, path, "NATIONAL")["action"])
	for member, body := range map[string]string{
		"callType":        `{"callingPermissions":[{"callType":null,"action":"BLOCK","transferEnabled":true}]}`,
		"action":          `{"callingPermissions":[{"callType":"NATIONAL","action":null,"transferEnabled":true}]}`,
		"transferEnabled": `{"callingPermissions":[{"callType":"NATIONAL","action":"BLOCK","transferEnabled":null}]}`,
	} {
		refused(t, s, http.MethodPut, path, body, http.StatusBadRequest, member, 0)
	}
}

// The client changes entries with useCustomEnabled alone, and turns it off and on.
func TestUseCustomEnabledAlone(t *testing.T) {
	s := webextest.NewServer(t)
	for _, e := range entities(s) {
		if !e.switches {
			continue
		}
		put(t, s, e.permissions, `{"useCustomEnabled":true,`+permissions("NATIONAL", "BLOCK")+"}")
		for _, step := range []struct{ enabled, action string }{{"false", "ALLOW"}, {"true", "BLOCK"}} {
			put(t, s, e.permissions, fmt.Sprintf(nullMembers, step.enabled, "null"))
			assert.Equal(t, step.action, entry(t, s, e.permissions, "NATIONAL")["action"], "%s %s", e.kind, step.enabled)
		}
	}
}

func TestTransferNumbersWithoutTheirSwitch(t *testing.T) {
	forEachEntity(t, func(t *testing.T, s *webextest.Server, e entity) {
		if e.switches {
			put(t, s, e.numbers, `{"autoTransferNumber1":"+31205550100"}`)
			assert.Nil(t, get(t, s, e.numbers)["autoTransferNumber1"], "useCustomEnabled is off: accepted and not stored")
			put(t, s, e.permissions, `{"useCustomEnabled":true}`)
		}
		put(t, s, e.numbers, `{"autoTransferNumber1":"+31205550100"}`)
		put(t, s, e.numbers, `{"autoTransferNumber2":"+31205550101"}`)
		numbers := get(t, s, e.numbers)
		assert.Equal(t, []any{"+31205550100", "+31205550101", nil},
			[]any{numbers["autoTransferNumber1"], numbers["autoTransferNumber2"], numbers["autoTransferNumber3"]})
		if e.switches {
			assert.Equal(t, false, numbers["useCustomTransferNumbers"], "the switch stays")
		}
	})
}

func TestCallTypesInReads(t *testing.T) {
	for want, options := range map[int][]webextest.Option{10: nil, 13: {webextest.WithReadOnlyCallTypes()}} {
		s := webextest.NewServer(t, options...)
		for _, e := range entities(s) {
			assert.Len(t, get(t, s, e.permissions)["callingPermissions"], want, e.kind)
			put(t, s, e.permissions, `{"useCustomEnabled":true}`)
			for _, callType := range []string{"URL_DIALING", "UNKNOWN", "CASUAL", "LOCAL", "TOLL"} {
				refused(t, s, http.MethodPut, e.permissions, "{"+permissions(callType, "BLOCK")+"}",
					http.StatusBadRequest, "not supported for updates", 25321)
			}
		}
	}
}

func TestLevelInCodesOfALocation(t *testing.T) {
	s := webextest.NewServer(t)
	path := "/telephony/config/locations/" + s.Locations()[0].ID + "/outgoingPermission/accessCodes"
	expect(t, s, 201, "POST", path, `{"accessCodes":[{"code":"1","description":"one","level":"LOCATION"},`+
		`{"code":"2","description":"two","level":null}]}`)
	assert.Equal(t, []string{"1", "2"}, codes(t, s, path), "reads have no level")
	refused(t, s, "POST", path, `{"accessCodes":[{"code":"3","description":"d","label":"x"}]}`, 400, "label", 0)
	refused(t, s, "POST", organizationCodes, `{"accessCodes":[{"code":"3","description":"d","level":"CUSTOM"}]}`, 400, "level", 0)
}

func TestShortBacklightTimer(t *testing.T) {
	s := webextest.NewServer(t)
	post(t, s, jobs, `{"customizations":{"mpp":{"backlightTimer":"ONE_M"}}}`)
}

// decodeID decodes an id as the client does, which adds no padding.
func decodeID(t *testing.T, id any) string {
	t.Helper()
	decoded, err := base64.StdEncoding.DecodeString(id.(string))
	require.NoError(t, err, id)
	return string(decoded)
}

func TestFormsOfIDs(t *testing.T) {
	s := webextest.NewServer(t)
	for _, item := range append(items(t, s, "/devices"), s.AddDevice(webextest.Device{}).ID) {
		device, ok := item.(object)
		if !ok {
			device = get(t, s, "/devices/"+item.(string))
		}
		assert.Regexp(t, `^ciscospark://urn:TEAM:[^/]+/DEVICE/[0-9a-f-]{36}$`, decodeID(t, device["id"]))
		if device["type"] == "phone" {
			assert.Regexp(t, `/CALLING_DEVICE/[0-9a-f-]{36}$`, decodeID(t, device["callingDeviceId"]))
		}
	}
	organization := tail(t, s.OrganizationID())
	known := map[string]bool{}
	s.Change(func(state *webextest.State) {
		state.Licenses = append(state.Licenses, webextest.License{Name: "Other"})
	})
	for _, license := range s.Licenses() {
		text, err := base64.RawStdEncoding.DecodeString(license.ID)
		require.NoError(t, err)
		name, ok := strings.CutPrefix(string(text), "ciscospark://us/LICENSE/"+organization+":")
		require.True(t, ok, string(text))
		parts := strings.Split(name, "_")
		require.Len(t, parts, map[bool]int{true: 3, false: 2}[license.SiteURL != ""])
		require.NoError(t, uuid.Validate(parts[1]))
		known[parts[1]] = true
		assert.Equal(t, license.Name, get(t, s, "/licenses/"+license.ID)["name"])
	}
	assert.Len(t, known, len(s.Licenses()), "each has a UUID of its own")
}

func TestSourceUserOfAJobIsAPerson(t *testing.T) {
	s := webextest.NewServer(t)
	job := post(t, s, jobs, settings)
	assert.Equal(t, s.People()[0].ID, job["sourceUserId"])
	s.Change(func(state *webextest.State) { state.People = nil })
	assert.NotEmpty(t, get(t, s, jobs+"/"+job["id"].(string))["sourceUserId"])
}

func TestAccountTypesAreInCapitals(t *testing.T) {
	s := webextest.NewServer(t)
	person := byID(s.People()[pro])
	status, answer := assign(t, s, person, []string{"+Webex Meetings"}, freeSite)
	require.Equal(t, http.StatusOK, status, answer)
	assert.ElementsMatch(t, []any{
		object{"siteUrl": "acme-free.webex.com", "accountType": "ATTENDEE"},
		object{"siteUrl": "acme.webex.com", "accountType": "HOST"},
	}, answer["siteUrls"])
	status, answer = assign(t, s, person, []string{"-Webex Meetings"})
	require.Equal(t, http.StatusOK, status, answer)
	assert.Len(t, answer["siteUrls"], 1, "a host loses the site with the license")
}

func TestDatesHaveMilliseconds(t *testing.T) {
	clock := &hand{now: time.Date(2026, time.May, 4, 12, 0, 0, 0, time.FixedZone("", 3600))}
	s := webextest.NewServer(t, webextest.WithClock(clock.Now))
	post(t, s, jobs, settings)
	clock.Move(time.Hour + 250*time.Millisecond)
	post(t, s, "/devices", fmt.Sprintf(`{"mac":"02005EA00001","model":"Cisco 8865","personId":%q}`, s.People()[0].ID))
	texts := []any{
		get(t, s, "/devices"), get(t, s, "/devices?start=200"), get(t, s, jobs),
		post(t, s, "/devices/activationCode", fmt.Sprintf(`{"personId":%q}`, s.People()[0].ID)),
	}
	dates := regexp.MustCompile(`\d{4}-\d\d-\d\dT\S*?[Z\]} ]`).FindAllString(fmt.Sprint(texts), -1)
	assert.Greater(t, len(dates), 300)
	for _, date := range dates {
		assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`, date)
	}
	assert.Contains(t, dates, "2026-05-04T11:00:00.000Z")
	assert.Contains(t, dates, "2026-05-04T12:00:00.250Z")
}

func TestUnknownNames(t *testing.T) {
	strict, lenient := webextest.NewServer(t), webextest.NewServer(t, webextest.Lenient())
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/devices?color=red", ""},
		{"GET", "/licenses/" + strict.Licenses()[0].ID + "?orgId=" + strict.OrganizationID(), ""},
		{"PUT", entities(strict)[0].permissions, `{"color":"red","callingPermissions":[{"callType":"NATIONAL","action":"ALLOW",` +
			`"transferEnabled":true,"color":"red"}]}`},
		{"POST", jobs, `{"customizations":{"mpp":{"color":"red"}}}`},
		{"POST", organizationCodes, `{"accessCodes":[{"code":"1","description":"d","level":"CUSTOM"}]}`},
	} {
		expect(t, strict, http.StatusBadRequest, c.method, c.path, c.body)
		status, answer := exchangeEmpty(t, lenient, c.method, c.path, c.body)
		assert.Less(t, status, 300, "%s %s: %v", c.method, c.path, answer)
	}
	// What breaks the document otherwise is rejected by both.
	for _, s := range []*webextest.Server{strict, lenient} {
		expect(t, s, http.StatusBadRequest, "GET", "/devices?max=x", "")
		expect(t, s, http.StatusBadRequest, "PUT", entities(s)[0].permissions, `{"useCustomEnabled":"yes"}`)
		expect(t, s, http.StatusBadRequest, "PUT", entities(s)[0].permissions, `{} {}`)
	}
}
