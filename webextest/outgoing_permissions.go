package webextest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/oapi-codegen/nullable"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// kind is a sort of entity that has outgoing permissions.
type kind struct {
	name string
	// switches tells whether the kind can have settings of its own beside inherited ones.
	switches bool
}

var (
	personKind      = kind{"person", true}
	workspaceKind   = kind{"workspace", true}
	locationKind    = kind{"location", false}
	virtualLineKind = kind{"virtual line", true}
)

// outgoing are the outgoing permissions of one entity: its own values, which the service answers whatever the switches say.
type outgoing struct {
	kind                  kind
	customEnabled         bool
	customPermissions     bool
	customTransferNumbers bool
	permissions           []server.CallPermission
	transferNumbers       [3]string
}

// fixedCallTypes come back in reads but cannot be updated.
var fixedCallTypes = []server.CallType{server.CallTypeURLDialing, server.CallTypeUnknown, server.CallTypeCasual}

// newcomer stands for the call types that the service may come to have.
const newcomer server.CallType = "SATELLITE"

// newOutgoing has the defaults: everything allowed but for what is expensive, which persons may call here so that there is
// something to close. Among them is a call type that no document knows; every second person lacks it.
func newOutgoing(k kind) *outgoing {
	o := &outgoing{kind: k}
	blocked := []server.CallType{
		server.CallTypeInternational, server.CallTypePremiumServicesI, server.CallTypePremiumServicesII,
	}
	for _, callType := range append([]server.CallType{
		server.CallTypeInternalCall, server.CallTypeTollFree, server.CallTypeInternational, server.CallTypeOperatorAssisted,
		server.CallTypeChargeableDirectoryAssisted, server.CallTypeSpecialServicesI, server.CallTypeSpecialServicesII,
		server.CallTypePremiumServicesI, server.CallTypePremiumServicesII, server.CallTypeNational, newcomer,
	}, fixedCallTypes...) {
		entry := server.CallPermission{
			CallType: new(callType), Action: new(server.ActionAllow), TransferEnabled: new(true),
			IsCallTypeRestrictionEnabled: new(false),
		}
		if slices.Contains(blocked, callType) && k != personKind {
			entry.Action, entry.TransferEnabled = new(server.ActionBlock), new(false)
		}
		o.permissions = append(o.permissions, entry)
	}
	return o
}

// getPermissions answers the permissions of an entity.
func (o *organization) getPermissions(w http.ResponseWriter, k kind, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	entity, ok := o.findOutgoing(w, k, id)
	if !ok {
		return
	}
	view := server.OutgoingPermissions{CallingPermissions: entity.permissions}
	if k.switches {
		view.UseCustomEnabled, view.UseCustomPermissions = &entity.customEnabled, &entity.customPermissions
	}
	answer(w, view)
}

// updatePermissions changes the permissions of an entity. Entries take effect only if both switches are on after the
// update. Which of the two is enough on the service is not known; needing both makes a program that forgets one fail here
// rather than there.
func (o *organization) updatePermissions(w http.ResponseWriter, r *http.Request, k kind, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	entity, ok := o.findOutgoing(w, k, id)
	if !ok {
		return
	}
	update, ok := receive[server.OutgoingPermissions](w, r)
	if !ok || !checkEntries(w, update.CallingPermissions) {
		return
	}
	set(&entity.customEnabled, update.UseCustomEnabled)
	set(&entity.customPermissions, update.UseCustomPermissions)
	if !k.switches || entity.customEnabled && entity.customPermissions {
		entity.change(update.CallingPermissions)
	}
	done(w)
}

// checkEntries refuses entries that lack something and call types that are fixed.
func checkEntries(w http.ResponseWriter, entries []server.CallPermission) bool {
	for i, entry := range entries {
		if entry.CallType == nil || entry.Action == nil || entry.TransferEnabled == nil {
			refuse(w, http.StatusBadRequest, 25008,
				fmt.Sprintf("Missing mandatory field in callingPermissions[%d]: callType, action and transferEnabled are needed", i))
			return false
		}
		if slices.Contains(fixedCallTypes, *entry.CallType) {
			refuse(w, http.StatusBadRequest, 25321, "Call type is not supported for updates: "+string(*entry.CallType))
			return false
		}
	}
	return true
}

// forget leaves out a call type.
func (o *outgoing) forget(callType server.CallType) {
	o.permissions = slices.DeleteFunc(o.permissions, func(p server.CallPermission) bool { return *p.CallType == callType })
}

// change makes a list anew, since answers may still be reading the old one.
func (o *outgoing) change(entries []server.CallPermission) {
	o.permissions = slices.Clone(o.permissions)
	for _, entry := range entries {
		entry.IsCallTypeRestrictionEnabled = new(false)
		i := slices.IndexFunc(o.permissions, func(p server.CallPermission) bool { return *p.CallType == *entry.CallType })
		if i < 0 {
			o.permissions = append(o.permissions, entry)
		} else {
			o.permissions[i] = entry
		}
	}
}

// getTransferNumbers answers the numbers of an entity, null for those that are not set.
func (o *organization) getTransferNumbers(w http.ResponseWriter, k kind, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	entity, ok := o.findOutgoing(w, k, id)
	if !ok {
		return
	}
	number := func(i int) nullable.Nullable[string] {
		if entity.transferNumbers[i] == "" {
			return nullable.NewNullNullable[string]()
		}
		return nullable.NewNullableWithValue(entity.transferNumbers[i])
	}
	view := server.TransferNumbers{
		AutoTransferNumber1: number(0), AutoTransferNumber2: number(1), AutoTransferNumber3: number(2),
	}
	if k.switches {
		view.UseCustomTransferNumbers = &entity.customTransferNumbers
	}
	answer(w, view)
}

// updateTransferNumbers sets the numbers that are sent and unsets those that are sent empty. Numbers take effect only if
// the entity has settings of its own and its switch is on after the update; otherwise they are accepted and forgotten.
func (o *organization) updateTransferNumbers(w http.ResponseWriter, r *http.Request, k kind, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	entity, ok := o.findOutgoing(w, k, id)
	if !ok {
		return
	}
	update, ok := receive[server.TransferNumbersUpdate](w, r)
	if !ok {
		return
	}
	if k.switches && update.UseCustomTransferNumbers == nil {
		refuse(w, http.StatusBadRequest, 25008, "Missing mandatory field: useCustomTransferNumbers")
		return
	}
	set(&entity.customTransferNumbers, update.UseCustomTransferNumbers)
	if !k.switches || entity.customEnabled && entity.customTransferNumbers {
		set(&entity.transferNumbers[0], update.AutoTransferNumber1)
		set(&entity.transferNumbers[1], update.AutoTransferNumber2)
		set(&entity.transferNumbers[2], update.AutoTransferNumber3)
	}
	done(w)
}

// set takes over a value that was sent.
func set[T any](target *T, value *T) {
	if value != nil {
		*target = *value
	}
}

func (o *organization) findOutgoing(w http.ResponseWriter, k kind, id string) (*outgoing, bool) {
	entity, ok := o.outgoing[id]
	if !ok || entity.kind != k {
		unknown(w, k.name, id)
		return nil, false
	}
	return entity, true
}

// The operations of the four kinds.

func (o *organization) GetPersonOutgoingPermissions(w http.ResponseWriter, _ *http.Request, id string) {
	o.getPermissions(w, personKind, id)
}

func (o *organization) UpdatePersonOutgoingPermissions(w http.ResponseWriter, r *http.Request, id string) {
	o.updatePermissions(w, r, personKind, id)
}

func (o *organization) GetPersonTransferNumbers(w http.ResponseWriter, _ *http.Request, id string) {
	o.getTransferNumbers(w, personKind, id)
}

func (o *organization) UpdatePersonTransferNumbers(w http.ResponseWriter, r *http.Request, id string) {
	o.updateTransferNumbers(w, r, personKind, id)
}

func (o *organization) GetWorkspaceOutgoingPermissions(w http.ResponseWriter, _ *http.Request, id string) {
	o.getPermissions(w, workspaceKind, id)
}

func (o *organization) UpdateWorkspaceOutgoingPermissions(w http.ResponseWriter, r *http.Request, id string) {
	o.updatePermissions(w, r, workspaceKind, id)
}

func (o *organization) GetWorkspaceTransferNumbers(w http.ResponseWriter, _ *http.Request, id string) {
	o.getTransferNumbers(w, workspaceKind, id)
}

func (o *organization) UpdateWorkspaceTransferNumbers(w http.ResponseWriter, r *http.Request, id string) {
	o.updateTransferNumbers(w, r, workspaceKind, id)
}

func (o *organization) GetLocationOutgoingPermissions(w http.ResponseWriter, _ *http.Request, id string) {
	o.getPermissions(w, locationKind, id)
}

func (o *organization) UpdateLocationOutgoingPermissions(w http.ResponseWriter, r *http.Request, id string) {
	o.updatePermissions(w, r, locationKind, id)
}

func (o *organization) GetLocationTransferNumbers(w http.ResponseWriter, _ *http.Request, id string) {
	o.getTransferNumbers(w, locationKind, id)
}

func (o *organization) UpdateLocationTransferNumbers(w http.ResponseWriter, r *http.Request, id string) {
	o.updateTransferNumbers(w, r, locationKind, id)
}

func (o *organization) GetVirtualLineOutgoingPermissions(w http.ResponseWriter, _ *http.Request, id string) {
	o.getPermissions(w, virtualLineKind, id)
}

func (o *organization) UpdateVirtualLineOutgoingPermissions(w http.ResponseWriter, r *http.Request, id string) {
	o.updatePermissions(w, r, virtualLineKind, id)
}

func (o *organization) GetVirtualLineTransferNumbers(w http.ResponseWriter, _ *http.Request, id string) {
	o.getTransferNumbers(w, virtualLineKind, id)
}

func (o *organization) UpdateVirtualLineTransferNumbers(w http.ResponseWriter, r *http.Request, id string) {
	o.updateTransferNumbers(w, r, virtualLineKind, id)
}
