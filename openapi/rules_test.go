package openapi_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/webex-calling/webex-calling-go/openapi"
)

// The rules of the house, over every operation and schema.

// node is an object of the document as it is written, with the way that leads to it.
type node struct {
	way    []string
	object map[string]any
}

func (n node) String() string { return strings.Join(n.way, "/") }

func (n node) last() string { return n.way[len(n.way)-1] }

func (n node) parent() string { return n.way[max(0, len(n.way)-2)] }

// nodes are all objects of the document but for what examples hold.
func nodes(t *testing.T) []node {
	t.Helper()
	var root map[string]any
	require.NoError(t, yaml.Unmarshal(openapi.Document, &root))
	var found []node
	var walk func(way []string, value any)
	walk = func(way []string, value any) {
		switch value := value.(type) {
		case map[string]any:
			found = append(found, node{slices.Clone(way), value})
			for _, key := range slices.Sorted(maps.Keys(value)) {
				if (key == "example" || key == "value") && way[len(way)-1] != "properties" {
					continue
				}
				walk(append(way, key), value[key])
			}
		case []any:
			for i, item := range value {
				walk(append(way, strconv.Itoa(i)), item)
			}
		}
	}
	walk([]string{"#"}, root)
	return found
}

// operation is an operation of the document and where it stands.
type operation struct {
	*openapi3.Operation
	method, path string
	item         *openapi3.PathItem
}

func forEachOperation(t *testing.T, test func(t *testing.T, o operation)) {
	t.Helper()
	for path, item := range load(t).Paths.Map() {
		for method, o := range item.Operations() {
			t.Run(o.OperationID, func(t *testing.T) { test(t, operation{o, method, path, item}) })
		}
	}
}

// parameters are those of the operation and of its path.
func (o operation) parameters() map[string]*openapi3.Parameter {
	all := map[string]*openapi3.Parameter{}
	for _, parameter := range slices.Concat(o.item.Parameters, o.Parameters) {
		all[parameter.Value.Name] = parameter.Value
	}
	return all
}

// successes are the responses that say success, by status.
func (o operation) successes() map[int]*openapi3.Response {
	all := map[int]*openapi3.Response{}
	for status, response := range o.Responses.Map() {
		if code, err := strconv.Atoi(status); err == nil && code < 300 {
			all[code] = response.Value
		}
	}
	return all
}

var (
	camelCase  = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	pascalCase = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	verbs      = regexp.MustCompile(`^(list|get|create|update|delete|deleteAll|assign|start|reset)[A-Z]`)
)

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	forEachOperation(t, func(t *testing.T, o operation) {
		assert.Regexp(t, camelCase, o.OperationID)
		assert.Regexp(t, verbs, o.OperationID)
		assert.False(t, seen[strings.ToLower(o.OperationID)], "the name is taken")
		seen[strings.ToLower(o.OperationID)] = true
		for name := range o.parameters() {
			assert.Regexp(t, camelCase, name)
		}
	})
	components := load(t).Components
	for _, names := range [][]string{
		slices.Collect(maps.Keys(components.Schemas)), slices.Collect(maps.Keys(components.Parameters)),
		slices.Collect(maps.Keys(components.Responses)), slices.Collect(maps.Keys(components.Examples)),
	} {
		for _, name := range names {
			assert.Regexp(t, pascalCase, name)
		}
	}
}

// The four kinds of entity have the same operations, under names of one pattern.
func TestKindsFollowOnePattern(t *testing.T) {
	kinds := []string{"Person", "Workspace", "Location", "VirtualLine"}
	patterns := map[string]map[string]bool{}
	forEachOperation(t, func(_ *testing.T, o operation) {
		for _, kind := range kinds {
			if strings.Contains(o.Tags[0], "Outgoing") && strings.Contains(o.OperationID, kind) {
				pattern := strings.Replace(o.OperationID, kind, "…", 1)
				if patterns[pattern] == nil {
					patterns[pattern] = map[string]bool{}
				}
				patterns[pattern][kind] = true
			}
		}
	})
	different := map[string]int{
		"create…AccessCode": 3, "create…AccessCodes": 1, "update…AccessCodes": 3, "delete…AccessCodes": 1,
		"update…DigitPatternSettings": 3, "get…TelephonyOutgoingPermissions": 1, "update…TelephonyOutgoingPermissions": 1,
	}
	for pattern, of := range patterns {
		want := len(kinds)
		if fewer, ok := different[pattern]; ok {
			want = fewer
		}
		assert.Len(t, of, want, pattern)
	}
	assert.Len(t, patterns, 19)
}

func TestOneTag(t *testing.T) {
	used := map[string]bool{}
	forEachOperation(t, func(t *testing.T, o operation) {
		require.Len(t, o.Tags, 1)
		used[o.Tags[0]] = true
	})
	var declared []string
	for _, tag := range load(t).Tags {
		declared = append(declared, tag.Name)
	}
	assert.ElementsMatch(t, declared, slices.Collect(maps.Keys(used)))
}

// Every object and every enum has a name, so that each generator gives it the same.
func TestNoInlineSchemas(t *testing.T) {
	for _, n := range nodes(t) {
		named := len(n.way) == 4 && n.way[1] == "components" && n.way[2] == "schemas"
		if named || n.last() == "properties" {
			continue
		}
		_, properties := n.object["properties"]
		_, enum := n.object["enum"]
		assert.False(t, properties || n.object["type"] == "object", "%s is an object without a name", n)
		assert.False(t, enum, "%s is an enum without a name", n)
	}
}

// What stands beside a reference is ignored by some tools and honored by others.
func TestNothingBesideAReference(t *testing.T) {
	for _, n := range nodes(t) {
		if _, ok := n.object["$ref"]; ok {
			assert.Len(t, n.object, 1, "%s has something beside $ref", n)
		}
	}
}

func TestEnums(t *testing.T) {
	// These are only sent, so no value can come that is not here.
	closed := []string{"AttendeeAccountType", "DeviceTagOperationKind", "DeviceTagPath"}
	for name, schema := range load(t).Components.Schemas {
		if len(schema.Value.Enum) == 0 {
			continue
		}
		names, _ := schema.Value.Extensions["x-enum-varnames"].([]any)
		assert.Len(t, names, len(schema.Value.Enum), name)
		seen := map[string]bool{}
		for _, varname := range names {
			text := fmt.Sprint(varname)
			assert.Regexp(t, pascalCase, text, name)
			assert.NotContains(t, []string{"None", "True", "False"}, text, "%s: a word of other languages", name)
			assert.False(t, seen[strings.ToLower(text)], "%s has %s twice", name, text)
			seen[strings.ToLower(text)] = true
		}
		values := map[any]bool{}
		for _, value := range schema.Value.Enum {
			assert.False(t, values[value], "%s has %v twice", name, value)
			values[value] = true
		}
		told := strings.Contains(schema.Value.Description, "Open")
		assert.Equal(t, !slices.Contains(closed, name), told, "%s: told to be open?", name)
	}
}

// Numbers are whole here, and few formats mean the same everywhere.
func TestTypesAndFormats(t *testing.T) {
	allowed := map[string][]any{"integer": {nil, "int64"}, "string": {nil, "date-time", "password"}, "boolean": {nil}}
	for _, n := range nodes(t) {
		if n.last() == "properties" {
			continue
		}
		kind, ok := n.object["type"].(string)
		if !ok || slices.Contains([]string{"http", "oauth2"}, kind) {
			continue
		}
		assert.NotEqual(t, "number", kind, n)
		if formats, scalar := allowed[kind]; scalar {
			assert.Contains(t, formats, n.object["format"], n)
		}
	}
}

// What unlocks something, and what tells of a person, is known by its name and marked, so that logs can leave it out. Nothing
// else is: whoever marks another name adds it here.
func TestSensitivePropertiesAreMarked(t *testing.T) {
	password := regexp.MustCompile(`(?i)(pass(word|code|phrase)|pwd|pw|pin|secret|token|credentials?|community|(api|private)key)$`)
	code := regexp.MustCompile(`^(code|deleteCodes|accessCode|activationCode)$`)
	personal := regexp.MustCompile(`(?i)(^phone|number\d?$|^extension$|email$|sip|^linePort$|displayName|^pattern$)`)
	harmless := "JobErrorMessage/properties/code" // It tells what went wrong, but other codes open something.
	scalars := []any{"string", "integer", "array"}
	properties := map[string]any{}
	for _, n := range nodes(t) {
		name, kind := n.last(), n.object["type"]
		if n.object["in"] != nil {
			name, kind = fmt.Sprint(n.object["name"]), "string"
		}
		if n.parent() != "properties" && n.object["in"] != "query" {
			assert.NotContains(t, n.object, "x-sensitive", n)
			continue
		}
		var want any
		switch {
		case !slices.Contains(scalars, kind):
		case strings.Join(n.way[len(n.way)-3:], "/") == harmless:
			want = "none"
		case password.MatchString(name), code.MatchString(name):
			want = "secret"
		case personal.MatchString(name) && kind != "integer" && n.object["in"] == nil:
			want = "personal"
		}
		assert.Equal(t, want, n.object["x-sensitive"], n)
		assert.Equal(t, password.MatchString(name) && want != nil, n.object["format"] == "password", "%s: format password", n)
		switch {
		case n.object["in"] != nil && want != nil:
			assert.Equal(t, want, properties[name], "%s: a parameter is known by the property of its name", n)
		case want != nil && want != "none":
			properties[name] = want
		}
	}
}

func TestExamples(t *testing.T) {
	document := load(t)
	used := map[string]bool{}
	check := func(t *testing.T, where string, media *openapi3.MediaType) {
		t.Helper()
		values := map[string]any{}
		if media.Example != nil {
			values["example"] = media.Example
		}
		for name, example := range media.Examples {
			values[name] = example.Value.Value
			used[strings.TrimPrefix(example.Ref, "#/components/examples/")] = true
			assert.NotEmpty(t, example.Value.Summary, "%s: %s", where, name)
		}
		assert.NotEmpty(t, values, "%s has no example", where)
		for name, value := range values {
			assert.NoError(t, media.Schema.Value.VisitJSON(value, openapi3.EnableFormatValidation()), "%s: %s", where, name)
		}
	}
	forEachOperation(t, func(t *testing.T, o operation) {
		if o.RequestBody != nil {
			for _, media := range o.RequestBody.Value.Content {
				check(t, "request", media)
			}
		}
		for status, response := range o.Responses.Map() {
			for _, media := range response.Value.Content {
				check(t, status, media)
			}
		}
	})
	for name := range document.Components.Examples {
		assert.True(t, used[name], "the example %s is not used", name)
	}
	codes := document.Components.Schemas["LicenseErrorCode"].Value.Enum
	refused := document.Components.Responses["LicenseAssignmentRefused"].Value.Content["application/json"].Examples
	assert.Len(t, refused, len(codes), "an example for each code")
	assert.Len(t, codes, 16)
}

func TestScopes(t *testing.T) {
	document := load(t)
	declared := document.Components.SecuritySchemes["oauth2"].Value.Flows.AuthorizationCode.Scopes
	used := map[string]bool{}
	forEachOperation(t, func(t *testing.T, o operation) {
		require.NotNil(t, o.Security)
		bearer := false
		for _, alternative := range *o.Security {
			_, bare := alternative["bearer"]
			bearer = bearer || bare
			for _, scope := range alternative["oauth2"] {
				assert.Contains(t, declared, scope)
				used[scope] = true
				assert.Equal(t, o.method == "GET", strings.HasSuffix(scope, "_read"), scope)
			}
		}
		assert.True(t, bearer, "a bearer token must do")
		assert.GreaterOrEqual(t, len(*o.Security), 2, "no scope")
	})
	for scope, description := range declared {
		assert.True(t, used[scope], "no operation needs %s", scope)
		assert.NotEmpty(t, description)
	}
}

// Roles stand in words for people and as a list for clients.
func TestRoles(t *testing.T) {
	sentence := regexp.MustCompile(`For ((?:(?:full|user|read-only|location|device)(?:, | and )?)+) administrators`)
	forEachOperation(t, func(t *testing.T, o operation) {
		var want []any
		if found := sentence.FindStringSubmatch(o.Description); found != nil {
			for role := range strings.SplitSeq(strings.ReplaceAll(found[1], " and ", ", "), ", ") {
				want = append(want, role)
			}
		}
		got, _ := o.Extensions["x-administrator-roles"].([]any)
		assert.Equal(t, want, got)
		assert.True(t, len(want) > 0 || o.Tags[0] == "Licenses" || o.Tags[0] == "Devices", "the roles are known and not told")
	})
}

func TestResponses(t *testing.T) {
	want := []string{
		"400", "401", "403", "404", "405", "409", "410", "415", "423", "428", "429", "500", "502", "503", "504", "default",
	}
	waits := []string{"423", "429", "503"}
	forEachOperation(t, func(t *testing.T, o operation) {
		successes := o.successes()
		assert.NotEmpty(t, successes)
		for status, response := range o.Responses.Map() {
			assert.Contains(t, response.Value.Headers, "TrackingId", status)
			if slices.Contains(waits, status) {
				assert.Contains(t, response.Value.Headers, "Retry-After", status)
			}
		}
		for _, status := range want {
			response := o.Responses.Value(status)
			require.NotNil(t, response, status)
			assert.NotEmpty(t, response.Ref, "%s is not shared", status)
			assert.Contains(t, response.Value.Content, "application/json", status)
		}
		assert.Len(t, o.Responses.Map(), len(want)+len(successes))
		for status, response := range successes {
			if status == 204 {
				assert.Empty(t, response.Content)
			}
			if status == 200 || status == 206 {
				assert.Contains(t, response.Content, "application/json", status)
			}
			// Only the start of a job has the header without being a list.
			_, next := o.parameters()["next"]
			_, start := o.parameters()["start"]
			_, link := response.Headers["Link"]
			assert.Equal(t, next || start || o.OperationID == "startDeviceSettingsJob", link, "Link")
		}
	})
	for name, header := range load(t).Components.Headers {
		assert.True(t, header.Value.Schema.Value.Type.Is("string"), "%s: an odd value must not spoil the response", name)
	}
}

// Everything is described, and nothing in the words of something else.
func TestDescriptions(t *testing.T) {
	seen := map[string]string{}
	for _, n := range nodes(t) {
		last, parent := n.last(), n.parent()
		_, reference := n.object["$ref"]
		if reference || last == "properties" {
			continue
		}
		_, isOperation := n.object["operationId"]
		_, isParameter := n.object["in"]
		isComponent := len(n.way) == 4 && n.way[1] == "components" && n.way[2] != "examples"
		isResponse := parent == "responses"
		isProperty := parent == "properties"
		description, _ := n.object["description"].(string)
		if isOperation || isParameter || isComponent || isResponse || isProperty {
			assert.NotEmpty(t, description, "%s has no description", n)
		}
		if description == "" {
			continue
		}
		assert.Regexp(t, `[.\n]$`, description, "%s: a description ends in a period", n)
		if other, taken := seen[description]; taken {
			assert.Fail(t, "a description stands twice", "%s and %s: %s", n, other, description)
		}
		seen[description] = n.String()
	}
}

func TestSummaries(t *testing.T) {
	seen := map[string]bool{}
	forEachOperation(t, func(t *testing.T, o operation) {
		assert.NotEmpty(t, o.Summary)
		assert.False(t, seen[o.Summary], o.Summary)
		seen[o.Summary] = true
	})
}

// The document speaks no language's dialect.
func TestNoWordOfGo(t *testing.T) {
	for _, word := range []string{
		`x-go`, `x-oapi`, `x-omit`, `x-order`, `\bGo\b`, `(?i)golang`, `\bnil\b`, `\bstruct\b`, `\bpointer\b`,
	} {
		found := regexp.MustCompile(word).Find(openapi.Document)
		assert.Nil(t, found, "%s belongs into the overlay", found)
	}
}
