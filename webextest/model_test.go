package webextest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// direct sends a raw request without a port in between, which is faster. An answer without body is nil.
func direct(s *webextest.Server, method, path, body string) (int, object) {
	mediaType := ""
	switch {
	case method == http.MethodPatch && strings.HasPrefix(path, "/devices/"):
		mediaType = "application/json-patch+json"
	case body != "":
		mediaType = "application/json"
	}
	return directAs(s, method, path, mediaType, body)
}

func directAs(s *webextest.Server, method, path, mediaType, body string) (int, object) {
	req := httptest.NewRequestWithContext(context.Background(), method, "/v1"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+s.Token)
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	recorder := httptest.NewRecorder()
	s.Handler().ServeHTTP(recorder, req)
	var answer object
	if recorder.Body.Len() > 0 {
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
			panic(err) // Every body is an object.
		}
	}
	return recorder.Code, answer
}

// rules is what the model knows of the outgoing permissions of a person or a location.
type rules struct {
	base, permissionsPath string
	// person tells those who have switches from locations, which have none.
	person   bool
	location *rules
	switches map[string]bool
	actions  map[string]permission
	numbers  [3]string
	codes    []string
	patterns []pattern
}

type permission struct {
	action   string
	transfer bool
}

type pattern struct {
	id, name, digits string
	permission
}

// model is an organization in the simplest form that can be thought of.
type model struct {
	s       *webextest.Server
	visible bool     // whether reads return stored entries that have no effect
	rules   []*rules // two persons, and the location of the first
	access  map[string]string
	former  map[string]string   // the default access before it was changed, until it is read
	own     []map[string]string // nil for a person who follows the default
	people  []string
	devices []string
	tags    map[string][]string
}

var (
	callTypes = []string{
		"INTERNAL_CALL", "TOLL_FREE", "INTERNATIONAL", "OPERATOR_ASSISTED", "CHARGEABLE_DIRECTORY_ASSISTED", "SPECIAL_SERVICES_I",
		"SPECIAL_SERVICES_II", "PREMIUM_SERVICES_I", "PREMIUM_SERVICES_II", "NATIONAL",
	}
	fixed   = []string{"URL_DIALING", "UNKNOWN", "CASUAL", "LOCAL", "TOLL"}
	actions = []string{"ALLOW", "BLOCK", "AUTH_CODE", "TRANSFER_NUMBER_1", "TRANSFER_NUMBER_2", "TRANSFER_NUMBER_3"}
	// A few of everything, so that the same are met again and again.
	someCodes    = rapid.SampledFrom([]string{"1", "22", "333", "4444"})
	someNames    = rapid.SampledFrom([]string{"Inner", "Outer", "Night"})
	someNumbers  = rapid.SampledFrom([]string{"", "+31205550100", "0205550101"})
	someFeatures = rapid.SampledFrom([]string{"voicemail", "hoteling", "bargeIn", "speedDial"})
	someTags     = rapid.SliceOfN(rapid.SampledFrom([]string{"north", "south", "east"}), 1, 3)
	someActions  = rapid.SampledFrom(actions)
	maybe        = rapid.SampledFrom([]string{"", "true", "false"})
)

func newModel(s *webextest.Server) *model {
	m := &model{s: s, own: make([]map[string]string, 2), access: map[string]string{}, tags: map[string][]string{}}
	for feature, level := range fetch(s, "/telephony/config/people/settings/permissions") {
		m.access[feature] = level.(string)
	}
	for _, item := range fetch(s, "/devices?max=3")["items"].([]any) {
		m.devices = append(m.devices, item.(object)["id"].(string))
	}
	location := s.Locations()[0].ID
	m.rules = append(m.rules, newRules("/telephony/config/locations/"+location+"/outgoingPermission", "", false))
	for _, p := range s.People()[:2] {
		m.people = append(m.people, p.ID)
		base := "/telephony/config/people/" + p.ID + "/outgoingPermission"
		m.rules = append(m.rules, newRules(base, "/people/"+p.ID+"/features/outgoingPermission", true))
		if p.LocationID == location {
			m.rules[len(m.rules)-1].location = m.rules[0]
		}
	}
	return m
}

func newRules(base, permissionsPath string, person bool) *rules {
	r := &rules{
		base: base, permissionsPath: cmp.Or(permissionsPath, base), person: person, switches: map[string]bool{},
		actions: map[string]permission{},
	}
	for _, callType := range callTypes {
		r.actions[callType] = permission{"ALLOW", true}
		expensive := callType == "INTERNATIONAL" || strings.HasPrefix(callType, "PREMIUM")
		if expensive && !person { // Persons may call there in what is made up, so that there is something to close.
			r.actions[callType] = permission{"BLOCK", false}
		}
	}
	return r
}

func fetch(s *webextest.Server, path string) object {
	status, answer := direct(s, http.MethodGet, path, "")
	if status != http.StatusOK {
		panic(fmt.Sprint(path, status, answer))
	}
	return answer
}

// send sends a change and compares the status with that of the model.
func (m *model) send(t *rapid.T, want int, method, path string, body any) object {
	text := ""
	if body != nil {
		data, err := json.Marshal(body)
		require.NoError(t, err)
		text = string(data)
	}
	status, answer := direct(m.s, method, path, text)
	require.Equal(t, want, status, "%s %s %s: %v", method, path, text, answer)
	return answer
}

// setSwitch draws whether a switch is sent and how, and notes it in the body.
func setSwitch(t *rapid.T, body object, name string) {
	if value := maybe.Draw(t, name); value != "" {
		body[name] = value == "true"
	}
}

func (r *rules) takeSwitches(body object, names ...string) {
	for _, name := range names {
		if value, sent := body[name].(bool); sent && r.person {
			r.switches[name] = value
		}
	}
}

func (m *model) anyRules(t *rapid.T) *rules { return rapid.SampledFrom(m.rules).Draw(t, "whose") }

func (m *model) setPermissions(t *rapid.T) {
	r, body, entries, want := m.anyRules(t), object{}, []any{}, http.StatusNoContent
	wanted := map[string]permission{}
	for _, callType := range rapid.SliceOfNDistinct(rapid.SampledFrom(callTypes), 0, 3, rapid.ID[string]).Draw(t, "call types") {
		wanted[callType] = permission{someActions.Draw(t, "action"), rapid.Bool().Draw(t, "transfer")}
	}
	if rapid.IntRange(0, 9).Draw(t, "fixed") == 0 { // Those spoil the whole request.
		wanted[rapid.SampledFrom(append(fixed, "MOON")).Draw(t, "call type")] = permission{"ALLOW", true}
		want = http.StatusBadRequest
	}
	for callType, p := range wanted {
		entries = append(entries, object{"callType": callType, "action": p.action, "transferEnabled": p.transfer})
	}
	setSwitch(t, body, "useCustomEnabled")
	setSwitch(t, body, "useCustomPermissions")
	if body["callingPermissions"] = entries; !r.person {
		body = object{"callingPermissions": entries}
	}
	m.send(t, want, http.MethodPut, r.permissionsPath, body)
	if want != http.StatusNoContent {
		return
	}
	r.takeSwitches(body, "useCustomEnabled", "useCustomPermissions")
	if !r.person || r.switches["useCustomEnabled"] {
		maps.Copy(r.actions, wanted)
	}
}

func (m *model) setNumbers(t *rapid.T) {
	r, body := m.anyRules(t), object{}
	if r.person {
		setSwitch(t, body, "useCustomTransferNumbers")
	}
	for i := range 3 {
		if rapid.Bool().Draw(t, "sent") {
			body[fmt.Sprint("autoTransferNumber", i+1)] = someNumbers.Draw(t, "number")
		}
	}
	m.send(t, http.StatusNoContent, http.MethodPut, r.base+"/autoTransferNumbers", body)
	r.takeSwitches(body, "useCustomTransferNumbers")
	for i := range 3 {
		number, sent := body[fmt.Sprint("autoTransferNumber", i+1)].(string)
		if sent && (!r.person || r.switches["useCustomEnabled"] && body["useCustomTransferNumbers"] != false) {
			r.numbers[i] = number
		}
	}
}

// addCodes adds one code to a person, or several to a location: all of them or, if one is there already, none.
func (m *model) addCodes(t *rapid.T) {
	r := m.anyRules(t)
	codes, want := rapid.SliceOfN(someCodes, 1, 3).Draw(t, "codes"), http.StatusCreated
	if r.person {
		codes = codes[:1]
	}
	list, known := []any{}, slices.Clone(r.codes)
	for _, code := range codes {
		if slices.Contains(known, code) {
			want = http.StatusConflict
		}
		known = append(known, code)
		list = append(list, object{"code": code, "description": "number " + code})
	}
	var body any = object{"accessCodes": list}
	if r.person {
		body = list[0]
	}
	m.send(t, want, http.MethodPost, r.base+"/accessCodes", body)
	if want == http.StatusCreated {
		r.codes = known
	}
}

func (m *model) removeCodes(t *rapid.T) {
	r := m.anyRules(t)
	if rapid.IntRange(0, 4).Draw(t, "all") == 0 {
		m.send(t, http.StatusNoContent, http.MethodDelete, r.base+"/accessCodes", nil)
		r.codes = nil
		return
	}
	codes := rapid.SliceOfN(someCodes, 0, 2).Draw(t, "codes")
	body := object{"deleteCodes": codes}
	if r.person {
		setSwitch(t, body, "useCustomAccessCodes")
	}
	m.send(t, http.StatusNoContent, http.MethodPut, r.base+"/accessCodes", body)
	r.takeSwitches(body, "useCustomAccessCodes")
	r.codes = slices.DeleteFunc(r.codes, func(code string) bool { return slices.Contains(codes, code) })
}

func (r *rules) named(name string) int {
	return slices.IndexFunc(r.patterns, func(p pattern) bool { return p.name == name })
}

func (m *model) addPattern(t *rapid.T) {
	r := m.anyRules(t)
	p := pattern{"", someNames.Draw(t, "name"), "1XXX", permission{someActions.Draw(t, "action"), rapid.Bool().Draw(t, "transfer")}}
	want := http.StatusCreated
	if r.named(p.name) >= 0 {
		want = http.StatusConflict
	}
	answer := m.send(t, want, http.MethodPost, r.base+"/digitPatterns", object{
		"name": p.name, "pattern": p.digits, "action": p.action, "transferEnabled": p.transfer,
	})
	if want == http.StatusCreated {
		p.id = answer["id"].(string)
		r.patterns = append(r.patterns, p)
	}
}

func (m *model) changePattern(t *rapid.T) {
	r := m.anyRules(t)
	if len(r.patterns) == 0 {
		t.Skip("there is none")
	}
	i := rapid.IntRange(0, len(r.patterns)-1).Draw(t, "which")
	p, body, want := r.patterns[i], object{}, http.StatusNoContent
	if rapid.Bool().Draw(t, "rename") {
		p.name = someNames.Draw(t, "name")
		body["name"] = p.name
		if at := r.named(p.name); at >= 0 && at != i {
			want = http.StatusConflict
		}
	}
	if rapid.Bool().Draw(t, "other digits") {
		p.digits = "+496196!"
		body["pattern"] = p.digits
	}
	if rapid.Bool().Draw(t, "other action") {
		p.permission = permission{someActions.Draw(t, "action"), rapid.Bool().Draw(t, "transfer")}
		body["action"], body["transferEnabled"] = p.action, p.transfer
	}
	m.send(t, want, http.MethodPut, r.base+"/digitPatterns/"+p.id, body)
	if want == http.StatusNoContent {
		r.patterns[i] = p
	}
}

func (m *model) removePattern(t *rapid.T) {
	r := m.anyRules(t)
	if len(r.patterns) == 0 || rapid.IntRange(0, 4).Draw(t, "all") == 0 {
		m.send(t, http.StatusNoContent, http.MethodDelete, r.base+"/digitPatterns", nil)
		r.patterns = nil
		return
	}
	i := rapid.IntRange(0, len(r.patterns)-1).Draw(t, "which")
	path := r.base + "/digitPatterns/" + r.patterns[i].id
	m.send(t, http.StatusNoContent, http.MethodDelete, path, nil)
	m.send(t, http.StatusNotFound, http.MethodGet, path, nil)
	r.patterns = slices.Delete(r.patterns, i, i+1)
}

func (m *model) switchPatterns(t *rapid.T) {
	r := rapid.SampledFrom(m.rules[1:]).Draw(t, "whose")
	body := object{"useCustomDigitPatterns": rapid.Bool().Draw(t, "on")}
	m.send(t, http.StatusNoContent, http.MethodPut, r.base+"/digitPatterns", body)
	r.takeSwitches(body, "useCustomDigitPatterns")
}

func (m *model) setAccess(t *rapid.T) {
	update, want := object{}, http.StatusNoContent
	for range rapid.IntRange(0, 2).Draw(t, "features") {
		update[someFeatures.Draw(t, "feature")] = rapid.SampledFrom([]string{"FULL_ACCESS", "NO_ACCESS"}).Draw(t, "level")
	}
	if rapid.IntRange(0, 9).Draw(t, "wrong") == 0 { // It spoils the whole request.
		update["callWaiting"], want = "SOME_ACCESS", http.StatusBadRequest
	}
	who, path := rapid.IntRange(-1, 1).Draw(t, "who"), "/telephony/config/people/settings/permissions"
	if who >= 0 {
		path = "/telephony/config/people/" + m.people[who] + "/settings/permissions"
	}
	m.send(t, want, http.MethodPut, path, update)
	if want != http.StatusNoContent {
		return
	}
	target := m.access
	switch {
	case who >= 0 && m.own[who] == nil:
		m.own[who] = maps.Clone(m.access)
		fallthrough
	case who >= 0:
		target = m.own[who]
	case m.former == nil:
		m.former = maps.Clone(m.access)
	}
	for feature, level := range update {
		target[feature] = level.(string)
	}
}

// readAccess reads the default, which followers are shown from then on.
func (m *model) readAccess(t *rapid.T) {
	agree(t, m.access, fetch(m.s, "/telephony/config/people/settings/permissions"))
	m.former = nil
}

func (m *model) resetAccess(t *rapid.T) {
	who := rapid.IntRange(0, 1).Draw(t, "who")
	path := "/telephony/config/people/" + m.people[who] + "/settings/permissions/actions/reset/invoke"
	m.send(t, http.StatusNoContent, http.MethodPost, path, nil)
	m.own[who] = nil
}

func (m *model) setTags(t *rapid.T) {
	id := rapid.SampledFrom(m.devices).Draw(t, "device")
	var operations []object
	tags := slices.Clone(m.tags[id])
	for range rapid.IntRange(1, 2).Draw(t, "operations") {
		op, values := rapid.SampledFrom([]string{"add", "remove", "replace"}).Draw(t, "op"), someTags.Draw(t, "tags")
		operations = append(operations, object{"op": op, "path": "tags", "value": values})
		if op != "add" {
			tags = nil
		}
		for _, tag := range values {
			if op != "remove" && !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
	}
	var body any = operations
	if len(operations) == 1 && rapid.Bool().Draw(t, "object") {
		body = operations[0]
	}
	m.send(t, http.StatusOK, http.MethodPatch, "/devices/"+id, body)
	m.tags[id] = tags
}

// check compares all that can be read with the model.
func (m *model) check(t *rapid.T) {
	for _, r := range m.rules {
		r.check(t, m.s, m.visible)
	}
	for i, id := range m.people {
		want, path := m.own[i], "/telephony/config/people/"+id+"/settings/permissions"
		if want == nil && m.former != nil {
			want = m.former
		} else if want == nil {
			want = m.access
		}
		answer := fetch(m.s, path)
		agree(t, m.own[i] == nil, answer["userOrgSettingsPermissionEnabled"])
		agree(t, want, answer["userSettingsPermissions"])
	}
	for i, item := range fetch(m.s, "/devices?max=3")["items"].([]any) {
		agree(t, append([]string{}, m.tags[m.devices[i]]...), item.(object)["tags"])
	}
}

// shown are the actions that a read returns.
func (r *rules) shown(visible bool) map[string]permission {
	switch {
	case !r.person || r.switches["useCustomEnabled"] || visible:
		return r.actions
	case r.location == nil:
		return newRules("", "", true).actions // Those of a location that blocks nothing and that nobody changes.
	}
	return r.location.actions
}

func (r *rules) check(t *rapid.T, s *webextest.Server, visible bool) {
	answer := fetch(s, r.permissionsPath)
	got, want := map[string]any{}, map[string]any{}
	for _, item := range answer["callingPermissions"].([]any) {
		entry := item.(object)
		got[entry["callType"].(string)] = []any{entry["action"], entry["transferEnabled"], entry["isCallTypeRestrictionEnabled"]}
	}
	for callType, p := range r.shown(visible) {
		want[callType] = []any{p.action, p.transfer, false}
	}
	agree(t, want, got)
	r.checkSwitches(t, answer, "useCustomEnabled", "useCustomPermissions")

	answer = fetch(s, r.base+"/autoTransferNumbers")
	for i, number := range r.numbers {
		if got := answer[fmt.Sprint("autoTransferNumber", i+1)]; number == "" {
			agree(t, nil, got)
		} else {
			agree(t, number, got)
		}
	}
	r.checkSwitches(t, answer, "useCustomTransferNumbers")

	answer = fetch(s, r.base+"/accessCodes")
	codes := []object{}
	add := func(from []string, level string) {
		for _, code := range from {
			entry := object{"code": code, "description": "number " + code, "level": level}
			if level == "" {
				delete(entry, "level")
			}
			codes = append(codes, entry)
		}
	}
	switch {
	case !r.person:
		add(r.codes, "")
	case r.location != nil:
		add(r.location.codes, "LOCATION")
		fallthrough
	default:
		add(r.codes, "CUSTOM")
	}
	agree(t, codes, answer["accessCodes"])
	r.checkSwitches(t, answer, "useCustomAccessCodes")

	answer = fetch(s, r.base+"/digitPatterns")
	patterns := []object{}
	for _, p := range r.patterns {
		patterns = append(patterns, object{
			"id": p.id, "name": p.name, "pattern": p.digits, "action": p.action, "transferEnabled": p.transfer,
		})
	}
	agree(t, patterns, answer["digitPatterns"])
	r.checkSwitches(t, answer, "useCustomDigitPatterns")
}

// checkSwitches compares switches; a location has none.
func (r *rules) checkSwitches(t *rapid.T, answer object, names ...string) {
	for _, name := range names {
		got, there := answer[name]
		require.Equal(t, r.person, there, name)
		if there {
			agree(t, r.switches[name], got)
		}
	}
}

// agree compares two values as JSON. It does so by itself what is compared so often that the library is too slow.
func agree(t *rapid.T, want, got any) {
	a, err := json.Marshal(want)
	require.NoError(t, err)
	b, err := json.Marshal(got)
	require.NoError(t, err)
	if !bytes.Equal(a, b) {
		require.JSONEq(t, string(a), string(b))
	}
}

// After every step of a random sequence of operations the organization answers what the model says.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		options := []webextest.Option{webextest.WithPeople(2), webextest.WithDevices(3)}
		visible := rapid.Bool().Draw(t, "stored entries are visible")
		if visible {
			options = append(options, webextest.WithStoredEntriesVisible())
		}
		m := newModel(webextest.New(options...))
		m.visible = visible
		t.Repeat(map[string]func(*rapid.T){
			"":               m.check,
			"setPermissions": m.setPermissions, "setNumbers": m.setNumbers, "addCodes": m.addCodes, "removeCodes": m.removeCodes,
			"addPattern": m.addPattern, "changePattern": m.changePattern, "removePattern": m.removePattern,
			"switchPatterns": m.switchPatterns, "setAccess": m.setAccess, "readAccess": m.readAccess,
			"resetAccess": m.resetAccess, "setTags": m.setTags,
		})
	})
}
