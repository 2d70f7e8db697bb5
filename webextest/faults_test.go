package webextest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// teapot is a fault that nothing else answers like.
func teapot(status int) webextest.Fault {
	return webextest.Fault{Kind: webextest.FaultAnswer, Status: status, Body: `{"message":"ordered"}`}
}

// statusOf is what a call is answered with; 0 if the connection broke.
func statusOf(t *testing.T, s *webextest.Server, method, path, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func statuses(t *testing.T, s *webextest.Server, count int) []int {
	t.Helper()
	var list []int
	for range count {
		list = append(list, statusOf(t, s, http.MethodGet, "/licenses", s.Token))
	}
	return list
}

// otherEncoding is the id of the same thing as another endpoint may have it: of another cluster, in capitals, with padding.
func otherEncoding(t *testing.T, id string) string {
	t.Helper()
	decoded, err := base64.RawStdEncoding.DecodeString(id)
	require.NoError(t, err)
	parts := strings.Split(string(decoded), "/")
	name := strings.ToUpper(parts[len(parts)-1])
	other := base64.URLEncoding.EncodeToString([]byte("ciscospark://urn:TEAM:us-east-1_int13/PEOPLE/" + name))
	require.NotEqual(t, id, other)
	return other
}

func TestFaultByOperation(t *testing.T) {
	s := webextest.NewServer(t)
	fault := teapot(418)
	fault.Operation = "listLicenses"
	require.NoError(t, s.Inject(fault))
	assert.Equal(t, 418, statusOf(t, s, http.MethodGet, "/licenses", s.Token))
	assert.Equal(t, 200, statusOf(t, s, http.MethodGet, "/licenses/"+s.Licenses()[0].ID, s.Token))
	assert.Equal(t, 200, statusOf(t, s, http.MethodGet, "/devices", s.Token))
	assert.Equal(t, 405, statusOf(t, s, http.MethodPost, "/licenses", s.Token))
}

func TestFaultByID(t *testing.T) {
	s := webextest.NewServer(t)
	struck, other := s.People()[0].ID, s.People()[1].ID
	path := func(id string) string {
		return "/telephony/config/people/" + id + "/outgoingPermission/autoTransferNumbers"
	}
	for _, id := range []string{struck, otherEncoding(t, struck)} {
		fault := teapot(418)
		fault.ID = id
		require.NoError(t, s.Inject(fault))
		assert.Equal(t, 418, statusOf(t, s, http.MethodGet, path(struck), s.Token))
		assert.Equal(t, 418, statusOf(t, s, http.MethodGet, path(otherEncoding(t, struck)), s.Token))
		assert.Equal(t, 418, statusOf(t, s, http.MethodGet, "/people/"+struck+"/features/outgoingPermission", s.Token))
		assert.Equal(t, 200, statusOf(t, s, http.MethodGet, path(other), s.Token))
		assert.Equal(t, 200, statusOf(t, s, http.MethodGet, "/licenses", s.Token), "a call without an id")
		s.ClearFaults()
	}
}

func TestFaultByToken(t *testing.T) {
	s := webextest.NewServer(t)
	other := s.NewToken(webextest.Access{})
	fault := teapot(418)
	fault.Token = other
	require.NoError(t, s.Inject(fault))
	assert.Equal(t, 418, statusOf(t, s, http.MethodGet, "/licenses", other))
	assert.Equal(t, 200, statusOf(t, s, http.MethodGet, "/licenses", s.Token))
}

func TestFaultByOrganization(t *testing.T) {
	s := webextest.NewServer(t)
	struck, other := s.AddCustomer("Struck"), s.AddCustomer("Other")
	ofCustomer := s.NewToken(webextest.Access{OrganizationID: struck.ID})
	assignment := func(orgID string) int {
		t.Helper()
		body := `{"email":"nobody@example.com","licenses":[],"orgId":"` + orgID + `"}`
		status, _, _ := exchange(t, s, http.MethodPatch, "/licenses/users", body)
		return status
	}
	for _, id := range []string{struck.ID, otherEncoding(t, struck.ID)} {
		fault := teapot(418)
		fault.OrganizationID = id
		require.NoError(t, s.Inject(fault))
		assert.Equal(t, 418, statusOf(t, s, http.MethodGet, "/licenses?orgId="+struck.ID, s.Token))
		assert.Equal(t, 418, statusOf(t, s, http.MethodGet, "/licenses", ofCustomer), "its own token")
		assert.Equal(t, 418, assignment(struck.ID), "named in the body")
		assert.Equal(t, 200, statusOf(t, s, http.MethodGet, "/licenses", s.Token))
		assert.Equal(t, 200, statusOf(t, s, http.MethodGet, "/licenses?orgId="+other.ID, s.Token))
		assert.NotEqual(t, 418, assignment(other.ID))
		s.ClearFaults()
	}
	fault := teapot(418)
	fault.OrganizationID = s.OrganizationID()
	require.NoError(t, s.Inject(fault))
	assert.Equal(t, 418, statusOf(t, s, http.MethodGet, "/licenses", s.Token))
	assert.Equal(t, 200, statusOf(t, s, http.MethodGet, "/licenses", ofCustomer))
	assert.Equal(t, 401, statusOf(t, s, http.MethodGet, "/licenses", "wrong"), "it reaches none")
	calls := s.Calls()
	assert.Equal(t, s.OrganizationID(), calls[len(calls)-3].OrganizationID)
	assert.Equal(t, struck.ID, calls[len(calls)-2].OrganizationID)
	assert.Empty(t, calls[len(calls)-1].OrganizationID)

	fault.OrganizationID = "nothing"
	require.EqualError(t, s.Inject(fault), `webextest: Fault.OrganizationID "nothing" is not an organization of this server`)
}

func TestFaultByOperationConstant(t *testing.T) {
	s := webextest.NewServer(t)
	fault := teapot(418)
	fault.Operation = webextest.OpListLicenses
	require.NoError(t, s.Inject(fault))
	assert.Equal(t, 418, statusOf(t, s, http.MethodGet, "/licenses", s.Token))
	assert.Equal(t, 200, statusOf(t, s, http.MethodGet, "/devices", s.Token))
	assert.Equal(t, string(webextest.OpListDevices), s.Calls()[1].Operation)
	fault.Operation = "listLicences"
	require.EqualError(t, s.Inject(fault), `webextest: Fault.Operation "listLicences" is not an operation of the OpenAPI document`)
}

func TestFaultAfterAndTimes(t *testing.T) {
	for _, test := range []struct {
		after, times int
		want         []int
	}{
		{0, 0, []int{418, 418, 418, 418, 418}},
		{0, 1, []int{418, 200, 200, 200, 200}},
		{2, 0, []int{200, 200, 418, 418, 418}},
		{2, 2, []int{200, 200, 418, 418, 200}},
		{9, 1, []int{200, 200, 200, 200, 200}},
	} {
		t.Run(fmt.Sprintf("after %d, %d times", test.after, test.times), func(t *testing.T) {
			s := webextest.NewServer(t)
			fault := teapot(418)
			fault.Operation, fault.After, fault.Times = "listLicenses", test.after, test.times
			require.NoError(t, s.Inject(fault))
			assert.Equal(t, 200, statusOf(t, s, http.MethodGet, "/devices", s.Token), "it does not count")
			assert.Equal(t, test.want, statuses(t, s, len(test.want)))
		})
	}
}

func TestFaultShare(t *testing.T) {
	const calls = 1000
	for _, test := range []struct {
		share       float64
		least, most int
	}{{1, calls, calls}, {0.5, 380, 620}, {0.05, 5, 150}} {
		s := webextest.NewServer(t)
		fault := teapot(418)
		fault.Share = test.share
		require.NoError(t, s.Inject(fault))
		struck := 0
		for range calls { // Without a port, since there are many.
			answer := httptest.NewRecorder()
			s.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/nothing", nil))
			if answer.Code == 418 {
				struck++
			}
		}
		assert.GreaterOrEqual(t, struck, test.least, "%v", test.share)
		assert.LessOrEqual(t, struck, test.most, "%v", test.share)
	}
}

func TestFaultOrdersWithoutSense(t *testing.T) {
	s := webextest.NewServer(t)
	for name, fault := range map[string]webextest.Fault{
		"no kind":           {},
		"unknown kind":      {Kind: "earthquake"},
		"unknown operation": {Kind: webextest.FaultReset, Operation: "listUnicorns"},
		"no status":         {Kind: webextest.FaultAnswer},
		"status below":      {Kind: webextest.FaultDone, Status: 199},
		"status above":      {Kind: webextest.FaultHTML, Status: 600},
		"no target status":  {Kind: webextest.FaultRedirect, Target: "http://127.0.0.2:9/"},
		"redirect nowhere":  {Kind: webextest.FaultRedirect, Status: 307},
		"no redirect":       {Kind: webextest.FaultRedirect, Status: 200, Target: "http://127.0.0.2:9/"},
		"link nowhere":      {Kind: webextest.FaultForeignLink},
		"slow at once":      {Kind: webextest.FaultSlow},
		"slow body at once": {Kind: webextest.FaultSlowBody},
		"no change":         {Kind: webextest.FaultChange},
		"after below":       {Kind: webextest.FaultReset, After: -1},
		"times below":       {Kind: webextest.FaultReset, Times: -1},
		"share below":       {Kind: webextest.FaultReset, Share: -0.1},
		"share above":       {Kind: webextest.FaultReset, Share: 1.1},
		"share no number":   {Kind: webextest.FaultReset, Share: math.NaN()},
		"members no JSON":   {Kind: webextest.FaultChange, Members: map[string]any{"new": make(chan int)}},
		"delay below":       {Kind: webextest.FaultSlow, Delay: webextest.Duration(-time.Second)},
	} {
		require.ErrorContains(t, s.Inject(teapot(418), fault, teapot(419)), "webextest: ", name)
		assert.Empty(t, s.Faults(), name)
	}
	assert.Equal(t, []int{200}, statuses(t, s, 1))
}

func TestFaultsInOrder(t *testing.T) {
	s := webextest.NewServer(t)
	first, second := teapot(418), teapot(419)
	first.Times, second.Times = 1, 2
	require.NoError(t, s.Inject(first, second))
	require.NoError(t, s.Inject(teapot(420)))
	assert.Len(t, s.Faults(), 3)
	assert.Equal(t, []int{418, 419, 419, 420, 420}, statuses(t, s, 5), "one that is used up makes room for the next")
	s.ClearFaults()
	assert.Empty(t, s.Faults())
	assert.Equal(t, []int{200}, statuses(t, s, 1))
}

func TestFaultsAndCallsEndWithReset(t *testing.T) {
	s := webextest.NewServer(t)
	before := s.State()
	put(t, s, "/telephony/config/people/settings/permissions", `{"voicemail":"NO_ACCESS"}`)
	require.NoError(t, s.Inject(teapot(418)))
	assert.Equal(t, []webextest.Fault{teapot(418)}, s.Faults())
	assert.Equal(t, []int{418}, statuses(t, s, 1))
	assert.NotEmpty(t, webextest.Diff(before, s.State()))
	s.Reset()
	assert.Empty(t, s.Faults())
	assert.Empty(t, s.Calls())
	assert.Empty(t, webextest.Diff(before, s.State()))
	assert.Equal(t, []int{200}, statuses(t, s, 1))
}

func TestFaultChange(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(2))
	usual := get(t, s, "/devices")
	deep := map[string]any{"x": 1}
	require.NoError(t, s.Inject(webextest.Fault{Kind: webextest.FaultChange, Members: map[string]any{
		"unknown": true, "items.0.type": "hovercraft", "items.0.displayName": nil, "items.1.deep": deep, "items.1.deep.y": 2,
		"items.7.type": "nowhere", "items.x.type": "nowhere", "missing.member": "nowhere", "unknown.member": "nowhere",
	}}))
	changed := get(t, s, "/devices")
	items := usual["items"].([]any)
	items[0].(object)["type"], items[0].(object)["displayName"] = "hovercraft", nil
	items[1].(object)["deep"] = object{"x": 1.0, "y": 2.0}
	usual["unknown"] = true
	assert.Equal(t, usual, changed)
	assert.Equal(t, map[string]any{"x": 1}, deep, "the order itself stays as it was")
	assert.Equal(t, changed, get(t, s, "/devices"))
	put(t, s, "/telephony/config/people/settings/permissions", `{"voicemail":"NO_ACCESS"}`) // It has no answer to change.
}

func TestFaultLinks(t *testing.T) {
	const foreign = "http://127.0.0.2:9/v1/devices?start=2"
	s := webextest.NewServer(t, webextest.WithDevices(4), webextest.WithPageSize(2))
	link := func(kind webextest.FaultKind) string {
		s.ClearFaults()
		require.NoError(t, s.Inject(webextest.Fault{Kind: kind, Target: foreign}))
		_, answer, header := exchange(t, s, http.MethodGet, "/devices?max=2", "")
		assert.Len(t, answer["items"], 2)
		return header.Get("Link")
	}
	assert.Equal(t, "<"+s.URL+`/devices?max=2>; rel="next"`, link(webextest.FaultLoopingLink))
	assert.Equal(t, "<"+foreign+`>; rel="next"`, link(webextest.FaultForeignLink))
	assert.Empty(t, link(webextest.FaultMissingLink))
	s.ClearFaults()
	_, _, header := exchange(t, s, http.MethodGet, "/devices?max=2", "")
	assert.Contains(t, header.Get("Link"), "start=2")
}

func TestFaultAsJSON(t *testing.T) {
	fault := webextest.Fault{
		Kind: webextest.FaultSlow, Operation: "listDevices", ID: "D1", Token: "t", After: 1, Times: 2, Share: 0.5,
		Status: 503, Body: "{}", Header: map[string]string{"Retry-After": "1"}, Delay: webextest.Duration(1500 * time.Millisecond),
		Target: "http://127.0.0.2:9/", Members: map[string]any{"items.0.type": "hovercraft", "new": nil},
	}
	data, err := json.Marshal(fault)
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind":"slow","operation":"listDevices","id":"D1","token":"t","after":1,"times":2,"share":0.5,
		"status":503,"body":"{}","header":{"Retry-After":"1"},"delay":"1.5s","target":"http://127.0.0.2:9/",
		"members":{"items.0.type":"hovercraft","new":null}}`, string(data))
	var again webextest.Fault
	require.NoError(t, json.Unmarshal(data, &again))
	assert.Equal(t, fault, again)

	data, err = json.Marshal(webextest.Fault{Kind: webextest.FaultReset})
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind":"reset"}`, string(data))
	for _, delay := range []string{`"soon"`, `5`} {
		assert.Error(t, json.Unmarshal([]byte(`{"kind":"slow","delay":`+delay+`}`), &again), delay)
	}
}

func TestCalls(t *testing.T) {
	s := webextest.NewServer(t)
	person := s.People()[0].ID
	path := "/people/" + person + "/features/outgoingPermission"
	get(t, s, path+"?orgId="+s.OrganizationID())
	put(t, s, "/telephony/config/people/settings/permissions", `{"voicemail":"NO_ACCESS"}`)
	status, _, _ := exchange(t, s, http.MethodPost, "/nothing", "{}")
	assert.Equal(t, 404, status)

	calls := s.Calls()
	require.Len(t, calls, 3)
	for _, call := range calls {
		assert.WithinDuration(t, time.Now(), call.Time, time.Minute)
		assert.Equal(t, s.Token, call.Token)
		assert.Empty(t, call.Fault)
	}
	assert.Equal(t, "getPersonOutgoingPermissions", calls[0].Operation)
	assert.Equal(t, []string{person}, calls[0].IDs)
	assert.Equal(t, "orgId="+s.OrganizationID(), calls[0].Query)
	assert.Contains(t, calls[0].Answer, "callingPermissions")
	assert.Equal(t, "GET /v1"+path+"?orgId="+s.OrganizationID()+" -> 200", calls[0].String())
	assert.Equal(t, `PUT /v1/telephony/config/people/settings/permissions {"voicemail":"NO_ACCESS"} -> 204`, calls[1].String())
	assert.Empty(t, calls[1].Answer)
	assert.Empty(t, calls[2].Operation)
	assert.Equal(t, "POST /v1/nothing {} -> 404", calls[2].String())
	assert.Equal(t, calls[1:], s.Writes())

	calls[0].Status = 999
	assert.Equal(t, 200, s.Calls()[0].Status, "what is given out is a copy")
	s.ForgetCalls()
	assert.Empty(t, s.Calls())
	assert.Empty(t, s.Writes())
}

func TestCallsAreLimited(t *testing.T) {
	const most, more = 10_000, 25
	s := webextest.NewServer(t)
	for i := range most + more {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("/v1/nothing?call=%d", i), nil)
		s.Handler().ServeHTTP(httptest.NewRecorder(), request)
	}
	calls := s.Calls()
	require.Len(t, calls, most)
	assert.Equal(t, fmt.Sprintf("call=%d", more), calls[0].Query)
	assert.Equal(t, fmt.Sprintf("call=%d", most+more-1), calls[most-1].Query)
}

// TestCallsStruckByFaults reads the record as soon as the connection is lost: the call must be in it. Every call has a
// connection of its own, since net/http sends a GET again when one that it kept open is lost.
func TestCallsStruckByFaults(t *testing.T) {
	s := webextest.NewServer(t)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for kind, want := range map[webextest.FaultKind]int{
		webextest.FaultReset: 0, webextest.FaultDoneReset: 0, webextest.FaultGarbage: 0, webextest.FaultTruncated: 0,
		webextest.FaultStalled: 0, webextest.FaultHTML: 502, webextest.FaultLost: 200,
	} {
		t.Run(string(kind), func(t *testing.T) {
			s.Reset()
			require.NoError(t, s.Inject(webextest.Fault{Kind: kind, Status: 502}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if kind == webextest.FaultStalled { // Nothing else ends the call.
				go func() {
					for ctx.Err() == nil && len(s.Calls()) == 0 {
						runtime.Gosched()
					}
					cancel()
				}()
			}
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/licenses", nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+s.Token)
			resp, err := client.Do(req)
			calls := s.Calls()
			if err == nil {
				require.NoError(t, resp.Body.Close())
			}
			assert.Equal(t, want == 0 && kind != webextest.FaultTruncated, err != nil)
			require.Len(t, calls, 1)
			assert.Equal(t, kind, calls[0].Fault)
			assert.Equal(t, want, calls[0].Status)
			assert.Equal(t, "listLicenses", calls[0].Operation)
		})
	}
}

// failer notes what a test would be told.
type failer struct{ told []string }

func (f *failer) Helper() {}

func (f *failer) Errorf(format string, arguments ...any) {
	f.told = append(f.told, fmt.Sprintf(format, arguments...))
}

func TestAssertWrites(t *testing.T) {
	const access = "updateDefaultFeatureAccess"
	s := webextest.NewServer(t)
	device := get(t, s, "/devices?max=1")["items"].([]any)[0].(object)["id"].(string)
	assert.True(t, s.AssertWrites(t), "nothing was written")
	put(t, s, "/telephony/config/people/settings/permissions", `{"voicemail":"NO_ACCESS"}`)
	assert.Equal(t, 204, statusOf(t, s, http.MethodDelete, "/devices/"+device, s.Token))
	put(t, s, "/telephony/config/people/settings/permissions", `{"voicemail":"FULL_ACCESS"}`)
	assert.True(t, s.AssertWrites(t, access, "deleteDevice", access))
	assert.True(t, s.AssertWrites(t, access, "deleteDevice", access+` {"voicemail":"FULL_ACCESS"}`))
	assert.True(t, s.AssertWrites(t, access+` {"voicemail":"NO_ACCESS"}`, "deleteDevice", access))

	for _, test := range []struct {
		name string
		want []string
		told string
	}{
		{"other body", []string{access + ` {"voicemail":"FULL_ACCESS"}`, "deleteDevice", access}, `
- updateDefaultFeatureAccess {"voicemail":"FULL_ACCESS"}
+ updateDefaultFeatureAccess {"voicemail":"NO_ACCESS"}
  deleteDevice
  updateDefaultFeatureAccess
`},
		{"missing", []string{access, "createDevice", "deleteDevice", access}, `
  updateDefaultFeatureAccess
- createDevice
  deleteDevice
  updateDefaultFeatureAccess
`},
		{"one too many in front", []string{"deleteDevice", access + ` {"voicemail":"FULL_ACCESS"}`}, `
+ updateDefaultFeatureAccess
  deleteDevice
  updateDefaultFeatureAccess {"voicemail":"FULL_ACCESS"}
`},
		{"other order", []string{"deleteDevice", access, access}, `
+ updateDefaultFeatureAccess
  deleteDevice
  updateDefaultFeatureAccess
- updateDefaultFeatureAccess
`},
		{"none", nil, `
+ updateDefaultFeatureAccess
+ deleteDevice
+ updateDefaultFeatureAccess
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var told failer
			assert.False(t, s.AssertWrites(&told, test.want...))
			const head = "the calls that change something differ (- wanted, + received):"
			assert.Equal(t, []string{head + test.told}, told.told)
		})
	}
}
