package wrappers

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/webex-calling/webex-calling-go/gen"
)

// An entity that inherits may have stored entries that have no effect. It is not verified whether a read returns these or the
// values of the location, so a change that turns on the switches must be safe in both cases: it has to send an entry for
// every call type.

// asRead is p as it was read just now from an entity that has switches or not.
func (p OutgoingPermissions) asRead(switches bool) OutgoingPermissions {
	p.Snapshot.WithoutSwitches = !switches
	if switches {
		p.Snapshot.UseCustomEnabled, p.Snapshot.UseCustomPermissions = copied(p.UseCustomEnabled), copied(p.UseCustomPermissions)
	}
	p.Snapshot.Hash = p.hash()
	return p
}

// Inherits reports whether the permissions of the location were in force when p was read: UseCustomEnabled or
// UseCustomPermissions was false. Of later changes only [OutgoingPermissions.Inherit] changes the result. It is false for
// settings of a location, and for settings that were neither read nor decoded from JSON.
func (p OutgoingPermissions) Inherits() bool {
	return isOff(p.Snapshot.UseCustomEnabled) || isOff(p.Snapshot.UseCustomPermissions)
}

func isOff(value *bool) bool { return value != nil && !*value }

// StartFrom copies the entries of location, which are in force while p inherits, so that a following Set changes one call
// type and nothing else. location must be the settings of the entity's own location, as Get returned them. Call types that
// p has and the location lacks are blocked, since nothing is in force for them. So is a call type whose entry at the location
// has no action. URL_DIALING, UNKNOWN and CASUAL cannot be
// updated: their stored entries come into force with the others.
//
// StartFrom does nothing to settings that override already. It must be called before p is changed: otherwise, or if location has
// no entries or belongs to another kind of entity, the next update fails.
func (p *OutgoingPermissions) StartFrom(location OutgoingPermissions) {
	hasSwitches := location.UseCustomEnabled != nil || location.UseCustomPermissions != nil
	switch {
	case !p.Inherits() || p.Snapshot.Started:
	case p.Changed():
		p.Snapshot.Misuse = "StartFrom was called after a change: call it before, on settings that were just read"
	case len(location.CallingPermissions) == 0 || hasSwitches && !location.Snapshot.WithoutSwitches:
		p.Snapshot.Misuse = "StartFrom was called with settings that were not read from a location"
	default:
		p.CallingPermissions = p.entriesOf(location)
		p.started()
	}
}

// entriesOf are the entries of location, followed by those that only p has. Unknown members stay those of p.
func (p OutgoingPermissions) entriesOf(location OutgoingPermissions) []gen.CallPermission {
	var entries []gen.CallPermission
	for _, entry := range location.CallingPermissions {
		entry.TransferEnabled, entry.Unknown = copied(entry.TransferEnabled), bytes.Clone(entry.Unknown)
		if own, found := p.For(entry.CallType); found {
			entry.IsCallTypeRestrictionEnabled, entry.Unknown = own.IsCallTypeRestrictionEnabled, own.Unknown
		}
		entries = append(entries, closed(entry))
	}
	for _, entry := range p.CallingPermissions {
		_, found := location.For(entry.CallType)
		if found {
			continue
		}
		if canUpdate(entry) {
			entry.Action, entry.TransferEnabled = gen.ActionBlock, new(false)
		}
		entries = append(entries, entry)
	}
	return entries
}

// canUpdate reports whether the server accepts an update of the call type of an entry.
func canUpdate(entry gen.CallPermission) bool {
	return entry.CallType != "" && !isOneOf(entry.CallType, fixedCallTypes)
}

// closed blocks what an entry leaves open: a member that is not sent would keep its stored value.
func closed(entry gen.CallPermission) gen.CallPermission {
	if !canUpdate(entry) {
		return entry
	}
	entry.Action = cmp.Or(entry.Action, gen.ActionBlock)
	if entry.TransferEnabled == nil {
		entry.TransferEnabled = new(false)
	}
	return entry
}

// started notes that p has an entry for every call type, of which an update must leave out none.
func (p *OutgoingPermissions) started() {
	p.Snapshot.Started, p.Snapshot.InForce = true, nil
	for _, entry := range p.CallingPermissions {
		if canUpdate(entry) {
			p.Snapshot.InForce = append(p.Snapshot.InForce, string(entry.CallType))
		}
	}
}

// checkOverride rejects a body that would put stored entries in force that have no effect now.
func (p OutgoingPermissions) checkOverride(body OutgoingPermissions) error {
	turnsOn := func(before, after *bool) bool { return isOff(before) && after != nil && *after }
	begins := turnsOn(p.Snapshot.UseCustomEnabled, body.UseCustomEnabled) ||
		turnsOn(p.Snapshot.UseCustomPermissions, body.UseCustomPermissions)
	switch {
	case !begins:
		return nil
	case !p.Snapshot.Started:
		return errors.New("webex: settings were read while the entity inherits, and the update would put stored entries in force " +
			"that have no effect now: call settings.StartFrom with the settings of the location before the change, " +
			"or pass api.UseStoredEntries() to Update")
	}
	for _, callType := range p.Snapshot.InForce {
		if _, found := body.For(gen.CallType(callType)); !found {
			return fmt.Errorf("webex: settings begin to override the location without an entry for %s, whose stored entry "+
				"would come into force: keep the entry, or pass api.UseStoredEntries() to Update", callType)
		}
	}
	return nil
}

// UseStoredEntries makes [PermissionService.Update] accept settings that were read while the entity inherits and now override,
// although they were not started from the location. The stored entries of the entity come into force; they may allow
// more than the location does.
func UseStoredEntries() UpdateOption {
	return func(config *updateConfig) { config.useStored = true }
}

// Inherit puts the permissions of the location in force, by turning UseCustomPermissions off or, if the settings were read
// without that switch, UseCustomEnabled. The entries stay. It has no meaning for a location. Settings must have been read:
// an update needs their entries. [EntityPermissions.Inherit] reads and updates.
func (p *OutgoingPermissions) Inherit() {
	if p.Snapshot.Hash != "" && p.UseCustomPermissions == nil && p.UseCustomEnabled != nil {
		p.UseCustomEnabled, p.Snapshot.UseCustomEnabled = new(false), new(false)
		return
	}
	// A later Set must not put the entries back in force unnoticed.
	p.UseCustomPermissions, p.Snapshot.UseCustomPermissions = new(false), new(false)
}

// Inherit puts the permissions of the location in force. It reads the settings and sends nothing if they inherit already.
// The entity's own entries stay stored.
func (e *EntityPermissions) Inherit(ctx context.Context) error {
	settings, err := e.Get(ctx)
	if err != nil || settings.Inherits() {
		return err
	}
	settings.Inherit()
	return e.Update(ctx, settings)
}
