package webextest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// clock is one that goes on only when it is told to.
type clock struct{ passed atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(c.passed.Load()))
}

func (c *clock) pass(d time.Duration) { c.passed.Add(int64(d)) }

// post sends what is answered with a body or with none.
func post(t *testing.T, s *webextest.Server, path, body string) object {
	t.Helper()
	status, answer, _ := exchange(t, s, http.MethodPost, path, body)
	require.Equal(t, http.StatusOK, status, answer)
	return answer
}

func items(t *testing.T, s *webextest.Server, path string) []any {
	t.Helper()
	list, ok := get(t, s, path)["items"].([]any)
	require.True(t, ok, "a list is never null")
	return list
}

// pages follows the links from a page to the last and answers the items of each.
func pages(t *testing.T, s *webextest.Server, address string) [][]any {
	t.Helper()
	var all [][]any
	for address != "" {
		status, answer, header := exchange(t, s, http.MethodGet, address, "")
		require.Equal(t, http.StatusOK, status, answer)
		all = append(all, answer["items"].([]any))
		address = next(t, header)
	}
	return all
}

// field is a member of every item.
func field(items []any, name string) []any {
	values := []any{}
	for _, item := range items {
		values = append(values, item.(object)[name])
	}
	return values
}

func TestDevicesThatAreRefused(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(20))
	person, workspace := fmt.Sprintf(`"personId":%q`, s.People()[0].ID), fmt.Sprintf(`"workspaceId":%q`, s.Workspaces()[0].ID)
	before := s.State()
	for _, test := range []struct {
		body    string
		status  int
		message string
	}{
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0F"`, 400, "Exactly one of personId and workspaceId"},
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0F","personId":""`, 400, "Exactly one of personId and workspaceId"},
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0F",` + person + "," + workspace, 400, "Exactly one of personId and workspaceId"},
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0F","personId":"nobody"`, 404, "There is no person nobody"},
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0F","workspaceId":"none"`, 404, "There is no workspace none"},
		// A person is no workspace, and the other way round.
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0F",` + strings.Replace(person, "personId", "workspaceId", 1), 404, "no workspace"},
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0F",` + strings.Replace(workspace, "workspaceId", "personId", 1), 404, "no person"},
		{`"mac":"0A0B0C0D0E0F",` + person, 400, "model"},
		{`"model":"","mac":"0A0B0C0D0E0F",` + person, 400, "model is empty"},
		{`"model":"DMS Cisco 8865",` + person, 400, "mac"},
		{`"model":"DMS Cisco 8865","mac":"",` + person, 400, "twelve hexadecimal digits"},
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0",` + person, 400, "twelve hexadecimal digits"},
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0F0",` + person, 400, "twelve hexadecimal digits"},
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0G",` + person, 400, "twelve hexadecimal digits"},
		{`"model":"DMS Cisco 8865","mac":"+A0B0C0D0E0F",` + person, 400, "twelve hexadecimal digits"},
		{`"model":"DMS Cisco 8865","mac":"02005E000003",` + person, 409, "02005E000003"},
		{`"model":"DMS Cisco 8865","mac":"02:00:5e:00:00:03",` + person, 409, "02005E000003"},
		{`"model":"DMS Cisco 9871","mac":"02005E000003",` + person, 409, "02005E000003"},
		{`"model":"DMS Generic IPPhone Customer Managed","mac":"0A0B0C0D0E0F",` + person, 400, "password"},
		{`"model":"DMS Cisco 8865","mac":"0A0B0C0D0E0F","color":"red",` + person, 400, "not known: color"},
	} {
		t.Run(test.message, func(t *testing.T) {
			refused(t, s, http.MethodPost, "/devices", "{"+test.body+"}", test.status, test.message, 0)
			assert.Empty(t, webextest.Diff(before, s.State()))
		})
	}
}

func TestDevicesThatAreCreated(t *testing.T) {
	time := &clock{}
	s := webextest.NewServer(t, webextest.WithDevices(20), webextest.WithClock(time.now))
	person, workspace := s.People()[1], s.Workspaces()[1]
	for i, mac := range []string{"0a0b0c0d0e00", "0A:0B:0C:0D:0E:01", "0A-0B-0C-0D-0E-02", "0A0B.0C0D.0E03", "02005E000014"} {
		body := fmt.Sprintf(`{"model":"DMS Cisco 8845","mac":%q,"personId":%q}`, mac, person.ID)
		device := post(t, s, "/devices", body)
		bare := strings.ToUpper(strings.NewReplacer(":", "", "-", "", ".", "").Replace(mac))
		assert.Equal(t, bare, device["mac"])
		assert.Equal(t, "Cisco 8845", device["product"])
		assert.Equal(t, "phone", device["type"])
		assert.Equal(t, person.ID, device["personId"])
		assert.NotContains(t, device, "workspaceId")
		assert.Equal(t, []any{person.DisplayName, person.LocationID}, []any{device["displayName"], device["locationId"]})
		assert.Equal(t, "2026-03-01T12:00:00.000Z", device["created"])
		assert.Equal(t, []any{}, device["tags"])
		assert.Equal(t, any(device), any(get(t, s, "/devices/"+device["id"].(string))))
		assert.Equal(t, []any{device}, items(t, s, "/devices?mac="+url.QueryEscape(mac)))
		assert.Equal(t, device["id"], items(t, s, "/devices")[20+i].(object)["id"], "what is new comes last")
		refused(t, s, http.MethodPost, "/devices", body, http.StatusConflict, bare, 0)
	}

	// The address of what is gone is free again, whether it was made up or not.
	for _, mac := range []string{"0A0B0C0D0E01", "02005E000003"} {
		id := items(t, s, "/devices?mac="+mac)[0].(object)["id"].(string)
		status, _, _ := exchange(t, s, http.MethodDelete, "/devices/"+id, "")
		assert.Equal(t, http.StatusNoContent, status)
		assert.Empty(t, items(t, s, "/devices?mac="+mac))
		device := post(t, s, "/devices", fmt.Sprintf(`{"model":"Cisco 7841","mac":%q,"workspaceId":%q}`, mac, workspace.ID))
		assert.NotEqual(t, id, device["id"])
		assert.Equal(t, []any{workspace.ID, workspace.ID, workspace.DisplayName},
			[]any{device["workspaceId"], device["placeId"], device["displayName"]})
		assert.NotContains(t, device, "personId")
	}
}

func TestPhonesOfOthersNeedAPassword(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(0))
	device := post(t, s, "/devices", fmt.Sprintf(
		`{"model":"DMS Generic IPPhone Customer Managed","mac":"0A0B0C0D0E0F","password":"s3cret","personId":%q}`, s.People()[0].ID))
	assert.Equal(t, []any{"CUSTOMER", "Third Party"}, []any{device["managedBy"], device["manufacturer"]})
	assert.NotContains(t, fmt.Sprint(device, get(t, s, "/devices")), "s3cret", "no answer tells a password")
	assert.Equal(t, "s3cret", s.State().Devices.Added[0].Password)
}

// Phones of the 9800 series are registered without a word about them.
func TestA98xxPhoneIsAnsweredWithNothing(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(3))
	body := fmt.Sprintf(`{"model":"DMS Cisco 9861","mac":"0A:0B:0C:0D:0E:0F","personId":%q}`, s.People()[0].ID)
	status, answer, _ := exchange(t, s, http.MethodPost, "/devices", body)
	assert.Equal(t, http.StatusNoContent, status)
	assert.Nil(t, answer)
	found := items(t, s, "/devices?mac=0A0B0C0D0E0F")
	require.Len(t, found, 1)
	assert.Equal(t, "Cisco 9861", found[0].(object)["product"])
	refused(t, s, http.MethodPost, "/devices", body, http.StatusConflict, "0A0B0C0D0E0F", 0)
}

// Each filter is met by one of the devices alone; all of them together by that one, and with one that is not met by none.
func TestEveryDeviceFilter(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(6), webextest.WithVariedIDs())
	workspace := s.Workspaces()[2]
	s.AddDevice(webextest.Device{
		DisplayName: "Kiosk", WorkspaceID: workspace.ID, LocationID: s.Locations()[1].ID, Product: "Cisco Desk Pro", Type: "roomdesk",
		MAC: "0A:0B:0C:0D:0E:0F", Serial: "FOC1", Software: "RoomOS 11", ConnectionStatus: "connected_with_issues",
		Tags: []string{"north", "hall, east"}, ErrorCodes: []string{"sipprofileregistration", "ice"},
	})
	met := []string{
		"displayName=Kiosk", "workspaceId=" + workspace.ID, "connectionStatus=connected_with_issues", "product=Cisco+Desk+Pro",
		"type=roomdesk", "serial=FOC1", "tag=north", "tag=north&tag=hall%2C+east", "software=RoomOS+11", "errorCode=ice",
		"mac=0a-0b-0c-0d-0e-0f", "capability=xapi", "permission=xapi%3Aall", "devicePlatform=cisco", "plannedMaintenance=off",
		"locationId=" + s.Locations()[1].ID,
	}
	common := map[string]bool{
		"capability=xapi": true, "permission=xapi%3Aall": true, "devicePlatform=cisco": true, "plannedMaintenance=off": true,
		"locationId=" + s.Locations()[1].ID: true,
	}
	for _, query := range met {
		found := items(t, s, "/devices?"+query)
		if !common[query] {
			assert.Len(t, found, 1, query)
		}
		assert.Contains(t, field(found, "displayName"), "Kiosk", query)
	}
	all := strings.Join(met, "&")
	assert.Len(t, items(t, s, "/devices?"+all), 1)
	for _, query := range []string{
		"displayName=kios", "personId=" + s.People()[0].ID,
		"workspaceId=" + s.Workspaces()[0].ID, "workspaceId=none",
		"connectionStatus=connected", "product=Cisco", "type=phone", "serial=FOC", "tag=south", "tag=north&tag=south",
		"software=RoomOS", "errorCode=sip", "mac=0a", "permission=xapi", "devicePlatform=microsoftTeamsRoom", "plannedMaintenance=on",
		"locationId=" + s.Locations()[0].ID, "upgradeChannel=beta", "workspaceLocationId=none",
	} {
		for _, item := range items(t, s, "/devices?"+query) {
			assert.NotEqual(t, "Kiosk", item.(object)["displayName"], query)
		}
	}
	for _, query := range []string{"color=red", "max=0", "start=-1", "start=x"} {
		name, _, _ := strings.Cut(query, "=")
		refused(t, s, http.MethodGet, "/devices?"+query, "", http.StatusBadRequest, name, 0)
	}

	// The ids in lists may be other forms of those elsewhere; as filters they mean the same.
	person := items(t, s, "/devices")[0].(object)["personId"].(string)
	assert.NotEqual(t, person, s.People()[0].ID)
	assert.Equal(t, items(t, s, "/devices?personId="+s.People()[0].ID), items(t, s, "/devices?personId="+url.QueryEscape(person)))
}

// Tags may also be given with commas, and all have to be there.
func TestTagsInOneParameter(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(3))
	s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, Tags: []string{"north", "east"}})
	s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, Tags: []string{"north"}})
	for query, want := range map[string]int{
		"tag=north": 2, "tag=north&tag=east": 1, "tag=north,east": 1, "tag=north%2Ceast": 1, "tag=north,west": 0,
	} {
		assert.Len(t, items(t, s, "/devices?"+query), want, query)
	}
}

// Pages of a filtered list are right from whatever place they are asked for, and after devices came, went and changed.
func TestPagesOfAFilteredList(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(100), webextest.WithPageSize(7))
	s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, Product: "Cisco 8865", MAC: "0A0B0C0D0E01"})
	s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, Product: "Cisco 8865", MAC: "0A0B0C0D0E02"})
	// Filtered here, from the whole list, to compare with.
	check := func(product string) []any {
		want := []any{}
		for _, page := range pages(t, s, "/devices") {
			for _, item := range page {
				if item.(object)["product"] == product {
					want = append(want, item.(object)["id"])
				}
			}
		}
		got := []any{}
		query := "/devices?product=" + url.QueryEscape(product)
		for _, page := range pages(t, s, query+"&max=5") {
			assert.LessOrEqual(t, len(page), 5)
			got = append(got, field(page, "id")...)
		}
		assert.Equal(t, want, got)
		for _, start := range []int{len(want) - 1, 3, 17, 0, 8} { // also back
			page := field(items(t, s, fmt.Sprintf("%s&start=%d&max=2", query, start)), "id")
			assert.Equal(t, want[start:min(start+2, len(want))], page)
			assert.Empty(t, items(t, s, fmt.Sprintf("%s&start=%d", query, len(want))))
		}
		return want
	}
	remove := func(id any) {
		status, _, _ := exchange(t, s, http.MethodDelete, "/devices/"+id.(string), "")
		require.Equal(t, http.StatusNoContent, status)
	}
	ids := check("Cisco 8865")
	require.Len(t, ids, 25)
	check("Cisco 8845")
	for _, gone := range []int{24, 0, 13, 1} { // An added one, then made-up ones, not in order.
		remove(ids[gone])
		check("Cisco 8865")
	}
	items(t, s, "/devices?product=Cisco+8865&max=3")
	remove(ids[2])
	assert.Equal(t, ids[6], items(t, s, "/devices?product=Cisco+8865&start=3&max=3")[0].(object)["id"], "the list is one shorter")
	assert.Len(t, check("Cisco 8865"), 20)
	assert.Len(t, check("Cisco 9871"), 23)
}

// A device that no longer meets a filter leaves the list, also one that was added.
func TestPagesWhileTagsChange(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(2))
	var ids []string
	for range 3 {
		ids = append(ids, s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, Tags: []string{"north"}}).ID)
	}
	assert.Equal(t, ids[0], items(t, s, "/devices?tag=north&max=1")[0].(object)["id"])
	status, _, _ := exchange(t, s, http.MethodPatch, "/devices/"+ids[0], `{"op":"remove","path":"tags"}`)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, ids[2], items(t, s, "/devices?tag=north&start=1&max=1")[0].(object)["id"])
}

func TestTags(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(2))
	added := s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, Tags: []string{"before"}})
	madeUp := items(t, s, "/devices")[0].(object)["id"].(string)
	for _, id := range []string{madeUp, added.ID} {
		path := "/devices/" + id
		for _, step := range []struct {
			body string
			want []any
		}{
			{`{"op":"replace","path":"tags","value":["a","b"]}`, []any{"a", "b"}},
			{`{"op":"add","path":"tags","value":["c","a"]}`, []any{"a", "b", "c"}},
			{`[{"op":"add","path":"tags","value":["d"]}]`, []any{"a", "b", "c", "d"}},
			{`{"op":"remove","path":"tags","value":["a"]}`, []any{}}, // All of them, whatever the value says.
			{`{"op":"remove","path":"tags"}`, []any{}},
			{`[{"op":"add","path":"tags","value":["x"]},{"op":"replace","path":"tags","value":["y"]},` +
				`{"op":"add","path":"tags","value":["z","z"]}]`, []any{"y", "z"}},
			{`[{"op":"replace","path":"tags","value":["v"]},{"op":"remove","path":"tags"}]`, []any{}},
			{`{"op":"replace","path":"tags","value":["last"]}`, []any{"last"}},
		} {
			status, answer, _ := exchange(t, s, http.MethodPatch, path, step.body)
			assert.Equal(t, http.StatusOK, status, answer)
			assert.Equal(t, step.want, answer["tags"], step.body)
			assert.Equal(t, any(answer), any(get(t, s, path)), "the answer is the device")
		}
		for _, body := range []string{
			`{"op":"swap","path":"tags","value":["a"]}`, `{"op":"add","path":"mac","value":["a"]}`, `{"path":"tags","value":["a"]}`,
			`{"op":"add","path":"tags","value":"a"}`, `{"op":"add","path":"tags","value":[1]}`, `null`, `"tags"`, `{`, ``,
			`[{"op":"remove","path":"tags"},{"op":"swap","path":"tags","value":["a"]}]`,
			`{"op":"add","path":"tags","values":["a"]}`, `[{"op":"add","path":"tags","from":"a","value":["a"]}]`,
		} {
			refused(t, s, http.MethodPatch, path, body, http.StatusBadRequest, "", 0)
			assert.Equal(t, []any{"last"}, get(t, s, path)["tags"], body)
		}
		// It is the one operation that takes another media type.
		for mediaType, want := range map[string]int{
			"application/json": 415, "text/plain": 415, "": 415, "application/json-patch+json": 200,
			"application/json-patch+json; charset=utf-8": 200,
		} {
			status, answer := directAs(s, http.MethodPatch, path, mediaType, `{"op":"replace","path":"tags","value":["last"]}`)
			assert.Equal(t, want, status, "%s: %v", mediaType, answer)
		}
	}
	refused(t, s, http.MethodPatch, "/devices/none", `{"op":"remove","path":"tags"}`, http.StatusNotFound, "no device none", 0)
}

func TestActivationCodes(t *testing.T) {
	time1 := &clock{}
	s := webextest.NewServer(t, webextest.WithDevices(1), webextest.WithClock(time1.now))
	person, workspace := s.People()[0], s.Workspaces()[0]
	before := s.State()
	for body, message := range map[string]string{
		`{}`: "Exactly one",
		fmt.Sprintf(`{"personId":%q,"workspaceId":%q}`, person.ID, workspace.ID): "Exactly one",
		`{"personId":"x","color":"red"}`:                                         "not known: color",
	} {
		refused(t, s, http.MethodPost, "/devices/activationCode", body, http.StatusBadRequest, message, 0)
	}
	refused(t, s, http.MethodPost, "/devices/activationCode", `{"personId":"x"}`, http.StatusNotFound, "no person x", 0)
	assert.Empty(t, webextest.Diff(before, s.State()))

	newCode := func(body string) string {
		answer := post(t, s, "/devices/activationCode", body)
		assert.Regexp(t, `^[0-9]{16}$`, answer["code"])
		expiry, err := time.Parse(time.RFC3339, answer["expiryTime"].(string))
		require.NoError(t, err)
		assert.Equal(t, 7*24*time.Hour, expiry.Sub(time1.now()))
		return answer["code"].(string)
	}
	phone := newCode(fmt.Sprintf(`{"personId":%q,"model":"DMS Cisco 8865"}`, person.ID))
	late := newCode(fmt.Sprintf(`{"personId":%q,"model":"DMS Cisco 8865"}`, person.ID))
	room := newCode(fmt.Sprintf(`{"workspaceId":%q}`, workspace.ID))

	device, err := s.Activate(phone, webextest.Device{MAC: "0a:0b:0c:0d:0e:0f"})
	require.NoError(t, err)
	shown := get(t, s, "/devices/"+device.ID)
	assert.Equal(t, []any{"Cisco 8865", "phone", person.ID, "0A0B0C0D0E0F"},
		[]any{shown["product"], shown["type"], shown["personId"], shown["mac"]})
	_, err = s.Activate(phone, webextest.Device{})
	require.ErrorContains(t, err, "not known, or was used")
	_, err = s.Activate("0000", webextest.Device{})
	require.ErrorContains(t, err, "not known, or was used")

	device, err = s.Activate(room, webextest.Device{})
	require.NoError(t, err)
	shown = get(t, s, "/devices/"+device.ID)
	assert.Equal(t, []any{"roomdesk", workspace.ID, workspace.DisplayName},
		[]any{shown["type"], shown["workspaceId"], shown["displayName"]})

	time1.pass(7*24*time.Hour + time.Millisecond)
	_, err = s.Activate(late, webextest.Device{})
	require.ErrorContains(t, err, "expired")
	assert.Len(t, items(t, s, "/devices"), 3)
}

// A MAC address is taken while a device has it: not before the device changes to it, and not after.
func TestMACAddressOfAChangedDevice(t *testing.T) {
	const made, changed = "02005E000003", "0A0B0C0D0E0F"
	s := webextest.NewServer(t, webextest.WithDevices(20))
	var device webextest.Device
	for device = range s.Devices() {
		if device.MAC == made {
			break
		}
	}
	create := func(mac string) int {
		before := s.State()
		status, _, _ := exchange(t, s, http.MethodPost, "/devices", fmt.Sprintf(
			`{"model":"DMS Cisco 8865","mac":%q,"personId":%q}`, mac, s.People()[0].ID))
		s.Change(func(state *webextest.State) { *state = before })
		return status
	}
	assert.Equal(t, []int{409, 200}, []int{create(made), create(changed)})
	require.True(t, s.ChangeDevice(device.ID, func(d *webextest.Device) { d.Tags = []string{"lobby"} }))
	assert.Equal(t, []int{409, 200}, []int{create(made), create(changed)}, "another change")
	require.True(t, s.ChangeDevice(device.ID, func(d *webextest.Device) { d.MAC = changed }))
	assert.Equal(t, []int{200, 409}, []int{create(made), create(changed)}, "a change of the address")
	require.True(t, s.RemoveDevice(device.ID))
	assert.Equal(t, []int{200, 200}, []int{create(made), create(changed)}, "the device was removed")
}

// settings is a job for the whole organization.
const settings = `{"customizations":{"mpp":{"pnacEnabled":true}}}`

func TestJobsThatAreRefused(t *testing.T) {
	s := webextest.NewServer(t)
	before, location := s.State(), s.Locations()[0].ID
	for _, test := range []struct {
		body    string
		status  int
		message string
		code    int
	}{
		{`{}`, 400, "customizations", 25008},
		{`{"locationCustomizationsEnabled":false}`, 400, "customizations", 25008},
		{fmt.Sprintf(`{"locationId":%q}`, location), 400, "customizations", 25008},
		{fmt.Sprintf(`{"locationId":%q,"locationCustomizationsEnabled":true}`, location), 400, "customizations", 25008},
		{`{"locationId":"nowhere","customizations":{}}`, 404, "There is no location nowhere", 0},
		{fmt.Sprintf(`{"locationId":%q,"customizations":{}}`, s.People()[0].ID), 404, "There is no location", 0},
		{`{"customizations":{"mpp":{"poeMode":"SOME"}}}`, 400, "poeMode", 0},
		{`{"customizations":{"mpp":{"color":"red"}}}`, 400, "customizations.mpp.color", 0},
		{`{"customizations":[]}`, 400, "customizations", 0},
	} {
		refused(t, s, http.MethodPost, jobs, test.body, test.status, test.message, test.code)
	}
	refused(t, s, http.MethodGet, jobs+"/none", "", http.StatusNotFound, "There is no job none", 0)
	refused(t, s, http.MethodGet, jobs+"/none/errors", "", http.StatusNotFound, "There is no job none", 0)
	assert.Empty(t, webextest.Diff(before, s.State()))
}

// A job advances with the clock; what failed is told when it has ended.
func TestAJobRunsItsCourse(t *testing.T) {
	time1 := &clock{}
	s := webextest.NewServer(t, webextest.WithDevices(9), webextest.WithClock(time1.now), webextest.WithJobDuration(100*time.Second),
		webextest.WithPageSize(2))
	var failing []any
	for range 5 {
		device := webextest.Device{PersonID: s.People()[0].ID, ErrorCodes: []string{"sipprofileregistration"}}
		failing = append(failing, s.AddDevice(device).ID)
	}
	job := post(t, s, jobs, settings)
	path := jobs + "/" + job["id"].(string)
	assert.Equal(t, []any{"CUSTOMER", "", 14.0, "calldevicesettings", "calldevicesettings"},
		[]any{job["target"], job["locationId"], job["deviceCount"], job["name"], job["jobType"]})
	assert.NotContains(t, job, "locationName")
	for _, state := range []struct {
		after        time.Duration
		status, exit string
		percent      float64
		elapsed      string
	}{
		{0, "STARTING", "UNKNOWN", 0, "PT0.000S"},
		{9 * time.Second, "STARTING", "UNKNOWN", 9, "PT9.000S"},
		{time.Second, "STARTED", "UNKNOWN", 10, "PT10.000S"},
		{40500 * time.Millisecond, "STARTED", "UNKNOWN", 50, "PT50.500S"},
		{49499 * time.Millisecond, "STARTED", "UNKNOWN", 99, "PT99.999S"},
		{time.Millisecond, "COMPLETED", "COMPLETED_WITH_ERRORS", 100, "PT100.000S"},
		{time.Hour, "COMPLETED", "COMPLETED_WITH_ERRORS", 100, "PT100.000S"},
	} {
		time1.pass(state.after)
		job = get(t, s, path)
		execution := job["jobExecutionStatus"].([]any)[0].(object)
		assert.Equal(t, []any{state.status, state.exit, state.percent, state.status, state.exit, state.elapsed}, []any{
			job["latestExecutionStatus"], job["latestExecutionExitCode"], job["percentageComplete"],
			execution["statusMessage"], execution["exitCode"], execution["timeElapsed"],
		})
		assert.Equal(t, []any{job}, items(t, s, jobs), "the list tells the same")
		ended := state.percent == 100
		assert.Equal(t, ended, execution["endTime"] != nil)
		assert.Equal(t, ended, len(items(t, s, path+"/errors")) > 0, "errors are told at the end")
		if ended {
			assert.Equal(t, "2026-03-01T12:01:40.000Z", execution["endTime"])
			continue
		}
		refused(t, s, http.MethodPost, jobs, settings, http.StatusConflict, "is running", 0)
	}

	var all []any
	errors := pages(t, s, path+"/errors")
	for i, size := range []int{2, 2, 1} {
		require.Len(t, errors[i], size)
		all = append(all, errors[i]...)
	}
	assert.Equal(t, failing, field(all, "item"))
	assert.Equal(t, []any{1.0, 2.0, 3.0, 4.0, 5.0}, field(all, "itemNumber"))
	detail := all[0].(object)["error"].(object)
	assert.Equal(t, "500", detail["key"])
	assert.Contains(t, detail["message"].([]any)[0], "code", "the code is null, not left out")
	assert.Len(t, items(t, s, path+"/errors?start=4&max=5"), 1)
	assert.Empty(t, items(t, s, path+"/errors?start=5"))
	refused(t, s, http.MethodGet, path+"/errors?max=0", "", http.StatusBadRequest, "max", 0)
}

func TestJobsOfALocation(t *testing.T) {
	time1 := &clock{}
	s := webextest.NewServer(t, webextest.WithDevices(0), webextest.WithClock(time1.now), webextest.WithJobDuration(time.Minute))
	here, there := s.Locations()[0], s.Locations()[1]
	for i, location := range []string{here.ID, here.ID, there.ID} {
		s.AddDevice(webextest.Device{LocationID: location, PersonID: s.People()[i].ID, ErrorCodes: []string{"ice"}})
	}
	for _, test := range []struct {
		body    string
		enabled bool
		devices float64
	}{
		{fmt.Sprintf(`{"locationId":%q,"locationCustomizationsEnabled":true,"customizations":{"mpp":{}}}`, here.ID), true, 2},
		{fmt.Sprintf(`{"locationId":%q,"locationCustomizationsEnabled":false}`, here.ID), false, 2},
		{fmt.Sprintf(`{"locationId":%q,"customizations":{}}`, here.ID), false, 2},
	} {
		job := post(t, s, jobs, test.body)
		assert.Equal(t, []any{"LOCATION", here.ID, here.Name, test.enabled, test.devices}, []any{
			job["target"], job["locationId"], job["locationName"], job["locationCustomizationsEnabled"], job["deviceCount"],
		})
		// One at a time in the organization, not in each location.
		refused(t, s, http.MethodPost, jobs, settings, http.StatusConflict, "is running", 0)
		time1.pass(time.Minute)
		errors := items(t, s, jobs+"/"+job["id"].(string)+"/errors")
		require.Len(t, errors, 2)
		message := errors[0].(object)["error"].(object)["message"].([]any)[0].(object)
		assert.Equal(t, here.ID, message["locationId"])
	}
}

func TestJobsNewestFirst(t *testing.T) {
	time1 := &clock{}
	s := webextest.NewServer(t, webextest.WithDevices(2), webextest.WithClock(time1.now), webextest.WithPageSize(3))
	var newest []any
	for range 7 {
		job := post(t, s, jobs, settings)
		newest = append([]any{job["id"]}, newest...)
		time1.pass(time.Second)
	}
	var ids []any
	for i, page := range pages(t, s, jobs+"?max=50") {
		assert.Len(t, page, []int{3, 3, 1}[i])
		ids = append(ids, field(page, "id")...)
	}
	assert.Equal(t, newest, ids)
	assert.Equal(t, newest[5:], field(items(t, s, jobs+"?start=5"), "id"))
	assert.Equal(t, "COMPLETED", get(t, s, jobs+"/"+ids[0].(string))["latestExecutionExitCode"], "no device had error codes")
}

const million = 1_000_000

func TestAMillionDevices(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(million))
	again := webextest.NewServer(t, webextest.WithDevices(million))
	for _, start := range []int{0, 567_800, million - 100} {
		path := fmt.Sprintf("/devices?start=%d", start)
		status, answer, header := exchange(t, s, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, status)
		page := answer["items"].([]any)
		require.Len(t, page, 100)
		for i, item := range page {
			assert.Equal(t, fmt.Sprintf("FVH2740%04X", start+i), item.(object)["serial"])
		}
		assert.Equal(t, page, items(t, s, path), "asked again, the answer is the same")
		assert.Equal(t, page, items(t, again, path), "another server of the same seed has the same")
		assert.Equal(t, page[99], any(get(t, s, "/devices/"+page[99].(object)["id"].(string))))
		if start+100 == million {
			assert.Empty(t, header.Get("Link"))
			continue
		}
		assert.Contains(t, next(t, header), fmt.Sprintf("start=%d", start+100))
	}
	assert.Empty(t, items(t, s, fmt.Sprintf("/devices?start=%d", million)))
	last := items(t, s, fmt.Sprintf("/devices?start=%d", million-1))[0].(object)["id"].(string)
	status, _, _ := exchange(t, s, http.MethodDelete, "/devices/"+items(t, s, "/devices?max=1")[0].(object)["id"].(string), "")
	assert.Equal(t, http.StatusNoContent, status)
	assert.Equal(t, last, items(t, s, fmt.Sprintf("/devices?start=%d", million-2))[0].(object)["id"], "the others keep their ids")
	assert.Empty(t, items(t, s, fmt.Sprintf("/devices?start=%d", million-1)))
}

// BenchmarkMillionDevices lists all devices, a thousand at a time. It tells by how much the heap has grown when all garbage is
// gone, and by how much it was larger at most on the way.
func BenchmarkMillionDevices(b *testing.B) {
	s := webextest.New(webextest.WithDevices(million), webextest.WithPageSize(1000))
	heap := func(collect bool) float64 {
		if collect {
			runtime.GC()
		}
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return float64(stats.HeapAlloc) / (1 << 20)
	}
	direct(s, http.MethodGet, "/devices?max=1", "") // What is read once for all servers does not count.
	before := heap(true)
	most := before
	for b.Loop() {
		for start := 0; start < million; start += 1000 {
			status, answer := direct(s, http.MethodGet, fmt.Sprintf("/devices?start=%d", start), "")
			if status != http.StatusOK || len(answer["items"].([]any)) != 1000 {
				b.Fatal(status)
			}
			most = max(most, heap(false))
		}
	}
	b.ReportMetric(heap(true)-before, "MB-growth")
	b.ReportMetric(most-before, "MB-peak")
	runtime.KeepAlive(s)
}
