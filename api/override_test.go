package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// readModels are the two ways in which the service may answer a read of settings that inherit.
var readModels = map[string][]webextest.Option{
	"the location's values are visible": nil,
	"stored entries are visible":        {webextest.WithStoredEntriesVisible()},
}

// inForce returns what becomes of the calls of everybody, by id and call type.
func inForce(server *webextest.Server) map[string]webextest.CallPermission {
	state, all := server.State(), map[string]webextest.CallPermission{}
	add := func(id string, own webextest.Outgoing) {
		for _, callType := range append(own.CallingPermissions, state.Locations[0].Outgoing.CallingPermissions...) {
			all[id+" "+callType.CallType], _ = server.InForce(id, callType.CallType)
		}
	}
	for _, person := range state.People {
		add(person.ID, person.Outgoing)
	}
	for _, workspace := range state.Workspaces {
		add(workspace.ID, workspace.Outgoing)
	}
	for _, line := range state.VirtualLines {
		add(line.ID, line.Outgoing)
	}
	return all
}

// assertOnlyClosed checks that every difference is the one wanted: INTERNATIONAL is blocked, for the given ids.
func assertOnlyClosed(t require.TestingT, before, after map[string]webextest.CallPermission, ids ...string) {
	for _, id := range ids {
		blocked := before[id+" INTERNATIONAL"]
		blocked.Action, blocked.TransferEnabled = "BLOCK", false
		before[id+" INTERNATIONAL"] = blocked
	}
	assert.Equal(t, before, after)
}

// block blocks international calls in the safe way.
func block(ctx context.Context, client *api.Client, outgoing *api.EntityPermissions, locationID string) error {
	settings, err := outgoing.Get(ctx)
	if err != nil {
		return err
	}
	location, err := client.OutgoingPermissions.Location(locationID).Get(ctx)
	if err != nil {
		return err
	}
	settings.StartFrom(location)
	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
	return outgoing.Update(ctx, settings)
}

// A lockdown of a whole organization changes one call type for everybody and nothing else, for any stored entries.
func TestStartFromChangesOneCallType(t *testing.T) {
	for name, options := range readModels {
		t.Run(name, func(t *testing.T) {
			server := webextest.NewServer(t, append(options, webextest.WithPeople(2), webextest.WithDevices(0))...)
			client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
			require.NoError(t, err)
			rapid.Check(t, func(rt *rapid.T) {
				server.Reset()
				server.Change(func(state *webextest.State) { scramble(rt, state) })
				before, ids := inForce(server), []string(nil)
				for _, person := range server.People() {
					ids = append(ids, person.ID)
					require.NoError(rt, block(t.Context(), client, client.OutgoingPermissions.Person(person.ID), person.LocationID))
				}
				workspace, line := server.Workspaces()[0], server.VirtualLines()[0]
				require.NoError(rt, block(t.Context(), client, client.OutgoingPermissions.Workspace(workspace.ID), workspace.LocationID))
				require.NoError(rt, block(t.Context(), client, client.OutgoingPermissions.VirtualLine(line.ID), line.LocationID))
				assertOnlyClosed(rt, before, inForce(server), append(ids, workspace.ID, line.ID)...)
			})
		})
	}
}

// scramble gives everybody other entries and switches.
func scramble(t *rapid.T, state *webextest.State) {
	actions := rapid.SampledFrom([]string{"ALLOW", "BLOCK", "AUTH_CODE", "TRANSFER_NUMBER_2"})
	change := func(o *webextest.Outgoing) {
		// Either both switches are on, or UseCustomEnabled is off. With it on and UseCustomPermissions off it is not known
		// what the service has in force.
		o.UseCustomEnabled = rapid.Bool().Draw(t, "enabled")
		o.UseCustomPermissions = o.UseCustomEnabled || rapid.Bool().Draw(t, "permissions")
		for i := range o.CallingPermissions[:10] {
			o.CallingPermissions[i].Action = actions.Draw(t, "action")
			o.CallingPermissions[i].TransferEnabled = rapid.Bool().Draw(t, "transfer")
		}
	}
	for i := range state.Locations {
		change(&state.Locations[i].Outgoing)
	}
	for i := range state.People {
		change(&state.People[i].Outgoing)
	}
	change(&state.Workspaces[0].Outgoing)
	change(&state.VirtualLines[0].Outgoing)
}

const (
	inheriting = `{"useCustomEnabled":false,"useCustomPermissions":false,"callingPermissions":[` +
		`{"callType":"NATIONAL","action":"ALLOW","transferEnabled":true,"own":1},` +
		`{"callType":"SATELLITE","action":"ALLOW","transferEnabled":true},` +
		`{"callType":"CASUAL","action":"ALLOW","transferEnabled":true}]}`
	ofLocation = `{"callingPermissions":[` +
		`{"callType":"TOLL_FREE","action":"ALLOW","transferEnabled":true,"isCallTypeRestrictionEnabled":false,"its":2},` +
		`{"callType":"NATIONAL","action":"AUTH_CODE","transferEnabled":false}]}`
)

// settingsOf reads the settings of a person and those of a location.
func settingsOf(t *testing.T, person string) (
	rec *recorder, outgoing *api.EntityPermissions, settings, location api.OutgoingPermissions,
) {
	t.Helper()
	body := ofLocation
	rec = echo(t, &body)
	location, err := rec.client(t).OutgoingPermissions.Location("L1").Get(t.Context())
	require.NoError(t, err)
	body = person
	outgoing = rec.client(t).OutgoingPermissions.VirtualLine("V1")
	settings, err = outgoing.Get(t.Context())
	require.NoError(t, err)
	return rec, outgoing, settings, location
}

func lastBody(rec *recorder) string {
	requests := rec.requests()
	return requests[len(requests)-1].body
}

func TestStartFrom(t *testing.T) {
	rec, outgoing, settings, location := settingsOf(t, inheriting)
	assert.True(t, settings.Inherits())
	assert.False(t, location.Inherits())
	original := settings
	settings.StartFrom(location)
	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
	settings.StartFrom(location)
	require.NoError(t, outgoing.Update(t.Context(), settings))
	assert.Equal(t, `{"useCustomEnabled":true,"useCustomPermissions":true,"callingPermissions":[`+
		`{"callType":"TOLL_FREE","action":"ALLOW","transferEnabled":true,"its":2},`+
		`{"callType":"NATIONAL","action":"AUTH_CODE","transferEnabled":false,"own":1},`+
		`{"callType":"SATELLITE","action":"BLOCK","transferEnabled":false},`+
		`{"callType":"INTERNATIONAL","action":"BLOCK","transferEnabled":false}]}`, lastBody(rec))
	assert.True(t, settings.Inherits(), "it is about what was read")
	assert.False(t, original.Changed(), "a copy was changed along")
	assert.False(t, location.Changed(), "the location's settings were changed along")
}

// An entry without an action would keep the stored action, which may allow more.
func TestStartFromClosesIncompleteEntries(t *testing.T) {
	rec, outgoing, settings, location := settingsOf(t, inheriting)
	location.CallingPermissions[0].Action, location.CallingPermissions[0].TransferEnabled = "", nil
	location.CallingPermissions[1].TransferEnabled = nil
	settings.StartFrom(location)
	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
	require.NoError(t, outgoing.Update(t.Context(), settings))
	assert.Contains(t, lastBody(rec), `{"callType":"TOLL_FREE","action":"BLOCK","transferEnabled":false,"its":2}`)
	assert.Contains(t, lastBody(rec), `{"callType":"NATIONAL","action":"AUTH_CODE","transferEnabled":false,"own":1}`)
}

func TestStartFromDoesNothingToOverridingSettings(t *testing.T) {
	_, _, settings, location := settingsOf(t, `{"useCustomEnabled":true,"useCustomPermissions":true,"callingPermissions":[`+
		`{"callType":"NATIONAL","action":"ALLOW","transferEnabled":true}]}`)
	settings.StartFrom(location)
	assert.False(t, settings.Inherits())
	assert.False(t, settings.Changed())
	var unread api.OutgoingPermissions
	unread.StartFrom(location)
	assert.Empty(t, unread.CallingPermissions)
}

// What would open calls that are closed is rejected before anything is sent.
func TestUpdateRejectsStoredEntries(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(settings *api.OutgoingPermissions, location api.OutgoingPermissions)
		options []api.UpdateOption
		want    string
	}{
		"Set": {
			change: func(p *api.OutgoingPermissions, _ api.OutgoingPermissions) {
				p.Set(api.CallTypeInternational, api.ActionBlock, false)
			},
			want: "settings.StartFrom",
		},
		"a switch": {
			change: func(p *api.OutgoingPermissions, _ api.OutgoingPermissions) { p.UseCustomEnabled = new(true) },
			want:   "api.UseStoredEntries()",
		},
		"the other switch": {
			change: func(p *api.OutgoingPermissions, _ api.OutgoingPermissions) { p.UseCustomPermissions = new(true) },
			want:   "api.UseStoredEntries()",
		},
		"StartFrom after a change": {
			change: func(p *api.OutgoingPermissions, location api.OutgoingPermissions) {
				p.Set(api.CallTypeInternational, api.ActionBlock, false)
				p.StartFrom(location)
			},
			want: "StartFrom was called after a change",
		},
		"StartFrom nothing": {
			change: func(p *api.OutgoingPermissions, _ api.OutgoingPermissions) { p.StartFrom(api.OutgoingPermissions{}) },
			want:   "not read from a location",
		},
		"StartFrom a person": {
			change: func(p *api.OutgoingPermissions, _ api.OutgoingPermissions) { p.StartFrom(*p) },
			want:   "not read from a location",
		},
		"an entry that is dropped": {
			change: func(p *api.OutgoingPermissions, location api.OutgoingPermissions) {
				p.StartFrom(location)
				p.Set(api.CallTypeInternational, api.ActionBlock, false)
			},
			options: []api.UpdateOption{api.DropCallTypes(api.CallTypeTollFree)},
			want:    "without an entry for TOLL_FREE",
		},
		"an entry that is removed": {
			change: func(p *api.OutgoingPermissions, location api.OutgoingPermissions) {
				p.StartFrom(location)
				p.Set(api.CallTypeTollFree, api.ActionBlock, false)
				p.CallingPermissions = p.CallingPermissions[:1]
			},
			want: "without an entry for NATIONAL",
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec, outgoing, settings, location := settingsOf(t, inheriting)
			test.change(&settings, location)
			require.ErrorContains(t, outgoing.Update(t.Context(), settings, test.options...), test.want)
			for _, sent := range rec.requests() {
				assert.Equal(t, http.MethodGet, sent.method)
			}
		})
	}
}

// Settings from a file are as safe as those that were just read.
func TestDecodedSettingsKnowThatTheyInherit(t *testing.T) {
	rec, outgoing, read, location := settingsOf(t, inheriting)
	data, err := json.Marshal(read)
	require.NoError(t, err)
	var settings api.OutgoingPermissions
	require.NoError(t, json.Unmarshal(data, &settings))
	assert.True(t, settings.Inherits())
	assert.False(t, settings.Changed())
	unsafe := settings
	unsafe.Set(api.CallTypeInternational, api.ActionBlock, false)
	require.ErrorContains(t, outgoing.Update(t.Context(), unsafe), "settings.StartFrom")
	settings.StartFrom(location)
	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
	require.NoError(t, outgoing.Update(t.Context(), settings))
	assert.Contains(t, lastBody(rec), `{"callType":"NATIONAL","action":"AUTH_CODE"`)
}

// After Inherit the stored entries have no effect any more, also for a variable that was read before.
func TestSetAfterInherit(t *testing.T) {
	_, outgoing, settings, _ := settingsOf(t, permissionsBody)
	settings.Inherit()
	require.NoError(t, outgoing.Update(t.Context(), settings))
	assert.True(t, settings.Inherits())
	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
	require.ErrorContains(t, outgoing.Update(t.Context(), settings), "settings.StartFrom")
}

func TestUseStoredEntries(t *testing.T) {
	rec, outgoing, settings, _ := settingsOf(t, inheriting)
	settings.Set(api.CallTypeNational, api.ActionBlock, false)
	require.NoError(t, outgoing.Update(t.Context(), settings, api.UseStoredEntries()))
	assert.Equal(t, `{"useCustomEnabled":true,"useCustomPermissions":true,"callingPermissions":[`+
		`{"callType":"NATIONAL","action":"BLOCK","transferEnabled":false,"own":1},`+
		`{"callType":"SATELLITE","action":"ALLOW","transferEnabled":true}]}`, lastBody(rec))
}

// What does not begin to override is not held back, and neither is AllowAll, which says what is wanted for every call type.
func TestUpdatesOfInheritingSettings(t *testing.T) {
	_, outgoing, settings, _ := settingsOf(t, inheriting)
	require.NoError(t, outgoing.Update(t.Context(), settings))
	settings.CallingPermissions[0].Action = api.ActionBlock
	require.NoError(t, outgoing.Update(t.Context(), settings), "the switches stay off")
	settings.AllowAll()
	require.NoError(t, outgoing.Update(t.Context(), settings))
}

func TestInherit(t *testing.T) {
	const entries = `"callingPermissions":[{"callType":"NATIONAL","action":"ALLOW","transferEnabled":true}]}`
	for switches, want := range map[string]string{
		`{"useCustomEnabled":true,"useCustomPermissions":true,`:  `{"useCustomEnabled":true,"useCustomPermissions":false,`,
		`{"useCustomEnabled":true,`:                              `{"useCustomEnabled":false,`,
		`{"useCustomPermissions":true,`:                          `{"useCustomPermissions":false,`,
		`{"useCustomEnabled":true,"useCustomPermissions":false,`: "",
		`{"useCustomEnabled":false,"useCustomPermissions":true,`: "",
	} {
		body := switches + entries
		if want != "" {
			want += entries
		}
		rec := echo(t, &body)
		require.NoError(t, rec.client(t).OutgoingPermissions.VirtualLine("V1").Inherit(t.Context()))
		assert.Equal(t, want, lastBody(rec))
	}
	require.ErrorIs(t, record(t, reply(404, "{}")).client(t).OutgoingPermissions.Person("P1").Inherit(t.Context()), api.ErrNotFound)
}

// An inheriting program undoes an overriding one, in both models.
func TestInheritOnAnOrganization(t *testing.T) {
	for name, options := range readModels {
		t.Run(name, func(t *testing.T) {
			server := webextest.NewServer(t, options...)
			client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
			require.NoError(t, err)
			before := inForce(server)
			for _, person := range server.People() {
				if person.Outgoing.UseCustomEnabled {
					continue // The person overrides before the program does.
				}
				outgoing := client.OutgoingPermissions.Person(person.ID)
				require.NoError(t, block(t.Context(), client, outgoing, person.LocationID))
				require.NoError(t, outgoing.Inherit(t.Context()))
			}
			assert.Equal(t, before, inForce(server))
		})
	}
}

func ExampleOutgoingPermissions_StartFrom() {
	client, server := example()
	defer server.Close()
	ctx, person := context.Background(), server.People()[0]

	location, err := client.OutgoingPermissions.Location(person.LocationID).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	outgoing := client.OutgoingPermissions.Person(person.ID)
	settings, err := outgoing.Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("inherits:", settings.Inherits())
	settings.StartFrom(location)
	settings.Set(api.CallTypeNational, api.ActionBlock, false)
	if err := outgoing.Update(ctx, settings); err != nil {
		fmt.Println(err)
		return
	}
	for _, callType := range []string{"NATIONAL", "PREMIUM_SERVICES_I"} {
		permission, _ := server.InForce(person.ID, callType)
		fmt.Println(callType, permission.Action)
	}
	// Output:
	// inherits: true
	// NATIONAL BLOCK
	// PREMIUM_SERVICES_I BLOCK
}
