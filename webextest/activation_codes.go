package webextest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

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
	answer(w, server.ActivationCode{Code: &code.Code, ExpiryTime: new(timestamp(code.ExpiryTime))})
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
	if known.Model == "" { // Codes without a model are for RoomOS devices.
		device.Type = cmp.Or(device.Type, string(server.DeviceTypeRoomDesk))
	}
	device.Product = cmp.Or(device.Product, strings.TrimPrefix(known.Model, "DMS "), "Cisco Room Kit")
	return copyOf(o.addDevice(device)), nil
}
