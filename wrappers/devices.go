package wrappers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"

	"github.com/webex-calling/webex-calling-go/gen"
)

// DeviceService manages the phones and room devices of the organization.
type DeviceService struct{ caller *caller }

// ListDevicesParams are the filters of a list of devices. What is empty is not sent; a device must meet all that is.
type ListDevicesParams struct {
	// Max is the number of devices to ask for in a page. All pages are read, whatever it is; the service is believed to
	// answer no more than 100 at once.
	Max int
	// Start is the number of devices to pass over.
	Start int
	// DisplayName is the name of the device.
	DisplayName string
	// PersonID is the person that the device belongs to.
	PersonID string
	// WorkspaceID is the workspace that the device belongs to.
	WorkspaceID string
	// ConnectionStatus is how the device is connected.
	ConnectionStatus gen.DeviceConnectionStatus
	// Product is the name of the model, such as "DX-80".
	Product string
	// Type is the sort of device.
	Type gen.DeviceType
	// Serial is the serial number.
	Serial string
	// Tags are labels that the device must bear, all of them.
	Tags []string
	// Software is what the device runs.
	Software string
	// UpgradeChannel is where the device takes its software from.
	UpgradeChannel string
	// ErrorCode is a fault that the device reports.
	ErrorCode string
	// Capability is an interface that the device offers.
	Capability gen.DeviceCapability
	// Permission is what the holder of the token may do with the device.
	Permission gen.DevicePermission
	// LocationID is the location of the device.
	LocationID string
	// WorkspaceLocationID is the location of the device in its former encoding.
	//
	// Deprecated: use LocationID.
	WorkspaceLocationID string
	// MAC is the hardware address.
	MAC string
	// DevicePlatform is the platform that the device runs.
	DevicePlatform gen.DevicePlatform
	// PlannedMaintenance is the state of the maintenance that is planned.
	PlannedMaintenance gen.PlannedMaintenance
}

func (p ListDevicesParams) generated(start int) *gen.ListDevicesParams {
	return &gen.ListDevicesParams{
		Max:                 ifSet(p.Max),
		Start:               ifSet(start),
		DisplayName:         ifSet(p.DisplayName),
		PersonID:            ifSet(p.PersonID),
		WorkspaceID:         ifSet(p.WorkspaceID),
		ConnectionStatus:    ifSet(p.ConnectionStatus),
		Product:             ifSet(p.Product),
		Type:                ifSet(p.Type),
		Serial:              ifSet(p.Serial),
		Tag:                 p.Tags,
		Software:            ifSet(p.Software),
		UpgradeChannel:      ifSet(p.UpgradeChannel),
		ErrorCode:           ifSet(p.ErrorCode),
		Capability:          ifSet(p.Capability),
		Permission:          ifSet(string(p.Permission)),
		LocationID:          ifSet(p.LocationID),
		WorkspaceLocationID: ifSet(p.WorkspaceLocationID),
		MAC:                 ifSet(p.MAC),
		DevicePlatform:      ifSet(p.DevicePlatform),
		PlannedMaintenance:  ifSet(p.PlannedMaintenance),
	}
}

// ifSet turns the zero value into the nil that the generated parameters leave out.
func ifSet[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
}

// List gives the devices that meet params, page by page: those of the organization to an administrator, the own ones to
// a user.
//
// Scope: spark-admin:devices_read or spark:devices_read.
func (s *DeviceService) List(ctx context.Context, params ListDevicesParams) iter.Seq2[gen.Device, error] {
	if params.Max < 0 || params.Start < 0 {
		return failed[gen.Device](fmt.Errorf("webex: params: Max %d and Start %d must not be negative", params.Max, params.Start))
	}
	if slices.Contains(params.Tags, "") {
		return failed[gen.Device](errors.New("webex: params: Tags has an empty tag"))
	}
	return pages[gen.Device]{
		caller: s.caller,
		first: func(start int) (*http.Response, error) {
			return s.caller.client.ListDevices(ctx, params.generated(start))
		},
		read:  readItems[gen.Device],
		size:  params.Max,
		start: params.Start,
		// Some ids may be null, so the next best takes their place.
		key: func(d gen.Device) string {
			return cmp.Or(d.ID, d.DeviceID, d.CallingDeviceID, d.WebexDeviceID, d.MAC+" "+d.Serial+" "+d.DisplayName)
		},
	}.all(ctx)
}

// Get answers one device.
//
// Scope: spark-admin:devices_read or spark:devices_read.
func (s *DeviceService) Get(ctx context.Context, deviceID string) (gen.Device, error) {
	return get[gen.Device](ctx, s.caller, "deviceID", deviceID, (*gen.Client).GetDevice)
}

// Delete takes a device out of the organization.
//
// Scope: spark-admin:devices_write or spark:devices_write.
func (s *DeviceService) Delete(ctx context.Context, deviceID string) error {
	return act(ctx, s.caller, "deviceID", deviceID, (*gen.Client).DeleteDevice)
}
