package webextest

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// idCipher makes ids out of numbers and finds the numbers of ids, so that things that are made up need not be held.
type idCipher struct{ block cipher.Block }

func newIDCipher(name string) idCipher {
	secret := sha256.Sum256([]byte(name))
	block, err := aes.NewCipher(secret[:aes.BlockSize])
	if err != nil {
		panic(err) // The length is right.
	}
	return idCipher{block}
}

func (c idCipher) id(number int) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], uint64(number)) //nolint:gosec // It is not negative.
	c.block.Encrypt(id[:], id[:])
	return id
}

func (c idCipher) number(id string) (int, bool) {
	name, err := uuid.Parse(key(id))
	if err != nil {
		return 0, false
	}
	c.block.Decrypt(name[:], name[:])
	number := binary.BigEndian.Uint64(name[8:])
	return int(number), binary.BigEndian.Uint64(name[:8]) == 0 && number < 1<<31 //nolint:gosec // It is less.
}

const deviceKind = "urn:TEAM:eu-central-1_k/DEVICE"

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

var products = []string{"Cisco 8865", "Cisco 8845", "Cisco 9871", "Cisco 7841"}

// makeUpDevice makes up a device. Every eighth belongs to a workspace, the others to persons.
func (o *organization) makeUpDevice(number int) Device {
	device := Device{
		ID:               encodeID(deviceKind, o.ids.id(number)),
		Product:          products[number%len(products)],
		Type:             string(server.DeviceTypePhone),
		MAC:              fmt.Sprintf("02005E%06X", number),
		Serial:           fmt.Sprintf("FVH2740%04X", number),
		Software:         "sip88xx.12-0-7MPP0001-125",
		ConnectionStatus: []string{"connected", "disconnected"}[number%5/4],
		Tags:             []string{},
		ErrorCodes:       []string{},
		Created:          birth.Add(time.Duration(number) * time.Hour),
	}
	owners, places := o.Devices.Owners, o.Devices.Places
	switch {
	case len(places) > 0 && (number%8 == 7 || len(owners) == 0):
		device.WorkspaceID = places[number/8%len(places)]
	case len(owners) > 0:
		device.PersonID = owners[number%len(owners)]
	}
	return o.owned(device)
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
	device.Type = cmp.Or(device.Type, string(server.DeviceTypePhone))
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

// now is the time as the service tells it: in UTC, with milliseconds.
func (o *organization) now() time.Time { return o.config.clock().UTC().Truncate(time.Millisecond) }

// separators are what stands between the digits of a MAC address.
var separators = strings.NewReplacer(":", "", "-", "", ".", "")

func bareMAC(mac string) string { return strings.ToUpper(separators.Replace(mac)) }

// view is a device as the service shows it.
func (o *organization) view(d Device) server.Device {
	view := server.Device{
		ID:               nullable.NewNullableWithValue(d.ID),
		CallingDeviceID:  nullable.NewNullNullable[string](),
		DisplayName:      &d.DisplayName,
		PersonID:         given(o.vary(d.PersonID)),
		WorkspaceID:      given(o.vary(d.WorkspaceID)),
		PlaceID:          given(o.vary(d.WorkspaceID)),
		LocationID:       given(o.vary(d.LocationID)),
		OrgID:            &o.ID,
		Capabilities:     []server.DeviceCapability{server.DeviceCapabilityXAPI},
		Permissions:      []server.DevicePermission{server.DevicePermissionXAPIAll},
		ConnectionStatus: new(server.DeviceConnectionStatus(d.ConnectionStatus)),
		Product:          given(d.Product),
		Type:             new(server.DeviceType(d.Type)),
		Tags:             d.Tags,
		MAC:              given(d.MAC),
		Serial:           given(d.Serial),
		Software:         given(d.Software),
		Created:          d.Created,
		FirstSeen:        &d.Created,
		ErrorCodes:       d.ErrorCodes,
		ManagedBy:        new(server.DeviceManagerCisco),
		DevicePlatform:   new(server.DevicePlatformCisco),
	}
	if isThirdParty(d.Product) {
		view.Manufacturer, view.ManagedBy = new("Third Party"), new(server.DeviceManagerCustomer)
	}
	return view
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
			is(p.Capability, server.DeviceCapabilityXAPI) && is(p.DevicePlatform, server.DevicePlatformCisco) &&
			is(p.Permission, string(server.DevicePermissionXAPIAll)) && is(p.PlannedMaintenance, server.PlannedMaintenanceOff) &&
			p.UpgradeChannel == nil && p.WorkspaceLocationID == nil
	}
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

// activationCodeLife is how long an activation code can be used.
const activationCodeLife = 7 * 24 * time.Hour

// CreateDeviceActivationCode makes a code that registers a device.
func (o *organization) CreateDeviceActivationCode(w http.ResponseWriter, r *http.Request) {
	request, ok := receive[server.ActivationCodeRequest](w, r)
	if !ok || !o.checkOwner(w, request.PersonID, request.WorkspaceID) {
		return
	}
	const codes = 1e16
	code := ActivationCode{
		Code:       fmt.Sprintf("%016d", o.random.Int64N(codes)),
		ExpiryTime: o.now().Add(activationCodeLife),
		PersonID:   value(request.PersonID), WorkspaceID: value(request.WorkspaceID), Model: value(request.Model),
	}
	o.ActivationCodes = append(o.ActivationCodes, code)
	answer(w, server.ActivationCode{Code: &code.Code, ExpiryTime: &code.ExpiryTime})
}

// activate registers a device by its code.
func (o *organization) activate(code string, device Device) (Device, error) {
	i := slices.IndexFunc(o.ActivationCodes, func(c ActivationCode) bool { return c.Code == code })
	if i < 0 {
		return Device{}, errors.New("webextest: the activation code is not known, or was used")
	}
	known := o.ActivationCodes[i]
	if o.now().After(known.ExpiryTime) {
		return Device{}, fmt.Errorf("webextest: the activation code expired at %s", known.ExpiryTime.Format(time.RFC3339))
	}
	o.ActivationCodes = slices.Delete(o.ActivationCodes, i, i+1)
	device.PersonID, device.WorkspaceID = known.PersonID, known.WorkspaceID
	device.Product = cmp.Or(device.Product, strings.TrimPrefix(known.Model, "DMS "), "Cisco Room Kit")
	if known.Model == "" {
		device.Type = cmp.Or(device.Type, string(server.DeviceTypeRoomDesk))
	}
	return copyOf(o.addDevice(device)), nil
}
