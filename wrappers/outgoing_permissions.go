package wrappers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/gen"
)

// OutgoingPermissionService leads to the outgoing permissions of persons, workspaces, locations and virtual lines.
//
// An entity inherits from its location, category by category, while a switch is off. Read the location too to know what is
// in force then: it is not verified whether a read returns the location's values or stored ones without effect.
type OutgoingPermissionService struct{ caller *caller }

// Person returns the outgoing permissions of a person. The permissions are at /people/{personId}/features/outgoingPermission
// or, by newer documentation, at /telephony/config/people/{personId}/outgoingPermission. The first read of a client tries both
// and remembers the one that works; an update reads first if none is known.
//
// Scopes: spark-admin:people_read, and people_write or telephony_config_write, for the permissions;
// spark-admin:telephony_config_read and telephony_config_write for the rest.
func (s *OutgoingPermissionService) Person(personID string) *EntityPermissions {
	return s.entity(person, personID)
}

// Workspace gives access to the outgoing permissions of a workspace. The digit patterns lie below
// /telephony/config/workspaces, all else below /workspaces.
//
// Scopes: spark-admin:workspaces_read and workspaces_write, or those that begin with spark; for the digit patterns, and by newer
// documentation for the access codes and the change of transfer numbers, spark-admin:telephony_config_read and
// telephony_config_write.
func (s *OutgoingPermissionService) Workspace(workspaceID string) *EntityPermissions {
	return s.entity(workspace, workspaceID)
}

// Location gives access to the outgoing permissions of a location, which those in it inherit. It has no switches. All lie
// below /telephony/config/locations.
//
// Scopes: spark-admin:telephony_config_read and telephony_config_write.
func (s *OutgoingPermissionService) Location(locationID string) *LocationPermissions {
	e := entity{s.caller, location, locationID}
	return &LocationPermissions{
		PermissionService: PermissionService{e},
		TransferNumbers:   &TransferNumberService{e},
		AccessCodes:       &LocationAccessCodeService{AccessCodeListService{e}},
		DigitPatterns:     &DigitPatternService{e},
	}
}

// VirtualLine gives access to the outgoing permissions of a virtual line. All lie below /telephony/config/virtualLines.
//
// Scopes: spark-admin:telephony_config_read and telephony_config_write.
func (s *OutgoingPermissionService) VirtualLine(virtualLineID string) *EntityPermissions {
	return s.entity(virtualLine, virtualLineID)
}

func (s *OutgoingPermissionService) entity(kind entityKind, id string) *EntityPermissions {
	e := entity{s.caller, kind, id}
	return &EntityPermissions{
		PermissionService: PermissionService{e},
		TransferNumbers:   &TransferNumberService{e},
		AccessCodes:       &AccessCodeService{AccessCodeListService{e}},
		DigitPatterns:     &EntityDigitPatternService{DigitPatternService{e}},
	}
}

// EntityPermissions are the outgoing permissions of one person, workspace or virtual line.
type EntityPermissions struct {
	PermissionService
	// TransferNumbers are the numbers that calls can be diverted to.
	TransferNumbers *TransferNumberService
	// AccessCodes let calls through whose action is AUTH_CODE.
	AccessCodes *AccessCodeService
	// DigitPatterns are rules for numbers, which count before call types.
	DigitPatterns *EntityDigitPatternService
}

// LocationPermissions are the outgoing permissions of one location.
type LocationPermissions struct {
	PermissionService
	// TransferNumbers are the numbers that calls can be diverted to.
	TransferNumbers *TransferNumberService
	// AccessCodes let calls through whose action is AUTH_CODE.
	AccessCodes *LocationAccessCodeService
	// DigitPatterns are rules for numbers, which count before call types.
	DigitPatterns *DigitPatternService
}

// PermissionService reads and changes the permissions by call type of one entity.
type PermissionService struct{ entity entity }

// Get returns which calls may be placed. While UseCustomEnabled or UseCustomPermissions is false, the permissions of the
// location are in force instead: see [OutgoingPermissions.Inherits].
func (s *PermissionService) Get(ctx context.Context) (OutgoingPermissions, error) {
	settings, err := s.entity.readPermissions(ctx)
	if err != nil {
		return OutgoingPermissions{}, err
	}
	return OutgoingPermissions(settings).asRead(s.entity.kind.switches), nil
}

// Update changes which calls may be placed. What settings leave out stays as it is. Read-only members are not sent, and
// neither are the call types that the API returns but refuses to change: URL_DIALING, UNKNOWN and CASUAL, unless
// [DropCallTypes] or [DropNoCallTypes] say otherwise. settings itself is not changed.
//
// Update rejects settings that were read while the entity inherits and now override its location, unless they hold the
// entries that are in force: see [OutgoingPermissions.StartFrom] and [UseStoredEntries]. It also rejects settings that hold
// nothing to send. Settings that were neither read nor decoded are sent as they are: call types that they leave out keep
// their stored entries, which come into force with the switches.
func (s *PermissionService) Update(ctx context.Context, settings OutgoingPermissions, options ...UpdateOption) error {
	config := updateConfig{drop: fixedCallTypes}
	for _, option := range options {
		if option == nil {
			return errors.New("webex: an option is nil")
		}
		option(&config)
	}
	body := settings.sendable(config.drop, s.entity.kind.switches)
	if err := settings.check(body, config); err != nil {
		return err
	}
	return s.entity.writePermissions(ctx, gen.OutgoingPermissions(body))
}

// check rejects settings whose body must not be sent.
func (p OutgoingPermissions) check(body OutgoingPermissions, config updateConfig) error {
	switch {
	case p.Snapshot.Misuse != "":
		return errors.New("webex: settings: " + p.Snapshot.Misuse)
	case body.isEmpty():
		return errors.New("webex: settings hold nothing that can be updated")
	case len(body.CallingPermissions) > 0:
	case isOff(body.UseCustomPermissions):
		return errors.New("webex: settings hold no callingPermissions, which the API requires: " +
			"read them with Get before Inherit, or call Inherit of the service")
	case len(p.CallingPermissions) > 0 && body.UseCustomPermissions != nil:
		return errors.New("webex: settings hold only call types that are dropped; " +
			"the switch alone would put older permissions in force")
	}
	if config.useStored {
		return nil
	}
	return p.checkOverride(body)
}

// UpdateOption changes what [PermissionService.Update] sends.
type UpdateOption func(*updateConfig)

type updateConfig struct {
	drop      []gen.CallType
	useStored bool
}

// DropCallTypes makes an update leave out the given call types, in any case of letters, instead of those that it leaves
// out by itself. Elsewhere this is known as drop_call_types.
func DropCallTypes(callTypes ...gen.CallType) UpdateOption {
	drop := slices.Clone(callTypes)
	return func(config *updateConfig) { config.drop = drop }
}

// DropNoCallTypes makes an update send every call type, even those that the service is known to refuse.
func DropNoCallTypes() UpdateOption { return DropCallTypes() }

// OutgoingPermissions tell which calls may be placed, by call type. Members that are unknown here are kept at every level
// and sent back as they came, numbers and escapes included, behind the known ones and without white space between tokens.
type OutgoingPermissions gen.OutgoingPermissions

// For answers the entry for a call type, and whether there is one.
func (p OutgoingPermissions) For(callType gen.CallType) (entry gen.CallPermission, found bool) {
	i := slices.IndexFunc(p.CallingPermissions, func(entry gen.CallPermission) bool {
		return sameCallType(entry.CallType, callType)
	})
	if i < 0 {
		return gen.CallPermission{}, false
	}
	entry = p.CallingPermissions[i]
	// The caller may change the entry without changing p.
	entry.TransferEnabled = copied(entry.TransferEnabled)
	entry.IsCallTypeRestrictionEnabled = copied(entry.IsCallTypeRestrictionEnabled)
	entry.Unknown = bytes.Clone(entry.Unknown)
	return entry, true
}

func copied[T any](value *T) *T {
	if value == nil {
		return nil
	}
	return new(*value)
}

// Set makes calls of a type end in action, and allows or forbids that such a call is transferred or forwarded. An existing
// entry is changed, otherwise one is added. Set also turns on UseCustomEnabled and UseCustomPermissions, without which
// the entry would have no effect; a location has no such switches, and none are sent for it.
//
// The switches put all entries of the entity in force, not only the one that is set. If the settings inherit
// ([OutgoingPermissions.Inherits]), call [OutgoingPermissions.StartFrom] first, so that no other call type changes.
//
// An empty callType or action changes nothing and makes the next update fail.
func (p *OutgoingPermissions) Set(callType gen.CallType, action gen.Action, transfer bool) {
	if callType == "" || action == "" {
		p.Snapshot.Misuse = fmt.Sprintf("Set was called with the call type %q and the action %q", callType, action)
		return
	}
	p.UseCustomEnabled, p.UseCustomPermissions = new(true), new(true)
	// A copy of p may share the list.
	p.CallingPermissions = slices.Clone(p.CallingPermissions)
	found := false
	for i := range p.CallingPermissions {
		if entry := &p.CallingPermissions[i]; sameCallType(entry.CallType, callType) {
			entry.Action, entry.TransferEnabled = action, new(transfer)
			found = true
		}
	}
	if !found {
		p.CallingPermissions = append(p.CallingPermissions,
			gen.CallPermission{CallType: callType, Action: action, TransferEnabled: new(transfer)})
	}
}

// AllowAll sets every call type that can be updated to be allowed, with transfer: the known ones and those that are there.
// Those that the service keeps as they are (IsCallTypeRestrictionEnabled) are left alone. AllowAll needs no
// [OutgoingPermissions.StartFrom], since it leaves no other entry as it was.
func (p *OutgoingPermissions) AllowAll() {
	allowed := DefaultCallingPermissions()
	for _, entry := range append(allowed, p.CallingPermissions...) {
		if entry.CallType != "" && !p.isRestricted(entry.CallType) && !isOneOf(entry.CallType, fixedCallTypes) {
			p.Set(entry.CallType, gen.ActionAllow, true)
		}
	}
	p.started()
}

// isRestricted tells whether the service keeps a call type as it is.
func (p OutgoingPermissions) isRestricted(callType gen.CallType) bool {
	return slices.ContainsFunc(p.CallingPermissions, func(entry gen.CallPermission) bool {
		restricted := entry.IsCallTypeRestrictionEnabled
		return sameCallType(entry.CallType, callType) && restricted != nil && *restricted
	})
}

// DefaultCallingPermissions are those of a new organization: everything is allowed and may be transferred, but for
// INTERNATIONAL, PREMIUM_SERVICES_I and PREMIUM_SERVICES_II, which are blocked. Source: the defaults of wxc_sdk and the help
// pages of the service.
func DefaultCallingPermissions() []gen.CallPermission {
	var entries []gen.CallPermission
	for _, callType := range []gen.CallType{
		gen.CallTypeInternalCall, gen.CallTypeTollFree, gen.CallTypeInternational, gen.CallTypeOperatorAssisted,
		gen.CallTypeChargeableDirectoryAssisted, gen.CallTypeSpecialServicesI, gen.CallTypeSpecialServicesII,
		gen.CallTypePremiumServicesI, gen.CallTypePremiumServicesII, gen.CallTypeNational,
	} {
		entry := gen.CallPermission{CallType: callType, Action: gen.ActionAllow, TransferEnabled: new(true)}
		switch callType {
		case gen.CallTypeInternational, gen.CallTypePremiumServicesI, gen.CallTypePremiumServicesII:
			entry.Action, entry.TransferEnabled = gen.ActionBlock, new(false)
		}
		entries = append(entries, entry)
	}
	return entries
}

// Changed reports whether p differs from what was read. Settings that were not read count as changed.
func (p OutgoingPermissions) Changed() bool { return p.Snapshot.Hash != p.hash() }

// hash identifies what would be sent of p, but for call types that are dropped. Settings that cannot be written have no hash, and
// differ from everything.
func (p OutgoingPermissions) hash() string {
	data, err := p.sendable(nil, !p.Snapshot.WithoutSwitches).MarshalJSON()
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(data)
	return string(sum[:])
}

// fixedCallTypes are answered by the service, which refuses to change them.
var fixedCallTypes = []gen.CallType{gen.CallTypeURLDialing, gen.CallTypeUnknown, gen.CallTypeCasual}

func isOneOf(callType gen.CallType, callTypes []gen.CallType) bool {
	return slices.ContainsFunc(callTypes, func(other gen.CallType) bool { return sameCallType(callType, other) })
}

func sameCallType(a, b gen.CallType) bool { return a != "" && strings.EqualFold(string(a), string(b)) }

// isEmptyObject tells whether unknown members are none.
func isEmptyObject(unknown jsontext.Value) bool {
	text := bytes.TrimSpace(unknown)
	return len(text) == 0 || string(text) == "{}"
}

// sendable is what of p may be sent to an entity that has switches or not, without the call types in drop.
func (p OutgoingPermissions) sendable(drop []gen.CallType, switches bool) OutgoingPermissions {
	var entries []gen.CallPermission
	for _, entry := range p.CallingPermissions {
		entry.IsCallTypeRestrictionEnabled = nil
		nothing := entry.CallType == "" && entry.Action == "" && entry.TransferEnabled == nil && isEmptyObject(entry.Unknown)
		if !nothing && !isOneOf(entry.CallType, drop) {
			entries = append(entries, entry)
		}
	}
	p.CallingPermissions = entries
	if !switches {
		p.UseCustomEnabled, p.UseCustomPermissions = nil, nil
	}
	return p
}

func (p OutgoingPermissions) isEmpty() bool {
	return p.UseCustomEnabled == nil && p.UseCustomPermissions == nil && len(p.CallingPermissions) == 0 && isEmptyObject(p.Unknown)
}

// MarshalJSON writes p with the members that are unknown here.
func (p OutgoingPermissions) MarshalJSON() ([]byte, error) {
	return gen.OutgoingPermissions(p).MarshalJSON()
}

// UnmarshalJSON reads p and keeps the members that are unknown here. Settings that are decoded count as read: settings kept in a
// file know whether they inherit.
func (p *OutgoingPermissions) UnmarshalJSON(data []byte) error {
	if err := (*gen.OutgoingPermissions)(p).UnmarshalJSON(data); err != nil {
		return err
	}
	*p = p.asRead(p.UseCustomEnabled != nil || p.UseCustomPermissions != nil)
	return nil
}
