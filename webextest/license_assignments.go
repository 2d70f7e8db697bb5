package webextest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

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
	if taken := a.taken(); taken != "" {
		refuse(w, http.StatusConflict, 0, taken)
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
			*a.person = a.o.with(*a.person, *p)
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
		host := server.SiteAccount{SiteURL: &l.SiteURL, AccountType: new(server.SiteAccountTypeHostUpperCase)}
		switch {
		case slices.ContainsFunc(l.People, a.isPerson):
			result.Licenses = append(result.Licenses, l.ID)
			result.SiteUrls = appendSite(result.SiteUrls, host)
		case slices.ContainsFunc(l.Pending, a.isPerson):
			result.PendingLicenses = append(result.PendingLicenses, l.ID)
			result.PendingSiteUrls = appendSite(result.PendingSiteUrls, host)
		}
	}
	for _, s := range a.o.Sites {
		account := server.SiteAccount{SiteURL: &s.URL, AccountType: new(server.SiteAccountTypeAttendeeUpperCase)}
		switch {
		case slices.ContainsFunc(s.Attendees, a.isPerson):
			result.SiteUrls = append(result.SiteUrls, account)
		case slices.ContainsFunc(s.Pending, a.isPerson):
			result.PendingSiteUrls = append(result.PendingSiteUrls, account)
		}
	}
	return result
}

// appendSite appends an account, unless its license is not for a site.
func appendSite(accounts []server.SiteAccount, account server.SiteAccount) []server.SiteAccount {
	if *account.SiteURL == "" {
		return accounts
	}
	return append(accounts, account)
}
