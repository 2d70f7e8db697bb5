package webextest

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/oapi-codegen/nullable"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// license is a product with the ids of the persons and workspaces that hold it.
type license struct {
	id, name   string
	units      int
	people     []string
	workspaces []string
}

func (o *organization) newLicenses() []license {
	var people, workspaces []string
	for _, p := range o.people {
		people = append(people, p.ID)
	}
	for _, w := range o.workspaces {
		workspaces = append(workspaces, w.ID)
	}
	professionals := (len(people)*3 + 3) / 4
	return []license{
		{o.newID("us/LICENSE"), "Webex Calling - Professional", professionals + 22, people[:professionals], nil},
		{o.newID("us/LICENSE"), "Webex Calling - Basic", len(people) - professionals + 4, people[professionals:], nil},
		{o.newID("us/LICENSE"), "Webex Calling - Workspaces", 5, nil, workspaces},
		{o.newID("us/LICENSE"), "Customer Experience - Essential", 8, people[:min(3, len(people))], nil},
	}
}

// view is the license as the service shows it; counts that do not apply are null.
func (l license) view() server.License {
	counted := func(ids []string) nullable.Nullable[int] {
		if ids == nil {
			return nullable.NewNullNullable[int]()
		}
		return nullable.NewNullableWithValue(len(ids))
	}
	return server.License{
		ID:                   &l.id,
		Name:                 &l.name,
		TotalUnits:           &l.units,
		ConsumedUnits:        new(len(l.people) + len(l.workspaces)),
		ConsumedByUsers:      counted(l.people),
		ConsumedByWorkspaces: counted(l.workspaces),
		SubscriptionID:       new("Sub-webextest"),
	}
}

// ListLicenses answers all licenses.
func (o *organization) ListLicenses(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := server.LicenseList{Items: []server.License{}}
	for _, l := range o.licenses {
		list.Items = append(list.Items, l.view())
	}
	answer(w, list)
}

// GetLicense answers one license, on request with a page of its users.
func (o *organization) GetLicense(w http.ResponseWriter, r *http.Request, licenseID string, params server.GetLicenseParams) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.licenses, func(l license) bool { return l.id == licenseID })
	if i < 0 {
		unknown(w, "license", licenseID)
		return
	}
	view := o.licenses[i].view()
	if params.IncludeAssignedTo == nil {
		answer(w, view)
		return
	}
	users, next, ok := o.usersPage(o.licenses[i], params)
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
		SubscriptionID: view.SubscriptionID, Users: users,
	})
}

// usersPage is a page of the users of a license. Its cursor, opaque to clients, is the number of users before it.
func (o *organization) usersPage(l license, params server.GetLicenseParams) (users []server.LicenseUser, next string, ok bool) {
	limit, first := 300, 0
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
	if limit < 1 || limit > 300 || first > len(l.people) {
		return nil, "", false
	}
	last := min(first+min(limit, o.pageSize), len(l.people))
	users = []server.LicenseUser{}
	for _, id := range l.people[first:last] {
		i := slices.IndexFunc(o.people, func(p Person) bool { return p.ID == id })
		p := o.people[i]
		users = append(users, server.LicenseUser{
			ID: &p.ID, Type: new(server.LicenseUserTypeInternal), DisplayName: &p.DisplayName, Email: &p.Email,
		})
	}
	if last < len(l.people) {
		next = strconv.FormatInt(int64(last), 36)
	}
	return users, next, true
}
