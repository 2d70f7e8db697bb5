// Package wire holds the types of fields that the service sends in two shapes. The generated models name them.
package wire

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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
		err := json.Unmarshal(data, &object)
		*p = PlannedMaintenance(object.Mode)
		return err
	}
	return json.Unmarshal(data, (*string)(p))
}

// List is a list of which a single member may come bare. It is written as a list.
type List[T any] []T

// UnmarshalJSONFrom reads a list, or one bare member.
func (l *List[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	if decoder.PeekKind() != '{' {
		return json.UnmarshalDecode(decoder, (*[]T)(l))
	}
	*l = make(List[T], 1)
	return json.UnmarshalDecode(decoder, &(*l)[0])
}
