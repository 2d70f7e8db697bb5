package webextest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// What the made-up persons hold: the first three Customer Experience beside Calling Professional, the next fifteen Professional
// alone, the rest Basic; all of them free messaging, free meetings and screen share.
const (
	experienced = 0
	pro         = 5
	plain       = 20
)

// licenseID finds the id of a license by what it is called.
func licenseID(t *testing.T, s *webextest.Server, name string) string {
	t.Helper()
	for _, l := range s.Licenses() {
		if l.Name == name {
			return l.ID
		}
	}
	require.Fail(t, "there is no license "+name)
	return ""
}

// setUnits sets how many units of a license were bought.
func setUnits(s *webextest.Server, name string, units int) {
	s.Change(func(state *webextest.State) {
		for i := range state.Licenses {
			if state.Licenses[i].Name == name {
				state.Licenses[i].TotalUnits = units
			}
		}
	})
}

// change is a change of one license, in words: "+Name" adds it, "-Name" takes it away, and what follows "|" is its properties.
func change(t *testing.T, s *webextest.Server, words string) string {
	t.Helper()
	name, properties, given := strings.Cut(words[1:], "|")
	id := "no-such-license"
	if name != id {
		id = licenseID(t, s, name)
	}
	body := fmt.Sprintf(`{"id":%q`, id)
	if words[0] == '-' {
		body += `,"operation":"remove"`
	}
	if given {
		body += `,"properties":` + strings.ReplaceAll(properties, "LOCATION", s.Locations()[1].ID)
	}
	return body + "}"
}

// assign asks for changes of what a user holds. The user is the beginning of a body, such as "personId":"…".
func assign(t *testing.T, s *webextest.Server, user string, licenses []string, sites ...string) (int, object) {
	t.Helper()
	changes := make([]string, len(licenses))
	for i, words := range licenses {
		changes[i] = change(t, s, words)
	}
	body := fmt.Sprintf(`{%s,"licenses":[%s],"siteUrls":[%s]}`, user, strings.Join(changes, ","), strings.Join(sites, ","))
	status, answer, _ := exchange(t, s, http.MethodPatch, "/licenses/users", body)
	return status, answer
}

func byID(p webextest.Person) string { return fmt.Sprintf(`"personId":%q`, p.ID) }

// heldBy are the names of the licenses in an answer.
func heldBy(s *webextest.Server, ids any) []string {
	names := []string{}
	list, _ := ids.([]any)
	for _, l := range s.Licenses() {
		for _, id := range list {
			if id == l.ID {
				names = append(names, l.Name)
			}
		}
	}
	return names
}

const (
	// extension is what a calling license needs at least, number what it may have instead.
	extension = `|{"locationId":"LOCATION","extension":"4711"}`
	number    = `|{"phoneNumber":"+31205550147"}`

	toPro      = "+Webex Calling - Professional"
	toStandard = "+Webex Calling - Standard"
	console    = "+Webex Calling - Attendant Console"
	experience = "+Customer Experience - Essential"
	notBasic   = "-Webex Calling - Basic"

	freeSite = `{"siteUrl":"acme-free.webex.com","accountType":"attendee"}`
	paidSite = `{"siteUrl":"acme.webex.com","accountType":"attendee"}`
)

// request is what one person is to gain and to lose.
type request struct {
	person   int
	licenses []string
	sites    []string
}

// Each code is the answer to a request that breaks the rule. That it breaks no other is proved by the request instead, which
// differs only in that and is carried out.
func TestLicenseRules(t *testing.T) {
	withExperience := func(state *webextest.State) {
		for i := range state.Licenses {
			if state.Licenses[i].Name == experience[1:] {
				state.Licenses[i].People = append(state.Licenses[i].People, state.People[plain].ID)
			}
		}
	}
	for _, test := range []struct {
		code            int
		because         string
		before          func(*webextest.State)
		broken, instead request
	}{
		{
			code: 400, because: "location does not exist",
			broken:  request{pro, []string{toPro + `|{"locationId":"nowhere","extension":"4711"}`}, nil},
			instead: request{pro, []string{toPro + extension}, nil},
		},
		{
			code: 400, because: "location does not exist", // beside a number that would do without
			broken:  request{pro, []string{toPro + `|{"locationId":"nowhere","phoneNumber":"+31205550147"}`}, nil},
			instead: request{pro, []string{toPro + number}, nil},
		},
		{
			code: 400000, because: "not known: no-such-license",
			broken:  request{pro, []string{"+Webex Messaging", "+no-such-license"}, nil},
			instead: request{pro, []string{"+Webex Messaging"}, nil},
		},
		{
			code: 400112, because: "cannot be moved to Standard",
			broken:  request{pro, []string{"-" + toPro[1:], toStandard + extension}, nil},
			instead: request{plain, []string{notBasic, toStandard + extension}, nil},
		},
		{
			code: 400118, because: "Messenger",
			broken:  request{pro, []string{"+Webex Messaging", "+Webex Messenger"}, nil},
			instead: request{pro, []string{"+Webex Messaging"}, nil},
		},
		{
			code: 400118, because: "Messenger",
			broken:  request{pro, []string{"+Webex Messaging", "-Webex Messenger"}, nil},
			instead: request{pro, []string{"+Webex Messaging"}, nil},
		},
		{
			code: 400216, because: "not valid for attendees: acme.webex.com", // It is for hosts, who need its license.
			broken:  request{pro, []string{"+Webex Messaging"}, []string{freeSite, paidSite}},
			instead: request{pro, []string{"+Webex Messaging"}, []string{freeSite}},
		},
		{
			code: 400404, because: "Professional and Standard exclude",
			broken:  request{plain, []string{notBasic, toStandard + extension, toPro + extension}, nil},
			instead: request{plain, []string{notBasic, toPro + extension}, nil},
		},
		{
			// Who has the console and Standard lacks Professional as well: the rule that says more is told.
			code: 400406, because: "Standard and Attendant Console exclude",
			broken:  request{plain, []string{notBasic, toStandard + extension, console + extension}, nil},
			instead: request{plain, []string{notBasic, toStandard + extension}, nil},
		},
		{
			code: 400407, because: "Standard and Customer Experience Essential exclude",
			broken:  request{plain, []string{notBasic, toStandard + extension, experience + extension}, nil},
			instead: request{plain, []string{notBasic, experience + extension}, nil},
		},
		{
			code: 400408, because: "needs Calling Professional first",
			broken:  request{plain, []string{console + extension}, nil},
			instead: request{pro, []string{console + extension}, nil},
		},
		{
			code: 400410, because: "cannot be moved to Calling Standard", before: withExperience,
			broken:  request{plain, []string{notBasic, "-" + experience[1:], toStandard + extension}, nil},
			instead: request{plain + 1, []string{notBasic, toStandard + extension}, nil},
		},
		{
			code: 400411, because: "needs a phone number or an extension",
			broken:  request{plain, []string{notBasic, toPro}, nil},
			instead: request{plain, []string{notBasic, toPro + extension}, nil},
		},
		{
			code: 400411, because: "needs a phone number or an extension",
			broken:  request{plain, []string{notBasic, toPro + `|{"locationId":"LOCATION"}`}, nil},
			instead: request{plain, []string{notBasic, toPro + number}, nil},
		},
		{
			code: 400411, because: "needs a location",
			broken:  request{plain, []string{notBasic, toPro + `|{"extension":"4711"}`}, nil},
			instead: request{plain, []string{notBasic, toPro + extension}, nil},
		},
		{
			code: 400411, because: "needs a phone number or an extension", // Those of another license do not count.
			broken:  request{pro, []string{toPro + extension, console}, nil},
			instead: request{pro, []string{toPro + extension, console + extension}, nil},
		},
		{
			code: 400413, because: "Only one license out of a group",
			broken:  request{plain, []string{toPro + extension}, nil},
			instead: request{plain, []string{notBasic, toPro + extension}, nil},
		},
		{
			code: 700003, because: "Paid messaging needs free messaging",
			broken:  request{pro, []string{"-Basic Meetings", "-Basic Messaging", "+Webex Messaging"}, nil},
			instead: request{pro, []string{"-Basic Meetings", "+Webex Messaging"}, nil},
		},
		{
			code: 700004, because: "Paid meetings need free meetings",
			broken:  request{pro, []string{"-Basic Meetings", "+Webex Meetings"}, nil},
			instead: request{pro, []string{"+Webex Meetings"}, nil},
		},
		{
			code: 700005, because: "A meeting license needs free messaging",
			broken:  request{pro, []string{"-Basic Messaging"}, nil},
			instead: request{pro, []string{"-Basic Messaging", "-Basic Meetings"}, nil},
		},
		{
			code: 700006, because: "Screen share comes by itself",
			broken:  request{pro, []string{"-Basic Meetings", "-Basic Screen Share"}, nil},
			instead: request{pro, []string{"-Basic Meetings"}, nil},
		},
		{
			// A change that is undone in the same request has not made the other one right.
			code: 400408, because: "needs Calling Professional first",
			broken:  request{plain, []string{console + extension, "-" + console[1:]}, nil},
			instead: request{pro, []string{console + extension, "-" + console[1:]}, nil},
		},
	} {
		t.Run(fmt.Sprint(test.code, " ", test.because), func(t *testing.T) {
			s := webextest.NewServer(t)
			if test.before != nil {
				s.Change(test.before)
			}
			before := s.State()
			status, answer := assign(t, s, byID(s.People()[test.broken.person]), test.broken.licenses, test.broken.sites...)
			assert.Equal(t, http.StatusBadRequest, status)
			require.Len(t, answer["errors"], 1)
			detail := answer["errors"].([]any)[0].(object)
			assert.InDelta(t, test.code, detail["errorCode"], 0)
			assert.Contains(t, detail["description"], test.because)
			assert.Equal(t, detail["description"], answer["message"])
			assert.Empty(t, webextest.Diff(before, s.State()), "a request that is refused must change nothing")

			status, answer = assign(t, s, byID(s.People()[test.instead.person]), test.instead.licenses, test.instead.sites...)
			assert.Equal(t, http.StatusOK, status, answer)
			assert.NotEmpty(t, webextest.Diff(before, s.State()))
		})
	}
}

// What the document does not allow is refused before any rule.
func TestLicenseRequestsThatAreNotValid(t *testing.T) {
	s := webextest.NewServer(t)
	person, before := byID(s.People()[pro]), s.State()
	for body, message := range map[string]string{
		`{}`: "One of personId and email",
		`{"personId":"","email":"","licenses":[]}`:                                             "One of personId and email",
		`{` + person + `,"licenses":[{}]}`:                                                     "id",
		`{` + person + `,"licenses":{}}`:                                                       "licenses",
		`{` + person + `,"license":[]}`:                                                        "license",
		`{` + person + `,"siteUrls":[{"siteUrl":"a"}]}`:                                        "accountType",
		`{` + person + `,"licenses":[{"id":"a","unit":1}]`:                                     "not valid",
		`{` + person + `,"siteUrls":[{"siteUrl":"acme-free.webex.com","accountType":"host"}]}`: "accountType",
		`{` + person + `,"licenses":[{"id":"a","operation":"swap"}]}`:                          "operation",
	} {
		refused(t, s, http.MethodPatch, "/licenses/users", body, http.StatusBadRequest, message, 0)
	}
	refused(t, s, http.MethodPatch, "/licenses/users?orgId="+s.OrganizationID(), "{"+person+"}",
		http.StatusBadRequest, "no query parameter orgId", 0)
	assert.Empty(t, webextest.Diff(before, s.State()))
}

func TestUnknownUser(t *testing.T) {
	s := webextest.NewServer(t)
	before := s.State()
	for _, user := range []string{`"personId":"nobody"`, `"email":"nobody@example.com"`} {
		refused(t, s, http.MethodPatch, "/licenses/users", "{"+user+"}", http.StatusNotFound, "no such user", 1)
	}
	assert.Empty(t, webextest.Diff(before, s.State()))
}

// A user is known by id in any form, by email in any case, or by both.
func TestUserByIDAndByEmail(t *testing.T) {
	s := webextest.NewServer(t)
	person := s.People()[pro]
	for i, user := range []string{
		byID(person), fmt.Sprintf(`"email":%q`, person.Email), fmt.Sprintf(`"email":%q`, strings.ToUpper(person.Email)),
		fmt.Sprintf(`"email":%q,"personId":%q`, person.Email, person.ID),
	} {
		words := "+Webex Messaging"
		if i%2 == 1 {
			words = "-Webex Messaging"
		}
		status, answer := assign(t, s, user, []string{words})
		assert.Equal(t, http.StatusOK, status, answer)
		assert.Equal(t, person.ID, answer["personId"])
		assert.Equal(t, person.Email, answer["email"])
		assert.Equal(t, s.OrganizationID(), answer["orgId"])
		assert.NotContains(t, answer, "pendingLicenses", "the pending lists are only for users of another organization")
		assert.NotContains(t, answer, "pendingSiteUrls")
		assert.Equal(t, i%2 == 0, strings.Contains(fmt.Sprint(heldBy(s, answer["licenses"])), "Webex Messaging"))
	}
}

// units are the units of a license that are in use, and those of users alone.
func units(t *testing.T, s *webextest.Server, name string) (consumed, byUsers float64) {
	t.Helper()
	l := get(t, s, "/licenses/"+licenseID(t, s, name))
	byUsers, _ = l["consumedByUsers"].(float64)
	return l["consumedUnits"].(float64), byUsers
}

func TestUnitsMoveBetweenPersons(t *testing.T) {
	s := webextest.NewServer(t)
	setUnits(s, toPro[1:], 18) // All of them are in use.
	from, to := s.People()[pro], s.People()[plain]

	status, _ := assign(t, s, byID(to), []string{toPro + extension, notBasic})
	assert.Equal(t, http.StatusPartialContent, status, "there is no unit for a second person")
	status, _ = assign(t, s, byID(from), []string{"-" + toPro[1:]})
	assert.Equal(t, http.StatusOK, status)
	consumed, _ := units(t, s, toPro[1:])
	assert.InDelta(t, 17, consumed, 0)
	status, answer := assign(t, s, byID(to), []string{toPro + extension})
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, []string{toPro[1:], "Basic Messaging", "Basic Meetings", "Basic Screen Share"}, heldBy(s, answer["licenses"]))

	consumed, byUsers := units(t, s, toPro[1:])
	assert.InDelta(t, 18, consumed, 0)
	assert.InDelta(t, 18, byUsers, 0)
	var emails []any
	users := get(t, s, "/licenses/"+licenseID(t, s, toPro[1:])+"?includeAssignedTo=user")["users"].([]any)
	for _, user := range users {
		emails = append(emails, user.(object)["email"])
	}
	assert.Len(t, emails, 18)
	assert.Contains(t, emails, to.Email)
	assert.NotContains(t, emails, from.Email)
}

func TestAssignedInPart(t *testing.T) {
	s := webextest.NewServer(t)
	setUnits(s, "Webex Meetings", 0)
	person, before := byID(s.People()[plain]), s.State()

	status, answer := assign(t, s, person, []string{"+Webex Meetings"})
	assert.Equal(t, http.StatusBadRequest, status, "none could be assigned")
	assert.Contains(t, answer["message"], "no units left")
	assert.Empty(t, webextest.Diff(before, s.State()))

	status, answer = assign(t, s, person, []string{"+Webex Meetings", "+Webex Messaging"}, freeSite)
	assert.Equal(t, http.StatusPartialContent, status)
	held := []string{notBasic[1:], "Basic Messaging", "Webex Messaging", "Basic Meetings", "Basic Screen Share"}
	assert.Equal(t, held, heldBy(s, answer["licenses"]))
	assert.Equal(t, []any{object{"siteUrl": "acme-free.webex.com", "accountType": "ATTENDEE"}}, answer["siteUrls"])
	id := s.People()[plain].ID
	assert.Equal(t, []string{
		fmt.Sprintf("%s: added %q", "licenses[Webex Messaging].people["+id+"]", id),
		fmt.Sprintf("%s: added %q", "sites[acme-free.webex.com].attendees["+id+"]", id),
	}, webextest.Diff(before, s.State()))
}

// Properties of a license that is passed over are not taken over.
func TestPropertiesOfWhatIsPassedOver(t *testing.T) {
	s := webextest.NewServer(t)
	setUnits(s, toPro[1:], 18)
	before := s.People()[plain]
	status, _ := assign(t, s, byID(before), []string{notBasic, "+Webex Messaging", toPro + number})
	assert.Equal(t, http.StatusPartialContent, status)
	assert.Equal(t, before, s.People()[plain])
}

// What needs a license that has no units left is passed over with it: otherwise the person would hold what the rules forbid.
func TestWhatIsPassedOverTakesOthersAlong(t *testing.T) {
	for _, test := range []struct {
		full    string
		changes []string
		lacking []string
	}{
		{toPro[1:], []string{notBasic, console + extension, toPro + extension}, []string{toPro[1:], console[1:]}},
		{"Basic Messaging", []string{"+Webex Messaging", "+Basic Messaging", freeSite}, []string{"Basic Messaging", "Webex Messaging"}},
		{"Basic Meetings", []string{"+Webex Meetings", "+Basic Meetings", freeSite}, []string{"Basic Meetings", "Webex Meetings"}},
		{
			"Basic Messaging", []string{"+Webex Meetings", "+Basic Meetings", "+Basic Messaging", freeSite},
			[]string{"Basic Messaging", "Basic Meetings", "Webex Meetings"},
		},
	} {
		t.Run(test.full, func(t *testing.T) {
			s := webextest.NewServer(t)
			person, sites := byID(s.People()[plain]), []string(nil)
			if last := len(test.changes) - 1; test.changes[last] == freeSite {
				status, answer := assign(t, s, person, []string{"-Basic Meetings", "-Basic Messaging"})
				require.Equal(t, http.StatusOK, status, answer)
				if test.full == "Basic Meetings" {
					status, answer = assign(t, s, person, []string{"+Basic Messaging"})
					require.Equal(t, http.StatusOK, status, answer)
				}
				test.changes, sites = test.changes[:last], []string{freeSite}
			}
			setUnits(s, test.full, 0)
			status, answer := assign(t, s, person, test.changes, sites...)
			assert.Equal(t, http.StatusPartialContent, status, answer)
			for _, name := range test.lacking {
				assert.NotContains(t, heldBy(s, answer["licenses"]), name)
			}
		})
	}
}

func TestRepeatedAddIsHarmless(t *testing.T) {
	s := webextest.NewServer(t)
	person := byID(s.People()[pro])
	changes := []string{"+Webex Messaging", toPro + number}
	status, first := assign(t, s, person, changes, freeSite)
	assert.Equal(t, http.StatusOK, status)
	setUnits(s, "Webex Messaging", 1) // No unit is left for another, but none is needed.
	before := s.State()
	status, second := assign(t, s, person, changes, freeSite)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, first, second)
	assert.Empty(t, webextest.Diff(before, s.State()))

	away := []string{"-Webex Messaging"}
	notThere := strings.Replace(freeSite, "}", `,"operation":"remove"}`, 1)
	for range 2 {
		status, answer := assign(t, s, person, away, notThere)
		assert.Equal(t, http.StatusOK, status)
		assert.Empty(t, answer["siteUrls"])
		assert.NotContains(t, heldBy(s, answer["licenses"]), "Webex Messaging")
	}
}

func TestSites(t *testing.T) {
	s := webextest.NewServer(t)
	person := byID(s.People()[pro])
	// wxc_sdk sends capitals; host names have no case.
	for _, site := range []string{
		freeSite, strings.Replace(freeSite, "acme-free", "ACME-Free", 1), strings.Replace(freeSite, "attendee", "ATTENDEE", 1),
	} {
		status, answer := assign(t, s, person, nil, site)
		assert.Equal(t, http.StatusOK, status, answer)
		assert.Equal(t, []any{object{"siteUrl": "acme-free.webex.com", "accountType": "ATTENDEE"}}, answer["siteUrls"])
	}
	assert.Equal(t, []string{s.People()[pro].ID}, s.State().Sites[0].Attendees)
	status, answer := assign(t, s, person, nil, strings.Replace(freeSite, "}", `,"operation":"remove"}`, 1))
	assert.Equal(t, http.StatusOK, status)
	assert.Empty(t, answer["siteUrls"])
	assert.Empty(t, s.State().Sites[0].Attendees)
}

// Persons of other organizations have to accept what they are given.
func TestPendingForOutsiders(t *testing.T) {
	s := webextest.NewServer(t)
	customer := s.AddCustomer("Umbrella")
	outsider, start := customer.People[pro], s.State()
	user := fmt.Sprintf(`"email":%q`, outsider.Email)

	status, answer := assign(t, s, user, []string{"+Webex Messaging"})
	assert.Equal(t, http.StatusBadRequest, status, "the rules are for outsiders too")
	assert.InDelta(t, 700003, answer["errors"].([]any)[0].(object)["errorCode"], 0)

	for range 2 { // Again is harmless here too.
		status, answer = assign(t, s, user, []string{"+Basic Messaging", "+Webex Messaging", toPro + number}, freeSite)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, outsider.ID, answer["personId"])
		assert.Empty(t, answer["licenses"])
		assert.Empty(t, answer["siteUrls"])
		assert.Equal(t, []string{toPro[1:], "Basic Messaging", "Webex Messaging"}, heldBy(s, answer["pendingLicenses"]))
		assert.Equal(t, []any{object{"siteUrl": "acme-free.webex.com", "accountType": "ATTENDEE"}}, answer["pendingSiteUrls"])
	}
	assert.Equal(t, outsider, s.State().Customers[0].People[pro], "who has not accepted keeps number and place")
	consumed, byUsers := units(t, s, "Webex Messaging")
	assert.InDelta(t, 1, consumed, 0, "a unit is kept for them")
	assert.InDelta(t, 0, byUsers, 0)

	status, answer = assign(t, s, byID(outsider), []string{"-Webex Messaging", "-Basic Messaging", "-" + toPro[1:]},
		strings.Replace(freeSite, "}", `,"operation":"remove"}`, 1))
	assert.Equal(t, http.StatusOK, status)
	assert.NotContains(t, answer, "pendingLicenses")
	assert.NotContains(t, answer, "pendingSiteUrls")
	assert.Empty(t, webextest.Diff(start, s.State()))
}

// An outsider who has accepted holds the license as others do: once, and until it is taken away.
func TestOutsidersWhoHaveAccepted(t *testing.T) {
	s := webextest.NewServer(t)
	outsider := s.AddCustomer("Umbrella").People[pro]
	s.Change(func(state *webextest.State) {
		for i := range state.Licenses {
			if state.Licenses[i].Name == "Basic Messaging" {
				state.Licenses[i].People = append(state.Licenses[i].People, outsider.ID)
			}
		}
		state.Sites[0].Attendees = append(state.Sites[0].Attendees, outsider.ID)
	})
	before := s.State()
	status, answer := assign(t, s, byID(outsider), []string{"+Basic Messaging"}, freeSite)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, []string{"Basic Messaging"}, heldBy(s, answer["licenses"]))
	assert.Empty(t, webextest.Diff(before, s.State()))
	users := get(t, s, "/licenses/"+licenseID(t, s, "Basic Messaging")+"?includeAssignedTo=user")["users"].([]any)
	assert.Equal(t, object{
		"id": outsider.ID, "type": "EXTERNAL", "displayName": outsider.DisplayName, "email": outsider.Email,
	}, users[len(users)-1])

	status, answer = assign(t, s, byID(outsider), []string{"-Basic Messaging"},
		strings.Replace(freeSite, "}", `,"operation":"remove"}`, 1))
	assert.Equal(t, http.StatusOK, status)
	assert.Empty(t, answer["licenses"])
	assert.Empty(t, answer["siteUrls"])
}

// The organization of the licenses is named in the body here, not in the query.
func TestLicensesOfACustomer(t *testing.T) {
	s := webextest.NewServer(t)
	customer := s.AddCustomer("Umbrella")
	var id string
	for _, l := range customer.Licenses {
		if l.Name == "Webex Messaging" {
			id = l.ID
		}
	}
	body := fmt.Sprintf(`{"orgId":%q,"email":%q,"licenses":[{"id":%q}]}`, customer.ID, customer.People[pro].Email, id)
	status, answer, _ := exchange(t, s, http.MethodPatch, "/licenses/users", body)
	assert.Equal(t, http.StatusOK, status, answer)
	assert.Equal(t, customer.ID, answer["orgId"])
	assert.Contains(t, answer["licenses"], id)
	refused(t, s, http.MethodPatch, "/licenses/users", strings.Replace(body, customer.ID, "other", 1),
		http.StatusForbidden, "organization other", 0)
}

// Several licenses of one name, as from two subscriptions, count as one.
func TestLicensesOfTheSameName(t *testing.T) {
	s := webextest.NewServer(t)
	s.Change(func(state *webextest.State) {
		for _, name := range []string{"Basic Messaging", toPro[1:]} {
			more := webextest.License{Name: name, TotalUnits: 5, People: []string{}, Workspaces: []string{}}
			state.Licenses = append(state.Licenses, more)
		}
	})
	status, answer := assign(t, s, byID(s.People()[pro]), []string{"+Webex Messaging", console + extension})
	assert.Equal(t, http.StatusOK, status, answer)
}

func TestPropertiesAreTakenOver(t *testing.T) {
	s := webextest.NewServer(t)
	person, away := s.People()[plain], s.Locations()[1]
	require.NotEqual(t, away.ID, person.LocationID)
	// The location of a person decides about the access codes that the person inherits.
	codes := "/telephony/config/people/" + person.ID + "/outgoingPermission/accessCodes"
	status, _ := direct(s, http.MethodPost, "/telephony/config/locations/"+away.ID+"/outgoingPermission/accessCodes",
		`{"accessCodes":[{"code":"4711","description":"away"}]}`)
	require.Equal(t, http.StatusCreated, status)
	assert.Empty(t, get(t, s, codes)["accessCodes"])
	device := get(t, s, "/devices?max=1&personId="+person.ID)["items"].([]any)[0].(object)
	inPlace := "/devices?locationId=" + away.ID
	assert.NotContains(t, fmt.Sprint(get(t, s, inPlace)["items"]), device["id"])

	status, answer := assign(t, s, byID(person), []string{
		notBasic, toPro + `|{"phoneNumber":"+31205550147","extension":"4712","locationId":"LOCATION"}`,
	})
	assert.Equal(t, http.StatusOK, status, answer)
	now := s.People()[plain]
	assert.Equal(t, []string{"+31205550147", "4712", away.ID}, []string{now.PhoneNumber, now.Extension, now.LocationID})
	assert.Len(t, get(t, s, codes)["accessCodes"], 1)
	assert.Contains(t, fmt.Sprint(get(t, s, inPlace)["items"]), device["id"])

	// What is left out stays.
	status, answer = assign(t, s, byID(person), []string{toPro + `|{"phoneNumber":"+31205550148"}`})
	assert.Equal(t, http.StatusOK, status, answer)
	now = s.People()[plain]
	assert.Equal(t, []string{"+31205550148", "4712", away.ID}, []string{now.PhoneNumber, now.Extension, now.LocationID})
}
