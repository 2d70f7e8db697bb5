package openapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the document was made from lies outside the repository. These variables name it, where it is there.
const (
	// surfaceVariable names the file that lists all operations and fields with what each source says of them.
	surfaceVariable = "WEBEX_CALLING_SURFACE"
	// fixturesVariable names the folder with published sample bodies.
	fixturesVariable = "WEBEX_CALLING_FIXTURES"
)

// readJSON reads a file below the place that a variable names, or skips the test.
func readJSON[T any](t *testing.T, variable, name string) T {
	t.Helper()
	place := os.Getenv(variable)
	if place == "" {
		t.Skip("a source is not here: set " + variable)
	}
	data, err := os.ReadFile(filepath.Join(place, name))
	require.NoError(t, err)
	var value T
	require.NoError(t, json.Unmarshal(data, &value))
	return value
}

// surface is an operation as the sources have it.
type surface struct {
	ID, Method, Path string
	Query            []struct{ Name string }
	Scopes           []string
	RequestBody      struct{ Fields []field }
	Responses        []struct {
		Status int
		Fields []field
	}
}

type field struct {
	Path               string
	Required, Nullable bool
	Enum               []any
}

func TestSurface(t *testing.T) {
	document := load(t)
	operations := map[string]operation{}
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			operations[method+" "+path] = operation{o, method, path, item}
		}
	}
	source := readJSON[[]surface](t, surfaceVariable, "")
	assert.Len(t, source, 80)
	for _, newer := range []string{"GET", "PUT"} { // The newer path of something that the sources have at an older one.
		operation := newer + " /telephony/config/people/{personId}/outgoingPermission"
		assert.Contains(t, operations, operation)
		delete(operations, operation)
	}
	assert.Len(t, operations, len(source))
	for _, want := range source {
		t.Run(want.ID, func(t *testing.T) {
			o, ok := operations[want.Method+" "+want.Path]
			require.True(t, ok, "%s %s is missing", want.Method, want.Path)
			compareSurface(t, o, want)
		})
	}
}

// newerScopes are those that only newer documentation names.
var newerScopes = map[string][]string{
	"updatePersonOutgoingPermissions": {"spark-admin:telephony_config_write"},
	"updateWorkspaceTransferNumbers":  {"spark-admin:telephony_config_write"},
	"listWorkspaceAccessCodes":        {"spark-admin:telephony_config_read"},
	"createWorkspaceAccessCode":       {"spark-admin:telephony_config_write"},
	"updateWorkspaceAccessCodes":      {"spark-admin:telephony_config_write"},
	"deleteAllWorkspaceAccessCodes":   {"spark-admin:telephony_config_write"},
}

func compareSurface(t *testing.T, o operation, want surface) {
	t.Helper()
	var query []string
	for name, parameter := range o.parameters() {
		if parameter.In == openapi3.ParameterInQuery {
			query = append(query, name)
		}
	}
	var wantQuery []string
	for _, parameter := range want.Query {
		wantQuery = append(wantQuery, parameter.Name)
	}
	assert.ElementsMatch(t, wantQuery, query, "query parameters")

	scopes := map[string]bool{}
	for _, alternative := range *o.Security {
		for _, scope := range alternative["oauth2"] {
			scopes[scope] = true
		}
	}
	assert.ElementsMatch(t, append(want.Scopes, newerScopes[o.OperationID]...), slices.Collect(maps.Keys(scopes)), "scopes")

	if o.RequestBody == nil {
		assert.Empty(t, want.RequestBody.Fields)
	} else {
		for _, media := range o.RequestBody.Value.Content {
			compareFields(t, "request", media.Schema, want.RequestBody.Fields)
		}
	}
	successes := o.successes()
	for _, response := range want.Responses {
		got := successes[response.Status]
		if response.Status >= 400 {
			got = o.Responses.Status(response.Status).Value
		}
		require.NotNil(t, got, response.Status)
		delete(successes, response.Status)
		if len(got.Content) == 0 {
			assert.Empty(t, response.Fields)
			continue
		}
		compareFields(t, strconv.Itoa(response.Status), got.Content["application/json"].Schema, response.Fields)
	}
	if o.OperationID == "createDevice" {
		delete(successes, http.StatusNoContent) // Seen by clients, written in no source.
	}
	assert.Empty(t, successes, "statuses that no source has")
}

// The document has every field of the sources and no other. Schemas that several operations share may demand less than one
// of them, and never more.
func compareFields(t *testing.T, where string, schema *openapi3.SchemaRef, want []field) {
	t.Helper()
	got := map[string]*flat{}
	flatten(schema.Value, "", false, got)
	for _, f := range want {
		place := where + " " + f.Path
		path := strings.TrimPrefix(strings.TrimPrefix(f.Path, "[]"), ".") // A list at the top is one of two shapes.
		if path == "" {
			continue
		}
		own, ok := got[path]
		if !ok {
			assert.Fail(t, "a field is missing", place)
			continue
		}
		own.wanted = true
		assert.False(t, own.required && !f.Required, "%s is demanded, by no source", place)
		assert.Equal(t, f.Nullable || nullBeyondTheSources[place], own.nullable, "%s: null", place)
		for _, value := range f.Enum {
			assert.Contains(t, own.enum, value, place)
		}
	}
	for path, own := range got {
		assert.True(t, own.wanted || own.outer || beyondTheSources.MatchString(path), "%s %s is in no source", where, path)
	}
}

// nullBeyondTheSources are fields that can be null although the source of the operation does not say so. VLANs are shared with
// cordless devices, where null is seen; the others are sent as null by a client whose live tests pass.
var nullBeyondTheSources = map[string]bool{
	"request customizations.ata.vlan.value": true,
	"request useCustomEnabled":              true,
	"request useCustomPermissions":          true,
	"request callingPermissions":            true,
}

// beyondTheSources are fields that the sources tell of in words, and those that an operation shares with others although it
// lacks them itself.
var beyondTheSources = regexp.MustCompile(strings.Join([]string{
	`^userOrgSettingsPermissions\b`,                        // The second name of the feature map.
	`\bcounts\.(totalMoves|moved|failed|pending|skipped)$`, // The second schema of that name.
	`^useCustom`,                        // Locations have no switches.
	`\b(source|target)LocationName$`,    // Only in the schema of a single job.
	`^accessCodes\[\]\.level$`,          // Not told of the organization's codes.
	`^accessCodes\.(code|description)$`, // The second shape of a location's codes.
	`\.isCallTypeRestrictionEnabled$`,   // Read-only.
}, "|"))

// flat is what a schema says of one field, all its shapes together.
type flat struct {
	required, nullable, outer, wanted bool
	enum                              []any
}

func flatten(schema *openapi3.Schema, path string, required bool, into map[string]*flat) {
	if path != "" {
		f := into[path]
		if f == nil {
			f = &flat{required: required}
			into[path] = f
		}
		f.nullable = f.nullable || schema.Nullable
		f.enum = append(f.enum, schema.Enum...)
	}
	for _, shape := range slices.Concat(schema.AllOf, schema.OneOf) {
		flatten(shape.Value, path, required, into)
	}
	if schema.Items != nil {
		inner := path + "[]"
		if path == "" {
			inner = ""
		}
		flatten(schema.Items.Value, inner, false, into)
		if path != "" && len(schema.Items.Value.Properties) > 0 {
			into[inner].outer = true
		}
	}
	for name, property := range schema.Properties {
		below := name
		if path != "" {
			below = path + "." + name
		}
		flatten(property.Value, below, slices.Contains(schema.Required, name), into)
	}
}

// Published bodies are valid, even those that contradict the schema they were published with.
func TestFixturesAreValid(t *testing.T) {
	index := readJSON[struct {
		Files []struct {
			File, Method, Path, Kind, ContentType string
			Status                                *int
		}
	}](t, fixturesVariable, "index.json")
	document := load(t)
	assert.Len(t, index.Files, 28)
	for _, f := range index.Files {
		t.Run(f.File, func(t *testing.T) {
			o := document.Paths.Value(f.Path).GetOperation(f.Method)
			var content openapi3.Content
			if f.Kind == "request" {
				content = o.RequestBody.Value.Content
			} else {
				content = o.Responses.Status(*f.Status).Value.Content
			}
			media := content.Get(f.ContentType)
			require.NotNil(t, media, f.ContentType)
			body := readJSON[any](t, fixturesVariable, f.File)
			require.NoError(t, media.Schema.Value.VisitJSON(body, openapi3.EnableFormatValidation()))
		})
	}
}
