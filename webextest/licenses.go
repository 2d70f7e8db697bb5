package webextest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oapi-codegen/nullable"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// The products that the rules for licenses know, by their names.
const (
	professional     = "Webex Calling - Professional"
	standard         = "Webex Calling - Standard"
	basic            = "Webex Calling - Basic"
	workspaces       = "Webex Calling - Workspaces"
	attendantConsole = "Webex Calling - Attendant Console"
	essential        = "Customer Experience - Essential"
	freeMessaging    = "Basic Messaging"
	paidMessaging    = "Webex Messaging"
	freeMeetings     = "Basic Meetings"
	paidMeetings     = "Webex Meetings"
	screenShare      = "Basic Screen Share"
	messenger        = "Webex Messenger"
)

const (
	freeSite = "acme-free.webex.com"
	paidSite = "acme.webex.com"
)

// isCalling tells the products that need properties of their own.
func isCalling(name string) bool {
	return slices.Contains([]string{professional, standard, basic, attendantConsole, essential}, name)
}

// newLicenses makes up what an organization has bought and who holds it.
func newLicenses(o *Organization, newID func(kind string) string) []License {
	people, places := []string{}, []string{}
	for _, p := range o.People {
		people = append(people, p.ID)
	}
	for _, w := range o.Workspaces {
		places = append(places, w.ID)
	}
	professionals := (len(people)*3 + 3) / 4
	list := func(name string, units int, holders []string) License {
		const id = "us/LICENSE"
		return License{ID: newID(id), Name: name, TotalUnits: units, People: append([]string{}, holders...), Workspaces: []string{}}
	}
	licenses := []License{
		list(professional, professionals+22, people[:professionals]),
		list(basic, len(people)-professionals+4, people[professionals:]),
		list(workspaces, 5, nil),
		list(essential, 8, people[:min(3, len(people))]),
		list(standard, 5, nil),
		list(attendantConsole, 2, nil),
		list(freeMessaging, len(people)+50, people),
		list(paidMessaging, 10, nil),
		list(freeMeetings, len(people)+50, people),
		list(paidMeetings, 3, nil),
		list(screenShare, len(people)+50, people),
		list(messenger, 10, nil),
	}
	licenses[2].Workspaces = places
	licenses[9].SiteURL = paidSite
	return licenses
}

// view is the license as the service shows it; counts that do not apply are null.
func (l License) view() server.License {
	counted := func(applies bool, ids []string) nullable.Nullable[int] {
		if !applies {
			return nullable.NewNullNullable[int]()
		}
		return nullable.NewNullableWithValue(len(ids))
	}
	view := server.License{
		ID:                   &l.ID,
		Name:                 &l.Name,
		TotalUnits:           &l.TotalUnits,
		ConsumedUnits:        new(l.consumed()),
		ConsumedByUsers:      counted(l.Name != workspaces, l.People),
		ConsumedByWorkspaces: counted(l.Name == workspaces, l.Workspaces),
		SubscriptionID:       new("Sub-webextest"),
		SiteURL:              given(l.SiteURL),
	}
	if l.SiteURL != "" {
		view.SiteType = new(server.SiteTypeControlHub)
	}
	return view
}

func (l License) consumed() int { return len(l.People) + len(l.Workspaces) + len(l.Pending) }

// ListLicenses answers all licenses.
func (o *organization) ListLicenses(w http.ResponseWriter, _ *http.Request) {
	list := server.LicenseList{Items: []server.License{}}
	for _, l := range o.Licenses {
		list.Items = append(list.Items, l.view())
	}
	answer(w, list)
}

// GetLicense answers one license, on request with a page of its users.
func (o *organization) GetLicense(w http.ResponseWriter, r *http.Request, licenseID string, params server.GetLicenseParams) {
	l := o.license(licenseID)
	if l == nil {
		unknown(w, "license", licenseID)
		return
	}
	view := l.view()
	if params.IncludeAssignedTo == nil {
		answer(w, view)
		return
	}
	users, next, ok := o.usersPage(*l, params)
	if !ok {
		refuse(w, http.StatusBadRequest, 0, "limit must be 1 to 300, next must be what a link held")
		return
	}
	if next != "" {
		w.Header().Set("Link", link(r, map[string]string{"next": next}))
	}
	answer(w, server.LicenseDetails{
		ID: view.ID, Name: view.Name, TotalUnits: view.TotalUnits, ConsumedUnits: view.ConsumedUnits,
		ConsumedByUsers: view.ConsumedByUsers, ConsumedByWorkspaces: view.ConsumedByWorkspaces,
		SubscriptionID: view.SubscriptionID, SiteURL: view.SiteURL, SiteType: view.SiteType, Users: users,
	})
}

func (o *organization) license(id string) *License {
	// The name of a license is not a UUID alone, so that the key would be too short for some.
	i := slices.IndexFunc(o.Licenses, func(l License) bool { return strings.TrimRight(id, "=") == l.ID || key(id) == key(l.ID) })
	if i < 0 {
		return nil
	}
	return &o.Licenses[i]
}

// usersPage is a page of the users of a license. Its cursor, opaque to clients, is the number of users before it.
func (o *organization) usersPage(l License, params server.GetLicenseParams) (users []server.LicenseUser, next string, ok bool) {
	const most = 300
	limit, first := most, 0
	if params.Limit != nil {
		limit = *params.Limit
	}
	if params.Next != nil {
		cursor, err := strconv.ParseUint(*params.Next, 36, 31)
		if err != nil {
			return nil, "", false
		}
		first = int(cursor)
	}
	if limit < 1 || limit > most || first > len(l.People) {
		return nil, "", false
	}
	last := min(first+min(limit, o.config.pageSize), len(l.People))
	users = []server.LicenseUser{}
	for _, id := range l.People[first:last] {
		users = append(users, o.user(id))
	}
	if last < len(l.People) {
		next = strconv.FormatInt(int64(last), 36)
	}
	return users, next, true
}

// user is somebody who holds a license.
func (o *organization) user(id string) server.LicenseUser {
	person, userType := o.people[key(id)], server.LicenseUserTypeInternal
	if person == nil {
		person, userType = o.outsider(id, ""), server.LicenseUserTypeExternal
	}
	if person == nil {
		return server.LicenseUser{ID: &id, Type: &userType}
	}
	return server.LicenseUser{
		ID: new(o.vary(id)), Type: &userType, DisplayName: &person.DisplayName, Email: &person.Email,
	}
}

// findPerson looks for a person by id or, if it is empty, by email.
func (o *organization) findPerson(id, email string) *Person {
	if id != "" {
		return o.people[key(id)]
	}
	i := slices.IndexFunc(o.People, func(p Person) bool { return strings.EqualFold(p.Email, email) })
	if i < 0 {
		return nil
	}
	return &o.People[i]
}

// AssignLicenses gives licenses and sites to a person and takes them away. A request that breaks a rule changes nothing. A
// license without units left is passed over: the answer is 206 if anything else could be done, and 400 if not.
func (o *organization) AssignLicenses(w http.ResponseWriter, r *http.Request) {
	request, ok := receive[server.AssignLicensesRequest](w, r)
	if !ok {
		return
	}
	id, email := value(request.PersonID), value(request.Email)
	if id == "" && email == "" {
		refuse(w, http.StatusBadRequest, 0, "One of personId and email is needed")
		return
	}
	a := assignment{o: o, person: o.findPerson(id, email)}
	if a.person == nil {
		a.person, a.outside = o.outsider(id, email), true
	}
	if a.person == nil {
		refuse(w, http.StatusNotFound, 1, "There is no such user")
		return
	}
	if broken := a.plan(request); broken != nil {
		refuse(w, http.StatusBadRequest, broken.code, broken.reason)
		return
	}
	changed, passedOver := a.apply()
	switch {
	case passedOver == 0:
		answer(w, a.result())
	case changed == 0:
		refuse(w, http.StatusBadRequest, 0, "There are no units left of any of the licenses")
	default:
		send(w, http.StatusPartialContent, a.result())
	}
}

// assignment is a change of what a person holds.
type assignment struct {
	o       *organization
	person  *Person
	outside bool

	changes []licenseChange
	sites   []server.SiteChange
}

type licenseChange struct {
	license    *License
	remove     bool
	properties *server.LicenseProperties
}

// rule is one that a request breaks.
type rule struct {
	code   int64
	reason string
}

// plan looks through a request before anything is changed.
func (a *assignment) plan(request server.AssignLicensesRequest) *rule {
	for _, change := range request.Licenses {
		l := a.o.license(change.ID)
		if l == nil {
			return &rule{400000, "The license is not known: " + change.ID}
		}
		planned := licenseChange{l, isRemove(change.Operation), change.Properties}
		if broken := a.checkChange(planned); broken != nil {
			return broken
		}
		a.changes = append(a.changes, planned)
	}
	slices.SortStableFunc(a.changes, func(x, y licenseChange) int { return order(x) - order(y) })
	for _, site := range request.SiteUrls {
		if a.o.site(site.SiteURL) == nil {
			return &rule{400216, "The site is not valid for attendees: " + site.SiteURL}
		}
		a.sites = append(a.sites, site)
	}
	return a.checkHeld()
}

func isRemove(operation *server.LicenseOperation) bool {
	return operation != nil && *operation == server.LicenseOperationRemove
}

// checkChange checks one change by itself.
func (a *assignment) checkChange(change licenseChange) *rule {
	name := change.license.Name
	switch {
	case name == messenger:
		return &rule{400118, "Messenger licenses cannot be managed for single users"}
	case change.remove && name == screenShare:
		return &rule{700006, "Screen share comes by itself and cannot be removed"}
	case change.remove || !isCalling(name):
		return nil
	case change.properties == nil, value(change.properties.PhoneNumber) == "" && value(change.properties.Extension) == "":
		return &rule{400411, "A calling license needs a phone number or an extension of its own: " + name}
	}
	location := value(change.properties.LocationID)
	if e, known := a.o.entities[key(location)]; location != "" && (!known || e.kind != locationKind) {
		return &rule{400, "The location does not exist: " + location}
	}
	if location == "" && value(change.properties.PhoneNumber) == "" {
		return &rule{400411, "Without a phone number a calling license needs a location: " + name}
	}
	return nil
}

// checkHeld checks what the person would hold after all changes.
func (a *assignment) checkHeld() *rule {
	// Several licenses may have one name.
	held, before, added, after := map[*License]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range a.o.Licenses {
		l := &a.o.Licenses[i]
		held[l] = a.holds(l)
		before[l.Name] = before[l.Name] || held[l]
	}
	for _, change := range a.changes {
		held[change.license] = !change.remove
		added[change.license.Name] = added[change.license.Name] || !change.remove
	}
	for l, holds := range held {
		after[l.Name] = after[l.Name] || holds
	}
	calling := after[professional] || after[standard]
	meetings := after[freeMeetings] || after[paidMeetings]
	for _, r := range []struct {
		rule
		broken bool
	}{
		{rule{400112, "A Calling Professional user cannot be moved to Standard"}, before[professional] && added[standard]},
		{rule{400410, "A Customer Experience user cannot be moved to Calling Standard"}, before[essential] && added[standard]},
		{rule{400404, "Calling Professional and Standard exclude each other"}, after[professional] && after[standard]},
		{rule{400406, "Calling Standard and Attendant Console exclude each other"}, after[standard] && after[attendantConsole]},
		{rule{400407, "Calling Standard and Customer Experience Essential exclude each other"}, after[standard] && after[essential]},
		{rule{400408, "Attendant Console needs Calling Professional first"}, after[attendantConsole] && !after[professional]},
		{rule{400413, "Only one license out of a group of offers may be held"}, after[basic] && calling},
		{rule{700003, "Paid messaging needs free messaging"}, after[paidMessaging] && !after[freeMessaging]},
		{rule{700004, "Paid meetings need free meetings"}, after[paidMeetings] && !after[freeMeetings]},
		{rule{700005, "A meeting license needs free messaging"}, meetings && !after[freeMessaging]},
	} {
		if r.broken && len(a.changes) > 0 {
			return &r.rule
		}
	}
	return nil
}

// holders is the list of those who hold a license in the way that the person would.
func (a *assignment) holders(l *License) *[]string {
	if a.outside {
		return &l.Pending
	}
	return &l.People
}

func (a *assignment) holds(l *License) bool {
	return slices.ContainsFunc(l.People, a.isPerson) || slices.ContainsFunc(l.Pending, a.isPerson)
}

// holdsNeeded tells whether the person holds what a license needs beside it.
func (a *assignment) holdsNeeded(l *License) bool {
	needed, needs := neededFor[l.Name]
	return !needs || slices.ContainsFunc(a.o.Licenses, func(l License) bool { return l.Name == needed && a.holds(&l) })
}

func (a *assignment) isPerson(id string) bool { return key(id) == key(a.person.ID) }

// apply makes the changes, in the order of the plan.
func (a *assignment) apply() (changed, passedOver int) {
	a.o.place = place{} // Devices move with their owners.
	for _, change := range a.changes {
		holders := a.holders(change.license)
		switch {
		case change.remove:
			change.license.People = slices.DeleteFunc(change.license.People, a.isPerson)
			change.license.Pending = slices.DeleteFunc(change.license.Pending, a.isPerson)
		case a.holds(change.license):
		case change.license.consumed() >= change.license.TotalUnits, !a.holdsNeeded(change.license):
			passedOver++
			continue
		default:
			*holders = append(*holders, a.person.ID)
		}
		changed++
		if p := change.properties; p != nil && !a.outside {
			set(&a.person.PhoneNumber, p.PhoneNumber)
			set(&a.person.Extension, p.Extension)
			set(&a.person.LocationID, p.LocationID)
			if l, known := a.o.entities[key(a.person.LocationID)]; known {
				a.o.entities[key(a.person.ID)].location = l.location
			}
		}
	}
	for _, site := range a.sites {
		s := a.o.site(site.SiteURL)
		switch {
		case isRemove(site.Operation):
			s.Attendees = slices.DeleteFunc(s.Attendees, a.isPerson)
			s.Pending = slices.DeleteFunc(s.Pending, a.isPerson)
		case !slices.ContainsFunc(s.Attendees, a.isPerson) && !slices.ContainsFunc(s.Pending, a.isPerson):
			attendees := a.attendees(s)
			*attendees = append(*attendees, a.person.ID)
		}
		changed++
	}
	return changed, passedOver
}

// neededFor tells what a product needs beside it.
var neededFor = map[string]string{
	attendantConsole: professional, paidMessaging: freeMessaging, freeMeetings: freeMessaging, paidMeetings: freeMeetings,
}

// order puts first what sets units free, and what is needed before what needs it.
func order(change licenseChange) (place int) {
	if change.remove {
		return 0
	}
	for name := change.license.Name; name != ""; name = neededFor[name] {
		place++
	}
	return place
}

func (a *assignment) attendees(s *Site) *[]string {
	if a.outside {
		return &s.Pending
	}
	return &s.Attendees
}

// site finds a meeting site that takes attendees.
func (o *organization) site(url string) *Site {
	i := slices.IndexFunc(o.Sites, func(s Site) bool { return strings.EqualFold(s.URL, url) })
	if i < 0 {
		return nil
	}
	return &o.Sites[i]
}

// result is what the person holds now.
func (a *assignment) result() server.LicenseAssignment {
	result := server.LicenseAssignment{
		OrgID: &a.o.ID, PersonID: new(a.o.vary(a.person.ID)), Email: &a.person.Email,
		Licenses: []string{}, SiteUrls: []server.SiteAccount{},
	}
	for _, l := range a.o.Licenses {
		switch {
		case slices.ContainsFunc(l.People, a.isPerson):
			result.Licenses = append(result.Licenses, l.ID)
		case slices.ContainsFunc(l.Pending, a.isPerson):
			result.PendingLicenses = append(result.PendingLicenses, l.ID)
		}
	}
	for _, s := range a.o.Sites {
		account := server.SiteAccount{SiteURL: &s.URL, AccountType: new(server.SiteAccountTypeAttendee)}
		switch {
		case slices.ContainsFunc(s.Attendees, a.isPerson):
			result.SiteUrls = append(result.SiteUrls, account)
		case slices.ContainsFunc(s.Pending, a.isPerson):
			result.PendingSiteUrls = append(result.PendingSiteUrls, account)
		}
	}
	return result
}
