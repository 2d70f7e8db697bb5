package webextest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
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

// licenseCodes are the codes in the ids of licenses. Those that no source names are made up.
var licenseCodes = map[string]string{
	professional: "BCSTD", standard: "BCSTN", basic: "BCBAS", workspaces: "BCCA", attendantConsole: "BCAC", essential: "CXE",
	freeMessaging: "MSF", paidMessaging: "MS", freeMeetings: "CF", paidMeetings: "EE", screenShare: "SS", messenger: "CM",
}

// licenseID returns an id as the API makes it: <organization>:<code>_<license>, then _<site> for the license of a site.
func licenseID(organizationID string, l License, id uuid.UUID) string {
	name := key(organizationID) + ":" + cmp.Or(licenseCodes[l.Name], "MS") + "_" + id.String()
	if l.SiteURL != "" {
		name += "_" + l.SiteURL
	}
	return encodeID("us/LICENSE", name)
}

// isCalling tells the products that need properties of their own.
func isCalling(name string) bool {
	return slices.Contains([]string{professional, standard, basic, attendantConsole, essential}, name)
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
