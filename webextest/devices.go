package webextest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

var products = []string{"Cisco 8865", "Cisco 8845", "Cisco 9871", "Cisco 7841"}

// newDevice makes up the device number i. Every eighth belongs to a workspace, the others to persons.
func (o *organization) newDevice(i int) server.Device {
	created := birth.Add(time.Duration(i) * time.Hour)
	device := server.Device{
		ID:               nullable.NewNullableWithValue(o.newID("urn:TEAM:eu-central-1_k/DEVICE")),
		CallingDeviceID:  nullable.NewNullNullable[string](),
		OrgID:            &o.id,
		Capabilities:     []server.DeviceCapability{server.DeviceCapabilityXAPI},
		Permissions:      []server.DevicePermission{server.DevicePermissionXAPIAll},
		ConnectionStatus: new([]server.DeviceConnectionStatus{"connected", "disconnected"}[i%5/4]),
		Product:          &products[i%len(products)],
		Type:             new(server.DeviceTypePhone),
		Tags:             []string{},
		MAC:              new(fmt.Sprintf("02005E%06X", i)),
		Serial:           new(fmt.Sprintf("FVH2740%04X", i)),
		Software:         new("sip88xx.12-0-7MPP0001-125"),
		Created:          created,
		FirstSeen:        &created,
		ErrorCodes:       []string{},
		ManagedBy:        new(server.DeviceManagerCisco),
		DevicePlatform:   new(server.DevicePlatformCisco),
	}
	if i%8 == 7 {
		owner := &o.workspaces[i/8%len(o.workspaces)]
		device.WorkspaceID, device.DisplayName, device.LocationID = &owner.ID, &owner.DisplayName, &owner.LocationID
	} else {
		owner := &o.people[i%len(o.people)]
		device.PersonID, device.DisplayName, device.LocationID = &owner.ID, &owner.DisplayName, &owner.LocationID
	}
	return device
}

// ListDevices answers a page of the devices that meet the filters.
func (o *organization) ListDevices(w http.ResponseWriter, r *http.Request, params server.ListDevicesParams) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []server.Device
	for _, device := range o.devices {
		if meets(device, params) {
			found = append(found, device)
		}
	}
	start, size := 0, o.pageSize
	if params.Start != nil {
		start = *params.Start
	}
	if params.Max != nil {
		size = min(size, *params.Max)
	}
	if start < 0 || size < 1 {
		refuse(w, http.StatusBadRequest, 0, "start must not be negative, max must be positive")
		return
	}
	first := min(start, len(found))
	last := min(first+size, len(found))
	if last < len(found) {
		w.Header().Set("Link", link(r, map[string]string{"start": strconv.Itoa(last), "max": strconv.Itoa(size)}))
	}
	answer(w, server.DeviceList{Items: append([]server.Device{}, found[first:last]...)})
}

func meets(device server.Device, p server.ListDevicesParams) bool {
	for _, tag := range p.Tag {
		if !slices.Contains(device.Tags, tag) {
			return false
		}
	}
	var mac *string
	if p.MAC != nil {
		mac = new(strings.ToUpper(strings.NewReplacer(":", "", "-", "", ".", "").Replace(*p.MAC)))
	}
	return is(p.DisplayName, device.DisplayName) && is(p.PersonID, device.PersonID) &&
		is(p.WorkspaceID, device.WorkspaceID) && is(p.ConnectionStatus, device.ConnectionStatus) &&
		is(p.Product, device.Product) && is(p.Type, device.Type) && is(p.Serial, device.Serial) &&
		is(p.Software, device.Software) && is(p.UpgradeChannel, device.UpgradeChannel) &&
		is(p.LocationID, device.LocationID) && is(p.WorkspaceLocationID, device.WorkspaceLocationID) &&
		is(mac, device.MAC) && is(p.DevicePlatform, device.DevicePlatform) &&
		has(p.ErrorCode, device.ErrorCodes) && has(p.Capability, device.Capabilities) &&
		(p.Permission == nil || slices.Contains(device.Permissions, server.DevicePermission(*p.Permission))) &&
		(p.PlannedMaintenance == nil || *p.PlannedMaintenance == server.PlannedMaintenanceOff)
}

// is tells whether a filter is not given or met by a value.
func is[T comparable](filter, value *T) bool {
	return filter == nil || value != nil && *filter == *value
}

// has tells whether a filter is not given or met by one of the values.
func has[T comparable](filter *T, values []T) bool {
	return filter == nil || slices.Contains(values, *filter)
}

// GetDevice answers one device.
func (o *organization) GetDevice(w http.ResponseWriter, _ *http.Request, deviceID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := o.findDevice(deviceID); i >= 0 {
		answer(w, o.devices[i])
		return
	}
	unknown(w, "device", deviceID)
}

// DeleteDevice takes one device out.
func (o *organization) DeleteDevice(w http.ResponseWriter, _ *http.Request, deviceID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := o.findDevice(deviceID)
	if i < 0 {
		unknown(w, "device", deviceID)
		return
	}
	o.devices = slices.Delete(o.devices, i, i+1)
	done(w)
}

func (o *organization) findDevice(id string) int {
	return slices.IndexFunc(o.devices, func(d server.Device) bool { return d.ID.MustGet() == id })
}
