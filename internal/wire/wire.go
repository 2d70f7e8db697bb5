// Package wire says how bodies are read and written, and holds the types of fields that the service sends in two shapes.
// The generated models name them.
package wire

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// What was read is written as it stood: members that are unknown keep their numbers, escapes and even their mistakes.
var (
	asItStands = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

	// Reading are the options for bodies of the server.
	Reading = json.JoinOptions(asItStands, lenient)
	// Writing are the options for bodies to the service. "", [] and 0 behind a pointer are values to send, which omitempty
	// would drop without its legacy semantics.
	Writing = json.JoinOptions(asItStands, json.Deterministic(true), jsontext.PreserveRawStrings(true),
		jsonv1.OmitEmptyWithLegacySemantics(true))
)

// PlannedMaintenance is the state of the maintenance that is planned for a device. Open: other values may come.
type PlannedMaintenance string

// The states of planned maintenance.
const (
	PlannedMaintenanceOff      PlannedMaintenance = "off"
	PlannedMaintenanceOn       PlannedMaintenance = "on"
	PlannedMaintenanceUpcoming PlannedMaintenance = "upcoming"
)

// UnmarshalJSON reads the bare text, which the service was seen to send, and the object {"mode": text} of its published
// schema.
func (p *PlannedMaintenance) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var object struct {
			Mode string `json:"mode"`
		}
		err := json.Unmarshal(data, &object, Reading)
		*p = PlannedMaintenance(object.Mode)
		return err
	}
	return json.Unmarshal(data, (*string)(p), Reading)
}

// List is a list of which a single member may come bare. It is written as a list.
type List[T any] []T

// UnmarshalJSON reads a list, or one bare member.
func (l *List[T]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		*l = make(List[T], 1)
		return json.Unmarshal(data, &(*l)[0], Reading)
	}
	return json.Unmarshal(data, (*[]T)(l), Reading)
}

// Snapshot remembers how settings were read. The zero value belongs to settings that were not read.
//
//aliasgen:internal
type Snapshot struct {
	// Hash identifies the settings as they would have been written then.
	Hash string
	// WithoutSwitches reports that they belong to an entity that has no switches.
	WithoutSwitches bool
	// UseCustomEnabled and UseCustomPermissions are the switches as they were read.
	UseCustomEnabled, UseCustomPermissions *bool
	// Started reports that settings that inherit have been given the entries that are in force, and InForce lists the call
	// types of these entries. An update that begins to override must hold all of them.
	Started bool
	InForce []string
	// Misuse describes a wrong call of a method that cannot return an error; empty if there was none.
	Misuse string
}

// Marshal encodes a model for encoding/json, which would not write the members that are unknown here.
func Marshal(model any) ([]byte, error) { return json.Marshal(model, Writing) }

// Unmarshal decodes a model for encoding/json, which would not keep the members that are unknown here.
func Unmarshal(data []byte, model any) error { return json.Unmarshal(data, model, Reading) }

// MarshalTo encodes a model with the options of the encoder.
func MarshalTo(encoder *jsontext.Encoder, model any) error { return json.MarshalEncode(encoder, model) }

// UnmarshalFrom decodes a model with the options of the decoder.
func UnmarshalFrom(decoder *jsontext.Decoder, model any) error {
	return json.UnmarshalDecode(decoder, model)
}
