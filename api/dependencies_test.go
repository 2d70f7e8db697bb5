package api_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What an importer builds stays small: tools, tests and the organization in memory must not leak into api.
func TestImportersBuildFewModules(t *testing.T) {
	for folder, want := range map[string][]string{
		"api": {
			"github.com/apapsch/go-jsonmerge/v2",
			"github.com/go-json-experiment/json",
			"github.com/google/uuid",
			"github.com/oapi-codegen/nullable",
			"github.com/oapi-codegen/runtime",
			"github.com/webex-calling/webex-calling-go",
			"golang.org/x/oauth2",
			"golang.org/x/time",
		},
		"webextest": {
			"github.com/apapsch/go-jsonmerge/v2",
			"github.com/getkin/kin-openapi",
			"github.com/go-openapi/jsonpointer",
			"github.com/go-openapi/swag/jsonname",
			"github.com/google/uuid",
			"github.com/oapi-codegen/nullable",
			"github.com/oapi-codegen/runtime",
			"github.com/oasdiff/yaml",
			"github.com/oasdiff/yaml3",
			"github.com/santhosh-tekuri/jsonschema/v6",
			"github.com/webex-calling/webex-calling-go",
			"golang.org/x/text",
			"golang.org/x/time",
		},
	} {
		const modules = "{{with .Module}}{{.Path}}{{end}}"
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", modules, "../"+folder)
		output, err := list.Output()
		require.NoError(t, err)
		got := strings.Fields(string(output))
		slices.Sort(got)
		assert.Equal(t, want, slices.Compact(got), folder)
	}
}

// Each floor of the house imports only floors below it, and webextest none of the client's.
func TestFloors(t *testing.T) {
	const module = "github.com/webex-calling/webex-calling-go/"
	for folder, allowed := range map[string][]string{
		"internal/wire":   nil,
		"internal/redact": {"internal/wire"},
		"gen":             {"internal/wire", "internal/redact"},
		"wrappers":        {"gen", "internal/wire", "internal/redact"},
		"api":             {"wrappers", "gen", "internal/wire"},
		"webextest":       {"gen/server", "openapi", "internal/faults"},
	} {
		output, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{join .Imports "\n"}}`, module+folder).Output()
		require.NoError(t, err)
		for imported := range strings.FieldsSeq(string(output)) {
			if ours, ok := strings.CutPrefix(imported, module); ok {
				assert.Contains(t, allowed, ours, "%s imports it", folder)
			}
		}
	}
}
