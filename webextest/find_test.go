package webextest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// found returns what a method found, and fails the test if it found nothing.
func found[T any](t *testing.T, find func(id string) (T, bool), id string) T {
	t.Helper()
	thing, ok := find(id)
	assert.True(t, ok, id)
	_, ok = find("nothing")
	assert.False(t, ok)
	return thing
}

func TestReadsOfOneThing(t *testing.T) {
	s := webextest.NewServer(t)
	customer := s.AddCustomer("Customer")
	state := s.State()
	assert.Equal(t, state.People[1], found(t, s.Person, state.People[1].ID))
	assert.Equal(t, state.People[1], found(t, s.Person, otherEncoding(t, state.People[1].ID)))
	assert.Equal(t, state.Workspaces[1], found(t, s.Workspace, state.Workspaces[1].ID))
	assert.Equal(t, state.Locations[1], found(t, s.Location, state.Locations[1].ID))
	assert.Equal(t, state.VirtualLines[1], found(t, s.VirtualLine, state.VirtualLines[1].ID))
	assert.Equal(t, state.Licenses[1], found(t, s.License, state.Licenses[1].ID))
	assert.Equal(t, customer.People[0], found(t, s.Person, customer.People[0].ID), "of a customer")
	assert.Equal(t, customer.Licenses[0], found(t, s.License, customer.Licenses[0].ID))
	for _, e := range []struct {
		id   string
		want webextest.Outgoing
	}{
		{state.People[0].ID, state.People[0].Outgoing},
		{state.Workspaces[0].ID, state.Workspaces[0].Outgoing},
		{state.Locations[0].ID, state.Locations[0].Outgoing},
		{state.VirtualLines[0].ID, state.VirtualLines[0].Outgoing},
		{customer.People[0].ID, customer.People[0].Outgoing},
	} {
		assert.Equal(t, e.want, found(t, s.Permissions, e.id))
	}
	_, ok := s.Workspace(state.People[0].ID)
	assert.False(t, ok, "it is a person")
}

func TestReadOfADevice(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(3))
	for device := range s.Devices() {
		assert.Equal(t, device, found(t, s.Device, device.ID))
	}
	added := s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, MAC: "02005EA1B2C3"})
	assert.Equal(t, added, found(t, s.Device, added.ID))
	for device := range s.Devices() {
		assert.Equal(t, 204, statusOf(t, s, http.MethodDelete, "/devices/"+device.ID, s.Token))
		_, ok := s.Device(device.ID)
		assert.False(t, ok, "it was deleted")
		break
	}
}

// What is read is a copy, and it is current.
func TestReadsOfOneThingAreCurrent(t *testing.T) {
	s := webextest.NewServer(t)
	location := s.Locations()[0]
	path := "/telephony/config/locations/" + location.ID + "/outgoingPermission"
	put(t, s, path, "{"+permissions("NATIONAL", "BLOCK")+"}")
	rules := found(t, s.Permissions, location.ID)
	assert.Contains(t, rules.CallingPermissions, webextest.CallPermission{CallType: "NATIONAL", Action: "BLOCK"})
	for i := range rules.CallingPermissions {
		rules.CallingPermissions[i].Action = "ALLOW"
	}
	assert.NotEqual(t, rules, found(t, s.Permissions, location.ID))
	s.Change(func(state *webextest.State) {
		state.People = append(state.People, webextest.Person{ID: "new", Email: "new@x"})
	})
	assert.Equal(t, "new@x", found(t, s.Person, "new").Email)
	s.Reset()
	_, ok := s.Person("new")
	assert.False(t, ok)
	assert.Equal(t, location, found(t, s.Location, location.ID))
}

// The cost of reading one thing does not depend on the size of the organization.
func TestReadsOfOneThingAreCheap(t *testing.T) {
	cost := func(people int) float64 {
		s := webextest.New(webextest.WithPeople(people), webextest.WithDevices(people))
		last := s.People()[people-1].ID
		var device string
		for d := range s.Devices() {
			device = d.ID
		}
		return testing.AllocsPerRun(10, func() {
			_, person := s.Person(last)
			_, permissions := s.Permissions(last)
			_, phone := s.Device(device)
			require.True(t, person && permissions && phone)
		})
	}
	assert.Less(t, cost(5000), 5*cost(10), "it differs with what the last person and device have, and not with their number")
}
