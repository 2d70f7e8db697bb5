package wrappers

import (
	"context"
	"iter"
	"net/http"

	"github.com/webex-calling/webex-calling-go/gen"
)

// LicenseService tells what the organization has bought and who uses it.
type LicenseService struct{ caller *caller }

// List answers all licenses of the organization. They are not paged.
//
// Scope: spark-admin:licenses_read.
func (s *LicenseService) List(ctx context.Context) ([]gen.License, error) {
	return readItems[gen.License](s.caller.client.ListLicenses(ctx))
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
		read: func(resp *http.Response, err error) ([]gen.LicenseUser, error) {
			page, err := read[gen.LicenseUserList](resp, err)
			return page.Users, err
		},
	}.all(ctx)
}

// mostUsers is the largest page of users that the service answers.
const mostUsers = 300
