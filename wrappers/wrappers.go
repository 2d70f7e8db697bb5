// Package wrappers knows the manners of the API: what is checked before a call is sent, how lists go on, what a response
// means. Users reach it through package api, which names everything here that is for them.
package wrappers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/webex-calling/webex-calling-go/gen"
)

// Config tells New how calls are sent.
//
//aliasgen:internal
type Config struct {
	// BaseURL is the address below which the paths of the document lie, already checked.
	BaseURL *url.URL
	// HTTPClient sends the requests: it adds token and identity, refuses to send them elsewhere, repeats what may be repeated,
	// bounds the bodies of answers, and notes its tries in the [Call].
	HTTPClient *http.Client
	// Ended, if it is not nil, is told of every call that was answered, or failed to be, before the answer is decoded. It may
	// read the body of the response if it puts another in its place.
	Ended func(*http.Request, *http.Response, error)
}

// Services are the areas of the API for one organization.
//
//aliasgen:internal
type Services struct {
	Licenses            *LicenseService
	Devices             *DeviceService
	DeviceSettingsJobs  *DeviceSettingsJobService
	FeatureAccess       *FeatureAccessService
	OutgoingPermissions *OutgoingPermissionService
	// OrganizationAccessCodes are the codes that hold for the whole organization.
	OrganizationAccessCodes *OrganizationAccessCodeService

	caller *caller
}

// New returns the services that send their calls as config tells, for the organization of the token.
//
//aliasgen:internal
func New(config Config) *Services {
	c := &caller{
		base:       config.BaseURL,
		http:       config.HTTPClient,
		operations: operationIndex(config.BaseURL.EscapedPath()),
		ended:      config.Ended,
		personPath: &knownPath{},
	}
	return c.services()
}

// ForOrganization returns the services for another organization, which is sent as orgId with every operation that takes one.
// An empty id makes every call fail, lest a partner change the own organization.
func (s *Services) ForOrganization(organizationID string) *Services {
	c := *s.caller
	c.organizationID = &organizationID
	return c.services()
}

// services are those that call by c, which becomes the HTTP client of the generated client.
func (c *caller) services() *Services {
	c.client = &gen.Client{
		Server:         strings.TrimSuffix(c.base.String(), "/") + "/",
		Client:         c,
		RequestEditors: []gen.RequestEditorFn{c.addOrganization},
	}
	return &Services{
		Licenses:            &LicenseService{c},
		Devices:             &DeviceService{c},
		DeviceSettingsJobs:  &DeviceSettingsJobService{c},
		FeatureAccess:       &FeatureAccessService{c},
		OutgoingPermissions: &OutgoingPermissionService{c},

		OrganizationAccessCodes: &OrganizationAccessCodeService{c},
		caller:                  c,
	}
}
