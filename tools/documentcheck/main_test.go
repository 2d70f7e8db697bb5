package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Ten changes of the real document, each of which must be judged rightly.
func TestSeededChanges(t *testing.T) {
	base, err := os.ReadFile("../../" + documentFile)
	require.NoError(t, err)
	for name, change := range map[string]struct {
		// replace has texts and what takes their place; several pairs may be needed to keep the document valid.
		replace []string
		// breaks is a part of what the check says; empty if the change breaks nothing.
		breaks string
	}{
		"an operationId is renamed": {
			replace: []string{"operationId: getDevice\n", "operationId: readDevice\n"},
			breaks:  "api-operation-id-removed",
		},
		"an operation is removed": {
			replace: []string{"\n    delete:\n      operationId: deleteDevice\n", "\n    trace:\n      operationId: deleteDevice\n"},
			breaks:  "api-removed-without-deprecation",
		},
		"a property is removed": {
			replace: []string{"        subscriptionId:\n", "        subscription:\n"},
			breaks:  "response-optional-property-removed",
		},
		"a value of an enum is removed": {
			replace: []string{
				"enum: [ALLOW, BLOCK, AUTH_CODE,", "enum: [ALLOW, AUTH_CODE,",
				"[Allow, Block, AuthCode,", "[Allow, AuthCode,",
			},
			breaks: "enum-value-removed",
		},
		"a parameter becomes required": {
			replace: []string{"name: includeAssignedTo\n", "name: includeAssignedTo\n          required: true\n"},
			breaks:  "request-parameter-became-required",
		},
		"a description changes": {
			replace: []string{"Takes the device out of the organization;", "Removes the device from the organization;"},
		},
		"an optional property is added": {
			replace: []string{"        subscriptionId:\n", "        price:\n          type: string\n        subscriptionId:\n"},
		},
		"a value is added to an enum": {
			replace: []string{
				"enum: [ALLOW, BLOCK, AUTH_CODE,", "enum: [ALLOW, BLOCK, ASK, AUTH_CODE,",
				"[Allow, Block, AuthCode,", "[Allow, Block, Ask, AuthCode,",
			},
		},
		"an optional parameter is added": {
			replace: []string{
				"        - name: includeAssignedTo\n",
				"        - name: verbose\n          in: query\n          schema: { type: boolean }\n        - name: includeAssignedTo\n",
			},
		},
		"an operation is added": {
			replace: []string{
				"  /licenses/users:\n",
				"  /licenses/summary:\n    get:\n      operationId: getLicenseSummary\n      responses:\n" +
					"        default: { $ref: \"#/components/responses/UnexpectedError\" }\n  /licenses/users:\n",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			breaking, err := check(base, []byte(replaced(t, string(base), change.replace...)), nil)
			if change.breaks == "" {
				require.NoError(t, err)
				assert.Empty(t, breaking)
				return
			}
			require.ErrorContains(t, err, change.breaks)
			assert.NotEmpty(t, breaking)
		})
	}
}

// More that must not pass unseen.
func TestFurtherBreakingChanges(t *testing.T) {
	base, err := os.ReadFile("../../" + documentFile)
	require.NoError(t, err)
	for name, change := range map[string][]string{
		"a schema is renamed":   {"schemas/ErrorDetail\"", "schemas/Reason\"", "    ErrorDetail:\n", "    Reason:\n"},
		"a constant is renamed": {"x-enum-varnames: [Allow,", "x-enum-varnames: [Permit,"},
		"a type is tightened": {
			"        trustedIP:\n          type: string\n", "        trustedIP:\n          type: integer\n",
		},
		"a property becomes required":     {"required: [mac, model]", "required: [mac, model, password]"},
		"a parameter is removed":          {"        - name: upgradeChannel\n", "        - name: channel\n"},
		"a property of a request is gone": {"        psk16:\n", "        psk17:\n"},
		"a tag is renamed":                {"tags: [Feature Access]", "tags: [Features]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check(base, []byte(replaced(t, string(base), change...)), nil)
			require.ErrorContains(t, err, "break clients")
		})
	}
}

func TestAnnouncedChangesPass(t *testing.T) {
	base, err := os.ReadFile("../../" + documentFile)
	require.NoError(t, err)
	rename := []string{"operationId: getDevice\n", "operationId: readDevice\n"}
	present := regexp.MustCompile(`\n  version: .*\n`).FindString(string(base))
	version := func(number string) []string { return append(rename, present, "\n  version: "+number+"\n") }
	const told = "# Changelog\n\n## 1.0.0 - 2026-12-01\n\n* getDevice is now called readDevice.\n"
	for name, test := range map[string]struct {
		replace   []string
		changelog string
		refused   string
	}{
		"announced":             {version("1.0.0"), told, ""},
		"only a minor version":  {version("0.2.0"), told, "major part"},
		"not a version":         {version("next"), told, "major part"},
		"not in the changelog":  {version("1.0.0"), "# Changelog\n", "## 1.0.0"},
		"an empty section":      {version("1.0.0"), "## 1.0.0\n\n## 0.1.0\n\n* First.\n", "## 1.0.0"},
		"another version there": {version("1.0.0"), "## 1.0.01\n\n* Something.\n", "## 1.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			breaking, err := check(base, []byte(replaced(t, string(base), test.replace...)), []byte(test.changelog))
			assert.NotEmpty(t, breaking)
			if test.refused == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.refused)
			}
		})
	}
}

func TestABrokenDocumentIsAnError(t *testing.T) {
	base, err := os.ReadFile("../../" + documentFile)
	require.NoError(t, err)
	_, err = check(base, []byte("openapi: ["), nil)
	require.ErrorContains(t, err, "the document")
	_, err = check([]byte("openapi: ["), base, nil)
	require.ErrorContains(t, err, "the former document")
}

// replaced replaces each first text by the second, all of them, and fails the test for one that is not there.
func replaced(t *testing.T, document string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, document, pairs[i])
		document = strings.ReplaceAll(document, pairs[i], pairs[i+1])
	}
	return document
}
