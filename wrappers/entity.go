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
	switches bool
	// permissions has more than one path where it is not known which of them a server has.
	permissions      []feature
	transferNumbers  feature
	accessCodes      feature
	accessCodeList   whole
	digitPatterns    feature
	digitPatternList whole
	digitPattern     single
}

// feature is one part of the settings of an entity. An update that a kind does not have is nil, and has no method.
type feature struct {
	get    getCall
	update updateCall
}

// whole is a list of things in a part.
type whole struct {
	create    updateCall
	deleteAll getCall
}

// single is one thing of such a list.
type single struct {
	get    getOneCall
	update updateOneCall
	delete getOneCall
}

var (
	person = entityKind{
		argument: "personID", switches: true,
		permissions: []feature{
			{(*gen.Client).GetPersonOutgoingPermissions, (*gen.Client).UpdatePersonOutgoingPermissionsWithBody},
			{(*gen.Client).GetPersonTelephonyOutgoingPermissions, (*gen.Client).UpdatePersonTelephonyOutgoingPermissionsWithBody},
		},
		transferNumbers: feature{
			(*gen.Client).GetPersonTransferNumbers, (*gen.Client).UpdatePersonTransferNumbersWithBody},
		accessCodes: feature{
			(*gen.Client).ListPersonAccessCodes, (*gen.Client).UpdatePersonAccessCodesWithBody},
		accessCodeList: whole{
			(*gen.Client).CreatePersonAccessCodeWithBody, (*gen.Client).DeleteAllPersonAccessCodes},
		digitPatterns: feature{
			(*gen.Client).ListPersonDigitPatterns, (*gen.Client).UpdatePersonDigitPatternSettingsWithBody},
		digitPatternList: whole{
			(*gen.Client).CreatePersonDigitPatternWithBody, (*gen.Client).DeleteAllPersonDigitPatterns},
		digitPattern: single{(*gen.Client).GetPersonDigitPattern,
			(*gen.Client).UpdatePersonDigitPatternWithBody, (*gen.Client).DeletePersonDigitPattern},
	}
	workspace = entityKind{
		argument: "workspaceID", switches: true,
		permissions: []feature{
			{(*gen.Client).GetWorkspaceOutgoingPermissions, (*gen.Client).UpdateWorkspaceOutgoingPermissionsWithBody},
		},
		transferNumbers: feature{
			(*gen.Client).GetWorkspaceTransferNumbers, (*gen.Client).UpdateWorkspaceTransferNumbersWithBody},
		accessCodes: feature{
			(*gen.Client).ListWorkspaceAccessCodes, (*gen.Client).UpdateWorkspaceAccessCodesWithBody},
		accessCodeList: whole{
			(*gen.Client).CreateWorkspaceAccessCodeWithBody, (*gen.Client).DeleteAllWorkspaceAccessCodes},
		digitPatterns: feature{
			(*gen.Client).ListWorkspaceDigitPatterns, (*gen.Client).UpdateWorkspaceDigitPatternSettingsWithBody},
		digitPatternList: whole{
			(*gen.Client).CreateWorkspaceDigitPatternWithBody, (*gen.Client).DeleteAllWorkspaceDigitPatterns},
		digitPattern: single{(*gen.Client).GetWorkspaceDigitPattern,
			(*gen.Client).UpdateWorkspaceDigitPatternWithBody, (*gen.Client).DeleteWorkspaceDigitPattern},
	}
	location = entityKind{
		argument: "locationID",
		permissions: []feature{
			{(*gen.Client).GetLocationOutgoingPermissions, (*gen.Client).UpdateLocationOutgoingPermissionsWithBody},
		},
		transferNumbers: feature{
			(*gen.Client).GetLocationTransferNumbers, (*gen.Client).UpdateLocationTransferNumbersWithBody},
		accessCodes: feature{
			(*gen.Client).ListLocationAccessCodes, (*gen.Client).DeleteLocationAccessCodesWithBody},
		accessCodeList: whole{
			(*gen.Client).CreateLocationAccessCodesWithBody, (*gen.Client).DeleteAllLocationAccessCodes},
		digitPatterns: feature{
			(*gen.Client).ListLocationDigitPatterns, nil},
		digitPatternList: whole{
			(*gen.Client).CreateLocationDigitPatternWithBody, (*gen.Client).DeleteAllLocationDigitPatterns},
		digitPattern: single{(*gen.Client).GetLocationDigitPattern,
			(*gen.Client).UpdateLocationDigitPatternWithBody, (*gen.Client).DeleteLocationDigitPattern},
	}
	virtualLine = entityKind{
		argument: "virtualLineID", switches: true,
		permissions: []feature{
			{(*gen.Client).GetVirtualLineOutgoingPermissions, (*gen.Client).UpdateVirtualLineOutgoingPermissionsWithBody},
		},
		transferNumbers: feature{
			(*gen.Client).GetVirtualLineTransferNumbers, (*gen.Client).UpdateVirtualLineTransferNumbersWithBody},
		accessCodes: feature{
			(*gen.Client).ListVirtualLineAccessCodes, (*gen.Client).UpdateVirtualLineAccessCodesWithBody},
		accessCodeList: whole{
			(*gen.Client).CreateVirtualLineAccessCodeWithBody, (*gen.Client).DeleteAllVirtualLineAccessCodes},
		digitPatterns: feature{
			(*gen.Client).ListVirtualLineDigitPatterns, (*gen.Client).UpdateVirtualLineDigitPatternSettingsWithBody},
		digitPatternList: whole{
			(*gen.Client).CreateVirtualLineDigitPatternWithBody, (*gen.Client).DeleteAllVirtualLineDigitPatterns},
		digitPattern: single{(*gen.Client).GetVirtualLineDigitPattern,
			(*gen.Client).UpdateVirtualLineDigitPatternWithBody, (*gen.Client).DeleteVirtualLineDigitPattern},
	}
)

// entity is one person, workspace, location or virtual line.
type entity struct {
	caller *caller
	kind   entityKind
	id     string
}

func getFeature[T any](ctx context.Context, e entity, send getCall, is func(T) bool) (T, error) {
	return get(ctx, e.caller, e.kind.argument, e.id, send, is)
}

func (e entity) act(ctx context.Context, send getCall) error {
	return act(ctx, e.caller, e.kind.argument, e.id, send)
}

func (e entity) update(ctx context.Context, send updateCall, body any) error {
	return update(ctx, e.caller, e.kind.argument, e.id, body, send)
}
