package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/webex-calling/webex-calling-go/api"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// echo is a server that answers one body to GET and takes the rest.
func echo(t *testing.T, body *string) *recorder {
	t.Helper()
	return record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			reply(200, *body)(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func TestFor(t *testing.T) {
	var settings api.OutgoingPermissions
	settings.Set(api.CallTypeNational, api.ActionAuthCode, true)
	entry, found := settings.For("national")
	assert.True(t, found)
	assert.Equal(t, api.ActionAuthCode, entry.Action)
	_, found = settings.For(api.CallTypeInternational)
	assert.False(t, found)
}

func TestInheritAndAllowAll(t *testing.T) {
	body := `{"useCustomEnabled":true,"useCustomPermissions":true,"callingPermissions":[` +
		`{"callType":"INTERNATIONAL","action":"BLOCK","transferEnabled":false,"isCallTypeRestrictionEnabled":true},` +
		`{"callType":"SATELLITE","action":"BLOCK","transferEnabled":false},{"callType":"CASUAL","action":"BLOCK"},{"action":"BLOCK"}]}`
	rec := echo(t, &body)
	for _, kind := range entityKinds {
		settings, err := kind.of(rec.client(t), "id1").Get(t.Context())
		require.NoError(t, err)
		settings.Inherit()
		assert.False(t, *settings.UseCustomPermissions)
		assert.True(t, *settings.UseCustomEnabled, "other categories stay in force")
		require.NoError(t, kind.of(rec.client(t), "id1").Update(t.Context(), settings))
		requests := rec.requests()
		inherits := strings.Contains(requests[len(requests)-1].body, `"useCustomPermissions":false`)
		assert.Equal(t, kind.switches, inherits, "a location has nothing to inherit from")

		settings.AllowAll()
		assert.True(t, *settings.UseCustomPermissions)
		for _, callType := range []api.CallType{"SATELLITE", api.CallTypeNational, api.CallTypePremiumServicesI} {
			entry, found := settings.For(callType)
			assert.True(t, found)
			assert.Equal(t, api.ActionAllow, entry.Action, callType)
			assert.True(t, *entry.TransferEnabled)
		}
		for _, callType := range []api.CallType{api.CallTypeInternational, api.CallTypeCasual} {
			entry, _ := settings.For(callType)
			assert.Equal(t, api.ActionBlock, entry.Action, "%s cannot be changed", callType)
		}
		assert.Len(t, settings.CallingPermissions, 13)
		assert.Equal(t, api.ActionBlock, settings.CallingPermissions[3].Action, "what has no call type is none")
	}
}

func TestDefaultCallingPermissions(t *testing.T) {
	defaults := api.OutgoingPermissions{CallingPermissions: api.DefaultCallingPermissions()}
	assert.Len(t, defaults.CallingPermissions, 10)
	for _, entry := range defaults.CallingPermissions {
		blocked := entry.CallType == api.CallTypeInternational || entry.CallType == api.CallTypePremiumServicesI ||
			entry.CallType == api.CallTypePremiumServicesII
		assert.Equal(t, blocked, entry.Action == api.ActionBlock, entry.CallType)
		assert.Equal(t, blocked, !*entry.TransferEnabled, entry.CallType)
	}
}

func TestDropCallTypesKeepsItsOwnList(t *testing.T) {
	rec := record(t, nil)
	callTypes := []api.CallType{api.CallTypeNational}
	option := api.DropCallTypes(callTypes...)
	callTypes[0] = api.CallTypeInternational
	var settings api.OutgoingPermissions
	settings.Set(api.CallTypeNational, api.ActionBlock, false)
	settings.Set(api.CallTypeInternational, api.ActionBlock, false)
	require.NoError(t, rec.client(t).OutgoingPermissions.VirtualLine("V1").Update(t.Context(), settings, option))
	assert.NotContains(t, rec.requests()[0].body, `"NATIONAL"`)
	assert.Contains(t, rec.requests()[0].body, `"INTERNATIONAL"`)
}

// What cannot be meant is refused rather than sent in part.
func TestSetWithNothing(t *testing.T) {
	rec := record(t, nil)
	person := rec.client(t).OutgoingPermissions.VirtualLine("V1")
	for _, odd := range [][2]string{{"", "BLOCK"}, {"NATIONAL", ""}} {
		var settings api.OutgoingPermissions
		settings.Set(api.CallTypeInternational, api.ActionBlock, false)
		settings.Set(api.CallType(odd[0]), api.Action(odd[1]), false)
		assert.Len(t, settings.CallingPermissions, 1)
		require.ErrorContains(t, person.Update(t.Context(), settings), "Set was called with")
	}
	for _, nothing := range []api.OutgoingPermissions{
		{Unknown: []byte(" {} ")}, {CallingPermissions: []api.CallPermission{{}, {Unknown: []byte("{}")}}},
	} {
		require.ErrorContains(t, person.Update(t.Context(), nothing), "nothing that can be updated")
	}
	assert.Empty(t, rec.requests())
}

// The settings of a location serve as a template: at the person the switches are turned on.
func TestPermissionsOfALocationForAPerson(t *testing.T) {
	server := webextest.NewServer(t)
	client, err := api.NewClient(api.WithToken(server.Token), api.WithBaseURL(server.URL))
	require.NoError(t, err)
	settings, err := client.OutgoingPermissions.Location(server.Locations()[0].ID).Get(t.Context())
	require.NoError(t, err)
	settings.Set(api.CallTypeNational, api.ActionBlock, false)
	person := client.OutgoingPermissions.Person(server.People()[0].ID)
	require.NoError(t, person.Update(t.Context(), settings))
	after, err := person.Get(t.Context())
	require.NoError(t, err)
	entry, _ := after.For(api.CallTypeNational)
	assert.Equal(t, api.ActionBlock, entry.Action)
}

// A variable that is decoded into again holds nothing of before, and spoils no copy.
func TestDecodingAgain(t *testing.T) {
	var settings api.OutgoingPermissions
	const first = `{"useCustomEnabled":true,"callingPermissions":[{"callType":"TOLL","a":1}],"y":1}`
	require.NoError(t, json.Unmarshal([]byte(first), &settings))
	before := settings
	require.NoError(t, json.Unmarshal([]byte(`{"callingPermissions":[{"callType":"LOCAL"}],"z":2}`), &settings))
	for value, want := range map[*api.OutgoingPermissions]string{
		&before:   first,
		&settings: `{"callingPermissions":[{"callType":"LOCAL"}],"z":2}`,
	} {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		assert.Equal(t, want, string(data))
	}
}

func TestForIsACopy(t *testing.T) {
	var settings api.OutgoingPermissions
	settings.Set(api.CallTypeNational, api.ActionAllow, true)
	entry, _ := settings.For(api.CallTypeNational)
	*entry.TransferEnabled = false
	again, _ := settings.For(api.CallTypeNational)
	assert.True(t, *again.TransferEnabled)
	assert.Nil(t, again.IsCallTypeRestrictionEnabled)

	settings.CallingPermissions[0].Unknown = []byte(`{"x":1}`)
	entry, _ = settings.For(api.CallTypeNational)
	copy(entry.Unknown, `{"x":2}`)
	assert.Equal(t, `{"x":1}`, string(settings.CallingPermissions[0].Unknown))
}

func TestAllowAllLeavesARestrictedDuplicate(t *testing.T) {
	var settings api.OutgoingPermissions
	settings.CallingPermissions = []api.CallPermission{
		{CallType: "INTERNATIONAL", Action: api.ActionBlock, IsCallTypeRestrictionEnabled: new(false)},
		{CallType: "INTERNATIONAL", Action: api.ActionBlock, IsCallTypeRestrictionEnabled: new(true)},
	}
	settings.AllowAll()
	assert.Equal(t, api.ActionBlock, settings.CallingPermissions[0].Action)
}

func TestDiffOfDuplicates(t *testing.T) {
	entries := func(actions ...api.Action) api.OutgoingPermissions {
		settings := api.OutgoingPermissions{UseCustomEnabled: new(len(actions) > 2)}
		for _, action := range actions {
			settings.CallingPermissions = append(settings.CallingPermissions, api.CallPermission{CallType: "TOLL", Action: action})
		}
		settings.CallingPermissions = append(settings.CallingPermissions, api.CallPermission{Action: actions[0]})
		return settings
	}
	a, b := entries("ALLOW", "ALLOW"), entries("ALLOW", "BLOCK", "")
	assert.Empty(t, b.Diff(b))
	assert.Equal(t, "useCustomEnabled: false -> true\nTOLL: ALLOW -> BLOCK\nTOLL: - -> no action", a.Diff(b).String())
	assert.Equal(t, "TOLL: ALLOW -> BLOCK\n(no call type): ALLOW -> BLOCK", entries("ALLOW").Diff(entries("BLOCK")).String())
}

func TestChanged(t *testing.T) {
	body := `{"useCustomEnabled":true,"useCustomPermissions":true,"callingPermissions":[` +
		`{"callType":"NATIONAL","action":"ALLOW","transferEnabled":true,"x":1.0}]}`
	locationBody := `{"callingPermissions":[{"callType":"NATIONAL","action":"ALLOW","transferEnabled":true}]}`
	rec, locations := echo(t, &body), echo(t, &locationBody)
	for _, kind := range entityKinds {
		server := rec
		if !kind.switches {
			server = locations
		}
		settings, err := kind.of(server.client(t), "id1").Get(t.Context())
		require.NoError(t, err)
		assert.False(t, settings.Changed())
		settings.Set(api.CallTypeNational, api.ActionAllow, true)
		assert.False(t, settings.Changed(), "%s: set to what it was", kind.name)
		settings.CallingPermissions[0].IsCallTypeRestrictionEnabled = new(true)
		assert.False(t, settings.Changed(), "what is never written is no change")
		before := settings
		settings.Set(api.CallTypeNational, api.ActionBlock, true)
		assert.True(t, settings.Changed())
		assert.False(t, before.Changed())
	}
	assert.True(t, api.OutgoingPermissions{}.Changed(), "it was not read")
	assert.True(t, api.OutgoingPermissions{Unknown: []byte("{")}.Changed(), "it cannot be written")
}

func TestDiff(t *testing.T) {
	var before, after api.OutgoingPermissions
	require.NoError(t, json.Unmarshal([]byte(`{"useCustomEnabled":true,"callingPermissions":[`+
		`{"callType":"NATIONAL","action":"ALLOW","transferEnabled":true},{"callType":"LOCAL","action":"ALLOW"},`+
		`{"callType":"TOLL","action":"ALLOW","x":1.0}],"a":1}`), &before))
	require.NoError(t, json.Unmarshal([]byte(`{"useCustomEnabled":true,"useCustomPermissions":false,"callingPermissions":[`+
		`{"callType":"TOLL","action":"ALLOW","x":1.5},{"callType":"NATIONAL","action":"BLOCK","transferEnabled":false},`+
		`{"callType":"SATELLITE","action":"BLOCK","transferEnabled":false}],"a":2}`), &after))
	assert.Empty(t, before.Diff(before))
	assert.Equal(t, strings.Join([]string{
		"useCustomPermissions: - -> false",
		"NATIONAL: ALLOW, transfer -> BLOCK, no transfer",
		"LOCAL: ALLOW -> -",
		`TOLL: ALLOW{"x":1.0} -> ALLOW{"x":1.5}`,
		"SATELLITE: - -> BLOCK, no transfer",
		`other members: {"a":1} -> {"a":2}`,
	}, "\n"), before.Diff(after).String())
}

// Ten digits are no North American number, and what is not a number is refused.
func TestTransferNumbersAreChecked(t *testing.T) {
	rec := record(t, nil)
	location := rec.client(t).OutgoingPermissions.Location("L1").TransferNumbers
	for number, want := range map[string]string{
		"2055550123": "2055550123", "+1 (205) 555-0123": "+12055550123", "[0] 20.555": "020555", "": "", "4711": "4711",
	} {
		require.NoError(t, location.Update(t.Context(), api.TransferNumbersUpdate{AutoTransferNumber2: &number}), number)
		requests := rec.requests()
		assert.Equal(t, `{"autoTransferNumber2":"`+want+`"}`, requests[len(requests)-1].body)
	}
	number := "+1 205"
	require.NoError(t, location.Update(t.Context(), api.TransferNumbersUpdate{AutoTransferNumber1: &number}))
	assert.Equal(t, "+1 205", number, "the caller's number was changed")
	require.NoError(t, location.Update(t.Context(), api.TransferNumbersUpdate{Unknown: []byte(`{"x":1}`)}))
	require.ErrorContains(t, location.Update(t.Context(), api.TransferNumbersUpdate{Unknown: []byte(`{}`)}), "nothing to update")
	person := rec.client(t).OutgoingPermissions.Person("P1").TransferNumbers
	require.NoError(t, person.Update(t.Context(), api.TransferNumbersUpdate{UseCustomTransferNumbers: new(false)}))
	assert.Equal(t, `{"useCustomTransferNumbers":false}`, rec.requests()[len(rec.requests())-1].body)
	sent := len(rec.requests())
	for _, number := range []string{"+", "-", " ", "12a", "1+2", "++1", "+49 89/123", "tel:+49", "１２"} {
		err := location.Update(t.Context(), api.TransferNumbersUpdate{AutoTransferNumber3: &number})
		require.ErrorContains(t, err, "numbers.AutoTransferNumber3", number)
	}
	assert.Len(t, rec.requests(), sent)
}

func TestAccessCodes(t *testing.T) {
	body := `{"useCustomAccessCodes":true,"accessCodes":[{"code":"1","description":"d","level":"CUSTOM"},{"code":"2","level":null}]}`
	rec := echo(t, &body)
	person := rec.client(t).OutgoingPermissions.Person("P1").AccessCodes
	codes, err := person.List(t.Context())
	require.NoError(t, err)
	assert.Equal(t, api.AccessCodes{UseCustomAccessCodes: new(true), AccessCodes: []api.AccessCode{
		{Code: "1", Description: "d", Level: api.AccessCodeLevelCustom}, {Code: "2"},
	}}, codes)

	location := rec.client(t).OutgoingPermissions.Location("L1").AccessCodes
	for _, body = range []string{
		`{"accessCodes":[{"code":"1","description":"d"}]}`, `{"accessCodes":{"code":"1","description":"d"}}`,
	} {
		codes, err = location.List(t.Context())
		require.NoError(t, err)
		assert.Equal(t, api.AccessCodes{AccessCodes: []api.AccessCode{{Code: "1", Description: "d"}}}, codes, body)
	}
	require.NoError(t, location.Create(t.Context(),
		api.AccessCodeDefinition{Code: "1", Description: "a"}, api.AccessCodeDefinition{Code: "2", Description: "b"}))
	requests := rec.requests()
	assert.Equal(t, `{"accessCodes":[{"code":"1","description":"a"},{"code":"2","description":"b"}]}`,
		requests[len(requests)-1].body)
}

func TestAccessCodesAreChecked(t *testing.T) {
	rec := record(t, nil)
	client := rec.client(t)
	ctx := t.Context()
	person, location := client.OutgoingPermissions.Person("P1").AccessCodes, client.OutgoingPermissions.Location("L1").AccessCodes
	many := make([]api.AccessCodeDefinition, 10_001)
	for name, errs := range map[string][]error{
		"codes[0] needs": {
			person.Create(ctx, api.AccessCodeDefinition{Code: "1"}), location.Create(ctx, api.AccessCodeDefinition{Description: "d"}),
			client.OrganizationAccessCodes.Create(ctx, many[:10_000]...),
		},
		"nothing to create": {location.Create(ctx), client.OrganizationAccessCodes.Create(ctx)},
		"nothing to delete": {person.Delete(ctx), location.Delete(ctx), client.OrganizationAccessCodes.Delete(ctx)},
		"an empty one":      {person.Delete(ctx, "1", ""), client.OrganizationAccessCodes.Delete(ctx, "")},
		"10000": {
			client.OrganizationAccessCodes.Create(ctx, many...),
			client.OrganizationAccessCodes.Delete(ctx, make([]string, 10_001)...),
		},
	} {
		for _, err := range errs {
			require.ErrorContains(t, err, name)
		}
	}
	for _, params := range []api.ListOrganizationAccessCodesParams{{Max: -1}, {Start: -1}} {
		_, err := api.Collect(client.OrganizationAccessCodes.List(ctx, params))
		require.ErrorContains(t, err, "must not be negative")
	}
	assert.Empty(t, rec.requests())
}

// A page of codes that is as long as was asked for, without a link, is probed.
func TestOrganizationAccessCodesAreProbed(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		body := `{"accessCodes":[{"code":"3"}]}`
		if r.URL.Query().Get("start") == "1" {
			body = `{"accessCodes":[{"code":"1"},{"code":"2"}]}`
		}
		reply(200, body)(w, r)
	})
	codes, err := api.Collect(rec.client(t).OrganizationAccessCodes.List(t.Context(),
		api.ListOrganizationAccessCodesParams{Max: 2, Start: 1}))
	require.NoError(t, err)
	assert.Len(t, codes, 3)
	assert.Equal(t, "start=3&max=2", rec.requests()[1].query)
}

func TestOrganizationAccessCodesArePaged(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			w.Header().Set("Link", `<?start=1>; rel="next"`)
			reply(200, `{"accessCodes":[{"code":"1","level":"CUSTOM"}]}`)(w, r)
			return
		}
		reply(200, `{"accessCodes":[{"code":"2"}]}`)(w, r)
	})
	codes, err := api.Collect(rec.client(t).OrganizationAccessCodes.List(t.Context(), api.ListOrganizationAccessCodesParams{}))
	require.NoError(t, err)
	assert.Equal(t, []api.AccessCode{{Code: "1", Level: api.AccessCodeLevelCustom}, {Code: "2"}}, codes)
}

// An empty id of a pattern would delete or change all of them.
func TestDigitPatternsAreChecked(t *testing.T) {
	rec := record(t, nil)
	ctx := t.Context()
	for _, kind := range entityKinds {
		patterns := kind.of(rec.client(t), "id1").DigitPatterns
		for _, id := range []string{"", ".", ".."} {
			_, err := patterns.Get(ctx, id)
			require.ErrorContains(t, err, "digitPatternID")
			require.ErrorContains(t, patterns.Delete(ctx, id), "digitPatternID")
			require.ErrorContains(t, patterns.Update(ctx, id, api.DigitPatternUpdate{Name: new("n")}), "digitPatternID")
		}
		require.ErrorContains(t, patterns.Update(ctx, "X1", api.DigitPatternUpdate{}), "nothing to update")
		for _, request := range []api.CreateDigitPatternRequest{
			{Pattern: "1", Action: api.ActionBlock}, {Name: "n", Action: api.ActionBlock}, {Name: "n", Pattern: "1"},
		} {
			_, err := patterns.Create(ctx, request)
			require.ErrorContains(t, err, "Name, Pattern and Action")
		}
	}
	assert.Empty(t, rec.requests())
}

func TestDigitPatterns(t *testing.T) {
	body := `{"useCustomDigitPatterns":false,"digitPatterns":[{"id":"X1","name":"n","pattern":"+49!","action":"ALLOW",` +
		`"transferEnabled":true,"y":1.0}]}`
	rec := echo(t, &body)
	patterns := rec.client(t).OutgoingPermissions.VirtualLine("V1").DigitPatterns
	list, err := patterns.List(t.Context())
	require.NoError(t, err)
	assert.False(t, *list.UseCustomDigitPatterns)
	require.Len(t, list.DigitPatterns, 1)
	data, err := json.Marshal(list.DigitPatterns[0])
	require.NoError(t, err)
	assert.Contains(t, body, string(data))
	var stored api.DigitPattern
	require.NoError(t, json.Unmarshal(data, &stored))
	assert.Equal(t, list.DigitPatterns[0], stored)

	change := list.DigitPatterns[0].AsUpdate()
	change.Action = new(api.ActionBlock)
	require.NoError(t, patterns.Update(t.Context(), "X1", change))
	assert.Equal(t, `{"name":"n","pattern":"+49!","action":"BLOCK","transferEnabled":true,"y":1.0}`, rec.requests()[1].body)

	require.ErrorContains(t, patterns.Update(t.Context(), "X1", api.DigitPatternUpdate{Unknown: []byte(`{}`)}), "nothing to update")
	require.NoError(t, patterns.Update(t.Context(), "X1", api.DigitPatternUpdate{Unknown: []byte(`{"y":1.0}`)}))
	assert.Equal(t, `{"y":1.0}`, rec.requests()[2].body)

	for want, change := range map[string]api.DigitPatternUpdate{
		`{"name":"m"}`: {Name: new("m")}, `{"pattern":"2"}`: {Pattern: new("2")},
		`{"action":"BLOCK"}`: {Action: new(api.ActionBlock)}, `{"transferEnabled":false}`: {TransferEnabled: new(false)},
	} {
		require.NoError(t, patterns.Update(t.Context(), "X1", change))
		requests := rec.requests()
		assert.Equal(t, want, requests[len(requests)-1].body)
	}

	id, err := record(t, reply(201, `{"id":"X2"}`)).client(t).OutgoingPermissions.Person("P1").DigitPatterns.Create(
		t.Context(), api.CreateDigitPatternRequest{Name: "n", Pattern: "1", Action: api.ActionBlock})
	require.NoError(t, err)
	assert.Equal(t, "X2", id)
}

// member is a member of a JSON object as text.
type member struct{ name, value string }

func object(members []member) string {
	texts := make([]string, len(members))
	for i, m := range members {
		texts[i] = fmt.Sprintf("%q:%s", m.name, m.value)
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// unknownMembers are some that nobody knows, with values that are easily spoiled.
func unknownMembers(t *rapid.T, label string) []member {
	values := []string{
		"9007199254740993", "1.0", "-0", "1E400", "null", "true", `""`, `"\u00e9\/"`, "[]", "{}", `{"a":{"b":null,"c":1.0}}`,
		`{"x":1,"x":2}`, `[9007199254740993,[null]]`,
	}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) member {
		return member{rapid.SampledFrom([]string{"y1", "y2", "y3"}).Draw(t, "name"), rapid.SampledFrom(values).Draw(t, "value")}
	}), 0, 3).Draw(t, label)
}

// known is a member that is known: absent, null or one of values.
func known(t *rapid.T, name string, values ...string) []member {
	switch value := rapid.SampledFrom(append([]string{"", "null"}, values...)).Draw(t, name); value {
	case "":
		return nil
	default:
		return []member{{name, value}}
	}
}

// told leaves out what is null, which is not sent.
func told(members []member) []member {
	var kept []member
	for _, m := range members {
		if m.value != "null" {
			kept = append(kept, m)
		}
	}
	return kept
}

func join(parts ...[]member) []member {
	var all []member
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// permission is an entry as it is read.
type permission struct{ callType, action, transfer, restricted, unknown []member }

func (p permission) is(callType string) bool {
	return len(p.callType) == 1 && strings.EqualFold(p.callType[0].value, `"`+callType+`"`)
}

func anyPermission() *rapid.Generator[permission] {
	return rapid.Custom(func(t *rapid.T) permission {
		return permission{
			known(t, "callType", `"INTERNATIONAL"`, `"NATIONAL"`, `"national"`, `"CASUAL"`, `"Url_Dialing"`, `"UNKNOWN"`, `"SATELLITE"`),
			known(t, "action", `"ALLOW"`, `"BLOCK"`, `"ASK_A_HUMAN"`),
			known(t, "transferEnabled", "true", "false"),
			known(t, "isCallTypeRestrictionEnabled", "true", "false"),
			unknownMembers(t, "of the entry"),
		}
	})
}

// Whatever is read and changed by Set is written as it was, but for that entry and what may not be sent.
func TestPermissionsSurviveAChange(t *testing.T) {
	var body string
	rec := echo(t, &body)
	client := rec.client(t)
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(entityKinds).Draw(rt, "kind")
		entries := rapid.SliceOfN(anyPermission(), 0, 6).Draw(rt, "entries")
		unknown := unknownMembers(rt, "of the settings")
		var read []string
		for _, p := range entries {
			all := join(p.callType, p.action, p.transfer, p.restricted, p.unknown)
			read = append(read, object(rapid.Permutation(all).Draw(rt, "order")))
		}
		body = object(join(known(rt, "useCustomEnabled", "true", "false"), known(rt, "useCustomPermissions", "true", "false"),
			[]member{{"callingPermissions", "[" + strings.Join(read, ",") + "]"}}, unknown))

		callType := rapid.SampledFrom([]string{"INTERNATIONAL", "NATIONAL", "LOCAL"}).Draw(rt, "callType")
		settings, err := kind.of(client, "id1").Get(t.Context())
		require.NoError(rt, err, body)
		settings.Set(api.CallType(callType), api.ActionTransferNumber1, false)
		require.NoError(rt, kind.of(client, "id1").Update(t.Context(), settings, api.UseStoredEntries()))

		var want []string
		found := false
		set := []member{{"action", `"TRANSFER_NUMBER_1"`}, {"transferEnabled", "false"}}
		for i, p := range entries {
			found = found || p.is(callType)
			if p.is("CASUAL") || p.is("URL_DIALING") || p.is("UNKNOWN") {
				continue
			}
			value := join(told(p.action), told(p.transfer))
			if p.is(callType) {
				value = set
			}
			if len(told(p.callType))+len(value)+len(p.unknown) == 0 {
				continue // It says nothing.
			}
			want = append(want, object(join(told(p.callType), value, unknownAsRead(read[i]))))
		}
		if !found {
			want = append(want, object(join([]member{{"callType", `"` + callType + `"`}}, set)))
		}
		switches := []member{{"useCustomEnabled", "true"}, {"useCustomPermissions", "true"}}
		if !kind.switches {
			switches = nil
		}
		requests := rec.requests()
		assert.Equal(rt, object(join(switches, []member{{"callingPermissions", "[" + strings.Join(want, ",") + "]"}}, unknown)),
			requests[len(requests)-1].body)
	})
}

// unknownAsRead are the unknown members of an object in the order in which they stand there.
func unknownAsRead(body string) []member {
	decoder := json.NewDecoder(strings.NewReader(body))
	_, _ = decoder.Token()
	var members []member
	for decoder.More() {
		name, _ := decoder.Token()
		var value json.RawMessage
		_ = decoder.Decode(&value)
		if strings.HasPrefix(name.(string), "y") {
			members = append(members, member{name.(string), string(value)})
		}
	}
	return members
}

// The same for numbers, which are told one and all, and for patterns.
func TestNumbersAndPatternsSurvive(t *testing.T) {
	var body string
	rec := echo(t, &body)
	client := rec.client(t)
	rapid.Check(t, func(rt *rapid.T) {
		unknown := unknownMembers(rt, "unknown")
		first, second := known(rt, "autoTransferNumber1", `"+3120555"`, `"4711"`, `""`), known(rt, "autoTransferNumber2", `"0"`)
		third := known(rt, "autoTransferNumber3", `"3"`)
		kind := rapid.SampledFrom(entityKinds).Draw(rt, "kind")
		var custom []member
		if kind.switches {
			custom = []member{{"useCustomTransferNumbers", rapid.SampledFrom([]string{"true", "false"}).Draw(rt, "switch")}}
		}
		if len(custom)+len(first)+len(second)+len(third) == 0 {
			first = []member{{"autoTransferNumber1", "null"}} // An object without any known member is not transfer numbers.
		}
		body = object(join(custom, first, second, third, unknown))
		numbers := kind.of(client, "id1").TransferNumbers
		got, err := numbers.Get(t.Context())
		require.NoError(rt, err)
		require.NoError(rt, numbers.Update(t.Context(), got.ClearUnset()))
		or := func(name string, members []member) []member {
			if len(told(members)) == 0 {
				return []member{{name, `""`}}
			}
			return members
		}
		requests := rec.requests()
		assert.Equal(rt, object(join(custom, or("autoTransferNumber1", first), or("autoTransferNumber2", second),
			or("autoTransferNumber3", third), unknown)), requests[len(requests)-1].body)

		rest := join(known(rt, "name", `"n"`), known(rt, "pattern", `"1XX"`), known(rt, "action", `"ALLOW"`, `"WAIT"`),
			[]member{{"transferEnabled", rapid.SampledFrom([]string{"true", "false"}).Draw(rt, "transferEnabled")}})
		body = object(join([]member{{"id", `"X1"`}}, rest, unknown))
		patterns := kind.of(client, "id1").DigitPatterns
		pattern, err := patterns.Get(t.Context(), "X1")
		require.NoError(rt, err)
		require.NoError(rt, patterns.Update(t.Context(), pattern.ID, pattern.AsUpdate()))
		requests = rec.requests()
		assert.Equal(rt, object(join(told(rest), unknown)), requests[len(requests)-1].body)
	})
}
