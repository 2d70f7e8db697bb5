package webextest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

// mostPatterns is the number of digit patterns of an entity.
const mostPatterns = 500

const patternKind = "us/SCHEDULE"

// listDigitPatterns answers the own patterns of an entity, whatever the switch says.
func (o *organization) listDigitPatterns(w http.ResponseWriter, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	view := server.DigitPatterns{DigitPatterns: []server.DigitPattern{}}
	for _, pattern := range e.DigitPatterns {
		view.DigitPatterns = append(view.DigitPatterns, pattern.view())
	}
	if k.switches {
		view.UseCustomDigitPatterns = &e.UseCustomDigitPatterns
	}
	answer(w, view)
}

func (p DigitPattern) view() server.DigitPattern {
	return server.DigitPattern{
		ID: p.ID, Name: p.Name, Pattern: p.Pattern, Action: server.Action(p.Action), TransferEnabled: p.TransferEnabled,
	}
}

// createDigitPattern adds a pattern.
func (o *organization) createDigitPattern(w http.ResponseWriter, r *http.Request, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	request, ok := receive[server.CreateDigitPatternRequest](w, r)
	if !ok {
		return
	}
	pattern := DigitPattern{
		ID: o.newID(patternKind), Name: request.Name, Pattern: request.Pattern, Action: string(request.Action),
		TransferEnabled: request.TransferEnabled,
	}
	if len(e.DigitPatterns) >= mostPatterns {
		refuse(w, http.StatusBadRequest, 0, fmt.Sprintf("There may be %d digit patterns", mostPatterns))
		return
	}
	if e.checkPattern(w, pattern) {
		e.DigitPatterns = append(e.DigitPatterns, pattern)
		send(w, http.StatusCreated, server.CreatedDigitPattern{ID: pattern.ID})
	}
}

// checkPattern refuses a pattern without name or digits, and a name that another one has.
func (e *entity) checkPattern(w http.ResponseWriter, pattern DigitPattern) bool {
	if pattern.Name == "" || pattern.Pattern == "" {
		refuse(w, http.StatusBadRequest, 25008, "Missing mandatory field: name and pattern must not be empty")
		return false
	}
	if slices.ContainsFunc(e.DigitPatterns, func(p DigitPattern) bool { return p.Name == pattern.Name && p.ID != pattern.ID }) {
		refuse(w, http.StatusConflict, 0, "There is a digit pattern with the name "+pattern.Name)
		return false
	}
	return true
}

// updateDigitPatternSettings sets the switch.
func (o *organization) updateDigitPatternSettings(w http.ResponseWriter, r *http.Request, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	if update, ok := receive[server.DigitPatternSettingsUpdate](w, r); ok {
		set(&e.UseCustomDigitPatterns, update.UseCustomDigitPatterns)
		done(w)
	}
}

// deleteAllDigitPatterns takes away all own patterns.
func (o *organization) deleteAllDigitPatterns(w http.ResponseWriter, k *kind, id string) {
	if e, ok := o.entity(w, k, id); ok {
		e.DigitPatterns = []DigitPattern{}
		done(w)
	}
}

// getDigitPattern answers one pattern.
func (o *organization) getDigitPattern(w http.ResponseWriter, k *kind, id, patternID string) {
	if e, i, ok := o.pattern(w, k, id, patternID); ok {
		answer(w, e.DigitPatterns[i].view())
	}
}

// updateDigitPattern changes what is sent of a pattern.
func (o *organization) updateDigitPattern(w http.ResponseWriter, r *http.Request, k *kind, id, patternID string) {
	e, i, ok := o.pattern(w, k, id, patternID)
	if !ok {
		return
	}
	update, ok := receive[server.DigitPatternUpdate](w, r)
	if !ok {
		return
	}
	pattern := e.DigitPatterns[i]
	set(&pattern.Name, update.Name)
	set(&pattern.Pattern, update.Pattern)
	set(&pattern.Action, (*string)(update.Action))
	set(&pattern.TransferEnabled, update.TransferEnabled)
	if e.checkPattern(w, pattern) {
		e.DigitPatterns[i] = pattern
		done(w)
	}
}

// deleteDigitPattern takes away one pattern.
func (o *organization) deleteDigitPattern(w http.ResponseWriter, k *kind, id, patternID string) {
	if e, i, ok := o.pattern(w, k, id, patternID); ok {
		e.DigitPatterns = slices.Delete(e.DigitPatterns, i, i+1)
		done(w)
	}
}

// pattern finds a pattern of an entity, or answers that it is not there.
func (o *organization) pattern(w http.ResponseWriter, k *kind, id, patternID string) (e *entity, place int, ok bool) {
	if e, ok = o.entity(w, k, id); !ok {
		return nil, 0, false
	}
	place = slices.IndexFunc(e.DigitPatterns, func(p DigitPattern) bool { return key(p.ID) == key(patternID) })
	if place < 0 {
		unknown(w, "digit pattern", patternID)
		return nil, 0, false
	}
	return e, place, true
}
