package webextest

import (
	"maps"
	"net/http"
	"slices"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// newDefaultAccess opens every feature that the document knows, but for two that organizations mostly keep closed.
func newDefaultAccess() map[string]string {
	access := map[string]string{}
	for _, feature := range features {
		access[feature] = string(server.AccessLevelFullAccess)
	}
	access["bargeIn"] = string(server.AccessLevelNoAccess)
	access["generateActivationCode"] = string(server.AccessLevelNoAccess)
	return access
}

var features = []string{
	"anonymousCallRejection", "bargeIn", "blockCallerId", "callForwarding", "callWaiting", "callNotify",
	"connectedLineIdentity", "executive", "hoteling", "priorityAlert", "selectivelyAcceptCalls", "selectivelyRejectCalls",
	"selectivelyForwardCalls", "sequentialRing", "simultaneousRing", "singleNumberReach", "voicemail",
	"sendCallsToVoicemail", "voicemailEmailCopy", "voicemailFaxMessaging", "voicemailMessageStorage",
	"voicemailNotifications", "voicemailTransferNumber", "generateActivationCode", "voicemailDownload", "speedDial",
}

// GetDefaultFeatureAccess answers what holds for all who have no access of their own.
func (o *organization) GetDefaultFeatureAccess(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	answer(w, o.defaultAccess)
}

// UpdateDefaultFeatureAccess changes the features that are sent.
func (o *organization) UpdateDefaultFeatureAccess(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if update, ok := receiveAccess(w, r); ok {
		maps.Copy(o.defaultAccess, update)
		done(w)
	}
}

// GetPersonFeatureAccess answers what holds for one person. Who follows the default is told by that alone.
func (o *organization) GetPersonFeatureAccess(w http.ResponseWriter, _ *http.Request, personID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.knowsPerson(w, personID) {
		return
	}
	access, own := o.access[personID]
	if !own {
		access = o.defaultAccess
	}
	answer(w, map[string]any{"userOrgSettingsPermissionEnabled": !own, "userSettingsPermissions": access})
}

// UpdatePersonFeatureAccess changes the features that are sent and ends following the default.
func (o *organization) UpdatePersonFeatureAccess(w http.ResponseWriter, r *http.Request, personID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.knowsPerson(w, personID) {
		return
	}
	update, ok := receiveAccess(w, r)
	if !ok {
		return
	}
	if o.access[personID] == nil {
		o.access[personID] = maps.Clone(o.defaultAccess)
	}
	maps.Copy(o.access[personID], update)
	done(w)
}

// ResetPersonFeatureAccess makes one person follow the default again.
func (o *organization) ResetPersonFeatureAccess(w http.ResponseWriter, _ *http.Request, personID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.knowsPerson(w, personID) {
		delete(o.access, personID)
		done(w)
	}
}

func (o *organization) knowsPerson(w http.ResponseWriter, id string) bool {
	known := slices.ContainsFunc(o.people, func(p Person) bool { return p.ID == id })
	if !known {
		unknown(w, "person", id)
	}
	return known
}

// receiveAccess reads a change of access, which may only have known levels.
func receiveAccess(w http.ResponseWriter, r *http.Request) (map[string]string, bool) {
	update, ok := receive[map[string]string](w, r)
	if !ok {
		return nil, false
	}
	for feature, level := range update {
		if level != string(server.AccessLevelFullAccess) && level != string(server.AccessLevelNoAccess) {
			refuse(w, http.StatusBadRequest, 0, feature+" cannot be set to "+level)
			return nil, false
		}
	}
	return update, true
}
