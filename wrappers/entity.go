package wrappers

import (
	"context"

	"github.com/webex-calling/webex-calling-go/gen"
)

// entityKind is what differs between the kinds of entity that have outgoing permissions: the generated calls. Their paths
// are irregular, so none is ever put together here.
type entityKind struct {
	// argument is what an error calls the id.
	argument string
	// switches tells whether the kind can have settings of its own beside inherited ones.
	switches        bool
	permissions     feature
	transferNumbers feature
}

// feature is one part of the settings of an entity.
type feature struct {
	get    getCall
	update updateCall
}

var (
	person = entityKind{
		argument: "personID", switches: true,
		permissions: feature{
			(*gen.Client).GetPersonOutgoingPermissions, (*gen.Client).UpdatePersonOutgoingPermissionsWithBody},
		transferNumbers: feature{
			(*gen.Client).GetPersonTransferNumbers, (*gen.Client).UpdatePersonTransferNumbersWithBody},
	}
	workspace = entityKind{
		argument: "workspaceID", switches: true,
		permissions: feature{
			(*gen.Client).GetWorkspaceOutgoingPermissions, (*gen.Client).UpdateWorkspaceOutgoingPermissionsWithBody},
		transferNumbers: feature{
			(*gen.Client).GetWorkspaceTransferNumbers, (*gen.Client).UpdateWorkspaceTransferNumbersWithBody},
	}
	location = entityKind{
		argument: "locationID",
		permissions: feature{
			(*gen.Client).GetLocationOutgoingPermissions, (*gen.Client).UpdateLocationOutgoingPermissionsWithBody},
		transferNumbers: feature{
			(*gen.Client).GetLocationTransferNumbers, (*gen.Client).UpdateLocationTransferNumbersWithBody},
	}
	virtualLine = entityKind{
		argument: "virtualLineID", switches: true,
		permissions: feature{
			(*gen.Client).GetVirtualLineOutgoingPermissions, (*gen.Client).UpdateVirtualLineOutgoingPermissionsWithBody},
		transferNumbers: feature{
			(*gen.Client).GetVirtualLineTransferNumbers, (*gen.Client).UpdateVirtualLineTransferNumbersWithBody},
	}
)

// entity is one person, workspace, location or virtual line.
type entity struct {
	caller *caller
	kind   entityKind
	id     string
}

func getFeature[T any](ctx context.Context, e entity, f feature) (T, error) {
	return get[T](ctx, e.caller, e.kind.argument, e.id, f.get)
}

func (e entity) update(ctx context.Context, f feature, body any) error {
	return update(ctx, e.caller, e.kind.argument, e.id, body, f.update)
}
