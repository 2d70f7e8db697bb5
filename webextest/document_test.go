package webextest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/openapi"
	"github.com/webex-calling/webex-calling-go/webextest"
)

// call is what a test sends to an operation. What is empty is as the operation wants it.
type call struct {
	query, body, contentType string
	// authorization is the whole header; "-" is none.
	authorization string
	// ids replace those of the path, by the names of their parameters.
	ids map[string]string
	// invalid tells that the document does not allow the request either.
	invalid bool
}

// judge has the document judge requests and answers.
type judge struct {
	routes  map[string]*routers.Route
	answers map[int]int
	driven  map[string]bool
}

// newJudge reads the document anew: the server changes the one that it has.
func newJudge(tb testing.TB) *judge {
	tb.Helper()
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(tb, err)
	j := &judge{routes: map[string]*routers.Route{}, answers: map[int]int{}, driven: map[string]bool{}}
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			j.routes[o.OperationID] = &routers.Route{Spec: document, Path: path, PathItem: item, Method: method, Operation: o}
		}
	}
	return j
}

// parameters are the names of the parameters of an operation in the path or the query.
func parameters(route *routers.Route, in string) []string {
	var names []string
	for _, list := range []openapi3.Parameters{route.PathItem.Parameters, route.Operation.Parameters} {
		for _, parameter := range list {
			if parameter.Value.In == in {
				names = append(names, parameter.Value.Name)
			}
		}
	}
	return names
}

// schema is that of the body of an operation, with its media type; nil if it takes none.
func schema(route *routers.Route) (*openapi3.Schema, string) {
	if route.Operation.RequestBody == nil {
		return nil, ""
	}
	for mediaType, media := range route.Operation.RequestBody.Value.Content {
		return media.Schema.Value, mediaType
	}
	return nil, ""
}

// roles are those that the document lets call an operation; nil if it says nothing.
func roles(route *routers.Route) []any {
	list, _ := route.Operation.Extensions["x-administrator-roles"].([]any)
	return list
}

// send sends a call, judges it and the answer, and answers that.
func (j *judge) send(t *testing.T, s *webextest.Server, ids map[string]string, id string, c call) (int, object, http.Header) {
	t.Helper()
	route := j.routes[id]
	require.NotNil(t, route, "the document has no %s", id)
	path, pathParameters := route.Path, map[string]string{}
	for _, name := range parameters(route, openapi3.ParameterInPath) {
		value := ids[name]
		if other, ok := c.ids[name]; ok {
			value = other
		}
		require.NotEmpty(t, value, name)
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
		pathParameters[name] = value
	}
	build := func() *http.Request {
		req, err := http.NewRequestWithContext(t.Context(), route.Method, s.URL+path+"?"+c.query, strings.NewReader(c.body))
		require.NoError(t, err)
		_, mediaType := schema(route)
		for name, values := range map[string][2]string{
			"Content-Type": {c.contentType, mediaType}, "Authorization": {c.authorization, "Bearer " + s.Token},
		} {
			value := values[0]
			if value == "" {
				value = values[1]
			}
			if value != "" && value != "-" {
				req.Header.Set(name, value)
			}
		}
		return req
	}
	input := &openapi3filter.RequestValidationInput{
		Request: build(), PathParams: pathParameters, Route: route, Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
		},
	}
	assert.Equal(t, c.invalid, openapi3filter.ValidateRequest(t.Context(), input) != nil, "the document on the request %+v", c)

	resp, err := http.DefaultClient.Do(build())
	require.NoError(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, j.judge(t, input, resp, data), resp.Header
}

// judge checks an answer against the document, and decodes its body.
func (j *judge) judge(t *testing.T, input *openapi3filter.RequestValidationInput, resp *http.Response, data []byte) object {
	t.Helper()
	j.answers[resp.StatusCode]++
	assert.NotEmpty(t, resp.Header.Get("TrackingId"))
	described := input.Route.Operation.Responses.Status(resp.StatusCode)
	require.NotNil(t, described, "status %d is not documented", resp.StatusCode)
	validation := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header, Options: input.Options,
	}
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), validation.SetBodyBytes(data)), string(data))
	for _, name := range []string{"Link", "Retry-After", "TrackingId"} {
		if resp.Header.Get(name) != "" {
			assert.Contains(t, described.Value.Headers, name, "the header is not documented with %d", resp.StatusCode)
		}
	}
	if len(described.Value.Content) == 0 {
		assert.Empty(t, data)
		assert.Empty(t, resp.Header.Get("Content-Type"))
		return nil
	}
	var value any
	require.NoError(t, json.Unmarshal(data, &value))
	assert.Empty(t, undocumented("", described.Value.Content.Get("application/json").Schema.Value, value))
	answer := value.(object)
	if resp.StatusCode >= http.StatusBadRequest {
		assert.Equal(t, resp.Header.Get("TrackingId"), answer["trackingId"])
		assert.NotEmpty(t, answer["message"])
		assert.NotEmpty(t, answer["errors"])
	}
	return answer
}

// undocumented finds a member of an answer that the document does not name, or an id without text: the library lets both pass.
func undocumented(path string, schema *openapi3.Schema, value any) string {
	parts := []*openapi3.Schema{schema}
	for i := 0; i < len(parts); i++ {
		for _, more := range slices.Concat(parts[i].AllOf, parts[i].AnyOf, parts[i].OneOf) {
			parts = append(parts, more.Value)
		}
	}
	switch value := value.(type) {
	case []any:
		for _, part := range parts {
			for _, item := range value {
				if part.Items == nil {
					break
				}
				if found := undocumented(path+"[]", part.Items.Value, item); found != "" {
					return found
				}
			}
		}
	case object:
		for name, member := range value {
			var known *openapi3.Schema
			for _, part := range parts {
				if property := part.Properties[name]; property != nil {
					known = property.Value
				} else if known == nil && part.AdditionalProperties.Schema != nil {
					known = part.AdditionalProperties.Schema.Value
				}
			}
			if known == nil || name == "id" && member == "" {
				return path + "." + name
			}
			if found := undocumented(path+"."+name, known, member); found != "" {
				return found
			}
		}
	}
	return ""
}

const (
	somePattern = "Y2lzY29zcGFyazovL3VzL1NDSEVEVUxFLzEyMzQ1Njc4LTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMQ"
	someJob     = "Y2lzY29zcGFyazovL3VzL0pPQl9JRC8xMjM0NTY3OC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDI"
)

// outgoings are the outgoing permissions of all who have any.
func outgoings(o *webextest.Organization) []*webextest.Outgoing {
	var all []*webextest.Outgoing
	for i := range o.Locations {
		all = append(all, &o.Locations[i].Outgoing)
	}
	for i := range o.People {
		all = append(all, &o.People[i].Outgoing)
	}
	for i := range o.Workspaces {
		all = append(all, &o.Workspaces[i].Outgoing)
	}
	for i := range o.VirtualLines {
		all = append(all, &o.VirtualLines[i].Outgoing)
	}
	return all
}

// prepared is an organization in which every operation has something to work on, with the ids for the paths.
func prepared(tb testing.TB, options ...webextest.Option) (*webextest.Server, map[string]string) {
	tb.Helper()
	sizes := []webextest.Option{webextest.WithDevices(6), webextest.WithPeople(4)}
	s := webextest.NewServer(tb, append(sizes, options...)...)
	var devices []string
	for device := range s.Devices() {
		devices = append(devices, device.ID)
	}
	s.Change(func(state *webextest.State) {
		for _, rules := range outgoings(&state.Organization) {
			rules.AccessCodes = []webextest.AccessCode{{Code: "1", Description: "one"}}
			rules.DigitPatterns = []webextest.DigitPattern{{ID: somePattern, Name: "old", Pattern: "1XX", Action: "BLOCK"}}
			rules.TransferNumbers = [3]string{"+31205550100"}
		}
		state.AccessCodes = []webextest.AccessCode{{Code: "1", Description: "one"}, {Code: "2", Description: "two"}}
		state.Jobs = []webextest.Job{
			{ID: someJob, InstanceID: 1, TrackingID: "T_1", DeviceCount: 8, Failed: devices[:2], LocationID: state.Locations[0].ID},
			{ID: "2", InstanceID: 2, TrackingID: "T_2", Failed: []string{}},
		}
	})
	return s, map[string]string{
		"licenseId": s.Licenses()[0].ID, "deviceId": devices[1], "jobId": someJob, "personId": s.People()[0].ID,
		"workspaceId": s.Workspaces()[0].ID, "locationId": s.Locations()[0].ID, "virtualLineId": s.VirtualLines()[0].ID,
		"digitPatternId": somePattern,
	}
}

// bodies are those of all operations that take one, by their ids.
func bodies(s *webextest.Server) map[string]string {
	person := s.People()[0].ID
	all := map[string]string{
		"assignLicenses":                fmt.Sprintf(`{"personId":%q,"licenses":[{"id":%q}]}`, person, s.Licenses()[7].ID),
		"createDevice":                  fmt.Sprintf(`{"mac":"02005EA1B2C3","model":"DMS Cisco 8865","personId":%q}`, person),
		"createDeviceActivationCode":    fmt.Sprintf(`{"workspaceId":%q}`, s.Workspaces()[0].ID),
		"updateDeviceTags":              `{"op":"add","path":"tags","value":["a","b"]}`,
		"startDeviceSettingsJob":        `{"customizations":{"mpp":{"callsPerLine":1}}}`,
		"updateDefaultFeatureAccess":    `{"voicemail":"NO_ACCESS"}`,
		"updatePersonFeatureAccess":     `{"voicemail":"NO_ACCESS"}`,
		"createOrganizationAccessCodes": `{"accessCodes":[{"code":"9","description":"nine"}]}`,
		"deleteOrganizationAccessCodes": `{"deleteCodes":["1"]}`,
		"createLocationAccessCodes":     `{"accessCodes":[{"code":"9","description":"nine"}]}`,
		"deleteLocationAccessCodes":     `{"deleteCodes":["1"]}`,
	}
	all["updatePersonTelephonyOutgoingPermissions"] = "{" + permissions("NATIONAL", "BLOCK") + "}"
	for _, kind := range kinds {
		all["update"+kind+"OutgoingPermissions"] = "{" + permissions("NATIONAL", "BLOCK") + "}"
		all["update"+kind+"TransferNumbers"] = `{"useCustomTransferNumbers":true,"autoTransferNumber1":"+31205550100"}`
		all["create"+kind+"DigitPattern"] = `{"action":"BLOCK","name":"n","pattern":"1XX","transferEnabled":false}`
		all["update"+kind+"DigitPattern"] = `{"pattern":"2XX","transferEnabled":false}`
		if kind != "Location" {
			all["create"+kind+"AccessCode"] = `{"code":"9","description":"nine"}`
			all["update"+kind+"AccessCodes"] = `{"useCustomAccessCodes":true,"deleteCodes":["1"]}`
			all["update"+kind+"DigitPatternSettings"] = `{"useCustomDigitPatterns":true}`
		}
	}
	return all
}

// kinds are those that have outgoing permissions, as the names of operations have them.
var kinds = []string{"Person", "Workspace", "Location", "VirtualLine"}

// Every operation is called in success and in failure. Every answer, that of an error too, must be one that the document has.
func TestEveryAnswerIsAsDocumented(t *testing.T) {
	j := newJudge(t)
	for _, id := range slices.Sorted(maps.Keys(j.routes)) {
		t.Run(id, func(t *testing.T) {
			j.succeed(t, id)
			j.fail(t, id)
			j.failForBody(t, id)
		})
	}
	t.Run("special", j.special)
	t.Run("rate limit", j.limited)
	for id := range j.routes {
		assert.True(t, j.driven[id], "%s did not succeed once", id)
	}
	assert.Len(t, j.driven, 82)
	sum := 0
	for _, count := range j.answers {
		sum += count
	}
	t.Logf("%d answers of %d operations are as documented, by status: %v", sum, len(j.driven), j.answers)
}

// succeed calls an operation with all that the document asks for and no more: every alternative of scopes, every role.
func (j *judge) succeed(t *testing.T, id string) {
	t.Helper()
	route := j.routes[id]
	tokens := []webextest.Access{{}}
	for _, alternative := range *route.Operation.Security {
		if scopes, ok := alternative["oauth2"]; ok {
			tokens = append(tokens, webextest.Access{Scopes: scopes})
		}
	}
	for _, role := range []string{"full", "read-only", "user", "device", "location"} {
		if j.allowed(id, role) {
			tokens = append(tokens, webextest.Access{Role: role})
		}
	}
	for _, access := range tokens {
		s, ids := prepared(t)
		body := bodies(s)[id]
		_, mediaType := schema(route)
		require.Equal(t, mediaType != "", body != "", "the table of bodies lags behind the document")
		c := call{body: body, authorization: "Bearer " + s.NewToken(access)}
		if mediaType == "application/json" {
			c.contentType = "application/json;charset=utf-8" // A widely used client sends it so.
		}
		status, answer, _ := j.send(t, s, ids, id, c)
		require.Less(t, status, 300, "%+v: %v", access, answer)
		require.NotNil(t, route.Operation.Responses.Status(status))
	}
	j.driven[id] = true
}

// allowed tells whether the owner of a role may call an operation. Where the document says nothing, all may but those who may
// only read.
func (j *judge) allowed(id, role string) bool {
	if documented := roles(j.routes[id]); len(documented) > 0 {
		return slices.Contains(documented, any(role))
	}
	return role != "read-only" || j.routes[id].Method == http.MethodGet
}

// fail calls an operation in all the ways that have nothing to do with its body.
func (j *judge) fail(t *testing.T, id string) {
	t.Helper()
	route := j.routes[id]
	s, ids := prepared(t)
	before := s.State()
	body := bodies(s)[id]
	refused := func(want int, c call) {
		t.Helper()
		if c.body == "" {
			c.body = body
		}
		status, answer, _ := j.send(t, s, ids, id, c)
		assert.Equal(t, want, status, "%+v: %v", c, answer)
	}
	with := func(access webextest.Access) call {
		token := s.NewToken(access)
		before.Tokens[token] = access // It is no change by the call.
		return call{authorization: "Bearer " + token}
	}
	for _, authorization := range []string{"-", "Bearer", "Bearer wrong", "Basic " + s.Token, s.Token} {
		refused(http.StatusUnauthorized, call{authorization: authorization})
	}
	refused(http.StatusUnauthorized, with(webextest.Access{Expired: true}))
	refused(http.StatusForbidden, with(webextest.Access{Scopes: []string{}}))
	refused(http.StatusForbidden, with(webextest.Access{Scopes: []string{"spark-admin:other"}}))
	for _, alternative := range *route.Operation.Security {
		for i := range alternative["oauth2"] {
			missing := slices.Delete(slices.Clone(alternative["oauth2"]), i, i+1)
			refused(http.StatusForbidden, with(webextest.Access{Scopes: append(missing, "spark-admin:other")}))
		}
	}
	for _, role := range []string{"full", "read-only", "user", "device", "location"} {
		if !j.allowed(id, role) {
			refused(http.StatusForbidden, with(webextest.Access{Role: role}))
		}
	}
	if route.Method != http.MethodGet {
		assert.False(t, j.allowed(id, "read-only"), "the document lets a read-only administrator write")
	}
	refused(http.StatusBadRequest, call{query: "unknown=1"})
	refused(http.StatusBadRequest, call{query: "orgid=1"})
	refused(http.StatusForbidden, call{query: "orgId=other"})
	for _, name := range parameters(route, openapi3.ParameterInPath) {
		refused(http.StatusNotFound, call{ids: map[string]string{name: "unknown"}})
		refused(http.StatusNotFound, call{ids: map[string]string{name: "a/b?c=d#e f%2F"}})
		refused(http.StatusNotFound, call{ids: map[string]string{name: s.OrganizationID()}})
	}
	assert.Empty(t, webextest.Diff(before, s.State()), "a call that was refused changed something")
}

// failForBody sends bodies that the document does not allow, and media types.
func (j *judge) failForBody(t *testing.T, id string) {
	t.Helper()
	described, mediaType := schema(j.routes[id])
	if described == nil {
		return
	}
	s, ids := prepared(t)
	before := s.State()
	body := bodies(s)[id]
	refused := func(want int, c call) {
		t.Helper()
		status, answer, _ := j.send(t, s, ids, id, c)
		assert.Equal(t, want, status, "%+v: %v", c, answer)
	}
	for _, broken := range []string{"", "{", "null", `"text"`, "12", "[12]", body + body, body[:len(body)-1]} {
		// The library takes the first of two values for the body.
		refused(http.StatusBadRequest, call{body: broken, invalid: broken != body+body})
	}
	var members object
	require.NoError(t, json.Unmarshal([]byte(body), &members))
	change := func(name string, value any) string {
		changed := maps.Clone(members)
		changed[name] = value
		data, err := json.Marshal(changed)
		require.NoError(t, err)
		return string(data)
	}
	for name := range members {
		refused(http.StatusBadRequest, call{body: change(name, 12.5), invalid: true})
		if described.Properties[name] != nil && described.Properties[name].Value.Nullable {
			continue // Null is absent there.
		}
		refused(http.StatusBadRequest, call{body: change(name, nil), invalid: true})
	}
	if described.AdditionalProperties.Schema == nil {
		refused(http.StatusBadRequest, call{body: change("unknown", 1)})
		refused(http.StatusBadRequest, call{body: change("", 1)})
	}
	other := "application/json"
	if mediaType == other {
		other = "application/json-patch+json"
	}
	for _, contentType := range []string{"-", "text/plain", "application/xml", other} {
		refused(http.StatusUnsupportedMediaType, call{body: body, contentType: contentType, invalid: true})
	}
	assert.Empty(t, webextest.Diff(before, s.State()), "a call that was refused changed something")
}

// codesBody is a list of so many access codes.
func codesBody(member string, count int) string {
	codes := make([]string, count)
	for i := range codes {
		codes[i] = fmt.Sprintf(`{"code":"%d","description":"d"}`, 100_000+i)
		if member == "deleteCodes" {
			codes[i] = fmt.Sprintf(`"%d"`, 100_000+i)
		}
	}
	return fmt.Sprintf(`{%q:[%s]}`, member, strings.Join(codes, ","))
}

// special are answers that only some operations have.
func (j *judge) special(t *testing.T) {
	s, ids := prepared(t, webextest.WithTrial())
	customer := s.AddCustomer("Globex")
	s.Change(func(state *webextest.State) {
		state.Licenses[7].TotalUnits = 0
		state.Jobs = append(state.Jobs, webextest.Job{ID: "3", Started: time.Now(), Duration: time.Hour, Failed: []string{}})
		state.Jobs[1].Started = time.Now()
	})
	person, outsider, licenses := s.People()[1].ID, customer.People[0].ID, s.Licenses()
	assign := func(personID, rest string) string { return fmt.Sprintf(`{"personId":%q,%s}`, personID, rest) }
	add := func(places ...int) string {
		var list []string
		for _, place := range places {
			list = append(list, fmt.Sprintf(`{"id":%q,"properties":{"extension":"7","locationId":%q}}`,
				licenses[place].ID, ids["locationId"]))
		}
		return `"licenses":[` + strings.Join(list, ",") + "]"
	}
	site := func(address string) string {
		return fmt.Sprintf(`"siteUrls":[{"siteUrl":%q,"accountType":"attendee"}]`, address)
	}
	device := func(mac, model, rest string) string {
		return fmt.Sprintf(`{"mac":%q,"model":%q,"personId":%q%s}`, mac, model, person, rest)
	}
	type special struct {
		id     string
		call   call
		status int
		code   int
		link   bool
	}
	table := []special{
		{"getLicense", call{query: "includeAssignedTo=user&limit=2"}, 200, 0, true},
		{"getLicense", call{query: "includeAssignedTo=user&limit=1&next=1"}, 200, 0, true},
		{"getLicense", call{query: "includeAssignedTo=nobody", invalid: true}, 400, 0, false},
		{"getLicense", call{query: "includeAssignedTo=user&next=!"}, 400, 0, false},
		{"listDevices", call{query: "max=2&tag=x&tag=y"}, 200, 0, false},
		{"listDevices", call{query: "max=2"}, 200, 0, true},
		{"listDevices", call{query: "start=-1", invalid: true}, 400, 0, false},
		{"listDevices", call{query: "type=phone&product=Cisco+8865&start=1&orgId=" + s.OrganizationID()}, 200, 0, false},
		{"listDevices", call{query: "orgId=" + customer.ID}, 200, 0, false},
		{"updateDeviceTags", call{body: `[{"op":"add","path":"tags","value":["a"]},{"op":"remove","path":"tags"}]`}, 200, 0, false},
		{"updateDeviceTags", call{body: `{"op":"replace","path":"tags","value":["a"]}`}, 200, 0, false},
		{"updateDeviceTags", call{body: `{"op":"remove","path":"tags"}`}, 200, 0, false},
		{"updateDeviceTags", call{body: `{"op":"move","path":"tags"}`, invalid: true}, 400, 0, false},
		{"updateDeviceTags", call{body: `[{"op":"add","path":"tags","more":1}]`}, 400, 0, false},
		{"createDevice", call{body: device("02005EB00001", "DMS Cisco 9871", "")}, 204, 0, false},
		{"createDevice", call{body: device("02005EB00002", "Generic IPPhone", `,"password":"secret"`)}, 200, 0, false},
		{"createDevice", call{body: device("02005EB00003", "Generic IPPhone", "")}, 400, 0, false},
		{"createDevice", call{body: device("02005EB00004", "", "")}, 400, 0, false},
		{"createDevice", call{body: device("nonsense", "DMS Cisco 8865", "")}, 400, 0, false},
		{"createDevice", call{body: device("02005E000001", "DMS Cisco 8865", "")}, 409, 0, false},
		{"createDevice", call{body: device("02005EB00005", "DMS Cisco 8865", `,"workspaceId":"x"`)}, 400, 0, false},
		{"createDevice", call{body: `{"mac":"02005EB00006","model":"DMS Cisco 8865","personId":"x"}`}, 404, 0, false},
		{"createDeviceActivationCode", call{body: assign(person, `"model":"DMS Cisco 8865"`)}, 200, 0, false},
		{"createDeviceActivationCode", call{body: "{}"}, 400, 0, false},
		{"assignLicenses", call{body: assign(person, add(9, 7))}, 206, 0, false},
		{"assignLicenses", call{body: assign(outsider, add(3)+","+site("acme-free.webex.com"))}, 200, 0, false},
		{"assignLicenses", call{body: assign(person, site("nowhere.example"))}, 400, 400216, false},
		{"assignLicenses", call{body: assign(person, add(7))}, 400, 0, false},
		{"assignLicenses", call{body: assign(person, add(4))}, 400, 400112, false},
		{"assignLicenses", call{body: assign(person, add(11))}, 400, 400118, false},
		{"assignLicenses", call{body: assign(person, `"licenses":[{"id":"x"}]`)}, 400, 400000, false},
		{"assignLicenses", call{body: assign("x", add(3))}, 404, 1, false},
		{"assignLicenses", call{body: "{}"}, 400, 0, false},
		{"listDeviceSettingsJobs", call{query: "max=1"}, 200, 0, true},
		{"listDeviceSettingsJobs", call{query: "start=2&max=1"}, 200, 0, false},
		{"getDeviceSettingsJob", call{ids: map[string]string{"jobId": "2"}}, 200, 0, false},
		{"getDeviceSettingsJob", call{ids: map[string]string{"jobId": "3"}}, 200, 0, false},
		{"listDeviceSettingsJobErrors", call{query: "max=1"}, 200, 0, true},
		{"listDeviceSettingsJobErrors", call{query: "max=1&start=1"}, 200, 0, false},
		{"listDeviceSettingsJobErrors", call{query: "max=0", invalid: true}, 400, 0, false},
		{"startDeviceSettingsJob", call{body: `{"customizations":{}}`}, 409, 0, false},
		{"startDeviceSettingsJob", call{body: `{}`}, 400, 25008, false},
		{"startDeviceSettingsJob", call{body: `{"locationId":"x","customizations":{}}`}, 404, 0, false},
		{"startDeviceSettingsJob", call{body: `{"customizations":{"mpp":{"unknown":1}}}`}, 400, 0, false},
		{"listOrganizationAccessCodes", call{query: "max=1"}, 200, 0, true},
		{"listOrganizationAccessCodes", call{query: "code=1,2&description=one"}, 200, 0, false},
		{"listOrganizationAccessCodes", call{query: "max=x", invalid: true}, 400, 0, false},
		{"createOrganizationAccessCodes", call{body: `{"accessCodes":[{"code":"1","description":""}]}`}, 409, 0, false},
		{"createOrganizationAccessCodes", call{body: `{"accessCodes":[]}`}, 400, 25008, false},
		{"createOrganizationAccessCodes", call{body: codesBody("accessCodes", 10_001)}, 400, 25085, false},
		{"deleteOrganizationAccessCodes", call{body: codesBody("deleteCodes", 10_001)}, 400, 25085, false},
		{"createLocationAccessCodes", call{body: codesBody("accessCodes", 1000)}, 400, 0, false},
		{"createLocationAccessCodes", call{body: `{"accessCodes":[{"code":"1","description":""}]}`}, 409, 0, false},
		{"updatePersonFeatureAccess", call{body: `{"voicemail":"SOME"}`, invalid: true}, 400, 0, false},
	}
	for _, kind := range kinds {
		update := "update" + kind + "OutgoingPermissions"
		entry := func(entry string) call { return call{body: `{"callingPermissions":[` + entry + `]}`} }
		table = append(table,
			special{update, call{body: "{" + permissions("CASUAL", "BLOCK") + "}"}, 400, 25321, false},
			special{update, call{body: "{" + permissions("INTERNATIONAL", "AUTH_CODE") + "}"}, 400, 25024, false},
			special{update, entry(`{"callType":"NATIONAL","action":"BLOCK"}`), 400, 25008, false},
			special{update, entry(`{"callType":"NATIONAL","action":"BLOCK","transferEnabled":true,"unknown":1}`), 400, 0, false},
			special{update, call{body: `{}`}, 204, 0, false},
			special{"create" + kind + "DigitPattern", call{
				body: `{"name":"old","pattern":"1","action":"ALLOW","transferEnabled":true}`,
			}, 409, 0, false},
			special{"update" + kind + "DigitPattern", call{body: `{"name":""}`}, 400, 25008, false},
		)
		if kind != "Location" {
			table = append(table,
				special{"create" + kind + "AccessCode", call{body: `{"code":"1","description":""}`}, 409, 0, false},
				special{"update" + kind + "TransferNumbers", call{body: `{"autoTransferNumber1":"1"}`}, 204, 0, false},
			)
		}
	}
	for _, c := range table {
		status, answer, header := j.send(t, s, ids, c.id, c.call)
		name := fmt.Sprintf("%s %.200s %s: %v", c.id, c.call.body, c.call.query, answer)
		assert.Equal(t, c.status, status, name)
		assert.Equal(t, c.link, header.Get("Link") != "", name)
		if c.code != 0 {
			assert.InDelta(t, c.code, answer["errors"].([]any)[0].(object)["errorCode"], 0, name)
		}
	}
}

// limited calls every operation once too often.
func (j *judge) limited(t *testing.T) {
	s, ids := prepared(t, webextest.WithRateLimit(0.001, 1))
	body := bodies(s)
	get(t, s, "/licenses")
	for id := range j.routes {
		status, _, header := j.send(t, s, ids, id, call{body: body[id]})
		assert.Equal(t, http.StatusTooManyRequests, status)
		assert.NotEmpty(t, header.Get("Retry-After"))
	}
}

// Every path refuses the methods that it has no operation for, by the 405 that the document has for its others.
func TestEveryPathRefusesOtherMethods(t *testing.T) {
	j := newJudge(t)
	s, ids := prepared(t)
	count := 0
	for _, route := range j.routes {
		path := route.Path
		for name, value := range ids {
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
		}
		var allowed []string
		for method := range route.PathItem.Operations() {
			allowed = append(allowed, method)
		}
		slices.Sort(allowed)
		for _, method := range []string{"GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"} {
			// Such a request is one for the device or license of that id; what is allowed is told without it.
			other := path == "/devices/activationCode" && slices.Contains([]string{"GET", "PATCH", "DELETE"}, method) ||
				path == "/licenses/users" && method == "GET"
			if slices.Contains(allowed, method) || other {
				continue
			}
			status, answer, header := exchange(t, s, method, path, "{}")
			require.Equal(t, http.StatusMethodNotAllowed, status, "%s %s: %v", method, path, answer)
			assert.Equal(t, strings.Join(allowed, ", "), header.Get("Allow"))
			data, err := json.Marshal(answer)
			require.NoError(t, err)
			input := &openapi3filter.RequestValidationInput{Route: route, Options: &openapi3filter.Options{IncludeResponseStatus: true}}
			input.Request, err = http.NewRequestWithContext(t.Context(), route.Method, s.URL+path, nil)
			require.NoError(t, err)
			j.judge(t, input, &http.Response{StatusCode: status, Header: header}, data)
			count++
		}
	}
	t.Logf("%d answers to other methods are as documented", count)
}

// What is no path of the document is answered by its 404, which all operations have alike.
func TestUnknownPaths(t *testing.T) {
	j := newJudge(t)
	s, ids := prepared(t)
	for _, path := range []string{
		"/", "/x", "/people", "/people/" + ids["personId"], "/devices/", "/devices/x/y", "/telephony/config", "/Licenses",
		"/people/" + ids["personId"] + "/features/outgoingPermission/digitPatterns",
		"/people/" + ids["personId"] + "/features/outgoingpermission",
	} {
		for _, method := range []string{"GET", "PUT", "POST", "PATCH", "DELETE"} {
			status, answer, header := exchange(t, s, method, path, "{}")
			assert.Equal(t, http.StatusNotFound, status, "%s %s", method, path)
			assert.Empty(t, header.Get("Allow"))
			described := j.routes["listLicenses"].Operation.Responses.Status(status).Value.Content["application/json"].Schema.Value
			require.NoError(t, described.VisitJSON(answer))
			assert.Empty(t, undocumented("", described, answer))
		}
	}
	resp, err := http.Get(strings.TrimSuffix(s.URL, "/v1") + "/licenses") //nolint:noctx // It has no token either.
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
}
