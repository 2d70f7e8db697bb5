package webextest

import (
	"slices"
	"strings"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

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

// taken says which extension or phone number of the request somebody else has, or is empty. Extensions are unique in a location,
// phone numbers in the organization.
func (a *assignment) taken() string {
	if a.outside {
		return ""
	}
	planned := *a.person
	for _, change := range a.changes {
		if change.properties != nil {
			planned = a.o.with(planned, *change.properties)
		}
	}
	moves := planned.Extension != a.person.Extension || key(planned.LocationID) != key(a.person.LocationID)
	for _, other := range a.o.People {
		switch {
		case a.isPerson(other.ID):
		case moves && planned.Extension != "" && other.Extension == planned.Extension &&
			key(other.LocationID) == key(planned.LocationID):
			return "The extension " + planned.Extension + " is in use in the location"
		case planned.PhoneNumber != a.person.PhoneNumber && planned.PhoneNumber != "" &&
			sameNumber(other.PhoneNumber, planned.PhoneNumber):
			return "The phone number " + planned.PhoneNumber + " is in use"
		}
	}
	return ""
}

// sameNumber compares phone numbers, which may lack the plus sign.
func sameNumber(a, b string) bool { return strings.TrimPrefix(a, "+") == strings.TrimPrefix(b, "+") }

// with returns a person with the properties of a calling license. A person without a location who is given a phone number is at
// the location of the number.
func (o *organization) with(p Person, properties server.LicenseProperties) Person {
	set(&p.PhoneNumber, properties.PhoneNumber)
	set(&p.Extension, properties.Extension)
	set(&p.LocationID, properties.LocationID)
	if p.LocationID == "" && p.PhoneNumber != "" {
		p.LocationID = o.locationOf(p.PhoneNumber)
	}
	return p
}

// locationOf returns the location whose main number has the most leading digits in common with a phone number, the first location
// if none has any, or "" in an organization without locations.
func (o *organization) locationOf(number string) (id string) {
	most := -1
	for _, l := range o.Locations {
		if common := commonDigits(number, l.MainNumber); common > most {
			id, most = l.ID, common
		}
	}
	return id
}

func commonDigits(a, b string) int {
	a, b = strings.TrimPrefix(a, "+"), strings.TrimPrefix(b, "+")
	count := 0
	for count < min(len(a), len(b)) && a[count] == b[count] {
		count++
	}
	return count
}
