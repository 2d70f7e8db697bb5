package webextest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

const (
	deviceKind = "urn:TEAM:eu-central-1_k/DEVICE"
	placeKind  = "urn:TEAM:eu-central-1_k/PLACE"
)

// slot is the place of a device: below MadeUp its number there, above among those that were added.
type slot int

// slot is the place of the device that comes at a position in lists.
func (o *organization) slot(position int) (slot, bool) {
	number := position
	for _, removed := range o.Devices.Removed {
		if removed <= number {
			number++
		}
	}
	return slot(number), position >= 0 && number < o.Devices.MadeUp+len(o.Devices.Added)
}

func (o *organization) deviceAt(s slot) Device {
	if int(s) >= o.Devices.MadeUp {
		return o.Devices.Added[int(s)-o.Devices.MadeUp]
	}
	if changed, ok := o.Devices.Changed[int(s)]; ok {
		return changed
	}
	return o.makeUpDevice(int(s))
}

func (o *organization) putDevice(s slot, device Device) {
	o.place, device = place{}, o.completed(device)
	if int(s) >= o.Devices.MadeUp {
		o.Devices.Added[int(s)-o.Devices.MadeUp] = device
		return
	}
	if o.Devices.Changed == nil {
		o.Devices.Changed = map[int]Device{}
	}
	o.Devices.Changed[int(s)] = device
}

func (o *organization) removeDevice(s slot) {
	o.place = place{}
	if added := int(s) - o.Devices.MadeUp; added >= 0 {
		o.Devices.Added = slices.Delete(o.Devices.Added, added, added+1)
		return
	}
	delete(o.Devices.Changed, int(s))
	at, _ := slices.BinarySearch(o.Devices.Removed, int(s))
	o.Devices.Removed = slices.Insert(o.Devices.Removed, at, int(s))
}

func (o *organization) findDevice(id string) (slot, bool) {
	number, ok := o.ids.number(id)
	if _, removed := slices.BinarySearch(o.Devices.Removed, number); ok && number < o.Devices.MadeUp && !removed {
		return slot(number), true
	}
	wanted := key(id)
	added := slices.IndexFunc(o.Devices.Added, func(d Device) bool { return d.ID == id || key(d.ID) == wanted })
	return slot(o.Devices.MadeUp + added), added >= 0
}

// owned gives a device what it has from its owner.
func (o *organization) owned(device Device) Device {
	if p := o.people[key(device.PersonID)]; device.PersonID != "" && p != nil {
		device.DisplayName, device.LocationID = cmp.Or(device.DisplayName, p.DisplayName), cmp.Or(device.LocationID, p.LocationID)
	}
	if w := o.findWorkspace(device.WorkspaceID); device.WorkspaceID != "" && w != nil {
		device.DisplayName, device.LocationID = cmp.Or(device.DisplayName, w.DisplayName), cmp.Or(device.LocationID, w.LocationID)
	}
	return device
}

func (o *organization) findWorkspace(id string) *Workspace {
	i := slices.IndexFunc(o.Workspaces, func(w Workspace) bool { return key(w.ID) == key(id) })
	if i < 0 {
		return nil
	}
	return &o.Workspaces[i]
}

func (o *organization) addDevice(device Device) Device {
	device = o.completed(device)
	o.Devices.Added = append(o.Devices.Added, device)
	return device
}

// completed is a device with what it lacks.
func (o *organization) completed(device Device) Device {
	device.ID = cmp.Or(device.ID, o.newID(deviceKind))
	device.Type = cmp.Or(device.Type, typeOf(device.Product))
	device.ConnectionStatus = cmp.Or(device.ConnectionStatus, string(server.DeviceConnectionStatusDisconnected))
	device.MAC = bareMAC(device.MAC)
	if device.Created.IsZero() {
		device.Created = o.now()
	}
	if device.Tags == nil {
		device.Tags = []string{}
	}
	if device.ErrorCodes == nil {
		device.ErrorCodes = []string{}
	}
	return o.owned(device)
}

// typeOf returns the type of a product. A product that is not known is a phone.
func typeOf(product string) string {
	for _, m := range slices.Concat(workspaceModels, []model{headset}) {
		if m.product == product {
			return string(m.deviceType)
		}
	}
	return string(server.DeviceTypePhone)
}

// now is the time as the service tells it: in UTC, with milliseconds.
func (o *organization) now() time.Time { return o.config.clock().UTC().Truncate(time.Millisecond) }

// GetDevice answers one device.
func (o *organization) GetDevice(w http.ResponseWriter, _ *http.Request, deviceID string) {
	if slot, ok := o.findDevice(deviceID); ok {
		answer(w, o.view(o.deviceAt(slot)))
		return
	}
	unknown(w, "device", deviceID)
}

// DeleteDevice takes one device out.
func (o *organization) DeleteDevice(w http.ResponseWriter, _ *http.Request, deviceID string) {
	slot, ok := o.findDevice(deviceID)
	if !ok {
		unknown(w, "device", deviceID)
		return
	}
	o.removeDevice(slot)
	done(w)
}

// CreateDevice registers a phone. To that of the 9800 series the service was seen to answer nothing.
func (o *organization) CreateDevice(w http.ResponseWriter, r *http.Request) {
	request, ok := receive[server.CreateDeviceRequest](w, r)
	if !ok || !o.checkOwner(w, request.PersonID, request.WorkspaceID) {
		return
	}
	device := Device{PersonID: value(request.PersonID), WorkspaceID: value(request.WorkspaceID), MAC: bareMAC(request.MAC)}
	device.Product = strings.TrimPrefix(request.Model, "DMS ")
	device.Password = value(request.Password)
	switch {
	case !isMAC(device.MAC):
		refuse(w, http.StatusBadRequest, 0, "mac must be twelve hexadecimal digits")
	case device.Product == "":
		refuse(w, http.StatusBadRequest, 0, "model is empty")
	case isThirdParty(device.Product) && device.Password == "":
		refuse(w, http.StatusBadRequest, 0, "A third party's phone needs a password")
	case o.hasMAC(device.MAC):
		refuse(w, http.StatusConflict, 0, "There is a device with the MAC address "+device.MAC)
	default:
		added := o.addDevice(device)
		if strings.Contains(device.Product, " 98") {
			done(w)
			return
		}
		answer(w, o.view(added))
	}
}

// isThirdParty tells by the product whether a phone is another manufacturer's.
func isThirdParty(product string) bool { return strings.HasPrefix(product, "Generic") }

func isMAC(mac string) bool {
	const digits = 12
	_, err := strconv.ParseUint(mac, 16, 64)
	return err == nil && len(mac) == digits
}

// hasMAC tells whether a device has an address. Those that were made up have their number in it.
func (o *organization) hasMAC(mac string) bool {
	has := func(d Device) bool { return d.MAC == mac }
	if slices.ContainsFunc(o.Devices.Added, has) {
		return true
	}
	for _, changed := range o.Devices.Changed {
		if has(changed) {
			return true
		}
	}
	number, err := strconv.ParseUint(strings.TrimPrefix(mac, "02005E"), 16, 31)
	_, removed := slices.BinarySearch(o.Devices.Removed, int(number))
	return err == nil && int(number) < o.Devices.MadeUp && !removed && has(o.deviceAt(slot(number)))
}

// checkOwner refuses requests that name none or both, or one that is not there.
func (o *organization) checkOwner(w http.ResponseWriter, personID, workspaceID *string) bool {
	person, workspace := value(personID), value(workspaceID)
	switch {
	case (person == "") == (workspace == ""):
		refuse(w, http.StatusBadRequest, 0, "Exactly one of personId and workspaceId is needed")
	case person != "" && o.people[key(person)] == nil:
		unknown(w, "person", person)
	case workspace != "" && o.findWorkspace(workspace) == nil:
		unknown(w, "workspace", workspace)
	default:
		return true
	}
	return false
}

// value is what a pointer points to, or nothing.
func value[T any](pointer *T) T {
	if pointer == nil {
		return *new(T)
	}
	return *pointer
}

// UpdateDeviceTags changes the tags of a device, by one operation or a list of them.
func (o *organization) UpdateDeviceTags(w http.ResponseWriter, r *http.Request, deviceID string) {
	slot, ok := o.findDevice(deviceID)
	if !ok {
		unknown(w, "device", deviceID)
		return
	}
	body, ok := receive[json.RawMessage](w, r)
	if !ok {
		return
	}
	var operations []server.DeviceTagOperation
	if json.Unmarshal(body, &operations) != nil {
		var single server.DeviceTagOperation
		if err := json.Unmarshal(body, &single); err != nil {
			refuse(w, http.StatusBadRequest, 0, "The body cannot be read: "+err.Error())
			return
		}
		operations = []server.DeviceTagOperation{single}
	}
	device := copyOf(o.deviceAt(slot))
	for _, operation := range operations {
		device.Tags = changeTags(device.Tags, operation)
	}
	o.putDevice(slot, device)
	answer(w, o.view(device))
}

func changeTags(tags []string, operation server.DeviceTagOperation) []string {
	switch operation.Op {
	case server.DeviceTagOperationKindRemove: // All of them, whatever the value is.
		return []string{}
	case server.DeviceTagOperationKindReplace:
		tags = []string{}
	}
	for _, tag := range operation.Value {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}
