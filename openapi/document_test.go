package openapi_test

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/webex-calling/webex-calling-go/internal/wire"
	"github.com/webex-calling/webex-calling-go/openapi"
)

func load(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(t, err)
	return document
}

func TestDocumentIsValid(t *testing.T) {
	require.NoError(t, load(t).Validate(t.Context()))
}

// What is written by hand for Go beside the document must not lag behind it.
func TestHintsForGoAreCurrent(t *testing.T) {
	schemas := load(t).Components.Schemas

	t.Run("features", func(t *testing.T) {
		var overlay struct {
			Actions []struct {
				Update struct {
					Feature struct {
						Enum []string
					} `yaml:"Feature"`
				}
			}
		}
		source, err := os.ReadFile("go.overlay.yaml")
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(source, &overlay))
		var features []string
		for _, action := range overlay.Actions {
			features = append(features, action.Update.Feature.Enum...)
		}
		assert.ElementsMatch(t, slices.Collect(maps.Keys(schemas["FeatureAccess"].Value.Properties)), features)
	})

	t.Run("planned maintenance", func(t *testing.T) {
		assert.ElementsMatch(t, schemas["PlannedMaintenance"].Value.Enum, []any{
			string(wire.PlannedMaintenanceOff), string(wire.PlannedMaintenanceOn), string(wire.PlannedMaintenanceUpcoming),
		})
	})
}
