// Package redact keeps out of logs, prints and errors what does not belong there: the members of JSON that the OpenAPI document
// marks with x-sensitive, and texts that are known to be secret.
package redact

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"

	gojson "github.com/go-json-experiment/json"

	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// Mark stands where something was.
const Mark = "[redacted]"

// Property is a property that the document marks.
type Property struct {
	// Type is the Go type of the schema that has it.
	Type string
	// Name is its name in JSON.
	Name string
	// Sensitivity is the mark: secret for what unlocks something, personal, or none where another property of that name is
	// one of those.
	Sensitivity string
}

// Names are names of members, in lower case.
type Names map[string]bool

// NamesOf gives the names of the properties with one of the marks.
func NamesOf(properties []Property, marks ...string) Names {
	names := Names{}
	for _, property := range properties {
		if slices.Contains(marks, property.Sensitivity) {
			names[strings.ToLower(property.Name)] = true
		}
	}
	return names
}

// Has tells whether a name is one of them. It is looked for wherever it stands: the service, and proxies before it, may answer
// what the document does not tell.
func (n Names) Has(name string) bool { return n[strings.ToLower(name)] }

// Field is what is printed in place of a secret. None is left as it is.
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

// LogValue is a model as JSON without some members, however deep they are.
func LogValue(model any, names Names) slog.Value {
	data, err := gojson.Marshal(model, wire.Writing)
	if err != nil {
		return slog.StringValue(err.Error())
	}
	redacted, _ := JSON(data, names, Texts{}) // It was written just now, and can be read.
	return slog.AnyValue(json.RawMessage(redacted))
}
