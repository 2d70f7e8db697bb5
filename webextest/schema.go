package webextest

import (
	"bytes"
	_ "embed" // for stateSchema
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed state.schema.json
var stateSchema []byte

var compiledStateSchema = sync.OnceValue(func() *jsonschema.Schema {
	const name = "state.schema.json"
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(stateSchema))
	if err != nil {
		panic(err) // It is a part of this module.
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(name, document); err != nil {
		panic(err)
	}
	return compiler.MustCompile(name)
})

// checkState returns an error that says where a state does not match its schema.
func checkState(data []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("line %d: %w", 1+bytes.Count(data[:syntax.Offset], []byte("\n")), err)
	}
	if err != nil {
		return err
	}
	err = compiledStateSchema().Validate(value)
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	places := leaves(invalid)
	slices.Sort(places)
	if more := len(places) - 1; more > 0 {
		return fmt.Errorf("%s (and %d more)", places[0], more)
	}
	return errors.New(places[0])
}

// leaves returns the places that do not match, with the reason of each.
func leaves(invalid *jsonschema.ValidationError) (places []string) {
	if len(invalid.Causes) == 0 {
		reason := invalid.ErrorKind.LocalizedString(message.NewPrinter(language.English))
		return []string{placeOf(invalid.InstanceLocation) + ": " + reason}
	}
	for _, cause := range invalid.Causes {
		places = append(places, leaves(cause)...)
	}
	return places
}

// placeOf returns a path as in people[2].email.
func placeOf(path []string) string {
	var place strings.Builder
	for _, name := range path {
		if _, err := strconv.Atoi(name); err == nil {
			place.WriteString("[" + name + "]")
		} else {
			place.WriteString("." + name)
		}
	}
	if place.Len() == 0 {
		return "the state"
	}
	return strings.TrimPrefix(place.String(), ".")
}
