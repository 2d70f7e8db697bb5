package wrappers

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/webex-calling/webex-calling-go/gen"
)

// DigitPatternService manages the digit patterns of one entity: rules for numbers, which count before call types. The
// service accepts 500 of them, with names that differ.
type DigitPatternService struct{ entity entity }

// DigitPattern is what happens to calls to numbers of a pattern. Members that are unknown here are kept.
type DigitPattern gen.DigitPattern

// DigitPatterns are the patterns of an entity.
type DigitPatterns struct {
	// UseCustomDigitPatterns is true if the own patterns are in force, false if those of the location are, nil for a location.
	UseCustomDigitPatterns *bool `json:"useCustomDigitPatterns,omitzero"`
	// DigitPatterns are the own patterns, whether they are in force or not.
	DigitPatterns []DigitPattern `json:"digitPatterns,omitzero"`
}

// List answers the patterns of the entity. They are not paged.
func (s *DigitPatternService) List(ctx context.Context) (DigitPatterns, error) {
	read, err := getFeature(ctx, s.entity, s.entity.kind.digitPatterns.get, func(r digitPatternResponse) bool {
		return r.DigitPatterns.found || r.UseCustomDigitPatterns != nil
	})
	patterns := DigitPatterns{UseCustomDigitPatterns: read.UseCustomDigitPatterns}
	for _, pattern := range read.DigitPatterns.value {
		patterns.DigitPatterns = append(patterns.DigitPatterns, DigitPattern(pattern))
	}
	return patterns, err
}

type digitPatternResponse struct {
	UseCustomDigitPatterns *bool                      `json:"useCustomDigitPatterns"`
	DigitPatterns          member[[]gen.DigitPattern] `json:"digitPatterns"`
}

// Get answers one pattern.
func (s *DigitPatternService) Get(ctx context.Context, digitPatternID string) (DigitPattern, error) {
	if err := s.check(digitPatternID); err != nil {
		return DigitPattern{}, err
	}
	resp, err := s.entity.kind.digitPattern.get(s.entity.caller.client, ctx, s.entity.id, digitPatternID)
	pattern, err := read(resp, err, func(pattern gen.DigitPattern) bool { return pattern.ID != "" })
	return DigitPattern(pattern), err
}

// Create creates a pattern and answers its id.
func (s *DigitPatternService) Create(ctx context.Context, request gen.CreateDigitPatternRequest) (string, error) {
	if err := checkID(s.entity.kind.argument, s.entity.id); err != nil {
		return "", err
	}
	if request.Name == "" || request.Pattern == "" || request.Action == "" {
		return "", errors.New("webex: request: Name, Pattern and Action are needed")
	}
	resp, err := deliver(request, func(contentType string, body io.Reader) (*http.Response, error) {
		return s.entity.kind.digitPatternList.create(s.entity.caller.client, ctx, s.entity.id, contentType, body)
	})
	created, err := read(resp, err, func(created gen.CreatedDigitPattern) bool { return created.ID != "" })
	return created.ID, err
}

// Update changes what change holds of a pattern and leaves the rest. [DigitPattern.AsUpdate] makes one of a pattern that
// was read.
func (s *DigitPatternService) Update(ctx context.Context, digitPatternID string, change gen.DigitPatternUpdate) error {
	if err := s.check(digitPatternID); err != nil {
		return err
	}
	if change.Name == nil && change.Pattern == nil && change.Action == nil && change.TransferEnabled == nil &&
		isEmptyObject(change.Unknown) {
		return errors.New("webex: change is empty: there is nothing to update")
	}
	return finish(deliver(change, func(contentType string, body io.Reader) (*http.Response, error) {
		return s.entity.kind.digitPattern.update(s.entity.caller.client, ctx, s.entity.id, digitPatternID, contentType, body)
	}))
}

// Delete deletes one pattern.
func (s *DigitPatternService) Delete(ctx context.Context, digitPatternID string) error {
	if err := s.check(digitPatternID); err != nil {
		return err
	}
	return finish(s.entity.kind.digitPattern.delete(s.entity.caller.client, ctx, s.entity.id, digitPatternID))
}

// DeleteAll deletes every pattern of the entity.
func (s *DigitPatternService) DeleteAll(ctx context.Context) error {
	return s.entity.act(ctx, s.entity.kind.digitPatternList.deleteAll)
}

// check refuses ids that would reach all patterns, or none.
func (s *DigitPatternService) check(digitPatternID string) error {
	if err := checkID(s.entity.kind.argument, s.entity.id); err != nil {
		return err
	}
	return checkID("digitPatternID", digitPatternID)
}

// EntityDigitPatternService manages the digit patterns of a person, workspace or virtual line, which can also be those of its
// location.
type EntityDigitPatternService struct{ DigitPatternService }

// UseCustom puts the own patterns in force, or those of the location. It is independent of the other switches.
func (s *EntityDigitPatternService) UseCustom(ctx context.Context, on bool) error {
	return s.entity.update(ctx, s.entity.kind.digitPatterns.update, gen.DigitPatternSettingsUpdate{UseCustomDigitPatterns: &on})
}

// AsUpdate is a change that sets everything that p has, the members that are unknown here included.
func (p DigitPattern) AsUpdate() gen.DigitPatternUpdate {
	return gen.DigitPatternUpdate{
		Name: ifSet(p.Name), Pattern: ifSet(p.Pattern), Action: ifSet(p.Action), TransferEnabled: p.TransferEnabled,
		Unknown: p.Unknown,
	}
}

// MarshalJSON writes p with the members that are unknown here.
func (p DigitPattern) MarshalJSON() ([]byte, error) { return gen.DigitPattern(p).MarshalJSON() }

// UnmarshalJSON reads p and keeps the members that are unknown here.
func (p *DigitPattern) UnmarshalJSON(data []byte) error {
	return (*gen.DigitPattern)(p).UnmarshalJSON(data)
}
