package webextest

import (
	"maps"
	"net/http"

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

// GetDefaultFeatureAccess returns the default. From then on, reads of persons who follow it return the same values.
func (o *organization) GetDefaultFeatureAccess(w http.ResponseWriter, _ *http.Request) {
	o.formerAccess = nil
	answer(w, o.FeatureAccess)
}

// UpdateDefaultFeatureAccess changes the features that are sent.
func (o *organization) UpdateDefaultFeatureAccess(w http.ResponseWriter, r *http.Request) {
	if update, ok := receiveAccess(w, r); ok {
		if o.formerAccess == nil {
			o.formerAccess = maps.Clone(o.FeatureAccess)
		}
		maps.Copy(o.FeatureAccess, update)
		done(w)
	}
}

// GetPersonFeatureAccess returns the access of one person. For a person who follows a default that was changed, it returns the
// former values until the default is read.
func (o *organization) GetPersonFeatureAccess(w http.ResponseWriter, _ *http.Request, personID string) {
	person, ok := o.knownPerson(w, personID)
	if !ok {
		return
	}
	access, follows := person.FeatureAccess, person.FeatureAccess == nil
	switch {
	case follows && o.formerAccess != nil:
		access = o.formerAccess
	case follows:
		access = o.FeatureAccess
	}
	answer(w, map[string]any{"userOrgSettingsPermissionEnabled": follows, "userSettingsPermissions": access})
}

// UpdatePersonFeatureAccess changes the features that are sent and ends following the default.
func (o *organization) UpdatePersonFeatureAccess(w http.ResponseWriter, r *http.Request, personID string) {
	person, ok := o.knownPerson(w, personID)
	if !ok {
		return
	}
	update, ok := receiveAccess(w, r)
	if !ok {
		return
	}
	if person.FeatureAccess == nil {
		person.FeatureAccess = maps.Clone(o.FeatureAccess)
	}
	maps.Copy(person.FeatureAccess, update)
	done(w)
}

// ResetPersonFeatureAccess makes one person follow the default again.
func (o *organization) ResetPersonFeatureAccess(w http.ResponseWriter, _ *http.Request, personID string) {
	if person, ok := o.knownPerson(w, personID); ok {
		person.FeatureAccess = nil
		done(w)
	}
}

func (o *organization) knownPerson(w http.ResponseWriter, id string) (*Person, bool) {
	person, ok := o.people[key(id)]
	if !ok {
		unknown(w, "person", id)
	}
	return person, ok
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
