package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/api"
)

// operation is one operation of the document as users call it.
type operation struct {
	id string
	// argument is the name of the id that the call is addressed by; empty if it has none.
	argument string
	call     func(ctx context.Context, c *api.Client, id string) error
	// What is sent: %s in path is the id.
	method, path, query, body string
	// answer is the body of a success; empty for those that have none.
	answer string
	// contentType is what body is sent as, if it is not plain JSON.
	contentType string
}

func (o operation) sentPath(id string) string {
	return "/v1" + strings.ReplaceAll(o.path, "%s", url.PathEscape(id))
}

const (
	permissionsBody = `{"useCustomEnabled":true,"useCustomPermissions":true,` +
		`"callingPermissions":[{"callType":"NATIONAL","action":"BLOCK","transferEnabled":false}]}`
	numbersBody         = `{"useCustomTransferNumbers":true,"autoTransferNumber1":"+31205550100","autoTransferNumber2":""}`
	locationBody        = `{"callingPermissions":[{"callType":"NATIONAL","action":"BLOCK","transferEnabled":false}]}`
	locationNumbersBody = `{"autoTransferNumber1":"+31205550100","autoTransferNumber2":""}`
)

const jobsPath = "/telephony/config/jobs/devices/callDeviceSettings"

var (
	assignment = api.AssignLicensesRequest{PersonID: "P1", Licenses: []api.LicenseChange{{
		ID: "L1", Operation: api.LicenseOperationAdd, Properties: api.LicenseProperties{LocationID: "O1", Extension: "4711"},
	}}}
	phone          = api.CreateDeviceRequest{MAC: "02:00:5e:a1:b2:c3", Model: "DMS Cisco 8865", PersonID: "P1"}
	customizations = &api.DeviceCustomizations{
		DECT: &api.DECTCustomizations{
			Multicast: []string{}, VLAN: &api.VLAN{Enabled: new(false), Value: api.Null[int]()},
		},
		MPP: &api.MPPCustomizations{
			DndServicesEnabled: new(false), CallsPerLine: new(0),
			Background: &api.PhoneBackground{Image: new(api.BackgroundImageNoImage), CustomURL: api.Value("")},
		},
	}
)

// operations are all that users can call by a method of their own.
func operations() []operation {
	list := []operation{
		{
			id: "listLicenses", method: "GET", path: "/licenses", answer: `{"items":[{"id":"L1"}]}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				_, err := c.Licenses.List(ctx)
				return err
			},
		},
		{
			id: "getLicense", argument: "licenseID", method: "GET", path: "/licenses/%s", query: "includeAssignedTo=user&limit=300",
			answer: `{"id":"L1","users":[{"id":"P1"}]}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := api.Collect(c.Licenses.AssignedUsers(ctx, id))
				return err
			},
		},
		{
			id: "getLicense", argument: "licenseID", method: "GET", path: "/licenses/%s", answer: `{"id":"L1"}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := c.Licenses.Get(ctx, id)
				return err
			},
		},
		{
			id: "assignLicenses", method: "PATCH", path: "/licenses/users", answer: `{"personId":"P1","licenses":["L1"]}`,
			body: `{"licenses":[{"id":"L1","operation":"add","properties":{"extension":"4711","locationId":"O1"}}],"personId":"P1"}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				_, err := c.Licenses.Assign(ctx, assignment)
				return err
			},
		},
		{
			id: "createDevice", method: "POST", path: "/devices", answer: `{"id":"D1"}`,
			body: `{"mac":"02005EA1B2C3","model":"DMS Cisco 8865","personId":"P1"}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				_, err := c.Devices.Create(ctx, phone)
				return err
			},
		},
		{
			id: "createDeviceActivationCode", method: "POST", path: "/devices/activationCode", answer: `{"code":"1"}`,
			body: `{"workspaceId":"W1"}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				_, err := c.Devices.CreateActivationCode(ctx, api.ActivationCodeRequest{WorkspaceID: "W1"})
				return err
			},
		},
		{
			id: "updateDeviceTags", argument: "deviceID", method: "PATCH", path: "/devices/%s", answer: `{"id":"D1"}`,
			body: `{"op":"add","path":"tags","value":["a","b"]}`, contentType: "application/json-patch+json",
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := c.Devices.AddTags(ctx, id, "a", "b")
				return err
			},
		},
		{
			id: "updateDeviceTags", argument: "deviceID", method: "PATCH", path: "/devices/%s", answer: `{"id":"D1"}`,
			body: `{"op":"replace","path":"tags","value":[]}`, contentType: "application/json-patch+json",
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := c.Devices.ReplaceTags(ctx, id)
				return err
			},
		},
		{
			id: "updateDeviceTags", argument: "deviceID", method: "PATCH", path: "/devices/%s", answer: `{"id":"D1"}`,
			body: `{"op":"remove","path":"tags"}`, contentType: "application/json-patch+json",
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := c.Devices.RemoveAllTags(ctx, id)
				return err
			},
		},
		{
			id: "listDeviceSettingsJobs", method: "GET", path: jobsPath, answer: `{"items":[{"id":"J1"}]}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				_, err := api.Collect(c.DeviceSettingsJobs.List(ctx))
				return err
			},
		},
		{
			id: "startDeviceSettingsJob", method: "POST", path: jobsPath, answer: `{"id":"J1"}`,
			body: `{"customizations":{"dect":{"multicast":[],"vlan":{"enabled":false,"value":null}},` +
				`"mpp":{"background":{"customUrl":"","image":"NONE"},"callsPerLine":0,"dndServicesEnabled":false}}}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				_, err := c.DeviceSettingsJobs.Start(ctx, api.StartDeviceSettingsJobRequest{Customizations: customizations})
				return err
			},
		},
		{
			id: "getDeviceSettingsJob", argument: "jobID", method: "GET", path: jobsPath + "/%s",
			answer: `{"id":"J1","latestExecutionStatus":"COMPLETED"}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := c.DeviceSettingsJobs.Wait(ctx, id, nil)
				return err
			},
		},
		{
			id: "listDeviceSettingsJobErrors", argument: "jobID", method: "GET", path: jobsPath + "/%s/errors",
			answer: `{"items":[{"itemNumber":1}]}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := api.Collect(c.DeviceSettingsJobs.Errors(ctx, id))
				return err
			},
		},
		{
			id: "listDevices", method: "GET", path: "/devices", answer: `{"items":[{"id":"D1"}]}`,
			query: "max=5&start=7&displayName=Lobby+%26+Bar&personId=P1&workspaceId=W1&connectionStatus=connected&product=DX-80" +
				"&type=phone&serial=S1&tag=north&tag=east+side&software=12.0&upgradeChannel=stable&errorCode=e1&capability=xapi" +
				"&permission=xapi%3Aall&locationId=O1&workspaceLocationId=O2&mac=02005E000001&devicePlatform=cisco" +
				"&plannedMaintenance=off",
			call: func(ctx context.Context, c *api.Client, _ string) error {
				_, err := api.Collect(c.Devices.List(ctx, api.ListDevicesParams{
					Max: 5, Start: 7, DisplayName: "Lobby & Bar", PersonID: "P1", WorkspaceID: "W1",
					ConnectionStatus: api.DeviceConnectionStatusConnected, Product: "DX-80", Type: api.DeviceTypePhone, Serial: "S1",
					Tags: []string{"north", "east side"}, Software: "12.0", UpgradeChannel: "stable", ErrorCode: "e1",
					Capability: api.DeviceCapabilityXAPI, Permission: api.DevicePermissionXAPIAll, LocationID: "O1",
					WorkspaceLocationID: "O2", //nolint:staticcheck // Deprecated filters still have to work.
					MAC:                 "02005E000001", DevicePlatform: api.DevicePlatformCisco,
					PlannedMaintenance: api.PlannedMaintenanceOff,
				}))
				return err
			},
		},
		{
			id: "getDevice", argument: "deviceID", method: "GET", path: "/devices/%s", answer: `{"id":"D1"}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := c.Devices.Get(ctx, id)
				return err
			},
		},
		{
			id: "deleteDevice", argument: "deviceID", method: "DELETE", path: "/devices/%s",
			call: func(ctx context.Context, c *api.Client, id string) error { return c.Devices.Delete(ctx, id) },
		},
		{
			id: "getPersonFeatureAccess", argument: "personID", method: "GET",
			path:   "/telephony/config/people/%s/settings/permissions",
			answer: `{"userOrgSettingsPermissionEnabled":true,"userSettingsPermissions":{"voicemail":"FULL_ACCESS"}}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := c.FeatureAccess.Get(ctx, id)
				return err
			},
		},
		{
			id: "updatePersonFeatureAccess", argument: "personID", method: "PUT",
			path: "/telephony/config/people/%s/settings/permissions",
			body: `{"speedDial":"FULL_ACCESS","voicemail":"NO_ACCESS"}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				return c.FeatureAccess.Update(ctx, id, api.FeatureAccess{
					api.FeatureVoicemail: api.NoAccess, api.FeatureSpeedDial: api.FullAccess,
				})
			},
		},
		{
			id: "resetPersonFeatureAccess", argument: "personID", method: "POST",
			path: "/telephony/config/people/%s/settings/permissions/actions/reset/invoke",
			call: func(ctx context.Context, c *api.Client, id string) error { return c.FeatureAccess.Reset(ctx, id) },
		},
		{
			id: "getDefaultFeatureAccess", method: "GET", path: "/telephony/config/people/settings/permissions",
			answer: `{"voicemail":"FULL_ACCESS"}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				_, err := c.FeatureAccess.Default(ctx)
				return err
			},
		},
		{
			id: "updateDefaultFeatureAccess", method: "PUT", path: "/telephony/config/people/settings/permissions",
			body: `{"voicemail":"NO_ACCESS"}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				return c.FeatureAccess.UpdateDefault(ctx, api.FeatureAccess{api.FeatureVoicemail: api.NoAccess})
			},
		},
	}
	for _, kind := range entityKinds {
		list = append(list, entityOperations(kind)...)
	}
	list = append(list, newerPathOperations()...)
	return append(list, organizationOperations()...)
}

// entityKind is what differs between the four kinds that have outgoing permissions.
type entityKind struct {
	name, argument                                           string
	permissionsPath, numbersPath, accessCodesPath, digitPath string
	switches                                                 bool
	of                                                       func(c *api.Client, id string) services
}

// services are those of one entity. What a location cannot do is nil.
type services struct {
	*api.PermissionService
	TransferNumbers       *api.TransferNumberService
	AccessCodes           *api.AccessCodeListService
	DigitPatterns         *api.DigitPatternService
	createCode            func(ctx context.Context, code api.AccessCodeDefinition) error
	useCodes, usePatterns func(ctx context.Context, on bool) error
}

func ofEntity(p *api.EntityPermissions) services {
	return services{
		&p.PermissionService, p.TransferNumbers, &p.AccessCodes.AccessCodeListService, &p.DigitPatterns.DigitPatternService,
		p.AccessCodes.Create, p.AccessCodes.UseCustom, p.DigitPatterns.UseCustom,
	}
}

const (
	locationBase = "/telephony/config/locations/%s/outgoingPermission"
	lineBase     = "/telephony/config/virtualLines/%s/outgoingPermission"
)

var entityKinds = []entityKind{
	{
		"Person", "personID", "/people/%s/features/outgoingPermission",
		"/telephony/config/people/%s/outgoingPermission/autoTransferNumbers",
		"/telephony/config/people/%s/outgoingPermission/accessCodes",
		"/telephony/config/people/%s/outgoingPermission/digitPatterns", true,
		func(c *api.Client, id string) services { return ofEntity(c.OutgoingPermissions.Person(id)) },
	},
	{
		"Workspace", "workspaceID", "/workspaces/%s/features/outgoingPermission",
		"/workspaces/%s/features/outgoingPermission/autoTransferNumbers",
		"/workspaces/%s/features/outgoingPermission/accessCodes",
		"/telephony/config/workspaces/%s/outgoingPermission/digitPatterns", true,
		func(c *api.Client, id string) services { return ofEntity(c.OutgoingPermissions.Workspace(id)) },
	},
	{
		"Location", "locationID", locationBase, locationBase + "/autoTransferNumbers", locationBase + "/accessCodes",
		locationBase + "/digitPatterns", false,
		func(c *api.Client, id string) services {
			p := c.OutgoingPermissions.Location(id)
			create := func(ctx context.Context, code api.AccessCodeDefinition) error { return p.AccessCodes.Create(ctx, code) }
			return services{
				&p.PermissionService, p.TransferNumbers, &p.AccessCodes.AccessCodeListService, p.DigitPatterns, create, nil, nil,
			}
		},
	},
	{
		"VirtualLine", "virtualLineID", lineBase, lineBase + "/autoTransferNumbers", lineBase + "/accessCodes",
		lineBase + "/digitPatterns", true,
		func(c *api.Client, id string) services { return ofEntity(c.OutgoingPermissions.VirtualLine(id)) },
	},
}

func entityOperations(kind entityKind) []operation {
	permissions, numbers := permissionsBody, numbersBody
	var customNumbers *bool
	if kind.switches {
		customNumbers = new(true)
	} else {
		permissions, numbers = locationBody, locationNumbersBody
	}
	list := []operation{
		{
			id: "get" + kind.name + "OutgoingPermissions", method: "GET", path: kind.permissionsPath, answer: permissions,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := kind.of(c, id).Get(ctx)
				return err
			},
		},
		{
			id: "update" + kind.name + "OutgoingPermissions", method: "PUT", path: kind.permissionsPath, body: permissions,
			call: func(ctx context.Context, c *api.Client, id string) error {
				var settings api.OutgoingPermissions
				settings.Set(api.CallTypeNational, api.ActionBlock, false)
				settings.Set(api.CallTypeCasual, api.ActionBlock, false)
				return kind.of(c, id).Update(ctx, settings)
			},
		},
		{
			id: "get" + kind.name + "TransferNumbers", method: "GET", path: kind.numbersPath, answer: numbers,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := kind.of(c, id).TransferNumbers.Get(ctx)
				return err
			},
		},
		{
			id: "update" + kind.name + "TransferNumbers", method: "PUT", path: kind.numbersPath, body: numbers,
			call: func(ctx context.Context, c *api.Client, id string) error {
				return kind.of(c, id).TransferNumbers.Update(ctx, api.TransferNumbersUpdate{
					UseCustomTransferNumbers: customNumbers, AutoTransferNumber1: new("+31 (20) 555-01.00"), AutoTransferNumber2: api.Clear(),
				})
			},
		},
	}
	list = append(append(list, codeOperations(kind)...), patternOperations(kind)...)
	for i := range list {
		list[i].argument = kind.argument
	}
	return list
}

func codeOperations(kind entityKind) []operation {
	create, creation, deletion := "create"+kind.name+"AccessCode", `{"code":"1","description":"d"}`, "update"+kind.name+"AccessCodes"
	if !kind.switches {
		create, creation, deletion = create+"s", `{"accessCodes":[`+creation+`]}`, "delete"+kind.name+"AccessCodes"
	}
	list := []operation{
		{
			id: "list" + kind.name + "AccessCodes", method: "GET", path: kind.accessCodesPath,
			answer: `{"accessCodes":[{"code":"1","description":"d"}]}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := kind.of(c, id).AccessCodes.List(ctx)
				return err
			},
		},
		{
			id: create, method: "POST", path: kind.accessCodesPath, body: creation,
			call: func(ctx context.Context, c *api.Client, id string) error {
				return kind.of(c, id).createCode(ctx, api.AccessCodeDefinition{Code: "1", Description: "d"})
			},
		},
		{
			id: deletion, method: "PUT", path: kind.accessCodesPath, body: `{"deleteCodes":["1","2"]}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				return kind.of(c, id).AccessCodes.Delete(ctx, "1", "2")
			},
		},
		{
			id: "deleteAll" + kind.name + "AccessCodes", method: "DELETE", path: kind.accessCodesPath,
			call: func(ctx context.Context, c *api.Client, id string) error {
				return kind.of(c, id).AccessCodes.DeleteAll(ctx)
			},
		},
	}
	if !kind.switches {
		return list
	}
	return append(list, operation{
		id: deletion, method: "PUT", path: kind.accessCodesPath, body: `{"useCustomAccessCodes":false}`,
		call: func(ctx context.Context, c *api.Client, id string) error { return kind.of(c, id).useCodes(ctx, false) },
	})
}

func patternOperations(kind entityKind) []operation {
	const pattern = `{"id":"X1","name":"n","pattern":"1XX","action":"BLOCK","transferEnabled":false}`
	one := kind.digitPath + "/X%2F1"
	list := []operation{
		{
			id: "list" + kind.name + "DigitPatterns", method: "GET", path: kind.digitPath, answer: `{"digitPatterns":[` + pattern + `]}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := kind.of(c, id).DigitPatterns.List(ctx)
				return err
			},
		},
		{
			id: "create" + kind.name + "DigitPattern", method: "POST", path: kind.digitPath, answer: `{"id":"X1"}`,
			body: `{"action":"BLOCK","name":"n","pattern":"1XX","transferEnabled":false}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := kind.of(c, id).DigitPatterns.Create(ctx, api.CreateDigitPatternRequest{
					Name: "n", Pattern: "1XX", Action: api.ActionBlock,
				})
				return err
			},
		},
		{
			id: "deleteAll" + kind.name + "DigitPatterns", method: "DELETE", path: kind.digitPath,
			call: func(ctx context.Context, c *api.Client, id string) error {
				return kind.of(c, id).DigitPatterns.DeleteAll(ctx)
			},
		},
		{
			id: "get" + kind.name + "DigitPattern", method: "GET", path: one, answer: pattern,
			call: func(ctx context.Context, c *api.Client, id string) error {
				_, err := kind.of(c, id).DigitPatterns.Get(ctx, "X/1")
				return err
			},
		},
		{
			id: "update" + kind.name + "DigitPattern", method: "PUT", path: one, body: `{"pattern":"2XX","transferEnabled":false}`,
			call: func(ctx context.Context, c *api.Client, id string) error {
				change := api.DigitPatternUpdate{Pattern: new("2XX"), TransferEnabled: new(false)}
				return kind.of(c, id).DigitPatterns.Update(ctx, "X/1", change)
			},
		},
		{
			id: "delete" + kind.name + "DigitPattern", method: "DELETE", path: one,
			call: func(ctx context.Context, c *api.Client, id string) error {
				return kind.of(c, id).DigitPatterns.Delete(ctx, "X/1")
			},
		},
	}
	if !kind.switches {
		return list
	}
	return append(list, operation{
		id: "update" + kind.name + "DigitPatternSettings", method: "PUT", path: kind.digitPath, body: `{"useCustomDigitPatterns":true}`,
		call: func(ctx context.Context, c *api.Client, id string) error {
			return kind.of(c, id).usePatterns(ctx, true)
		},
	})
}

const organizationCodesPath = "/telephony/config/outgoingPermission/accessCodes"

func organizationOperations() []operation {
	return []operation{
		{
			id: "listOrganizationAccessCodes", method: "GET", path: organizationCodesPath, answer: `{"accessCodes":[{"code":"1"}]}`,
			query: "code=1,2&description=a+b&start=3&max=4",
			call: func(ctx context.Context, c *api.Client, _ string) error {
				_, err := api.Collect(c.OrganizationAccessCodes.List(ctx, api.ListOrganizationAccessCodesParams{
					Codes: []string{"1", "2"}, Descriptions: []string{"a b"}, Start: 3, Max: 4,
				}))
				return err
			},
		},
		{
			id: "createOrganizationAccessCodes", method: "POST", path: organizationCodesPath,
			body: `{"accessCodes":[{"code":"1","description":"d"}]}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				return c.OrganizationAccessCodes.Create(ctx, api.AccessCodeDefinition{Code: "1", Description: "d"})
			},
		},
		{
			id: "deleteOrganizationAccessCodes", method: "PUT", path: organizationCodesPath, body: `{"deleteCodes":["1"]}`,
			call: func(ctx context.Context, c *api.Client, _ string) error {
				return c.OrganizationAccessCodes.Delete(ctx, "1")
			},
		},
	}
}

// newerPathOperations are those at the newer path of a person's permissions, used where the older one is missing.
func newerPathOperations() []operation {
	var list []operation
	for _, o := range entityOperations(entityKinds[0]) {
		if strings.HasSuffix(o.id, "PersonOutgoingPermissions") {
			o.id = strings.Replace(o.id, "Person", "PersonTelephony", 1)
			o.path = newerPermissionsPath
			list = append(list, o)
		}
	}
	return list
}

const newerPermissionsPath = "/telephony/config/people/%s/outgoingPermission"

// record starts a recorder for calls of the operation. It neither records nor passes to handler the requests by which the client
// finds the path of a person's permissions.
func (o operation) record(t *testing.T, handler http.HandlerFunc) *recorder {
	t.Helper()
	newer := strings.Contains(o.id, "PersonTelephony")
	updates := strings.HasPrefix(o.id, "updatePerson") && strings.HasSuffix(o.id, "OutgoingPermissions")
	return recordUnless(t, func(w http.ResponseWriter, r *http.Request) (handled bool) {
		switch {
		case newer && strings.HasPrefix(r.URL.Path, "/v1/people/"),
			o.id == "getPersonOutgoingPermissions" && strings.HasPrefix(r.URL.Path, "/v1/telephony/"):
			w.Header().Set("Connection", "close") // A connection that is used again would be repaired by net/http.
			reply(404, "{}")(w, r)
		case updates && r.Method == http.MethodGet:
			reply(200, permissionsBody)(w, r)
		default:
			return false
		}
		return true
	}, handler)
}

// forEachOperation runs a test for every operation of the document.
func forEachOperation(t *testing.T, test func(t *testing.T, o operation)) {
	t.Helper()
	for _, o := range operations() {
		t.Run(o.id, func(t *testing.T) {
			t.Parallel()
			test(t, o)
		})
	}
}

// template makes paths comparable: parameters become %s, as does the id that the table gives to digit patterns.
func template(path string) string {
	return strings.ReplaceAll(regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "%s"), "X%2F1", "%s")
}

// The table must have what the document has, with the same methods and paths: 80 operations, and two at a newer path.
func TestOperationsAreThoseOfTheDocument(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromFile("../openapi/webex-calling.yaml")
	require.NoError(t, err)
	want, got := map[string]string{}, map[string]string{}
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			want[o.OperationID] = method + " " + template(path)
		}
	}
	for _, o := range operations() {
		got[o.id] = o.method + " " + template(o.path)
	}
	assert.Equal(t, want, got)
	assert.Len(t, got, 82)
}

// A call that is forbidden tells what it needs, as the document has it.
func TestForbiddenTellsWhatIsNeeded(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromFile("../openapi/webex-calling.yaml")
	require.NoError(t, err)
	forEachOperation(t, func(t *testing.T, o operation) {
		documented := document.Paths.Find(strings.ReplaceAll(template(o.path), "%s", "{id}")).GetOperation(o.method)
		require.Equal(t, o.id, documented.OperationID)
		var scopes [][]string
		for _, alternative := range *documented.Security {
			if _, ok := alternative["oauth2"]; ok {
				scopes = append(scopes, alternative["oauth2"])
			}
		}
		err := o.call(t.Context(), o.record(t, reply(403, `{}`)).client(t), "id1")
		var failed *api.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, scopes, failed.Scopes)
		for _, alternative := range scopes {
			require.ErrorContains(t, err, strings.Join(alternative, " with "))
		}
		roles, _ := documented.Extensions["x-administrator-roles"].([]any)
		require.Len(t, failed.Roles, len(roles))
		for i, role := range roles {
			assert.Equal(t, role, failed.Roles[i])
			require.ErrorContains(t, err, failed.Roles[i])
		}
	})
}

func TestEveryOperationSendsExactly(t *testing.T) {
	forEachOperation(t, func(t *testing.T, o operation) {
		rec := o.record(t, reply(http.StatusOK, o.answer))
		require.NoError(t, o.call(t.Context(), rec.client(t), "id1"))
		contentType := o.contentType
		if contentType == "" && o.body != "" {
			contentType = "application/json"
		}
		want := request{o.method, o.sentPath("id1"), o.query, contentType, o.body, "Bearer " + token}
		assert.Equal(t, []request{want}, rec.requests())
	})
}

// What is sent is what the document allows: the parameters, the content type and the body.
func TestEveryOperationSendsWhatTheDocumentAllows(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromFile("../openapi/webex-calling.yaml")
	require.NoError(t, err)
	forEachOperation(t, func(t *testing.T, o operation) {
		rec := o.record(t, reply(http.StatusOK, o.answer))
		require.NoError(t, o.call(t.Context(), rec.client(t).ForOrganization("O1"), "id1"))
		sent := rec.requests()[0]
		item := document.Paths.Find(strings.ReplaceAll(template(o.path), "%s", "{id}"))
		documented := item.GetOperation(sent.method)
		query, err := url.ParseQuery(sent.query)
		require.NoError(t, err)
		for name, values := range query {
			parameter := documented.Parameters.GetByInAndName(openapi3.ParameterInQuery, name)
			if parameter == nil {
				parameter = item.Parameters.GetByInAndName(openapi3.ParameterInQuery, name)
			}
			require.NotNil(t, parameter, "%s is not documented", name)
			if parameter.Schema.Value.Type.Is("string") {
				require.NoError(t, parameter.Schema.Value.VisitJSON(values[0]), name)
			}
		}
		if sent.body == "" {
			assert.Nil(t, documented.RequestBody)
			return
		}
		media := documented.RequestBody.Value.Content[sent.contentType]
		require.NotNil(t, media, sent.contentType)
		var body any
		require.NoError(t, json.Unmarshal([]byte(sent.body), &body))
		require.NoError(t, media.Schema.Value.VisitJSON(body, openapi3.VisitAsRequest()))
	})
}

// An id is data: it can neither lead to another path nor add a query.
func TestEveryOperationEscapesIDs(t *testing.T) {
	forEachOperation(t, func(t *testing.T, o operation) {
		if o.argument == "" {
			return // Nothing to address.
		}
		for _, id := range []string{
			"a/../../people/me", "../x", "a?b=c", "a#b", "100%", "%2e%2e", "%2F", "a b", "a+b", "ciscospark://us/PEOPLE/x", "é;=&",
			"a\nb",
		} {
			rec := o.record(t, reply(http.StatusOK, o.answer))
			require.NoError(t, o.call(t.Context(), rec.client(t), id))
			require.Len(t, rec.requests(), 1)
			got := rec.requests()[0]
			unescaped, err := url.PathUnescape(got.path)
			require.NoError(t, err)
			path := strings.ReplaceAll(o.path, "X%2F1", "X/1")
			assert.Equal(t, "/v1"+strings.ReplaceAll(path, "%s", id), unescaped)
			assert.Equal(t, strings.Count(o.path, "/"), strings.Count(got.path, "/")-1, "segments of %s", got.path)
			assert.Equal(t, o.query, got.query)
		}
	})
}

func TestEveryOperationRefusesIDsThatAreNone(t *testing.T) {
	forEachOperation(t, func(t *testing.T, o operation) {
		if o.argument == "" {
			return // Nothing to address.
		}
		rec := o.record(t, reply(http.StatusOK, o.answer))
		for _, id := range []string{"", ".", "..", " ", "\t\n", "\x00", " .. "} {
			err := o.call(t.Context(), rec.client(t), id)
			require.ErrorContains(t, err, o.argument, "id %q", id)
		}
		assert.Empty(t, rec.requests(), "something was sent")
	})
}

func TestEveryOperationSendsOrgID(t *testing.T) {
	withoutOrgID := map[string]bool{
		"assignLicenses": true, "getLicense": true,
		"getPersonFeatureAccess": true, "updatePersonFeatureAccess": true, "resetPersonFeatureAccess": true,
	}
	forEachOperation(t, func(t *testing.T, o operation) {
		rec := o.record(t, reply(http.StatusOK, o.answer))
		require.NoError(t, o.call(t.Context(), rec.client(t).ForOrganization("org&1"), "id1"))
		require.Len(t, rec.requests(), 1)
		query, err := url.ParseQuery(rec.requests()[0].query)
		require.NoError(t, err)
		assert.Equal(t, !withoutOrgID[o.id], query.Get("orgId") == "org&1", "query %v", query)
		assert.Equal(t, o.id == "assignLicenses", strings.Contains(rec.requests()[0].body, `"orgId":"org&1"`), "in the body")
		query.Del("orgId")
		own, err := url.ParseQuery(o.query)
		require.NoError(t, err)
		assert.Equal(t, own, query)

		for _, empty := range []string{"", " \t"} {
			refused := rec.client(t).ForOrganization(empty)
			require.ErrorContains(t, o.call(t.Context(), refused, "id1"), "organizationID")
		}
		assert.Len(t, rec.requests(), 1, "a call without an organization was sent")
	})
}

func TestEveryOperationFails(t *testing.T) {
	const body = `{"message":"No such thing","errors":[{"description":"Look elsewhere","errorCode":4711}],"trackingId":"NA_1"}`
	for _, failure := range []struct {
		name    string
		answer  http.HandlerFunc
		is      error
		message string
		want    api.Error
		// reads tells that the failure is one only where a body is expected.
		reads bool
	}{
		{
			name: "404 with a body", answer: reply(404, body), is: api.ErrNotFound, message: "No such thing",
			want: api.Error{
				StatusCode: 404, Message: "No such thing", TrackingID: "NA_1",
				Details: []api.ErrorDetail{{Description: "Look elsewhere", Code: "4711"}},
			},
		},
		{
			name: "403", answer: reply(403, body), is: api.ErrForbidden, message: "No such thing",
			want: api.Error{
				StatusCode: 403, Message: "No such thing", TrackingID: "NA_1",
				Details: []api.ErrorDetail{{Description: "Look elsewhere", Code: "4711"}},
			},
		},
		{
			name: "500 with HTML", is: api.ErrServer, message: "Oops",
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("TrackingId", "X, X")
				w.WriteHeader(500)
				_, _ = io.WriteString(w, "<html><title>Oops</title>")
			},
			want: api.Error{StatusCode: 500, Message: "Oops", TrackingID: "X"},
		},
		{
			name: "502 with HTML labeled JSON", answer: reply(502, "<html>bad gateway</html>"), is: api.ErrServer,
			message: "Bad Gateway", want: api.Error{StatusCode: 502},
		},
		{
			name: "200 with HTML", answer: reply(200, "<html>please log in</html>"), is: api.ErrBadResponse, message: "bad response",
			want: api.Error{StatusCode: 200},
		},
		{
			name: "200 with a truncated body", answer: reply(200, `{"items":[{"id":"D`), is: api.ErrBadResponse,
			message: "bad response", want: api.Error{StatusCode: 200},
		},
		{
			name: "200 without a body", answer: reply(200, ""), is: api.ErrBadResponse, message: "no body", reads: true,
			want: api.Error{StatusCode: 200},
		},
		{
			name: "204", answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
			is: api.ErrBadResponse, message: "no body", reads: true, want: api.Error{StatusCode: 204},
		},
		{
			name: "200 with null", answer: reply(200, " null "), is: api.ErrBadResponse, message: "null", reads: true,
			want: api.Error{StatusCode: 200},
		},
		{
			name: "200 with another type", answer: reply(200, `"text"`), is: api.ErrBadResponse, message: "bad response", reads: true,
			want: api.Error{StatusCode: 200},
		},
		{
			name: "no answer", message: "EOF",
			answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		},
	} {
		t.Run(failure.name, func(t *testing.T) {
			forEachOperation(t, func(t *testing.T, o operation) {
				rec := o.record(t, failure.answer)
				err := o.call(t.Context(), rec.client(t), "id1")
				if failure.reads && o.answer == "" {
					require.NoError(t, err)
					return
				}
				if strings.HasPrefix(o.id, "getPersonTelephony") && failure.want.StatusCode == 404 {
					require.ErrorIs(t, err, api.ErrNotFound, "neither path exists, and the error names the older one")
					return
				}
				if lookups := rec.requests()[1:]; o.id == "createDevice" && failure.want.StatusCode/100 != 4 {
					require.ErrorIs(t, err, api.ErrOutcomeUnknown)
					require.Len(t, lookups, 1, "a phone that may have been created is looked up")
					assert.Equal(t, http.MethodGet, lookups[0].method)
					return
				}
				var got *api.Error
				require.ErrorAs(t, err, &got)
				if failure.is != nil {
					require.ErrorIs(t, err, failure.is)
				}
				require.ErrorContains(t, err, failure.message)
				require.ErrorContains(t, err, o.id)
				assert.NotContains(t, err.Error(), token)
				assert.Len(t, rec.requests(), 1, "a call that failed was sent again")
				want := failure.want
				want.Method, want.Path, want.Operation = o.method, o.sentPath("id1"), o.id
				assert.Equal(t, want, exported(got))
				uncertain := (o.method == "POST" || o.method == "PATCH") && (want.StatusCode < 400 || want.StatusCode > 499)
				assert.Equal(t, uncertain, errors.Is(err, api.ErrOutcomeUnknown))
			})
		})
	}
}

// exported is an error without the cause that only Unwrap shows, its tries, and the tracking id that is the client's own.
func exported(e *api.Error) api.Error {
	if strings.HasPrefix(e.TrackingID, "WXCGO_") {
		answered := *e
		answered.TrackingID = ""
		e = &answered
	}
	return api.Error{
		StatusCode: e.StatusCode, Message: e.Message, Details: e.Details, TrackingID: e.TrackingID, RetryAfter: e.RetryAfter,
		Method: e.Method, Path: e.Path, Operation: e.Operation, OrganizationID: e.OrganizationID,
	}
}

func TestEveryOperationObeysItsContext(t *testing.T) {
	forEachOperation(t, func(t *testing.T, o operation) {
		ctx, cancel := context.WithCancel(t.Context())
		rec := o.record(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		err := o.call(ctx, rec.client(t), "id1")
		require.ErrorIs(t, err, context.Canceled)

		err = o.call(ctx, rec.client(t), "id1")
		require.ErrorIs(t, err, context.Canceled)
		assert.Len(t, rec.requests(), 1, "a call was sent after its end")
	})
}
