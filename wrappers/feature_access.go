package wrappers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/gen"
	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// FeatureAccessService manages which calling features end users may see and change for themselves.
type FeatureAccessService struct{ caller *caller }

// FeatureAccess tells how far end users may go with each feature. Features that are unknown here are kept.
type FeatureAccess map[gen.Feature]gen.AccessLevel

// The levels of access.
const (
	FullAccess = gen.AccessLevelFullAccess
	NoAccess   = gen.AccessLevelNoAccess
)

// PersonFeatureAccess is the feature access of one person.
type PersonFeatureAccess struct {
	// FollowsDefault is true while the default of the organization holds for the person. It is the word of the service:
	// equal values do not make a person follow.
	FollowsDefault bool
	// Features are the levels that hold for the person.
	Features FeatureAccess
}

// Get answers what a person may change.
//
// Scope: spark-admin:telephony_config_read. There is no orgId: whether a partner administrator reaches a customer's person
// is not documented; if not, the call fails with [ErrForbidden] or [ErrNotFound].
func (s *FeatureAccessService) Get(ctx context.Context, personID string) (PersonFeatureAccess, error) {
	if err := checkID("personID", personID); err != nil {
		return PersonFeatureAccess{}, err
	}
	resp, err := s.caller.client.GetPersonFeatureAccess(ctx, personID)
	access, err := read(resp, err, func(r personFeatureAccessResponse) bool { return r.FollowsDefault != nil })
	if err != nil {
		return PersonFeatureAccess{}, err
	}
	features := access.UserSettingsPermissions
	if len(features) == 0 {
		features = access.UserOrgSettingsPermissions
	}
	return PersonFeatureAccess{*access.FollowsDefault, FeatureAccess(features)}, nil
}

// personFeatureAccessResponse has both names of the features.
type personFeatureAccessResponse struct {
	FollowsDefault             *bool           `json:"userOrgSettingsPermissionEnabled"`
	UserSettingsPermissions    featureResponse `json:"userSettingsPermissions"`
	UserOrgSettingsPermissions featureResponse `json:"userOrgSettingsPermissions"`
}

// featureResponse is the level of each feature. Members that are no level, and features whose level is null, are skipped.
type featureResponse FeatureAccess

// UnmarshalJSONFrom decodes the members that are texts.
func (f *featureResponse) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	var members map[gen.Feature]jsontext.Value
	if err := json.UnmarshalDecode(decoder, &members); err != nil {
		return err
	}
	*f = featureResponse{}
	for feature, value := range members {
		var level gen.AccessLevel
		if value.Kind() == jsontext.KindString && json.Unmarshal(value, &level, wire.Reading) == nil && level != "" {
			(*f)[feature] = level
		}
	}
	return nil
}

// isOne reports whether a response holds feature access: some feature has a known level.
func (f featureResponse) isOne() bool {
	levels := slices.Collect(maps.Values(f))
	return slices.Contains(levels, FullAccess) || slices.Contains(levels, NoAccess)
}

// Update changes the features that access holds, and no others. The person no longer follows the default afterwards.
//
// Scope: spark-admin:telephony_config_write.
func (s *FeatureAccessService) Update(ctx context.Context, personID string, access FeatureAccess) error {
	if err := access.check(); err != nil {
		return err
	}
	return update(ctx, s.caller, "personID", personID, access, (*gen.Client).UpdatePersonFeatureAccessWithBody)
}

// Reset gives up the settings of a person, who follows the default of the organization again.
//
// Scope: spark-admin:telephony_config_write.
func (s *FeatureAccessService) Reset(ctx context.Context, personID string) error {
	return act(ctx, s.caller, "personID", personID, (*gen.Client).ResetPersonFeatureAccess)
}

// Default returns what the users of the organization may change unless they have settings of their own.
//
// Scope: spark-admin:telephony_config_read.
func (s *FeatureAccessService) Default(ctx context.Context) (FeatureAccess, error) {
	resp, err := s.caller.client.GetDefaultFeatureAccess(ctx)
	access, err := read(resp, err, featureResponse.isOne)
	return FeatureAccess(access), err
}

// UpdateDefault changes the features that access holds, and no others, for all who follow the default.
//
// Scope: spark-admin:telephony_config_write.
func (s *FeatureAccessService) UpdateDefault(ctx context.Context, access FeatureAccess) error {
	if err := access.check(); err != nil {
		return err
	}
	return finish(post(ctx, s.caller, access, (*gen.Client).UpdateDefaultFeatureAccessWithBody))
}

// check refuses an update that would change nothing or cannot be meant.
func (a FeatureAccess) check() error {
	if len(a) == 0 {
		return errors.New("webex: access is empty: there is nothing to update")
	}
	for _, feature := range slices.Sorted(maps.Keys(a)) {
		if feature == "" || a[feature] == "" {
			return fmt.Errorf("webex: access has the feature %q with the level %q; neither may be empty", feature, a[feature])
		}
	}
	return nil
}
