package webextest

import "net/http"

// The operations of the four kinds. Each names the kind and leaves the rest to what they have in common.

func (o *organization) GetPersonOutgoingPermissions(w http.ResponseWriter, _ *http.Request, id string) {
	o.getPermissions(w, personKind, id)
}

func (o *organization) UpdatePersonOutgoingPermissions(w http.ResponseWriter, r *http.Request, id string) {
	o.updatePermissions(w, r, personKind, id)
}

func (o *organization) GetPersonTelephonyOutgoingPermissions(w http.ResponseWriter, _ *http.Request, id string) {
	o.getPermissions(w, personKind, id)
}

func (o *organization) UpdatePersonTelephonyOutgoingPermissions(w http.ResponseWriter, r *http.Request, id string) {
	o.updatePermissions(w, r, personKind, id)
}

func (o *organization) GetPersonTransferNumbers(w http.ResponseWriter, _ *http.Request, id string) {
	o.getTransferNumbers(w, personKind, id)
}

func (o *organization) UpdatePersonTransferNumbers(w http.ResponseWriter, r *http.Request, id string) {
	o.updateTransferNumbers(w, r, personKind, id)
}

func (o *organization) ListPersonAccessCodes(w http.ResponseWriter, _ *http.Request, id string) {
	o.listAccessCodes(w, personKind, id)
}

func (o *organization) CreatePersonAccessCode(w http.ResponseWriter, r *http.Request, id string) {
	o.createAccessCode(w, r, personKind, id)
}

func (o *organization) UpdatePersonAccessCodes(w http.ResponseWriter, r *http.Request, id string) {
	o.updateAccessCodes(w, r, personKind, id)
}

func (o *organization) DeleteAllPersonAccessCodes(w http.ResponseWriter, _ *http.Request, id string) {
	o.deleteAllAccessCodes(w, personKind, id)
}

func (o *organization) ListPersonDigitPatterns(w http.ResponseWriter, _ *http.Request, id string) {
	o.listDigitPatterns(w, personKind, id)
}

func (o *organization) CreatePersonDigitPattern(w http.ResponseWriter, r *http.Request, id string) {
	o.createDigitPattern(w, r, personKind, id)
}

func (o *organization) UpdatePersonDigitPatternSettings(w http.ResponseWriter, r *http.Request, id string) {
	o.updateDigitPatternSettings(w, r, personKind, id)
}

func (o *organization) DeleteAllPersonDigitPatterns(w http.ResponseWriter, _ *http.Request, id string) {
	o.deleteAllDigitPatterns(w, personKind, id)
}

func (o *organization) GetPersonDigitPattern(w http.ResponseWriter, _ *http.Request, id, patternID string) {
	o.getDigitPattern(w, personKind, id, patternID)
}

func (o *organization) UpdatePersonDigitPattern(w http.ResponseWriter, r *http.Request, id, patternID string) {
	o.updateDigitPattern(w, r, personKind, id, patternID)
}

func (o *organization) DeletePersonDigitPattern(w http.ResponseWriter, _ *http.Request, id, patternID string) {
	o.deleteDigitPattern(w, personKind, id, patternID)
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

func (o *organization) ListWorkspaceAccessCodes(w http.ResponseWriter, _ *http.Request, id string) {
	o.listAccessCodes(w, workspaceKind, id)
}

func (o *organization) CreateWorkspaceAccessCode(w http.ResponseWriter, r *http.Request, id string) {
	o.createAccessCode(w, r, workspaceKind, id)
}

func (o *organization) UpdateWorkspaceAccessCodes(w http.ResponseWriter, r *http.Request, id string) {
	o.updateAccessCodes(w, r, workspaceKind, id)
}

func (o *organization) DeleteAllWorkspaceAccessCodes(w http.ResponseWriter, _ *http.Request, id string) {
	o.deleteAllAccessCodes(w, workspaceKind, id)
}

func (o *organization) ListWorkspaceDigitPatterns(w http.ResponseWriter, _ *http.Request, id string) {
	o.listDigitPatterns(w, workspaceKind, id)
}

func (o *organization) CreateWorkspaceDigitPattern(w http.ResponseWriter, r *http.Request, id string) {
	o.createDigitPattern(w, r, workspaceKind, id)
}

func (o *organization) UpdateWorkspaceDigitPatternSettings(w http.ResponseWriter, r *http.Request, id string) {
	o.updateDigitPatternSettings(w, r, workspaceKind, id)
}

func (o *organization) DeleteAllWorkspaceDigitPatterns(w http.ResponseWriter, _ *http.Request, id string) {
	o.deleteAllDigitPatterns(w, workspaceKind, id)
}

func (o *organization) GetWorkspaceDigitPattern(w http.ResponseWriter, _ *http.Request, id, patternID string) {
	o.getDigitPattern(w, workspaceKind, id, patternID)
}

func (o *organization) UpdateWorkspaceDigitPattern(w http.ResponseWriter, r *http.Request, id, patternID string) {
	o.updateDigitPattern(w, r, workspaceKind, id, patternID)
}

func (o *organization) DeleteWorkspaceDigitPattern(w http.ResponseWriter, _ *http.Request, id, patternID string) {
	o.deleteDigitPattern(w, workspaceKind, id, patternID)
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

func (o *organization) ListLocationAccessCodes(w http.ResponseWriter, _ *http.Request, id string) {
	o.listAccessCodes(w, locationKind, id)
}

func (o *organization) CreateLocationAccessCodes(w http.ResponseWriter, r *http.Request, id string) {
	o.createAccessCodes(w, r, locationKind, id)
}

func (o *organization) DeleteLocationAccessCodes(w http.ResponseWriter, r *http.Request, id string) {
	o.updateAccessCodes(w, r, locationKind, id)
}

func (o *organization) DeleteAllLocationAccessCodes(w http.ResponseWriter, _ *http.Request, id string) {
	o.deleteAllAccessCodes(w, locationKind, id)
}

func (o *organization) ListLocationDigitPatterns(w http.ResponseWriter, _ *http.Request, id string) {
	o.listDigitPatterns(w, locationKind, id)
}

func (o *organization) CreateLocationDigitPattern(w http.ResponseWriter, r *http.Request, id string) {
	o.createDigitPattern(w, r, locationKind, id)
}

func (o *organization) DeleteAllLocationDigitPatterns(w http.ResponseWriter, _ *http.Request, id string) {
	o.deleteAllDigitPatterns(w, locationKind, id)
}

func (o *organization) GetLocationDigitPattern(w http.ResponseWriter, _ *http.Request, id, patternID string) {
	o.getDigitPattern(w, locationKind, id, patternID)
}

func (o *organization) UpdateLocationDigitPattern(w http.ResponseWriter, r *http.Request, id, patternID string) {
	o.updateDigitPattern(w, r, locationKind, id, patternID)
}

func (o *organization) DeleteLocationDigitPattern(w http.ResponseWriter, _ *http.Request, id, patternID string) {
	o.deleteDigitPattern(w, locationKind, id, patternID)
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

func (o *organization) ListVirtualLineAccessCodes(w http.ResponseWriter, _ *http.Request, id string) {
	o.listAccessCodes(w, virtualLineKind, id)
}

func (o *organization) CreateVirtualLineAccessCode(w http.ResponseWriter, r *http.Request, id string) {
	o.createAccessCode(w, r, virtualLineKind, id)
}

func (o *organization) UpdateVirtualLineAccessCodes(w http.ResponseWriter, r *http.Request, id string) {
	o.updateAccessCodes(w, r, virtualLineKind, id)
}

func (o *organization) DeleteAllVirtualLineAccessCodes(w http.ResponseWriter, _ *http.Request, id string) {
	o.deleteAllAccessCodes(w, virtualLineKind, id)
}

func (o *organization) ListVirtualLineDigitPatterns(w http.ResponseWriter, _ *http.Request, id string) {
	o.listDigitPatterns(w, virtualLineKind, id)
}

func (o *organization) CreateVirtualLineDigitPattern(w http.ResponseWriter, r *http.Request, id string) {
	o.createDigitPattern(w, r, virtualLineKind, id)
}

func (o *organization) UpdateVirtualLineDigitPatternSettings(w http.ResponseWriter, r *http.Request, id string) {
	o.updateDigitPatternSettings(w, r, virtualLineKind, id)
}

func (o *organization) DeleteAllVirtualLineDigitPatterns(w http.ResponseWriter, _ *http.Request, id string) {
	o.deleteAllDigitPatterns(w, virtualLineKind, id)
}

func (o *organization) GetVirtualLineDigitPattern(w http.ResponseWriter, _ *http.Request, id, patternID string) {
	o.getDigitPattern(w, virtualLineKind, id, patternID)
}

func (o *organization) UpdateVirtualLineDigitPattern(w http.ResponseWriter, r *http.Request, id, patternID string) {
	o.updateDigitPattern(w, r, virtualLineKind, id, patternID)
}

func (o *organization) DeleteVirtualLineDigitPattern(w http.ResponseWriter, _ *http.Request, id, patternID string) {
	o.deleteDigitPattern(w, virtualLineKind, id, patternID)
}
