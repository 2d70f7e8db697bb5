package wrappers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-calling/webex-calling-go/gen"
	"github.com/webex-calling/webex-calling-go/internal/wire"
)

// TransferNumberService manages the three numbers of an entity that calls can be diverted to.
type TransferNumberService struct{ entity entity }

// Get answers the transfer numbers. One that is not set is "".
func (s *TransferNumberService) Get(ctx context.Context) (TransferNumbers, error) {
	read, err := getFeature(ctx, s.entity, s.entity.kind.transferNumbers.get, transferNumberResponse.isOne)
	return TransferNumbers(read.TransferNumbers), err
}

// transferNumberResponse is a response that should hold transfer numbers. It counts its members, which may all be null.
type transferNumberResponse struct {
	gen.TransferNumbers
	members, unknown int
}

// UnmarshalJSONFrom decodes the numbers and counts the members.
func (r *transferNumberResponse) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	body, err := decoder.ReadValue()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &r.TransferNumbers, wire.Reading); err != nil {
		return err
	}
	r.members, r.unknown = countMembers(body), countMembers(r.Unknown)
	return nil
}

// isOne reports whether the response holds transfer numbers. An empty object does, where nothing is set; an object whose members
// are all unknown does not: written back, it would clear every number.
func (r transferNumberResponse) isOne() bool { return r.members == 0 || r.members > r.unknown }

// countMembers returns the number of members of an object that was decoded before, without keeping them.
func countMembers(object jsontext.Value) int {
	decoder, count := jsontext.NewDecoder(bytes.NewBuffer(object), wire.Reading), 0
	_, _ = decoder.ReadToken() // The brace.
	for decoder.PeekKind() == jsontext.KindString {
		_, _ = decoder.ReadToken()
		_ = decoder.SkipValue()
		count++
	}
	return count
}

// Update changes transfer numbers: nil leaves one as it is, [Clear] unsets it. Persons, workspaces and virtual lines need
// UseCustomTransferNumbers, since numbers that are written while it is false have no effect; locations do not have it.
// For a workspace they have none either while UseCustomEnabled of its permissions is false. The service does not tell.
// Spaces, hyphens, dots and brackets are taken out of numbers; no country code is put before them.
func (s *TransferNumberService) Update(ctx context.Context, numbers TransferNumbersUpdate) error {
	switch given := numbers.UseCustomTransferNumbers != nil; {
	case s.entity.kind.switches && !given:
		return errors.New("webex: numbers.UseCustomTransferNumbers is not set; it is needed everywhere but for locations")
	case !s.entity.kind.switches && given:
		return errors.New("webex: numbers.UseCustomTransferNumbers is set; locations do not have it")
	case numbers.isEmpty():
		return errors.New("webex: numbers are empty: there is nothing to update")
	}
	numbers, err := numbers.cleaned()
	if err != nil {
		return err
	}
	return s.entity.update(ctx, s.entity.kind.transferNumbers.update, gen.TransferNumbersUpdate(numbers))
}

// cleaned is u with its numbers in the form of the service.
func (u TransferNumbersUpdate) cleaned() (TransferNumbersUpdate, error) {
	for i, number := range []**string{&u.AutoTransferNumber1, &u.AutoTransferNumber2, &u.AutoTransferNumber3} {
		if *number == nil || **number == "" {
			continue
		}
		digits := decoration.Replace(**number)
		if !phoneNumber.MatchString(digits) {
			return u, fmt.Errorf("webex: numbers.AutoTransferNumber%d is %q; it must be digits, with or without a plus sign",
				i+1, **number)
		}
		*number = &digits
	}
	return u, nil
}

var (
	// decoration is what people write in numbers, and the service at times.
	decoration  = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "[", "", "]", "")
	phoneNumber = regexp.MustCompile(`^\+?[0-9]+$`)
)

// Clear is the value that unsets a transfer number in a [TransferNumbersUpdate].
func Clear() *string { return new("") }

// TransferNumbers are the three numbers of an entity as they were read; "" is one that is not set. Members that are unknown
// here are kept.
type TransferNumbers gen.TransferNumbers

// ClearUnset turns n into an update that sets every number as it is and sends "" for each that is not set, which is how
// the service wants to be told. UseCustomTransferNumbers is taken over too: turn it on if the update is to have an effect.
// Elsewhere this is known as configure_unset_numbers.
func (n TransferNumbers) ClearUnset() TransferNumbersUpdate {
	return TransferNumbersUpdate{
		UseCustomTransferNumbers: n.UseCustomTransferNumbers,
		AutoTransferNumber1:      &n.AutoTransferNumber1,
		AutoTransferNumber2:      &n.AutoTransferNumber2,
		AutoTransferNumber3:      &n.AutoTransferNumber3,
		Unknown:                  n.Unknown,
	}
}

// MarshalJSON writes n with the members that are unknown here.
func (n TransferNumbers) MarshalJSON() ([]byte, error) {
	return gen.TransferNumbers(n).MarshalJSON()
}

// UnmarshalJSON reads n and keeps the members that are unknown here.
func (n *TransferNumbers) UnmarshalJSON(data []byte) error {
	return (*gen.TransferNumbers)(n).UnmarshalJSON(data)
}

// TransferNumbersUpdate is a change of transfer numbers: nil leaves one as it is, [Clear] unsets it.
type TransferNumbersUpdate gen.TransferNumbersUpdate

func (u TransferNumbersUpdate) isEmpty() bool {
	return u.UseCustomTransferNumbers == nil && u.AutoTransferNumber1 == nil && u.AutoTransferNumber2 == nil &&
		u.AutoTransferNumber3 == nil && isEmptyObject(u.Unknown)
}

// MarshalJSON writes u with the members that are unknown here.
func (u TransferNumbersUpdate) MarshalJSON() ([]byte, error) {
	return gen.TransferNumbersUpdate(u).MarshalJSON()
}

// UnmarshalJSON reads u and keeps the members that are unknown here.
func (u *TransferNumbersUpdate) UnmarshalJSON(data []byte) error {
	return (*gen.TransferNumbersUpdate)(u).UnmarshalJSON(data)
}
