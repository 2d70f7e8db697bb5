package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/webex-calling/webex-calling-go/wrappers"
)

// Client calls the API on behalf of one organization. It is safe for use by several goroutines. Make one with [NewClient].
type Client struct {
	// Licenses tells what the organization has bought and who uses it.
	Licenses *LicenseService
	// Devices manages phones and room devices.
	Devices *DeviceService
	// DeviceSettingsJobs applies settings to many devices at once.
	DeviceSettingsJobs *DeviceSettingsJobService
	// FeatureAccess manages which calling features end users may change.
	FeatureAccess *FeatureAccessService
	// OutgoingPermissions manages who may call where.
	OutgoingPermissions *OutgoingPermissionService
	// OrganizationAccessCodes manages the access codes that hold for the whole organization.
	OrganizationAccessCodes *OrganizationAccessCodeService

	services *wrappers.Services
	baseURL  *url.URL
	http     *http.Client
}

// NewClient makes a client as the options tell. A token is needed, by [WithToken] or [FromEnvironment]; everything else has
// a default. What is wrong with an option is told by the error, which names the option. Nothing is sent.
func NewClient(options ...Option) (*Client, error) {
	config, err := newConfig(options)
	if err != nil {
		return nil, err
	}
	return newClient(config.baseURL, config.client(), nil), nil
}

// ForOrganization is the same client working in another organization, for partner administrators. It sends orgId with every
// call that takes one, and shares connections and token with c. Calls that take no orgId are sent as they are: the id that
// they are addressed by names the organization. With an empty id every call of the new client fails.
func (c *Client) ForOrganization(organizationID string) *Client {
	return newClient(c.baseURL, c.http, &organizationID)
}

// Do sends a request that this library has no method for. It has the same token, checks and errors as any other.
//
// path lies below the base URL and begins with a slash; ids in it are already escaped (url.PathEscape). query may be nil.
// body is sent as JSON unless it is nil. The answer is decoded into out, a pointer, unless that is nil. A client made by
// [Client.ForOrganization] adds orgId, unless query has it.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, body, out any) error {
	return c.services.Do(ctx, method, path, query, body, out)
}

func newClient(baseURL *url.URL, httpClient *http.Client, organizationID *string) *Client {
	services := wrappers.New(wrappers.Config{
		BaseURL: baseURL, HTTPClient: httpClient, OrganizationID: organizationID,
	})
	return &Client{
		Licenses:                services.Licenses,
		Devices:                 services.Devices,
		DeviceSettingsJobs:      services.DeviceSettingsJobs,
		FeatureAccess:           services.FeatureAccess,
		OutgoingPermissions:     services.OutgoingPermissions,
		OrganizationAccessCodes: services.OrganizationAccessCodes,
		services:                services,
		baseURL:                 baseURL,
		http:                    httpClient,
	}
}
