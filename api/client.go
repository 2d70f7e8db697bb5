package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"

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
	given    *http.Client
}

// NewClient makes a client as the options tell. A token is needed, by [WithToken], [WithTokenSource], [WithTokenFunc],
// [WithRefreshToken] or [FromEnvironment]; everything else has a default. What is wrong with an option is told by the error,
// which names the option. Nothing is sent.
func NewClient(options ...Option) (*Client, error) {
	config, err := newConfig(options)
	if err != nil {
		return nil, err
	}
	services := wrappers.New(wrappers.Config{BaseURL: config.baseURL, HTTPClient: config.httpClient(), Ended: config.log.ended})
	return newClient(config.userClient, services), nil
}

// ForOrganization is the same client working in another organization, for partner administrators. It sends orgId with every
// call that takes one, and shares connections, token and limits with c. Calls that take no orgId are sent as they are: the
// id that they are addressed by names the organization. With an empty id every call of the new client fails.
func (c *Client) ForOrganization(organizationID string) *Client {
	return newClient(c.given, c.services.ForOrganization(organizationID))
}

// Do sends a request that this library has no method for. It has the same token, checks and errors as any other.
//
// path lies below the base URL and begins with a slash; ids in it are already escaped (url.PathEscape). query may be nil.
// body is sent as JSON unless it is nil. The answer is decoded into out, a pointer, unless that is nil. A client made by
// [Client.ForOrganization] adds orgId, unless query has it.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, body, out any) error {
	return c.services.Do(ctx, method, path, query, body, out)
}

// CloseIdleConnections closes the connections that no call uses. The client can still be used.
func (c *Client) CloseIdleConnections() { c.given.CloseIdleConnections() }

func newClient(given *http.Client, services *wrappers.Services) *Client {
	return &Client{
		Licenses:                services.Licenses,
		Devices:                 services.Devices,
		DeviceSettingsJobs:      services.DeviceSettingsJobs,
		FeatureAccess:           services.FeatureAccess,
		OutgoingPermissions:     services.OutgoingPermissions,
		OrganizationAccessCodes: services.OrganizationAccessCodes,
		services:                services,
		given:                   given,
	}
}

const modulePath = "github.com/webex-calling/webex-calling-go"

// userAgent names this library, its version, that of Go, and the program that uses it.
func userAgent(application string) string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range append(info.Deps, &info.Main) {
			if module.Path == modulePath && module.Version != "" {
				version = strings.Trim(module.Version, "()")
			}
		}
	}
	return strings.TrimSpace(fmt.Sprintf("webex-calling-go/%s (%s) %s", version, runtime.Version(), application))
}
