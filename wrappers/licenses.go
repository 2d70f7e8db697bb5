package wrappers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/gen"
)

// LicenseService tells what the organization has bought and who uses it, and gives it to users.
type LicenseService struct{ caller *caller }

// License is a product that the organization has bought, with how much of it is in use.
type License gen.License

// LicenseKind is the product that a license is for, by its exact name. Others than the constants exist.
type LicenseKind string

// The products of Webex Calling that are known by name.
const (
	LicenseKindCallingProfessional          LicenseKind = "Webex Calling - Professional"
	LicenseKindCallingBasic                 LicenseKind = "Webex Calling - Basic"
	LicenseKindCallingWorkspaces            LicenseKind = "Webex Calling - Workspaces"
	LicenseKindCustomerExperienceEssentials LicenseKind = "Customer Experience - Essential"
)

// Kind tells which product l is for.
func (l License) Kind() LicenseKind { return LicenseKind(l.Name) }

// IsWebexCalling reports whether l is for Webex Calling, be it for a product that has no constant here.
func (l License) IsWebexCalling() bool { return strings.HasPrefix(l.Name, "Webex Calling - ") }

// IsWebexCallingProfessional reports whether l is for Webex Calling Professional.
func (l License) IsWebexCallingProfessional() bool { return l.Kind() == LicenseKindCallingProfessional }

// IsWebexCallingBasic reports whether l is for Webex Calling Basic.
func (l License) IsWebexCallingBasic() bool { return l.Kind() == LicenseKindCallingBasic }

// IsWebexCallingWorkspaces reports whether l is for workspaces.
func (l License) IsWebexCallingWorkspaces() bool { return l.Kind() == LicenseKindCallingWorkspaces }

// List returns all licenses of the organization. They are not paged. If a license cannot be decoded, the others are returned
// beside an [*ItemError] for the first such license.
//
// Scope: spark-admin:licenses_read.
func (s *LicenseService) List(ctx context.Context) ([]License, error) {
	return readItems[License](s.caller.client.ListLicenses(ctx))
}

// Get answers one license.
//
// Scope: spark-admin:licenses_read. There is no orgId: the id names the organization.
func (s *LicenseService) Get(ctx context.Context, licenseID string) (License, error) {
	if err := checkID("licenseID", licenseID); err != nil {
		return License{}, err
	}
	resp, err := s.caller.client.GetLicense(ctx, licenseID, nil)
	return read(resp, err, func(license License) bool { return license.ID != "" })
}

// AssignedUsers gives the users that hold a license, page by page.
//
// Scope: spark-admin:licenses_read. There is no orgId: the id names the organization.
func (s *LicenseService) AssignedUsers(ctx context.Context, licenseID string) iter.Seq2[gen.LicenseUser, error] {
	if err := checkID("licenseID", licenseID); err != nil {
		return failed[gen.LicenseUser](err)
	}
	return pages[gen.LicenseUser]{
		caller: s.caller,
		first: func(int) (*http.Response, error) {
			return s.caller.client.GetLicense(ctx, licenseID, &gen.GetLicenseParams{
				IncludeAssignedTo: new(gen.LicenseAssigneeUser),
				Limit:             new(mostUsers),
			})
		},
		shape: listShape{names: []string{"users"}, instead: "id"},
	}.all(ctx)
}

// mostUsers is the largest page of users that the service answers.
const mostUsers = 300

// LicenseAssignment is what a user holds after a change of licenses.
type LicenseAssignment struct {
	// OrgID is the organization that the user is in.
	OrgID string `json:"orgId,omitzero"`
	// PersonID is the id of the user.
	PersonID string `json:"personId,omitzero"`
	// Email is the address of the user.
	Email string `json:"email,omitzero"`
	// Licenses are the ids of all licenses that the user now holds.
	Licenses []string `json:"licenses,omitzero"`
	// SiteURLs are all meeting sites that the user now has rights on.
	SiteURLs []gen.SiteAccount `json:"siteUrls,omitzero"`
	// PendingLicenses are the ids of licenses that a user of another organization has yet to accept.
	PendingLicenses []string `json:"pendingLicenses,omitzero"`
	// PendingSiteURLs are the meeting sites that a user of another organization has yet to accept.
	PendingSiteURLs []gen.SiteAccount `json:"pendingSiteUrls,omitzero"`

	partial bool
	request gen.AssignLicensesRequest
}

// Assign adds licenses to one existing user and removes others, and gives or takes attendee rights on meeting sites. A
// Webex Calling license needs a phone number or an extension, and a location if there is no phone number. Success may be
// in part: see [LicenseAssignment.Partial]. A refusal names its rule: see [ErrorDetail.LicenseErrorCode].
//
// Whether repeating an Assign is harmless is not documented. After a failure of the connection, look at what the user holds
// before sending again.
//
// Scope: spark-admin:people_write. OrgID is that of the client's organization, if it was made for one, unless it is set.
func (s *LicenseService) Assign(ctx context.Context, request gen.AssignLicensesRequest) (LicenseAssignment, error) {
	if err := checkAssignment(request); err != nil {
		return LicenseAssignment{}, err
	}
	if own := s.caller.organizationID; own != nil {
		if request.OrgID != "" && !SameID(request.OrgID, *own) {
			return LicenseAssignment{}, fmt.Errorf("webex: request: OrgID is %s, but the client is for %s", request.OrgID, *own)
		}
		request.OrgID = cmp.Or(request.OrgID, *own)
	}
	// The answer is compared with the request later, whatever becomes of the caller's.
	request.Licenses, request.SiteURLs = slices.Clone(request.Licenses), slices.Clone(request.SiteURLs)
	resp, err := post(ctx, s.caller, request, (*gen.Client).AssignLicensesWithBody)
	answer, err := read(resp, err, func(r assignmentResponse) bool { return !r.Message.found && !r.Errors.found })
	if err != nil {
		return LicenseAssignment{}, err
	}
	return LicenseAssignment{
		answer.OrgID, answer.PersonID, answer.Email, answer.Licenses, answer.SiteURLs, answer.PendingLicenses,
		answer.PendingSiteURLs, resp.StatusCode == http.StatusPartialContent, request,
	}, nil
}

// assignmentResponse is the assignment, or an error with the status of a success. An empty object is an assignment of nothing,
// which [LicenseAssignment.NotApplied] shows.
type assignmentResponse struct {
	gen.LicenseAssignment
	Message member[jsontext.Value] `json:"message"`
	Errors  member[jsontext.Value] `json:"errors"`
}

func checkAssignment(request gen.AssignLicensesRequest) error {
	if request.Email == "" && request.PersonID == "" {
		return errors.New("webex: request: one of Email and PersonID is needed")
	}
	if len(request.Licenses) == 0 && len(request.SiteURLs) == 0 {
		return errors.New("webex: request: Licenses and SiteURLs are empty: there is nothing to change")
	}
	for i, change := range request.Licenses {
		properties := change.Properties
		switch {
		case change.ID == "":
			return fmt.Errorf("webex: request: Licenses[%d].ID is empty", i)
		case properties == gen.LicenseProperties{}, change.Operation == gen.LicenseOperationRemove:
		case properties.PhoneNumber == "" && properties.Extension == "":
			return fmt.Errorf("webex: request: Licenses[%d].Properties needs a PhoneNumber or an Extension", i)
		case properties.PhoneNumber == "" && properties.LocationID == "":
			return fmt.Errorf("webex: request: Licenses[%d].Properties needs a LocationID, as it has no PhoneNumber", i)
		}
	}
	for i, change := range request.SiteURLs {
		if change.SiteURL == "" || change.AccountType == "" {
			return fmt.Errorf("webex: request: SiteURLs[%d] needs a SiteURL and an AccountType", i)
		}
	}
	return nil
}

// Partial reports whether the service says that it made only a part of the change (status 206).
func (a LicenseAssignment) Partial() bool { return a.partial }

// UnappliedChange is a requested change that the answer of the service does not bear out. One of LicenseID and SiteURL is
// set.
type UnappliedChange struct {
	// LicenseID is the license that should have been added or removed.
	LicenseID string
	// SiteURL is the meeting site that the user should have become an attendee of, or ceased to be one.
	SiteURL string
	// Operation is what should have been done.
	Operation gen.LicenseOperation
}

// NotApplied tells which requested changes the answer lacks: what was to be added and is neither there nor pending, and
// what was to be removed and is still there.
func (a LicenseAssignment) NotApplied() []UnappliedChange {
	var missed []UnappliedChange
	note := func(change UnappliedChange, held bool) {
		change.Operation = cmp.Or(change.Operation, gen.LicenseOperationAdd)
		if held == (change.Operation == gen.LicenseOperationRemove) {
			missed = append(missed, change)
		}
	}
	for _, change := range a.request.Licenses {
		note(UnappliedChange{LicenseID: change.ID, Operation: change.Operation}, a.holdsLicense(change.ID))
	}
	for _, change := range a.request.SiteURLs {
		note(UnappliedChange{SiteURL: change.SiteURL, Operation: change.Operation}, a.holdsSite(change))
	}
	return missed
}

func (a LicenseAssignment) holdsLicense(licenseID string) bool {
	return slices.ContainsFunc(slices.Concat(a.Licenses, a.PendingLicenses), func(id string) bool {
		return SameID(id, licenseID)
	})
}

func (a LicenseAssignment) holdsSite(change gen.SiteChange) bool {
	return slices.ContainsFunc(slices.Concat(a.SiteURLs, a.PendingSiteURLs), func(site gen.SiteAccount) bool {
		return strings.EqualFold(site.SiteURL, change.SiteURL) &&
			strings.EqualFold(string(site.AccountType), string(change.AccountType))
	})
}

// LicenseErrorCode is the code of a refused [LicenseService.Assign]; 0 if there is none that is a number.
func (d ErrorDetail) LicenseErrorCode() gen.LicenseErrorCode {
	code, err := strconv.Atoi(d.Code)
	if err != nil {
		return 0
	}
	return gen.LicenseErrorCode(code)
}
