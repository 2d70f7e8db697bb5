// Package redact hides secrets in logs, prints and errors: the members of JSON that the OpenAPI document marks with
// x-sensitive, and texts that are known to be secret.
package redact

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"

	gojson "github.com/go-json-experiment/json"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// Mark replaces what is hidden.
const Mark = "[redacted]"

// Property is a property that the document marks.
type Property struct {
	// Type is the Go type of the schema that has it.
	Type string
	// Name is its name in JSON.
	Name string
	// Sensitivity is the mark: "secret", "personal", or "none" for a property that is harmless although another one of the same
	// name is not.
	Sensitivity string
}

// Names are names of members whose values are hidden, in lower case. They are looked for at every level: the service, and proxies
// before it, may send what the document does not describe.
type Names map[string]bool

// NamesOf returns the names of the properties with one of the marks.
func NamesOf(properties []Property, marks ...string) Names {
	names := Names{}
	for _, property := range properties {
		if slices.Contains(marks, property.Sensitivity) {
			names[strings.ToLower(property.Name)] = true
		}
	}
	return names
}

// Has reports whether a name is one of them.
func (n Names) Has(name string) bool { return n[strings.ToLower(name)] }

// Field returns what is printed in place of a secret. An empty one is printed as it is.
func Field[T string | *string | []string](secret T) T {
	switch secret := any(&secret).(type) {
	case *string:
		if *secret != "" {
			*secret = Mark
		}
	case **string:
		if *secret != nil {
			*secret = new(Mark)
		}
	case *[]string:
		*secret = slices.Repeat([]string{Mark}, len(*secret))
	}
	return secret
}

// LogValue returns a model as JSON without the values of the named members.
func LogValue(model any, names Names) slog.Value {
	data, err := gojson.Marshal(model, wire.Writing)
	if err != nil {
		return slog.StringValue(err.Error())
	}
	return slog.AnyValue(json.RawMessage(JSON(data, false, names, Texts{})))
}
