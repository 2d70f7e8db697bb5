package wrappers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"regexp"
	"slices"
	"strings"

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
	// MAC is the hardware address. It may be written with colons, hyphens, dots or none.
	MAC string
	// DevicePlatform is the platform that the device runs.
	DevicePlatform gen.DevicePlatform
	// PlannedMaintenance is the state of the maintenance that is planned.
	PlannedMaintenance gen.PlannedMaintenance
}

func (p ListDevicesParams) check() error {
	if p.Max < 0 || p.Start < 0 {
		return fmt.Errorf("webex: params: Max %d and Start %d must not be negative", p.Max, p.Start)
	}
	if slices.Contains(p.Tags, "") {
		return errors.New("webex: params: Tags has an empty tag")
	}
	return nil
}

// cleaned is p with a MAC address in the form of the server. What is not an address is sent as it is and matches nothing.
func (p ListDevicesParams) cleaned() ListDevicesParams {
	if mac, err := cleanMAC(p.MAC); err == nil {
		p.MAC = mac
	}
	p.Tags = slices.Clone(p.Tags)
	return p
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
		Tag:                 ifAny(p.Tags),
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

// ifAny turns an empty list into the nil that the generated parameters leave out.
func ifAny(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return values
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
	if err := params.check(); err != nil {
		return failed[gen.Device](err)
	}
	params = params.cleaned()
	return pages[gen.Device]{
		caller: s.caller,
		first: func(start int) (*http.Response, error) {
			return s.caller.client.ListDevices(ctx, params.generated(start))
		},
		shape: itemList,
		size:  params.Max,
		start: params.Start,
		key:   func(d gen.Device) string { return cmp.Or(anyID(d), fmt.Sprintf("%+v", d)) },
	}.all(ctx)
}

// anyID is the first id that a device has; some may be null.
func anyID(d gen.Device) string {
	return cmp.Or(d.ID, d.DeviceID, d.CallingDeviceID, d.WebexDeviceID)
}

func isDevice(d gen.Device) bool { return anyID(d) != "" }

// Get returns a device.
//
// Scope: spark-admin:devices_read or spark:devices_read.
func (s *DeviceService) Get(ctx context.Context, deviceID string) (gen.Device, error) {
	return get(ctx, s.caller, "deviceID", deviceID, (*gen.Client).GetDevice, isDevice)
}

// Delete takes a device out of the organization.
//
// Scope: spark-admin:devices_write or spark:devices_write.
func (s *DeviceService) Delete(ctx context.Context, deviceID string) error {
	return act(ctx, s.caller, "deviceID", deviceID, (*gen.Client).DeleteDevice)
}

// Create registers a phone for exactly one of a person and a workspace. The MAC address may be written with colons, hyphens,
// dots or none. If the response does not show whether the phone was registered (it may be empty, a failure of the server, or
// lost), Create looks the phone up by its address. If it is not found, the error is [ErrOutcomeUnknown]: look again later
// rather than create it twice. Add phones to one person or workspace one at a time.
//
// Scope: spark-admin:devices_write, and spark-admin:devices_read to look the phone up.
func (s *DeviceService) Create(ctx context.Context, request gen.CreateDeviceRequest) (gen.Device, error) {
	mac, err := checkPhone(request)
	if err != nil {
		return gen.Device{}, err
	}
	request.MAC = mac
	resp, err := post(ctx, s.caller, request, (*gen.Client).CreateDeviceWithBody)
	device, err := read(resp, err, isDevice)
	if errors.Is(err, ErrOutcomeUnknown) {
		return s.find(ctx, request, err)
	}
	return device, err
}

// checkPhone checks a phone to register and brings its address into the form of the service.
func checkPhone(request gen.CreateDeviceRequest) (mac string, err error) {
	if request.Model == "" {
		return "", errors.New("webex: request: Model is empty")
	}
	if err := checkOwner(request.PersonID, request.WorkspaceID); err != nil {
		return "", err
	}
	return cleanMAC(request.MAC)
}

// find looks for a phone whose registration ended with an error that leaves the outcome open.
func (s *DeviceService) find(ctx context.Context, request gen.CreateDeviceRequest, unknown error) (gen.Device, error) {
	for device, err := range s.List(ctx, ListDevicesParams{MAC: request.MAC}) {
		if bad, ok := errors.AsType[*ItemError](err); ok && bad != nil {
			continue
		}
		if err != nil {
			return gen.Device{}, fmt.Errorf("%w; looking the phone up failed: %w", unknown, err)
		}
		if mac, err := cleanMAC(device.MAC); err == nil && mac == request.MAC && belongsTo(device, request) {
			return device, nil
		}
	}
	return gen.Device{}, fmt.Errorf("%w; no device of that owner has the MAC address %s yet", unknown, request.MAC)
}

// belongsTo reports whether a device may be the one that was requested: it has the same owner, or none is known.
func belongsTo(device gen.Device, request gen.CreateDeviceRequest) bool {
	if device.PersonID == "" && device.WorkspaceID == "" {
		return true
	}
	return SameID(device.PersonID, request.PersonID) || SameID(device.WorkspaceID, request.WorkspaceID)
}

// cleanMAC brings a hardware address into the form of the service: twelve hexadecimal digits.
func cleanMAC(mac string) (string, error) {
	if !macAddress.MatchString(mac) {
		return "", fmt.Errorf("webex: request: MAC is %q; it must be twelve hexadecimal digits, "+
			"in pairs with colons or hyphens, in fours with dots, or bare", mac)
	}
	return strings.ToUpper(strings.NewReplacer(":", "", "-", "", ".", "").Replace(mac)), nil
}

var macAddress = regexp.MustCompile(
	`^(?i:[0-9a-f]{12}|([0-9a-f]{2}:){5}[0-9a-f]{2}|([0-9a-f]{2}-){5}[0-9a-f]{2}|([0-9a-f]{4}\.){2}[0-9a-f]{4})$`)

func checkOwner(personID, workspaceID string) error {
	if (personID == "") == (workspaceID == "") {
		return errors.New("webex: request: exactly one of PersonID and WorkspaceID is needed")
	}
	return nil
}

// CreateActivationCode makes a code that registers a device for exactly one of a person and a workspace when it is typed
// in. Without a model it serves only devices that run RoomOS. Treat the code as a secret.
//
// Scopes: spark-admin:devices_write with identity:one_time_password or, for workspaces, with
// identity:placeonetimepassword_create.
func (s *DeviceService) CreateActivationCode(ctx context.Context, request gen.ActivationCodeRequest) (gen.ActivationCode, error) {
	if err := checkOwner(request.PersonID, request.WorkspaceID); err != nil {
		return gen.ActivationCode{}, err
	}
	resp, err := post(ctx, s.caller, request, (*gen.Client).CreateDeviceActivationCodeWithBody)
	return read(resp, err, func(code gen.ActivationCode) bool { return code.Code != "" })
}

// AddTags joins tags to those of a device.
//
// Scope: spark-admin:devices_write or spark:devices_write.
func (s *DeviceService) AddTags(ctx context.Context, deviceID string, tags ...string) (gen.Device, error) {
	if len(tags) == 0 {
		return gen.Device{}, errors.New("webex: tags are empty: there is nothing to add")
	}
	return s.changeTags(ctx, deviceID, gen.DeviceTagOperationKindAdd, tags)
}

// ReplaceTags puts tags in place of all that a device has; without any, the device has none.
//
// Scope: spark-admin:devices_write or spark:devices_write.
func (s *DeviceService) ReplaceTags(ctx context.Context, deviceID string, tags ...string) (gen.Device, error) {
	return s.changeTags(ctx, deviceID, gen.DeviceTagOperationKindReplace, append([]string{}, tags...))
}

// RemoveAllTags takes every tag from a device; the service cannot remove single ones.
//
// Scope: spark-admin:devices_write or spark:devices_write.
func (s *DeviceService) RemoveAllTags(ctx context.Context, deviceID string) (gen.Device, error) {
	return s.changeTags(ctx, deviceID, gen.DeviceTagOperationKindRemove, nil)
}

func (s *DeviceService) changeTags(
	ctx context.Context, deviceID string, kind gen.DeviceTagOperationKind, tags []string,
) (gen.Device, error) {
	if err := checkID("deviceID", deviceID); err != nil {
		return gen.Device{}, err
	}
	if slices.Contains(tags, "") {
		return gen.Device{}, errors.New("webex: tags have an empty one")
	}
	operation := gen.DeviceTagOperation{Op: kind, Path: gen.DeviceTagPathTags, Value: tags}
	resp, err := deliver(operation, func(_ string, body io.Reader) (*http.Response, error) {
		return s.caller.client.UpdateDeviceTagsWithBody(ctx, deviceID, "application/json-patch+json", body)
	})
	return read(resp, err, isDevice)
}
