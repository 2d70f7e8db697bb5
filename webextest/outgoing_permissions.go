package webextest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/oapi-codegen/nullable"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// readOnlyCallTypes were seen in responses of 2022. An update of them is rejected.
var readOnlyCallTypes = []server.CallType{server.CallTypeURLDialing, server.CallTypeUnknown, server.CallTypeCasual}

// isUnsettable reports whether an update of a call type is rejected: it is read-only, or no longer supported.
func isUnsettable(callType server.CallType) bool {
	return slices.Contains(readOnlyCallTypes, callType) || callType == server.CallTypeLocal || callType == server.CallTypeToll
}

// find is the entry of a call type; nil if there is none.
func (o *Outgoing) find(callType string) *CallPermission {
	i := slices.IndexFunc(o.CallingPermissions, func(p CallPermission) bool { return p.CallType == callType })
	if i < 0 {
		return nil
	}
	return &o.CallingPermissions[i]
}

// ownPermissions tells whether the own permissions have effect. Which of the two switches is enough on the service is not
// known; needing both makes a program that forgets one fail here rather than there.
func (e *entity) ownPermissions() bool {
	return !e.kind.switches || e.UseCustomEnabled && e.UseCustomPermissions
}

// getPermissions returns the permissions of an entity. While its switch UseCustomEnabled is off they are those of its location,
// unless stored entries are visible.
func (o *organization) getPermissions(w http.ResponseWriter, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	entries := e.CallingPermissions
	if k.switches && !e.UseCustomEnabled && e.location != nil && !o.config.storedVisible {
		entries = e.location.Outgoing.CallingPermissions
	}
	view := server.OutgoingPermissions{CallingPermissions: []server.CallPermission{}}
	for _, entry := range entries {
		view.CallingPermissions = append(view.CallingPermissions, server.CallPermission{
			CallType: new(server.CallType(entry.CallType)), Action: new(server.Action(entry.Action)),
			TransferEnabled: &entry.TransferEnabled, IsCallTypeRestrictionEnabled: &entry.Restricted,
		})
	}
	if k.switches {
		view.UseCustomEnabled, view.UseCustomPermissions = &e.UseCustomEnabled, &e.UseCustomPermissions
	}
	answer(w, view)
}

// updatePermissions changes the permissions of an entity. Entries are stored only if UseCustomEnabled is on afterwards.
func (o *organization) updatePermissions(w http.ResponseWriter, r *http.Request, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	update, ok := receive[server.OutgoingPermissions](w, r)
	if !ok || !e.checkEntries(w, update.CallingPermissions) {
		return
	}
	if k.switches {
		set(&e.UseCustomEnabled, update.UseCustomEnabled)
		set(&e.UseCustomPermissions, update.UseCustomPermissions)
	}
	if !k.switches || e.UseCustomEnabled {
		for _, entry := range update.CallingPermissions {
			e.store(string(*entry.CallType), string(*entry.Action), *entry.TransferEnabled)
		}
	}
	done(w)
}

// store changes the entry of a call type, or adds one that only the location had.
func (o *Outgoing) store(callType, action string, transfer bool) {
	if own := o.find(callType); own != nil {
		own.Action, own.TransferEnabled = action, transfer
		return
	}
	o.CallingPermissions = append(o.CallingPermissions,
		CallPermission{CallType: callType, Action: action, TransferEnabled: transfer})
}

// checkEntries refuses entries that lack something, and call types that are fixed, restricted, or not there.
func (e *entity) checkEntries(w http.ResponseWriter, entries []server.CallPermission) bool {
	for i, entry := range entries {
		if entry.CallType == nil || entry.Action == nil || entry.TransferEnabled == nil {
			refuse(w, http.StatusBadRequest, 25008,
				fmt.Sprintf("Missing mandatory field in callingPermissions[%d]: callType, action and transferEnabled are needed", i))
			return false
		}
		own := e.find(string(*entry.CallType))
		if own == nil && e.location != nil {
			own = e.location.Outgoing.find(string(*entry.CallType))
		}
		switch {
		case isUnsettable(*entry.CallType):
			refuse(w, http.StatusBadRequest, 25321, "Call type is not supported for updates: "+string(*entry.CallType))
		case own == nil:
			refuse(w, http.StatusBadRequest, 0, "There is no call type "+string(*entry.CallType)+" here")
		case own.Restricted && (own.Action != string(*entry.Action) || own.TransferEnabled != *entry.TransferEnabled):
			refuse(w, http.StatusBadRequest, 25024, "The call type is restricted: "+own.CallType)
		default:
			continue
		}
		return false
	}
	return true
}

// getTransferNumbers answers the numbers of an entity, null for those that are not set.
func (o *organization) getTransferNumbers(w http.ResponseWriter, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	number := func(i int) nullable.Nullable[string] {
		if e.TransferNumbers[i] == "" {
			return nullable.NewNullNullable[string]()
		}
		return nullable.NewNullableWithValue(e.TransferNumbers[i])
	}
	view := server.TransferNumbers{
		AutoTransferNumber1: number(0), AutoTransferNumber2: number(1), AutoTransferNumber3: number(2),
	}
	if k.switches {
		view.UseCustomTransferNumbers = &e.UseCustomTransferNumbers
	}
	answer(w, view)
}

// updateTransferNumbers sets the numbers that are sent and unsets those that are sent empty. Numbers are stored while
// UseCustomEnabled is on, except by a request that turns UseCustomTransferNumbers off. Other numbers are accepted and not stored.
func (o *organization) updateTransferNumbers(w http.ResponseWriter, r *http.Request, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	update, ok := receive[server.TransferNumbersUpdate](w, r)
	if !ok {
		return
	}
	if k.switches {
		set(&e.UseCustomTransferNumbers, update.UseCustomTransferNumbers)
	}
	turnsOff := update.UseCustomTransferNumbers != nil && !*update.UseCustomTransferNumbers
	if !k.switches || e.UseCustomEnabled && !turnsOff {
		set(&e.TransferNumbers[0], update.AutoTransferNumber1)
		set(&e.TransferNumbers[1], update.AutoTransferNumber2)
		set(&e.TransferNumbers[2], update.AutoTransferNumber3)
	}
	done(w)
}

// set takes over a value that was sent.
func set[T any](target *T, value *T) {
	if value != nil {
		*target = *value
	}
}

// entity finds somebody or something of a kind, or answers that it is not there.
func (o *organization) entity(w http.ResponseWriter, k *kind, id string) (*entity, bool) {
	e, ok := o.entities[key(id)]
	if !ok || e.kind != k {
		unknown(w, k.name, id)
		return nil, false
	}
	return e, true
}
