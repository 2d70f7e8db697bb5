package api_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// TestOnAnOrganization does with every operation what it is there for, on an organization that behaves and checks what it
// is sent, and looks at what became of it there.
func TestOnAnOrganization(t *testing.T) {
	server := webextest.NewServer(t, webextest.WithVariedIDs(), webextest.WithJobDuration(10*time.Millisecond))
	var mu sync.Mutex
	called := map[string]bool{}
	client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL), api.WithHooks(api.Hooks{
		AfterTry: func(_ context.Context, try api.Try) {
			mu.Lock()
			defer mu.Unlock()
			called[try.Operation] = true
			assert.Less(t, try.StatusCode, 300, "%s %s", try.Method, try.Path)
		},
	}))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	ids := map[string]string{
		"Person": server.People()[3].ID, "Workspace": server.Workspaces()[1].ID, "Location": server.Locations()[0].ID,
		"VirtualLine": server.VirtualLines()[0].ID,
	}
	for _, kind := range entityKinds {
		t.Run(kind.name, func(t *testing.T) { useEntity(t, server, client, kind.of(client, ids[kind.name])) })
	}
	t.Run("licenses", func(t *testing.T) { useLicenses(t, server, client) })
	t.Run("devices", func(t *testing.T) { useDevices(t, server, client) })
	t.Run("jobs", func(t *testing.T) { useJobs(t, client) })
	t.Run("feature access", func(t *testing.T) { useFeatureAccess(t, server, client) })
	t.Run("organization codes", func(t *testing.T) { useOrganizationCodes(t, server, client) })

	var all []string
	for _, o := range operations() {
		if !strings.Contains(o.id, "PersonTelephony") { // The older path is there.
			all = append(all, o.id)
		}
	}
	slices.Sort(all)
	assert.Equal(t, slices.Compact(all), slices.Sorted(maps.Keys(called)), "every operation was called")
}

// changes tells how the state of the organization changed by some calls.
func changes(server *webextest.Server, calls func()) []string {
	before := server.State()
	calls()
	return webextest.Diff(before, server.State())
}

func useEntity(t *testing.T, server *webextest.Server, client *api.Client, s services) {
	t.Helper()
	ctx := t.Context()
	settings, err := s.Get(ctx)
	require.NoError(t, err)
	location, err := client.OutgoingPermissions.Location(server.Locations()[0].ID).Get(ctx)
	require.NoError(t, err)
	settings.StartFrom(location)
	settings.Set(api.CallTypeNational, api.ActionBlock, false)
	require.NoError(t, s.Update(ctx, settings))
	after, err := s.Get(ctx)
	require.NoError(t, err)
	national, _ := after.For(api.CallTypeNational)
	assert.Equal(t, api.ActionBlock, national.Action)

	numbers := api.TransferNumbersUpdate{AutoTransferNumber1: new("+31 20 555 01 23")}
	if s.useCodes != nil {
		numbers.UseCustomTransferNumbers = new(true)
		require.NoError(t, s.useCodes(ctx, true))
		require.NoError(t, s.usePatterns(ctx, true))
	}
	require.NoError(t, s.TransferNumbers.Update(ctx, numbers))
	got, err := s.TransferNumbers.Get(ctx)
	require.NoError(t, err)
	assert.Equal(t, "+31205550123", got.AutoTransferNumber1)
	require.NoError(t, s.TransferNumbers.Update(ctx, got.ClearUnset()))

	assert.Empty(t, changes(server, func() {
		require.NoError(t, s.createCode(ctx, api.AccessCodeDefinition{Code: "4711", Description: "night shift"}))
		require.NoError(t, s.createCode(ctx, api.AccessCodeDefinition{Code: "4712", Description: "day shift"}))
		codes, err := s.AccessCodes.List(ctx)
		require.NoError(t, err)
		assert.Len(t, codes.AccessCodes, 2)
		require.NoError(t, s.AccessCodes.Delete(ctx, "4711"))
		require.NoError(t, s.AccessCodes.DeleteAll(ctx))

		request := api.CreateDigitPatternRequest{Name: "mobile", Pattern: "+316XXXXXXXX", Action: api.ActionBlock}
		id, err := s.DigitPatterns.Create(ctx, request)
		require.NoError(t, err)
		require.NoError(t, s.DigitPatterns.Update(ctx, id, api.DigitPatternUpdate{Name: new("cellular")}))
		pattern, err := s.DigitPatterns.Get(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, "cellular", pattern.Name)
		patterns, err := s.DigitPatterns.List(ctx)
		require.NoError(t, err)
		assert.Len(t, patterns.DigitPatterns, 1)
		require.NoError(t, s.DigitPatterns.Delete(ctx, id))
		require.NoError(t, s.DigitPatterns.DeleteAll(ctx))
	}), "what was made was taken away again")
}

func useLicenses(t *testing.T, server *webextest.Server, client *api.Client) {
	t.Helper()
	licenses, err := client.Licenses.List(t.Context())
	require.NoError(t, err)
	i := slices.IndexFunc(licenses, func(l api.License) bool { return l.Name == "Webex Messaging" })
	person := server.People()[0]
	result, err := client.Licenses.Assign(t.Context(), api.AssignLicensesRequest{
		Email: person.Email, Licenses: []api.LicenseChange{{ID: licenses[i].ID}},
	})
	require.NoError(t, err)
	assert.False(t, result.Partial())
	assert.True(t, api.SameID(person.ID, result.PersonID))
	license, err := client.Licenses.Get(t.Context(), licenses[i].ID)
	require.NoError(t, err)
	assert.Equal(t, licenses[i].ConsumedUnits+1, license.ConsumedUnits)
	users, err := api.Collect(client.Licenses.AssignedUsers(t.Context(), license.ID))
	require.NoError(t, err)
	require.Len(t, users, 1)
	assert.True(t, api.SameID(person.ID, users[0].ID))
}

func useDevices(t *testing.T, server *webextest.Server, client *api.Client) {
	t.Helper()
	ctx, person := t.Context(), server.People()[0]
	for _, model := range []string{"DMS Cisco 8865", "DMS Cisco 9871"} { // The second is registered without a word.
		phone, err := client.Devices.Create(ctx, api.CreateDeviceRequest{
			MAC: "02:00:5e:ff:ff:01", Model: model, PersonID: person.ID,
		})
		require.NoError(t, err, model)
		assert.True(t, api.SameID(person.ID, phone.PersonID))
		tagged, err := client.Devices.AddTags(ctx, phone.ID, "lobby", "spare")
		require.NoError(t, err)
		assert.Equal(t, []string{"lobby", "spare"}, tagged.Tags)
		found, err := api.Collect(client.Devices.List(ctx, api.ListDevicesParams{Tags: []string{"lobby", "spare"}}))
		require.NoError(t, err)
		assert.Len(t, found, 1)
		got, err := client.Devices.Get(ctx, phone.ID)
		require.NoError(t, err)
		assert.Equal(t, tagged, got)
		require.NoError(t, client.Devices.Delete(ctx, phone.ID))
	}
	phones, err := api.Collect(client.Devices.List(ctx, api.ListDevicesParams{Type: api.DeviceTypePhone}))
	require.NoError(t, err)
	assert.Len(t, phones, 208)
	all, err := api.Collect(client.Devices.List(ctx, api.ListDevicesParams{}))
	require.NoError(t, err)
	assert.Len(t, all, 250)
	code, err := client.Devices.CreateActivationCode(ctx, api.ActivationCodeRequest{WorkspaceID: server.Workspaces()[0].ID})
	require.NoError(t, err)
	device, err := server.Activate(code.Code, webextest.Device{})
	require.NoError(t, err)
	assert.Equal(t, server.Workspaces()[0].ID, device.WorkspaceID)
}

func useJobs(t *testing.T, client *api.Client) {
	t.Helper()
	job, err := client.DeviceSettingsJobs.Start(t.Context(), api.StartDeviceSettingsJobRequest{
		Customizations: &api.DeviceCustomizations{MPP: &api.MPPCustomizations{PNACEnabled: new(true)}},
	})
	require.NoError(t, err)
	job, err = client.DeviceSettingsJobs.Wait(t.Context(), job.ID, nil)
	require.ErrorIs(t, err, api.ErrJobFailed, "five devices have error codes")
	assert.Equal(t, 100, job.PercentageComplete)
	failures, err := api.Collect(client.DeviceSettingsJobs.Errors(t.Context(), job.ID))
	require.NoError(t, err)
	assert.Len(t, failures, 5)
	jobs, err := api.Collect(client.DeviceSettingsJobs.List(t.Context()))
	require.NoError(t, err)
	assert.Len(t, jobs, 2)
}

func useFeatureAccess(t *testing.T, server *webextest.Server, client *api.Client) {
	t.Helper()
	ctx, person := t.Context(), server.People()[0]
	closed := api.FeatureAccess{api.FeatureVoicemail: api.NoAccess}
	assert.Equal(t, []string{`featureAccess.voicemail: "FULL_ACCESS" -> "NO_ACCESS"`}, changes(server, func() {
		require.NoError(t, client.FeatureAccess.UpdateDefault(ctx, closed))
		require.NoError(t, client.FeatureAccess.Update(ctx, person.ID, api.FeatureAccess{api.FeatureVoicemail: api.FullAccess}))
		require.NoError(t, client.FeatureAccess.Reset(ctx, person.ID))
	}))
	common, err := client.FeatureAccess.Default(ctx) // Read first: before, a follower may be shown the former default.
	require.NoError(t, err)
	access, err := client.FeatureAccess.Get(ctx, person.ID)
	require.NoError(t, err)
	assert.True(t, access.FollowsDefault)
	assert.Equal(t, common, access.Features)
}

func useOrganizationCodes(t *testing.T, server *webextest.Server, client *api.Client) {
	t.Helper()
	var codes []api.AccessCodeDefinition
	var texts []string
	for i := range 250 {
		codes = append(codes, api.AccessCodeDefinition{Code: strconv.Itoa(1000 + i), Description: "made by a test"})
		texts = append(texts, codes[i].Code)
	}
	assert.Empty(t, changes(server, func() {
		require.NoError(t, client.OrganizationAccessCodes.Create(t.Context(), codes...))
		all, err := api.Collect(client.OrganizationAccessCodes.List(t.Context(), api.ListOrganizationAccessCodesParams{}))
		require.NoError(t, err)
		assert.Len(t, all, len(codes))
		require.NoError(t, client.OrganizationAccessCodes.Delete(t.Context(), texts...))
	}))
}
