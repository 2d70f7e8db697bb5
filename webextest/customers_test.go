package webextest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

func TestCustomersHaveDevices(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(40), webextest.WithPeople(9))
	customer := s.AddCustomer("Globex")
	at := "orgId=" + url.QueryEscape(customer.ID)
	own := map[string]bool{}
	for device := range s.Devices() {
		own[device.ID] = true
	}
	assert.Len(t, own, 40)
	var ids []string
	for device := range s.DevicesOf(customer.ID) {
		assert.False(t, own[device.ID], "ids differ between organizations")
		ids = append(ids, device.ID)
	}
	require.Len(t, ids, 40)
	assert.Len(t, customer.People, 9)
	assert.Len(t, items(t, s, "/devices?"+at), 40)
	assert.Equal(t, customer.ID, get(t, s, "/devices/"+ids[3]+"?"+at)["orgId"])
	for range s.DevicesOf("unknown") {
		assert.Fail(t, "there is no such organization")
	}

	// What finds a device by its id, its owner or its code does so in every organization.
	require.True(t, s.ChangeDevice(ids[0], func(d *webextest.Device) { d.Tags = []string{"theirs"} }))
	assert.Len(t, items(t, s, "/devices?tag=theirs&"+at), 1)
	assert.Empty(t, items(t, s, "/devices?tag=theirs"))
	require.True(t, s.RemoveDevice(ids[1]))
	added := s.AddDevice(webextest.Device{WorkspaceID: customer.Workspaces[0].ID, Tags: []string{"added"}})
	assert.Equal(t, customer.Workspaces[0].DisplayName, added.DisplayName)
	assert.Len(t, items(t, s, "/devices?tag=added&"+at), 1)
	code := post(t, s, "/devices/activationCode?"+at, fmt.Sprintf(`{"personId":%q}`, customer.People[0].ID))["code"].(string)
	room, err := s.Activate(code, webextest.Device{})
	require.NoError(t, err)
	get(t, s, "/devices/"+room.ID+"?"+at)
	assert.Len(t, items(t, s, "/devices?"+at), 41)
	assert.Len(t, items(t, s, "/devices"), 40)
}

func TestInForceInACustomer(t *testing.T) {
	s := webextest.NewServer(t)
	customer := s.AddCustomer("Globex")
	path := "/telephony/config/people/" + customer.People[0].ID + "/outgoingPermission?orgId=" + customer.ID
	put(t, s, path, `{"useCustomEnabled":true,"useCustomPermissions":true,`+permissions("NATIONAL", "BLOCK")+"}")
	for id, want := range map[string]string{
		customer.People[0].ID: "BLOCK", customer.People[1].ID: "ALLOW", customer.Locations[0].ID: "ALLOW",
		customer.Workspaces[0].ID: "ALLOW", customer.VirtualLines[0].ID: "ALLOW", s.People()[0].ID: "ALLOW",
	} {
		permission, found := s.InForce(id, "NATIONAL")
		assert.True(t, found)
		assert.Equal(t, want, permission.Action)
	}
}

// Each customer has an id of its own, also after another was removed, and in a state of another seed.
func TestIDsOfCustomersDiffer(t *testing.T) {
	s := webextest.New(webextest.WithPeople(1), webextest.WithDevices(0))
	s.AddCustomer("A")
	b := s.AddCustomer("B")
	s.Change(func(state *webextest.State) { state.Customers = state.Customers[1:] })
	assert.NotEqual(t, b.ID, s.AddCustomer("C").ID)
}

// The state of a file may be odd. A job for the id of a person is no reason to fail.
func TestJobOfAnUnknownLocation(t *testing.T) {
	s := webextest.New()
	s.Change(func(state *webextest.State) {
		state.Jobs = append(state.Jobs, webextest.Job{
			LocationID: state.People[0].ID, Started: time.Now().Add(time.Hour), Duration: time.Hour,
		})
	})
	status, answer := direct(s, http.MethodGet, "/telephony/config/jobs/devices/callDeviceSettings", "")
	require.Equal(t, http.StatusOK, status)
	for _, job := range answer["items"].([]any) {
		assert.GreaterOrEqual(t, job.(object)["percentageComplete"], 0.0)
	}
}
