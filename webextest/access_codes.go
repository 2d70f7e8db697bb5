package webextest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/webex-calling/webex-calling-go/gen/server"
)

const (
	// mostCodes is the number of access codes of a person, a workspace, a virtual line or a location.
	mostCodes = 1000
	// mostCodesAtOnce is the number of codes of the organization in one request, and mostOrganizationCodes of all of them.
	mostCodesAtOnce       = 10_000
	mostOrganizationCodes = 100_000
)

// listAccessCodes answers the codes of an entity: those of its location with that level, then its own.
func (o *organization) listAccessCodes(w http.ResponseWriter, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	if !k.switches {
		answer(w, map[string]any{"accessCodes": definitions(e.AccessCodes)})
		return
	}
	view := server.AccessCodes{AccessCodes: []server.AccessCode{}, UseCustomAccessCodes: &e.UseCustomAccessCodes}
	add := func(codes []AccessCode, level server.AccessCodeLevel) {
		for _, code := range codes {
			view.AccessCodes = append(view.AccessCodes, server.AccessCode{
				Code: &code.Code, Description: &code.Description, Level: &level,
			})
		}
	}
	if e.location != nil {
		add(e.location.Outgoing.AccessCodes, server.AccessCodeLevelLocation)
	}
	add(e.AccessCodes, server.AccessCodeLevelCustom)
	answer(w, view)
}

// definitions are codes as they are answered where they have no level.
func definitions(codes []AccessCode) []server.AccessCodeDefinition {
	list := []server.AccessCodeDefinition{}
	for _, code := range codes {
		list = append(list, server.AccessCodeDefinition(code))
	}
	return list
}

// createAccessCode adds one code.
func (o *organization) createAccessCode(w http.ResponseWriter, r *http.Request, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	if code, ok := receive[server.AccessCodeDefinition](w, r); ok {
		addCodes(w, &e.AccessCodes, []server.AccessCodeDefinition{code}, mostCodes)
	}
}

// createAccessCodes adds a list of codes.
func (o *organization) createAccessCodes(w http.ResponseWriter, r *http.Request, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	if request, ok := receive[server.CreateOrganizationAccessCodesRequest](w, r); ok {
		addCodes(w, &e.AccessCodes, request.AccessCodes, mostCodes)
	}
}

// addCodes adds all codes or, if one of them cannot be added, none.
func addCodes(w http.ResponseWriter, codes *[]AccessCode, added []server.AccessCodeDefinition, most int) {
	if len(added) == 0 {
		refuse(w, http.StatusBadRequest, 25008, "Missing mandatory field: accessCodes is empty")
		return
	}
	if len(*codes)+len(added) > most {
		refuse(w, http.StatusBadRequest, 0, fmt.Sprintf("There may be %d access codes", most))
		return
	}
	known := map[string]bool{}
	for _, code := range *codes {
		known[code.Code] = true
	}
	for _, code := range added {
		if code.Code == "" {
			refuse(w, http.StatusBadRequest, 25008, "Missing mandatory field: code is empty")
			return
		}
		if known[code.Code] {
			refuse(w, http.StatusConflict, 0, "The access code "+code.Code+" is there already")
			return
		}
		known[code.Code] = true
	}
	for _, code := range added {
		*codes = append(*codes, AccessCode(code))
	}
	w.WriteHeader(http.StatusCreated)
}

// updateAccessCodes sets the switch and takes away codes. Codes that are not there are passed over.
func (o *organization) updateAccessCodes(w http.ResponseWriter, r *http.Request, k *kind, id string) {
	e, ok := o.entity(w, k, id)
	if !ok {
		return
	}
	update, ok := receive[server.AccessCodesUpdate](w, r)
	if !ok {
		return
	}
	set(&e.UseCustomAccessCodes, update.UseCustomAccessCodes)
	removeCodes(&e.AccessCodes, update.DeleteCodes)
	done(w)
}

func removeCodes(codes *[]AccessCode, removed []string) {
	gone := map[string]bool{}
	for _, code := range removed {
		gone[code] = true
	}
	*codes = slices.DeleteFunc(*codes, func(c AccessCode) bool { return gone[c.Code] })
}

// deleteAllAccessCodes takes away all own codes.
func (o *organization) deleteAllAccessCodes(w http.ResponseWriter, k *kind, id string) {
	if e, ok := o.entity(w, k, id); ok {
		e.AccessCodes = []AccessCode{}
		done(w)
	}
}

// ListOrganizationAccessCodes answers a page of the codes of the organization that meet the filters.
func (o *organization) ListOrganizationAccessCodes(
	w http.ResponseWriter, r *http.Request, params server.ListOrganizationAccessCodesParams,
) {
	start, size, ok := o.span(w, params.Start, params.Max)
	if !ok {
		return
	}
	meets := func(filter []string, value string) bool { return len(filter) == 0 || slices.Contains(filter, value) }
	var found []AccessCode
	for _, code := range o.AccessCodes {
		if meets(params.Code, code.Code) && meets(params.Description, code.Description) {
			found = append(found, code)
		}
	}
	sendPage(w, r, definitions(pageOf(found, start, size)), start, size, func(page []server.AccessCodeDefinition) any {
		return map[string]any{"accessCodes": page}
	})
}

// CreateOrganizationAccessCodes adds codes to those of the organization.
func (o *organization) CreateOrganizationAccessCodes(w http.ResponseWriter, r *http.Request) {
	request, ok := receive[server.CreateOrganizationAccessCodesRequest](w, r)
	if !ok {
		return
	}
	if tooManyCodes(w, len(request.AccessCodes)) {
		return
	}
	addCodes(w, &o.AccessCodes, request.AccessCodes, mostOrganizationCodes)
}

// DeleteOrganizationAccessCodes takes codes away from those of the organization.
func (o *organization) DeleteOrganizationAccessCodes(w http.ResponseWriter, r *http.Request) {
	request, ok := receive[server.DeleteAccessCodesRequest](w, r)
	if !ok {
		return
	}
	if tooManyCodes(w, len(request.DeleteCodes)) {
		return
	}
	removeCodes(&o.AccessCodes, request.DeleteCodes)
	done(w)
}

// tooManyCodes refuses a request that has more codes than the service takes at once.
func tooManyCodes(w http.ResponseWriter, count int) bool {
	if count > mostCodesAtOnce {
		refuse(w, http.StatusBadRequest, 25085, fmt.Sprintf("There may be %d access codes in a request", mostCodesAtOnce))
	}
	return count > mostCodesAtOnce
}
