package webextest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/oapi-codegen/nullable"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// macSeparators are removed from MAC addresses.
var macSeparators = strings.NewReplacer(":", "", "-", "", ".", "")

func bareMAC(mac string) string { return strings.ToUpper(macSeparators.Replace(mac)) }

// shownMAC returns the MAC address as the API writes it: with colons, except for phones.
func shownMAC(d Device) string {
	if d.Type == string(server.DeviceTypePhone) || !isMAC(d.MAC) {
		return d.MAC
	}
	var pairs []string
	for pair := range slices.Chunk([]byte(d.MAC), 2) {
		pairs = append(pairs, string(pair))
	}
	return strings.Join(pairs, ":")
}

// runsRoomOS reports whether a device offers the xAPI.
func runsRoomOS(d Device) bool { return d.Type == string(server.DeviceTypeRoomDesk) }

// view returns a device as the API writes it.
func (o *organization) view(d Device) server.Device {
	view := server.Device{
		ID:               nullable.NewNullableWithValue(d.ID),
		CallingDeviceID:  nullable.NewNullNullable[string](),
		WebexDeviceID:    nullable.NewNullNullable[string](),
		DisplayName:      &d.DisplayName,
		PersonID:         given(o.vary(d.PersonID)),
		WorkspaceID:      given(o.vary(d.WorkspaceID)),
		PlaceID:          given(o.vary(d.WorkspaceID)),
		LocationID:       given(o.vary(d.LocationID)),
		OrgID:            &o.ID,
		Capabilities:     []server.DeviceCapability{},
		Permissions:      []server.DevicePermission{},
		ConnectionStatus: new(server.DeviceConnectionStatus(d.ConnectionStatus)),
		Product:          given(d.Product),
		Type:             new(server.DeviceType(d.Type)),
		Tags:             d.Tags,
		MAC:              given(shownMAC(d)),
		Serial:           given(d.Serial),
		Software:         given(d.Software),
		UpgradeChannel:   given(d.UpgradeChannel),
		Created:          timestamp(d.Created),
		FirstSeen:        new(timestamp(d.Created)),
		ErrorCodes:       d.ErrorCodes,
		ManagedBy:        new(server.DeviceManagerCisco),
		DevicePlatform:   new(platformOf(d)),
	}
	o.addByType(&view, d)
	if isThirdParty(d.Product) {
		view.Manufacturer, view.ManagedBy = new("Third Party"), new(server.DeviceManagerCustomer)
	}
	return view
}

// addByType adds what only some devices have.
func (o *organization) addByType(view *server.Device, d Device) {
	switch {
	case runsRoomOS(d):
		view.WebexDeviceID = nullable.NewNullableWithValue(encodeID("urn:TEAM:eu-central-1_k/WEBEX_DEVICE", key(d.ID)))
		view.Capabilities = []server.DeviceCapability{server.DeviceCapabilityXAPI}
		view.Permissions = []server.DevicePermission{server.DevicePermissionXAPIAll}
	case d.Type == string(server.DeviceTypePhone):
		view.CallingDeviceID = nullable.NewNullableWithValue(encodeID("urn:TEAM:eu-central-1_k/CALLING_DEVICE", key(d.ID)))
	}
	if d.WorkspaceID != "" && d.LocationID != "" {
		view.WorkspaceLocationID = new(encodeID("urn:TEAM:eu-central-1_k/WORKSPACE_LOCATION", key(o.ID)+"#"+key(d.LocationID)))
	}
	if runsRoomOS(d) {
		view.PlannedMaintenance = &server.Device_PlannedMaintenance{}
		_ = view.PlannedMaintenance.FromPlannedMaintenance(maintenanceOf(d)) // A text can be encoded.
	}
}

func platformOf(d Device) server.DevicePlatform {
	return cmp.Or(server.DevicePlatform(d.Platform), server.DevicePlatformCisco)
}

func maintenanceOf(d Device) server.PlannedMaintenance {
	return cmp.Or(server.PlannedMaintenance(d.PlannedMaintenance), server.PlannedMaintenanceOff)
}

// given is what an answer has of a value that may be missing.
func given(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}

// place is where a page of devices ended: after so many that met the filters, at so many in all.
type place struct {
	filters        string
	found, visited int
}

// ListDevices answers a page of the devices that meet the filters.
func (o *organization) ListDevices(w http.ResponseWriter, r *http.Request, params server.ListDevicesParams) {
	start, size, ok := o.span(w, params.Start, params.Max)
	if !ok {
		return
	}
	meets, filters := o.filter(params), filtersOf(r)
	at := place{filters: filters}
	if filters == "" {
		at.found, at.visited = start, start
	} else if o.place.filters == filters && o.place.found <= start {
		at = o.place
	}
	page := []server.Device{}
	for ; len(page) <= size; at.visited++ {
		slot, more := o.slot(at.visited)
		if !more {
			break
		}
		device := o.deviceAt(slot)
		if !meets(device) {
			continue
		}
		if at.found++; at.found > start {
			page = append(page, o.view(device))
		}
		if len(page) == size {
			o.place = place{filters, at.found, at.visited + 1}
		}
	}
	sendPage(w, r, page, start, size, func(page []server.Device) any { return server.DeviceList{Items: page} })
}

// filtersOf is a query without what only tells the page.
func filtersOf(r *http.Request) string {
	query := r.URL.Query()
	for _, name := range []string{"start", "max", "orgId"} {
		query.Del(name)
	}
	return query.Encode()
}

// filter tells which devices a list asks for.
func (o *organization) filter(p server.ListDevicesParams) func(Device) bool {
	mac := p.MAC
	if mac != nil {
		mac = new(bareMAC(*mac))
	}
	return func(d Device) bool {
		return is(p.DisplayName, d.DisplayName) && isID(p.PersonID, d.PersonID) && isID(p.WorkspaceID, d.WorkspaceID) &&
			isID(p.LocationID, d.LocationID) && is(p.ConnectionStatus, server.DeviceConnectionStatus(d.ConnectionStatus)) &&
			is(p.Product, d.Product) && is(p.Type, server.DeviceType(d.Type)) && is(p.Serial, d.Serial) &&
			is(p.Software, d.Software) && is(mac, d.MAC) && (p.ErrorCode == nil || slices.Contains(d.ErrorCodes, *p.ErrorCode)) &&
			!slices.ContainsFunc(p.Tag, func(tag string) bool { return !bears(d, tag) }) &&
			is(p.DevicePlatform, platformOf(d)) && is(p.PlannedMaintenance, maintenanceOf(d)) &&
			is(p.UpgradeChannel, d.UpgradeChannel) && offersXAPI(p, d) &&
			(p.WorkspaceLocationID == nil || d.WorkspaceID != "" && isID(p.WorkspaceLocationID, d.LocationID))
	}
}

// offersXAPI compares a device with the filters for capabilities and permissions.
func offersXAPI(p server.ListDevicesParams, d Device) bool {
	if p.Capability == nil && p.Permission == nil {
		return true
	}
	return runsRoomOS(d) && is(p.Capability, server.DeviceCapabilityXAPI) &&
		is(p.Permission, string(server.DevicePermissionXAPIAll))
}

// bears tells whether a device has a tag, or all of several with commas between them.
func bears(d Device, tag string) bool {
	return slices.Contains(d.Tags, tag) ||
		!slices.ContainsFunc(strings.Split(tag, ","), func(tag string) bool { return !slices.Contains(d.Tags, tag) })
}

// is tells whether a filter is not given or met by a value.
func is[T comparable](filter *T, value T) bool { return filter == nil || *filter == value }

func isID(filter *string, id string) bool {
	return filter == nil || id != "" && key(*filter) == key(id)
}
