package webextest_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// as is the server for a caller with another token.
func as(s *webextest.Server, token string) *webextest.Server {
	return &webextest.Server{URL: s.URL, Token: token}
}

// expect sends a request of which only the status matters.
func expect(t *testing.T, s *webextest.Server, status int, method, path, body string) {
	t.Helper()
	got, answer := exchangeEmpty(t, s, method, path, body)
	assert.Equal(t, status, got, "%s %s %.100s: %v", method, path, body, answer)
}

// exchangeEmpty is exchange for answers that may have no body with 201 as well.
func exchangeEmpty(t *testing.T, s *webextest.Server, method, path, body string) (int, object) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+s.Token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var answer object
	if resp.ContentLength != 0 {
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	}
	return resp.StatusCode, answer
}

// owner is one of each kind, with the paths of its codes and patterns.
type owner struct {
	entity
	codes, patterns string
	location        bool
}

// creation is the request that adds codes, in the form that the kind takes: one, or a list.
func (o owner) creation(codes ...string) string {
	var list []string
	for _, code := range codes {
		list = append(list, fmt.Sprintf(`{"code":%q,"description":"for %s"}`, code, code))
	}
	if !o.location {
		return list[0]
	}
	return `{"accessCodes":[` + strings.Join(list, ",") + `]}`
}

// forEachOwner runs a test for one of each kind, each with an organization of its own.
func forEachOwner(t *testing.T, test func(t *testing.T, s *webextest.Server, o owner)) {
	t.Helper()
	for i := range 4 {
		s := webextest.NewServer(t, webextest.WithPeople(2), webextest.WithDevices(0))
		o := owner{entity: entities(s)[i], location: i == 2}
		o.codes, o.patterns = o.permissions+"/accessCodes", o.permissions+"/digitPatterns"
		switch i {
		case 0:
			base := "/telephony/config/people/" + s.People()[0].ID + "/outgoingPermission"
			o.codes, o.patterns = base+"/accessCodes", base+"/digitPatterns"
		case 1:
			o.patterns = "/telephony/config/workspaces/" + s.Workspaces()[0].ID + "/outgoingPermission/digitPatterns"
		}
		t.Run(o.kind, func(t *testing.T) { test(t, s, o) })
	}
}

// codes are those that a list answers, with their levels.
func codes(t *testing.T, s *webextest.Server, path string) []string {
	t.Helper()
	list := []string{}
	for _, item := range get(t, s, path)["accessCodes"].([]any) {
		text := item.(object)["code"].(string)
		if level, ok := item.(object)["level"]; ok {
			text += " " + level.(string)
		}
		list = append(list, text)
	}
	return list
}

func TestAccessCodes(t *testing.T) {
	forEachOwner(t, func(t *testing.T, s *webextest.Server, o owner) {
		level := " CUSTOM"
		if o.location {
			level = ""
		}
		assert.Empty(t, codes(t, s, o.codes))
		expect(t, s, 201, "POST", o.codes, o.creation("11"))
		expect(t, s, 201, "POST", o.codes, o.creation("22"))
		assert.Equal(t, []string{"11" + level, "22" + level}, codes(t, s, o.codes))
		first := get(t, s, o.codes)["accessCodes"].([]any)[0].(object)
		assert.Equal(t, "for 11", first["description"])
		refused(t, s, "POST", o.codes, o.creation("22"), 409, "22", 0)
		refused(t, s, "POST", o.codes, o.creation(""), 400, "code", 25008)
		if o.location {
			// Nothing of a list is added if one of it cannot be.
			refused(t, s, "POST", o.codes, o.creation("33", "22"), 409, "22", 0)
			refused(t, s, "POST", o.codes, o.creation("33", "44", "33"), 409, "33", 0)
			refused(t, s, "POST", o.codes, o.creation("33", ""), 400, "code", 25008)
			refused(t, s, "POST", o.codes, `{"accessCodes":[]}`, 400, "accessCodes", 25008)
			refused(t, s, "POST", o.codes, `{"code":"33","description":"d"}`, 400, "not known", 0)
			assert.Equal(t, []string{"11", "22"}, codes(t, s, o.codes))
			expect(t, s, 201, "POST", o.codes, o.creation("33", "44"))
		} else {
			refused(t, s, "POST", o.codes, `{"accessCodes":[{"code":"33","description":"d"}]}`, 400, "not valid", 0)
			expect(t, s, 201, "POST", o.codes, o.creation("33"))
			expect(t, s, 201, "POST", o.codes, o.creation("44"))
		}
		// Codes that are not there are passed over.
		put(t, s, o.codes, `{"deleteCodes":["11","33","99"]}`)
		assert.Equal(t, []string{"22" + level, "44" + level}, codes(t, s, o.codes))
		expect(t, s, 201, "POST", o.codes, o.creation("11"))
		expect(t, s, 204, "DELETE", o.codes, "")
		assert.Empty(t, codes(t, s, o.codes))
		expect(t, s, 204, "DELETE", o.codes, "")
	})
}

func TestTheSwitchOfAccessCodes(t *testing.T) {
	forEachOwner(t, func(t *testing.T, s *webextest.Server, o owner) {
		if o.location {
			assert.NotContains(t, get(t, s, o.codes), "useCustomAccessCodes")
			refused(t, s, "PUT", o.codes, `{"useCustomAccessCodes":true,"deleteCodes":[]}`, 400, "useCustomAccessCodes", 0)
			refused(t, s, "PUT", o.codes, `{}`, 400, "deleteCodes", 0)
			return
		}
		expect(t, s, 201, "POST", o.codes, o.creation("11"))
		for _, on := range []bool{true, false} {
			put(t, s, o.codes, fmt.Sprintf(`{"useCustomAccessCodes":%t}`, on))
			answer := get(t, s, o.codes)
			assert.Equal(t, on, answer["useCustomAccessCodes"])
			assert.Len(t, answer["accessCodes"], 1, "the switch leaves the codes")
		}
		put(t, s, o.codes, `{"useCustomAccessCodes":true}`)
		put(t, s, o.codes, `{"deleteCodes":["11"]}`)
		assert.Equal(t, true, get(t, s, o.codes)["useCustomAccessCodes"], "deleting leaves the switch")
	})
}

func TestLevelsOfAccessCodes(t *testing.T) {
	forEachOwner(t, func(t *testing.T, s *webextest.Server, o owner) {
		if o.location {
			return // It has one level.
		}
		// The first of each kind is at the first location.
		location := "/telephony/config/locations/" + s.Locations()[0].ID + "/outgoingPermission/accessCodes"
		elsewhere := "/telephony/config/locations/" + s.Locations()[1].ID + "/outgoingPermission/accessCodes"
		expect(t, s, 201, "POST", o.codes, o.creation("11"))
		expect(t, s, 201, "POST", location, `{"accessCodes":[{"code":"77","description":"d"}]}`)
		expect(t, s, 201, "POST", elsewhere, `{"accessCodes":[{"code":"88","description":"d"}]}`)
		assert.Equal(t, []string{"77 LOCATION", "11 CUSTOM"}, codes(t, s, o.codes))
		put(t, s, o.codes, `{"deleteCodes":["77"]}`)
		expect(t, s, 204, "DELETE", o.codes, "")
		assert.Equal(t, []string{"77 LOCATION"}, codes(t, s, o.codes), "inherited codes are the location's to delete")
	})
}

func TestLimitOfAccessCodes(t *testing.T) {
	forEachOwner(t, func(t *testing.T, s *webextest.Server, o owner) {
		s.Change(func(state *webextest.State) {
			for _, rules := range outgoings(&state.Organization) {
				for i := range 999 {
					rules.AccessCodes = append(rules.AccessCodes, webextest.AccessCode{Code: strconv.Itoa(10_000 + i)})
				}
			}
		})
		if o.location {
			refused(t, s, "POST", o.codes, o.creation("1", "2"), 400, "1000", 0)
			assert.Len(t, codes(t, s, o.codes), 999, "nothing is half added")
		}
		expect(t, s, 201, "POST", o.codes, o.creation("1"))
		refused(t, s, "POST", o.codes, o.creation("2"), 400, "1000", 0)
		put(t, s, o.codes, `{"deleteCodes":["1"]}`)
		expect(t, s, 201, "POST", o.codes, o.creation("2"))
	})
}

const organizationCodes = "/telephony/config/outgoingPermission/accessCodes"

func TestAccessCodesOfTheOrganization(t *testing.T) {
	s := webextest.NewServer(t)
	create := func(status int, body string) {
		t.Helper()
		expect(t, s, status, "POST", organizationCodes, body)
	}
	create(201, `{"accessCodes":[{"code":"1","description":"one"},{"code":"2","description":"two, and more"}]}`)
	create(201, `{"accessCodes":[{"code":"3","description":"one"}]}`)
	create(409, `{"accessCodes":[{"code":"4","description":"d"},{"code":"3","description":"d"}]}`)
	create(409, `{"accessCodes":[{"code":"4","description":"d"},{"code":"4","description":"d"}]}`)
	create(400, `{"accessCodes":[{"code":"4"}]}`)
	create(400, `{"code":"4","description":"d"}`)
	for query, want := range map[string][]string{
		"":                         {"1", "2", "3"},
		"?code=2":                  {"2"},
		"?code=1,3":                {"1", "3"},
		"?code=1%2C3":              {"1", "3"},
		"?code=9":                  {},
		"?description=one":         {"1", "3"},
		"?description=one&code=3":  {"3"},
		"?description=One":         {},
		"?start=1":                 {"2", "3"},
		"?start=3":                 {},
		"?max=2":                   {"1", "2"},
		"?start=1&max=1":           {"2"},
		"?description=one&start=1": {"3"},
		"?max=1000000":             {"1", "2", "3"},
		"?orgId=" + url.QueryEscape(s.State().ID): {"1", "2", "3"},
	} {
		assert.Equal(t, want, codes(t, s, organizationCodes+query), query)
	}
	for _, query := range []string{"?start=-1", "?max=0", "?max=x", "?limit=1"} {
		expect(t, s, 400, "GET", organizationCodes+query, "")
	}
	put(t, s, organizationCodes, `{"deleteCodes":["1","2","9"]}`)
	assert.Equal(t, []string{"3"}, codes(t, s, organizationCodes))
	expect(t, s, 405, "DELETE", organizationCodes, "")
}

func TestPagesOfOrganizationCodes(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithPageSize(300))
	expect(t, s, 201, "POST", organizationCodes, codesBody("accessCodes", 10_000))
	refused(t, s, "POST", organizationCodes, codesBody("accessCodes", 10_001), 400, "10000", 25085)
	refused(t, s, "PUT", organizationCodes, codesBody("deleteCodes", 10_001), 400, "10000", 25085)
	assert.Len(t, s.State().AccessCodes, 10_000)
	var all, pages int
	for address := organizationCodes + "?description=d&max=999"; address != ""; pages++ {
		status, answer, header := exchange(t, s, "GET", address, "")
		require.Equal(t, 200, status)
		for _, item := range answer["accessCodes"].([]any) {
			assert.Equal(t, strconv.Itoa(100_000+all), item.(object)["code"])
			all++
		}
		address = next(t, header)
	}
	assert.Equal(t, []int{10_000, 34}, []int{all, pages})
	put(t, s, organizationCodes, codesBody("deleteCodes", 10_000))
	assert.Empty(t, codes(t, s, organizationCodes))
}

// names are those of the patterns in a list.
func names(t *testing.T, s *webextest.Server, path string) []string {
	t.Helper()
	list := []string{}
	for _, item := range get(t, s, path)["digitPatterns"].([]any) {
		list = append(list, item.(object)["name"].(string))
	}
	return list
}

func patternBody(name string) string {
	return fmt.Sprintf(`{"name":%q,"pattern":"+4961!","action":"BLOCK","transferEnabled":true}`, name)
}

func TestDigitPatterns(t *testing.T) {
	forEachOwner(t, func(t *testing.T, s *webextest.Server, o owner) {
		create := func(name string) string {
			t.Helper()
			status, answer, _ := exchange(t, s, "POST", o.patterns, patternBody(name))
			require.Equal(t, 201, status, answer)
			assert.Len(t, answer, 1)
			return o.patterns + "/" + answer["id"].(string)
		}
		one, two := create("one"), create("two")
		assert.NotEqual(t, one, two)
		assert.Equal(t, []string{"one", "two"}, names(t, s, o.patterns))
		got := get(t, s, one)
		delete(got, "id")
		assert.Equal(t, object{"name": "one", "pattern": "+4961!", "action": "BLOCK", "transferEnabled": true}, got)

		refused(t, s, "POST", o.patterns, patternBody("one"), 409, "one", 0)
		refused(t, s, "PUT", two, `{"name":"one"}`, 409, "one", 0)
		refused(t, s, "POST", o.patterns, patternBody(""), 400, "name", 25008)
		refused(t, s, "PUT", two, `{"pattern":""}`, 400, "pattern", 25008)
		refused(t, s, "PUT", two, `{"action":1}`, 400, "action", 0)
		assert.Equal(t, "two", get(t, s, two)["name"])

		// Every member can be changed alone; the name that it has already is no duplicate.
		for _, change := range []struct {
			body, member string
			want         any
		}{
			{`{"name":"zwei"}`, "name", "zwei"},
			{`{"pattern":"1XX"}`, "pattern", "1XX"},
			{`{"action":"AUTH_CODE"}`, "action", "AUTH_CODE"},
			{`{"transferEnabled":false}`, "transferEnabled", false},
			{`{}`, "name", "zwei"},
			{`{"name":"zwei"}`, "name", "zwei"},
		} {
			want := get(t, s, two)
			want[change.member] = change.want
			put(t, s, two, change.body)
			assert.Equal(t, want, get(t, s, two), change.body)
		}

		expect(t, s, 204, "DELETE", one, "")
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			refused(t, s, method, one, "{}", 404, "There is no digit pattern", 0)
		}
		assert.Equal(t, []string{"zwei"}, names(t, s, o.patterns))
		create("one")
		expect(t, s, 204, "DELETE", o.patterns, "")
		assert.Empty(t, names(t, s, o.patterns))
	})
}

func TestDigitPatternsOfOthers(t *testing.T) {
	s := webextest.NewServer(t)
	path := func(i int) string {
		return "/telephony/config/people/" + s.People()[i].ID + "/outgoingPermission/digitPatterns"
	}
	status, answer, _ := exchange(t, s, "POST", path(0), patternBody("n"))
	require.Equal(t, 201, status)
	expect(t, s, 201, "POST", path(1), patternBody("n"))
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		refused(t, s, method, path(1)+"/"+answer["id"].(string), "{}", 404, "There is no digit pattern", 0)
	}
}

func TestTheSwitchOfDigitPatterns(t *testing.T) {
	forEachOwner(t, func(t *testing.T, s *webextest.Server, o owner) {
		expect(t, s, 201, "POST", o.patterns, patternBody("n"))
		if o.location {
			assert.NotContains(t, get(t, s, o.patterns), "useCustomDigitPatterns")
			expect(t, s, 405, "PUT", o.patterns, `{"useCustomDigitPatterns":true}`)
			return
		}
		assert.Equal(t, false, get(t, s, o.patterns)["useCustomDigitPatterns"])
		for _, on := range []bool{true, false} {
			put(t, s, o.patterns, fmt.Sprintf(`{"useCustomDigitPatterns":%t}`, on))
			put(t, s, o.patterns, `{}`)
			assert.Equal(t, on, get(t, s, o.patterns)["useCustomDigitPatterns"])
			assert.Equal(t, []string{"n"}, names(t, s, o.patterns), "the switch leaves the patterns")
		}
	})
}

func TestLimitOfDigitPatterns(t *testing.T) {
	forEachOwner(t, func(t *testing.T, s *webextest.Server, o owner) {
		s.Change(func(state *webextest.State) {
			for _, rules := range outgoings(&state.Organization) {
				for i := range 499 {
					rules.DigitPatterns = append(rules.DigitPatterns, webextest.DigitPattern{
						Name: "p" + strconv.Itoa(i), Pattern: "1", Action: "ALLOW",
					})
				}
			}
		})
		first := get(t, s, o.patterns)["digitPatterns"].([]any)[0].(object)["id"].(string)
		assert.NotEmpty(t, first, "what was added without an id is given one")
		expect(t, s, 201, "POST", o.patterns, patternBody("x"))
		refused(t, s, "POST", o.patterns, patternBody("y"), 400, "500", 0)
		expect(t, s, 204, "DELETE", o.patterns+"/"+first, "")
		expect(t, s, 201, "POST", o.patterns, patternBody("y"))
	})
}

func TestRestrictedCallTypes(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithTrial())
	for _, e := range entities(s) {
		if e.switches {
			put(t, s, e.permissions, `{"useCustomEnabled":true,"useCustomPermissions":true}`)
		}
		for _, callType := range []string{"INTERNATIONAL", "PREMIUM_SERVICES_I", "PREMIUM_SERVICES_II"} {
			before := entry(t, s, e.permissions, callType)
			assert.Equal(t, true, before["isCallTypeRestrictionEnabled"], "%s %s", e.kind, callType)
			// National calls come first in the list and must not be changed either.
			national := `{"callType":"NATIONAL","action":"BLOCK","transferEnabled":false}`
			for _, change := range []string{
				fmt.Sprintf(`{"callType":%q,"action":"AUTH_CODE","transferEnabled":%t}`, callType, before["transferEnabled"]),
				fmt.Sprintf(`{"callType":%q,"action":%q,"transferEnabled":%t}`, callType, before["action"],
					before["transferEnabled"] != true),
			} {
				refused(t, s, "PUT", e.permissions, `{"callingPermissions":[`+national+","+change+`]}`, 400, callType, 25024)
			}
			assert.Equal(t, before, entry(t, s, e.permissions, callType))
			assert.Equal(t, "ALLOW", entry(t, s, e.permissions, "NATIONAL")["action"])
			put(t, s, e.permissions, fmt.Sprintf(`{"callingPermissions":[{"callType":%q,"action":%q,"transferEnabled":%t}]}`,
				callType, before["action"], before["transferEnabled"]))
		}
		put(t, s, e.permissions, "{"+permissions("NATIONAL", "BLOCK")+"}")
		assert.Equal(t, "BLOCK", entry(t, s, e.permissions, "NATIONAL")["action"], "others are free")
	}
}

func TestInForce(t *testing.T) {
	t.Run("the location's values are visible", func(t *testing.T) { checkInForce(t, webextest.NewServer(t), false) })
	t.Run("stored entries are visible", func(t *testing.T) {
		checkInForce(t, webextest.NewServer(t, webextest.WithStoredEntriesVisible()), true)
	})
}

func checkInForce(t *testing.T, s *webextest.Server, visible bool) {
	t.Helper()
	ids := map[string]string{
		"person": s.People()[0].ID, "workspace": s.Workspaces()[0].ID, "virtual line": s.VirtualLines()[0].ID,
	}
	location := entities(s)[2]
	put(t, s, location.permissions, "{"+permissions("TOLL_FREE", "AUTH_CODE")+"}")
	inForce := func(id string) string {
		t.Helper()
		permission, found := s.InForce(id, "TOLL_FREE")
		assert.True(t, found)
		assert.Equal(t, "TOLL_FREE", permission.CallType)
		return permission.Action
	}
	assert.Equal(t, "AUTH_CODE", inForce(s.Locations()[0].ID))
	assert.Equal(t, "ALLOW", inForce(s.Locations()[1].ID))
	assert.Equal(t, "ALLOW", inForce(s.People()[1].ID), "the second person is at another location")
	for _, e := range entities(s) {
		if !e.switches {
			continue
		}
		id := ids[e.kind]
		put(t, s, e.permissions, `{"useCustomEnabled":true,"useCustomPermissions":true,`+permissions("TOLL_FREE", "BLOCK")+"}")
		for _, c := range []struct {
			enabled, custom bool
			want            string
		}{{true, true, "BLOCK"}, {true, false, "AUTH_CODE"}, {false, true, "AUTH_CODE"}, {false, false, "AUTH_CODE"}} {
			put(t, s, e.permissions, fmt.Sprintf(`{"useCustomEnabled":%t,"useCustomPermissions":%t}`, c.enabled, c.custom))
			assert.Equal(t, c.want, inForce(id), "%s %+v", e.kind, c)
			shown := "AUTH_CODE"
			if c.enabled || visible {
				shown = "BLOCK"
			}
			assert.Equal(t, shown, entry(t, s, e.permissions, "TOLL_FREE")["action"], "%s %+v", e.kind, c)
		}
	}
	for _, unknown := range [][2]string{{"x", "TOLL_FREE"}, {ids["person"], "MOON"}, {"", ""}} {
		_, found := s.InForce(unknown[0], unknown[1])
		assert.False(t, found)
	}
}

func TestPartner(t *testing.T) {
	s := webextest.NewServer(t)
	globex, initech := s.AddCustomer("Globex"), s.AddCustomer("Initech")
	assert.NotEqual(t, globex.ID, initech.ID)
	assert.NotEqual(t, globex.People[0].ID, initech.People[0].ID)
	const defaults = "/telephony/config/people/settings/permissions"
	at := func(id string) string { return "?orgId=" + url.QueryEscape(id) }
	level := func(s *webextest.Server, query string) any { return get(t, s, defaults+query)["voicemail"] }

	put(t, s, defaults+at(globex.ID), `{"voicemail":"NO_ACCESS"}`)
	assert.Equal(t, "NO_ACCESS", level(s, at(globex.ID)))
	assert.Equal(t, "FULL_ACCESS", level(s, at(initech.ID)))
	assert.Equal(t, "FULL_ACCESS", level(s, at(s.OrganizationID())))
	assert.Equal(t, "FULL_ACCESS", level(s, ""), "without orgId a call stays at home")
	assert.Equal(t, "FULL_ACCESS", level(s, "?orgId="))

	// A person of a customer is found with orgId, and is nobody at home.
	person := "/people/" + globex.People[0].ID + "/features/outgoingPermission"
	put(t, s, person+at(globex.ID), `{"useCustomEnabled":true}`)
	assert.Equal(t, true, get(t, s, person+at(globex.ID))["useCustomEnabled"])
	refused(t, s, "GET", person, "", 404, "There is no person", 0)
	refused(t, s, "GET", person+at(initech.ID), "", 404, "There is no person", 0)
	refused(t, s, "GET", entities(s)[0].permissions+at(globex.ID), "", 404, "There is no person", 0)

	// These take no orgId at all: the id names the organization.
	access := "/telephony/config/people/" + globex.People[0].ID + "/settings/permissions"
	assert.Equal(t, true, get(t, s, access)["userOrgSettingsPermissionEnabled"])
	assert.Equal(t, globex.Licenses[0].ID, get(t, s, "/licenses/"+globex.Licenses[0].ID)["id"])
	refused(t, s, "GET", "/licenses/"+globex.Licenses[0].ID+at(globex.ID), "", 400, "orgId", 0)
	assert.Equal(t, globex.Licenses[0].ID, get(t, s, "/licenses"+at(globex.ID))["items"].([]any)[0].(object)["id"])

	// The link to another page stays in the organization.
	status, _, header := exchange(t, s, "POST", "/devices"+at(globex.ID),
		fmt.Sprintf(`{"mac":"02005EA00001","model":"Cisco 8865","personId":%q}`, globex.People[0].ID))
	require.Equal(t, 200, status)
	assert.Empty(t, next(t, header))
	expect(t, s, 200, "POST", "/devices"+at(globex.ID),
		fmt.Sprintf(`{"mac":"02005EA00002","model":"Cisco 8865","personId":%q}`, globex.People[0].ID))
	_, _, header = exchange(t, s, "GET", "/devices"+at(globex.ID)+"&max=1", "")
	status, answer, _ := exchange(t, s, "GET", next(t, header), "")
	assert.Equal(t, 200, status)
	assert.Equal(t, globex.ID, answer["items"].([]any)[0].(object)["orgId"])

	// An administrator of a customer reaches that alone.
	theirs := as(s, s.NewToken(webextest.Access{OrganizationID: globex.ID}))
	assert.Equal(t, "NO_ACCESS", level(theirs, ""))
	assert.Equal(t, "NO_ACCESS", level(theirs, at(globex.ID)))
	for _, other := range []string{initech.ID, s.OrganizationID(), "x"} {
		refused(t, theirs, "GET", defaults+at(other), "", 403, "not managed", 0)
	}
	stranger := as(s, s.NewToken(webextest.Access{OrganizationID: "x"}))
	refused(t, stranger, "GET", defaults, "", 403, "", 0)
}

// The assignment of licenses has its orgId in the body.
func TestPartnerAssignsLicenses(t *testing.T) {
	s := webextest.NewServer(t)
	customer := s.AddCustomer("Globex")
	body := func(o webextest.Organization, orgID string) string {
		return fmt.Sprintf(`{"orgId":%q,"personId":%q,"licenses":[{"id":%q}]}`, orgID, o.People[0].ID, o.Licenses[7].ID)
	}
	status, answer, _ := exchange(t, s, "PATCH", "/licenses/users", body(customer, customer.ID))
	require.Equal(t, 200, status, answer)
	assert.Equal(t, customer.ID, answer["orgId"])
	assert.Contains(t, answer["licenses"], customer.Licenses[7].ID)
	state := s.State()
	assert.Equal(t, []string{customer.People[0].ID}, state.Customers[0].Licenses[7].People)
	assert.Empty(t, state.Licenses[7].People)
	expect(t, s, 200, "PATCH", "/licenses/users", body(state.Organization, state.ID))

	refused(t, s, "PATCH", "/licenses/users", body(customer, "x"), 403, "not managed", 0)
	theirs := as(s, s.NewToken(webextest.Access{OrganizationID: customer.ID}))
	refused(t, theirs, "PATCH", "/licenses/users", body(state.Organization, state.ID), 403, "not managed", 0)
}

func TestTokens(t *testing.T) {
	s := webextest.NewServer(t)
	person := entities(s)[0].permissions
	const defaults, licenses = "/telephony/config/people/settings/permissions", "/licenses"
	code := fmt.Sprintf(`{"personId":%q}`, s.People()[0].ID)
	for _, c := range []struct {
		name, method, path, body string
		access                   webextest.Access
		status                   int
	}{
		{"all", "PUT", defaults, "{}", webextest.Access{}, 204},
		{"expired", "GET", defaults, "", webextest.Access{Expired: true}, 401},
		{"no scope", "GET", defaults, "", webextest.Access{Scopes: []string{}}, 403},
		{"its scope", "GET", defaults, "", webextest.Access{Scopes: []string{"spark-admin:telephony_config_read"}}, 200},
		{"other scope", "GET", licenses, "", webextest.Access{Scopes: []string{"spark-admin:telephony_config_read"}}, 403},
		{"read is not write", "PUT", defaults, "{}", webextest.Access{Scopes: []string{"spark-admin:telephony_config_read"}}, 403},
		{"write is not read", "GET", defaults, "", webextest.Access{Scopes: []string{"spark-admin:telephony_config_write"}}, 403},
		{"write", "PUT", defaults, "{}", webextest.Access{Scopes: []string{"spark-admin:telephony_config_write"}}, 204},
		{"either scope", "GET", "/devices", "", webextest.Access{Scopes: []string{"spark:devices_read"}}, 200},
		{"one of two", "POST", "/devices/activationCode", code, webextest.Access{Scopes: []string{"spark-admin:devices_write"}}, 403},
		{"both of two", "POST", "/devices/activationCode", code, webextest.Access{
			Scopes: []string{"identity:one_time_password", "spark-admin:devices_write"},
		}, 200},
		{"reader reads", "GET", person, "", webextest.Access{Role: webextest.RoleReadOnly}, 200},
		{"reader writes", "PUT", person, "{}", webextest.Access{Role: webextest.RoleReadOnly}, 403},
		{"reader posts", "POST", "/devices/activationCode", code, webextest.Access{Role: webextest.RoleReadOnly}, 403},
		{"device administrator", "PUT", defaults, "{}", webextest.Access{Role: webextest.RoleDevice}, 204},
		{"location administrator", "PUT", defaults, "{}", webextest.Access{Role: webextest.RoleLocation}, 403},
		{"user administrator", "PUT", person, "{}", webextest.Access{Role: webextest.RoleUser}, 204},
		{"full administrator", "PUT", person, "{}", webextest.Access{Role: webextest.RoleFull}, 204},
		{"unknown role", "PUT", person, "{}", webextest.Access{Role: "janitor"}, 403},
		{"refused before the body is read", "PUT", person, "{", webextest.Access{Role: webextest.RoleReadOnly}, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, as(s, s.NewToken(c.access)), c.status, c.method, c.path, c.body)
		})
	}
	// A token can expire while it is in use.
	s.Change(func(state *webextest.State) { state.Tokens[s.Token] = webextest.Access{Expired: true} })
	refused(t, s, "GET", defaults, "", 401, "access token", 0)
}

// hand is a clock that a test moves.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) Move(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(by)
}

func TestRateLimit(t *testing.T) {
	clock := &hand{now: time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)}
	s := webextest.NewServer(t, webextest.WithRateLimit(0.5, 3), webextest.WithClock(clock.Now))
	other := as(s, s.NewToken(webextest.Access{}))
	for range 3 {
		get(t, s, "/licenses")
	}
	before := s.State()
	for range 2 { // A call that is refused does not count.
		status, answer, header := exchange(t, s, "PUT", "/telephony/config/people/settings/permissions", `{"voicemail":"NO_ACCESS"}`)
		assert.Equal(t, 429, status)
		assert.NotEmpty(t, answer["message"])
		wait, err := strconv.Atoi(header.Get("Retry-After"))
		require.NoError(t, err)
		assert.GreaterOrEqual(t, wait, 2)
		assert.LessOrEqual(t, wait, 3)
	}
	assert.Empty(t, webextest.Diff(before, s.State()))
	get(t, other, "/licenses")
	clock.Move(time.Second)
	expect(t, s, 429, "GET", "/licenses", "")
	clock.Move(time.Second)
	get(t, s, "/licenses")
	expect(t, s, 429, "GET", "/licenses", "")

	// Who waits as long as told may go on.
	_, _, header := exchange(t, s, "GET", "/licenses", "")
	wait, err := strconv.Atoi(header.Get("Retry-After"))
	require.NoError(t, err)
	clock.Move(time.Duration(wait) * time.Second)
	get(t, s, "/licenses")
	clock.Move(time.Hour)
	for range 3 {
		get(t, s, "/licenses")
	}
	expect(t, s, 429, "GET", "/licenses", "")
	expect(t, as(s, "wrong"), 401, "GET", "/licenses", "")
}

func TestLatency(t *testing.T) {
	const calls, latency = 20, 80 * time.Millisecond
	s := webextest.NewServer(t, webextest.WithLatency(latency))
	begin := time.Now()
	var group sync.WaitGroup
	for range calls {
		group.Go(func() { get(t, s, "/licenses") })
	}
	group.Wait()
	assert.GreaterOrEqual(t, time.Since(begin), latency)
	assert.Less(t, time.Since(begin), calls*latency, "calls wait beside each other")
	begin = time.Now()
	expect(t, as(s, "wrong"), 401, "GET", "/licenses", "")
	assert.GreaterOrEqual(t, time.Since(begin), latency, "errors come as late")
}

func TestSeed(t *testing.T) {
	one, same, other := webextest.NewServer(t, webextest.WithSeed(7)), webextest.NewServer(t, webextest.WithSeed(7)),
		webextest.NewServer(t, webextest.WithSeed(8))
	assert.Empty(t, webextest.Diff(one.State(), same.State()))
	assert.Equal(t, one.Token, same.Token)
	assert.Equal(t, one.AddCustomer("Globex"), same.AddCustomer("Globex"))
	for _, path := range []string{"/devices", "/licenses", organizationCodes} {
		assert.Equal(t, get(t, one, path), get(t, same, path))
	}
	assert.NotEqual(t, one.OrganizationID(), other.OrganizationID())
	assert.NotEqual(t, one.People()[0].ID, other.People()[0].ID)
	assert.NotEqual(t, get(t, one, "/devices?max=1"), get(t, other, "/devices?max=1"))
	assert.Len(t, webextest.NewServer(t, webextest.WithPeople(250)).People(), 250)
	emails := map[string]bool{}
	for _, person := range webextest.NewServer(t, webextest.WithPeople(1000)).People() {
		emails[person.Email] = true
	}
	assert.Len(t, emails, 1000, "no two are the same")
}

// tail is what all ids of one thing have in common.
func tail(t *testing.T, id string) string {
	t.Helper()
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(id, "="))
	require.NoError(t, err)
	return strings.ToLower(string(decoded[strings.LastIndex(string(decoded), "/")+1:]))
}

func TestVariedIDs(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithVariedIDs(), webextest.WithDevices(24))
	differing := 0
	for _, item := range get(t, s, "/devices")["items"].([]any) {
		device := item.(object)
		id, path := device["personId"], "/people/%s/features/outgoingPermission"
		known := ""
		for _, person := range s.People() {
			if id != nil && tail(t, person.ID) == tail(t, id.(string)) {
				known = person.ID
			}
		}
		if id == nil {
			id, path = device["workspaceId"], "/workspaces/%s/features/outgoingPermission"
			for _, workspace := range s.Workspaces() {
				if tail(t, workspace.ID) == tail(t, id.(string)) {
					known = workspace.ID
				}
			}
		}
		require.NotEmpty(t, known, "the device is of somebody else")
		if id != known {
			differing++
		}
		// Either form is the same thing, in paths, filters and bodies.
		byKnown, byVaried := fmt.Sprintf(path, known), fmt.Sprintf(path, url.PathEscape(id.(string)))
		put(t, s, byVaried, `{"useCustomEnabled":true}`)
		assert.Equal(t, true, get(t, s, byKnown)["useCustomEnabled"])
		put(t, s, byKnown, `{"useCustomEnabled":false}`)
		assert.Equal(t, false, get(t, s, byVaried)["useCustomEnabled"])
		location := url.QueryEscape(device["locationId"].(string))
		assert.NotEmpty(t, get(t, s, "/devices?locationId="+location)["items"])
		get(t, s, "/telephony/config/locations/"+url.PathEscape(device["locationId"].(string))+"/outgoingPermission")
		_, found := s.InForce(id.(string), "NATIONAL")
		assert.True(t, found)
	}
	assert.Equal(t, 24, differing)

	// Users of licenses are told by ids that differ too.
	license := get(t, s, "/licenses/"+s.Licenses()[0].ID+"?includeAssignedTo=user")
	user := license["users"].([]any)[0].(object)["id"].(string)
	assert.NotEqual(t, s.People()[0].ID, user)
	assert.Equal(t, tail(t, s.People()[0].ID), tail(t, user))
	body := fmt.Sprintf(`{"personId":%q,"licenses":[{"id":%q}]}`, user, s.Licenses()[7].ID)
	expect(t, s, 200, "PATCH", "/licenses/users", body)
	assert.Equal(t, []string{s.People()[0].ID}, s.Licenses()[7].People)
	expect(t, s, 200, "POST", "/devices", fmt.Sprintf(`{"mac":"02005EA00001","model":"Cisco 8865","personId":%q}`, user))
}

// Ids that a test makes up need not have the form of the service.
func TestVariedIDsOfOtherForms(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithVariedIDs(), webextest.WithDevices(0))
	ids := []string{"p1", "mine", "a/b", "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8"}
	s.Change(func(state *webextest.State) {
		for _, id := range ids {
			state.People = append(state.People, webextest.Person{ID: id, DisplayName: id, LocationID: state.Locations[0].ID})
		}
	})
	for _, id := range ids {
		device := s.AddDevice(webextest.Device{PersonID: id, Product: "Cisco 8865"})
		assert.Equal(t, id, get(t, s, "/devices/"+device.ID)["personId"])
	}
}

func TestStateInAFile(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(12))
	s.AddCustomer("Globex")
	limited := s.NewToken(webextest.Access{Role: webextest.RoleReadOnly, Scopes: []string{"spark-admin:telephony_config_read"}})
	nothing := s.NewToken(webextest.Access{Scopes: []string{}})
	e := entities(s)[0]
	put(t, s, e.permissions, `{"useCustomEnabled":true,"useCustomPermissions":true,`+permissions("NATIONAL", "BLOCK")+"}")
	device := s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, Product: "Cisco 8865", MAC: "02:00:5e:a0:00:01"})
	for other := range s.Devices() {
		require.True(t, s.RemoveDevice(other.ID))
		break
	}
	expect(t, s, 200, "POST", jobs, `{"customizations":{}}`)
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, s.State().Save(path))
	loaded, err := webextest.LoadState(path)
	require.NoError(t, err)
	assert.Equal(t, s.State(), loaded)

	again := webextest.NewServer(t, webextest.WithState(loaded))
	assert.Equal(t, s.Token, again.Token)
	assert.Empty(t, webextest.Diff(s.State(), again.State()))
	for _, address := range []string{"/devices", "/licenses", e.permissions, "/devices/" + device.ID} {
		assert.Equal(t, get(t, s, address), get(t, again, address))
	}
	get(t, as(again, limited), "/telephony/config/people/settings/permissions")
	expect(t, as(again, limited), 403, "GET", "/licenses", "")
	expect(t, as(again, nothing), 403, "GET", "/licenses", "")

	// They share nothing, and the state that was given stays as it is.
	put(t, again, "/telephony/config/people/settings/permissions", `{"voicemail":"NO_ACCESS"}`)
	loaded.People[1].DisplayName = "Somebody Else"
	assert.Equal(t, []string{`featureAccess.voicemail: "FULL_ACCESS" -> "NO_ACCESS"`},
		webextest.Diff(s.State(), again.State()))

	for _, missing := range []string{filepath.Join(t.TempDir(), "none.json"), t.TempDir()} {
		_, err = webextest.LoadState(missing)
		require.ErrorContains(t, err, missing)
		if missing != path {
			require.Error(t, s.State().Save(filepath.Join(missing, "x", "y")))
		}
	}
	for _, other := range []string{"", "null", "{}", "[]", `{"organizations":[]}`} {
		require.NoError(t, os.WriteFile(path, []byte(other), 0o600))
		_, err = webextest.LoadState(path)
		require.ErrorContains(t, err, path, other)
	}
}

const jobs = "/telephony/config/jobs/devices/callDeviceSettings"

func TestAStateWithLittleInIt(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithState(webextest.State{}))
	assert.Empty(t, s.Token)
	s.Token = s.NewToken(webextest.Access{})
	assert.NotEmpty(t, s.OrganizationID())
	for _, path := range []string{"/devices", "/licenses", jobs} {
		assert.Empty(t, get(t, s, path)["items"])
	}
	assert.Empty(t, codes(t, s, organizationCodes))
	const defaults = "/telephony/config/people/settings/permissions"
	put(t, s, defaults, `{"voicemail":"NO_ACCESS"}`)
	assert.Equal(t, "NO_ACCESS", get(t, s, defaults)["voicemail"])

	// Devices can be made up even if there is nobody to have them.
	s = webextest.NewServer(t)
	s.Change(func(state *webextest.State) { state.People, state.Workspaces = nil, nil })
	assert.NotEmpty(t, get(t, s, "/devices")["items"])
}

func TestDiff(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithPeople(3))
	person, e, customer := s.People()[0], entities(s)[0], s.AddCustomer("Globex")
	code := "/telephony/config/people/" + person.ID + "/outgoingPermission/accessCodes"
	for _, step := range []struct {
		name string
		do   func()
		want []string
	}{
		{"nothing", func() { get(t, s, "/devices") }, nil},
		{"a call type", func() {
			put(t, s, e.permissions, `{"useCustomEnabled":true,"useCustomPermissions":true,`+permissions("NATIONAL", "BLOCK")+"}")
		}, []string{
			`people[Alma Aalto].outgoing.callingPermissions[NATIONAL].action: "ALLOW" -> "BLOCK"`,
			`people[Alma Aalto].outgoing.callingPermissions[NATIONAL].transferEnabled: true -> false`,
			`people[Alma Aalto].outgoing.useCustomEnabled: false -> true`,
			`people[Alma Aalto].outgoing.useCustomPermissions: false -> true`,
		}},
		{"a code", func() { expect(t, s, 201, "POST", code, `{"code":"4711","description":"d"}`) }, []string{
			`people[Alma Aalto].outgoing.accessCodes[4711]: added {"code":"4711","description":"d"}`,
		}},
		{"the code again", func() { expect(t, s, 204, "DELETE", code, "") }, []string{
			`people[Alma Aalto].outgoing.accessCodes[4711]: removed {"code":"4711","description":"d"}`,
		}},
		{"a customer", func() {
			put(t, s, "/telephony/config/people/settings/permissions?orgId="+customer.ID, `{"voicemail":"NO_ACCESS"}`)
		}, []string{`customers[Globex].featureAccess.voicemail: "FULL_ACCESS" -> "NO_ACCESS"`}},
		{"a transfer number", func() {
			s.Change(func(state *webextest.State) { state.Locations[0].Outgoing.TransferNumbers = [3]string{"", "+3120", ""} })
		}, []string{`locations[Utrecht].outgoing.transferNumbers[2]: "" -> "+3120"`}},
		{"a device", func() { s.AddDevice(webextest.Device{PersonID: person.ID}) }, []string{
			`devices.added[Alma Aalto]: added {`,
		}},
		{"another customer", func() { s.AddCustomer("Initech") }, []string{`customers[Initech]: added {`}},
		{"first of a list", func() {
			s.Change(func(state *webextest.State) { state.VirtualLines = state.VirtualLines[1:] })
		}, []string{"virtualLines[Hotline]: removed "}},
		{"a site", func() {
			s.Change(func(state *webextest.State) { state.Sites[0].Attendees = []string{"x"} })
		}, []string{`sites[acme-free.webex.com].attendees[x]: added "x"`}},
	} {
		t.Run(step.name, func(t *testing.T) {
			before := s.State()
			step.do()
			after := s.State()
			got := webextest.Diff(before, after)
			require.Len(t, got, len(step.want), "%q", got)
			for i, want := range step.want {
				assert.Contains(t, "\n"+got[i], "\n"+want)
			}
			assert.Len(t, webextest.Diff(after, before), len(got))
			assert.Equal(t, got, webextest.Diff(before, after), "the order is fixed")
		})
	}
}

func TestChange(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithTrial())
	s.Change(func(state *webextest.State) {
		home := state.Locations[0].ID
		state.Locations = append(state.Locations, webextest.Location{Name: "Oslo"})
		state.People = append(state.People, webextest.Person{DisplayName: "New Person", Email: "new@example.com", LocationID: home})
		state.Workspaces = append(state.Workspaces, webextest.Workspace{DisplayName: "New Room", LocationID: home})
		state.VirtualLines = append(state.VirtualLines, webextest.VirtualLine{DisplayName: "New Line", LocationID: home})
		state.Licenses = append(state.Licenses, webextest.License{Name: "New License", TotalUnits: 1})
		state.Jobs = append(state.Jobs, webextest.Job{InstanceID: 1, Failed: []string{}})
		state.Devices.Added = append(state.Devices.Added, webextest.Device{PersonID: state.People[0].ID, MAC: "02:00:5e:a0:00:01"})
		state.Customers = append(state.Customers, webextest.Organization{
			Name: "Globex", People: []webextest.Person{{DisplayName: "Their Person"}},
		})
	})
	state := s.State()
	people, workspaces, lines := state.People, state.Workspaces, state.VirtualLines
	locations, licenses, customer := state.Locations, state.Licenses, state.Customers[0]
	for _, path := range []string{
		"/people/" + people[len(people)-1].ID + "/features/outgoingPermission",
		"/workspaces/" + workspaces[len(workspaces)-1].ID + "/features/outgoingPermission",
		"/telephony/config/virtualLines/" + lines[len(lines)-1].ID + "/outgoingPermission",
		"/telephony/config/locations/" + locations[len(locations)-1].ID + "/outgoingPermission",
		"/people/" + customer.People[0].ID + "/features/outgoingPermission?orgId=" + customer.ID,
	} {
		assert.NotContains(t, path, "//")
		assert.Equal(t, true, entry(t, s, path, "INTERNATIONAL")["isCallTypeRestrictionEnabled"], "the usual ones of a trial")
		assert.Equal(t, "ALLOW", entry(t, s, path, "NATIONAL")["action"])
	}
	assert.Equal(t, "New License", get(t, s, "/licenses/"+licenses[len(licenses)-1].ID)["name"])
	get(t, s, "/devices/"+state.Devices.Added[0].ID)
	assert.Equal(t, "02005EA00001", get(t, s, "/devices?start=250")["items"].([]any)[0].(object)["mac"])
	get(t, s, jobs+"/"+state.Jobs[0].ID)
	expect(t, s, 204, "PUT", "/telephony/config/people/settings/permissions?orgId="+customer.ID, `{"voicemail":"NO_ACCESS"}`)
	_, found := s.InForce(people[len(people)-1].ID, "NATIONAL")
	assert.True(t, found)

	// What is kept after the function has ended is only a copy, and what a getter answers too.
	var kept *webextest.State
	s.Change(func(state *webextest.State) { kept = state })
	copied := s.State()
	kept.People[0].DisplayName, copied.People[0].DisplayName, s.People()[0].DisplayName = "A", "B", "C"
	copied.Tokens["more"] = webextest.Access{}
	assert.Equal(t, "Alma Aalto", s.People()[0].DisplayName)
	expect(t, as(s, "more"), 401, "GET", "/licenses", "")
}

func TestDevicesInGo(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(3))
	count := func() int {
		count := 0
		for range s.Devices() {
			count++
		}
		assert.Len(t, get(t, s, "/devices")["items"], count)
		return count
	}
	assert.Equal(t, 3, count())
	person := s.People()[1]
	added := s.AddDevice(webextest.Device{PersonID: person.ID, Product: "Cisco 8865", MAC: "02:00:5e:a0:00:01"})
	assert.Equal(t, 4, count())
	assert.Equal(t, []any{person.DisplayName, person.LocationID, "02005EA00001", "phone"},
		[]any{added.DisplayName, added.LocationID, added.MAC, added.Type})
	assert.False(t, added.Created.IsZero())
	assert.Equal(t, added.DisplayName, get(t, s, "/devices/"+added.ID)["displayName"])

	for device := range s.Devices() {
		require.True(t, s.ChangeDevice(device.ID, func(d *webextest.Device) { d.Tags = append(d.Tags, "north") }))
		added.Tags = append(added.Tags, "mine") // It is a copy.
		assert.Equal(t, []any{"north"}, get(t, s, "/devices/"+device.ID)["tags"])
	}
	assert.Len(t, get(t, s, "/devices?tag=north")["items"], 4)
	for device := range s.Devices() {
		require.True(t, s.RemoveDevice(device.ID))
		assert.False(t, s.RemoveDevice(device.ID))
		assert.False(t, s.ChangeDevice(device.ID, func(*webextest.Device) { t.Error("it is gone") }))
		expect(t, s, 404, "GET", "/devices/"+device.ID, "")
		break
	}
	assert.Equal(t, 3, count())
	assert.True(t, s.RemoveDevice(added.ID))
	assert.Equal(t, 2, count())
	assert.False(t, s.RemoveDevice("x"))
}

// What a page begins with follows from what meets the filters now, not from where the page before ended.
func TestPagesAfterAChange(t *testing.T) {
	for name, made := range map[string]int{"made up": 6, "added": 0} {
		t.Run(name, func(t *testing.T) {
			s := webextest.NewServer(t, webextest.WithDevices(made))
			var ids []string
			for range 6 - made {
				s.AddDevice(webextest.Device{PersonID: s.People()[0].ID, Product: "Cisco 8865"})
			}
			for device := range s.Devices() {
				ids = append(ids, device.ID)
				s.ChangeDevice(device.ID, func(d *webextest.Device) { d.Tags = []string{"north"} })
			}
			assert.Len(t, get(t, s, "/devices?tag=north&max=2")["items"], 2)
			s.ChangeDevice(ids[0], func(d *webextest.Device) { d.Tags = []string{} })
			items := get(t, s, "/devices?tag=north&max=2&start=2")["items"].([]any)
			require.Len(t, items, 2)
			assert.Equal(t, []any{ids[3], ids[4]}, []any{items[0].(object)["id"], items[1].(object)["id"]})
		})
	}
}

// Everything that can be called in Go may be called while requests are answered.
func TestGoBesideCalls(t *testing.T) {
	s := webextest.NewServer(t, webextest.WithDevices(30), webextest.WithPeople(3))
	person, workspace := s.People()[0].ID, s.Workspaces()[0].ID
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 15 {
				device := s.AddDevice(webextest.Device{PersonID: person, Product: "Cisco 8865"})
				assert.True(t, s.ChangeDevice(device.ID, func(d *webextest.Device) { d.Tags = []string{"x"} }))
				assert.Equal(t, []any{"x"}, get(t, s, "/devices/"+device.ID)["tags"])
				get(t, s, "/devices?tag=x")
				expect(t, s, 201, "POST", organizationCodes,
					fmt.Sprintf(`{"accessCodes":[{"code":"%d-%d","description":"d"}]}`, worker, i))
				assert.True(t, s.RemoveDevice(device.ID))
			}
		})
		group.Go(func() {
			for range 15 {
				for device := range s.Devices() {
					assert.NotEmpty(t, device.ID)
				}
				s.Change(func(state *webextest.State) { state.Name += "x" })
				s.InForce(workspace, "NATIONAL")
				assert.NotEmpty(t, s.State().People)
				assert.NotEmpty(t, s.NewToken(webextest.Access{}))
			}
		})
	}
	group.Wait()
	state := s.State()
	assert.Len(t, state.AccessCodes, 60)
	assert.Equal(t, "Acme"+strings.Repeat("x", 60), state.Name)
	assert.Len(t, state.Tokens, 61)
	assert.Empty(t, state.Devices.Added)
}
