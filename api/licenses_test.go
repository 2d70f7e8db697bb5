package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

func TestLicenseKinds(t *testing.T) {
	for name, want := range map[string][4]bool{
		"Webex Calling - Professional":    {true, true, false, false},
		"Webex Calling - Basic":           {true, false, true, false},
		"Webex Calling - Workspaces":      {true, false, false, true},
		"Webex Calling - Standard":        {true, false, false, false},
		"Webex Calling - Professional ":   {true, false, false, false},
		"Customer Experience - Essential": {},
		"Meeting - Webex Meeting Center":  {},
		"webex calling - professional":    {},
		"":                                {},
	} {
		l := api.License{Name: name}
		got := [4]bool{
			l.IsWebexCalling(), l.IsWebexCallingProfessional(), l.IsWebexCallingBasic(), l.IsWebexCallingWorkspaces(),
		}
		assert.Equal(t, want, got, name)
		assert.Equal(t, api.LicenseKind(name), l.Kind())
	}
}

// A 206 is a success that did not do everything; what is missing is told by comparing.
func TestAssignInPart(t *testing.T) {
	const (
		plain  = "Y2lzY29zcGFyazovL3VzL0xJQ0VOU0UvYWJjOk1TXzE"     // ciscospark://us/LICENSE/abc:MS_1
		padded = "Y2lzY29zcGFyazovL3VzL0xJQ0VOU0UvQUJDOk1TXzE="    // the same, padded and in capitals
		other  = "Y2lzY29zcGFyazovL3VzL0xJQ0VOU0UvYWJjOkJDU1REXzI" // ciscospark://us/LICENSE/abc:BCSTD_2
	)
	request := api.AssignLicensesRequest{
		Email: "a@example.com",
		Licenses: []api.LicenseChange{
			{ID: plain}, // added: there
			{ID: other}, // added: lacking
			{ID: "pending", Operation: api.LicenseOperationAdd},  // added: pending
			{ID: "kept", Operation: api.LicenseOperationRemove},  // removed: still there
			{ID: "given", Operation: api.LicenseOperationRemove}, // removed: gone
		},
		SiteURLs: []api.SiteChange{
			{SiteURL: "A.example.com", AccountType: api.AttendeeAccountTypeAttendee},                                        // there
			{SiteURL: "b.example.com", AccountType: api.AttendeeAccountTypeAttendee},                                        // host only
			{SiteURL: "c.example.com", AccountType: api.AttendeeAccountTypeAttendee, Operation: api.LicenseOperationRemove}, // there
			{SiteURL: "d.example.com", AccountType: api.AttendeeAccountTypeAttendee},                                        // pending
		},
	}
	const answer = `{"personId":"P1","licenses":["` + padded + `","kept"],"pendingLicenses":["pending"],"siteUrls":[` +
		`{"siteUrl":"a.example.com","accountType":"ATTENDEE"},{"siteUrl":"b.example.com","accountType":"host"},` +
		`{"siteUrl":"c.example.com","accountType":"attendee"}],` +
		`"pendingSiteUrls":[{"siteUrl":"d.example.com","accountType":"attendee"}]}`
	for status, partial := range map[int]bool{200: false, 202: false, 206: true} {
		own := request
		own.Licenses, own.SiteURLs = slices.Clone(request.Licenses), slices.Clone(request.SiteURLs)
		result, err := record(t, reply(status, answer)).client(t).Licenses.Assign(t.Context(), own)
		require.NoError(t, err)
		own.Licenses[1].ID, own.SiteURLs[0].SiteURL = "reused", "reused" // The caller goes on with the request.
		assert.Equal(t, partial, result.Partial())
		assert.Equal(t, "P1", result.PersonID)
		assert.Equal(t, []api.UnappliedChange{
			{LicenseID: other, Operation: api.LicenseOperationAdd},
			{LicenseID: "kept", Operation: api.LicenseOperationRemove},
			{SiteURL: "b.example.com", Operation: api.LicenseOperationAdd},
			{SiteURL: "c.example.com", Operation: api.LicenseOperationRemove},
		}, result.NotApplied())
	}
}

func TestAssignIsCheckedBeforeSending(t *testing.T) {
	rec := record(t, nil)
	change := func(id string, properties api.LicenseProperties) []api.LicenseChange {
		return []api.LicenseChange{{ID: id, Properties: properties}}
	}
	for want, request := range map[string]api.AssignLicensesRequest{
		"Email and PersonID": {Licenses: change("L1", api.LicenseProperties{})},
		"nothing to change":  {PersonID: "P1"},
		"Licenses[0].ID":     {PersonID: "P1", Licenses: change("", api.LicenseProperties{})},
		"Licenses[1].ID":     {PersonID: "P1", Licenses: []api.LicenseChange{{ID: "L1"}, {}}},
		"PhoneNumber or":     {PersonID: "P1", Licenses: change("L1", api.LicenseProperties{LocationID: "O1"})},
		"LocationID":         {PersonID: "P1", Licenses: change("L1", api.LicenseProperties{Extension: "1"})},
		"SiteURLs[0]":        {PersonID: "P1", SiteURLs: []api.SiteChange{{SiteURL: "a.example.com"}}},
		"SiteURLs[0] ":       {PersonID: "P1", SiteURLs: []api.SiteChange{{AccountType: api.AttendeeAccountTypeAttendee}}},
	} {
		_, err := rec.client(t).Licenses.Assign(t.Context(), request)
		require.ErrorContains(t, err, strings.TrimSpace(want))
	}
	assert.Empty(t, rec.requests())

	for _, accepted := range []api.LicenseChange{
		{ID: "L1", Properties: api.LicenseProperties{PhoneNumber: "+31205550100"}},
		{ID: "L1", Properties: api.LicenseProperties{LocationID: "O1"}, Operation: api.LicenseOperationRemove},
	} {
		_, err := record(t, reply(200, `{"personId":"P1"}`)).client(t).Licenses.Assign(t.Context(),
			api.AssignLicensesRequest{PersonID: "P1", Licenses: []api.LicenseChange{accepted}})
		require.NoError(t, err)
	}
}

func TestLicenseErrorCodes(t *testing.T) {
	for text, want := range map[string]api.LicenseErrorCode{
		"400": api.LicenseErrorCodeLocationNotFound, "400000": api.LicenseErrorCodeLicenseNotFound,
		"400112": api.LicenseErrorCodeProfessionalToStandard, "400118": api.LicenseErrorCodeMessengerNotPerUser,
		"400216": api.LicenseErrorCodeInvalidAttendeeSite, "400404": api.LicenseErrorCodeProfessionalExcludesStandard,
		"400406": api.LicenseErrorCodeStandardExcludesAttendantConsole,
		"400407": api.LicenseErrorCodeStandardExcludesCustomerExperience,
		"400408": api.LicenseErrorCodeAttendantConsoleNeedsProfessional,
		"400410": api.LicenseErrorCodeCustomerExperienceToStandard, "400411": api.LicenseErrorCodePropertiesMissing,
		"400413": api.LicenseErrorCodeOneOfGroupOnly, "700003": api.LicenseErrorCodePaidMessagingNeedsFree,
		"700004": api.LicenseErrorCodePaidMeetingsNeedFree, "700005": api.LicenseErrorCodeMeetingNeedsFreeMessaging,
		"700006": api.LicenseErrorCodeScreenShareNotRemovable, "text": 0, "": 0, "99999999999999999999": 0,
	} {
		assert.Equal(t, want, api.ErrorDetail{Code: text}.LicenseErrorCode(), text)
	}
}

func TestAssignIsRefusedWithACode(t *testing.T) {
	rec := record(t, reply(http.StatusBadRequest,
		`{"message":"Refused","errors":[{"errorCode":400411,"description":"d"},{"errorCode":"text"}],"trackingId":"T"}`))
	_, err := rec.client(t).Licenses.Assign(t.Context(), assignment)
	require.ErrorIs(t, err, api.ErrBadRequest)
	var failed *api.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, api.LicenseErrorCodePropertiesMissing, failed.Details[0].LicenseErrorCode())
	assert.Equal(t, api.LicenseErrorCode(0), failed.Details[1].LicenseErrorCode())
}

// The organization of a partner's customer goes into the body, and what the caller set there stays.
func TestAssignSendsTheOrganization(t *testing.T) {
	rec := record(t, reply(200, `{}`))
	partner := rec.client(t).ForOrganization("O1")
	same, other := assignment, assignment
	same.OrgID, other.OrgID = "o1", "O2"
	for _, request := range []api.AssignLicensesRequest{assignment, same} {
		_, err := partner.Licenses.Assign(t.Context(), request)
		require.NoError(t, err)
	}
	_, err := partner.Licenses.Assign(t.Context(), other)
	require.ErrorContains(t, err, "OrgID is O2")
	_, err = rec.client(t).Licenses.Assign(t.Context(), other)
	require.NoError(t, err)
	assert.Contains(t, rec.requests()[0].body, `"orgId":"O1"`)
	assert.Contains(t, rec.requests()[1].body, `"orgId":"o1"`)
	assert.Contains(t, rec.requests()[2].body, `"orgId":"O2"`)
	assert.Empty(t, assignment.OrgID, "the caller's request was changed")
}

// Forms of the ids that were seen to name the same thing.
func TestSameID(t *testing.T) {
	for name, ids := range map[string][2]string{
		"the same": {"Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYTJi", "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYTJi"},
		// ciscospark://us/PEOPLE/1a2b and the bare key
		"bare": {"Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYTJi", "1A2B"},
		// ciscospark://us/PEOPLE/1a2b3 with and without padding
		"padding": {"Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYTJiMw==", "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYTJiMw"},
		// urn:TEAM:us-west-2_r/PLACE/1a2b and us/PLACES/1A2B
		"cluster, kind and case": {
			"Y2lzY29zcGFyazovL3VybjpURUFNOnVzLXdlc3QtMl9yL1BMQUNFLzFhMmI=", "Y2lzY29zcGFyazovL3VzL1BMQUNFUy8xQTJC",
		},
		// us/VIRTUAL_LINE/1a2b and us/VIRTUAL_PROFILE/1a2b
		"virtual line": {"Y2lzY29zcGFyazovL3VzL1ZJUlRVQUxfTElORS8xYTJi", "Y2lzY29zcGFyazovL3VzL1ZJUlRVQUxfUFJPRklMRS8xYTJi"},
		// us/LOCATION/1a2b and urn:TEAM:us-east-1_a/WORKSPACE_LOCATION/9f#1a2b
		"legacy location": {
			"Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzFhMmI",
			"Y2lzY29zcGFyazovL3VybjpURUFNOnVzLWVhc3QtMV9hL1dPUktTUEFDRV9MT0NBVElPTi85ZiMxYTJi",
		},
		"an address":  {"CISCOSPARK://us/LOCATION/1a2b", "1A2B="},
		"white space": {" 1a2b\n", "1A2B"},
		// ciscospark://us/X/~~>?>?1 in both alphabets
		"alphabets":  {"Y2lzY29zcGFyazovL3VzL1gvfn4-Pz4_MQ", "Y2lzY29zcGFyazovL3VzL1gvfn4+Pz4/MQ=="},
		"two hashes": {"ciscospark://us/WORKSPACE_LOCATION/1#2#1a2b", "1a2b"},
		"bare UUIDs": {"5101B07B-4F8F-4EF7-B565-DB19C7B723F7", "5101b07b-4f8f-4ef7-b565-db19c7b723f7"},
	} {
		assert.True(t, api.SameID(ids[0], ids[1]), name)
		assert.True(t, api.SameID(ids[1], ids[0]), name)
		assert.Equal(t, api.IDKey(ids[0]), api.IDKey(ids[1]), name)
	}
	for name, ids := range map[string][2]string{
		"other keys": {"Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYTJi", "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8xYTJj"},
		"empty":      {"", ""},
		"one empty":  {"1a2b", ""},
		// Two ids whose key is empty name nothing.
		"no key":         {"Y2lzY29zcGFyazovL3VzL1BFT1BMRS8=", "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8="},
		"license suffix": {"org:MS_1", "org:MS_2"},
	} {
		assert.False(t, api.SameID(ids[0], ids[1]), name)
		assert.NotEqual(t, api.IDKey(ids[0]), api.IDKey(ids[1]), name)
	}
}

func TestCollectAtMost(t *testing.T) {
	for most, want := range map[int]int{0: 0, 1: 1, 2: 2} {
		rec := serve(t, map[string]page{
			"":        {[]string{`<?start=1>; rel="next"`}, []string{"D1"}},
			"start=1": {[]string{`<?start=2>; rel="next"`}, []string{"D2"}},
			"start=2": {nil, []string{"D3"}},
		})
		devices, err := api.Collect(rec.client(t).Devices.List(t.Context(), api.ListDevicesParams{}), api.AtMost(most))
		require.ErrorIs(t, err, api.ErrMore)
		assert.Len(t, devices, want)
	}
	rec := serve(t, map[string]page{"": {nil, []string{"D1", "D2"}}})
	devices, err := api.Collect(rec.client(t).Devices.List(t.Context(), api.ListDevicesParams{}), api.AtMost(2), nil)
	require.NoError(t, err, "nothing was cut")
	assert.Len(t, devices, 2)
}
