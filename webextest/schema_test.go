package webextest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/webex-calling/webex-calling-go/webextest"
)

// busy returns a server with something in every part of its state.
func busy(t *testing.T) *webextest.Server {
	t.Helper()
	s := webextest.NewServer(t, webextest.WithDevices(5))
	person := s.People()[0]
	s.AddCustomer("Customer")
	s.NewToken(webextest.Access{Role: webextest.RoleReadOnly, Scopes: []string{"a"}, Expired: true})
	s.AddDevice(webextest.Device{PersonID: person.ID})
	for device := range s.Devices() {
		assert.True(t, s.ChangeDevice(device.ID, func(d *webextest.Device) { d.ErrorCodes = []string{"e"} }))
		assert.Equal(t, 204, statusOf(t, s, http.MethodDelete, "/devices/"+lastDevice(s).ID, s.Token))
		break
	}
	s.Change(func(state *webextest.State) {
		state.People = append(state.People, webextest.Person{Email: "new@example.com"})
		state.People[0].FeatureAccess = map[string]string{"voicemail": "NO_ACCESS"}
		state.People[0].Outgoing.AccessCodes = []webextest.AccessCode{{Code: "1"}}
		state.People[0].Outgoing.DigitPatterns = []webextest.DigitPattern{{Name: "p", Pattern: "1XX"}}
		state.Jobs = append(state.Jobs, webextest.Job{Duration: time.Second, Failed: []string{"d"}})
		state.ActivationCodes = append(state.ActivationCodes, webextest.ActivationCode{Code: "1", PersonID: person.ID})
		state.Licenses[0].Pending, state.Sites[0].Pending = []string{"x"}, []string{"y"}
		state.Licenses = append(state.Licenses, webextest.License{Name: "with null lists"})
	})
	return s
}

func lastDevice(s *webextest.Server) (last webextest.Device) {
	for device := range s.Devices() {
		last = device
	}
	return last
}

func TestSavedStateIsAccepted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	for _, s := range []*webextest.Server{busy(t), webextest.NewServer(t)} {
		require.NoError(t, s.State().Save(file))
		loaded, err := webextest.LoadState(file)
		require.NoError(t, err)
		assert.Equal(t, s.State(), loaded)
	}
	require.NoError(t, os.WriteFile(file, []byte(`{"id":"O1"}`), 0o600))
	_, err := webextest.LoadState(file)
	require.NoError(t, err, "what is left out has no value")
}

func TestStateThatDoesNotFitIsRejected(t *testing.T) {
	saved, err := json.Marshal(busy(t).State())
	require.NoError(t, err)
	change := func(path string, value any) string {
		var state any
		require.NoError(t, json.Unmarshal(saved, &state))
		at, names := state, strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			if list, ok := at.([]any); ok {
				at = list[name[0]-'0']
			} else {
				at = at.(object)[name]
			}
		}
		at.(object)[names[len(names)-1]] = value
		data, err := json.Marshal(state)
		require.NoError(t, err)
		return string(data)
	}
	file := filepath.Join(t.TempDir(), "state.json")
	for _, test := range []struct{ name, content, problem string }{
		{"empty", "", "EOF"},
		{"cut off", `{"id":"O1",`, "EOF"},
		{"no JSON", "{\n\"id\": O1}", "line 2: "},
		{"more behind", `{"id":"O1"} {}`, "invalid"},
		{"a list", `[]`, "the state: got array, want object"},
		{"no id", `{"name":"Acme"}`, "the state: missing property 'id'"},
		{"an empty id", `{"id":""}`, "id: "},
		{"a number as a text", change("people.2.email", 7), "people[2].email: got number, want string"},
		{"an unknown member", change("people.2.emial", "x"), "people[2]: additional properties 'emial' not allowed"},
		{"an unknown member of the state", change("persons", []any{}), "the state: additional properties 'persons' not allowed"},
		{"in permissions", change("people.1.outgoing.callingPermissions.3.transferEnabled", "no"),
			"people[1].outgoing.callingPermissions[3].transferEnabled: got string, want boolean"},
		{"transfer numbers", change("locations.0.outgoing.transferNumbers", []any{"1"}),
			"locations[0].outgoing.transferNumbers: minItems: got 1, want 3"},
		{"of a customer", change("customers.0.licenses.0.totalUnits", 1.5),
			"customers[0].licenses[0].totalUnits: got number, want integer"},
		{"below zero", change("devices.madeUp", -1), "devices.madeUp: minimum: got -1, want 0"},
		{"no number of a device", change("devices.changed", object{"x": object{}}),
			"devices.changed: additional properties 'x' not allowed"},
		{"no time", change("jobs.0.started", "yesterday"), "jobs[0].started: 'yesterday' is not valid date-time"},
		{"access", change("tokens.t", object{"scope": "a"}), "tokens.t: additional properties 'scope' not allowed"},
		{"two problems", `{"id":1,"name":2}`, "id: got number, want string (and 1 more)"},
	} {
		require.NoError(t, os.WriteFile(file, []byte(test.content), 0o600))
		_, err := webextest.LoadState(file)
		require.ErrorContains(t, err, "webextest: "+file+": ", test.name)
		assert.ErrorContains(t, err, test.problem, test.name)
	}
}

// The schema of a fault accepts what Inject accepts.
func TestFaultSchema(t *testing.T) {
	content, err := os.ReadFile("fault.schema.json")
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("fault", document))
	schema, err := compiler.Compile("fault")
	require.NoError(t, err)
	for fault, valid := range map[string]bool{
		`{"kind":"reset"}`: true, `{"kind":"answer","status":503,"times":2}`: true, `{"kind":"slow","delay":"1m1.5s"}`: true,
		`{"kind":"change","members":{"a.b":null},"operation":"createDevice","share":0.5}`: true,
		`{"kind":"done","status":429,"header":{"Retry-After":"1"},"body":"{}"}`:           true,

		`{}`: false, `{"kind":""}`: false, `{"kind":"earthquake"}`: false, `{"kind":"reset","operation":"listUnicorns"}`: false,
		`{"kind":"reset","sort":1}`: false, `{"kind":"reset","after":-1}`: false, `{"kind":"reset","times":"2"}`: false,
		`{"kind":"slow","delay":5}`: false, `{"kind":"slow","delay":"soon"}`: false, `{"kind":"reset","share":"all"}`: false,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(fault))
		require.NoError(t, err)
		assert.Equal(t, valid, schema.Validate(value) == nil, fault)
		var decoded webextest.Fault
		decoder := json.NewDecoder(strings.NewReader(fault))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&decoded)
		if err == nil {
			err = webextest.New().Inject(decoded)
		}
		assert.Equal(t, valid, err == nil, fault)
	}
}
