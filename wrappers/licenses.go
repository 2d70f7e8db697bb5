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
	list, err := read[gen.LicenseList](s.caller.client.ListLicenses(ctx))
	return list.Items, err
}

// AssignedUsers gives the users that hold a license, page by page.
//
// Scope: spark-admin:licenses_read. There is no orgId: the id names the organization.
func (s *LicenseService) AssignedUsers(ctx context.Context, licenseID string) iter.Seq2[gen.LicenseUser, error] {
	if err := checkID("licenseID", licenseID); err != nil {
		return failed[gen.LicenseUser](err)
	}
	return pages[gen.LicenseUserList, gen.LicenseUser]{
		caller: s.caller,
		first: func(int) (*http.Response, error) {
			return s.caller.client.GetLicense(ctx, licenseID, &gen.GetLicenseParams{
				IncludeAssignedTo: new(gen.LicenseAssigneeUser),
				Limit:             new(mostUsers),
			})
		},
		items: func(page gen.LicenseUserList) []gen.LicenseUser { return page.Users },
	}.all(ctx)
}

// mostUsers is the largest page of users that the service answers.
const mostUsers = 300
