package wrappers

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/webex-calling/webex-calling-go/gen"
)

// OutgoingPermissionService leads to the outgoing permissions of persons, workspaces, locations and virtual lines.
type OutgoingPermissionService struct{ caller *caller }

// Person gives access to the outgoing permissions of a person.
//
// Scopes: spark-admin:people_read and people_write for the permissions, spark-admin:telephony_config_read and
// telephony_config_write for the rest.
func (s *OutgoingPermissionService) Person(personID string) *EntityPermissions {
	return s.entity(person, personID)
}

// Workspace gives access to the outgoing permissions of a workspace.
//
// Scopes: spark-admin:workspaces_read and workspaces_write, or those that begin with spark.
func (s *OutgoingPermissionService) Workspace(workspaceID string) *EntityPermissions {
	return s.entity(workspace, workspaceID)
}

// Location gives access to the outgoing permissions of a location, which those in it inherit. It has no switches.
//
// Scopes: spark-admin:telephony_config_read and telephony_config_write.
func (s *OutgoingPermissionService) Location(locationID string) *EntityPermissions {
	return s.entity(location, locationID)
}

// VirtualLine gives access to the outgoing permissions of a virtual line.
//
// Scopes: spark-admin:telephony_config_read and telephony_config_write.
func (s *OutgoingPermissionService) VirtualLine(virtualLineID string) *EntityPermissions {
	return s.entity(virtualLine, virtualLineID)
}

func (s *OutgoingPermissionService) entity(kind entityKind, id string) *EntityPermissions {
	e := entity{s.caller, kind, id}
	return &EntityPermissions{TransferNumbers: &TransferNumberService{e}, entity: e}
}

// EntityPermissions are the outgoing permissions of one person, workspace, location or virtual line.
type EntityPermissions struct {
	// TransferNumbers are the numbers that calls can be diverted to.
	TransferNumbers *TransferNumberService

	entity entity
}

// Get answers which calls may be placed. While UseCustomEnabled or UseCustomPermissions is false, those of the location
// are in force instead.
func (p *EntityPermissions) Get(ctx context.Context) (OutgoingPermissions, error) {
	settings, err := getFeature[gen.OutgoingPermissions](ctx, p.entity, p.entity.kind.permissions)
	return OutgoingPermissions(settings), err
}

// Update changes which calls may be placed. What settings leave out stays as it is. Read-only members are not sent, and
// neither are the call types that the service answers but refuses to change: URL_DIALING, UNKNOWN and CASUAL, unless
// [DropCallTypes] or [DropNoCallTypes] say otherwise. An update with nothing left to send is an error. settings itself is
// not changed.
func (p *EntityPermissions) Update(ctx context.Context, settings OutgoingPermissions, options ...UpdateOption) error {
	config := updateConfig{drop: []gen.CallType{gen.CallTypeURLDialing, gen.CallTypeUnknown, gen.CallTypeCasual}}
	for _, option := range options {
		if option == nil {
			return errors.New("webex: an option is nil")
		}
		option(&config)
	}
	body := settings.sendable(config.drop)
	if !p.entity.kind.switches {
		body.UseCustomEnabled, body.UseCustomPermissions = nil, nil
	}
	if body.isEmpty() {
		return errors.New("webex: settings hold nothing that can be updated")
	}
	return p.entity.update(ctx, p.entity.kind.permissions, gen.OutgoingPermissions(body))
}

// UpdateOption changes what [EntityPermissions.Update] sends.
type UpdateOption func(*updateConfig)

type updateConfig struct{ drop []gen.CallType }

// DropCallTypes makes an update leave out the given call types, in any case of letters, instead of those that it leaves
// out by itself. Elsewhere this is known as drop_call_types.
func DropCallTypes(callTypes ...gen.CallType) UpdateOption {
	return func(config *updateConfig) { config.drop = slices.Clone(callTypes) }
}

// DropNoCallTypes makes an update send every call type, even those that the service is known to refuse.
func DropNoCallTypes() UpdateOption { return DropCallTypes() }

// OutgoingPermissions tell which calls may be placed, by call type. Members that are unknown here are kept at every level
// and sent back as they came.
type OutgoingPermissions gen.OutgoingPermissions

// Set makes calls of a type end in action, and allows or forbids that such a call is transferred or forwarded to. An entry
// that is there is changed, otherwise one is added. Set also turns on UseCustomEnabled and UseCustomPermissions, without
// which the entry would have no effect; a location has no such switches, and none are sent for it.
func (p *OutgoingPermissions) Set(callType gen.CallType, action gen.Action, transfer bool) {
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

func sameCallType(a, b gen.CallType) bool { return strings.EqualFold(string(a), string(b)) }

// sendable is what of p may be sent, without the call types in drop.
func (p OutgoingPermissions) sendable(drop []gen.CallType) OutgoingPermissions {
	var entries []gen.CallPermission
	for _, entry := range p.CallingPermissions {
		dropped := func(callType gen.CallType) bool { return sameCallType(callType, entry.CallType) }
		if !slices.ContainsFunc(drop, dropped) {
			entry.IsCallTypeRestrictionEnabled = nil
			entries = append(entries, entry)
		}
	}
	p.CallingPermissions = entries
	return p
}

func (p OutgoingPermissions) isEmpty() bool {
	return p.UseCustomEnabled == nil && p.UseCustomPermissions == nil && len(p.CallingPermissions) == 0 && len(p.Unknown) == 0
}

// MarshalJSON writes p with the members that are unknown here.
func (p OutgoingPermissions) MarshalJSON() ([]byte, error) {
	return gen.OutgoingPermissions(p).MarshalJSON()
}

// UnmarshalJSON reads p and keeps the members that are unknown here.
func (p *OutgoingPermissions) UnmarshalJSON(data []byte) error {
	return (*gen.OutgoingPermissions)(p).UnmarshalJSON(data)
}
